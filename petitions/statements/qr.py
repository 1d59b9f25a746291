"""The QR code of a statement's address, for posters, slides and the printed page (ISO/IEC 18004)."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from typing import Any

import segno
from markupsafe import Markup

QUIET = 4  # modules left blank on each side, as the standard asks
SOURCE = re.compile(r"[A-Za-z0-9._-]{1,40}")  # what may stand after ?from= (docs/organisers.md)
# Level M: it can still be read with an eighth of it dirty or torn. White below it: it must be read on any paper.
_DRAWN: dict[str, Any] = {"border": QUIET, "dark": "#000", "light": "#fff"}


def with_source(address: str, source: str) -> str:
    """The address that tells where somebody saw it; a source that can't be one is left out."""
    return f"{address}?from={source}" if SOURCE.fullmatch(source) else address


def svg(address: str, title: str) -> bytes:
    """A file of its own."""
    file = io.BytesIO()
    _code(address).save(file, kind="svg", scale=8, title=title, svgclass=None, lineclass=None, **_DRAWN)
    return file.getvalue()


def png(address: str) -> bytes:
    """About 700 pixels wide: enough for 6 cm at 300 dots per inch, and each module a whole number of pixels."""
    file = io.BytesIO()
    _code(address).save(file, kind="png", scale=20, **_DRAWN)
    return file.getvalue()


@lru_cache(maxsize=64)
def inline(address: str) -> Markup:
    """For within a page, some 2 KB: nothing to load, so it is there when the page is printed."""
    options = {**_DRAWN, "omitsize": True, "svgclass": "qr", "lineclass": None}
    return Markup(_code(address).svg_inline(**options))  # noqa: S704


def _code(address: str) -> segno.QRCode:
    return segno.make(address, error="m", micro=False)
