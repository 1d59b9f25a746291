"""The three ways to confirm (signing.md §4), and everything that must not."""

from __future__ import annotations

import re

import pytest

from tests import makers
from tests.conftest import path_of


@pytest.fixture
async def signed(site, client, postbox):
    """(statement, letter) of an attempt made in this client's browser."""
    statement = await makers.statement(site)
    await makers.sign(client, statement, name="Example Person", email="first@example.org")
    await postbox.settle()
    return statement, postbox[-1]


def path(letter) -> str:
    return letter.link("/confirm/")


async def state(owner) -> list[str]:
    return [row["state"] for row in await owner.fetch("select state from signatures order by created_at")]


async def test_one_click_in_the_same_browser_confirms(signed, client, owner):
    statement, letter = signed
    response = await client.get(path(letter))
    assert response.status_code == 303
    assert response.headers["location"] == f"/{statement.slug}/thanks"
    assert await state(owner) == ["confirmed"]
    assert await owner.fetchval("select confirmed_by from signatures") == "link"


async def test_a_strangers_click_only_asks_and_the_button_confirms(signed, stranger, owner):
    _, letter = signed
    page = await stranger.get(path(letter))
    assert page.status_code == 200
    assert "Example Person" in page.text
    assert await state(owner) == ["pending"]
    assert await owner.fetchval("select opened_at is not null from signatures")
    response = await stranger.post(path(letter), data={})
    assert response.status_code == 303
    assert await state(owner) == ["confirmed"]
    thanks = await stranger.get(response.headers["location"])
    assert thanks.status_code == 200


async def test_the_code_confirms_in_the_browser_that_asked(signed, client, owner):
    statement, letter = signed
    assert re.fullmatch(r"\d{6}", letter.code)
    assert letter.code not in letter.subject
    response = await client.post(
        f"/{statement.slug}/confirm", data={"code": f"{letter.code[:3]} {letter.code[3:]}"}
    )
    assert response.status_code == 303
    assert await owner.fetchval("select confirmed_by from signatures") == "code"


async def test_a_code_needs_the_cookie(signed, stranger, owner):
    statement, letter = signed
    response = await stranger.post(f"/{statement.slug}/confirm", data={"code": letter.code})
    assert response.status_code == 422
    assert await state(owner) == ["pending"]


async def test_five_wrong_codes_and_the_right_one_is_refused(signed, client, owner):
    statement, letter = signed
    wrong = "000000" if letter.code != "000000" else "111111"
    for _ in range(5):
        assert (await client.post(f"/{statement.slug}/confirm", data={"code": wrong})).status_code == 422
    assert (await client.post(f"/{statement.slug}/confirm", data={"code": letter.code})).status_code == 422
    assert await state(owner) == ["pending"]


async def test_ten_wrong_codes_a_day_over_all_letters_of_an_address(signed, client, owner):
    statement, letter = signed
    await owner.execute("insert into code_tries (address_key, tries) select address_key, 10 from signatures")
    assert (await client.post(f"/{statement.slug}/confirm", data={"code": letter.code})).status_code == 422
    assert await state(owner) == ["pending"]


async def test_a_code_is_good_for_thirty_minutes_from_its_letter(signed, client, owner):
    statement, letter = signed
    await owner.execute("update signatures set letter_at = letter_at - interval '31 minutes'")
    assert (await client.post(f"/{statement.slug}/confirm", data={"code": letter.code})).status_code == 422
    assert await state(owner) == ["pending"]


async def test_no_code_exists_before_its_letter_was_handed_over(site, client, owner):
    from petitions.proving import code
    from petitions.proving.links import Key
    from petitions.signatures import PURPOSE

    statement = await makers.statement(site)
    await makers.sign(client, statement, email="first@example.org")
    row = await owner.fetchrow("select statement_id, id from signatures")
    early = code.make(site, PURPOSE, Key(row["statement_id"], row["id"]), 1)
    assert (await client.post(f"/{statement.slug}/confirm", data={"code": early})).status_code == 422
    assert await state(owner) == ["pending"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Dest": "iframe"},
    ],
)
async def test_prefetching_with_the_cookie_changes_nothing(signed, client, owner, headers):
    _, letter = signed
    response = await client.get(path(letter), headers=headers)
    assert response.status_code == 200
    assert await state(owner) == ["pending"]


