"""Comments and reports in a real browser: axe finds nothing, nothing is too wide, and the queue goes by keyboard."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from petitions.site import Site
from tests import makers
from tests.browser import chromium as chrome
from tests.browser.judge import axe, sideways
from tests.comments import said
from tests.desk.people import organiser, sit
from tests.reports import telling

pytestmark = pytest.mark.browser
ROWS = 20
LONG = (
    "We have waited for this crossing since the school moved.\n\nTwo children were hurt; no third should be."
)


@pytest_asyncio.fixture
async def statement(site: Site, postbox: Any, owner: Any) -> Any:
    """With a comment that is shown, many that wait, and reports of both."""
    statement = await said.statement(site, await makers.campaign(site), title="A crossing at the school")
    await said.say(site, postbox, statement, LONG, union="Bakers", consent_union="yes")
    async with await sit(site, await _campaign(site, statement), "moderator") as desk:
        await said.judge(desk, statement, "approved")
        await telling.report(
            desk, statement, "comment", reason="personal data", words="It is about my child."
        )
        await telling.report(desk, statement, "name", reason="not me", email="bea@example.org")
    await owner.execute(
        "insert into signatures (statement_id, id, version, state, confirmed_at, name, number,"
        " display_comment, answers)"
        " select $1, gen_random_uuid(), 1, 'confirmed', now(), 'Cem Example', 100 + n, true,"
        " jsonb_build_object('comment', 'Comment number ' || n) from generate_series(1, $2::integer) n",
        statement.id,
        ROWS,
    )
    await owner.execute("update signatures set state = state")
    return statement


async def _campaign(site: Site, statement: Any) -> Any:
    return await site.store.campaigns.find(slug=statement.campaign_slug)


@pytest_asyncio.fixture
async def page(chromium: Browser, site: Site, statement: Any) -> Any:
    """A moderator's browser."""
    from petitions.organisers import sessions

    boss = await organiser(site, await _campaign(site, statement), "moderator")
    begun = await sessions.begin(site, boss.id, way="letter", browser="Chromium", second=True)
    context = await chromium.new_context()
    await context.add_cookies([{"name": "session", "value": begun.token, "url": site.settings.base_url}])
    yield await context.new_page()
    await context.close()


async def _look(page: Page, name: str) -> None:
    """Pictures, where somebody wants some."""
    if folder := os.environ.get("PICTURES"):
        for width, scheme in chrome.LOOKS:
            await chrome.look(page, width, scheme)
            await page.screenshot(path=f"{folder}/words-{name}-{width}-{scheme}.png", full_page=True)


async def test_no_page_has_a_fault_that_axe_knows_or_is_too_wide(page, site, statement):
    base, desk = site.settings.base_url, f"/organise/{statement.campaign_slug}/{statement.slug}"
    pages = {
        "statement": f"/{statement.slug}",
        "comments": f"/{statement.slug}/comments",
        "names": f"/{statement.slug}/signatories",
        "report": f"/{statement.slug}/report?what=name&id=1",
        "reported": f"/{statement.slug}/reported",
        "queue": f"{desk}/comments",
        "approved": f"{desk}/comments?state=approved",
        "reports": f"{desk}/reports",
        "overview": f"/organise/{statement.campaign_slug}",
    }
    for name, path in pages.items():
        answer = await page.goto(base + path)
        assert answer.status == 200, name
        await _look(page, name)
        assert await axe(page) == {}, name
        assert await sideways(page) == {}, name
    await page.goto(f"{base}/{statement.slug}/report?what=comment&id={await _mark(site, statement)}")
    await page.click("main button:text('Send the report')")
    await page.wait_for_selector("#problems")
    await _look(page, "report-problem")
    assert await axe(page) == {}


async def _mark(site: Site, statement: Any) -> Any:
    return (await site.store.comments.list_page(statement_id=statement.id, most=1, skip=0))[0].mark


async def test_the_queue_is_worked_by_keyboard_at_more_than_fifty_rows_a_minute(page, site, statement, owner):
    await page.goto(f"{site.settings.base_url}/organise/{statement.campaign_slug}/{statement.slug}/comments")
    began = time.monotonic()
    for number in range(ROWS):
        async with page.expect_navigation():
            await page.keyboard.press("d" if number % 3 else "a")
    assert ROWS / (time.monotonic() - began) > 50 / 60
    states = dict(await owner.fetch("select state, count(*) from comments group by 1"))
    assert states == {"approved": 8, "declined": 13}
    assert "No comment waits for you" in await page.inner_text("main")


async def test_a_reply_that_is_being_written_is_not_swept_away_by_news(page, site, statement, owner):
    await page.clock.install()
    await page.goto(f"{site.settings.base_url}/organise/{statement.campaign_slug}/{statement.slug}/reports")
    await page.locator("summary", has_text="Write a reply").click()
    await page.locator("textarea:visible").fill("Half a sentence")
    await page.locator("h1").click()
    await owner.execute("update reports set words = 'Other words by now'")
    async with page.expect_response(lambda answer: answer.url.endswith("/reports")):
        await page.clock.run_for(16_000)
    await page.clock.run_for(1_000)
    assert await page.locator("textarea:visible").input_value() == "Half a sentence"
