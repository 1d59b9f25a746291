"""Nothing that a visitor can do tells whether an address has signed: not the cookie, not the code's page,
not a second POST (signing.md §3)."""

from __future__ import annotations

import re
import time

import pytest

from petitions.proving.cookie import Mark
from petitions.proving.grid import GRID
from petitions.signatures import actions
from tests import makers
from tests.conftest import browser

KNOWN = ("new@example.org", "signed@example.org", "stopped@example.org", "often@example.org")


@pytest.fixture
async def statement(site, client, postbox):
    """A statement for which each of KNOWN is in another situation."""
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement, name="Signed Example", email="signed@example.org")
    await makers.suppressed(site, statement, "stopped@example.org")
    for number in range(4):
        await makers.sign(client, statement, name=f"Often {number} Example", email="often@example.org")
        await postbox.settle()
    return statement


def masked(response) -> tuple:
    """Everything of an answer, without what is random in it."""
    cookies = [re.sub(r"=[^;]+", lambda found: f"={len(found[0])}", re.sub(r"expires=[^;]+", "", one), count=1)
               for one in response.headers.get_list("set-cookie")]  # fmt: skip
    headers = sorted(name for name in response.headers)
    body = re.sub(r'name="stamp" value="[^"]+"', "", response.text)
    return response.status_code, response.headers.get("location"), headers, cookies, body


async def everything_one_can_do(site, statement, email, postbox) -> list[tuple]:
    """Sign as somebody, twice, look at the page, try codes, ask again; letters go out in between."""
    answers = []
    async with browser(site) as own:
        typed = {"name": "Curious Example", "email": email}
        answers.append(masked(await makers.sign(own, statement, **typed)))
        await postbox.settle()
        answers.append(masked(await own.get(f"/{statement.slug}/check-your-email")))
        for code in ("000000", "", "999999", "x"):
            tried = await own.post(f"/{statement.slug}/confirm", data={"code": code})
            answers += [masked(tried)]
        answers.append(masked(await makers.sign(own, statement, **typed)))
        answers.append(masked(await own.post(f"/{statement.slug}/send-again", data={"x": "y"})))
        answers.append(masked(await own.get(f"/{statement.slug}/check-your-email")))
        answers.append(masked(await own.get(f"/{statement.slug}/thanks")))
        answers.append(masked(await own.post(f"/{statement.slug}/someone-else", data={"x": "y"})))
    return answers


async def test_whatever_one_does_the_answers_are_the_same_for_every_address(site, statement, postbox):
    told = [await everything_one_can_do(site, statement, email, postbox) for email in KNOWN]
    assert told[0] == told[1] == told[2] == told[3]


async def asked(site, act) -> list[str]:
    """The statements of `act`, each a commit of its own."""
    told = []
    async with site.store.held() as connection:
        with connection.query_logger(lambda query: told.append(query.query)):
            await act
    return told


async def test_a_wrong_code_and_a_wish_for_another_letter_are_the_same_work_for_every_address(
    site, statement, owner, postbox
):
    find = "select fingerprint from signatures where name = 'Curious Example' and email = $1"
    worked = []
    for email in KNOWN:
        async with browser(site) as own:
            await makers.sign(own, statement, name="Curious Example", email=email)
        mark = Mark(statement.id, await owner.fetchval(find, email))
        await postbox.settle()
        worked.append([
            await asked(site, act) for act in (actions.enter_code(site, [mark], ""), actions.ask_again(site, mark))
        ])  # fmt: skip
    assert [len(statements) for statements in worked[0]] == [1, 1]
    assert worked == [worked[0]] * len(KNOWN)
    assert [row["tries"] for row in await owner.fetch("select tries from code_tries")] == [1] * len(KNOWN)


async def test_what_the_database_found_takes_a_whole_number_of_moments(site, statement, client):
    for path in ("confirm", "send-again"):
        began = time.monotonic()
        await client.post(f"/{statement.slug}/{path}", data={"code": "000000"})
        assert time.monotonic() - began >= GRID - 0.005


