"""The pages of the desk, and those that organisers bring to the public: whatever links lead to, one of each address."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

from playwright.async_api import Browser
from starlette.routing import Match, Route

from petitions.routes import routes
from tests.browser.tour import Settle, Stop, Visitor

OWNER = "owner@example.org"
NO_PAGES = {
    "desk_home",
    "desk_numbers_csv",
    "desk_calendar",
    "desk_minutes",
    "desk_logo",
    "desk_log_in_link",
    "desk_join",
}
"""Files, redirects, and pages of a link that only a letter has: they are visited by name."""
_LINKS = "() => [...document.querySelectorAll('a[href^=\"/organise\"]')].map(one => one.getAttribute('href'))"
_TABLE = routes()


def route_of(path: str) -> Route | None:
    scope = {"type": "http", "path": path, "method": "GET", "root_path": ""}
    return next((route for route in _TABLE if route.matches(scope)[0] is Match.FULL), None)


async def tour(
    browser: Browser, base: str, statement: str, way_in: str, settle: Settle, also: Sequence[str] = ()
) -> AsyncIterator[Stop]:
    """`statement`: a path. `way_in`: the path of a one-time link of its owner. `also`: paths to begin at besides."""
    visitor = await Visitor.arrive(browser, base, settle)
    for part in (_public(visitor, statement), _coming_in(visitor, way_in), _inside(visitor, statement, also)):
        async for stop in part:
            yield stop
    await visitor.context.close()


async def _public(visitor: Visitor, statement: str) -> AsyncIterator[Stop]:
    for name in ("history", "comments", "report"):
        yield Stop(name, await visitor.go(f"{statement}/{name}"))
    await visitor.press(re.compile("^Send"))
    yield Stop("report with problems", visitor.page)
    yield Stop("reported", await visitor.go(f"{statement}/reported"))


async def _coming_in(visitor: Visitor, way_in: str) -> AsyncIterator[Stop]:
    yield Stop("desk, log in", await visitor.go("/organise"))
    await visitor.answer(email="olu")
    await visitor.press("Mail me the letter")
    yield Stop("desk, log in with problems", visitor.page)
    await visitor.answer(email=OWNER)
    await visitor.press("Mail me the letter")
    yield Stop("desk, letter sent", visitor.page)
    yield Stop("desk, link over", await visitor.go("/organise/log-in/x"))
    yield Stop("desk, invitation over", await visitor.go("/organise/invite/x"))
    yield Stop("desk, one-time link", await visitor.go(way_in))
    await visitor.page.locator("main button").first.click()
    await visitor.page.wait_for_load_state()


async def _inside(visitor: Visitor, statement: str, also: Sequence[str]) -> AsyncIterator[Stop]:
    """Breadth first from the statement, whose pages are the richest."""
    page = await visitor.go(statement)
    campaign = str(await page.get_attribute(".mast .home", "href")).rpartition("/")[2]
    here = f"/organise/{campaign}"
    wait, known = (
        [f"{here}{statement}", f"{here}{statement}/exports/signatories?chosen=yes", here, *also],
        set[str](),
    )
    while wait:
        path = wait.pop(0)
        route = route_of(urlsplit(path).path)
        if route is None or route.name in known | NO_PAGES:
            continue
        known.add(route.name)
        page = await visitor.go(path)
        yield Stop(route.name.replace("desk_", "desk, "), page)
        wait += await page.evaluate(_LINKS)
