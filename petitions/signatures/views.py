"""After confirming: the thanks with a number, and the public list."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from petitions.errors import N_, NotFound
from petitions.proving import cookie
from petitions.proving.links import Key
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row
from petitions.web.page import NO_STORE, page, redirect, url_maker
from petitions.web.reading import reading

PAGE_SIZE = 50


async def thanks(request: Request) -> Response:
    """Whom this browser just confirmed, with the number that the tally gives."""
    site: Site = request.app.state.site
    statement = await statements.find(site, request.path_params["statement"])
    pair = cookie.thanked(request)
    if pair is None or pair[0] != statement.id:
        return redirect(url_maker(request)("statement", statement=statement.slug))
    return page(
        request,
        "signatures/thanks.html",
        headers=NO_STORE,
        language=statement.language,
        statement=statement,
        number=await _number(site, Key(*pair)),
        counts=await site.store.tally.public(statement_id=statement.id),
        share=share_links(site, statement),
        address=f"{site.settings.base_url}/{statement.slug}",
    )


@reading
async def signatories(request: Request) -> Response:
    """The public list: those who agreed, fifty a page."""
    site: Site = request.app.state.site
    statement = await statements.find(site, request.path_params["statement"])
    listed = await site.store.signatures.count_signatories(statement_id=statement.id)
    pages = max(1, -(-listed // PAGE_SIZE))
    number = _page_number(request, pages)
    return page(
        request,
        "signatures/list.html",
        language=statement.language,
        statement=statement,
        counts=await site.store.tally.public(statement_id=statement.id),
        signatories=await site.store.signatures.list_signatories(
            statement_id=statement.id, most=PAGE_SIZE, skip=(number - 1) * PAGE_SIZE
        ),
        listed=listed,
        page=number,
        pages=pages,
    )


def share_links(site: Site, statement: Row) -> list[dict[str, str]]:
    """Plain links that share a statement: the visitor's own programs do it, never this server."""
    address = f"{site.settings.base_url}/{statement.slug}"
    text = quote(f"{statement.title} {address}")
    return [
        {"label": N_("E-mail"), "href": f"mailto:?subject={quote(statement.title)}&body={quote(address)}"},
        {"label": "WhatsApp", "href": f"https://wa.me/?text={text}"},
        {
            "label": "Facebook",
            "href": f"https://www.facebook.com/sharer/sharer.php?u={quote(address, safe='')}",
        },
        {"label": "Bluesky", "href": f"https://bsky.app/intent/compose?text={text}"},
        {"label": "X", "href": f"https://x.com/intent/post?text={text}"},
    ]


def _page_number(request: Request, pages: int) -> int:
    text = request.query_params.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 1 <= number <= pages:
        raise NotFound
    return number


async def _number(site: Site, key: Key) -> int | None:
    """The tally's number; waits for it at most 1.5 seconds."""
    for _ in range(10):
        row = await site.store.signatures.find(statement_id=key.statement_id, id=key.id)
        if row is None or row.number is not None:
            break
        await asyncio.sleep(0.15)
    return row.number if row else None
