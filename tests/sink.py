"""A real SMTP server that collects letters, and can be told to answer like the bad ones out there."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Received:
    """One letter as it arrived."""

    to: str
    sender: str  # of the envelope
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def links(self) -> list[str]:
        """Every address in the plain text, in order."""
        return [link.rstrip(".,;)>") for link in re.findall(r"https?://[^\s<>]+", self.text)]

    def link(self, part: str) -> str:
        """The path of the first link that contains `part`."""
        found = next(link for link in self.links if part in link)
        return re.sub(r"^https?://[^/]+", "", found)

    @property
    def code(self) -> str:
        """The six digits that stand alone, or "" where there are none."""
        found = re.search(r"(?<![\w/.-])(\d{3})[ \u00a0\u202f]?(\d{3})(?![\w/-])", self.text)
        return "".join(found.groups()) if found else ""

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


class Sink(list[Received]):
    """The letters received, oldest first. `answers`: what to say to the next letters instead of taking them:
    a code (421, 450, 550 …), "hang" or "drop" (cut the line)."""

    def __init__(self, port: int = 0) -> None:
        super().__init__()
        self.answers: list[int | str] = []
        self.always: int | str | None = None
        self.seen = 0
        self._controller = _Controller(self, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.seen += 1
        answer = self.answers.pop(0) if self.answers else self.always
        if answer == "hang":
            await asyncio.sleep(3600)
        if answer == "drop":
            transport: Any = server.transport
            transport.abort()
            return "421 gone"
        if answer is not None:
            return f"{answer} an answer of the test"
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        for to in envelope.rcpt_tos:
            self.append(Received(to, envelope.mail_from or "", message))
        return "250 taken"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._controller.port}?tls=none"

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    def reset(self) -> None:
        self.clear()
        self.answers.clear()
        self.always = None
        self.seen = 0


class _Controller(Controller):
    """Port 0: a free one, known once it listens."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()
