"""A statement's own history, for everybody: its versions with what changed, notes, states, goals, corrections."""

from __future__ import annotations

import asyncio
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from petitions.front.views import PUBLIC
from petitions.markdown import to_html
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements.differences import differences, shortened
from petitions.storage.store import Row
from petitions.web.kept import hangs_on
from petitions.web.page import page, site_of
from petitions.web.reading import reading

COMPARED = 10
"""Versions, the newest, that are shown with what changed; of older ones the text is a link away."""


class Happened(NamedTuple):
    """`what`: version, note, or an act of statement_events; `about`: what its template needs."""

    at: datetime
    what: str
    about: dict[str, Any]


@reading
async def history(request: Request) -> Response:
    """GET /{statement}/history, the newest first."""
    site = site_of(request)
    statement = await statements.find(site, request.path_params["statement"])
    hangs_on(request, statement.id, [statement.closes_at if statement.is_open else None])
    happened = [
        *await _versions(site, statement),
        *await _notes(site, statement),
        *await _events(site, statement),
    ]
    return page(
        request,
        "front/history.html",
        headers=PUBLIC,
        statement=statement,
        corrections=await site.store.invalidations.list_public(statement_id=statement.id),
        happened=sorted(happened, key=lambda one: one.at, reverse=True),
    )


async def _versions(site: Site, statement: Row) -> list[Happened]:
    """All but the first, which is what was opened."""
    listed = await site.store.statements.list_versions(statement_id=statement.id)
    texts = await site.store.statements.list_texts(statement_id=statement.id, most=COMPARED + 1)
    changes = {
        new.number: (old.title, shortened(await asyncio.to_thread(differences, old.body, new.body)))
        for new, old in pairwise(texts)
    }
    return [
        Happened(
            one.created_at, "version", {"version": one, "changes": changes.get(one.number, (one.title, None))}
        )
        for one in listed[:-1]
    ]


async def _notes(site: Site, statement: Row) -> list[Happened]:
    notes = await site.store.statements.list_notes(statement_id=statement.id)
    return [Happened(note.created_at, "note", {"html": to_html(note.body)}) for note in notes]


async def _events(site: Site, statement: Row) -> list[Happened]:
    rows = await site.store.statements.list_events(statement_id=statement.id)
    return [Happened(row.happened_at, row.act, _change(row)) for row in rows]


def _change(row: Row) -> dict[str, Any]:
    """What was before and what is now; dates as dates."""
    before, now = row.details.get("from"), row.details.get("to")
    if row.act == "closing date":
        before, now = (datetime.fromisoformat(one) if one else None for one in (before, now))
    return {"before": before, "now": now}
