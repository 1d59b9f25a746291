"""The two files of an endorsement: its logo, which anyone may see, and its minutes, which organisers alone may get."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions.endorsements import MINUTES
from petitions.errors import NotFound, TokenInvalid
from petitions.files import actions as files
from petitions.site import Site
from petitions.storage.store import Row
from petitions.tokens import pack, unpack
from petitions.web.attachment import attachment, ending, inline_image
from petitions.web.page import site_of
from petitions.web.reading import reading

GOOD_FOR = 10 * 60  # seconds


def minutes_link(site: Site, endorsement: Row) -> str | None:
    """Where an organiser gets the minutes for ten minutes; None where none were sent."""
    if endorsement.minutes is None:
        return None
    token = site.tokens.make(MINUTES, pack(endorsement.statement_id, endorsement.id))
    return f"{site.settings.base_url}/endorsements/minutes/{token}"


@reading
async def logo(request: Request) -> Response:
    """GET /logo/{digest}.{ext}: only while it is the logo of a public endorsement."""
    site, digest = site_of(request), _digest(request.path_params["digest"])
    row = await files.get(site, digest) if await site.store.endorsements.is_logo(digest=digest) else None
    if row is None or ending(row.type) != request.path_params["ext"]:
        raise NotFound
    return inline_image(row)


async def minutes(request: Request) -> Response:
    """GET /endorsements/minutes/{token}: to be saved, never shown."""
    site = site_of(request)
    ids = unpack(site.tokens.read(MINUTES, request.path_params["token"], max_age=GOOD_FOR))
    if len(ids) != 2:
        raise TokenInvalid
    endorsement = await site.store.endorsements.find(statement_id=ids[0], id=ids[1])
    row = await files.get(site, endorsement.minutes) if endorsement and endorsement.minutes else None
    if row is None:
        raise NotFound
    return attachment(row, f"minutes-{ids[1].hex[-8:]}")


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise NotFound from None
