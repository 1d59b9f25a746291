"""The list of signatories that an organiser takes: the fields that were agreed to, streamed, noted in the audit."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from petitions.errors import N_, Refused
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.copy import copy_csv
from petitions.storage.store import Row

BOM = b"\xef\xbb\xbf"  # tells old spreadsheets that the file is UTF-8


@dataclass
class Taken:
    """How far an export has come; `rows` is known at its end."""

    bytes: int = 0
    rows: int | None = None


def columns(statement: Row) -> list[str]:
    """What an export of this statement holds: its own columns, and the fields fixed when it opened."""
    asked = [field["name"] for field in statement.fields]
    person = [name for name in ("name", "email", *asked) if name in statement.export_fields]
    partners = ["partners"] if statement.partners else []
    return ["number", *person, "confirmed_at", "version", "display", "mail", *partners, "source"]


async def signatories(
    site: Site, statement: Row, taken: Taken, *, actor: str, format: str = "csv", bom: bool = False
) -> AsyncGenerator[bytes, None]:
    """The confirmed signatories in the order of their numbers, in chunks of a CSV file.

    Use it under `contextlib.aclosing`: the audit says when it began, ended or was broken off, which fields
    and how many rows. `taken` is kept up to date. Raises Refused, DatabaseGone.
    """
    if format != "csv":
        raise Refused(N_("An export is CSV for now; “%(format)s” comes later."), format=format)
    names = columns(statement)
    id = new_id()
    await _note(site, statement, actor, "export start", id, format=format, fields=names)
    act = "export break off"
    try:
        if bom:
            yield BOM
        asked = {field["name"] for field in statement.fields}
        query = site.store.export.signatories
        async with copy_csv(
            site.store, query, columns=names, answers=asked, statement_id=statement.id
        ) as copy:
            async for chunk in copy:
                taken.bytes += len(chunk)
                yield chunk
            taken.rows = copy.rows
        act = "export finish"
    finally:
        await _note(site, statement, actor, act, id, rows=taken.rows, bytes=taken.bytes)


async def _note(site: Site, statement: Row, actor: str, act: str, id: UUID, **details: Any) -> None:
    await organisers.note(
        site,
        actor,
        act,
        campaign_id=statement.campaign_id,
        statement_id=statement.id,
        details={"export": str(id), **details},
    )