async def test_head_changes_nothing_with_or_without_the_cookie(signed, client, stranger, owner):
    _, letter = signed
    for browser in (client, stranger):
        assert (await browser.head(path(letter))).status_code == 200
    assert await state(owner) == ["pending"]
    assert await owner.fetchval("select opened_at from signatures") is None


async def test_a_scanner_that_opens_every_link_changes_nothing(signed, stranger, owner):
    _, letter = signed
    before = await makers.snapshot(
        owner, "signatures", "outbox", "suppressions", "consents", without=("opened_at",)
    )
    for link in letter.links:
        await stranger.get(path_of(link))
    after = await makers.snapshot(
        owner, "signatures", "outbox", "suppressions", "consents", without=("opened_at",)
    )
    assert before == after


async def test_many_visits_have_one_effect(signed, client, stranger, owner):
    _, letter = signed
    await client.get(path(letter))
    for browser in (client, stranger):
        page = await browser.get(path(letter))
        assert page.status_code == 200
        assert "Example Person" not in page.text
        assert (await browser.post(path(letter), data={})).status_code == 200
    assert await state(owner) == ["confirmed"]
    assert await owner.fetchval("select count(*) from tally_queue") == 1


async def test_the_second_attempt_of_an_address_answers_already_signed(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.sign(client, statement, name="Example One", email="first@example.org")
    await makers.sign(client, statement, name="Example Two", email="FIRST@example.org")
    await postbox.settle()
    first, second = postbox[-2], postbox[-1]
    assert (await client.get(path(first))).status_code == 303
    page = await client.get(path(second))
    assert page.status_code == 200
    assert sorted(await state(owner)) == ["confirmed", "superseded"]


async def test_signing_again_after_confirming_brings_the_already_signed_letter(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement, name="Example One", email="first@example.org")
    await makers.sign(client, statement, name="Example Two", email="first@example.org")
    await postbox.settle()
    assert not postbox[-1].code
    assert "/confirm/" not in postbox[-1].text
    assert "/my" in postbox[-1].text


async def test_a_link_is_good_for_fourteen_days_and_then_offers_a_new_letter(signed, client, owner, postbox):
    _, letter = signed
    await owner.execute("update signatures set asked_at = asked_at - interval '15 days'")
    assert (await client.get(path(letter))).status_code == 410
    assert (await client.post(path(letter), data={})).status_code == 410
    assert await state(owner) == ["pending"]
    response = await client.post(f"{path(letter)}/new-letter", data={})
    assert response.status_code == 303
    await postbox.settle()
    assert (await client.get(path(postbox[-1]))).status_code == 303
    assert await state(owner) == ["confirmed"]


async def test_a_purged_attempt_says_sign_again(signed, client, site, owner):
    from petitions.signatures import actions

    _, letter = signed
    await owner.execute("update signatures set asked_at = asked_at - interval '22 days'")
    assert await actions.purge(site) == "1 attempts deleted"
    assert (await client.get(path(letter))).status_code == 410
    assert await owner.fetchval("select count(*) from attempt_origins") == 0


async def test_confirming_works_until_a_day_after_closing(signed, client, site, owner):
    statement, letter = signed
    await makers.close(site, statement)
    await owner.execute("update statements set closed_at = closed_at - interval '25 hours'")
    assert (await client.get(path(letter))).status_code == 410
    await owner.execute("update statements set closed_at = closed_at + interval '2 hours'")
    assert (await client.get(path(letter))).status_code == 303
    assert await state(owner) == ["confirmed"]


async def test_not_me_deletes_the_attempt_and_leads_to_the_suppression_page(signed, stranger, owner):
    _, letter = signed
    page = await stranger.get(letter.link("/not-me"))
    assert page.status_code == 200
    assert await state(owner) == ["pending"]
    response = await stranger.post(letter.link("/not-me"), data={})
    assert response.status_code == 303
    assert response.headers["location"].startswith("/unsubscribe/")
    assert await state(owner) == []
    assert await owner.fetchval("select count(*) from suppressions") == 0


async def test_not_me_after_confirming_deletes_nothing(signed, client, stranger, owner):
    _, letter = signed
    await client.get(path(letter))
    await stranger.post(letter.link("/not-me"), data={})
    assert await state(owner) == ["confirmed"]


async def test_someone_else_on_this_device_clears_the_cookie(signed, client, owner):
    statement, letter = signed
    response = await client.post(f"/{statement.slug}/someone-else", data={})
    assert response.status_code == 303
    assert (await client.get(path(letter))).status_code == 200
    assert await state(owner) == ["pending"]


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: "x" + t, lambda t: t.swapcase(), lambda t: "a" * 600]
)
async def test_a_tampered_link_is_refused(signed, client, owner, change):
    _, letter = signed
    token = path(letter).rsplit("/", 1)[-1]
    assert (await client.get(f"/confirm/{change(token)}")).status_code == 400
    assert await state(owner) == ["pending"]


