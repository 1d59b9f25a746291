"""A list that an organiser takes: streamed, as CSV, JSON Lines or XLSX, and noted in the audit.

A room says what is in it (`Listed`). One source, `COPY`; three kinds of file (docs/decisions/0021).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from petitions.errors import N_, Refused
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.organisers.spreadsheet import Spreadsheet
from petitions.site import Site
from petitions.storage.copy import copied
from petitions.storage.queries import Query
from petitions.storage.store import Row

BOM = b"\xef\xbb\xbf"  # tells old spreadsheets that a CSV file is UTF-8
FORMATS = ("csv", "jsonl", "xlsx")
PIECE = 1 << 18  # bytes of a finished file at a time


@dataclass
class Taken:
    """How far an export has come: bytes read from the database and bytes given; `rows` is known at the end."""

    read: int = 0
    bytes: int = 0
    rows: int | None = None


@dataclass(frozen=True)
class Listed:
    """What a list is: the query with its `arguments`, and which of its columns; the rest is as `copied` has it."""

    what: str
    query: Query
    columns: Sequence[str]
    arguments: Mapping[str, Any]
    typed: Collection[str] = ()
    times: Collection[str] = ()
    days: Collection[str] = ()
    answers: Collection[str] = field(default_factory=frozenset)


async def export(
    site: Site,
    statement: Row,
    listed: Listed,
    taken: Taken,
    *,
    actor: str,
    format: str = "csv",
    bom: bool = False,
    folder: Path | None = None,
) -> AsyncGenerator[bytes, None]:
    """The list in chunks of a file; empty ones tell of progress.

    Use it under `contextlib.aclosing`: the audit says when it began, ended or was broken off, which fields
    and how many rows. `taken` is kept up to date. `folder`: where a spreadsheet waits until it is whole. Raises
    Refused, DatabaseGone, OSError.
    """
    if format not in FORMATS:
        raise Refused(N_("An export is CSV, JSON Lines (jsonl) or XLSX, not “%(format)s”."), format=format)
    id = new_id()
    await _note(
        site, statement, actor, "start", id, list=listed.what, format=format, fields=list(listed.columns)
    )
    act = "break off"
    try:
        if bom and format == "csv":
            yield BOM
        file = _copied(site, listed, "csv" if format == "csv" else "jsonl", taken)
        if format == "xlsx":
            file = _spreadsheet(file, listed, folder)
        async with aclosing(file):
            async for chunk in file:
                taken.bytes += len(chunk)
                yield chunk
        act = "finish"
    finally:
        await _note(site, statement, actor, act, id, rows=taken.rows, bytes=taken.bytes)


async def _copied(site: Site, listed: Listed, kind: str, taken: Taken) -> AsyncGenerator[bytes, None]:
    async with copied(
        site.store,
        listed.query,
        kind=kind,
        columns=listed.columns,
        answers=listed.answers,
        typed=listed.typed,
        times=listed.times,
        **listed.arguments,
    ) as copy:
        async for chunk in copy:
            taken.read += len(chunk)
            yield chunk
        taken.rows = copy.rows


async def _spreadsheet(
    file: AsyncGenerator[bytes, None], listed: Listed, folder: Path | None
) -> AsyncGenerator[bytes, None]:
    """The same rows as XLSX. It can only be sent once it is whole, so it waits on the disk; threads write it."""
    with tempfile.TemporaryDirectory(prefix=".export-", dir=folder, ignore_cleanup_errors=True) as waiting:
        path = Path(waiting) / "list.xlsx"
        book = Spreadsheet(path, listed.columns, listed.times, listed.days)
        async with aclosing(file):
            rest = b""
            async for chunk in file:
                *lines, rest = (rest + chunk).split(b"\n")
                await asyncio.to_thread(book.write, lines)
                yield b""
        await asyncio.to_thread(book.close)
        with path.open("rb") as whole:
            while piece := await asyncio.to_thread(whole.read, PIECE):
                yield piece


async def _note(site: Site, statement: Row, actor: str, act: str, id: UUID, **details: Any) -> None:
    await organisers.note(
        site,
        actor,
        f"export {act}",
        campaign_id=statement.campaign_id,
        statement_id=statement.id,
        details={"export": str(id), **details},
    )
