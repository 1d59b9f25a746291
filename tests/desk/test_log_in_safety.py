"""What an attacker tries at the log-in: who is known, guessing, planted sessions, other sites' forms."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions.organisers import log_in, sessions
from petitions.site import make_site
from petitions.tokens import pack
from tests import makers
from tests.conftest import browser
from tests.desk.coming_in import OLU, ask, enter, is_in, letter
from tests.desk.people import organiser, seated

WRONG = "This code can"


@pytest.fixture
async def olu(site):
    campaign = await makers.campaign(site)
    await organiser(site, campaign, "owner")
    return await organiser(site, campaign, "reader", email=OLU)


def told(answer: httpx.Response) -> tuple[object, ...]:
    """Everything in an answer but the random mark of its cookie."""
    headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
    cookies = [one.partition("=")[0] + one[one.index(";") :] for one in answer.headers.get_list("set-cookie")]
    return answer.status_code, str(headers), cookies, answer.content


async def test_the_answer_is_the_same_for_every_address(olu, site, postbox, owner):
    await makers.suppressed(site, await makers.statement(site), "never@example.org")
    answers = set()
    for address in (OLU, "nobody@example.org", "never@example.org"):
        async with browser(site) as visitor:
            asked = await ask(visitor, address)
            before = await visitor.get("/organise/log-in/sent")
            await postbox.settle()
            after, wrong = await visitor.get("/organise/log-in/sent"), await enter(visitor, "000000")
            answers.add(str([told(one) for one in (asked, before, after, wrong)]))
    assert len(answers) == 1
    assert [one.to for one in postbox] == [OLU]


async def test_the_request_asks_the_database_nothing_about_the_address(olu, site, client, owner):
    """By construction: what is written is the same row for a known and an unknown address."""
    await ask(client)
    await ask(client, "nobody@example.org")
    rows = await owner.fetch("select * from outbox order by created_at")
    same = ("kind", "priority", "campaign_id", "subject_id", "state", "decision", "language")
    assert [rows[0][name] for name in same] == [rows[1][name] for name in same]
    assert await owner.fetchval("select count(*) from log_ins") == 0


async def test_a_wrong_code_takes_as_long_and_writes_as_much_whether_the_address_is_known(
    olu, client, stranger, postbox, owner
):
    await letter(client, postbox)
    await ask(stranger, "nobody@example.org")
    await postbox.settle()
    for visitor in (client, stranger):
        before = await owner.fetchval("select coalesce(sum(tries), 0) from code_tries")
        assert WRONG in (await enter(visitor, "000000")).text
        assert await owner.fetchval("select sum(tries) from code_tries") == before + 1


async def test_a_code_can_be_tried_five_times(olu, client, postbox, owner):
    code = (await letter(client, postbox)).code
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    answers = await asyncio.gather(*(enter(client, wrong) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {422}
    assert await owner.fetchval("select tries from log_ins") == 5
    assert (await enter(client, code)).status_code == 422
    assert not await is_in(client)


async def test_ten_wrong_codes_a_day_for_an_address_however_many_letters(olu, client, postbox, owner):
    for _ in range(3):
        code = (await letter(client, postbox)).code
        for _ in range(4):
            await enter(client, f"{(int(code) + 1) % 1_000_000:06d}")
    assert await owner.fetchval("select max(tries) from code_tries") == 10
    assert (await enter(client, code)).status_code == 422
    assert (await client.get(postbox[-1].link("/organise/log-in/"))).status_code == 303, (
        "the link still works"
    )


async def test_a_session_planted_before_is_worth_nothing_after(olu, site, client, postbox, owner):
    """Session fixation: the browser gets a token that nobody else has seen, and the planted one ends."""
    planted = await sessions.begin(site, olu.id, way="letter")
    client.cookies.set("session", planted.token, domain="localhost.local")
    await client.get((await letter(client, postbox)).link("/organise/log-in/"))
    mine = client.cookies["session"]
    assert mine != planted.token
    async with browser(site) as attacker:
        attacker.cookies.set("session", planted.token, domain="localhost.local")
        assert not await is_in(attacker)
    assert await is_in(client)
    assert await owner.fetchval("select count(*) from sessions where ended_at is null") == 1


async def test_the_database_holds_no_token(olu, client, postbox, owner):
    await client.get((await letter(client, postbox)).link("/organise/log-in/"))
    row = dict(await owner.fetchrow("select * from sessions"))
    assert client.cookies["session"] not in str(row)
    assert client.cookies["session"].encode() not in row["digest"]


async def test_another_site_can_neither_ask_nor_enter_nor_press(olu, site, client, postbox, owner):
    path = await log_in.link(site, olu, actor=makers.ACTOR)
    arrived = await letter(client, postbox)
    asked = await owner.fetchval("select count(*) from outbox")
    for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        for address, data in (
            ("/organise/log-in", {"email": OLU}),
            ("/organise/log-in/sent", {"code": arrived.code}),
            (path, {}),
            ("/organise/me/sessions/log-out", {}),
        ):
            assert (await client.post(address, data=data, headers=foreign)).status_code == 403
    assert await owner.fetchval("select count(*) from outbox") == asked
    assert not await is_in(client)


async def test_without_an_origin_the_cookie_is_not_armed(olu, site, postbox):
    """No other site can have its own log-in opened by a visitor's browser."""
    async with browser(site, headers={}) as bare:
        await ask(bare)
        assert not bare.cookies
        await postbox.settle()
        assert (await bare.get(postbox[-1].link("/organise/log-in/"))).status_code == 200


