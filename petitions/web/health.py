"""For whatever watches the process: is it up, can it serve?"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from petitions.errors import DatabaseGone
from petitions.site import missing_steps
from petitions.web.page import NO_STORE, site_of


async def healthz(request: Request) -> Response:
    """GET /healthz: this process answers."""
    return PlainTextResponse("ok\n", headers=NO_STORE)


async def readyz(request: Request) -> Response:
    """GET /readyz: the database answers and its schema is up to date; else 503 with a word why."""
    try:
        missing = await missing_steps(site_of(request))
    except DatabaseGone:
        return PlainTextResponse("database gone\n", 503, headers=NO_STORE)
    if missing:
        return PlainTextResponse("schema out of date: run `petitions migrate`\n", 503, headers=NO_STORE)
    return PlainTextResponse("ok\n", headers=NO_STORE)
