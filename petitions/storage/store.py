"""The store: the database with its queries, one namespace a file of `sql/queries/`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from petitions.storage.connection import Conflict, Connections, Row
from petitions.storage.queries import Queries

__all__ = ["Conflict", "Row", "Store"]


class Store:
    """`await store.signatures.confirm(statement_id=…, id=…)`; open before use, close after."""

    def __init__(self, url: str, sql: Path, *, size: int = 10, statement_cache: int = 100) -> None:
        self.connections = Connections(url, size=size, statement_cache=statement_cache)
        self.namespaces = {
            file.stem: Queries(self.connections, file) for file in sorted((sql / "queries").glob("*.sql"))
        }

    def __getattr__(self, name: str) -> Queries:
        try:
            return self.__dict__["namespaces"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None

    async def open(self) -> None:
        """Raises DatabaseGone."""
        await self.connections.open()

    async def close(self) -> None:
        await self.connections.close()

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """All queries of this task inside the block commit together or not at all."""
        return self.connections.transaction()

    def held(self) -> AbstractAsyncContextManager[Any]:
        """Hold one connection for several queries: each taking and giving back costs a round trip."""
        return self.connections.acquire()

    def reading(self) -> AbstractAsyncContextManager[Any]:
        """One connection for the queries of a public page, which changes nothing and may be a moment late."""
        return self.connections.acquire()

    @asynccontextmanager
    async def copy_out(self) -> AsyncIterator[Any]:
        """A connection for COPY in bulk exports, inside a read-only transaction that sees one moment."""
        async with self.transaction() as connection:
            await connection.execute("set transaction isolation level repeatable read, read only")
            yield connection
