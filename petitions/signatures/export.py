"""The list of signatories that an organiser takes: the fields that were agreed to, streamed, noted in the audit.

One source, `COPY`; three kinds of file (docs/decisions/0021).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from petitions.errors import N_, Refused
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.signatures.spreadsheet import Spreadsheet
from petitions.site import Site
from petitions.storage.copy import copied
from petitions.storage.store import Row

BOM = b"\xef\xbb\xbf"  # tells old spreadsheets that a CSV file is UTF-8
FORMATS = ("csv", "jsonl", "xlsx")
PIECE = 1 << 18  # bytes of a finished file at a time
TIMES = ("confirmed_at",)


@dataclass
class Taken:
    """How far an export has come: bytes read from the database and bytes given; `rows` is known at the end."""

    read: int = 0
    bytes: int = 0
    rows: int | None = None


def columns(statement: Row) -> list[str]:
    """What an export of this statement holds: its own columns, and the fields fixed when it opened."""
    asked = [field["name"] for field in statement.fields]
    person = [name for name in ("name", "email", *asked) if name in statement.export_fields]
    partners = ["partners"] if statement.partners else []
    return ["number", *person, "confirmed_at", "version", "display", "mail", *partners, "source"]


async def signatories(
    site: Site,
    statement: Row,
    taken: Taken,
    *,
    actor: str,
    format: str = "csv",
    bom: bool = False,
    folder: Path | None = None,
) -> AsyncGenerator[bytes, None]:
    """The confirmed signatories in the order of their numbers, in chunks of a file; empty ones tell of progress.

    Use it under `contextlib.aclosing`: the audit says when it began, ended or was broken off, which fields
    and how many rows. `taken` is kept up to date. `folder`: where a spreadsheet waits until it is whole. Raises
    Refused, DatabaseGone, OSError.
    """
    if format not in FORMATS:
        raise Refused(N_("An export is CSV, JSON Lines (jsonl) or XLSX, not “%(format)s”."), format=format)
    names = columns(statement)
    id = new_id()
    await _note(site, statement, actor, "export start", id, format=format, fields=names)
    act = "export break off"
    try:
        if bom and format == "csv":
            yield BOM
        file = _listed(site, statement, names, "csv" if format == "csv" else "jsonl", taken)
        if format == "xlsx":
            file = _spreadsheet(file, names, folder)
        async with aclosing(file):
            async for chunk in file:
                taken.bytes += len(chunk)
                yield chunk
        act = "export finish"
    finally:
        await _note(site, statement, actor, act, id, rows=taken.rows, bytes=taken.bytes)


async def _listed(
    site: Site, statement: Row, names: list[str], kind: str, taken: Taken
) -> AsyncGenerator[bytes, None]:
    async with copied(
        site.store,
        site.store.export.signatories,
        kind=kind,
        columns=names,
        answers={field["name"] for field in statement.fields},
        typed=("name", "email", "source"),
        times=TIMES,
        statement_id=statement.id,
    ) as copy:
        async for chunk in copy:
            taken.read += len(chunk)
            yield chunk
        taken.rows = copy.rows


async def _spreadsheet(
    file: AsyncGenerator[bytes, None], names: list[str], folder: Path | None
) -> AsyncGenerator[bytes, None]:
    """The same rows as XLSX. It can only be sent once it is whole, so it waits on the disk; threads write it."""
    with tempfile.TemporaryDirectory(prefix=".export-", dir=folder, ignore_cleanup_errors=True) as waiting:
        path = Path(waiting) / "list.xlsx"
        book = Spreadsheet(path, names, times=TIMES)
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
        act,
        campaign_id=statement.campaign_id,
        statement_id=statement.id,
        details={"export": str(id), **details},
    )
