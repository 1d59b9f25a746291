"""Whether a mail server lets us in: connects, encrypts, logs in, and sends nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from petitions.mail.smtp import Server

PATIENCE = 10.0  # seconds for everything

Outcome = Literal[
    "works", "unknown host", "refused", "time-out", "no TLS", "certificate", "log-in refused", "no log-in",
    "turned away", "no SMTP",
]  # fmt: skip

SENTENCES: dict[Outcome, str] = {
    "works": "lets us in",
    "unknown host": "no such host: is the name right?",
    "refused": "nothing listens there",
    "time-out": "no answer: a firewall, or the wrong port",
    "no TLS": "it offers no such encryption",
    "certificate": "its certificate is not for this name, or nobody vouches for it",
    "log-in refused": "it refuses user and password",
    "no log-in": "it offers no log-in, but user and password are set",
    "turned away": "it turns us away: the provider knows why",
    "no SMTP": "what answers there is no mail server, or hangs up",
}


async def probe(to: Server, name: str, patience: float = PATIENCE) -> Outcome:
    """What becomes of a call to the server. `name`: what we call ourselves there."""
    client = SMTP(
        hostname=to.host,
        port=to.port,
        use_tls=to.tls == "tls",
        start_tls=False,
        local_hostname=name,
        timeout=patience,
    )
    try:
        async with asyncio.timeout(patience):
            return await _greeted(client, to)
    except TimeoutError:
        return "time-out"
    finally:
        with suppress(SMTPException, OSError):
            if client.is_connected:
                await client.quit(timeout=1)
        client.close()


async def _greeted(client: SMTP, to: Server) -> Outcome:
    try:
        await client.connect()
        await client.ehlo()
        if to.tls == "starttls":
            if not client.supports_extension("starttls"):
                return "no TLS"
            await client.starttls()
            await client.ehlo()
        if to.user:
            if not client.supported_auth_methods:
                return "no log-in"
            await client.login(to.user, to.password)
    except SMTPAuthenticationError:
        return "log-in refused"
    except (SMTPException, OSError, ValueError) as error:
        return _why(error)
    return "works"


def _why(error: BaseException) -> Outcome:
    causes = [error, error.__cause__, error.__context__]
    if any(isinstance(one, ssl.SSLCertVerificationError) for one in causes):
        return "certificate"
    if any(isinstance(one, ssl.SSLError) for one in causes):
        return "no TLS"
    if any(isinstance(one, socket.gaierror) for one in causes):
        return "unknown host"
    if isinstance(error, SMTPTimeoutError):
        return "time-out"
    if isinstance(error, SMTPResponseException):
        return "turned away" if error.code >= 400 else "no SMTP"
    cut = any(isinstance(one, SMTPServerDisconnected) for one in causes)
    return "refused" if isinstance(error, SMTPConnectError) and not cut else "no SMTP"
