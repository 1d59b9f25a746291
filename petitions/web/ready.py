"""An answer made ready: every form of it that may be asked for, whole, so that giving it costs next to nothing."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from starlette.types import Message, Send

Headers = list[tuple[bytes, bytes]]
_NOTHING: Message = {"type": "http.response.body", "body": b""}
_OF_THE_BODY = (b"content-length", b"content-type", b"content-encoding", b"etag")


class Drawn:
    """What the site answered: an ASGI `send` that keeps it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> Headers:
        return [(name.lower(), value) for name, value in self.messages[0]["headers"]]

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    def is_public(self) -> bool:
        """Whether it says of itself that it is the same for everybody."""
        told = dict(self.headers)
        return (
            self.status == 200
            and told.get(b"cache-control", b"").startswith(b"public")
            and not (told.keys() & {b"set-cookie", b"content-encoding"})
        )


class Form(NamedTuple):
    """One encoding of a page. `etag` names these very bytes (RFC 9110 §8.8.3: strong, each encoding its own)."""

    etag: bytes
    start: Message
    body: Message
    unchanged: Message


class Ready(NamedTuple):
    """A page as it is given. `template`: that of its route; `packed`: gzip, where it is smaller."""

    template: str
    plain: Form
    packed: Form | None


def ready(drawn: Drawn, template: str) -> Ready:
    """Only of what is public: on a page with a token, what a visitor adds and the length that comes out of gzip
    would betray the token (BREACH)."""
    body, headers = drawn.body, drawn.headers
    name = hashlib.sha256(body).hexdigest()[:24].encode()
    packed = gzip.compress(body, 6, mtime=0)
    if len(packed) >= len(body):
        return Ready(template, _form(headers, body, b'"%s"' % name), None)
    headers = _varied(headers)
    return Ready(
        template,
        _form(headers, body, b'"%s"' % name),
        _form(headers, packed, b'"%s-gzip"' % name, (b"content-encoding", b"gzip")),
    )


async def give(page: Ready, asked: Mapping[bytes, bytes], method: str, send: Send) -> int:
    """Send the form that was asked for, or that it has not changed (RFC 9110 §13.1.2); the status."""
    form = page.plain
    if page.packed is not None and reads_gzip(asked.get(b"accept-encoding", b"")):
        form = page.packed
    known = asked.get(b"if-none-match")
    if known is not None and (form.etag in known or known.strip() == b"*"):
        await send(form.unchanged)
        await send(_NOTHING)
        return 304
    await send(form.start)
    await send(_NOTHING if method == "HEAD" else form.body)
    return 200


def reads_gzip(accepted: bytes) -> bool:
    """Whether an Accept-Encoding takes gzip (RFC 9110 §12.5.3): `gzip;q=0` does not."""
    return len(accepted) < 200 and _reads_gzip(accepted)


@lru_cache(maxsize=500)
def _reads_gzip(accepted: bytes) -> bool:
    qualities = {}
    for part in accepted.decode("latin-1").lower().replace(" ", "").split(","):
        coding, _, quality = part.partition(";q=")
        qualities[coding] = quality
    told = qualities.get("gzip", qualities.get("*", "0"))
    return told.strip("0.") != "" if told else "gzip" in qualities or "*" in qualities


def _form(headers: Headers, body: bytes, etag: bytes, *more: tuple[bytes, bytes]) -> Form:
    kept = [pair for pair in headers if pair[0] not in (b"content-length", b"etag")]
    length = (b"content-length", b"%d" % len(body))
    unchanged = [pair for pair in headers if pair[0] not in _OF_THE_BODY]
    return Form(
        etag,
        {"type": "http.response.start", "status": 200, "headers": [*kept, *more, length, (b"etag", etag)]},
        {"type": "http.response.body", "body": body},
        {"type": "http.response.start", "status": 304, "headers": [*unchanged, (b"etag", etag)]},
    )


def _varied(headers: Headers) -> Headers:
    told = [value for name, value in headers if name == b"vary"]
    if not any(b"accept-encoding" in value.lower() for value in told):
        told.append(b"Accept-Encoding")
    return [*(pair for pair in headers if pair[0] != b"vary"), (b"vary", b", ".join(told))]
