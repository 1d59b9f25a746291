"""Lists to take: what to choose, the number before anything is taken, the file itself, and what earlier lists lack."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk import handover, removals
from petitions.desk.door import PRIVATE, Desk, show
from petitions.desk.export_forms import COLUMNS, FILTERS, FORMS, KINDS_OF_FILE, Asked, narrowed
from petitions.endorsements import exporting as bodies
from petitions.errors import N_, NotFound
from petitions.organisers import actions as organisers
from petitions.organisers.exporting import Taken
from petitions.signatures import export as people
from petitions.web.body import read_form
from petitions.web.download import download

SHOWN = 50  # earlier lists
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "zip": "application/zip",
}
LISTS = {
    "signatories": N_("Signatories"),
    "endorsements": N_("Endorsements"),
    "handover": N_("Hand-over document"),
    "removals": N_("Removals"),
}
STATES = {"running": N_("being made"), "finished": N_("taken"), "broken off": N_("broken off")}


async def exports(request: Request, desk: Desk) -> Response:
    """GET …/exports: what can be taken, and what was."""
    forms = {name: await form(desk.site, desk.statement, []) for name, form in FORMS.items()}
    return await _page(request, desk, forms)


async def chosen(request: Request, desk: Desk) -> Response:
    """GET …/exports/{list}: how many are in it and which columns it has; below, the button that takes it."""
    list_ = _list(request)
    asked = await FORMS[list_](desk.site, desk.statement, request.query_params.multi_items())
    if asked.problems:
        forms = {
            name: asked if name == list_ else await form(desk.site, desk.statement, [])
            for name, form in FORMS.items()
        }
        return await _page(request, desk, forms, status=422)
    return show(
        request,
        desk,
        "desk/export.html",
        list=list_,
        asked=asked,
        lists=LISTS,
        files=KINDS_OF_FILE,
        labels=COLUMNS,
        **await _number(desk, list_, asked),
    )


async def take(request: Request, desk: Desk) -> Response:
    """POST …/exports/{list}: the file, streamed."""
    list_ = _list(request)
    asked = await FORMS[list_](desk.site, desk.statement, await read_form(request))
    if asked.problems or not asked.begun:
        raise NotFound  # no page of ours sends that
    chunks, format = await _file(desk, list_, asked)
    response = await download(chunks, filename=filename(desk, list_, format), type=TYPES[format])
    response.headers.update(PRIVATE)
    return response


def filename(desk: Desk, what: str, ending: str) -> str:
    """Of words of ours alone: statement, list, day."""
    day = datetime.now(ZoneInfo(desk.site.settings.timezone)).date()
    return f"{desk.statement.slug}-{what}-{day}.{ending}"


def _list(request: Request) -> str:
    name: str = request.path_params["list"]
    if name not in FORMS:
        raise NotFound
    return name


async def _page(request: Request, desk: Desk, forms: dict[str, Asked], *, status: int = 200) -> Response:
    taken = await desk.site.store.exports.list_of_statement(statement_id=desk.statement.id, most=SHOWN)
    return show(
        request,
        desk,
        "desk/exports.html",
        status=status,
        forms=forms,
        taken=taken,
        names=await organisers.names(desk.site, {row.actor for row in taken}),
        lists=LISTS,
        states=STATES,
        filters=FILTERS,
        mended=removals.FOR,
    )


async def _number(desk: Desk, list_: str, asked: Asked) -> dict[str, Any]:
    """`rows`, `addresses`: how many rows, and e-mail addresses in them; `columns`."""
    site, statement = desk.site, desk.statement
    if list_ == "handover":
        return {
            "columns": statement.handover_fields,
            "addresses": 0,
            **await handover.number(site, statement),
        }
    if list_ == "endorsements":
        found = await bodies.number(site, statement, asked.answers["state"], asked.answers["kind"] or None)
        listed = bodies.listed(site, statement, "all", None, asked.kept)
        return {"rows": found.rows, "addresses": found.officer_email, "columns": listed.columns}
    found = await people.number(site, statement, narrowed(site, asked))
    listed = people.listed(site, statement, asked.kept)
    return {"rows": found.rows, "addresses": found.email, "columns": listed.columns}


async def _file(desk: Desk, list_: str, asked: Asked) -> tuple[AsyncGenerator[bytes, None], str]:
    """The chunks, and the ending of the file's name."""
    site, statement, taken = desk.site, desk.statement, Taken()
    if list_ == "handover":
        format = await handover.format_of(site, statement)
        return handover.document(site, statement, taken, actor=desk.actor, format=format), format
    format = asked.answers["format"]
    options: dict[str, Any] = {"actor": desk.actor, "format": format, "bom": bool(asked.answers["bom"])}
    if list_ == "endorsements":
        options |= {
            "state": asked.answers["state"],
            "kind": asked.answers["kind"] or None,
            "groups": asked.kept,
        }
        return bodies.endorsements(site, statement, taken, **options), format
    options |= {"fields": asked.kept, "narrowed": narrowed(site, asked)}
    return people.signatories(site, statement, taken, **options), format
