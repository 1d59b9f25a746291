"""DATABASE_READ_URL: public pages from a streaming standby, never older than the primary, never lost with it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from petitions.app import create_app
from petitions.settings import Settings
from petitions.site import Site, make_site
from petitions.statements import actions as statements
from petitions.storage.embedded import Embedded
from tests import makers
from tests.conftest import Postbox, browser, settings_of
from tests.scale.pooler import pooler_of
from tests.scale.standby import Standby, standby_of

# What the site's connections to a server asked last.
ASKED = """
select coalesce(string_agg(query, ';'), '') from pg_stat_activity
where application_name = 'petitions' and datname = current_database()"""


@pytest.fixture(scope="module")
def standby(server: Embedded) -> Iterator[Standby]:
    with standby_of(server) as standby:
        yield standby


@pytest.fixture
def settings(settings: Settings, standby: Standby, database: str) -> Settings:
    return replace(settings, database_read_url=standby.url("petitions_app", database))


@pytest_asyncio.fixture
async def there(standby: Standby, database: str) -> AsyncIterator[Any]:
    """A connection of our own to the standby; the database has arrived there."""
    connection = await _on(standby, database)
    yield connection
    if not connection.is_closed() and await connection.fetchval("select pg_is_in_recovery()"):
        await connection.execute("select pg_wal_replay_resume()")
    connection.terminate()


@pytest_asyncio.fixture
async def statement(site: Site, there: Any) -> Any:
    return await makers.statement(site)


async def _on(standby: Standby, database: str) -> Any:
    async def connected() -> Any:
        try:
            return await asyncpg.connect(standby.url("postgres", database))
        except (asyncpg.PostgresError, OSError):
            return None

    return await _within(20, connected)


async def _within(seconds: float, look: Callable[[], Awaitable[Any]]) -> Any:
    end = time.monotonic() + seconds
    while not (found := await look()):
        assert time.monotonic() < end, f"not within {seconds} seconds"
        await asyncio.sleep(0.05)
    return found


async def from_standby(site: Site) -> bool:
    async with site.store.reading() as connection:
        return bool(await connection.fetchval("select pg_is_in_recovery()"))


async def shows(client: httpx.AsyncClient, statement: Any, people: int) -> None:
    """Both the count and the page, now."""
    answer = await client.get(f"/{statement.slug}/count.json")
    assert answer.json()["people"] == people
    page = await client.get(f"/{statement.slug}")
    assert page.status_code == 200
    assert page.text.count("Person Example") == people


async def signed(client: httpx.AsyncClient, postbox: Postbox, statement: Any, email: str) -> None:
    answer = await makers.confirmed(client, postbox, statement, "Person Example", email, consent_name="yes")
    assert answer.status_code == 303


async def test_public_pages_come_from_the_standby_and_show_what_was_just_signed(
    site: Site, client: httpx.AsyncClient, postbox: Postbox, statement: Any, there: Any, owner: Any
) -> None:
    assert await from_standby(site)
    await signed(client, postbox, statement, "ada@example.org")
    await shows(client, statement, 1)
    for path in (
        "/",
        *(f"/{statement.slug}{end}" for end in ("", "/signatories", "/versions/1", "/count.json")),
    ):
        assert (await client.get(path)).status_code == 200
        assert "select" in await there.fetchval(ASKED)
        assert "signatures" not in await owner.fetchval(ASKED)
    assert (await client.get(f"/{statement.slug}/thanks")).status_code == 200


async def test_what_answers_ones_own_act_never_comes_from_the_standby(
    site: Site, client: httpx.AsyncClient, postbox: Postbox, statement: Any, there: Any
) -> None:
    await signed(client, postbox, statement, "ada@example.org")
    page = await client.get(f"/{statement.slug}")
    before = await there.fetchval(ASKED)
    again = await makers.sign(client, statement, "", "no address", stamp=makers.stamp_of(page.text))
    assert again.status_code == 422
    for path in ("thanks", "check-your-email"):
        assert (await client.get(f"/{statement.slug}/{path}")).status_code == 200
    assert await there.fetchval(ASKED) == before


async def test_a_standby_that_falls_behind_makes_no_page_old(
    site: Site, client: httpx.AsyncClient, postbox: Postbox, statement: Any, there: Any
) -> None:
    await client.get(f"/{statement.slug}")
    await there.execute("select pg_wal_replay_pause()")
    with capture_logs() as logs:
        await signed(client, postbox, statement, "ada@example.org")
        await shows(client, statement, 1)
        await signed(client, postbox, statement, "bo@example.org")
        await shows(client, statement, 2)
    assert [line["reason"] for line in logs if line["log_level"] == "warning"] == ["behind"]
    await there.execute("select pg_wal_replay_resume()")
    await _within(20, lambda: from_standby(site))
    await shows(client, statement, 2)


async def test_what_a_sign_is_judged_by_is_never_remembered_from_the_standby(
    settings: Settings, statement: Any, there: Any
) -> None:
    """The standby may lack a change of which this process was told before it asked: nobody would tell it twice."""
    other = make_site(settings)
    app = create_app(other)
    async with app.router.lifespan_context(app), browser(other, app=app) as visitor:
        key = "statement", statement.slug
        other.shelf.switch(True)
        async with other.store.reading() as connection:
            assert await connection.fetchval("select pg_is_in_recovery()")
            await statements.find(other, statement.slug)
            assert other.shelf.peek(key) is None
        assert (await visitor.get(f"/{statement.slug}/thanks")).status_code == 303
        assert other.shelf.peek(key) is not None


async def test_while_the_primary_is_busy_a_page_waits_and_is_not_old(
    settings: Settings, site: Site, client: httpx.AsyncClient, postbox: Postbox, statement: Any, there: Any
) -> None:
    """All of this process' connections are taken; another process writes meanwhile."""
    await signed(client, postbox, statement, "ada@example.org")
    assert await from_standby(site)
    await there.execute("select pg_wal_replay_pause()")
    other = make_site(replace(settings, database_read_url=""))
    await other.store.open()
    async with browser(other) as elsewhere:
        await signed(elsewhere, postbox, statement, "bo@example.org")
    await other.store.close()
    enough = asyncio.Event()

    async def hold() -> None:
        async with site.store.held():
            await enough.wait()

    holding = [asyncio.create_task(hold()) for _ in range(settings.database_connections)]
    await _within(5, lambda: _none_is_free(site))
    asked = asyncio.create_task(client.get(f"/{statement.slug}/count.json"))
    await asyncio.wait({asked}, timeout=1)
    enough.set()
    assert (await asked).json()["people"] == 2
    await asyncio.gather(*holding)


