"""`name=value; name=value`, as DKIM and DMARC records are written (RFC 6376 §3.2)."""

from __future__ import annotations


def tags(text: str) -> dict[str, str]:
    """Names in lower case; what has no value is left out."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, sign, value in pairs if sign}
