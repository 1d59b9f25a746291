"""Log-in by letter: the link in the browser that asked, the code everywhere else, each once and for 15 minutes."""

from __future__ import annotations

import asyncio

import pytest

from petitions.organisers import log_in
from tests import makers
from tests.conftest import browser
from tests.desk.coming_in import FIREFOX, OLU, ask, enter, is_in, letter
from tests.desk.people import organiser

PREFETCHERS = [
    {"Sec-Purpose": "prefetch"},
    {"Purpose": "prefetch"},
    {"X-Moz": "prefetch"},
    {"Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Dest": "image"},
]


@pytest.fixture
async def olu(site):
    """An organiser who needs no second factor: a reader."""
    campaign = await makers.campaign(site)
    await organiser(site, campaign, "owner")
    return await organiser(site, campaign, "reader", email=OLU, name="Olu Example")


async def test_the_letters_link_lets_in_where_it_was_asked_for(olu, client, postbox, owner):
    client.headers["User-Agent"] = FIREFOX
    arrived = await letter(client, postbox)
    answer = await client.get(arrived.link("/organise/log-in/"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/organise")
    assert "Olu Example" in (await client.get("/organise/me")).text
    row = await owner.fetchrow("select * from sessions")
    assert (row["way"], row["browser"], row["second_at"]) == ("letter", "Firefox on Linux", None)
    assert await owner.fetchval("select act from audit where actor = $1", f"organiser:{olu.id}") == "log in"


async def test_elsewhere_the_link_lets_nobody_in_and_has_no_button(olu, client, stranger, postbox):
    link = (await letter(client, postbox)).link("/organise/log-in/")
    page = await stranger.get(link)
    assert page.status_code == 200
    assert "in the browser where you asked" in page.text
    assert "<form" not in page.text
    assert "Olu" not in page.text
    assert (await stranger.post(link)).status_code == 403
    assert not await is_in(stranger)
    assert (await client.get(link)).status_code == 303, "it still works where it was asked for"


async def test_the_code_typed_where_it_was_asked_for_lets_in(olu, client, stranger, postbox):
    code = (await letter(client, postbox)).code
    assert len(code) == 6
    assert (await enter(stranger, code)).status_code == 422
    answer = await enter(client, f" {code[:3]} {code[3:]} ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/organise")
    assert await is_in(client)


async def test_a_scanner_a_prefetch_and_head_log_nobody_in(olu, client, postbox):
    link = (await letter(client, postbox)).link("/organise/log-in/")
    assert (await client.head(link)).status_code == 200
    for headers in PREFETCHERS:
        assert (await client.get(link, headers=headers)).status_code == 200
    assert not await is_in(client)
    assert (await client.get(link)).status_code == 303


async def test_a_link_works_once_also_where_two_come_at_once(olu, client, postbox, owner):
    link = (await letter(client, postbox)).link("/organise/log-in/")
    answers = await asyncio.gather(client.get(link), client.get(link))
    assert sorted(answer.status_code for answer in answers) == [303, 410]
    assert (await client.get(link)).status_code == 410
    assert await owner.fetchval("select count(*) from sessions") == 1


async def test_link_and_code_are_one_log_in(olu, client, postbox):
    arrived = await letter(client, postbox)
    await client.get(arrived.link("/organise/log-in/"))
    async with browser(client._transport.app.state.site) as other:
        other.cookies.update(client.cookies)
        assert (await enter(other, arrived.code)).status_code == 422


async def test_of_two_letters_the_newer_code_counts_and_either_link(olu, client, postbox, owner):
    older = await letter(client, postbox)
    newer = await letter(client, postbox)
    if older.code != newer.code:
        assert (await enter(client, older.code)).status_code == 422
    assert await owner.fetchval("select sum(tries) from log_ins") == await owner.fetchval(
        "select sum(tries) from code_tries"
    ), "a guess meets one code"
    books = dict(client.cookies)
    assert (await enter(client, newer.code)).status_code == 303
    client.cookies.update(books)
    assert (await client.get(older.link("/organise/log-in/"))).status_code == 303


async def test_a_letter_that_somebody_else_asks_for_ends_none(olu, client, stranger, postbox):
    for way in ("link", "code"):
        mine = await letter(client, postbox)
        await letter(stranger, postbox)
        if way == "link":
            answer = await client.get(mine.link("/organise/log-in/"))
        else:
            answer = await enter(client, mine.code)
        assert answer.status_code == 303, way


async def test_the_code_fits_whichever_address_was_asked_for_in_this_browser(olu, site, client, postbox):
    await organiser(site, None, email="second@example.org")
    first = await letter(client, postbox)
    await letter(client, postbox, "second@example.org")
    assert (await enter(client, first.code)).status_code == 303
    assert "Olu Example" in (await client.get("/organise/me")).text


async def test_fifteen_minutes_from_the_letter(olu, client, postbox, owner):
    link = (await letter(client, postbox)).link("/organise/log-in/")
    await owner.execute("update log_ins set created_at = created_at - interval '1 hour'")
    await owner.execute("update log_ins set letter_at = letter_at - interval '14 minutes'")
    assert (await client.head(link)).status_code == 200
    await owner.execute("update log_ins set letter_at = letter_at - interval '1 minute'")
    page = await client.get(link)
    assert page.status_code == 410
    assert 'href="/organise/log-in"' in page.text


async def test_it_goes_on_to_where_one_wanted_to_go(olu, site, client, postbox):
    wanted = "/organise/me?done=changed"
    stopped = await client.get(wanted)
    page = await client.get(stopped.headers["location"])
    fields = makers.hidden(page.text)
    assert fields == {"next": wanted}
    answer = await ask(client, **fields)
    sent = await client.get(answer.headers["location"])
    assert makers.hidden(sent.text) == fields
    await postbox.settle()
    assert (await client.get(postbox.to(OLU)[-1].link("/organise/log-in/"))).headers["location"] == wanted
    async with browser(site) as other:
        code = (await letter(other, postbox, **fields)).code
        assert (await enter(other, code, **fields)).headers["location"] == wanted


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/organise//evil.example",
        "/my",
    ],
)
async def test_it_never_goes_on_to_another_site(olu, client, postbox, elsewhere):
    assert "evil" not in (await client.get("/organise/log-in", params={"next": elsewhere})).text
    arrived = await letter(client, postbox, next=elsewhere)
    assert "next" not in arrived.text or "next=/organise" in arrived.text
    link = arrived.link("/organise/log-in/").partition("?")[0]
    answer = await client.get(link, params={"next": elsewhere})
    assert answer.headers["location"] == "/organise"
    async with browser(client._transport.app.state.site) as other:
        code = (await letter(other, postbox)).code
        assert (await enter(other, code, next=elsewhere)).headers["location"] == "/organise"


