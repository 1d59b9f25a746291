"""The second officer: asked after the first has confirmed, under the caps of their own address, by a button alone."""

from __future__ import annotations

import asyncio

import pytest

from petitions import addresses
from tests import makers
from tests.conftest import browser, path_of
from tests.endorsements.olive import all_rows, behind_her_link

OFFICER = "olive@example.org"
SECOND = "sam@example.org"
NAMED = {"second_name": "Sam Second", "second_role": "Chair", "second_email": SECOND}


@pytest.fixture
async def asked(site, client, postbox):
    """(statement, the second officer's letter) of an endorsement that the first officer has confirmed."""
    statement = await makers.statement(site)
    await confirmed(client, postbox, statement)
    return statement, postbox.to(SECOND)[-1]


async def confirmed(client, postbox, statement, **fields) -> None:
    await makers.endorse(client, statement, **{**NAMED, **fields})
    await postbox.settle()
    await client.get(postbox.to(OFFICER)[-1].link("/endorsements/confirm/"))
    await postbox.settle()


def path(letter) -> str:
    return letter.link("/endorsements/second/")


async def test_their_letter_leaves_only_after_the_first_has_confirmed(site, client, postbox):
    statement = await makers.statement(site)
    await makers.endorse(client, statement, **NAMED)
    await postbox.settle()
    assert postbox.to(SECOND) == []
    await client.get(postbox.to(OFFICER)[-1].link("/endorsements/confirm/"))
    await postbox.settle()
    assert len(postbox.to(SECOND)) == 1
    thanks = makers.visible((await client.get(f"/{statement.slug}/endorse/thanks")).text)
    assert "We write to the second officer" in thanks
    assert "We send at most 3 letters a day to one address; a further one waits until it may go." in thanks


async def test_no_second_officer_no_letter(site, client, owner, postbox):
    statement = await makers.statement(site)
    await confirmed(client, postbox, statement, second_name="", second_role="", second_email="")
    assert await owner.fetchval("select count(*) from outbox where kind = 'second officer'") == 0
    assert {letter.to for letter in postbox} == {OFFICER}


async def test_their_letter_carries_the_bodys_name_alone_of_what_was_typed(site, client, postbox):
    statement = await makers.statement(site)
    answers = {
        "note": "a typed note",
        "area": "Typedton",
        "wording": "typed wording",
        "motion": "typed motion",
    }
    await confirmed(client, postbox, statement, **answers, parent="Typed Union", officer_role="Typed Role")
    letter = postbox.to(SECOND)[-1]
    whole = letter.subject + letter.text + letter.html
    assert "Exampleton Branch" in whole
    assert statement.title in letter.subject
    for typed in ("Olive", "Sam", "Chair", "typed", "Typed", OFFICER):
        assert typed not in whole
    assert letter.code == ""


async def test_the_link_only_asks_even_in_the_first_officers_browser_and_the_button_confirms(
    asked, client, stranger, owner
):
    _, letter = asked
    for one in (client, stranger):
        page = makers.visible((await one.get(path(letter))).text)
        assert "Exampleton Branch" in page
        assert "branch meeting" in page
        assert "Olive Example, Secretary" in page
        assert "Sam Second, Chair" in page
    for link in letter.links:
        await stranger.get(path_of(link))
    assert await owner.fetchval("select second_confirmed_at from endorsements") is None
    answer = await stranger.post(path(letter), data={})
    assert answer.status_code == 303
    assert "Confirmed by a second officer" in (await stranger.get(answer.headers["location"])).text
    assert await owner.fetchval("select second_confirmed_at is not null from endorsements")
    assert await owner.fetchval("select two_officers from endorsements") is False  # the reviewer's tick
    events = await owner.fetch("select act from endorsement_events order by happened_at, id")
    assert events == [("confirmed",), ("second confirmed",)]


async def test_pressed_several_times_at_once_it_counts_once(asked, site, stranger, owner):
    _, letter = asked
    async with browser(site, peer="127.0.0.3") as other:
        await asyncio.gather(*(one.post(path(letter), data={}) for one in (stranger, other, stranger)))
    assert await owner.fetchval("select count(*) from endorsement_events where act = 'second confirmed'") == 1


