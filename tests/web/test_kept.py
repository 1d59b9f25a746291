"""Public pages are drawn once and given to everybody; what changes is seen at once, what is a visitor's by nobody."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import structlog
from starlette.applications import Starlette

from petitions.app import create_app
from petitions.folders import SQL
from petitions.settings import Settings
from petitions.site import Site, make_site, opened
from petitions.storage import embedded
from petitions.storage.migrate import migrate
from tests import makers
from tests.conftest import browser, path_of, settings_of
from tests.endorsements import rows
from tests.my.ada import My

SOON = 3.0  # seconds: on a busy machine, and before the look of every five seconds could have found it


class Served:
    """A running web process, as far as it goes without a socket: its lifespan is open, it listens."""

    def __init__(self, app: Starlette, client: httpx.AsyncClient) -> None:
        self.app, self.client, self.site = app, client, app.state.site

    @property
    def hits(self) -> int:
        return sum(self.app.state.kept.hits.values())

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.get(path, **options)

    async def warm(self, path: str) -> httpx.Response:
        """The page, once it is given and no longer drawn."""
        before = self.hits

        async def given() -> httpx.Response | None:
            answer = await self.get(path)
            return answer if self.hits > before else None

        return await within(20, given)

    async def words(self, path: str, text: str, *, there: bool = True) -> float:
        """Waits until the page says this, or no longer says it; for how many seconds."""
        began = time.monotonic()

        async def says() -> bool:
            return (text in (await self.get(path)).text) is there

        await within(20, says)
        return time.monotonic() - began


async def within(seconds: float, what: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := await what()):
            await asyncio.sleep(0.02)
    return found


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Served]:
    app = create_app(make_site(settings))
    async with app.router.lifespan_context(app), browser(app.state.site, app=app) as client:
        yield Served(app, client)


@pytest_asyncio.fixture
async def served(settings: Settings) -> AsyncIterator[Served]:
    """Beside `site` and `client`, which are another process on the same database."""
    async with serving(settings) as running:
        yield running


async def test_a_page_is_drawn_once_for_everybody(site: Site, served: Served) -> None:
    statement = await makers.statement(site)
    for path in ("/", f"/campaigns/{statement.campaign_slug}", f"/{statement.slug}"):
        page = await served.warm(path)
        before = served.hits
        other = await served.get(
            f"{path}?from=leaflet", headers={"Cookie": "mark=1", "Accept-Language": "de"}
        )
        assert served.hits == before + 1, path
        assert other.content == page.content
        assert other.headers == page.headers
        assert page.headers["Cache-Control"].startswith("public")
        assert page.headers["Vary"] == "Accept-Encoding"
        assert "content-security-policy" in page.headers
        assert "set-cookie" not in page.headers
    assert set(served.app.state.kept.hits) == {
        (path, 200) for path in ("/", "/campaigns/{campaign}", "/{statement}")
    }


async def test_a_hundred_at_once_wait_for_one_drawing(site: Site, served: Served) -> None:
    statement = await makers.statement(site)
    await served.warm("/")
    with structlog.testing.capture_logs() as lines:
        answers = await asyncio.gather(*(served.get(f"/{statement.slug}") for _ in range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len([line for line in lines if line.get("route") == "/{statement}"]) == 1


async def test_closing_shows_within_a_second_and_so_does_what_is_counted(
    site: Site, served: Served, client: httpx.AsyncClient, postbox: Any, counting: Any
) -> None:
    statement = await makers.statement(site)
    page, count = f"/{statement.slug}", f"/{statement.slug}/count.json"
    await served.warm(page)
    assert (await served.warm(count)).json()["people"] == 0
    await makers.confirmed(client, postbox, statement)
    assert await served.words(count, '"people":1') < SOON
    assert await served.words(page, "<b>1</b> person has signed") < SOON
    await served.warm(page)
    await makers.close(site, statement)
    assert await served.words(page, 'name="email"', there=False) < SOON
    assert await served.words("/", "Read and sign", there=False) < SOON


async def test_a_name_that_is_hidden_is_gone(
    site: Site, served: Served, client: httpx.AsyncClient, postbox: Any, owner: Any
) -> None:
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement, name="Bea Example", consent_name="yes")
    page = f"/{statement.slug}"
    assert "Bea Example" in (await served.warm(page)).text
    await client.post("/my", data={"email": "ada@example.org"})
    await postbox.settle()
    my = My(client, owner, site, path_of(postbox[-1].link("/my/")), statement)
    assert (await my.post("change", name="Bea Example")).status_code == 303
    assert await served.words(page, "Bea Example", there=False) < SOON


async def test_what_nobody_told_of_is_found_by_the_look(site: Site, served: Served, owner: Any) -> None:
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign)
    page = f"/{statement.slug}"
    for path in ("/", page):
        await served.warm(path)
    await owner.execute("alter table statements disable trigger told")
    await owner.execute("update statements set state = 'closed', closed_at = now()")
    await owner.execute(
        "insert into tallies (statement_id, last_number, revision) values ($1, 0, 7)", statement.id
    )
    await served.app.state.changes.look()
    for path in ("/", page):
        before = served.hits
        assert "Read and sign" not in (text := (await served.get(path)).text)
        assert 'name="email"' not in text
        assert served.hits == before
        await served.warm(path)
    await owner.execute("update tallies set revision = 8")
    before = served.hits
    await served.app.state.changes.look()
    await served.get(page)
    await served.get("/")
    assert served.hits == before
    for path in ("/", page):
        await served.warm(path)
    before = served.hits
    await served.app.state.changes.look()  # nothing new: nothing goes
    await served.get(page)
    await served.get("/")
    assert served.hits == before + 2


async def test_a_page_is_not_kept_beyond_the_closing_time(site: Site, served: Served, owner: Any) -> None:
    statement = await makers.statement(site)
    page = f"/{statement.slug}"
    closes = await owner.fetchval(
        "update statements set closes_at = clock_timestamp() + interval '1.5 seconds' returning closes_at"
    )
    assert await served.words(page, "closes") < SOON
    assert 'name="email"' in (await served.warm(page)).text
    await served.words(page, 'name="email"', there=False)
    late = await owner.fetchval("select clock_timestamp() - $1::timestamptz", closes)
    assert late.total_seconds() < SOON


async def test_who_has_it_is_told_that_it_has_not_changed(site: Site, served: Served) -> None:
    path = f"/{(await makers.statement(site)).slug}"
    page = await served.warm(path)
    tag = page.headers["ETag"]
    assert page.headers["Content-Encoding"] == "gzip"
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await served.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b""), known
        assert answer.headers["ETag"] == tag
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Cache-Control"] == page.headers["Cache-Control"]
        assert "content-type" not in answer.headers
    assert (await served.get(path, headers={"If-None-Match": '"other"'})).status_code == 200
    plain = await served.get(path, headers={"Accept-Encoding": "identity", "If-None-Match": tag})
    assert plain.status_code == 200
    assert plain.headers["ETag"] != tag
    assert plain.content == page.content


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("GZIP; q=1.0", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("", False),
        ("deflate, br", False),
        ("x" * 300 + ", gzip", False),
    ],
)
async def test_only_who_reads_gzip_is_given_it(
    site: Site, served: Served, accepted: str, packed: bool
) -> None:
    path = f"/{(await makers.statement(site)).slug}"
    for get in (served.warm, served.get):
        await get(path)
    request = served.client.build_request("GET", path, headers={"Accept-Encoding": accepted})
    answer = await served.client.send(request, stream=True)
    body = b"".join([part async for part in answer.aiter_raw()])
    assert (answer.headers.get("Content-Encoding") == "gzip") is packed
    assert int(answer.headers["Content-Length"]) == len(body)
    assert (gzip.decompress(body) if packed else body).startswith(b"<!doctype html>")


async def test_head_and_range_are_answered_as_ever(site: Site, served: Served) -> None:
    path = f"/{(await makers.statement(site)).slug}"
    page = await served.warm(path)
    head = await served.client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == page.headers
    part = await served.get(path, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (200, page.content)


async def test_what_the_guard_refuses_is_refused_though_the_page_is_ready(site: Site, served: Served) -> None:
    path = f"/{(await makers.statement(site)).slug}"
    await served.warm(path)
    before = served.hits
    refused: list[tuple[int, dict[str, Any]]] = [
        (421, {"headers": {"Host": "elsewhere.example"}}),
        (400, {"headers": {"Host": "a b"}}),
        (400, {"headers": [("Host", "elsewhere.example"), ("Host", "localhost:8000")]}),
        (400, {"params": "x=%00"}),
        (414, {"params": "x=" + "y" * 5000}),
        (413, {"content": b"x" * 200_000}),
    ]
    for status, options in refused:
        assert (await served.client.request("GET", path, **options)).status_code == status, options
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"):
        assert (await served.client.request(method, path)).status_code == 405, method
    assert served.hits == before
    odd = await served.get(path, headers={"Host": "LOCALHOST:8000"})  # ours, oddly written
    assert odd.status_code == 200
    assert "etag" in odd.headers


async def test_nothing_of_a_visitor_stands_in_what_is_kept(site: Site, served: Served) -> None:
    path = f"/{(await makers.statement(site)).slug}"
    await served.warm("/")
    odd = {
        "Cookie": "a=visitors-own",
        "X-Forwarded-Host": "visitors-own.example",
        "Referer": "http://visitors-own/",
    }
    odd |= {"X-Forwarded-Proto": "https", "Accept-Language": "visitors-own", "User-Agent": "visitors-own"}
    first = await served.get(f"{path}?x=visitors-own", headers=odd)
    second = await served.warm(path)
    assert "visitors-own" not in second.text
    assert first.content == second.content


async def test_pages_that_are_somebodys_are_never_kept(settings: Settings, site: Site) -> None:
    """Before one's own machine, with letters kept, pages tell where these can be read: not to the others."""
    statement = await makers.statement(site)
    async with serving(replace(settings, smtp_url="")) as served:
        await served.warm("/")
        before = served.hits
        at_home = await served.get("/my/asked")
        proxied = await served.get("/my/asked", headers={"X-Forwarded-For": "192.0.2.1"})
        assert "/dev/letters" in at_home.text
        assert "/dev/letters" not in proxied.text
        home, through = await served.get("/"), await served.get("/", headers={"X-Forwarded-For": "192.0.2.1"})
        assert home.content == through.content
        for path in ("/my", "/my/asked", f"/{statement.slug}/check-your-email", "/healthz"):
            assert "public" not in (await served.get(path)).headers.get("cache-control", "")
        assert served.hits == before + 2


