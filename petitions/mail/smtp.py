"""How letters leave over SMTP: a few kept connections to one server."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import structlog
from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from petitions.errors import N_, Refused
from petitions.mail.kept import KeptLetters
from petitions.mail.letters import Letter, mail_domain, message
from petitions.mail.mime import envelope
from petitions.mail.pacing import Pauses
from petitions.parsers import is_loopback
from petitions.site import Site

CONNECTIONS = 4
KEPT = 30  # seconds that an idle connection is believed in
UNCERTAIN = "uncertain"  # code: no answer to the whole letter, so it may have arrived

log = structlog.get_logger("petitions.mail")

# letter: it alone, try again later · for ever: don't · domain: its whole domain says "later", or nothing
# sender: the server refuses this From address · server: it is down or refuses us
Whose = Literal["letter", "for ever", "domain", "sender", "server"]


class NotTaken(Exception):
    """The letter was not handed over. `code`: SMTP status or a word, never an address; `whose` fault it is."""

    def __init__(self, code: str | int, whose: Whose) -> None:
        super().__init__(str(code))
        self.code = str(code)
        self.whose = whose


@dataclass(frozen=True)
class Patience:
    """Seconds to wait: for an answer; for the last one, when the server has the letter and perhaps looks through
    it (RFC 5321 §4.5.3.2.6: ten minutes, else letters are sent twice); for all that comes before the letter."""

    answer: float = 30
    last: float = 600
    before: float = 300


@dataclass(frozen=True)
class Server:
    """Where SMTP_URL leads."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)


def server(url: str) -> Server:
    """Read `smtp://user:password@host:587?tls=starttls`. Raises Refused.

    Without `tls`: starttls; tls at port 465 (RFC 8314) and for smtps:; none on this machine.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("smtp", "smtps") or not host:
        raise Refused(N_("SMTP_URL must look like smtp://user:password@host:587?tls=starttls."))
    direct = parts.scheme == "smtps" or parts.port == 465
    usual = "tls" if direct else "none" if is_loopback(host) else "starttls"
    tls = parse_qs(parts.query).get("tls", [usual])[-1]
    if tls not in ("starttls", "tls", "none"):
        raise Refused(N_("In SMTP_URL, tls must be starttls, tls or none."))
    if tls == "none" and parts.password and not is_loopback(host):
        raise Refused(N_("SMTP_URL would send its password unencrypted: use tls=starttls or tls=tls."))
    port = parts.port or {"tls": 465, "starttls": 587, "none": 25}[tls]
    return Server(host, port, tls, unquote(parts.username or ""), unquote(parts.password or ""))


def transport(site: Site) -> Transport | KeptLetters:
    """The one way that this site's letters leave."""
    if not site.settings.smtp_url:
        return KeptLetters(site)
    return Transport(site, server(site.settings.smtp_url))


