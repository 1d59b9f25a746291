"""A list that an organiser takes: streamed, as CSV, JSON Lines or XLSX, with a row of its own and noted in the audit.

A room says what is in it (`Listed`). One source, `COPY`; three kinds of file (docs/decisions/0021). `noted` keeps the
books for whatever else is taken, such as the hand-over document.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from petitions.errors import N_, DatabaseGone, Refused
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
MOST = 4
"""Lists that may be made at once, by all processes: each holds a connection and a snapshot of the database."""
LEFT = 24 * 3600.0  # seconds after which nobody writes into a folder any more
BEAT = 2.0  # seconds between two notes of how far a list is
CROWDED = N_("%(most)s lists are being made at this moment. Wait until one of them is ready, then try again.")

log = structlog.get_logger()


@dataclass
class Taken:
    """How far an export has come: bytes read from the database and bytes given; `rows` is known at the end, `so_far`
    about how many there were until now. `id`: of its row."""

    read: int = 0
    bytes: int = 0
    rows: int | None = None
    so_far: int = 0
    id: UUID | None = None


@dataclass(frozen=True)
class Taking:
    """What is taken, as its row and the audit say it. `filters`: without personal values."""

    what: str
    format: str
    fields: Sequence[str]
    filters: Mapping[str, Any] = field(default_factory=dict)


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
    filters: Mapping[str, Any] = field(default_factory=dict)


def export(
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
    """The list in chunks of a file; empty ones tell of progress. Errors and use: as of `noted`.

    `folder`: where a spreadsheet waits until it is whole. Raises OSError too.
    """
    taking = Taking(listed.what, format, list(listed.columns), listed.filters)
    file = written(site, listed, taken, format=format, bom=bom, folder=folder)
    return noted(site, statement, taking, taken, file, actor=actor, formats=FORMATS)


async def noted(
    site: Site,
    statement: Row,
    taking: Taking,
    taken: Taken,
    file: AsyncGenerator[bytes, None],
    *,
    actor: str,
    formats: Collection[str],
) -> AsyncGenerator[bytes, None]:
    """The chunks of a file, with the books kept: its row and the audit say when it began, ended or was broken off,
    which fields and how many rows.

    Use it under `contextlib.aclosing`. `taken` is kept up to date, and noted every other second. Raises DatabaseGone;
    Refused: no such format, or as many are being made as may be.
    """
    if taking.format not in formats:
        raise Refused(
            N_("An export is CSV, JSON Lines (jsonl) or XLSX, not “%(format)s”."), format=taking.format
        )
    taken.id = await _begin(site, statement, taking, actor)
    beats = asyncio.create_task(_beats(site, statement, taken))
    state = "broken off"
    try:
        async with aclosing(file):
            async for chunk in file:
                taken.bytes += len(chunk)
                yield chunk
        state = "finished"
    finally:
        beats.cancel()
        await asyncio.wait([beats])
        await _end(site, statement, taken, state, actor)


async def written(
    site: Site,
    listed: Listed,
    taken: Taken,
    *,
    format: str,
    bom: bool = False,
    folder: Path | None = None,
) -> AsyncGenerator[bytes, None]:
    """The list as a file, in chunks; nothing is noted. As of `export`."""
    if bom and format == "csv":
        yield BOM
    file = _copied(site, listed, "csv" if format == "csv" else "jsonl", taken)
    if format == "xlsx":
        file = _spreadsheet(file, listed, folder)
    async with aclosing(file):
        async for chunk in file:
            yield chunk


@contextmanager
def waiting(folder: Path | None) -> Iterator[Path]:
    """A place on the disk for what is sent once it is whole; nothing of it stays. What a process left there that was
    killed goes with the next one a day later."""
    for left in Path(folder or tempfile.gettempdir()).glob(".export-*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT:
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=folder, ignore_cleanup_errors=True) as place:
        yield Path(place)


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
        mark = b'\n"' if kind == "csv" else b"\n"  # each line of CSV begins with a quote, and few others do
        async for chunk in copy:
            taken.read += len(chunk)
            taken.so_far += chunk.count(mark)
            yield chunk
        taken.rows = copy.rows


async def _spreadsheet(
    file: AsyncGenerator[bytes, None], listed: Listed, folder: Path | None
) -> AsyncGenerator[bytes, None]:
    """The same rows as XLSX. It can only be sent once it is whole, so it waits on the disk; threads write it."""
    with waiting(folder) as place:
        path = place / "list.xlsx"
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


async def _begin(site: Site, statement: Row, taking: Taking, actor: str) -> UUID:
    id = new_id()
    facts = {"list": taking.what, "format": taking.format, "fields": list(taking.fields)}
    async with site.store.transaction():
        await site.store.exports.hold()
        filters = dict(taking.filters)
        begun = await site.store.exports.begin(
            statement_id=statement.id, id=id, actor=actor, filters=filters, most=MOST, **facts
        )
        if begun is None:
            raise Refused(CROWDED, most=MOST)
        told = {**facts, "filters": filters} if filters else facts
        await _note(site, statement, actor, "start", id, told)
    return id


async def _beats(site: Site, statement: Row, taken: Taken) -> None:
    """On connections of their own: the list's is busy."""
    while True:
        await asyncio.sleep(BEAT)
        try:
            await site.store.exports.beat(
                statement_id=statement.id, id=taken.id, rows=taken.so_far, bytes=taken.bytes
            )
        except DatabaseGone:
            log.warning("an export could not say how far it is")


async def _end(site: Site, statement: Row, taken: Taken, state: str, actor: str) -> None:
    assert taken.id is not None
    rows, size = taken.rows, taken.bytes
    async with site.store.transaction():
        await site.store.exports.end(
            statement_id=statement.id, id=taken.id, state=state, rows=rows, bytes=size
        )
        act = "finish" if state == "finished" else "break off"
        await _note(site, statement, actor, act, taken.id, {"rows": rows, "bytes": size})


async def _note(
    site: Site, statement: Row, actor: str, act: str, id: UUID, details: Mapping[str, Any]
) -> None:
    await organisers.note(
        site,
        actor,
        f"export {act}",
        campaign_id=statement.campaign_id,
        statement_id=statement.id,
        details={"export": str(id), **details},
    )
