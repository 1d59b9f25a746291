"""The live count in a real browser: it follows on an open page, rests in a hidden one, and asks where none is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from petitions import tally, work
from petitions.settings import Settings
from petitions.site import Site
from tests import makers
from tests.browser import judge
from tests.browser.conftest import served
from tests.browser.tour import Visitor
from tests.endorsements import rows
from tests.live.conftest import Reader

pytestmark = pytest.mark.browser
_HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


class Watched:
    """Somebody has a statement's page open; `asked` are the addresses that the page asks for meanwhile."""

    def __init__(self, site: Site, statement: Any, owner: Any, visitor: Visitor) -> None:
        self.site, self.statement, self.owner, self.visitor = site, statement, owner, visitor
        self.watch = judge.Watch(visitor.context, visitor.base)
        self.asked: list[str] = []
        visitor.page.on("request", lambda request: self.asked.append(request.url.rpartition("/")[2]))

    async def add(self, people: int) -> None:
        """So many people more are counted."""
        await self.owner.execute(
            "insert into tally_queue (statement_id, what, version, delta, subject_id, cause)"
            " select $1, 'people', 1, 1, gen_random_uuid(), 'confirm' from generate_series(1, $2)",
            self.statement.id,
            people,
        )
        await tally.count(self.site, work.givers(self.site))

    async def open(self) -> Page:
        page = await self.visitor.go(f"/{self.statement.slug}")
        self.asked.clear()
        return page


@pytest_asyncio.fixture
async def watched(chromium: Browser, site: Site, owner: Any, postbox: Any) -> AsyncIterator[Watched]:
    statement = await makers.statement(site, goal=100)
    visitor = await Visitor.arrive(chromium, site.settings.base_url, postbox.settle)
    yield Watched(site, statement, owner, visitor)
    await visitor.context.close()


async def test_the_numbers_of_an_open_page_follow_when_somebody_else_confirms(
    watched: Watched, chromium: Browser, postbox: Any
) -> None:
    page = await watched.open()
    count = page.locator("#sign .count")
    await expect(count).to_have_text("0 people have signed")
    await expect(page.get_by_text("Be the first to sign.")).to_be_visible()
    bob = await Visitor.arrive(chromium, watched.visitor.base, postbox.settle)
    await bob.sign(f"/{watched.statement.slug}", "Bob Example", "bob@example.org")
    await bob.go(postbox.to("bob@example.org")[-1].link("/confirm/"))
    await postbox.settle()
    await expect(count).to_have_text("1 person has signed")
    await expect(page.get_by_text("Be the first to sign.")).to_have_count(0)
    await watched.add(1_233)
    await expect(count).to_have_text("1,234 people have signed")
    await expect(page.locator(".stick span")).to_have_text("1,234 have signed")
    await expect(page.locator("#goal-card")).to_have_text("Next goal: 2,000")
    assert await page.locator("#sign progress").evaluate("bar => [bar.value, bar.max]") == [1234, 2000]
    await expect(page.locator("#sign [data-says=organisations]")).to_be_hidden()
    await bob.context.close()
    assert watched.watch.complaints == []


async def test_everything_that_is_said_of_organisations_follows_or_goes(watched: Watched) -> None:
    page = await watched.open()
    first, whole = page.get_by_text("Yours can be the first."), page.locator("#organisations a")
    await expect(first).to_be_visible()
    await expect(whole).to_be_hidden()
    await rows.accepted(watched.owner, watched.statement, "First Council", members=400)
    await tally.count(watched.site, work.givers(watched.site))
    await expect(whole).to_have_text("all 1")
    await expect(first).to_have_count(0)
    await page.reload()
    words, members = page.locator("section .lead"), page.get_by_text("400 member")
    await expect(words).to_have_text("1 organisation")
    await expect(page.locator("#sign").get_by_text("with 400 members")).to_be_visible()
    await rows.accepted(watched.owner, watched.statement, "Second Council", members=50)
    await tally.count(watched.site, work.givers(watched.site))
    await expect(words).to_have_text("2 organisations")
    await expect(whole).to_have_text("all 2")
    await expect(page.locator("#sign [data-says=organisations]")).to_have_text("and 2 organisations")
    assert [await one.is_visible() for one in await members.all()] == [False] * 3
    assert watched.watch.complaints == []


