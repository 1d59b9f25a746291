"""What every test stands on: a real PostgreSQL, a database of its own, a browser-like client, a postbox."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
import pytest_asyncio
import structlog

from petitions.folders import SQL
from petitions.settings import Settings
from petitions.site import Site, make_site
from petitions.storage import embedded
from petitions.storage.embedded import Embedded
from petitions.storage.migrate import migrate
from tests.sink import Received, Sink

BASE_URL = "http://localhost:8000"
SECRET = "a secret of the tests, at least 32 characters"
# What a browser sends when somebody on one of our own pages follows a link or sends a form.
FROM_OUR_PAGE = {
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-User": "?1",
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
}


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """A command or a server inside a test sets up logging of its own."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def server() -> Iterator[Embedded]:
    """The PostgreSQL of this run; not durable, so fast."""
    folder = Path(tempfile.mkdtemp(prefix="petitions-test-"))
    running = embedded.start(folder, durable=False)
    yield running
    running.release()
    shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session")
async def template(server: Embedded) -> str:
    """A database with the schema, to be copied."""
    name = "petitions_template"
    await _as_postgres(server, f"create database {name} owner petitions_owner")
    await migrate(server.url("petitions_owner", name), SQL, app_role="petitions_app")
    return name


@pytest_asyncio.fixture
async def database(server: Embedded, template: str) -> AsyncIterator[str]:
    """The name of a fresh database with the schema."""
    async for name in fresh_databases(server, f"template {template} strategy file_copy"):
        yield name


@pytest_asyncio.fixture
async def empty_database(server: Embedded) -> AsyncIterator[str]:
    """The name of a fresh database without anything in it."""
    async for name in fresh_databases(server, ""):
        yield name


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    sink = Sink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def settings(server: Embedded, database: str, sink: Sink) -> Settings:
    """A test that wants others: `dataclasses.replace(settings, …)` and `make_site`."""
    return settings_of(server, database, smtp_url=sink.url)


def settings_of(server: Embedded, database: str, **over: Any) -> Settings:
    facts: dict[str, Any] = {
        "database_url": server.url("petitions_app", database),
        "database_direct_url": server.url("petitions_app", database),
        "database_owner_url": server.url("petitions_owner", database),
        "secrets": (SECRET,),
        "address_key": b"an address key of the tests, 32 characters or more",
        "base_url": BASE_URL,
        "mail_from": "petitions@example.org",
    }
    return Settings(**{**facts, **over})


@pytest_asyncio.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    """A running site on a fresh database, as the app's role."""
    site = make_site(settings)
    await site.store.open()
    yield site
    await site.store.close()


@pytest_asyncio.fixture
async def owner(server: Embedded, database: str) -> AsyncIterator[Any]:
    """The owner's own connection: to look at rows, and to move their times."""
    connection = await asyncpg.connect(server.url("petitions_owner", database))
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def client(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Like a browser on one of our own pages; cookies are kept, redirects are not followed."""
    async with browser(site) as client:
        yield client


@pytest_asyncio.fixture
async def stranger(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Another browser, which never filled in a form here."""
    async with browser(site, peer="127.0.0.2") as client:
        yield client


@pytest.fixture
def counting(site: Site) -> Any:
    """`await counting()`: the tally counts what waits."""
    from petitions import tally, work

    async def count() -> int:
        return await tally.count(site, work.givers(site))

    return count


def browser(site: Site, **over: Any) -> httpx.AsyncClient:
    """A further browser, with cookies of its own. Can be given: `headers`, `base_url`, `peer` (its address)."""
    from petitions.app import create_app  # late: a broken room must not break the tests of the ground

    peer = over.pop("peer", "127.0.0.1")
    app = over.pop("app", None) or create_app(site)
    options: dict[str, Any] = {"base_url": site.settings.base_url, "headers": FROM_OUR_PAGE, **over}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(peer, 50000)), **options)


class Postbox:
    """The letters that arrived; `settle` has the worker send those that wait."""

    def __init__(self, site: Site, sink: Sink, owner: Any) -> None:
        self._site, self.sink, self._owner = site, sink, owner

    def __len__(self) -> int:
        return len(self.sink)

    def __iter__(self) -> Iterator[Received]:
        return iter(self.sink)

    def __getitem__(self, index: int) -> Received:
        return self.sink[index]

    def clear(self) -> None:
        self.sink.clear()

    def to(self, address: str) -> list[Received]:
        return [letter for letter in self.sink if letter.to == address]

    async def settle(self) -> list[Received]:
        """Letters, then the count, until no letter is due; the letters that came by it."""
        from petitions.work import work_once

        before = len(self.sink)
        due = "select count(*) from outbox where state in ('waiting', 'deferred') and not_before <= now()"
        for _ in range(10):
            await asyncio.wait_for(work_once(self._site), 30)
            if not await self._owner.fetchval(due):
                break
        return self.sink[before:]


@pytest.fixture
def postbox(site: Site, sink: Sink, owner: Any) -> Iterator[Postbox]:
    sink.reset()
    yield Postbox(site, sink, owner)
    sink.reset()


def path_of(url: str) -> str:
    """The path and query of a link, for `client.get`."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


async def fresh_databases(server: Embedded, how: str) -> AsyncIterator[str]:
    """One database, dropped afterwards."""
    name = f"test_{next(_numbers)}"
    await _as_postgres(server, f"create database {name} owner petitions_owner {how}")
    yield name
    await _as_postgres(server, f"drop database {name} with (force)")


_numbers = iter(range(1, 1_000_000))


async def _as_postgres(server: Embedded, command: str) -> None:
    connection = await asyncpg.connect(server.url("postgres", "postgres"))
    try:
        await connection.execute(command)
    finally:
        await connection.close()