async def test_afterwards_the_page_shows_nothing_of_it_and_they_can_not_refuse_any_more(
    asked, stranger, owner
):
    _, letter = asked
    await stranger.post(path(letter), data={})
    for part in ("", "/not-me"):
        page = await stranger.get(path(letter) + part)
        assert page.status_code == 200
        for personal in ("Olive", "Sam", "branch meeting"):
            assert personal not in page.text
    await stranger.post(letter.link("/not-me"), data={})
    assert await owner.fetchval("select second_name from endorsements") == "Sam Second"


async def test_i_dont_know_of_this_forgets_them_and_leads_to_the_suppression_page(asked, stranger, owner):
    _, letter = asked
    page = await stranger.get(letter.link("/not-me"))
    assert page.status_code == 200
    assert await owner.fetchval("select second_refused_at from endorsements") is None
    answer = await stranger.post(letter.link("/not-me"), data={})
    assert answer.headers["location"].startswith("/unsubscribe/")
    row = await owner.fetchrow(
        "select state, second_refused_at is not null as refused, second_key, second_name, second_role, second_email"
        " from endorsements"
    )
    assert tuple(row) == ("confirmed", True, None, None, None, None)
    assert await owner.fetchval("select count(*) from endorsement_events where act = 'second refused'") == 1
    assert "deleted" in (await stranger.get(path(letter))).text
    await stranger.post(path(letter), data={})
    await stranger.post(letter.link("/not-me"), data={})
    assert await owner.fetchval("select second_confirmed_at from endorsements") is None
    assert await owner.fetchval("select count(*) from endorsement_events") == 2


async def test_it_works_while_the_endorsement_waits_or_stands(asked, stranger, owner):
    statement, letter = asked
    for state in ("questioned", "accepted"):
        await move(owner, statement, state)
        await stranger.post(path(letter), data={})
        assert await owner.fetchval("select second_confirmed_at is not null from endorsements"), state
        await owner.execute("update endorsements set second_confirmed_at = null")


async def test_it_is_over_with_the_endorsement_but_they_can_still_be_forgotten(asked, stranger, owner):
    statement, letter = asked
    for state in ("declined", "withdrawn", "replaced", "expired"):
        await move(owner, statement, state)
        await stranger.post(path(letter), data={})
        page = await stranger.get(path(letter))
        assert "nothing to confirm" in page.text, state
        assert "/not-me" in page.text, state
    assert await owner.fetchval("select second_confirmed_at from endorsements") is None
    await stranger.post(letter.link("/not-me"), data={})
    assert await owner.fetchval("select second_name from endorsements") is None


async def move(owner, statement, state) -> None:
    from tests.endorsements.rows import organisation

    body = await organisation(owner, statement)
    await owner.execute("update endorsements set state = $1, organisation_id = $2", state, body["id"])


async def test_over_the_cap_of_their_address_the_letter_waits_alone_and_arrives_later(
    site, client, owner, postbox
):
    key = addresses.address_key(site.settings.address_key, SECOND)
    await owner.execute(
        "insert into letter_caps values ($1, 'forms', array_fill(now() - interval '1 hour', array[3]))", key
    )
    statement = await makers.statement(site)
    for name in ("Exampleton Branch", "Exampleton Trades Council"):
        await confirmed(client, postbox, statement, name=name)
    assert postbox.to(SECOND) == []
    assert await owner.fetchval("select count(*) from endorsements where state = 'confirmed'") == 2
    waiting = await owner.fetch("select state, details::text from outbox where kind = 'second officer'")
    assert waiting == [("deferred", "{}"), ("deferred", "{}")]
    await owner.execute("delete from letter_caps")
    await owner.execute("update outbox set not_before = now() where state = 'deferred'")
    await postbox.settle()
    assert len(postbox.to(SECOND)) == 2
    async with browser(site) as second:
        await second.post(path(postbox.to(SECOND)[0]), data={})
    assert (
        await owner.fetchval("select count(*) from endorsements where second_confirmed_at is not null") == 1
    )


async def test_an_address_that_wants_no_letters_gets_none_and_the_endorsement_stays(
    site, client, owner, postbox
):
    statement = await makers.statement(site)
    await makers.suppressed(site, statement, SECOND)
    await confirmed(client, postbox, statement)
    assert postbox.to(SECOND) == []
    assert await owner.fetchval("select state from endorsements") == "confirmed"


