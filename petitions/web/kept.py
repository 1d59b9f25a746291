"""Public pages kept ready to be sent: drawn once for everybody, until something changes (docs/decisions/0014).

The outermost layer. A page is drawn by the whole site for a request of our own that carries nothing of any visitor,
so nothing of one can stand in what another is given. Which routes are kept, routes.py says.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from petitions.errors import DatabaseGone
from petitions.settings import Settings, is_local
from petitions.shelf import good_for
from petitions.site import Site
from petitions.web.log import log
from petitions.web.ready import Drawn, Ready, give, ready
from petitions.web.routing import Table

LATEST = 600.0  # seconds: how old a page may be that is shown while the database is gone
PATIENCE = 1.0  # seconds that somebody waits for the page of now where there is one of before
GONE = 1.0, 10.0  # seconds: a database that is gone is believed to be so for as long as finding it out took
TELL_EVERY = 10.0  # seconds: what is given from here has a line in the log together
_ONCE = (b"host", b"accept-encoding", b"if-none-match", b"content-length")
Asked = Mapping[bytes, bytes]
Fetched = tuple[Ready | None, Drawn | None]
"""The page, and what was drawn to answer this very request; both None: the site is to answer itself."""


def hangs_on(request: Request, statement_id: UUID | None, closing: Iterable[datetime | None] = ()) -> None:
    """What the view shows changes with this statement (None: with several), and at the next of these times.
    A page that does not say so is believed to change with everything."""
    request.state.hangs_on, request.state.good_for = statement_id, good_for(closing)


class Kept:
    """`hits`: how many were given from here, by route template and status."""

    def __init__(self, site: Site, table: Table) -> None:
        self.hits: Counter[tuple[str, int]] = Counter()
        self._told: Counter[tuple[str, int]] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        self._shelf = site.shelf
        self._base = urlsplit(site.settings.base_url)
        self._names = _names(site.settings)
        self._table = table
        self._gone_until = 0.0
        self._tries: set[asyncio.Task[Fetched]] = set()

    def around(self, app: ASGIApp) -> ASGIApp:
        """For Starlette's list of middleware: this, with the whole site inside."""
        self._app = app
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        asked = dict(scope["headers"])
        usual = self._is_usual(scope, asked)
        page = self._shelf.peek(("page", scope["path"])) if usual else None
        if page is not None and not self._is_queried(page.template, scope):
            self._note(page.template, await give(page, asked, scope["method"], send))
        elif template := self._template(scope):
            await self._draw(template, asked if usual else None, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def tell(self) -> None:
        """A line in the log for each kind of page that was given since the last."""
        if self._timer is not None:
            self._timer.cancel()
        told, self._told, self._timer = self._told, self.hits.copy(), None
        for (template, status), count in (self._told - told).items():
            log.info("request", route=template, status=status, kept=count)

    def _note(self, template: str, status: int) -> None:
        self.hits[template, status] += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TELL_EVERY, self.tell)

    def _is_usual(self, scope: Scope, asked: Asked) -> bool:
        """Whether the guard would let it pass, seen at a glance. What is not so clear it judges itself."""
        headers, query = scope["headers"], scope["query_string"]
        if asked.get(b"host") not in self._names or b"transfer-encoding" in asked:
            return False
        if asked.get(b"content-length", b"0") != b"0":
            return False
        if len(asked) < len(headers) and _is_said_twice(headers):
            return False
        return not query or (len(query) < 2000 and b"%00" not in query and b"\0" not in query)

    def _template(self, scope: Scope) -> str | None:
        """The template of the kept route that this path leads to, unless its view is to see the query."""
        found = self._table.match(scope)
        if found is None or found.match is not Match.FULL or not getattr(found.route, "kept", False):
            return None
        return None if self._is_queried(found.route.path, scope) else found.route.path

    def _is_queried(self, template: str, scope: Scope) -> bool:
        """Whether the query asks this route's view for something. What links carry for others' statistics does not."""
        seen = self._queried.get(template) if scope["query_string"] else None
        if not seen:
            return False
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        return "*" in seen or any(name in seen for name, _ in asked)

    @cached_property
    def _queried(self) -> dict[str, Collection[str]]:
        """What the views of some kept routes look at in the query, by template."""
        routes = [route for route in self._table.routes if isinstance(route, Route)]
        return {route.path: seen for route in routes if (seen := getattr(route, "queried", ()))}

    async def _draw(
        self, template: str, asked: Asked | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """`asked` None: unusual. The guard is to see it, and nobody else is given what comes of it."""
        page, drawn = await (
            self._fetched(template, scope) if asked is not None else self._own(template, scope, receive)
        )
        if page is not None:
            status = await give(page, asked or dict(scope["headers"]), scope["method"], send)
            if drawn is None:  # else it stands in the log already
                self._note(template, status)
        elif drawn is not None:
            for message in drawn.messages:
                await send(message)
        else:
            await self._app(scope, receive, send)

    async def _own(self, template: str, scope: Scope, receive: Receive) -> Fetched:
        """Drawn for this very request alone."""
        drawn = await self._drawn(scope, receive)
        return ready(drawn, template) if drawn.is_public() else None, drawn

    async def _fetched(self, template: str, scope: Scope) -> Fetched:
        """While the database is gone, or keeps us waiting: what was shown before, unless it was told of a change
        since."""
        key = ("page", scope["path"])
        last = self._shelf.last(key, LATEST)
        if last is None:
            return await self._try(key, template, scope)
        if time.monotonic() < self._gone_until:
            return last, None
        trying = asyncio.create_task(self._try(key, template, scope))
        self._tries.add(trying)
        trying.add_done_callback(self._tries.discard)
        done, _ = await asyncio.wait({trying}, timeout=PATIENCE)
        if not done:
            self._believe_gone(PATIENCE)
        elif not _says_gone(trying.result()):
            return trying.result()
        last = self._shelf.last(key, LATEST)
        return (last, None) if last else await trying

    async def _try(self, key: tuple[str, str], template: str, scope: Scope) -> Fetched:
        mine: list[Drawn] = []

        async def make() -> tuple[UUID | None, Ready | None, float]:
            ours, began = self._our_own(scope), time.monotonic()
            drawn = await self._drawn(ours, _nothing)
            if drawn.status == 200 or drawn.status >= 400:  # a redirect would lack the visitor's query
                mine.append(drawn)
            if drawn.status == 503:
                self._believe_gone(time.monotonic() - began)
                raise _Gone(drawn)
            self._gone_until = 0.0
            page = ready(drawn, template) if drawn.is_public() else None
            return ours["state"].get("hangs_on"), page, ours["state"].get("good_for", math.inf)

        try:
            page = await self._shelf.get(key, make)
        except _Gone as gone:
            if not mine:
                self._note(template, gone.drawn.status)
            return None, gone.drawn
        return page, mine[0] if mine else None

    def _believe_gone(self, took: float) -> None:
        self._gone_until = time.monotonic() + min(max(took, GONE[0]), GONE[1])

    async def _drawn(self, scope: Scope, receive: Receive) -> Drawn:
        drawn = Drawn()
        await self._app(scope, receive, drawn)
        return drawn

    def _our_own(self, scope: Scope) -> Scope:
        """A request for the same page as nobody in particular sends it."""
        return {
            **scope,
            "method": "GET",
            "scheme": self._base.scheme,
            "query_string": b"",
            "headers": [(b"host", self._base.netloc.encode())],
            "client": None,
            "state": {},
        }


class _Gone(DatabaseGone):
    """The page that says so, for all who waited for another."""

    def __init__(self, drawn: Drawn) -> None:
        super().__init__()
        self.drawn = drawn


def _says_gone(fetched: Fetched) -> bool:
    page, drawn = fetched
    return page is None and drawn is not None and drawn.status == 503


def _names(settings: Settings) -> frozenset[bytes]:
    """How our own Host is usually written."""
    base = urlsplit(settings.base_url)
    names = {base.netloc, base.netloc.removesuffix(":443" if base.scheme == "https" else ":80")}
    if is_local(settings):
        names |= {
            name + port for name in ("localhost", "127.0.0.1", "[::1]") for port in ("", f":{base.port}")
        }
    return frozenset(name.encode() for name in names)


def _is_said_twice(headers: list[tuple[bytes, bytes]]) -> bool:
    names = [name for name, _ in headers if name in _ONCE]
    return len(names) > len(set(names))


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
