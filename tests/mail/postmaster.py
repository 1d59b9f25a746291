"""A mail server that can refuse at every step of the conversation, and counts who calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.sink import Sink


class Postmaster(Sink):
    """`senders` and `recipients`: address → the answer instead of 250; `connections`: how often we were called."""

    def __init__(self) -> None:
        super().__init__()
        self.senders: dict[str, str] = {}
        self.recipients: dict[str, str] = {}
        self.recipients_asked: list[str] = []
        self.connections = 0
        self.busy = self.busiest = 0
        self.slow = 0.0
        self._lines: list[SMTP] = []
        self.address = ("127.0.0.1", 0)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Postmaster]:
        """Takes letters while the block runs, in the loop of the tests."""
        server = await asyncio.get_running_loop().create_server(self._answer, *self.address)
        self.address = server.sockets[0].getsockname()[:2]
        yield self
        server.close()

    @property
    def url(self) -> str:
        return f"smtp://{self.address[0]}:{self.address[1]}?tls=none"

    def hang_up(self) -> None:
        """Cut every line, as a server does that was restarted."""
        for line in self._lines:
            if isinstance(line.transport, asyncio.Transport):
                line.transport.abort()

    def _answer(self) -> SMTP:
        self.connections += 1
        line = SMTP(self, enable_SMTPUTF8=True)
        self._lines.append(line)
        return line

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.senders:
            return self.senders[address]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.recipients_asked.append(address)
        if address in self.recipients:
            return self.recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        await asyncio.sleep(self.slow)
        self.busy -= 1
        return await super().handle_DATA(server, session, envelope)


@asynccontextmanager
async def grumpy(greeting: bytes) -> AsyncIterator[tuple[str, list[Any]]]:
    """A server that greets with a refusal and hangs up: its address, and a list that grows with each call."""
    calls: list[Any] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(writer)
        writer.write(greeting + b"\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"smtp://127.0.0.1:{port}?tls=none", calls
    finally:
        server.close()