async def _none_is_free(site: Site) -> bool:
    most, there, idle = site.store.connections.sizes()
    return there == most and idle == 0


async def test_a_kept_page_is_not_drawn_from_a_standby_that_has_not_heard_of_the_change(
    settings: Settings, site: Site, client: httpx.AsyncClient, postbox: Postbox, statement: Any, there: Any
) -> None:
    """NOTIFY comes from the primary, before the standby has what it tells of."""
    other = make_site(settings)
    app = create_app(other)
    async with app.router.lifespan_context(app), browser(other, app=app) as visitor:
        await _within(10, lambda: _remembers(other, visitor, statement))
        await there.execute("select pg_wal_replay_pause()")
        await signed(client, postbox, statement, "ada@example.org")

        async def counted() -> bool:
            answer = await visitor.get(f"/{statement.slug}/count.json")
            return bool(answer.json()["people"])

        await _within(3, counted)
        await there.execute("select pg_wal_replay_resume()")


async def _remembers(site: Site, visitor: httpx.AsyncClient, statement: Any) -> bool:
    await visitor.get(f"/{statement.slug}/count.json")
    return statement.id in site.shelf.statements()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hangs"])
async def test_a_standby_that_is_gone_costs_no_page_and_is_used_again_when_it_is_back(
    site: Site,
    client: httpx.AsyncClient,
    statement: Any,
    standby: Standby,
    there: Any,
    database: str,
    number: int,
) -> None:
    async def visit() -> int:
        return (await client.get(f"/{statement.slug}")).status_code

    with capture_logs() as logs:
        visits = [asyncio.create_task(visit()) for _ in range(15)]
        async with site.store.reading() as connection:
            assert await connection.fetchval("select pg_is_in_recovery()")
            standby.kill() if number == signal.SIGKILL else standby.signal(number)
            assert len(await site.store.front.list_open()) == 1  # asked again, of the primary
        visits += [asyncio.create_task(visit()) for _ in range(15)]
        assert set(await asyncio.wait_for(asyncio.gather(*visits), 30)) == {200}
        began = time.monotonic()
        assert await visit() == 200
        assert time.monotonic() - began < 2
        assert (await client.get("/readyz")).status_code == 200
    assert len([line for line in logs if line["log_level"] == "warning"]) == 1
    if number == signal.SIGKILL:
        standby.start()
    else:
        standby.signal(signal.SIGCONT)
    await _within(20, lambda: from_standby(site))