async def test_paths_that_are_none_fill_no_memory_and_old_slugs_keep_their_query(
    site: Site, served: Served
) -> None:
    statement = await makers.statement(site)
    await served.warm("/")
    before = len(served.site.shelf.statements())
    for number in range(30):
        assert (await served.get(f"/no-such-{number}")).status_code == 404
    assert len(served.site.shelf.statements()) == before
    from petitions.statements import actions as statements

    await statements.rename(site, statement, "example-renamed", actor=makers.ACTOR)
    for _ in range(2):
        answer = await served.get(f"/{statement.slug}?from=leaflet")
        assert answer.status_code == 308
        assert answer.headers["location"] == "/example-renamed?from=leaflet"


async def test_the_list_of_organisations_is_kept_and_with_a_query_drawn_for_who_asks(
    site: Site, served: Served, owner: Any
) -> None:
    statement = await makers.statement(site)
    path = f"/{statement.slug}/endorsements"
    await rows.tree(owner, statement)
    whole = await served.warm(path)
    assert whole.headers["cache-control"].startswith("public")
    before = served.hits
    for _ in range(2):
        found = await served.get(f"{path}?q=eastfield")
        assert "Eastfield Trades Council" in found.text
        assert "Exampleton Bus Depot" not in found.text
        assert found.headers["cache-control"] == "no-store"
        assert "etag" not in found.headers
    assert served.hits == before
    assert (await served.get(path)).content == whole.content
    assert (await served.get(f"{path}?fbclid=x&from=leaflet")).content == whole.content
    assert served.hits == before + 2


