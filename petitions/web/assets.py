"""Static files: read once, compressed once, under addresses that carry their content and so never change."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from petitions.errors import NotFound
from petitions.folders import STATIC

FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "public, max-age=300"
_TYPES = {
    ".js": "text/javascript",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
_PACKABLE = ("text/", "image/svg", "application/json", "application/manifest")


@dataclass(frozen=True)
class File:
    body: bytes
    packed: bytes | None  # gzip, where it is smaller
    kind: str
    digest: str


@lru_cache(maxsize=1)
def files() -> dict[str, File]:
    """All static files by their path below the folder: what is not in here can't be asked for."""
    found = (file for file in STATIC.rglob("*") if file.is_file() and not file.name.startswith("."))
    return {file.relative_to(STATIC).as_posix(): _read(file.read_bytes(), file.suffix) for file in found}


def static_path(path: str) -> str:
    """The address of a static file, with its content's digest. KeyError where there is none."""
    return f"/static/{path}?v={files()[path].digest}"


async def static(request: Request) -> Response:
    """GET /static/{path}: for ever if the address carries this very content, else for five minutes."""
    file = files().get(request.path_params["path"])
    if file is None:
        raise NotFound
    headers = {
        "Cache-Control": FOREVER if request.query_params.get("v") == file.digest else BRIEFLY,
        "ETag": f'"{file.digest}"',
        "Vary": "Accept-Encoding",
    }
    if file.digest in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if file.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, media_type=file.kind, headers={**headers, "Content-Encoding": "gzip"})
    return Response(file.body, media_type=file.kind, headers=headers)


def _read(body: bytes, suffix: str) -> File:
    kind = _TYPES.get(suffix) or mimetypes.guess_type(f"file{suffix}")[0] or "application/octet-stream"
    packed = gzip.compress(body, 9, mtime=0) if kind.startswith(_PACKABLE) else b""
    smaller = packed if packed and len(packed) < len(body) else None
    return File(body, smaller, kind, hashlib.sha256(body).hexdigest()[:16])
