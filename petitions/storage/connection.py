"""Connections and transactions, with the traps of `databases` kept in here (docs/decisions/0002).

Only this package sees `databases` and asyncpg; their errors leave it translated.
"""

from __future__ import annotations

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
    """A unique key refused a row; `constraint` is the key's name."""

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
)


class Connections:
    """The pool. A task that holds a connection keeps using it in everything it awaits."""

    def __init__(self, url: str, *, size: int = 10, statement_cache: int = 100) -> None:
        self._database = Database(
            url,
            min_size=1,
            max_size=size,
            record_class=Row,
            init=_prepare,
            command_timeout=30,
            timeout=10,
            statement_cache_size=statement_cache,
            server_settings={"application_name": "petitions", "timezone": "UTC"},
        )

    async def open(self) -> None:
        with _translated():
            await self._database.connect()

    async def close(self) -> None:
        await self._database.disconnect()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        """This task's raw asyncpg connection. Raises DatabaseGone, Conflict."""
        with _translated():
            async with self._database.connection() as connection:
                yield connection.raw_connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """The only way to a transaction: `databases`' own leaks its connection when COMMIT fails."""
        with _translated():
            async with self._database.connection() as connection, connection.raw_connection.transaction():
                yield connection.raw_connection


class _translated:
    """Turns asyncpg's errors into ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, asyncpg.UniqueViolationError):
            raise Conflict(error.constraint_name or "") from error
        if isinstance(error, _GONE):
            raise DatabaseGone from error
        if isinstance(error, asyncpg.InterfaceError) and "clos" in str(error):
            raise DatabaseGone from error


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
