"""The public list of comments: those that organisers have approved, fifty a page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions.errors import NotFound
from petitions.statements import actions as statements
from petitions.web.page import page, site_of
from petitions.web.reading import reading

PAGE_SIZE = 50


@reading
async def comments(request: Request) -> Response:
    """GET /{statement}/comments: NotFound where the statement shows no comments at all."""
    site = site_of(request)
    statement = await statements.find(site, request.path_params["statement"])
    if "comment" not in statement.public_fields:
        raise NotFound
    listed = await site.store.comments.count_public(statement_id=statement.id)
    pages = max(1, -(-listed // PAGE_SIZE))
    number = page_number(request.query_params.get("page", "1"), pages)
    return page(
        request,
        "comments/list.html",
        language=statement.language,
        statement=statement,
        comments=await site.store.comments.list_page(
            statement_id=statement.id, most=PAGE_SIZE, skip=(number - 1) * PAGE_SIZE
        ),
        listed=listed,
        page=number,
        pages=pages,
    )


def page_number(text: str, pages: int) -> int:
    """Raises NotFound: there is no such page."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= number <= pages:
        raise NotFound
    return number
