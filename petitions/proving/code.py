"""The six digits of a letter: derived, never stored."""

from __future__ import annotations

import hmac

from petitions.proving.links import Key
from petitions.site import Site


def make(site: Site, purpose: str, key: Key, letter: int) -> str:
    """Six digits for one letter of one attempt (truncated HMAC, as in RFC 4226 §5.3)."""
    return _digits(site.tokens.digest(f"code {purpose}", _subject(key, letter)))


def matches(site: Site, purpose: str, key: Key, letter: int, typed: str) -> bool:
    """Is this the code of that letter, under any secret still in force?"""
    digits = "".join(character for character in typed if character.isdecimal() and character.isascii())
    made = [_digits(digest) for digest in site.tokens.digests(f"code {purpose}", _subject(key, letter))]
    return any(hmac.compare_digest(one, digits) for one in made)


def _subject(key: Key, letter: int) -> str:
    return f"{key.statement_id} {key.id} {letter}"


def _digits(digest: bytes) -> str:
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"
