"""Which letters an address does not want: said by a link, undone by the same link."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from petitions.mail import suppression
from petitions.site import Site
from petitions.tokens import pack
from tests import makers
from tests.mail.conftest import key
from tests.my.ada import link_for

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NEWS = {"campaign": True, "bulk": False, "forms": False}
NOTHING = {"campaign": False, "bulk": False, "forms": False}


@pytest.fixture
async def campaign(site: Site) -> Any:
    return await makers.campaign(site, name="Fair Rents Example")


@pytest.fixture
def path(site: Site, campaign: Any) -> str:
    return f"/unsubscribe/{suppression.token(site, key(), campaign.id)}"


async def wanted(site: Site, campaign: Any, address: int = 1) -> dict[str, bool]:
    return await suppression.in_force(site, key(address), campaign.id)


async def test_looking_at_the_page_changes_nothing(
    site: Site, client: httpx.AsyncClient, campaign: Any, path: str
) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert "Fair Rents Example" in answer.text
    assert "checked" not in answer.text
    assert (await client.head(path)).status_code in (200, 405)
    assert await wanted(site, campaign) == NOTHING


async def test_the_ticked_scopes_hold_from_now_on_and_the_page_shows_them(
    site: Site, client: httpx.AsyncClient, campaign: Any, path: str
) -> None:
    answer = await client.post(path, data={"campaign": "yes", "forms": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?saved=1")
    assert await wanted(site, campaign) == {"campaign": True, "bulk": False, "forms": True}
    page = await client.get(answer.headers["location"])
    assert "Saved" in page.text
    assert page.text.count(" checked") == 2


async def test_the_same_link_undoes_it(
    site: Site, client: httpx.AsyncClient, campaign: Any, path: str
) -> None:
    await client.post(path, data={"campaign": "yes", "bulk": "yes", "forms": "yes"})
    await client.post(path, data={"bulk": "yes"})
    assert await wanted(site, campaign) == {"campaign": False, "bulk": True, "forms": False}
    await client.post(path, content="", headers=FORM)
    assert await wanted(site, campaign) == NOTHING


async def test_a_mail_program_needs_one_click_no_cookie_and_no_page_of_ours(
    site: Site, campaign: Any, path: str
) -> None:
    from tests.conftest import browser

    headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "a mail program"}
    async with browser(site, headers=headers, peer="192.0.2.1") as program:
        answer = await program.post(path, content="List-Unsubscribe=One-Click")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert await wanted(site, campaign) == NEWS


async def test_one_click_may_come_as_multipart_and_from_a_foreign_origin(
    site: Site, campaign: Any, path: str
) -> None:
    from tests.conftest import browser

    async with browser(site, headers={"Origin": "https://mail.example.org"}) as program:
        answer = await program.post(path, files={"List-Unsubscribe": (None, "One-Click")})
    assert answer.status_code == 200
    assert await wanted(site, campaign) == NEWS


async def test_one_click_takes_nothing_back(
    site: Site, client: httpx.AsyncClient, campaign: Any, path: str
) -> None:
    await client.post(path, data={"forms": "yes"})
    await client.post(
        path,
        content="List-Unsubscribe=One-Click",
        headers=FORM,
    )
    assert await wanted(site, campaign) == {"campaign": True, "bulk": False, "forms": True}


async def test_a_changed_link_does_nothing_and_says_so(
    client: httpx.AsyncClient, site: Site, path: str
) -> None:
    # Not the last character: it has bits to spare.
    changed = path[:-9] + ("A" if path[-9] != "A" else "B") + path[-8:]
    for wrong in (changed, "/unsubscribe/nonsense", path + "x"):
        for answer in (await client.get(wrong), await client.post(wrong, data={"forms": "yes"})):
            assert answer.status_code == 400
            assert "incomplete or was changed" in answer.text


async def test_a_link_of_another_purpose_is_no_unsubscribe_link(
    client: httpx.AsyncClient, site: Site
) -> None:
    foreign = site.tokens.make("my", "x")
    short = site.tokens.make("unsubscribe", "AAAAAAAAAAAAAAAAAAAAAA")
    for token in (foreign, short):
        assert (await client.get(f"/unsubscribe/{token}")).status_code == 400


async def test_no_news_at_all_means_none_of_this_campaign_either(site: Site, campaign: Any) -> None:
    other = await makers.campaign(site)
    await suppression.suppress(site, key(), "bulk", campaign.id)
    for one in (campaign, other):
        assert await suppression.suppressed(site, key(), "campaign", one.id)
        assert await suppression.suppressed(site, key(), "bulk", one.id)
        assert not await suppression.suppressed(site, key(), "forms", one.id)


async def test_no_news_of_one_campaign_leaves_the_others(site: Site, campaign: Any) -> None:
    other = await makers.campaign(site)
    await suppression.suppress(site, key(), "campaign", campaign.id)
    await suppression.suppress(site, key(), "campaign", campaign.id)
    assert await suppression.suppressed(site, key(), "campaign", campaign.id)
    assert not await suppression.suppressed(site, key(), "campaign", other.id)
    assert not await suppression.suppressed(site, key(), "bulk", campaign.id)
    assert not await suppression.suppressed(site, key(2), "campaign", campaign.id)


async def test_letters_of_forms_are_stopped_on_the_whole_site(site: Site, campaign: Any) -> None:
    other = await makers.campaign(site)
    await suppression.suppress(site, key(), "forms", campaign.id)
    assert await suppression.suppressed(site, key(), "forms", other.id)
    await suppression.lift(site, key(), "forms", other.id)
    assert not await suppression.suppressed(site, key(), "forms", campaign.id)


async def test_who_wants_no_letters_caused_by_forms_is_told_what_else_that_stops(
    client: httpx.AsyncClient, path: str
) -> None:
    page = makers.visible((await client.get(path)).text)
    assert "the link to “My signature” doesn’t come either, until you take the tick away" in page


@pytest.mark.parametrize(("act", "told"), [("withdraw", "is withdrawn"), ("erase", "is erased")])
async def test_what_a_person_did_behind_their_own_link_is_told_whatever_forms_may_cause(
    site: Site, client: httpx.AsyncClient, postbox: Any, owner: Any, act: str, told: str
) -> None:
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement)
    mine = await link_for(client, postbox)
    await makers.suppressed(site, statement, "ada@example.org")
    postbox.clear()
    await client.post("/my", data={"email": "ada@example.org"})
    assert await postbox.settle() == [], "a form causes this one"
    row = await owner.fetchrow("select statement_id, id from signatures")
    await client.post(f"{mine}/{act}", data={"signature": pack(row["statement_id"], row["id"])})
    (letter,) = await postbox.settle()
    assert told in letter.subject
