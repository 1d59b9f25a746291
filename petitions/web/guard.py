"""In front of every view: who asks, under which name, from which site, and how much they send.

Pure ASGI. What it refuses it raises; `Failures`, outside of it, draws the page.
"""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from petitions.errors import (
    N_,
    AddressTooLong,
    BadRequest,
    Misdirected,
    NotAllowed,
    TooLarge,
    TooSlow,
)
from petitions.parsers import is_loopback
from petitions.settings import Settings, is_local
from petitions.web import proxies
from petitions.web.routing import Table

SAFE = ("GET", "HEAD", "OPTIONS")
LONGEST_ADDRESS = 4096  # bytes of path and query
WITH_FILES = 32_000_000  # bytes of a form that brings files; one that is too large still gets an answer at its question
WITH_TEXT = (
    1_250_000  # of one with a statement's text: 100,000 characters, each up to twelve bytes once encoded
)
_LARGE_FILES = N_("Your files are too large: 10 MB each at most. Go back, and send smaller ones or none.")
MORE_TIME = 10  # times as long may such a form take to arrive
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_FORWARDED = ("forwarded", "x-forwarded", "x-real-ip")  # how the headers of proxies begin


def client_ip(request: Request) -> str:
    """The address of whoever asks, proxies seen through; `0.0.0.0` where the server can't tell."""
    return request.state.ip  # type: ignore[no-any-return]


def from_browser(request: Request) -> bool:
    """Whether a browser vouched for where this request came from: only then may it arm a cookie."""
    return request.state.from_browser  # type: ignore[no-any-return]


def is_at_home(request: Request) -> bool:
    """Whether this is a developer before their own machine: base URL, bound socket, peer and Host are all
    loopback, and no proxy stands between (one on the same machine makes every peer loopback)."""
    settings: Settings = request.app.state.site.settings
    names = (settings.host, request.client.host if request.client else "", request.headers.get("host", ""))
    loopback = is_local(settings) and all(is_loopback(_without_port(name)) for name in names)
    return loopback and not any(name.lower().startswith(_FORWARDED) for name in request.headers)


class Guard:
    """`from_anywhere`: path prefixes whose POSTs come from other programs and carry their own proof.
    `any_host`: paths answered under every name."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        table: Table,
        from_anywhere: tuple[str, ...] = (),
        any_host: tuple[str, ...] = (),
    ) -> None:
        self.app = app
        self.settings = settings
        self.table = table
        self.local = is_local(settings)
        self.netloc = _netloc(urlsplit(settings.base_url).scheme, urlsplit(settings.base_url).netloc)
        self.from_anywhere = from_anywhere
        self.any_host = any_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["ip"], scope["scheme"] = proxies.seen_through(scope, headers, self.settings.trusted_proxies)
        state["from_browser"] = "sec-fetch-site" in headers or "origin" in headers
        _check_address(scope)
        if scope["path"] not in self.any_host:
            self._check_host(scope, headers)
        if scope["method"] not in SAFE and not scope["path"].startswith(self.from_anywhere):
            self._check_origin(scope, headers)
        room = self._room(scope, headers)
        _check_length(headers, room)
        await self.app(scope, _Limited(receive, room), send)

    def _room(self, scope: Scope, headers: Headers) -> _Room:
        """More where routes.py says that a form brings files, or a long text."""
        usual = _Room(self.settings.max_body, self.settings.receive_seconds)
        if scope["method"] in SAFE:
            return usual
        found = self.table.match(scope)
        if found is None or found.match is not Match.FULL:
            return usual
        if getattr(found.route, "long", False):
            return _Room(max(WITH_TEXT, usual.size), usual.seconds)
        multipart = headers.get("content-type", "").lower().startswith("multipart/form-data")
        if not multipart or not getattr(found.route, "files", False):
            return usual
        return _Room(max(WITH_FILES, usual.size), MORE_TIME * usual.seconds, _LARGE_FILES)

    def _check_host(self, scope: Scope, headers: Headers) -> None:
        """RFC 9112 §3.2: none, several or an unreadable one: 400. RFC 9110 §15.5.20: not ours: 421."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
            raise BadRequest
        home = self.local and is_loopback(_without_port(hosts[0].lower()))
        if not home and _netloc(scope["scheme"], hosts[0]) != self.netloc:
            raise Misdirected

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        """`Sec-Fetch-Site` where the browser sends it (same-site is foreign: a neighbour's subdomain), else
        `Origin`. Neither: not a browser, so no cookies of a person ride along."""
        site = headers.get("sec-fetch-site")
        if site is not None:
            if site not in ("same-origin", "none"):
                raise NotAllowed
            return
        origin = headers.get("origin")
        if origin is None:
            return
        try:
            parts = urlsplit(origin)
        except ValueError:  # such as http://[
            raise NotAllowed from None
        ours = (self.settings.base_url, f"{scope['scheme']}://{headers.get('host', '')}")
        if parts.scheme not in ("http", "https") or f"{parts.scheme}://{parts.netloc}".lower() not in ours:
            raise NotAllowed


class _Room(NamedTuple):
    """Most bytes of a body, and seconds that it may take to arrive. `sentence`: what is said of more."""

    size: int
    seconds: float
    sentence: str = TooLarge.sentence


class _Limited:
    """`receive` that counts what arrives and does not wait for ever."""

    def __init__(self, receive: Receive, room: _Room) -> None:
        self.receive = receive
        self.room = room
        self.deadline = asyncio.get_running_loop().time() + room.seconds
        self.taken = 0
        self.whole = False

    async def __call__(self) -> Message:
        if self.whole:  # what follows is only the news that the visitor went away
            return await self.receive()
        try:
            async with asyncio.timeout_at(self.deadline):
                message = await self.receive()
        except TimeoutError:
            raise TooSlow from None
        self.taken += len(message.get("body", b""))
        self.whole = not message.get("more_body", False)
        if self.taken > self.room.size:
            raise TooLarge(self.room.sentence)
        return message


def _check_address(scope: Scope) -> None:
    """Length, and no null byte: no text of the database can hold one."""
    path, query = scope.get("raw_path") or scope["path"].encode(), scope["query_string"]
    if len(path) + len(query) > LONGEST_ADDRESS:
        raise AddressTooLong
    if "\0" in scope["path"] or b"%00" in query or b"\0" in query:
        raise BadRequest


def _check_length(headers: Headers, room: _Room) -> None:
    """Refused before a byte of it is read."""
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise BadRequest
    if len(length) > 18 or int(length) > room.size:
        raise TooLarge(room.sentence)


def _netloc(scheme: str, text: str) -> str:
    """Lower case, without the scheme's own port and a final dot."""
    host, _, port = text.lower().rpartition(":") if re.search(r":[0-9]+$", text) else (text.lower(), "", "")
    usual = {"http": "80", "https": "443"}.get(scheme)
    host = host.removesuffix(".")
    return host if port in ("", usual) else f"{host}:{port}"


def _without_port(host: str) -> str:
    return re.sub(r":[0-9]+$", "", host) if host.count(":") == 1 or "]" in host else host
