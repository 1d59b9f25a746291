"""Big lists out of the database: COPY as CSV or JSON Lines, streamed through a bounded queue in flat memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from petitions.storage.queries import Query
from petitions.storage.store import Row, Store

WAITING = 16  # chunks between database and taker, each a network buffer or two
PATIENCE = 6 * 3600  # seconds: a slow taker may need hours, and no query's usual limit holds here
_ISO = """to_char({}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
_NAME = re.compile(r"[a-z0-9_-]{1,60}")
_OPTIONS: dict[str, dict[str, Any]] = {
    # Bare cells would fall apart where a spreadsheet splits at semicolons.
    "csv": {"header": True, "force_quote": True},
    # One column, as it is: COPY's own text format would double each backslash. No JSON holds these two characters.
    "jsonl": {"delimiter": "\x02", "quote": "\x01"},
}


class Copy:
    """The chunks of a file; `rows` is how many there were, once they are all taken."""

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
async def copied(
    store: Store,
    query: Query,
    *,
    kind: str,
    columns: Sequence[str],
    answers: Collection[str] = (),
    typed: Collection[str] = (),
    times: Collection[str] = (),
    **arguments: Any,
) -> AsyncIterator[Copy]:
    """The rows of a named query with these columns: "csv" has a header first and every cell in quotes; "jsonl"
    one object a line, `null` where there is nothing.

    `answers` are the columns that lie in the query's jsonb column of that name. They and the others that people
    `typed` are disarmed in CSV. `times`, in UTC, are written as ISO 8601 has it in JSON. Leaving the block early
    stops the query and gives its connection back. Raises DatabaseGone.
    """
    queue: asyncio.Queue[bytes | int | Exception] = asyncio.Queue(WAITING)
    if kind == "csv":
        text = _sql(query, columns, answers, dict.fromkeys([*answers, *typed], "disarmed({})"))
    else:
        text = _sql(query, columns, answers, dict.fromkeys(times, _ISO))
        text = f"select row_to_json(one) from ({text}) as one"  # noqa: S608
    values = [arguments[name] for name in query.names]
    pump = asyncio.create_task(_pump(store, text, values, _OPTIONS[kind], queue))
    try:
        yield Copy(queue)
    finally:
        pump.cancel()
        with suppress(asyncio.CancelledError):
            await pump


async def counted(store: Store, query: Query, *columns: str, **arguments: Any) -> Row:
    """How many `rows` a named query has, and in how many of them each of the columns says something."""
    told = "".join(f', count("{name}")::integer as "{name}"' for name in columns if _NAME.fullmatch(name))
    text = f"select count(*)::integer as rows{told} from ({query.sql.rstrip().rstrip(';')}) as listed"  # noqa: S608
    async with store.held() as connection:
        row: Row = await connection.fetchrow(text, *(arguments[name] for name in query.names), timeout=120)
    return row


async def _pump(
    store: Store,
    text: str,
    values: list[Any],
    options: dict[str, Any],
    queue: asyncio.Queue[bytes | int | Exception],
) -> None:
    try:
        async with store.copy_out() as connection:
            status: str = await connection.copy_from_query(
                text,
                *values,
                output=queue.put,
                format="csv",
                encoding="utf-8",
                timeout=PATIENCE,
                **options,
            )
    except Exception as error:  # whoever takes the chunks is told, whatever it is
        await queue.put(error)
    else:
        await queue.put(int(status.rsplit(" ", 1)[-1]))


def _sql(query: Query, columns: Sequence[str], answers: Collection[str], written: Mapping[str, str]) -> str:
    """`written`: how some of the columns are to be written, `{}` standing for the column."""
    for name in (*columns, *answers):
        if not _NAME.fullmatch(name):
            raise ValueError(f"no column of an export: {name}")
    found = "".join(f", answers ->> '{name}' as \"{name}\"" for name in answers)
    taken = ", ".join(written.get(name, "{}").format(f'"{name}"') + f' as "{name}"' for name in columns)
    # `offset 0` keeps PostgreSQL from looking each answer up again for every use within `disarmed`.
    inner = f"select *{found} from ({query.sql.rstrip().rstrip(';')}) as rows offset 0"  # noqa: S608
    return f"select {taken} from ({inner}) as listed"  # noqa: S608