async def test_the_letter_goes_to_the_address_that_is_known(site, client, postbox):
    """Another spelling of the same mailbox is no way to have the letter sent elsewhere."""
    await organiser(site, await makers.campaign(site), email="o.lu@gmail.com")
    await ask(client, "olu+x@googlemail.com")
    assert [one.to for one in await postbox.settle()] == ["o.lu@gmail.com"]


async def test_a_letter_that_waited_for_a_day_is_not_sent(olu, client, postbox, owner):
    postbox.sink.always = 450
    await ask(client)
    await postbox.settle()
    postbox.sink.always = None
    await owner.execute("update log_ins set created_at = created_at - interval '1 day'")
    await owner.execute("update outbox set not_before = now() where state = 'waiting'")
    assert await postbox.settle() == []


async def test_who_wants_no_letters_can_still_log_in(olu, site, client, postbox):
    await makers.suppressed(site, await makers.statement(site), OLU)
    assert (await letter(client, postbox)).code


async def test_who_asks_in_anothers_name_does_not_use_up_their_letters(olu, client, stranger, postbox, owner):
    for _ in range(log_in.FROM_ONE_A_DAY + 2):
        await ask(stranger)
    assert len(await postbox.settle()) == log_in.FROM_ONE_A_DAY
    assert (
        f"at most {log_in.FROM_ONE_A_DAY} log-in letters"
        in (await stranger.get("/organise/log-in/sent")).text
    )
    assert (await letter(client, postbox)).code
    assert "127.0" not in str(await makers.snapshot(owner, "letter_caps", "outbox"))


async def test_forty_letters_a_day_and_no_more(olu, client, stranger, postbox, owner):
    await letter(stranger, postbox)
    times = [f"now() - interval '{n} minutes'" for n in range(log_in.LETTERS_A_DAY)]
    await owner.execute(f"update letter_caps set taken = array[{', '.join(times)}] where purpose = 'log-in'")
    await ask(client)
    assert await postbox.settle() == []
    await owner.execute(
        "update letter_caps set taken = array(select t - interval '1 day' from unnest(taken) t)"
    )
    assert (await letter(client, postbox)).code, "tomorrow there are some again"


@pytest.mark.parametrize("address", ["", "olu", "olu@", "<olu@example.org>"])
async def test_what_is_no_address_gets_the_form_again(client, owner, address):
    answer = await ask(client, address, next="/organise/me")
    assert answer.status_code == 422
    assert 'href="#field-email"' in answer.text
    assert makers.hidden(answer.text) == {"next": "/organise/me"}
    assert await owner.fetchval("select count(*) from outbox") == 0