async def test_a_query_that_comes_first_is_not_what_the_others_are_given(
    site: Site, served: Served, owner: Any
) -> None:
    statement = await makers.statement(site)
    await rows.tree(owner, statement)
    await served.warm("/")
    await served.get(f"/{statement.slug}/endorsements?kind=trades%20council")
    assert "Exampleton Bus Depot" in (await served.warm(f"/{statement.slug}/endorsements")).text


async def test_organisations_show_at_once_when_accepted_corrected_and_withdrawn(
    site: Site, served: Served, owner: Any, counting: Any
) -> None:
    statement = await makers.statement(site)
    page, list_, facts = f"/{statement.slug}", f"/{statement.slug}/endorsements", f"/{statement.slug}.json"
    for path in (page, list_, facts):
        await served.warm(path)
    row = await rows.accepted(owner, statement, "Eastfield Trades Council")
    for path in (page, list_):
        assert await served.words(path, "Eastfield Trades Council") < SOON
    assert await served.words(facts, '"union branch":1') < SOON
    await counting()
    assert await served.words(page, "and <b>1 organisation</b>") < SOON
    for path in (page, list_):
        await served.warm(path)
    await owner.execute("update endorsements set wording = 'Adopted unanimously'")
    await rows.event(owner, row, "changed")
    for path in (page, list_):
        assert await served.words(path, "Adopted unanimously") < SOON
        await served.warm(path)
    await rows.withdrawn(owner, row)
    for path in (page, list_):
        assert await served.words(path, "Eastfield Trades Council", there=False) < SOON


