"""The store: the database with its queries, one namespace a file of `sql/queries/`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from petitions.storage.connection import Conflict, Connections, Row
from petitions.storage.queries import Queries
from petitions.storage.replica import Pools

__all__ = ["Conflict", "Row", "Store"]


class Store:
    """`await store.signatures.confirm(statement_id=…, id=…)`; open before use, close after.

    `replica`: the URL of a standby for public pages, or "".
    """

    def __init__(
        self, url: str, sql: Path, *, replica: str = "", size: int = 10, statement_cache: int = 100
    ) -> None:
        self.connections = Connections(url, size=size, statement_cache=statement_cache)
        self.pools = Pools(self.connections, _standby(replica, size) if replica else None)
        self.namespaces = {
            file.stem: Queries(self.pools, file) for file in sorted((sql / "queries").glob("*.sql"))
        }

    def __getattr__(self, name: str) -> Queries:
        try:
            return self.__dict__["namespaces"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None

    async def open(self) -> None:
        """Raises DatabaseGone."""
        await self.pools.open()

    async def close(self) -> None:
        await self.pools.close()

    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """All queries of this task inside the block commit together or not at all."""
        return self.pools.transaction()

    def held(self) -> AbstractAsyncContextManager[Any]:
        """Hold one connection for several queries: each taking and giving back costs a round trip."""
        return self.pools.held()

    def reading(self) -> AbstractAsyncContextManager[Any]:
        """One connection for the queries of a public page, which changes nothing: to the replica if that is fit."""
        return self.pools.reading()

    def holds(self) -> bool:
        """Whether this task is inside one of these blocks, with a connection of its own."""
        return self.pools.holds()

    def shelf_life(self, seconds: float) -> float:
        """For how many seconds a fact that was just read may be remembered: `seconds`, but not at all where the replica
        said it. It may lack a change of which this process was told before it asked, and nobody tells twice."""
        return 0.0 if self.pools.on_replica() else seconds

    @asynccontextmanager
    async def copy_out(self) -> AsyncIterator[Any]:
        """A connection for COPY in bulk exports, inside a read-only transaction that sees one moment."""
        async with self.transaction() as connection:
            await connection.execute("set transaction isolation level repeatable read, read only")
            yield connection


def _standby(url: str, size: int) -> Connections:
    """Nothing depends on it: it may be absent at the start, and is given up soon. Nobody told whether a pooler
    stands before it, so it prepares no statements."""
    return Connections(url, least=0, size=size, statement_cache=0, patience=2, dialling=2)
