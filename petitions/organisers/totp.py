"""One-time codes of an app (RFC 6238): six digits, 30 seconds each. No secret is stored: it is made of the site's own
key, the organiser and a nonce, so that the database alone opens nothing.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from uuid import UUID

import pyotp
import segno
from markupsafe import Markup

from petitions.mail.letters import mail_domain
from petitions.site import Site

DIGITS = 6


def new_nonce() -> bytes:
    """For the secret of an app that is set up."""
    return secrets.token_bytes(16)


def secret(site: Site, organiser_id: UUID, nonce: bytes) -> str:
    """Base32 of 160 bits, as RFC 4226 §4 advises."""
    text = b"one-time codes\0" + organiser_id.bytes + nonce
    return base64.b32encode(hmac.digest(site.settings.address_key, text, "sha256")[:20]).decode()


def uri(site: Site, secret: str, email: str) -> str:
    """What the app reads from the picture: the secret, and under which name it lists it."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=mail_domain(site))


def picture(uri: str) -> Markup:
    """The same as a QR code, SVG for within a page: black on white with its margin, whatever the page's colours."""
    code = segno.make(uri, error="m", micro=False)
    drawn = code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704


def step_of(secret: str, typed: str, now: int) -> int | None:
    """The time step of these digits: this one or a neighbour (clocks differ). None: none of them."""
    codes = pyotp.TOTP(secret, digits=DIGITS)
    found = None
    for step in (now - 1, now, now + 1):
        if hmac.compare_digest(codes.generate_otp(step), typed):
            found = step
    return found
