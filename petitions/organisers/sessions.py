"""Sessions: one browser at the desk. A row each: listed, ended by its organiser, or when a role changes.

The cookie holds 32 random bytes, the row their SHA-256: who reads the database can't sit down at a desk.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import NamedTuple
from uuid import UUID

from petitions.ids import new_id
from petitions.site import Site
from petitions.storage.store import Row

IDLE = 12
"""Hours without a request after which a session is over (organisers.sql)."""
LONGEST = 14
"""Days after which it is over in any case."""
FRESH = 10
"""Minutes that a second factor counts as just shown."""


class Begun(NamedTuple):
    """`token`: what the browser's cookie is to hold."""

    id: UUID
    token: str


async def begin(
    site: Site, organiser_id: UUID, *, way: str, browser: str = "", second: bool = False, old: str = ""
) -> Begun:
    """A new session; the browser's `old` one ends, so that nobody can plant a session for somebody else to use.

    `way`: 'letter' or 'command'. `second`: the second factor counts as shown.
    """
    token, id = secrets.token_urlsafe(32), new_id()
    await site.store.organisers.begin_session(
        id=id,
        organiser_id=organiser_id,
        digest=_digest(token),
        way=way,
        browser=browser[:100],
        second=second,
        old=_digest(old) if old else None,
    )
    return Begun(id, token)


async def find(site: Site, token: str) -> Row | None:
    """The session of a cookie with its organiser, and seen now: id, organiser_id, name, email, language, way,
    second_at, is_fresh, has_factor, is_owner. None: over, or never was."""
    row: Row | None = await site.store.organisers.find_session(
        digest=_digest(token), idle=IDLE, longest=LONGEST, fresh=FRESH
    )
    return row


async def list_of(site: Site, organiser_id: UUID) -> list[Row]:
    """The organiser's sessions that last: id, way, browser, created_at, seen_at; the one seen last first."""
    rows: list[Row] = await site.store.organisers.list_sessions(
        organiser_id=organiser_id, idle=IDLE, longest=LONGEST
    )
    return rows


async def renew(site: Site, session_id: UUID) -> str | None:
    """The second factor was shown: the session goes on under another token (no older copy of the cookie is worth
    more than it was). None: it is over."""
    token = secrets.token_urlsafe(32)
    renewed = await site.store.organisers.renew_session(id=session_id, digest=_digest(token))
    return token if renewed else None


async def end(site: Site, organiser_id: UUID, session_id: UUID) -> bool:
    """End one of the organiser's sessions."""
    return bool(await site.store.organisers.end_session(id=session_id, organiser_id=organiser_id))


async def end_all(site: Site, organiser_id: UUID, but: UUID | None = None) -> int:
    """End every session of an organiser, `but` one; how many. Their roles or factors changed, or they ask for it."""
    ended: int = await site.store.organisers.end_sessions(organiser_id=organiser_id, but=but)
    return ended


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
