"""HTTP as uvicorn speaks it, with what it lacks: a limit for the head of a request, and deadlines for the head,
for the rest of a body that nobody reads any more, and for the next request.

Without them a few machines could hold connections open for ever, a byte at a time. An answer that stays open
(`events.py`) finds its connection in the request's state, as `line`.
"""

from __future__ import annotations

import socket
from asyncio import TimerHandle, Transport
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from petitions.web.log import log

HEAD_SECONDS = 15.0
LONGEST_HEAD = 32 * 1024  # bytes: of address and headers
_ANSWER = (
    b"HTTP/1.1 %s\r\ncontent-length: 0\r\nconnection: close\r\ncache-control: no-store\r\n"
    b"content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"
    b"x-content-type-options: nosniff\r\n\r\n"
)


class PatientProtocol(HttpToolsProtocol):
    """Patient, but not for ever: `patience` in seconds."""

    patience = HEAD_SECONDS
    _deadline: TimerHandle | None = None
    _arrived = 0
    _head = 0
    _in_head = False
    _stopping = False
    _at_stop: Callable[[], None] | None = None
    _answering: RequestResponseCycle | None = None

    def narrow(self) -> None:
        """From now on keep little for a reader who takes nothing: some ten events, then writing has to wait."""
        if self.transport.is_closing():  # already gone: there may be no socket any more
            return
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.transport.set_write_buffer_limits(high=0)

    def cut(self) -> None:
        """End at once, whatever was not taken yet."""
        self.transport.abort()

    def at_stop(self, call: Callable[[], None] | None) -> None:
        """What to call when the server stops, so that it need not wait for an answer that stays open."""
        self._at_stop = call
        if self._stopping and call is not None:
            call()

    def shutdown(self) -> None:
        super().shutdown()
        self._stopping = True
        if self._at_stop is not None:
            self._at_stop()

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)
        # uvicorn tells the request that came last; the one being answered may wait to hear it as well.
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()
        if self.scope is not None:  # a circle would wait for the garbage collector
            self.scope["state"].pop("line", None)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():  # refused: what still arrives is not read
            return
        # The parser keeps an unfinished line to itself, so what comes in is counted here.
        self._arrived += len(data)
        super().data_received(data)
        if self._in_head and self._arrived > LONGEST_HEAD:
            self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["line"] = self
        self._in_head, self._arrived, self._head = True, 0, 0
        self._wait()

    def on_url(self, url: bytes) -> None:
        self._head += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head += len(name) + len(value) + len(": \r\n")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._head > LONGEST_HEAD:  # it all came at once
            self._refuse(b"431 Request Header Fields Too Large")
        if self.transport.is_closing():
            return
        self._stop_waiting()
        self._in_head = False
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self.transport.is_closing():
            return
        super().on_message_complete()
        if self.cycle.response_complete:
            self._wait()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # uvicorn's own timer ends at the first byte of anything, such as a body that was not waited for.
        if self.cycle.response_complete and not self._in_head:
            self._wait()

    def _unsupported_upgrade_warning(self) -> None:
        """Whoever asks for a WebSocket gets the page instead: no news, and no two lines in the log."""

    def send_400_response(self, msg: str) -> None:
        self._refuse(b"400 Bad Request")

    def _wait(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(self.patience, self._too_slow)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        if self._in_head:
            self._refuse(b"408 Request Timeout")
        self.transport.close()

    def _refuse(self, status: bytes) -> None:
        if not self.transport.is_closing():
            log.info("request refused", status=int(status[:3]))  # the site never saw it, nor its log
            self.transport.write(_ANSWER % status)
            self.transport.close()
