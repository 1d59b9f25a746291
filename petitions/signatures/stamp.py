"""The form's stamp: which statement, version and hour a page showed, signed.

By the hour, so that the whole page can be cached; nothing in it is about the visitor.
"""

from __future__ import annotations

import base64
import hmac
import time

from petitions.site import Site
from petitions.storage.store import Row

GOOD_HOURS = 48


def make(site: Site, statement: Row) -> str:
    """The stamp of a page that is rendered now."""
    return _stamp(site, statement, int(time.time() // 3600))


def fresh(site: Site, statement: Row, stamp: str) -> bool:
    """Was this the current version's page, at most 48 hours ago?"""
    hour_text = stamp.partition(".")[0]
    if not hour_text.isascii() or not hour_text.isdigit() or len(hour_text) > 9:
        return False
    hour = int(hour_text)
    now = int(time.time() // 3600)
    # Two hours into the future: clocks of two machines differ.
    typed = stamp.encode("utf-8", "replace")
    made = [one.encode() for one in _stamps(site, statement, hour)]
    return now - GOOD_HOURS <= hour <= now + 2 and any(hmac.compare_digest(one, typed) for one in made)


def _stamp(site: Site, statement: Row, hour: int) -> str:
    return _stamps(site, statement, hour)[0]


def _stamps(site: Site, statement: Row, hour: int) -> list[str]:
    digests = site.tokens.digests("form", f"{statement.id} {statement.version} {hour}")
    return [f"{hour}.{base64.urlsafe_b64encode(digest[:18]).decode()}" for digest in digests]
