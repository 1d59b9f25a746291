"""An organiser's own page: name, language, where they are logged in, and the way out."""

from __future__ import annotations

import pytest

from petitions.desk.browsers import browser_name
from petitions.organisers import me, sessions
from tests import makers
from tests.conftest import browser
from tests.desk.coming_in import is_in
from tests.desk.people import organiser, seated

SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"
)
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"


@pytest.fixture
async def olu(site):
    campaign = await makers.campaign(site, name="Fair Example")
    await organiser(site, campaign, "owner")
    return await organiser(site, campaign, "reader", email="olu@example.org", name="Olu Example")


async def test_the_page_says_who_where_and_for_which_campaigns(site, olu):
    await sessions.begin(site, olu.id, way="command", browser="Safari on iPhone")
    async with await seated(site, olu) as client:
        words = makers.visible((await client.get("/organise/me")).text)
    for part in (
        "Olu Example",
        "olu@example.org",
        "Fair Example",
        "Firefox on Linux this one",
        "Safari on iPhone",
    ):
        assert part in words
    assert "by a link from the machine" in words


async def test_name_and_language_change_and_the_audit_names_the_fields_only(site, olu, owner):
    async with await seated(site, olu) as client:
        answer = await client.post("/organise/me", data={"name": "Olu Sample", "language": "de"})
        assert answer.headers["location"] == "/organise/me?done=changed"
        page = await client.get("/organise/me")
        assert 'lang="de"' in page.text
        assert "Olu Sample" in page.text
        await client.post("/organise/me", data={"name": "Olu Sample", "language": "de"})
    lines = await owner.fetch("select details::text from audit where act = 'organiser change'")
    assert len(lines) == 1
    assert "name" in lines[0][0]
    assert "Sample" not in lines[0][0]


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"name": ""},
        {"name": "http://evil.example"},
        {"name": "Olu", "language": "xx"},
        {"name": "O" * 101},
    ],
)
async def test_what_will_not_do_is_shown_again_as_typed(site, olu, owner, typed):
    async with await seated(site, olu) as client:
        answer = await client.post("/organise/me", data={"language": "en", "x": "", **typed})
        assert answer.status_code == 422
        assert typed.get("name", "") in answer.text
    assert await owner.fetchval("select name from organisers where id = $1", olu.id) == "Olu Example"


async def test_only_named_fields_are_read(site, olu, owner):
    async with await seated(site, olu) as client:
        more = {
            "email": "evil@example.org",
            "address_key": "x",
            "id": str(makers.nobody()),
            "demonstration": "true",
        }
        await client.post("/organise/me", data={"name": "Olu Sample", "language": "en", **more})
    row = await owner.fetchrow("select email, demonstration from organisers where id = $1", olu.id)
    assert tuple(row) == ("olu@example.org", False)


async def test_one_session_ends_and_the_others_go_on(site, olu):
    async with (
        await seated(site, olu) as mine,
        await seated(site, olu) as lost,
        await seated(site, olu) as third,
    ):
        rows = await sessions.list_of(site, olu.id)
        lost_id = (await sessions.find(site, lost.cookies["session"])).id
        assert len(rows) == 3
        answer = await mine.post("/organise/me/sessions/end", data={"session": str(lost_id)})
        assert answer.headers["location"] == "/organise/me?done=ended"
        assert [await is_in(one) for one in (mine, lost, third)] == [True, False, True]
        assert (await mine.post("/organise/me/sessions/end-others")).status_code == 303
        assert [await is_in(one) for one in (mine, lost, third)] == [True, False, False]


async def test_anothers_session_can_not_be_ended(site, olu):
    other = await organiser(site, await makers.campaign(site))
    async with await seated(site, olu) as mine, await seated(site, other) as theirs:
        id = (await sessions.find(site, theirs.cookies["session"])).id
        for session in (str(id), str(makers.nobody()), "x", ""):
            answer = await mine.post("/organise/me/sessions/end", data={"session": session})
            assert answer.status_code == 404
        assert await is_in(theirs)


async def test_logging_out_ends_the_session_itself(site, olu):
    async with await seated(site, olu) as client:
        token = client.cookies["session"]
        answer = await client.post("/organise/me/sessions/log-out")
        assert answer.headers["location"] == "/organise/log-in?done=out"
        assert "session" not in client.cookies
        assert "You are logged out" in (await client.get(answer.headers["location"])).text
    async with browser(site) as thief:
        thief.cookies.set("session", token, domain="localhost.local")
        assert not await is_in(thief)


async def test_one_can_log_out_before_the_second_factor(site):
    boss = await organiser(site, await makers.campaign(site), "owner")
    async with await seated(site, boss, second=False) as client:
        answer = await client.post("/organise/me/sessions/log-out")
        assert answer.headers["location"] == "/organise/log-in?done=out"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        (EDGE, "Edge on Windows"),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("curl/8.5 <script>alert(1)</script>", ""),
        ("", ""),
    ],
)
def test_a_browser_has_two_words_and_never_its_header(header, name):
    assert browser_name(header) == name


async def test_what_has_long_been_over_is_forgotten(site, olu, owner):
    for _ in range(4):
        await sessions.begin(site, olu.id, way="letter")
    ids = [row["id"] for row in await owner.fetch("select id from sessions order by id")]
    old = "created_at = now() - interval '40 days'"
    await owner.execute(
        f"update sessions set {old}, ended_at = now() - interval '31 days' where id = $1", ids[0]
    )
    await owner.execute(
        f"update sessions set {old}, seen_at = now() - interval '31 days' where id = $1", ids[1]
    )
    await owner.execute(
        f"update sessions set {old}, ended_at = now() - interval '29 days' where id = $1", ids[2]
    )
    await owner.execute(
        "insert into log_ins (id, organiser_id, way, created_at) "
        "values ($1, $2, 'command', now() - interval '31 days')",
        makers.nobody(),
        olu.id,
    )
    assert await me.forget(site) == "3 sessions, log-ins and invitations forgotten"
    assert [row["id"] for row in await owner.fetch("select id from sessions order by id")] == ids[2:]
