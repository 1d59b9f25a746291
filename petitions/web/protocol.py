"""HTTP as uvicorn speaks it, with what it lacks: a limit for the head of a request, and deadlines for the head,
for the rest of a body that nobody reads any more, and for the next request.

Without them a few machines could hold connections open for ever, a byte at a time.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

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

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

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
            self.transport.write(_ANSWER % status)
            self.transport.close()