async def test_a_german_page_counts_in_german(watched: Watched) -> None:
    watched.statement = await makers.statement(watched.site, language="de", goal=100)
    page = await watched.open()
    before = await page.locator("#sign .count").inner_text()
    await watched.add(1_234)
    await expect(page.locator("#sign .count b")).to_have_text("1.234")
    assert (await page.locator("#sign .count").inner_text()).split("\n")[1:] == before.split("\n")[1:]


async def test_a_hidden_page_rests_and_is_up_to_date_when_it_is_seen_again(
    chromium: Browser, settings: Settings, owner: Any
) -> None:
    async with served(replace(settings, live_streams=1)) as site:
        visitor = await Visitor.arrive(chromium, site.settings.base_url, _nothing)
        watched = Watched(site, await makers.statement(site), owner, visitor)
        page = await watched.open()
        count = page.locator("#sign .count b")
        await watched.add(1)
        await expect(count).to_have_text("1")
        assert await _status(watched) == 204
        await page.evaluate(_HIDE, True)
        async with asyncio.timeout(10):
            while await _status(watched) != 200:  # the only place is free
                await asyncio.sleep(0.02)
        await watched.add(1)
        await expect(count).to_have_text("1")
        await page.evaluate(_HIDE, False)
        await expect(count).to_have_text("2")
        assert "count.json" not in watched.asked
        await visitor.context.close()
        assert watched.watch.complaints == []


async def _status(watched: Watched) -> int:
    """What another reader would be answered."""
    reader = await Reader.open(watched.site.settings.port, f"/{watched.statement.slug}/live")
    await reader.close()
    return reader.status


async def test_where_no_stream_is_to_be_had_the_page_asks_now_and_then(
    chromium: Browser, settings: Settings, owner: Any
) -> None:
    async with served(replace(settings, live_streams=0)) as site:
        visitor = await Visitor.arrive(chromium, site.settings.base_url, _nothing)
        await visitor.page.clock.install()
        watched = Watched(site, await makers.statement(site), owner, visitor)
        page = await watched.open()
        await page.wait_for_function("() => document.readyState === 'complete'")
        await watched.add(3)
        async with page.expect_response("**/count.json"):
            for _ in range(20):
                await page.clock.run_for(2_000)
        await expect(page.locator("#sign .count")).to_have_text("3 people have signed")
        await page.evaluate(_HIDE, True)
        watched.asked.clear()
        await page.clock.run_for(1_000_000)
        assert watched.asked == []
        await visitor.context.close()
        assert watched.watch.complaints == []


async def test_when_signing_ends_an_open_page_says_so_and_asks_no_more(
    watched: Watched,
) -> None:
    page = watched.visitor.page
    await page.clock.install()
    await watched.open()
    await page.get_by_label("Your name").fill("Ada Example")
    await watched.add(1)
    await expect(page.locator("#sign .count b")).to_have_text("1")
    await makers.close(watched.site, watched.statement)
    closed = page.locator("#sign").get_by_role("status")
    async with asyncio.timeout(60):
        while not await closed.count():
            await page.clock.run_for(5_000)
    await expect(closed).to_contain_text("Signing is closed")
    await expect(page.locator("#sign form")).to_be_hidden()
    await expect(page.locator(".stick")).to_have_count(0)
    watched.asked.clear()
    await page.evaluate(_HIDE, True)
    await page.evaluate(_HIDE, False)
    await page.clock.run_for(1_000_000)
    assert watched.asked == []
    await page.reload()  # going there again would be answered from the browser's own five seconds
    await expect(page.get_by_role("heading", name="Signing is closed")).to_be_visible()
    assert watched.watch.complaints == []


async def _nothing() -> None:
    """No background work is needed."""
