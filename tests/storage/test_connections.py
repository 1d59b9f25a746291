"""Nothing of one holder of a connection reaches the next, though no query cleans up between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from petitions.site import Site
from petitions.storage.connection import Connections
from petitions.storage.embedded import Embedded

STATE = """
select string_agg(name || ' ' || setting, '; ' order by name) from pg_settings
where name in ('transaction_isolation', 'transaction_read_only', 'statement_timeout', 'search_path', 'TimeZone',
               'application_name', 'lock_timeout', 'session_replication_role')"""
LOCKS = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"

IN_TRANSACTION = "select pg_current_xact_id_if_assigned()"


@pytest_asyncio.fixture
async def connections(server: Embedded, database: str) -> AsyncIterator[Connections]:
    """A pool of one: every holder gets the same connection."""
    pool = Connections(server.url("petitions_app", database), size=1)
    await pool.open()
    yield pool
    await pool.close()


async def asked(connections: Connections, query: str) -> Any:
    async with connections.acquire() as connection:
        return await connection.fetchval(query)


async def test_giving_a_connection_back_asks_the_database_nothing(connections: Connections) -> None:
    queries: list[str] = []
    async with connections.acquire() as connection:
        connection.add_query_logger(lambda record: queries.append(record.query))
    for _ in range(3):
        assert await asked(connections, "select 1") == 1
    await asyncio.sleep(0)
    assert queries == ["select 1"] * 3


async def test_an_export_leaves_no_state(site: Site) -> None:
    async with site.store.held() as connection:
        before, pid = await connection.fetchval(STATE), connection.get_server_pid()
    async with site.store.copy_out() as connection:
        assert "repeatable read" in await connection.fetchval("show transaction_isolation")
        assert connection.get_server_pid() == pid
    async with site.store.held() as connection:
        assert (await connection.fetchval(STATE), connection.get_server_pid()) == (before, pid)


async def test_a_transaction_that_failed_leaves_nothing_open(connections: Connections) -> None:
    async def failing() -> None:
        async with connections.transaction() as connection:
            await connection.fetchval("select pg_advisory_xact_lock(7)")
            await connection.fetchval("select 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await failing()
    assert await asked(connections, LOCKS) == 0


@pytest.mark.parametrize("query", ["select pg_sleep(20)", "select pg_advisory_xact_lock(7), pg_sleep(20)"])
async def test_whoever_is_cancelled_in_the_middle_of_a_query_leaves_nothing_open(
    connections: Connections, query: str
) -> None:
    begun = asyncio.Event()

    async def holder() -> None:
        async with connections.transaction() as connection:
            await connection.execute("select pg_advisory_xact_lock(8)")
            begun.set()
            await connection.execute(query)

    task = asyncio.create_task(holder())
    await begun.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.wait_for(asked(connections, LOCKS), 10) == 0
    assert await asked(connections, IN_TRANSACTION) is None


async def test_a_transaction_that_was_never_ended_is_rolled_back(connections: Connections) -> None:
    async with connections.acquire() as connection:
        await connection.execute("begin; create temporary table leaked (n int)")
    assert await asked(connections, "select to_regclass('leaked')") is None
    assert await asked(connections, IN_TRANSACTION) is None


async def test_a_task_cut_off_while_it_gives_a_connection_back_can_take_another(
    connections: Connections,
) -> None:
    """`databases` forgets nothing then, and the worker's tasks live for ever."""
    task = asyncio.current_task()
    assert task is not None
    with pytest.raises(asyncio.CancelledError):
        async with connections.acquire():
            task.cancel()
    task.uncancel()
    assert await asked(connections, "select 1") == 1
