"""A statement's versions: the exact texts that people signed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions.errors import NotFound
from petitions.markdown import to_html
from petitions.site import Site
from petitions.statements import actions
from petitions.web.page import page


async def version(request: Request) -> Response:
    """One version's text, and whether there is a newer one."""
    site: Site = request.app.state.site
    statement = await actions.find(site, request.path_params["statement"])
    number = request.path_params["number"]
    row = None
    if number < 2**31:  # the column's range
        row = await site.store.statements.find_version(statement_id=statement.id, number=number)
    if row is None:
        raise NotFound
    return page(
        request,
        "statements/version.html",
        statement=statement,
        version=row,
        text=to_html(row.body),
        newer=row.newer,
        versions=await site.store.statements.list_versions(statement_id=statement.id),
    )
