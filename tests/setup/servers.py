"""Mail servers as providers have them: with TLS from the start, with STARTTLS, with a log-in."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "ada@example.org", "a p@ss/w:rd#1 \"$HOME\" 'x' %41é"


class Mailbox:
    """Letters as they came; `logged_in` how often somebody gave user and password."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.senders: list[str] = []
        self.logged_in = 0
        self.port = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.letters.append(envelope.content)
        self.senders.append(envelope.mail_from or "")
        return "250 taken"

    def judge(
        self, server: SMTP, session: Session, envelope: Envelope, way: str, given: object
    ) -> AuthResult:
        good = isinstance(given, LoginPassword) and given == LoginPassword(USER.encode(), PASSWORD.encode())
        self.logged_in += good
        return AuthResult(success=good, handled=False)


class _AnyPort(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that vouches for itself, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    line = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    line += f" -addext subjectAltName=DNS:localhost -keyout {key} -out {cert}"
    subprocess.run(line.split(), check=True, capture_output=True)
    return cert, key


@contextmanager
def mail_server(
    tls: str, files: tuple[Path, Path], *, log_in: bool = True, strict: bool = True
) -> Iterator[Mailbox]:
    """`tls`: as in SMTP_URL; not `strict`: without STARTTLS it takes letters too, as Debian's Postfix does."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)
    mailbox = Mailbox()
    options: dict[str, Any] = {"auth_require_tls": tls == "starttls", "auth_required": log_in}
    if log_in:
        options["authenticator"] = mailbox.judge
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": strict}
    server = _AnyPort(
        mailbox,
        hostname="localhost",
        port=0,
        ssl_context=context if tls == "tls" else None,
        **options,
    )
    server.start()
    mailbox.port = server.port
    try:
        yield mailbox
    finally:
        server.stop()
