"""Asking for the link: one answer for all addresses, one good link, for an hour."""

from __future__ import annotations

from typing import Any

import pytest

from petitions.mail import suppression
from petitions.tokens import pack
from tests import makers
from tests.conftest import browser
from tests.my.ada import ADA, My, address_key, link_for


async def test_the_answer_is_the_same_for_every_address(client: Any, postbox: Any, site: Any, statement: Any):
    await makers.confirmed(client, postbox, statement, email=ADA, postcode="EX1 1EX")
    await makers.sign(client, statement, email="grace@example.org", postcode="EX1 1EX")
    await suppression.suppress(site, address_key(site, "never@example.org"), "forms", statement.campaign_id)
    answers = set()
    for address in (ADA, "grace@example.org", "never@example.org", "nobody@example.org"):
        async with browser(site) as visitor:
            answer = await visitor.post("/my", data={"email": address})
            page = await visitor.get(answer.headers["location"])
            answers.add(
                (answer.status_code, str(answer.headers), answer.content, str(page.headers), page.content)
            )
    assert len(answers) == 1
    assert answers.pop()[0] == 303


async def test_only_an_address_with_something_held_gets_a_letter(my: My, postbox: Any):
    postbox.clear()
    await my.client.post("/my", data={"email": "nobody@example.org"})
    await my.client.post("/my", data={"email": ADA})
    letters = await postbox.settle()
    assert [letter.to for letter in letters] == [ADA]
    assert "/my/" in letters[0].text


async def test_the_letter_goes_to_the_address_as_typed(my: My, postbox: Any):
    path = await link_for(my.client, postbox, "ADA@example.org")
    assert (await my.client.get(path)).status_code == 200


async def test_a_waiting_attempt_is_enough_for_a_link(client: Any, postbox: Any, statement: Any):
    await makers.sign(client, statement, email="grace@example.org", postcode="EX1 1EX")
    page = await client.get(await link_for(client, postbox, "grace@example.org"))
    assert "waits for you to confirm it" in page.text


async def test_a_suppressed_address_gets_no_letter(my: My, postbox: Any):
    await suppression.suppress(my.site, address_key(my.site), "forms", my.statement.campaign_id)
    await my.client.post("/my", data={"email": ADA})
    assert await postbox.settle() == []


async def test_three_links_a_day_and_the_rest_is_dropped(my: My, postbox: Any):
    for _ in range(5):
        await my.client.post("/my", data={"email": ADA})
        await postbox.settle()
    assert sum("/my/" in letter.text and "one hour" in letter.text for letter in postbox.to(ADA)) == 3
    assert not await my.owner.fetchval(
        "select exists (select from outbox where state in ('waiting', 'deferred'))"
    )
    assert "at most 3 a day" in (await my.client.get("/my/asked")).text


@pytest.mark.parametrize("address", ["", "ada", "ada@", "ada example@example.org", "<ada@example.org>"])
async def test_what_is_no_address_gets_the_form_again(client: Any, owner: Any, address: str):
    answer = await client.post("/my", data={"email": address})
    assert answer.status_code == 422
    assert 'href="#field-email"' in answer.text
    assert await owner.fetchval("select count(*) from outbox") == 0


async def test_the_newest_link_wins(my: My, postbox: Any):
    newer = await link_for(my.client, postbox)
    assert (await my.get()).status_code == 410
    assert (await my.client.get(newer)).status_code == 200


async def test_an_older_letter_still_waiting_is_not_sent(my: My, postbox: Any):
    postbox.sink.always = 450
    await my.client.post("/my", data={"email": ADA})
    await postbox.settle()
    postbox.sink.always = None
    newer = await link_for(my.client, postbox)
    await my.owner.execute("update outbox set not_before = now() where state = 'waiting'")
    assert await postbox.settle() == []
    assert (await my.client.get(newer)).status_code == 200


async def test_a_link_is_good_for_an_hour_by_the_databases_clock(my: My):
    await my.owner.execute("update my_links set made_at = made_at - interval '59 minutes'")
    assert (await my.get()).status_code == 200
    await my.owner.execute("update my_links set made_at = made_at - interval '1 minute'")
    answer = await my.get()
    assert answer.status_code == 410
    assert 'href="/my"' in answer.text


async def test_the_hour_begins_when_the_letter_leaves(my: My, postbox: Any):
    postbox.sink.always = 450
    await my.client.post("/my", data={"email": ADA})
    await postbox.settle()
    postbox.sink.always = None
    await my.owner.execute("update my_links set made_at = now() - interval '5 hours'")
    await my.owner.execute("update outbox set not_before = now()")
    letters = await postbox.settle()
    assert (await my.client.get(letters[0].link("/my/"))).status_code == 200


async def test_a_changed_or_foreign_token_opens_nothing(my: My):
    foreign = my.site.tokens.make("signature", pack(my.statement.id))
    wrong = my.site.tokens.make("my", pack(my.statement.id, my.statement.id))
    cut = my.path.removeprefix("/my/")[:-2]
    for token in (foreign, wrong, cut, "x"):
        answer = await my.client.get(f"/my/{token}")
        assert answer.status_code == 400
        assert "incomplete or was changed" in answer.text


async def test_the_link_carries_nothing_personal(my: My):
    value = my.site.tokens.read("my", my.path.removeprefix("/my/"), max_age=60)
    assert value == pack(await my.owner.fetchval("select id from my_links"))


async def test_a_flood_of_requests_from_one_address_is_stopped(client: Any, owner: Any):
    answers = [await client.post("/my", data={"email": f"a{n}@example.org"}) for n in range(102)]
    assert answers[-1].status_code == 429
    assert "retry-after" in answers[-1].headers


async def test_another_sites_form_can_not_ask(client: Any, owner: Any):
    answer = await client.post("/my", data={"email": ADA}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert await owner.fetchval("select count(*) from outbox") == 0
