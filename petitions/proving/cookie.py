"""The cookie that names the attempts made in this browser: up to five, for a day.

It is the only cookie a visitor gets before confirming, and it says which attempts, not who.
"""

from __future__ import annotations

import time
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from petitions.errors import TokenError
from petitions.site import Site
from petitions.tokens import pack, unpack

ATTEMPTS = "attempts"
THANKS = "thanks"
_DAY = 24 * 3600
_MOST = 5


def armed(request: Request) -> list[tuple[UUID, UUID]]:
    """(statement id, attempt id) of the attempts of the last 24 hours, newest first."""
    ids = _read(request, ATTEMPTS, _DAY)
    pairs = list(zip(ids[::2], ids[1::2], strict=True))
    return [pair for pair in pairs if time.time() - _made_at(pair[1]) < _DAY]


def arm(request: Request, response: Response, key: tuple[UUID, UUID]) -> None:
    """Remember an attempt. Not where the POST shows neither Sec-Fetch-Site nor Origin: then nobody
    can say that it came from our own page, and another site could have armed it."""
    if "sec-fetch-site" not in request.headers and "origin" not in request.headers:
        return
    others = [pair for pair in armed(request) if pair != tuple(key)]
    _write(request, response, ATTEMPTS, [tuple(key), *others][:_MOST], _DAY)


def disarm(request: Request, response: Response) -> None:
    """Somebody else signs on this device: forget all attempts."""
    for name in (ATTEMPTS, THANKS):
        response.delete_cookie(_name(request, name), path="/", secure=_secure(request), httponly=True)


def thank(request: Request, response: Response, key: tuple[UUID, UUID]) -> None:
    """After confirming: whom the thanks page thanks, for an hour, without a token in the address."""
    _write(request, response, THANKS, [tuple(key)], 3600)


def thanked(request: Request) -> tuple[UUID, UUID] | None:
    """(statement id, signature id) just confirmed in this browser."""
    ids = _read(request, THANKS, 3600)
    return (ids[0], ids[1]) if len(ids) == 2 else None


def _read(request: Request, name: str, max_age: int) -> list[UUID]:
    site: Site = request.app.state.site
    text = request.cookies.get(_name(request, name), "")
    try:
        ids = unpack(site.tokens.read(name, text, max_age=max_age)) if text else []
    except TokenError:
        return []
    return ids if len(ids) % 2 == 0 else []


def _write(
    request: Request, response: Response, name: str, keys: list[tuple[UUID, ...]], max_age: int
) -> None:
    site: Site = request.app.state.site
    response.set_cookie(
        _name(request, name),
        site.tokens.make(name, pack(*(one for key in keys for one in key))),
        max_age=max_age,
        path="/",
        secure=_secure(request),
        httponly=True,
        samesite="lax",
    )


def _secure(request: Request) -> bool:
    site: Site = request.app.state.site
    return site.settings.base_url.startswith("https:")


def _name(request: Request, name: str) -> str:
    return f"__Host-{name}" if _secure(request) else name


def _made_at(id: UUID) -> float:
    """Seconds since the epoch, from the 48 bits of a uuid version 7."""
    return (id.int >> 80) / 1000
