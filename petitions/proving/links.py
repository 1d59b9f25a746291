"""The token in a letter's link, and who may confirm with one click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from starlette.requests import Request

from petitions.errors import TokenInvalid
from petitions.proving import cookie
from petitions.site import Site
from petitions.tokens import pack, unpack

GOOD_FOR = 14 * 24 * 3600
"""Seconds a link works; a ceiling only, the row's own times decide in SQL."""
READABLE_FOR = GOOD_FOR + 7 * 24 * 3600
"""Seconds a link can still be read, to offer a new letter."""


class Key(NamedTuple):
    """Which attempt: the primary key of its row."""

    statement_id: UUID
    id: UUID

    @classmethod
    def read(cls, pair: Sequence[str]) -> Key:
        """From the two texts that JSON keeps of it."""
        return cls(UUID(pair[0]), UUID(pair[1]))


def make(site: Site, purpose: str, key: Key) -> str:
    """The token for a letter's link; `purpose` is the room's, so that no other room reads it."""
    return site.tokens.make(purpose, pack(*key))


def read(site: Site, purpose: str, token: str) -> Key:
    """Which attempt a token names. Raises TokenExpired, TokenInvalid."""
    ids = unpack(site.tokens.read(purpose, token, max_age=READABLE_FOR))
    if len(ids) != 2:
        raise TokenInvalid
    return Key(*ids)


def one_click(request: Request, mark: cookie.Mark, book: str = cookie.ATTEMPTS) -> bool:
    """May this GET confirm at once? Only a navigation of the browser that filled in the form.

    Mail scanners, prefetchers and link previews fetch links too; none of them holds the cookie,
    and those that share a browser's cookies say what they are (Sec-Purpose, Fetch Metadata).
    """
    headers = request.headers
    return (
        request.method == "GET"
        and not any(name in headers for name in ("sec-purpose", "purpose", "x-moz"))
        and headers.get("sec-fetch-mode", "navigate") == "navigate"
        and headers.get("sec-fetch-dest", "document") == "document"
        and mark in cookie.armed(request, book)
    )
