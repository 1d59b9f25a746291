"""The desk's door: nobody without a session, nobody of another campaign, no role without a line in the table."""

from __future__ import annotations

import pytest

from petitions.organisers.roles import EVERYONE, ROLES
from petitions.routes import routes
from tests import makers
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
    from petitions.organisers import team

    campaign = await makers.campaign(site)
    await organiser(site, campaign, "owner")
    other = await organiser(site, campaign, "reader")
    async with await seated(site, other) as client:
        assert (await client.get(f"/organise/{campaign.slug}")).status_code == 200
        await team.give(site, campaign, other, "moderator", actor=makers.ACTOR)
        assert (await client.get(f"/organise/{campaign.slug}")).status_code == 303