async def test_the_same_form_a_day_later_still_has_its_code_and_its_one_click(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.sign(client, statement, name="Ada Example", email="ada@example.org")
    await owner.execute(
        "update signatures set created_at = created_at - interval '30 hours',"
        " asked_at = asked_at - interval '30 hours'"
    )
    client.cookies.clear()
    await makers.sign(client, statement, name="Ada Example", email="ada@example.org")
    await postbox.settle()
    assert 'name="code"' in (await client.get(f"/{statement.slug}/check-your-email")).text
    assert (await client.get(postbox[-1].link("/confirm/"))).status_code == 303


async def test_consents_that_were_not_on_the_page_are_never_recorded(site, client, owner):
    from petitions.campaigns import actions as campaigns
    from petitions.statements import actions as statements

    statement = await makers.statement(site)
    stamp = makers.stamp_of((await client.get(f"/{statement.slug}")).text)
    campaign = await campaigns.find_for_organisers(site, statement.campaign_slug)
    await statements.change_campaign(site, campaign, controller="Data Broker Example Ltd", actor=makers.ACTOR)
    response = await makers.sign(client, statement, stamp=stamp)
    assert response.status_code == 422
    assert await owner.fetchval("select count(*) from signatures") == 0


async def test_what_is_typed_freely_never_becomes_an_area(site, client, owner, postbox):
    statement = await makers.statement(site, fields=["postcode", "country"])
    typed = {"postcode": "ls1 4ap", "country": "Ada Example, 5 Private Road"}
    await makers.confirmed(client, postbox, statement, **typed)
    assert [row["area"] for row in await owner.fetch("select area from count_areas")] == ["LS"]


@pytest.mark.parametrize("header", ["Referer", "Origin"])
async def test_a_header_that_is_no_address_is_no_500(site, client, header):
    statement = await makers.statement(site)
    async with browser(site, headers={}) as own:
        stamp = makers.stamp_of((await own.get(f"/{statement.slug}")).text)
        for value in ("http://[", "http://localhost:8000]/", "::", "http://localhost:99999999"):
            data = {"name": "Ada Example", "email": "ada@example.org", "stamp": stamp}
            response = await own.post(f"/{statement.slug}/sign", data=data, headers={header: value})
            assert response.status_code in (303, 403)


async def test_an_attempt_put_off_for_weeks_keeps_its_days(site, client, owner, postbox):
    """Over the monthly cap a letter waits; when it goes, its link is still good."""
    statement = await makers.statement(site)
    await makers.sign(client, statement, email="ada@example.org")
    await owner.execute(
        "insert into letter_caps (address_key, purpose, taken) select address_key, 'forms',"
        " array(select now() - interval '2 days' from generate_series(1, 10)) from signatures"
    )
    await postbox.settle()
    assert len(postbox) == 0
    waits = await owner.fetchval("select not_before - now() from outbox where state = 'deferred'")
    assert waits.days >= 27
    move = "update {} set {} = {} - interval '28 days 1 hour'"
    await owner.execute(move.format("outbox", "not_before", "not_before"))
    await owner.execute(move.format("signatures", "asked_at", "asked_at"))
    await owner.execute("delete from letter_caps")
    from petitions.signatures import actions

    assert await actions.purge(site) == "0 attempts deleted"
    await postbox.settle()
    assert (await client.get(postbox[-1].link("/confirm/"))).status_code in (200, 303)


async def test_a_merged_letter_leaves_out_what_is_signed_already(site, client, owner, postbox):
    one, two = await makers.statement(site), await makers.statement(site)
    await makers.confirmed(client, postbox, one, name="Ada One", email="ada@example.org")
    await owner.execute("update letter_caps set taken = array(select now() from generate_series(1, 10))")
    for statement in (one, two):
        await makers.sign(client, statement, name="Ada Two", email="ada@example.org")
    await postbox.settle()
    await owner.execute("update outbox set not_before = now() where state = 'deferred'")
    await owner.execute("delete from letter_caps")
    await postbox.settle()
    assert two.title in postbox[-1].subject
    assert one.title not in postbox[-1].text


async def test_a_superseded_link_says_so_once_the_winner_is_withdrawn(site, client, owner, postbox):
    from petitions import addresses
    from petitions.my import actions as my

    statement = await makers.statement(site)
    await makers.sign(client, statement, name="Ada One", email="ada@example.org")
    await makers.sign(client, statement, name="Ada Two", email="ada@example.org")
    await postbox.settle()
    first, second = (letter.link("/confirm/") for letter in list(postbox)[-2:])
    await client.get(first)
    assert "already signed" in (await client.get(second)).text
    row = await owner.fetchrow("select statement_id, id from signatures where state = 'confirmed'")
    key = addresses.address_key(site.settings.address_key, "ada@example.org")
    await my.withdraw(site, key, (row["statement_id"], row["id"]))
    assert "confirmed and counts" not in (await client.get(second)).text
