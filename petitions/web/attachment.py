"""Files that people sent, handed out so that no browser takes them for a page of ours."""

from __future__ import annotations

import re

from starlette.responses import Response

from petitions.storage.store import Row
from petitions.web.headers import SANDBOXED
from petitions.web.page import NO_STORE

_AN_HOUR = "public, max-age=3600, immutable"  # no longer: what was taken back is to be gone soon


def inline_image(row: Row) -> Response:
    """A picture that a public page shows. ValueError: it is none."""
    if not row.type.startswith("image/"):
        raise ValueError("only pictures are shown")
    return _sandboxed(row, {"Cache-Control": _AN_HOUR})


def attachment(row: Row, filename: str) -> Response:
    """A file to be saved, never shown. `filename`: ours, without its ending, never what a visitor typed."""
    name = f"{re.sub('[^a-z0-9]+', '-', filename.lower())}.{ending(row.type)}"
    return _sandboxed(row, {"Content-Disposition": f'attachment; filename="{name}"', **NO_STORE})


def ending(type_: str) -> str:
    """Of a file's name: pdf, png, jpeg or webp."""
    return type_.rpartition("/")[2]


def _sandboxed(row: Row, headers: dict[str, str]) -> Response:
    return Response(row.data, media_type=row.type, headers={"Content-Security-Policy": SANDBOXED, **headers})
