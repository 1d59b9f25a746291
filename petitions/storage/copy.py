"""Big lists out of the database: COPY as CSV, streamed through a bounded queue in flat memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from petitions.storage.queries import Query
from petitions.storage.store import Store

WAITING = 16  # chunks between database and taker, each a network buffer or two
PATIENCE = 6 * 3600  # seconds: a slow taker may need hours, and no query's usual limit holds here
_NAME = re.compile(r"[a-z0-9_-]{1,60}")


class Copy:
    """The chunks of a CSV file, header first; `rows` is how many there were, once they are all taken."""

    def __init__(self, queue: asyncio.Queue[bytes | int | Exception]) -> None:
        self._queue = queue
        self.rows: int | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.rows is None:
            piece = await self._queue.get()
            if isinstance(piece, Exception):
                raise piece
            if isinstance(piece, int):
                self.rows = piece
            else:
                yield piece


@asynccontextmanager
async def copy_csv(
    store: Store, query: Query, *, columns: Sequence[str], answers: Collection[str] = (), **arguments: Any
) -> AsyncIterator[Copy]:
    """The rows of a named query as CSV with these columns, every cell in quotes.

    `answers` are the columns that lie in the query's jsonb column of that name. Leaving the block early stops
    the query and gives its connection back. Raises DatabaseGone.
    """
    queue: asyncio.Queue[bytes | int | Exception] = asyncio.Queue(WAITING)
    text = _sql(query, columns, answers)
    values = [arguments[name] for name in query.names]
    pump = asyncio.create_task(_pump(store, text, values, queue))
    try:
        yield Copy(queue)
    finally:
        pump.cancel()
        with suppress(asyncio.CancelledError):
            await pump


async def _pump(
    store: Store, text: str, values: list[Any], queue: asyncio.Queue[bytes | int | Exception]
) -> None:
    try:
        async with store.copy_out() as connection:
            status: str = await connection.copy_from_query(
                text,
                *values,
                output=queue.put,
                format="csv",
                header=True,
                # Bare cells would fall apart where a spreadsheet splits at semicolons.
                force_quote=True,
                encoding="utf-8",
                timeout=PATIENCE,
            )
    except Exception as error:  # whoever takes the chunks is told, whatever it is
        await queue.put(error)
    else:
        await queue.put(int(status.rsplit(" ", 1)[-1]))


def _sql(query: Query, columns: Sequence[str], answers: Collection[str]) -> str:
    for name in (*columns, *answers):
        if not _NAME.fullmatch(name):
            raise ValueError(f"no column of an export: {name}")
    found = "".join(f", answers ->> '{name}' as \"{name}\"" for name in answers)
    taken = ", ".join(
        f'disarmed("{name}") as "{name}"' if name in answers else f'"{name}"' for name in columns
    )
    # `offset 0` keeps PostgreSQL from looking each answer up again for every use within `disarmed`.
    inner = f"select *{found} from ({query.sql.rstrip().rstrip(';')}) as rows offset 0"  # noqa: S608
    return f"select {taken} from ({inner}) as listed"  # noqa: S608
