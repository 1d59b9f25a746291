"""Server-Sent Events: an answer that stays open and tells its reader the newest alone.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from petitions.web.page import NO_STORE
from petitions.web.protocol import PatientProtocol

HEADERS = {
    "Content-Type": "text/event-stream",
    **NO_STORE,
    "X-Accel-Buffering": "no",  # nginx would keep events until it has a buffer full of them
    "Connection": "close",  # afterwards the connection is too narrow for pages
}
BEAT = 15.0  # seconds between signs of life: proxies cut what is silent for a minute
STALL = 30.0  # seconds for which a reader may take nothing
LIFE = 15 * 60.0  # seconds at most; the browser then comes back by itself
RETRY = (2_000, 10_000)  # milliseconds until it does: at random, or all would come at once
LAST_WORD = 1.0  # seconds in which the end has to be taken
_SIGN_OF_LIFE = b":\n\n"


class Event(NamedTuple):
    """`revision` goes up with what it tells. `body`: as it goes over the line, encoded once for all readers."""

    revision: int
    body: bytes


def event(revision: int, facts: object) -> Event:
    """An event of some facts, as JSON."""
    data = json.dumps(facts, separators=(",", ":")).encode()
    return Event(revision, b"id: %d\ndata: %s\n\n" % (revision, data))


class EventStream(Response):
    """One reader's answer. `put` never waits: what the reader can't take yet gives way to what is newer.

    `line`: its connection. `left` is called once, when the reader is gone or was let go. While nothing is told
    it costs one waiting task and one timer.
    """

    def __init__(
        self,
        line: PatientProtocol,
        left: Callable[[], None],
        *,
        beat: float = BEAT,
        stall: float = STALL,
        life: float = LIFE,
    ) -> None:
        self.status_code, self.background = 200, None
        self.init_headers(HEADERS)
        self._line, self.left = line, left
        self._beat, self._stall = beat, stall
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._loop.time() + life * random.uniform(0.8, 1)  # noqa: S311 - jitter, no secret
        self._newest: Event | None = None
        self._next = b""
        self._timer: asyncio.TimerHandle | None = None
        self._send: Send | None = None
        self._writer: asyncio.Task[None] | None = None
        self._took_at = 0.0
        self._ending = self._over = False

    def put(self, event: Event, *, known: bool = False) -> None:
        """Tell this, unless a newer one was told already. `known`: the reader says that it has this one."""
        if self._newest is not None and (event == self._newest or event.revision < self._newest.revision):
            return
        self._newest = event
        if not known:
            self._next = event.body
            self._write()

    def end(self) -> None:
        """Let the reader go: with a proper end, or without one if it does not take that."""
        self._ending = True
        self._write()
        self._loop.call_later(LAST_WORD, self._line.cut)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._line.narrow()
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            self._send = send
            self._next = b"retry: %d\n\n" % random.randint(*RETRY) + self._next  # noqa: S311
            self._write()
            self._line.at_stop(self.end)
            self._timer = self._loop.call_later(self._beat, self._tick)
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self._over = True
            if self._timer is not None:
                self._timer.cancel()
            self._line.at_stop(None)
            self.left()

    def _tick(self) -> None:
        now = self._loop.time()
        if self._writer is not None and now - self._took_at > self._stall:
            self._line.cut()
            return
        if now >= self._ends_at:
            self.end()
            return
        if self._writer is None:
            self._next = _SIGN_OF_LIFE
            self._write()
        self._timer = self._loop.call_later(self._beat, self._tick)

    def _write(self) -> None:
        """A task of its own for what is to be said now: none waits while there is nothing."""
        if self._send and self._writer is None and not self._over:
            self._took_at = self._loop.time()
            self._writer = self._loop.create_task(self._written(self._send))

    async def _written(self, send: Send) -> None:
        try:
            while not self._over and (self._next or self._ending):
                body, self._next, self._over = self._next, b"", self._ending
                await send({"type": "http.response.body", "body": body, "more_body": not self._over})
                self._took_at = self._loop.time()
        finally:
            self._writer = None
