"""Who sees what of a statement at the desk before it opens, and what the desk says of one that has closed by itself."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from tests import makers
from tests.desk.people import sit
from tests.desk.test_statements import drafted, inputs

TITLE = "Not to be known yet"


@pytest.mark.parametrize("role", ["moderator", "reader", "stall"])
async def test_a_draft_is_there_for_those_who_write_it_and_for_nobody_else(site, role):
    campaign = await makers.campaign(site)
    known = await makers.statement(site, campaign)
    async with await sit(site, campaign, "organiser") as desk:
        page = await drafted(desk, campaign, title=TITLE)
        assert TITLE in (await desk.get(f"/organise/{campaign.slug}")).text
    async with await sit(site, campaign, role) as other:
        overview = (await other.get(f"/organise/{campaign.slug}")).text
        assert TITLE not in overview
        assert known.title in overview
        for tail in (
            "",
            "/numbers",
            "/signatures",
            "/comments",
            "/reports",
            "/endorsements",
            "/edit",
            "/open",
        ):
            answer = await other.get(page + tail)
            assert answer.status_code in (403, 404), tail
            assert TITLE not in answer.text


async def test_a_statement_whose_date_has_passed_is_closed_in_the_overview_too(site, owner):
    campaign = await makers.campaign(site)
    await makers.statement(site, campaign)
    async with await sit(site, campaign, "reader") as desk:
        assert '<span class="tag">open</span>' in (await desk.get(f"/organise/{campaign.slug}")).text
        await owner.execute("update statements set closes_at = now() - interval '1 minute'")
        assert '<span class="tag">closed</span>' in (await desk.get(f"/organise/{campaign.slug}")).text


async def test_an_address_that_was_refused_is_not_in_the_audit(site, owner):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign, "organiser") as desk:
        await drafted(desk, campaign, title="First")
        page = await drafted(desk, campaign, title="Second")
        form = inputs((await desk.get(f"{page}/edit")).text)
        answer = await desk.post(
            f"{page}/edit", data={**form, "slug": "first", "title": "Third", "do": "save"}
        )
    assert answer.status_code == 422
    fields = await owner.fetchval("select details -> 'fields' from audit where act = 'statement draft'")
    assert fields == '["title"]'


async def test_a_text_made_to_take_long_holds_up_nobody_else(site, client):
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign)
    page = f"/organise/{campaign.slug}/{statement.slug}/version/preview"
    async with await sit(site, campaign, "organiser") as desk:
        await client.get(f"/{statement.slug}")
        drawing = asyncio.create_task(desk.post(page, data={"title": "x", "body": "![" * 12_500}))
        start, longest = monotonic(), 0.0
        while not drawing.done():
            begun = monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, monotonic() - begun)
        assert (await drawing).status_code == 200
    assert longest < (monotonic() - start) / 2, "the event loop stood still"
