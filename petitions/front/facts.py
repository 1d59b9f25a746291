"""A statement for programs: the public facts that its page shows, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from petitions.endorsements import listing
from petitions.front.count import public_facts
from petitions.front.views import PUBLIC
from petitions.markdown import to_html
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row
from petitions.web.kept import hangs_on
from petitions.web.page import url_maker


async def facts_json(request: Request) -> Response:
    """GET /{statement}.json: nothing that is not on the page, and nobody's name."""
    site: Site = request.app.state.site
    async with site.store.reading():
        row = await statements.find(site, request.path_params["statement"])
        hangs_on(request, row.id, [row.closes_at if row.is_open else None])
        counts = await site.store.tally.public(statement_id=row.id)
        notes = await site.store.statements.list_notes(statement_id=row.id)
        versions = await site.store.statements.list_versions(statement_id=row.id)
        kinds = await listing.kinds(site, row.id)
        members = await listing.affiliated_members(site, row.id)
    make = url_maker(request)

    def url(name: str, /, **params: Any) -> str:
        return site.settings.base_url + make(name, **params)

    facts = {
        **_statement(row, url),
        "versions": [_version(row, one, url) for one in versions],
        "notes": [{"at": _time(note.created_at), **_text(note.body)} for note in notes],
        "count": public_facts(row, counts)
        | {"people_of_earlier_versions": counts.people_earlier, "organisations_by_kind": kinds},
        "affiliated_members": members and _members(members),
        "campaign": _campaign(row, url),
    }
    return JSONResponse(facts, headers={**PUBLIC, "Access-Control-Allow-Origin": "*"})


def _statement(row: Row, url: Callable[..., str]) -> dict[str, Any]:
    return {
        "url": url("statement", statement=row.slug),
        "count_url": url("count", statement=row.slug),
        "endorsements_url": url("endorsements", statement=row.slug),
        "title": row.title,
        "kind": row.kind,
        "state": "closed" if row.state == "open" and not row.is_open else row.state,
        "language": row.language,
        "addressed_to": row.addressed_to or None,
        "opened_at": _time(row.opened_at),
        "closes_at": _time(row.closes_at) if row.is_open else None,
        "closed_at": _time(row.ended_at),
        "version": row.version,
        "text": _text(row.body),
    }


def _version(row: Row, version: Row, url: Callable[..., str]) -> dict[str, Any]:
    return {
        "number": version.number,
        "title": version.title,
        "at": _time(version.created_at),
        "url": url("version", statement=row.slug, number=version.number),
    }


def _members(row: Row) -> dict[str, Any]:
    """Of the organisations, as they told it, nobody twice; never to be added to the people."""
    return {
        "members": row.members,
        "told_by": row.counted,
        "dated_by": row.dated,
        "oldest": row.oldest and row.oldest.isoformat(),
        "newest": row.newest and row.newest.isoformat(),
    }


def _campaign(row: Row, url: Callable[..., str]) -> dict[str, Any]:
    return {
        "name": row.campaign_name,
        "url": url("campaign", campaign=row.campaign_slug),
        "controller": row.controller,
        "postal_address": row.postal_address,
        "on_behalf_of": row.on_behalf_of or None,
        "imprint_url": url("imprint", campaign=row.campaign_slug),
        "privacy_url": url("privacy", campaign=row.campaign_slug),
        "demonstration": row.demonstration,
    }


def _text(markdown: str) -> dict[str, str]:
    return {"markdown": markdown, "html": str(to_html(markdown))}


def _time(at: datetime | None) -> str | None:
    """In UTC (the connection's time zone), as in count.json."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None
