"""Every page, looked at in a real browser: by axe-core in four looks, for its width, its console, its weight."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Browser
from starlette.routing import Match

from petitions import demo
from petitions.demo import organisers
from petitions.endorsements import WAITING, review
from petitions.organisers import team
from petitions.proving.links import Key
from petitions.routes import routes
from petitions.signatures import reconsent
from petitions.site import Site
from petitions.work import work_once
from tests import makers
from tests.browser import judge, tour_bodies, tour_desk
from tests.browser.chromium import LOOKS, Look
from tests.browser.conftest import served
from tests.browser.tour import Stop, Visitor, tour
from tests.conftest import fresh_databases, settings_of
from tests.desk.world import world
from tests.files.made import PDF, picture

pytestmark = pytest.mark.browser
STATEMENT = "/public-buses"
MOTION = f"{STATEMENT}/motions/public-buses"
# Answers that are no pages for people.
NO_PAGES = {
    *("static", "accent", "healthz", "readyz", "metrics"),
    *("count", "live", "facts", "picture", "qr_svg", "qr_png", "my_download", "my_endorsement_file"),
    *("logo", "minutes", "motion_file", "campaign_logo", *tour_desk.NO_PAGES),
}
# The desk has as many pages as all the rest: two looks see its four sides (both widths, both schemes).
DESK_LOOKS: tuple[Look, ...] = ((1280, "light"), (390, "dark"))


@dataclass
class Seen:
    """What was found on one stop of the tour."""

    name: str
    path: str
    facts: dict[str, Any]
    axe: dict[str, list[str]]
    sideways: dict[str, int]


@dataclass
class Walk:
    """The whole tour."""

    stops: list[Seen] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


@pytest_asyncio.fixture(scope="module")
async def demonstration(server: Any, template: str, chromium: Browser) -> AsyncIterator[Site]:
    """The demonstration beside a second campaign, keeping its letters as on a newcomer's machine."""
    async for name in fresh_databases(server, f"template {template} strategy file_copy"):
        async with served(settings_of(server, name, smtp_url="")) as site:
            await demo.load(site, actor=makers.ACTOR)
            await makers.statement(site, kind="petition", fields=["postcode", "country", "job", "comment"])
            yield site


