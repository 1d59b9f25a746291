"""The form's stamp: which statement, version, consent wordings and hour a page showed, signed.

By the hour, so that the whole page can be cached; nothing in it is about the visitor.
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Sequence
from uuid import UUID

from petitions.site import Site
from petitions.storage.store import Row

GOOD_HOURS = 48


def hour() -> int:
    """The hour of a stamp that is made now."""
    return int(time.time() // 3600)


def make(site: Site, statement: Row, texts: Sequence[Row]) -> str:
    """The stamp of a page that is rendered now."""
    return _stamps(site, _subject(statement, [text.id for text in texts]), hour())[0]


def fresh(site: Site, statement: Row, text_ids: Sequence[UUID], stamp: str) -> bool:
    """Was this the page of the current version with these very consents, at most 48 hours ago?"""
    hour_text = stamp.partition(".")[0]
    if not hour_text.isascii() or not hour_text.isdigit() or len(hour_text) > 9:
        return False
    made_in = int(hour_text)
    now = hour()
    # Two hours into the future: clocks of two machines differ.
    typed = stamp.encode("utf-8", "replace")
    made = [one.encode() for one in _stamps(site, _subject(statement, text_ids), made_in)]
    return now - GOOD_HOURS <= made_in <= now + 2 and any(hmac.compare_digest(one, typed) for one in made)


def ours(site: Site, statement: Row, text_ids: Sequence[UUID], stamp: str) -> bool:
    """Was it ever on a page with these very consents, of whatever version and hour?"""
    hour_text, typed = stamp.partition(".")[0], stamp.encode("utf-8", "replace")
    if not hour_text.isascii() or not hour_text.isdigit() or len(hour_text) > 9:
        return False
    subjects = [_subject(statement, text_ids, number) for number in range(1, statement.version + 1)]
    made = [one.encode() for subject in subjects for one in _stamps(site, subject, int(hour_text))]
    return any(hmac.compare_digest(one, typed) for one in made)


def _subject(statement: Row, text_ids: Sequence[UUID], version: int | None = None) -> str:
    return f"{statement.id} {version or statement.version} {sorted(map(str, text_ids))}"


def _stamps(site: Site, subject: str, hour: int) -> list[str]:
    digests = site.tokens.digests("form", f"{subject} {hour}")
    return [f"{hour}.{base64.urlsafe_b64encode(digest[:18]).decode()}" for digest in digests]