async def test_a_site_starts_without_its_standby(settings: Settings, there: Any) -> None:
    nowhere = settings.database_read_url.replace("socket", "nowhere")
    site = make_site(replace(settings, database_read_url=nowhere))
    await site.store.open()
    assert not await from_standby(site)
    await site.store.close()


async def test_while_the_primary_is_gone_the_standby_shows_the_pages(
    server: Embedded, settings: Settings, statement: Any, database: str
) -> None:
    """The primary stands behind a pooler here, so that it can be taken from this site alone."""
    with pooler_of(server) as pooler:
        url = pooler.url("petitions_app", database)
        site = make_site(replace(settings, database_url=url))
        await site.store.open()
        async with browser(site) as client:
            stamp = makers.stamp_of((await client.get(f"/{statement.slug}")).text)
            pooler.process.kill()
            pooler.process.wait()
            assert (await client.get(f"/{statement.slug}")).status_code == 200
            assert (await makers.sign(client, statement, stamp=stamp)).status_code == 503
            assert (await client.get("/readyz")).status_code == 503
        await site.store.close()


async def test_what_is_no_standby_is_not_read(server: Embedded, settings: Settings, database: str) -> None:
    """Such as one that was promoted, and goes its own way."""
    site = make_site(replace(settings, database_read_url=server.url("petitions_app", database)))
    await site.store.open()
    with capture_logs() as logs:
        assert not await from_standby(site)
    assert [line["reason"] for line in logs] == ["no standby"]
    await site.store.close()


async def test_a_promoted_standby_has_every_signature_and_takes_new_ones(
    server: Embedded, site: Site, client: httpx.AsyncClient, postbox: Postbox, statement: Any,
    standby: Standby, there: Any, database: str, sink: Any,
) -> None:  # fmt: skip
    """The drill of docs/scaling.md. The last test here: there is no way back."""
    await signed(client, postbox, statement, "ada@example.org")
    assert await from_standby(site)  # so it has all of it
    await there.execute("select pg_promote()")
    assert not await from_standby(site)
    moved = settings_of(
        server,
        database,
        database_url=standby.url("petitions_app", database),
        database_direct_url=standby.url("petitions_app", database),
        smtp_url=sink.url,
    )
    promoted = make_site(moved)
    await promoted.store.open()
    async with browser(promoted) as visitor:
        await shows(visitor, statement, 1)
        await signed(visitor, Postbox(promoted, sink, there), statement, "bo@example.org")
        await shows(visitor, statement, 2)
    await promoted.store.close()
