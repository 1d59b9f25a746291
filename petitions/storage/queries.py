"""Named queries: `sql/queries/<room>.sql`, parsed by aiosql, run on the asyncpg connection under `databases`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from aiosql.adapters.asyncpg import AsyncPGAdapter
from aiosql.query_loader import QueryLoader
from aiosql.types import SQLOperationType as Kind

from petitions.errors import DatabaseGone
from petitions.storage.replica import Pools


class Query:
    """One named query; calling it runs it and gives rows, a row, a value or a number, as its mark says."""

    def __init__(self, pools: Pools, name: str, kind: Kind, sql: str, names: list[str]) -> None:
        self._pools = pools
        self.name = name
        self.kind = kind
        self.sql = sql
        self.names = names
        self._wanted = frozenset(names)

    async def __call__(self, **arguments: Any) -> Any:
        """Run with exactly the declared arguments.

        TypeError: wrong or missing arguments. Conflict: a unique key. DatabaseGone: no connection, or no answer
        in half a minute.
        """
        return await self._run(None, arguments)

    async def patiently(self, **arguments: Any) -> Any:
        """The same for a job over millions of rows, which may take an hour."""
        return await self._run(3600, arguments)

    async def _run(self, seconds: float | None, arguments: dict[str, Any]) -> Any:
        if arguments.keys() != self._wanted:
            raise TypeError(f"{self.name} takes {sorted(self._wanted)}, was given {sorted(arguments)}")
        values = [arguments[name] for name in self.names]
        try:
            return await self._ask(seconds, values)
        except DatabaseGone:
            if not self._pools.leave_replica():
                raise
            return await self._ask(seconds, values)

    async def _ask(self, seconds: float | None, values: list[Any]) -> Any:
        async with self._pools.acquire() as connection:
            match self.kind:
                case Kind.SELECT:
                    return await connection.fetch(self.sql, *values, timeout=seconds)
                case Kind.SELECT_ONE:
                    return await connection.fetchrow(self.sql, *values, timeout=seconds)
                case Kind.SELECT_VALUE:
                    return await connection.fetchval(self.sql, *values, timeout=seconds)
                case _:
                    return _affected(await connection.execute(self.sql, *values, timeout=seconds))


class Queries:
    """The queries of one file as attributes."""

    def __init__(self, pools: Pools, file: Path) -> None:
        self.queries = {query.name: query for query in _load(pools, file)}

    def __getattr__(self, name: str) -> Query:
        try:
            return self.__dict__["queries"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None


def _load(pools: Pools, file: Path) -> list[Query]:
    return [Query(pools, *read) for read in _read(file)]


@cache
def _read(file: Path) -> list[tuple[str, Kind, str, list[str]]]:
    """Read once in a process: it takes as long as a hundred queries."""
    adapter = AsyncPGAdapter()  # type: ignore[no-untyped-call]
    loader = QueryLoader(adapter, None)
    found: dict[str, tuple[str, Kind, str, list[str]]] = {}
    for datum in loader.load_query_data_from_file(file, encoding="utf-8"):
        name = datum.query_name
        if name in found:
            raise ValueError(f"{file.name}: two queries are named {name}")
        found[name] = name, datum.operation_type, datum.sql, adapter.var_sorted[name]
    return list(found.values())


def _affected(status: str) -> int:
    """The number of rows in a command tag such as `UPDATE 3`."""
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0
