"""Two ways to the data: the primary, and a replica that serves public pages while it keeps up (docs/decisions/0017)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import structlog

from petitions.errors import DatabaseGone
from petitions.storage.connection import Connections, Lent

REST = 2.0  # seconds that a replica is left alone once it failed or fell behind
PATIENCE = 0.5  # seconds that a page waits for the replica to have what the primary has
# Not pg_current_wal_lsn(): what was committed with synchronous_commit off is seen before it is written.
_POSITION = "select pg_current_wal_insert_lsn()::text"
_STANDS = """
select pg_is_in_recovery() as follows, $1::text is null or pg_last_wal_replay_lsn() >= $1::text::pg_lsn as level"""
log = structlog.get_logger()


class Held(NamedTuple):
    """A connection that a task keeps for all its queries, and whose it is."""

    task: asyncio.Task[Any] | None
    pool: Connections
    connection: Any


class Pools:
    """Each task asks the primary; inside `reading` the replica, if there is one and it is fit."""

    def __init__(self, primary: Connections, replica: Connections | None) -> None:
        self.primary = primary
        self.replica = replica
        self._asked: ContextVar[Connections | None] = ContextVar("asked", default=None)
        self._held: ContextVar[Held | None] = ContextVar("held", default=None)
        self._resting = False
        self._rests_until = 0.0

    async def open(self) -> None:
        """Raises DatabaseGone without a primary; the replica is dialled when a page wants it."""
        await self.primary.open()
        if self.replica:
            await self.replica.open()

    async def close(self) -> None:
        if self.replica:
            await self.replica.close()
        await self.primary.close()

    def acquire(self) -> AbstractAsyncContextManager[Any]:
        """A connection to whom this task asks; the one it holds, if any. Raises DatabaseGone, Conflict."""
        pool, held = self._asked.get() or self.primary, self._held.get()
        if held is not None and held.pool is pool and self.holds():
            return Lent(held.connection)
        return pool.acquire()

    def holds(self) -> bool:
        """Whether this task keeps a connection for all its queries."""
        held = self._held.get()
        # A task that was begun inside has the same context, and must not share the connection.
        return held is not None and held.task is asyncio.current_task()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Any]:
        """One connection for all that this task asks inside."""
        async with self._asking(self._asked.get() or self.primary) as pool, pool.acquire() as connection:
            with self._lending(pool, connection):
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """On the primary, whatever stands around it."""
        async with self._asking(self.primary), self.primary.transaction() as connection:
            with self._lending(self.primary, connection):
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Any]:
        """One connection for queries that change nothing. Who has begun on the primary stays there."""
        async with AsyncExitStack() as stack:
            pool, connection = self._asked.get() or self.primary, None
            if self.replica and self._asked.get() is None and self._may_try():
                connection = await self._fit(stack, self.replica)
                pool = self.replica if connection else pool
            if connection is None:
                connection = await stack.enter_async_context(pool.acquire())
            await stack.enter_async_context(self._asking(pool))
            stack.enter_context(self._lending(pool, connection))
            yield connection

    def on_replica(self) -> bool:
        """Whether this task asks the replica now."""
        return self.replica is not None and self._asked.get() is self.replica

    def leave_replica(self) -> bool:
        """The replica failed this task, which asks the primary from now on. False: that it did already."""
        if not self.on_replica():
            return False
        self._let_rest("gone")
        self._asked.set(self.primary)
        return True

    @asynccontextmanager
    async def _asking(self, pool: Connections) -> AsyncIterator[Connections]:
        before = self._asked.get()
        self._asked.set(pool)
        try:
            yield pool
        finally:
            self._asked.set(before)

    @contextmanager
    def _lending(self, pool: Connections, connection: Any) -> Iterator[None]:
        before = self._held.get()
        self._held.set(Held(asyncio.current_task(), pool, connection))
        try:
            yield
        finally:
            self._held.set(before)

    async def _fit(self, stack: AsyncExitStack, replica: Connections) -> Any | None:
        """A connection to the replica, if that has everything that the primary had when it was asked."""
        tries_again, position = self._resting, await self._position()
        try:
            async with asyncio.timeout(PATIENCE), AsyncExitStack() as taken:
                connection = await taken.enter_async_context(replica.acquire())
                reason = "no standby"
                if await _level(connection, position):
                    if tries_again:  # not who began before it failed the others
                        self._serves_again()
                    await stack.enter_async_context(taken.pop_all())
                    return connection
        except TimeoutError:
            reason = "behind"
        except DatabaseGone:
            reason = "gone"
        self._let_rest(reason)
        return None

    async def _position(self) -> str | None:
        """How far the primary has written; where it is busy, that is waited for as any query is.

        None where it is gone: better a late page than none.
        """
        try:
            async with self.primary.acquire() as connection:
                return str(await connection.fetchval(_POSITION))
        except DatabaseGone:
            return None

    def _may_try(self) -> bool:
        now = time.monotonic()
        if now < self._rests_until:
            return False
        if self._resting:
            self._rests_until = now + REST  # one tries it, the others don't wait for that
        return True

    def _let_rest(self, reason: str) -> None:
        if not self._resting:
            log.warning("public pages come from the primary: the replica rests", reason=reason)
        self._resting, self._rests_until = True, time.monotonic() + REST

    def _serves_again(self) -> None:
        log.info("public pages come from the replica again")
        self._resting, self._rests_until = False, 0.0


async def _level(connection: Any, position: str | None) -> bool:
    """Waits until the standby has replayed that much. False: it is none, and would never."""
    while (stands := await connection.fetchrow(_STANDS, position)).follows:
        if stands.level:
            return True
        await asyncio.sleep(0.005)
    return False