async def test_a_letter_that_waited_is_dropped_where_it_is_over_meanwhile(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.endorse(client, statement, **NAMED)
    await postbox.settle()
    await client.get(postbox.to(OFFICER)[-1].link("/endorsements/confirm/"))
    await owner.execute("update endorsements set state = 'withdrawn'")
    await postbox.settle()
    assert postbox.to(SECOND) == []


async def test_where_another_is_named_the_old_link_speaks_for_nobody(
    asked, site, client, stranger, owner, postbox
):
    _, old = asked
    olive = await behind_her_link(client, postbox, site, owner)
    (row,) = await all_rows(owner)
    named = {"second_name": "Real Chair", "second_email": "chair@example.org"}
    assert (await olive.correct(row, **named)).status_code == 303
    await postbox.settle()
    page = makers.visible((await stranger.get(path(old))).text)
    assert "This link isn’t needed any more" in page
    assert "Real Chair" not in page
    assert "Exampleton Branch" not in page
    for act in ("", "/not-me", "/new-letter"):
        assert (await stranger.post(path(old) + act, data={})).status_code == 303
    (row,) = await all_rows(owner)
    assert (row["second_confirmed_at"], row["second_refused_at"], row["second_name"]) == (
        None,
        None,
        "Real Chair",
    )
    await stranger.post(path(postbox.to("chair@example.org")[-1]), data={})
    assert await owner.fetchval("select second_confirmed_at is not null from endorsements")
    assert "isn’t needed" in (await stranger.get(path(old))).text


async def test_the_link_is_good_for_fourteen_days_and_then_sends_another(asked, stranger, owner, postbox):
    _, letter = asked
    assert "The link is good until" in letter.text
    await owner.execute(
        "update endorsements set second_letter_at = second_letter_at - interval '13 days 23 hours'"
    )
    assert (await stranger.get(path(letter))).status_code == 200
    await owner.execute("update endorsements set second_letter_at = second_letter_at - interval '2 hours'")
    page = await stranger.get(path(letter))
    assert page.status_code == 410
    assert "Send me a new letter" in page.text
    assert (await stranger.get(letter.link("/not-me"))).status_code == 200
    await stranger.post(path(letter), data={})
    assert await owner.fetchval("select second_confirmed_at from endorsements") is None
    for _ in range(2):
        sent = await stranger.post(f"{path(letter)}/new-letter", data={})
    assert "a new letter is on its way" in (await stranger.get(sent.headers["location"])).text
    assert await owner.fetchval("select count(*) from outbox where kind = 'second officer'") == 2
    await postbox.settle()
    await stranger.post(path(postbox.to(SECOND)[-1]), data={})
    assert await owner.fetchval("select second_confirmed_at is not null from endorsements")


async def test_it_ends_a_day_after_the_statement(asked, site, stranger, owner):
    statement, letter = asked
    await makers.close(site, statement)
    await owner.execute("update statements set closed_at = closed_at - interval '23 hours'")
    assert "Yes, this is true" in (await stranger.get(path(letter))).text
    await owner.execute("update statements set closed_at = closed_at - interval '2 hours'")
    assert "nothing to confirm" in (await stranger.get(path(letter))).text
    await stranger.post(path(letter), data={})
    assert await owner.fetchval("select second_confirmed_at from endorsements") is None


async def test_their_letter_holds_no_name_that_could_be_a_link_or_a_number_to_ring(site, client, postbox):
    statement = await makers.statement(site)
    for name in ("350.example", "350.org", "Call 0800 123 4567"):
        await confirmed(client, postbox, statement, name=name)
    assert len(postbox.to(SECOND)) == 3
    for letter in postbox.to(SECOND):
        assert "350" not in letter.text + letter.html + letter.subject or "350.example" in letter.text
        assert "0800" not in letter.text + letter.html
    assert "an officer of your organisation has confirmed" in " ".join(postbox.to(SECOND)[-1].text.split())
    firsts = [letter for letter in postbox.to(OFFICER) if letter.code]
    assert "you filled in that your organisation endorses" in " ".join(firsts[-1].text.split())
    assert "0800" not in firsts[-1].text + firsts[-1].html


async def test_the_first_officers_link_is_none_of_the_seconds_and_the_other_way_round(
    asked, stranger, owner, postbox
):
    _, letter = asked
    token = path(letter).rsplit("/", 1)[-1]
    assert (await stranger.post(f"/endorsements/confirm/{token}", data={})).status_code == 400
    first = postbox.to(OFFICER)[0].link("/endorsements/confirm/").rsplit("/", 1)[-1]
    assert (await stranger.post(f"/endorsements/second/{first}", data={})).status_code == 400
    assert await owner.fetchval("select second_confirmed_at from endorsements") is None
