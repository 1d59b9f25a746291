"""The public list of the organisations that endorse."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from petitions.endorsements import LEVELS, listing
from petitions.endorsements.listing import Asked
from petitions.organisations import KINDS
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row
from petitions.web.kept import hangs_on
from petitions.web.page import NO_STORE, page
from petitions.web.reading import reading

PUBLIC = {"Cache-Control": "public, max-age=5, stale-while-revalidate=60"}
LOGOS = 36  # on the wall
TOPS = 60  # in the list of what bodies belong to


@reading
async def endorsements(request: Request) -> Response:
    """GET /{statement}/endorsements: the whole of it is everybody's, which alone is kept and indexed."""
    site: Site = request.app.state.site
    statement = await statements.find(site, request.path_params["statement"])
    hangs_on(request, statement.id, [statement.closes_at if statement.is_open else None])
    asked = listing.read(request.query_params)
    rows = await listing.found(site, statement, asked)
    return page(
        request,
        "endorsements/list.html",
        headers=PUBLIC if asked == Asked() else NO_STORE,
        language=statement.language,
        statement=statement,
        asked=asked,
        sections=listing.sections(rows),
        bodies=rows[0].found if rows else 0,
        pages=_pages(request.url.path, asked, rows[0].found if rows else 0),
        **await _whole(site, statement, asked),
    )


async def _whole(site: Site, statement: Row, asked: Asked) -> dict[str, Any]:
    """What the page says of the whole list."""
    wall = LOGOS if not asked.narrowed and asked.page == 1 else 0
    within = asked.of and await site.store.listing.find_body(statement_id=statement.id, id=asked.body)
    return {
        "counts": await site.store.tally.public(statement_id=statement.id),
        "members": await listing.affiliated_members(site, statement.id),
        "by_kind": await listing.kinds(site, statement.id),
        "tops": await site.store.listing.list_tops(statement_id=statement.id, most=TOPS),
        "logos": await site.store.listing.list_logos(statement_id=statement.id, most=wall) if wall else [],
        "within": within or "",
        "kinds": KINDS,
        "levels": LEVELS,
        **listing.FACES,
    }


def _pages(path: str, asked: Asked, bodies: int) -> dict[str, Any]:
    """How many pages there are, and the addresses of the one before and the one after, where there are such."""
    last = max(1, -(-bodies // listing.PAGE_SIZE))

    def address(number: int) -> str:
        told = {**asked._asdict(), "page": number if number > 1 else ""}
        query = urlencode({name: value for name, value in told.items() if value})
        return f"{path}?{query}" if query else path

    return {
        "last": last,
        "before": address(asked.page - 1) if asked.page > 1 else "",
        "after": address(asked.page + 1) if asked.page < last else "",
    }
