"""What happened since a list was taken, by the numbers of the signatures (of bodies: what the list calls them), so that
whoever has the list can mend it (privacy.md 7). Never a person's name.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import PRIVATE, Desk, show
from petitions.errors import N_, BadRequest, NotFound
from petitions.forms import read_fields
from petitions.organisers.exporting import Listed, Taken, export
from petitions.site import Site
from petitions.storage.copy import counted
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.download import download

FOR = ("signatories", "handover", "endorsements")
"""The lists that can be mended."""
FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
LISTS = {
    "signatories": N_("Signatories"),
    "handover": N_("Hand-over document"),
    "endorsements": N_("Endorsements"),
}


async def show_removals(request: Request, desk: Desk) -> Response:
    """GET …/exports/{export}/removals: how many."""
    row = await _find(request, desk)
    listed = _listed(desk.site, desk.statement, row)
    found = await counted(desk.site.store, listed.query, **listed.arguments)
    return show(request, desk, "desk/removals.html", taken=row, rows=found.rows, lists=LISTS)


async def take_removals(request: Request, desk: Desk) -> Response:
    """POST the same: the list of them, itself noted."""
    row = await _find(request, desk)
    format = read_fields(await read_form(request), {"format"}).get("format", "csv")
    if format not in FORMATS:
        raise BadRequest
    chunks = removals(desk.site, desk.statement, row, Taken(), actor=desk.actor, format=format)
    name = f"{desk.statement.slug}-removals-since-{row.started_at.date()}.{format}"
    response = await download(chunks, filename=name, type=FORMATS[format])
    response.headers.update(PRIVATE)
    return response


def removals(
    site: Site, statement: Row, of: Row, taken: Taken, **options: Any
) -> AsyncGenerator[bytes, None]:
    """What is to be mended in a list that was taken, a row of exports. `options` and errors: as of `export`."""
    return export(site, statement, _listed(site, statement, of), taken, **options)


def _listed(site: Site, statement: Row, of: Row) -> Listed:
    bodies = of.list == "endorsements"
    first = ("name", "code", "parent") if bodies else ("number",)
    return Listed(
        "removals",
        site.store.export.body_removals if bodies else site.store.export.removals,
        (*first, "what", "fields", "happened_at"),
        {"statement_id": statement.id, "export_id": of.id},
        typed=first if bodies else (),
        times=("happened_at",),
        filters={"since": str(of.id)},
    )


async def _find(request: Request, desk: Desk) -> Row:
    id: UUID = request.path_params["export"]
    row: Row | None = await desk.site.store.exports.find(statement_id=desk.statement.id, id=id)
    if row is None or row.list not in FOR:
        raise NotFound
    return row
