"""A statement's versions, the exact texts that people signed; its social picture; its QR code."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions.errors import NotFound
from petitions.markdown import to_html
from petitions.site import Site
from petitions.statements import actions, qr
from petitions.statements import picture as pictures
from petitions.statements.drawing import pencil
from petitions.translations import catalogue
from petitions.web.assets import BRIEFLY, FOREVER
from petitions.web.page import page, url_maker
from petitions.web.reading import reading

ANYWHERE = {"Cross-Origin-Resource-Policy": "cross-origin"}  # pages of others may show these
A_DAY = {"Cache-Control": "public, max-age=86400", **ANYWHERE}


@reading
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


async def picture(request: Request) -> Response:
    """GET /{statement}/picture.png: for ever if the address carries this very version, else for five minutes."""
    site: Site = request.app.state.site
    async with site.store.reading():
        statement = await actions.find(site, request.path_params["statement"])
        counts = await site.store.tally.public(statement_id=statement.id)
    shown = pictures.words(site, statement, counts)
    if shown is None:
        raise NotFound
    png = await pencil.drawn(pictures.draw, shown)
    lasting = FOREVER if request.query_params.get("v") == shown.version else BRIEFLY
    return Response(png, media_type="image/png", headers={"Cache-Control": lasting, **ANYWHERE})


async def qr_svg(request: Request) -> Response:
    """GET /{statement}/qr.svg: with `?from=` the code tells that source, so that each poster can be counted."""
    address, language = await _coded(request)
    title = catalogue(language).gettext("QR code: %(address)s") % {"address": address}
    svg = await pencil.drawn(qr.svg, address, title)
    return Response(svg, media_type="image/svg+xml", headers=A_DAY)


async def qr_png(request: Request) -> Response:
    """GET /{statement}/qr.png, the same for word processors."""
    address, _ = await _coded(request)
    png = await pencil.drawn(qr.png, address)
    return Response(png, media_type="image/png", headers=A_DAY)


async def _coded(request: Request) -> tuple[str, str]:
    """The address that the code holds, from the base URL and never the Host header; the statement's language."""
    site: Site = request.app.state.site
    async with site.store.reading():
        statement = await actions.find(site, request.path_params["statement"])
    address = site.settings.base_url + url_maker(request)("statement", statement=statement.slug)
    return qr.with_source(address, request.query_params.get("from", "")), statement.language