async def test_on_https_the_cookies_are_the_hosts_own(site, settings, sink, postbox):
    safe = replace(settings, base_url="https://example.org")
    https = make_site(safe)
    await https.store.open()
    try:
        olu = await organiser(https, None, email=OLU)
        async with browser(https) as client:
            asked = await ask(client)
            path = await log_in.link(https, olu, actor=makers.ACTOR)
            seated = await client.post(path)
        for answer in (asked, seated):
            for cookie in answer.headers.get_list("set-cookie"):
                name, _, rest = cookie.partition("=")
                assert name.startswith("__Host-"), cookie
                assert {"httponly", "secure", "path=/"} <= {one.strip().lower() for one in rest.split(";")}, (
                    cookie
                )
                assert "domain=" not in rest.lower()
                assert "samesite=lax" in rest.lower() or "expires=" in rest.lower()
        assert "__Host-session=" in str(seated.headers.get_list("set-cookie"))
    finally:
        await https.store.close()


async def test_only_the_desk_sets_a_session_cookie(olu, site, client):
    statement = await makers.statement(site)
    async with await seated(site, olu) as sitting:
        for path in ("/", f"/{statement.slug}", "/my"):
            assert "session" not in (await sitting.get(path)).headers.get("set-cookie", "")
        for path in ("/organise/me", "/organise"):
            assert "set-cookie" not in (await sitting.get(path)).headers


async def test_a_link_made_on_this_machine_asks_first_and_works_once(olu, site, client, stranger, owner):
    path = await log_in.link(site, olu, actor=makers.ACTOR)
    page = await stranger.get(path)
    assert page.status_code == 200
    assert OLU in page.text
    assert not await is_in(stranger)
    answers = await asyncio.gather(client.post(path), stranger.post(path))
    assert sorted(answer.status_code for answer in answers) == [303, 410]
    assert (await client.get(path)).status_code == 410
    row = await owner.fetchrow("select way, second_at is not null as second from sessions")
    assert tuple(row) == ("command", True)


async def test_a_link_made_on_this_machine_is_good_for_fifteen_minutes(olu, site, client, owner):
    path = await log_in.link(site, olu, actor=makers.ACTOR)
    await owner.execute("update log_ins set created_at = created_at - interval '15 minutes'")
    assert (await client.get(path)).status_code == 410
    assert (await client.post(path)).status_code == 410


async def test_a_changed_or_foreign_token_opens_nothing(olu, site, client):
    for token in (
        "x",
        site.tokens.make("my", pack(olu.id)),
        site.tokens.make("log-in", pack(olu.id, olu.id)),
    ):
        for answer in (
            await client.get(f"/organise/log-in/{token}"),
            await client.post(f"/organise/log-in/{token}"),
        ):
            assert answer.status_code == 400
    unknown = site.tokens.make("log-in", pack(makers.nobody()))
    assert (await client.get(f"/organise/log-in/{unknown}")).status_code == 410


async def test_nothing_of_it_is_kept_or_told_to_others(olu, client, postbox):
    link = (await letter(client, postbox)).link("/organise/log-in/")
    for path in ("/organise/log-in", "/organise/log-in/sent", link):
        headers = (await client.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "same-origin"
        assert "noindex" in headers["x-robots-tag"]


async def test_a_flood_from_one_connection_is_stopped(site):
    narrow = replace(site, settings=replace(site.settings, ip_burst=3, ip_rate=0.01))
    async with browser(narrow) as client:
        answers = [await ask(client), await enter(client, "000000"), await ask(client), await ask(client)]
    assert [answer.status_code for answer in answers] == [303, 422, 303, 429]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["email", "next", "code", "name", "organiser"]), st.text(max_size=60)))
async def test_whatever_is_typed_makes_no_error(site, client, typed):
    async with browser(site, peer=f"127.1.{abs(hash(str(typed))) % 250}.1") as visitor:
        for path in ("/organise/log-in", "/organise/log-in/sent"):
            assert (await visitor.post(path, data={"x": "", **typed})).status_code in (303, 400, 422, 429)
        assert (await visitor.get("/organise/log-in", params=typed)).status_code in (200, 400)