class Transport:
    """Kept connections to one server. When it fails it is left alone, 5 s doubling to 60 s, then probed once."""

    def __init__(
        self, site: Site, to: Server, pauses: Pauses | None = None, patience: Patience | None = None
    ) -> None:
        self._site = site
        self._server = to
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._idle: list[tuple[SMTP, float]] = []
        self._pauses = pauses or Pauses(5, 60)
        self._patience = patience or Patience()

    @property
    def rest(self) -> float:
        """Seconds for which the server is to be left alone."""
        return self._pauses.left("server")

    @property
    def doubted(self) -> bool:
        """It failed last time: one letter first."""
        return self._pauses.doubted("server")

    def place(self) -> AbstractAsyncContextManager[None]:
        """A connection's worth of room, to be waited for before `send`."""
        return self._places

    async def send(self, letter: Letter, id: UUID) -> None:
        """Hand the letter over, as long as our patience lasts. Raises NotTaken."""
        try:
            content = message(self._site, letter, id)
            sender, to = envelope(letter.sender), envelope(letter.to)
        except ValueError as error:
            raise NotTaken("address", "for ever") from error
        if self.rest:
            raise NotTaken("resting", "server")
        try:
            client = await self._offered(sender, to)
            await self._handed_over(client, content)
        except NotTaken as error:
            if error.whose == "server" and not self.rest:
                self._pauses.strike("server")
                log.warning("the mail server takes no letters", code=error.code, again_in=round(self.rest))
            raise
        self._pauses.clear("server")

    async def close(self) -> None:
        """Say goodbye to the server."""
        while self._idle:
            client, _ = self._idle.pop()
            with suppress(SMTPException, OSError):
                await client.quit(timeout=2)
            client.close()

    async def _offered(self, sender: str, to: str) -> SMTP:
        """A connection on which the server waits for the letter itself."""
        try:
            async with asyncio.timeout(self._patience.before):
                client = await self._begin(sender, foreign=not to.isascii())
                async with self._conversing(client):
                    await client.rcpt(to, encoding="utf-8")
                    begun = await client.execute_command(b"DATA")
                    if begun.code != 354:
                        raise SMTPDataError(begun.code, begun.message)
                return client
        except TimeoutError as error:
            raise NotTaken("too slow", "domain") from error

    async def _handed_over(self, client: SMTP, content: bytes) -> None:
        """As the second half of `client.data`, with another patience: from its last dot on the letter may arrive."""
        async with self._conversing(client, UNCERTAIN):
            line = client.protocol
            if line is None:
                raise SMTPServerDisconnected("Connection lost")
            line.write(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
            answer = await line.read_response(timeout=self._patience.last)
            if answer.code // 100 != 2:
                raise SMTPDataError(answer.code, answer.message)
        await self._keep(client)

    @asynccontextmanager
    async def _conversing(self, client: SMTP, unanswered: str = "no answer") -> AsyncIterator[None]:
        """What goes wrong inside becomes NotTaken; `unanswered`: its code where no answer can be read."""
        try:
            yield
        except SMTPResponseException as error:
            if error.code in _NO_SMTP:
                client.close()
            await self._keep(client, reset=True)
            raise NotTaken(_code(error) if error.code >= 400 else unanswered, _whose(error)) from error
        except (SMTPException, OSError) as error:
            client.close()
            # Silence may be the domain's: servers ask its own first. Each of its letters would hold a connection.
            whose: Whose = "domain" if isinstance(error, SMTPTimeoutError) else "letter"
            raise NotTaken(unanswered, whose) from error
        except BaseException:
            client.close()
            raise

    async def _begin(self, sender: str, *, foreign: bool) -> SMTP:
        """A connection on which the server takes letters from this sender."""
        while True:
            client, kept = await self._client()
            options = ["SMTPUTF8"] if foreign else []
            if foreign and not client.supports_extension("smtputf8"):
                await self._keep(client)
                raise NotTaken("SMTPUTF8", "for ever")
            try:
                await client.mail(sender, options=options)
                return client
            except (SMTPResponseException, SMTPServerDisconnected, SMTPTimeoutError) as error:
                code = getattr(error, "code", None)
                if code not in (None, 421):
                    await self._keep(client, reset=True)
                    raise NotTaken(code, "server" if code in _LOG_IN else "sender") from error
                client.close()
                if not kept:  # a kept one may simply have been idle for too long
                    raise NotTaken(code or "connection lost", "server") from error
            except BaseException:
                client.close()
                raise

    async def _client(self) -> tuple[SMTP, bool]:
        while self._idle:
            client, since = self._idle.pop()
            if client.is_connected and time.monotonic() - since < KEPT:
                return client, True
            client.close()
        to = self._server
        client = SMTP(
            hostname=to.host,
            port=to.port,
            use_tls=to.tls == "tls",
            start_tls=to.tls == "starttls",
            username=to.user or None,
            password=to.password or None,
            local_hostname=mail_domain(self._site),
            timeout=self._patience.answer,
        )
        try:
            await client.connect()
            await client.ehlo()
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            raise NotTaken(getattr(error, "code", type(error).__name__), "server") from error
        except BaseException:
            client.close()
            raise
        return client, False

    async def _keep(self, client: SMTP, *, reset: bool = False) -> None:
        """For the next letter, if the server still talks to us."""
        try:
            if reset and client.is_connected:
                await client.rset()
        except (SMTPException, OSError):
            client.close()
        if client.is_connected:
            self._idle.append((client, time.monotonic()))


_LOG_IN = frozenset({530, 534, 535, 538})  # RFC 4954: it wants us to log in, or better
_NO_SMTP = frozenset({-1, 421})  # what can't be read, and "I am closing": this line is of no more use
_DOMAIN_WIDE = frozenset({421, 450})
_MAILBOX = re.compile(r"\s*(4\.2\.\d+)")  # RFC 3463 §3.3: full, too busy, greylisted


def _code(error: SMTPResponseException) -> str | int:
    """The status; of a mailbox that says "later" the longer one, so that the outbox can tell it from a domain's."""
    own = _MAILBOX.match(error.message)
    return own[1] if own else error.code


def _whose(error: SMTPResponseException) -> Whose:
    """A refusal after MAIL FROM. 5.7.x and "relay" are said to us, not to the recipient: later may be better."""
    if error.code in _DOMAIN_WIDE:
        return "letter" if _MAILBOX.match(error.message) else "domain"
    ours = re.match(r"\s*5\.7\.", error.message) or "relay" in error.message.lower()
    return "for ever" if 500 <= error.code < 600 and not ours else "letter"