@pytest_asyncio.fixture(scope="module")
async def walk(chromium: Browser, demonstration: Site, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """One walk along all pages; every test below judges another side of it."""
    base, walk, watched = demonstration.settings.base_url, Walk(), {}
    async for stop in _stops(chromium, demonstration, tmp_path_factory.mktemp("files")):
        if stop.page.context not in watched:
            watched[stop.page.context] = judge.Watch(stop.page.context, base)
        path = urlsplit(stop.page.url).path
        looks = DESK_LOOKS if path.startswith("/organise") else LOOKS
        found = (
            await judge.facts(stop.page),
            await judge.axe(stop.page, looks),
            await judge.sideways(stop.page),
        )
        walk.stops.append(Seen(stop.name, path, *found))
    for watch in watched.values():
        walk.complaints += watch.complaints
        walk.elsewhere += watch.elsewhere
    return walk


async def _stops(chromium: Browser, site: Site, files: Path) -> AsyncIterator[Stop]:
    (files / "minutes.pdf").write_bytes(PDF)
    (files / "logo.png").write_bytes(picture("PNG"))

    async def settle() -> None:
        await work_once(site)

    async def ask(body: str, question: str) -> None:
        rows = await site.store.review.list_queue(campaign=None, statement_id=None, states=list(WAITING))
        row = next(row for row in rows if row.name == body)
        await review.ask(
            site, await review.find_for_organisers(site, str(row.id)), question, actor=makers.ACTOR
        )

    base = site.settings.base_url
    async for stop in tour(chromium, base, STATEMENT, settle):
        yield stop
    async for stop in tour_bodies.tour(chromium, base, STATEMENT, MOTION, files, settle, ask):
        yield stop
    way_in = await organisers.way_in(site, actor=makers.ACTOR)
    async for stop in tour_desk.tour(chromium, base, STATEMENT, way_in, settle, await _beside(site)):
        yield stop


async def _beside(site: Site) -> list[str]:
    """Pages of the desk that the demonstration has nothing for, of a campaign beside it that its owner looks after."""
    owner = await asyncpg.connect(site.settings.database_owner_url)
    one = await world(site, owner, "beside")
    boss = await team.add(site, tour_desk.OWNER, "Olu Example")
    await team.give(site, one.campaign, boss, "owner", actor=makers.ACTOR)
    await owner.execute(
        "insert into passkeys (id, organiser_id, credential, public_key, name)"
        " values ($1, $2, 'c', 'k', 'laptop')",
        one.ids["passkey"],
        boss.id,
    )
    asked = reconsent.make_token(site, Key(one.statement.id, one.ids["signature"]), 2)
    await owner.close()
    draft = await makers.statement(site, one.campaign, open=False)
    campaign = f"/organise/{one.campaign.slug}"
    steps = (
        *("", "/reopen", "/archive", "/reconsent", f"/endorsements/{one.ids['standing']}/end"),
        *(f"/signatures/{one.ids['signature']}/{act}" for act in ("hold", "unlist")),
        f"/invalidations/{one.ids['invalidation']}",
        f"/exports/{one.ids['export']}/removals",
    )
    return [
        campaign,
        *(f"{campaign}/{one.statement.slug}{step}" for step in steps),
        *(f"{campaign}/{draft.slug}/{step}" for step in ("edit", "open")),
        f"{campaign}/organisations/{one.ids['organisation']}/remove",
        f"/organise/me/factors/passkeys/{one.ids['passkey']}",
        "/organise/me/second",
        f"/reconsent/{asked}",
    ]


async def test_axe_finds_nothing_on_any_page(walk: Walk) -> None:
    assert {seen.name: seen.axe for seen in walk.stops if seen.axe} == {}


async def test_no_page_scrolls_sideways_on_a_small_screen_or_with_large_text(walk: Walk) -> None:
    assert {seen.name: seen.sideways for seen in walk.stops if seen.sideways} == {}


async def test_no_page_breaks_its_own_content_security_policy_or_says_anything_on_the_console(
    walk: Walk,
) -> None:
    assert walk.complaints == []


async def test_no_page_asks_another_site_for_anything(walk: Walk) -> None:
    assert walk.elsewhere == []


async def test_every_page_names_itself_its_language_and_has_one_first_heading(walk: Walk) -> None:
    for seen in walk.stops:
        assert seen.facts["title"].strip(), seen
        assert (seen.facts["lang"], seen.facts["dir"]) == ("en", "ltr"), seen
        assert seen.facts["headings"] == 1, seen
        assert seen.facts["inline"] == 0, seen


async def test_the_title_of_a_page_with_problems_says_so_first_and_only_then(walk: Walk) -> None:
    for seen in walk.stops:
        assert seen.facts["title"].startswith("Error: ") == bool(seen.facts["alerts"]), seen
    assert [seen.name for seen in walk.stops if seen.facts["alerts"]]


async def test_lists_of_people_and_pages_with_a_token_are_not_for_search_engines(walk: Walk) -> None:
    private = ("/confirm/", "/my/", "/unsubscribe/", "/dev/", "/endorsements/", "/motions/", "/organise")
    hidden = {seen.name for seen in walk.stops if seen.path.startswith(private)}
    hidden |= {
        "signatories",
        "thanks",
        "endorse, thanks",
        "endorse, filled in",
        "submitted",
        "submit with problems",
    }
    assert {seen.name for seen in walk.stops if seen.facts["robots"].startswith("noindex")} >= hidden
    shown = {"home", "campaign", "statement", "privacy", "imprint", "accessibility", "terms", "version"}
    shown |= {"organisations", "endorse", "motions", "motion"}
    assert {seen.name for seen in walk.stops if not seen.facts["robots"]} >= shown


async def test_the_walk_comes_by_every_page_of_the_site(walk: Walk) -> None:
    met = {_route(seen.path) for seen in walk.stops}
    pages = {route.name for route in routes() if "GET" in (route.methods or ())} - NO_PAGES
    assert pages - met == set()


def _route(path: str) -> str:
    scope = {"type": "http", "path": path, "method": "GET", "root_path": ""}
    return next((route.name for route in routes() if route.matches(scope)[0] is Match.FULL), "")


async def test_a_statement_page_weighs_little_and_comes_in_few_requests(
    chromium: Browser, demonstration: Site, record_property: Any
) -> None:
    visitor = await Visitor.arrive(chromium, demonstration.settings.base_url, _nothing)
    finished: list[Any] = []
    visitor.context.on("requestfinished", lambda request: finished.append(request))
    await visitor.go(STATEMENT)
    await visitor.page.wait_for_load_state("networkidle")
    weights = {}
    for request in finished:
        weights[urlsplit(request.url).path] = (await request.sizes())["responseBodySize"]
    # Logos come as one scrolls to them.
    logos = [weights.pop(path) for path in list(weights) if path.startswith("/logo/")]
    await visitor.context.close()
    icon = weights.setdefault("/static/favicon.svg", 250)  # a browser without a window asks for none
    record_property("weights", weights)
    assert len(weights) <= 6, weights
    assert sum(weights.values()) <= 60 * 1024, weights
    assert sum(size for path, size in weights.items() if path.endswith(".js")) <= 4096, weights
    assert icon < 1024, weights
    assert len(logos) <= 12


async def _nothing() -> None:
    """No background work is needed."""
