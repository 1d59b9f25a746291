"""Whoever finds all connections taken waits for a while, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from petitions.errors import DatabaseGone
from petitions.storage.connection import Connections
from petitions.storage.embedded import Embedded


@pytest_asyncio.fixture
async def one(server: Embedded, database: str) -> AsyncIterator[Connections]:
    """A pool of one connection."""
    one = Connections(server.url("petitions_app", database), size=1, waiting=0.3)
    await one.open()
    yield one
    await one.close()


async def hold(one: Connections, until: asyncio.Event) -> int:
    async with one.acquire() as connection:
        await until.wait()
        return int(await connection.fetchval("select 1"))


async def test_who_gets_no_connection_gives_up_and_who_has_one_keeps_it(one: Connections) -> None:
    done = asyncio.Event()
    holder = asyncio.create_task(hold(one, done))
    await asyncio.sleep(0)
    for _ in range(2):
        with pytest.raises(DatabaseGone):
            await asyncio.wait_for(asyncio.create_task(hold(one, done)), 10)
    done.set()
    assert await holder == 1  # though it held it for longer than the others waited
    assert await hold(one, done) == 1
