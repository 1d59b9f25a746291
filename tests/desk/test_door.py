"""The desk's door: nobody without a session, nobody of another campaign, no role without a line in the table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from petitions.desk.door import own_path
from petitions.organisers import me, team
from petitions.organisers.roles import EVERYONE, ROLES
from petitions.routes import routes
from petitions.site import make_site
from tests import makers
from tests.conftest import browser, fresh_databases, settings_of
from tests.desk.people import organiser, seated, sit

DESK = [route for route in routes() if hasattr(route, "roles")]


def test_every_address_under_organise_stands_in_the_desks_table_or_is_how_one_comes_in():
    outside = {route.path for route in routes() if route.path.startswith("/organise")} - {
        r.path for r in DESK
    }
    assert all(path.startswith(("/organise/log-in", "/organise/invite")) for path in outside), outside
    for route in DESK:
        assert route.roles is None or set(route.roles) <= EVERYONE
        assert ("{campaign}" in route.path) == (route.roles is not None), route.path


async def test_each_role_sees_the_overview_of_its_own_campaign_alone(site):
    mine, other = await makers.campaign(site), await makers.campaign(site)
    for role in ROLES:
        async with await sit(site, mine, role) as client:
            assert (await client.get(f"/organise/{mine.slug}")).status_code == 200
            assert (await client.get(f"/organise/{other.slug}")).status_code == 404


async def test_a_session_that_ended_opens_nothing(site, owner):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign) as client:
        assert (await client.get(f"/organise/{campaign.slug}")).status_code == 200
        await owner.execute("update sessions set ended_at = now()")
        assert (await client.get(f"/organise/{campaign.slug}")).status_code == 303


@pytest.mark.parametrize(
    "times", ["seen_at = seen_at - interval '13 hours'", "created_at = created_at - interval '15 days'"]
)
async def test_sessions_end_by_themselves(site, owner, times):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign) as client:
        await owner.execute(f"update sessions set {times}")
        assert (await client.get(f"/organise/{campaign.slug}")).status_code == 303


async def test_an_owner_without_the_second_factor_gets_no_further(site):
    campaign = await makers.campaign(site)
    boss = await organiser(site, campaign, "owner")
    async with await seated(site, boss, second=False) as client:
        answer = await client.get(f"/organise/{campaign.slug}")
        assert answer.status_code == 303
        assert "second" in answer.headers["location"]


async def test_another_role_ends_the_sessions(site):
    campaign = await makers.campaign(site)
    await organiser(site, campaign, "owner")
    other = await organiser(site, campaign, "reader")
    async with await seated(site, other) as client:
        assert (await client.get(f"/organise/{campaign.slug}")).status_code == 200
        await team.give(site, campaign, other, "moderator", actor=makers.ACTOR)
        assert (await client.get(f"/organise/{campaign.slug}")).status_code == 303


async def held_back(
    client: httpx.AsyncClient, path: str, typed: dict[str, str], meanwhile: Awaitable[Any]
) -> httpx.Response:
    """A form whose bytes come only once something else has happened."""
    opened, go = asyncio.Event(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        opened.set()
        await go.wait()
        yield urlencode(typed).encode()

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = asyncio.create_task(client.post(path, content=body(), headers=headers))
    await asyncio.wait_for(opened.wait(), 10)
    await meanwhile
    go.set()
    return await sent


async def test_a_form_held_back_until_its_sender_was_removed_does_nothing(site, owner):
    """Else whoever expects to be thrown out keeps a way back in: an invitation on its way."""
    campaign = await makers.campaign(site)
    boss, eve = await organiser(site, campaign, "owner"), await organiser(site, campaign, "owner")
    async with await seated(site, eve) as client:
        out = team.remove(site, campaign, eve.id, actor=f"organiser:{boss.id}")
        typed = {"email": "eve@example.org", "role": "owner"}
        answer = await held_back(client, f"/organise/{campaign.slug}/team/invite", typed, out)
    assert answer.status_code == 401
    assert 'value="eve@example.org"' in answer.text, "what was typed is given back"
    assert await owner.fetchval("select count(*) from invitations") == 0


async def test_a_form_held_back_until_its_session_ended_does_nothing(site, owner):
    one = await organiser(site, None)
    async with await seated(site, one) as client:
        ended = me.end_others(site, one.id, makers.nobody())
        answer = await held_back(client, "/organise/me", {"name": "Eve Example", "language": "en"}, ended)
    assert answer.status_code == 401
    assert await owner.fetchval("select name from organisers") == one.name


@pytest.mark.parametrize("multipart", [False, True])
async def test_what_was_typed_is_given_back_where_the_session_is_over(site, multipart):
    """A statement's form has more than a hundred answers, a motion's comes as multipart."""
    typed = {f"more-{n}": "x" for n in range(90 if multipart else 250)} | {"body": "What I typed. " * 2_000}
    async with browser(site) as client:
        if multipart:
            body, kind = makers.multipart(typed, {})
            answer = await client.post("/organise/a/b/motions", content=body, headers={"Content-Type": kind})
        else:
            answer = await client.post("/organise/a/statements/new", data=typed)
    assert answer.status_code == 401
    assert answer.text.count('type="hidden"') == len(typed)
    assert typed["body"] in answer.text


async def test_what_was_typed_is_given_back_where_the_database_is_gone(server, template):
    async for name in fresh_databases(server, f"template {template} strategy file_copy"):
        lost = make_site(settings_of(server, name))
        await lost.store.open()
    async with browser(lost) as client:
        client.cookies.set("session", "x", domain="localhost.local")
        answer = await client.post("/organise/me", data={"name": "Orla Example"})
        assert answer.status_code == 503
        assert 'value="Orla Example"' in answer.text
        assert (await client.get("/organise/me")).status_code == 503
    await lost.store.close()


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/organise/me/second?next=/organise/fair", None),
        ("/organise/fair/bread/numbers/people.csv?since=all", None),
        ("/organise/../my", "/organise"),
        ("/organise/x.csv/../../my", "/organise"),
        ("/organise?next=//evil.example", "/organise"),
        ("/organise.evil.example", "/organise"),
        ("/organise\n", "/organise"),
        ("/organise/\\evil", "/organise"),
    ],
)
def test_one_goes_on_to_pages_of_the_desk_alone(wanted, path):
    assert own_path(wanted) == (path or wanted)
