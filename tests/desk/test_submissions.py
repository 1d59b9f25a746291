"""The pipeline of motions at the desk: who puts one and when, a calendar of it, and what came of it by telephone."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests import makers
from tests.desk.people import sit
from tests.motions import putting


@pytest.fixture
async def campaign(site):
    return await makers.campaign(site)


@pytest.fixture
async def statement(site, campaign):
    return await makers.statement(site, campaign)


@pytest.fixture
async def org(site, campaign):
    async with await sit(site, campaign, "organiser") as client:
        yield client


@pytest.fixture
async def announced(site, client, postbox, owner, statement):
    """A plan that its officer confirmed; its path at the desk."""
    motion = await putting.motion(site, statement)
    await putting.announced(client, postbox, statement, motion)
    return f"{here(statement)}/{await owner.fetchval('select id from submissions')}"


def here(statement) -> str:
    return f"/organise/{statement.campaign_slug}/{statement.slug}/submissions"


async def test_meetings_within_the_days_asked_for_with_whom_to_write_to(owner, statement, org, announced):
    meets = await owner.fetchval("select meets_on - current_date from submissions")
    assert meets > 7, "not within a week"
    assert "olu@example.org" not in (await org.get(here(statement))).text
    page = (await org.get(f"{here(statement)}?days=90")).text
    assert "olu@example.org" in page
    assert "announced: 1" in makers.visible(page)
    assert "olu@example.org" not in (await org.get(f"{here(statement)}?days=90&state=fell")).text
    assert (await org.get(f"{here(statement)}?days=x&state=y")).status_code == 200
    assert await owner.fetchval("select count(*) from audit where act = 'motions pipeline'") == 4


async def test_the_calendar_names_no_officer(owner, statement, org, announced):
    answer = await org.get(f"{here(statement)}/calendar")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.headers["content-disposition"].endswith('-meetings.ics"')
    assert "BEGIN:VEVENT" in answer.text
    assert "olu" not in answer.text.lower()


async def test_what_an_officer_told_by_telephone_is_written_down_for_them(owner, statement, org, announced):
    assert "As they put it" in makers.visible((await org.get(announced)).text)
    wrong = await org.post(announced, data={"outcome": "amended", "amended": ""})
    assert wrong.status_code == 422
    assert await owner.fetchval("select state from submissions") == "announced"
    done = await org.post(announced, data={"outcome": "amended", "amended": "We resolve less.", "name": "x"})
    assert done.status_code == 303
    assert tuple(await owner.fetchrow("select state, amended from submissions")) == (
        "amended",
        "We resolve less.",
    )
    noted = await owner.fetchrow("select actor, details from audit where act = 'submission answer'")
    assert noted["actor"].startswith("organiser:")
    assert "resolve" not in noted["details"]


async def test_only_its_officer_takes_a_plan_back(owner, statement, org, announced):
    answer = await org.post(announced, data={"outcome": "withdrawn"})
    assert answer.status_code == 422
    assert "Only its officer" in makers.visible(answer.text)
    await owner.execute("update submissions set state = 'withdrawn'")
    assert (await org.post(announced, data={"outcome": "passed"})).status_code == 422
    await owner.execute("update submissions set state = 'pending'")
    assert (await org.get(announced)).status_code == 404, "nobody confirmed it"


async def test_plans_of_another_campaign_are_not_there(site, owner, statement, announced):
    other = await makers.campaign(site)
    theirs = await makers.statement(site, other)
    async with await sit(site, other, "organiser") as client:
        id = announced.rpartition("/")[2]
        assert (await client.get(f"{here(theirs)}/{id}")).status_code == 404
        assert (await client.post(f"{here(theirs)}/{id}", data={"outcome": "fell"})).status_code == 404
        assert (await client.get(here(statement))).status_code == 404
    async with await sit(site, await campaign_of(site, statement), "moderator") as client:
        assert (await client.get(here(statement))).status_code == 403


async def campaign_of(site, statement):
    from petitions.campaigns import actions as campaigns

    return await campaigns.find(site, statement.campaign_slug)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(outcome=some.text(max_size=20), amended=some.text(max_size=60))
async def test_whatever_is_typed_is_taken_or_told(owner, org, announced, outcome, amended):
    answer = await org.post(announced, data={"outcome": outcome, "amended": amended})
    assert answer.status_code in (400, 422), answer.text