async def test_organisations_and_motions_that_nobody_told_of_are_found_by_the_look(
    site: Site, served: Served, owner: Any
) -> None:
    statement = await makers.statement(site)
    page, list_ = f"/{statement.slug}", f"/{statement.slug}/endorsements"
    await owner.execute("alter table endorsement_events disable trigger told")
    await owner.execute("alter table motions disable trigger told")
    for path in (page, list_):
        await served.warm(path)
    await served.app.state.changes.look()
    for path in (page, list_):
        await served.warm(path)
    row = await rows.accepted(owner, statement, "Eastfield Trades Council")
    assert "Eastfield" not in (await served.get(list_)).text
    await served.app.state.changes.look()
    for path in (page, list_):
        assert "Eastfield" in (await served.get(path)).text
        await served.warm(path)
    await owner.execute(
        "insert into motions (statement_id, id, slug, state, title, body) values ($1, $2, 'a', 'draft', 'A', 'A')",
        statement.id,
        makers.nobody(),
    )
    for change in ("set state = 'published'", "set state = 'withdrawn'"):
        await served.app.state.changes.look()
        await served.warm(page)
        await owner.execute(f"update motions {change}")
        await served.app.state.changes.look()
        assert ("Put a model motion" in (await served.get(page)).text) is ("published" in change)
    await owner.execute("update organisations set name = 'Westfield Trades Council'")
    await served.warm(list_)
    await served.app.state.changes.look()
    assert "Westfield" in (await served.get(list_)).text
    await rows.withdrawn(owner, row)
    await served.app.state.changes.look()
    assert "Westfield" not in (await served.get(list_)).text
    await owner.execute(  # of a process whose clock is behind
        "insert into endorsement_events (statement_id, id, endorsement_id, act, happened_at)"
        " values ($1, $2, $3, 'accepted', '2026-01-01')",
        statement.id,
        UUID(int=1),
        row["id"],
    )
    await owner.execute("update endorsements set state = 'accepted'")
    await served.warm(list_)
    await served.app.state.changes.look()
    assert "Westfield" in (await served.get(list_)).text


async def test_what_was_given_is_logged_together(site: Site, served: Served) -> None:
    path = f"/{(await makers.statement(site)).slug}"
    await served.warm(path)
    served.app.state.kept.tell()
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            await served.get(path)
        served.app.state.kept.tell()
        served.app.state.kept.tell()
    told = {"event": "request", "log_level": "info", "route": "/{statement}", "status": 200, "kept": 3}
    assert lines == [told]


async def test_while_the_database_is_gone_a_page_of_before_is_shown() -> None:
    folder = Path(tempfile.mkdtemp(prefix="petitions-test-"))
    running = embedded.start(folder, durable=False)
    try:
        await migrate(running.url("petitions_owner"), SQL, app_role="petitions_app")
        settings = settings_of(running, "petitions")
        async with opened(make_site(settings)) as site:
            one, other, changed = [await makers.statement(site) for _ in range(3)]
        async with serving(settings) as served:
            path = f"/{one.slug}"
            page = await served.warm(path)
            await served.warm(f"/{changed.slug}")
            served.site.shelf.drop(changed.id)
            running.release()
            form = {"name": "Ada Example", "email": "ada@example.org", "stamp": makers.stamp_of(page.text)}
            assert (await served.client.post(f"{path}/sign", data=form)).status_code == 503
            assert (await served.get(f"/{other.slug}")).status_code == 503
            assert (await served.get(f"/{changed.slug}")).status_code == 503
            for _ in range(3):
                last = await served.get(path)
                assert (last.status_code, last.content) == (200, page.content)
            running = embedded.start(folder, durable=False)

            async def back() -> bool:
                return (await served.get(f"/{other.slug}")).status_code == 200

            await within(20, back)
            assert (await served.client.post(f"{path}/sign", data=form)).status_code in (303, 422)
            await served.warm(path)
    finally:
        running.release()
        shutil.rmtree(folder, ignore_errors=True)


async def test_while_the_database_hangs_nobody_waits_long_for_a_page_that_there_was(
    site: Site, served: Served, owner: Any
) -> None:
    statement = await makers.statement(site)
    path = f"/{statement.slug}"
    page = await served.warm(path)
    served.site.shelf.switch(False)  # whoever listens hears nothing either
    async with owner.transaction():
        await owner.execute("lock table statements in access exclusive mode")
        answers, began = await asyncio.gather(*(served.get(path) for _ in range(5))), time.monotonic()
        answers += [await served.get(path) for _ in range(5)]
        assert time.monotonic() - began < 1
        assert {(one.status_code, one.content) for one in answers} == {(200, page.content)}
        await owner.execute("update campaigns set name = 'Mended'")
    await served.words(path, "Mended")