async def test_a_token_of_another_purpose_is_refused(site, signed, client, owner):
    row = await owner.fetchrow("select statement_id, id from signatures")
    from petitions.tokens import pack

    for purpose in ("my", "unsubscribe", "attempts", "endorsement"):
        token = site.tokens.make(purpose, pack(row["statement_id"], row["id"]))
        assert (await client.get(f"/confirm/{token}")).status_code == 400
    swapped = site.tokens.make("signature", pack(row["id"], row["statement_id"]))
    assert (await client.get(f"/confirm/{swapped}")).status_code == 410


async def test_pages_with_tokens_are_never_stored_nor_sent_as_referrer(signed, stranger):
    _, letter = signed
    page = await stranger.get(path(letter))
    assert "no-store" in page.headers["cache-control"]
    assert page.headers["referrer-policy"] == "same-origin"


async def test_consents_are_written_with_their_exact_words_at_confirmation(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.sign(
        client,
        statement,
        name="Example Person",
        email="first@example.org",
        consent_name="yes",
        consent_mail="yes",
    )
    assert await owner.fetchval("select count(*) from consents") == 0
    await postbox.settle()
    await client.get(path(postbox[-1]))
    rows = await owner.fetch(
        "select t.purpose, c.act, c.via, c.subject_id = g.id as mine, t.wording"
        " from consents c join consent_texts t on t.id = c.text_id"
        " join signatures g on g.id = c.subject_id order by 1"
    )
    assert [(row["purpose"], row["act"], row["via"], row["mine"]) for row in rows] == [
        ("mail", "given", "form", True),
        ("name", "given", "form", True),
        ("sign", "given", "form", True),
    ]
    page = await client.get(f"/{statement.slug}")
    for row in rows:
        assert makers.visible(row["wording"]) in makers.visible(page.text)


async def test_thanks_gives_the_number_and_needs_its_cookie(signed, site, client, stranger, counting):
    statement, letter = signed
    await client.get(path(letter))
    await counting()
    page = await client.get(f"/{statement.slug}/thanks")
    assert page.status_code == 200
    assert "1" in makers.visible(page.text)
    assert (await stranger.get(f"/{statement.slug}/thanks")).status_code == 303


async def test_a_notice_follows_the_confirmation(signed, client, postbox):
    _, letter = signed
    await client.get(path(letter))
    await postbox.settle()
    assert len(postbox) == 2
    assert postbox[-1].to == "first@example.org"
    assert "/confirm/" not in postbox[-1].text
