"""A JPEG's parts, without decoding a pixel: how often its picture is gone over (ITU-T T.81, annex B)."""

from __future__ import annotations

import re

MOST_PARTS = 2000  # a part that a program wrote in pieces has 255 at most
_EOI, _SOS = 0xD9, 0xDA
# A marker: what stuffs, restarts or has no length of its own is skipped, as libjpeg does.
_MARKER = re.compile(rb"\xff([^\0\x01\xd0-\xd8\xff])")


def scans(data: bytes) -> int | None:
    """How many scans stand before its end; None: more parts than any camera or program makes."""
    found = at = 0
    for _ in range(MOST_PARTS):
        marker = _MARKER.search(data, at)
        if marker is None or marker[1][0] == _EOI:
            return found
        found += marker[1][0] == _SOS
        at = marker.end() + max(2, int.from_bytes(data[marker.end() : marker.end() + 2], "big"))
    return None
