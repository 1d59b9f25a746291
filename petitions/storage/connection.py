"""Connections and transactions, with the traps of `databases` kept in here (docs/decisions/0002).

Only this package sees `databases` and asyncpg; their errors leave it translated.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from databases import Database

from petitions.errors import DatabaseGone


class Row(asyncpg.Record):
    """A read-only row whose columns are attributes: `row.title`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Conflict(Exception):
    """A unique key refused a row, or a foreign key one whose other row is gone; `constraint` is the key's name."""

    def __init__(self, constraint: str) -> None:
        super().__init__(constraint)
        self.constraint = constraint


_GONE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.ObjectNotInPrerequisiteStateError,  # a database that takes no connections just now
    asyncpg.InternalClientError,  # a connection cut while the driver believed it whole
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ReadOnlySQLTransactionError,  # the primary was made a standby, or a standby is asked to write
    asyncpg.SerializationError,  # a standby gives up a query that holds it back
)


class Connections:
    """The pool. A task that holds a connection keeps using it in everything it awaits.

    `least`: connections made by `open`. `patience`: seconds that a query may take, `dialling`: that a new
    connection may, `waiting`: for a free one, because where the database hangs nobody waits for all who came before.
    """

    def __init__(
        self,
        url: str,
        *,
        least: int = 1,
        size: int = 10,
        statement_cache: int = 100,
        patience: float = 30,
        dialling: float = 10,
        waiting: float = 15,
    ) -> None:
        self._waiting = waiting
        self._database = Database(
            url,
            min_size=least,
            max_size=size,
            record_class=Row,
            init=_prepare,
            reset=_nothing,
            command_timeout=patience,
            timeout=dialling,
            statement_cache_size=statement_cache,
            server_settings={"application_name": "petitions", "timezone": "UTC"},
        )

    async def open(self) -> None:
        with _translated():
            await self._database.connect()

    async def close(self) -> None:
        await self._database.disconnect()

    def sizes(self) -> tuple[int, int, int]:
        """Connections: at most, open now, and how many of these are idle."""
        pool = getattr(self._database._backend, "_pool", None)  # asyncpg's; None before `open`
        return (pool.get_max_size(), pool.get_size(), pool.get_idle_size()) if pool else (0, 0, 0)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        """This task's raw asyncpg connection. Raises DatabaseGone, Conflict."""
        with _translated():
            async with self._connection() as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """The only way to a transaction: `databases`' own leaks its connection when COMMIT fails."""
        with _translated():
            async with self._connection() as connection, connection.transaction():
                yield connection

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        connection = self._database.connection()
        try:
            async with asyncio.timeout(self._waiting) as waiting, connection:
                waiting.reschedule(None)
                yield connection.raw_connection
        except BaseException:
            if not connection._connection_counter:
                # Cut off while it was given back: `databases` would refuse this task any other for ever.
                self._database._connection = None
            raise


class _translated:
    """Turns asyncpg's errors into ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, asyncpg.UniqueViolationError | asyncpg.ForeignKeyViolationError):
            raise Conflict(error.constraint_name or "") from error
        if isinstance(error, _GONE):
            raise DatabaseGone from error
        if isinstance(error, asyncpg.InterfaceError) and "clos" in str(error):
            raise DatabaseGone from error


class Lent:
    """A connection that the task holds already, for one query more. Raises DatabaseGone, Conflict."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def __aenter__(self) -> Any:
        return self._connection

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        _translated().__exit__(kind, error, trace)


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


async def _nothing(connection: Any) -> None:
    """Instead of asyncpg's reset, a round trip each time a connection is given back.

    A transaction that somebody left open is rolled back without it; other state no query here may leave behind:
    PgBouncer in transaction mode would hand it to strangers as well (docs/decisions/0017).
    """
