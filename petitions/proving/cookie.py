"""The cookie that names the attempts made in this browser: up to five, each for a day.

An attempt is named by its mark, a keyed digest of what was typed, and never by the row that the
database made of it: the cookie must be the same whether or not the address is known (signing.md §3).
"""

from __future__ import annotations

import time
from typing import NamedTuple
from uuid import UUID

from itsdangerous.encoding import base64_decode, base64_encode
from starlette.requests import Request
from starlette.responses import Response

from petitions.errors import TokenError
from petitions.site import Site
from petitions.tokens import pack, unpack

ATTEMPTS = "attempts"
THANKS = "thanks"
_DAY = 24 * 3600
_MOST = 5
_ENTRY = 36  # bytes: statement id, mark, seconds since the epoch


class Mark(NamedTuple):
    """An attempt as the browser knows it."""

    statement_id: UUID
    mark: bytes  # 16


def armed(request: Request, book: str = ATTEMPTS) -> list[Mark]:
    """The attempts of this browser in the last 24 hours, newest first. `book`: a room's own cookie."""
    return [mark for mark, _ in _entries(request, book)]


def arm(request: Request, response: Response, mark: Mark, book: str = ATTEMPTS) -> None:
    """Remember an attempt. Not where the POST shows neither Sec-Fetch-Site nor Origin: then nobody
    can say that it came from our own page, and another site could have armed it."""
    if "sec-fetch-site" not in request.headers and "origin" not in request.headers:
        return
    others = [entry for entry in _entries(request, book) if entry[0] != mark]
    entries = [(mark, int(time.time())), *others][:_MOST]
    data = b"".join(m.statement_id.bytes + m.mark + at.to_bytes(4) for m, at in entries)
    _write(request, response, book, base64_encode(data).decode(), _DAY)


def disarm(request: Request, response: Response, *books: str) -> None:
    """Somebody else is on this device: forget all attempts."""
    for name in books or (ATTEMPTS, THANKS):
        response.delete_cookie(_name(request, name), path="/", secure=_secure(request), httponly=True)


def thank(request: Request, response: Response, key: tuple[UUID, UUID], book: str = THANKS) -> None:
    """After confirming: whom the thanks page thanks, for an hour, without a token in the address."""
    _write(request, response, book, pack(*key), 3600)


def thanked(request: Request, book: str = THANKS) -> tuple[UUID, UUID] | None:
    """(statement id, row id) just confirmed in this browser."""
    try:
        ids = unpack(_read(request, book, 3600))
    except TokenError:
        return None
    return (ids[0], ids[1]) if len(ids) == 2 else None


def _entries(request: Request, book: str) -> list[tuple[Mark, int]]:
    if _name(request, book) not in request.cookies:
        return []
    try:
        data = base64_decode(_read(request, book, _DAY))
    except TokenError:
        return []
    pieces = [data[i : i + _ENTRY] for i in range(0, len(data) - _ENTRY + 1, _ENTRY)]
    found = [(Mark(UUID(bytes=one[:16]), one[16:32]), int.from_bytes(one[32:])) for one in pieces]
    return [(mark, at) for mark, at in found if abs(time.time() - at) < _DAY]


def _read(request: Request, name: str, max_age: int) -> str:
    """What this site wrote into a cookie. Raises TokenError: none, too old, or not ours."""
    site: Site = request.app.state.site
    return site.tokens.read(name, request.cookies.get(_name(request, name), ""), max_age=max_age)


def _write(request: Request, response: Response, name: str, value: str, max_age: int) -> None:
    """By hand: http.cookies takes as long as all the rest of a cookie, for values that might need quoting."""
    site: Site = request.app.state.site
    told = f"{_name(request, name)}={site.tokens.make(name, value)}; HttpOnly; Max-Age={max_age}; Path=/; SameSite=lax"
    response.raw_headers.append((b"set-cookie", (told + "; Secure" * _secure(request)).encode()))


def _secure(request: Request) -> bool:
    site: Site = request.app.state.site
    return site.settings.base_url.startswith("https:")


def _name(request: Request, name: str) -> str:
    return f"__Host-{name}" if _secure(request) else name
