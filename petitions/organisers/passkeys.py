"""Passkeys (WebAuthn): what a browser is asked for, and whether what it answers will do.

The challenge stands in the session's row: it is good once, for five minutes, and in that session alone. The
library is loaded where it is used: it takes half a second, and no command of the terminal needs it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import urlsplit

from petitions.errors import N_, Refused
from petitions.site import Site
from petitions.storage.store import Row

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

MINUTES = 5
"""How long a challenge is good."""
UNFIT = N_("The passkey did not answer as it should. Please try again.")
LATE = N_("This took more than five minutes, or was sent twice. Please use the passkey once more.")
NOWHERE = N_("Passkeys work only where this site has a name and HTTPS. Use codes from an app here.")
Answer = TypeVar("Answer")


class Made(NamedTuple):
    """A new passkey, as its row keeps it."""

    credential: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]


def host(site: Site) -> str | None:
    """Whose passkeys they are: the base URL's host. None where browsers make no passkeys: under an IP address, and
    without HTTPS (localhost excepted)."""
    parts = urlsplit(site.settings.base_url)
    name = parts.hostname or ""
    if parts.scheme != "https" and name != "localhost" and not name.endswith(".localhost"):
        return None
    try:
        ip_address(name)
    except ValueError:
        return name
    return None


async def ask_to_make(site: Site, session: Row, held: Sequence[Row]) -> str:
    """What navigator.credentials.create is to get, as JSON; none of those that are `held` already."""
    import webauthn
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = webauthn.generate_registration_options(
        rp_id=_host(site),
        rp_name=_host(site),
        user_id=session.organiser_id.bytes,
        user_name=session.email,
        user_display_name=session.name,
        challenge=await _challenge(site, session),
        timeout=MINUTES * 60_000,
        exclude_credentials=_described(held),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return webauthn.options_to_json(options)


async def ask_to_show(site: Site, session: Row, held: Sequence[Row]) -> str:
    """What navigator.credentials.get is to get, as JSON: one of those that are `held`."""
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=_host(site),
        challenge=await _challenge(site, session),
        timeout=MINUTES * 60_000,
        allow_credentials=_described(held),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def made(site: Site, challenge: bytes, typed: str) -> Made:
    """A new passkey, of what the browser answered. Raises Refused."""
    import webauthn
    from webauthn.helpers.structs import AuthenticatorTransport

    known = {one.value for one in AuthenticatorTransport}

    def judge() -> Made:
        found = webauthn.verify_registration_response(
            credential=typed,
            expected_challenge=challenge,
            expected_rp_id=_host(site),
            expected_origin=_origin(site),
            require_user_verification=True,
        )
        ways = json.loads(typed)["response"].get("transports") or []
        transports = sorted(known.intersection(ways))
        return Made(found.credential_id, found.credential_public_key, found.sign_count, transports)

    return _judged(judge)


def credential_of(typed: str) -> bytes:
    """Which passkey answers. Raises Refused."""
    from webauthn.helpers import base64url_to_bytes

    return _judged(lambda: base64url_to_bytes(json.loads(typed)["rawId"]))


def shown(site: Site, challenge: bytes, typed: str, key: Row) -> int:
    """The count of a passkey that was shown, higher than before where it counts. Raises Refused."""
    import webauthn

    def judge() -> int:
        found = webauthn.verify_authentication_response(
            credential=typed,
            expected_challenge=challenge,
            expected_rp_id=_host(site),
            expected_origin=_origin(site),
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
        return found.new_sign_count

    return _judged(judge)


async def take_challenge(site: Site, session: Row) -> bytes:
    """What this session was asked to sign last, once. Raises Refused."""
    challenge = await site.store.organisers.take_challenge(session_id=session.id, minutes=MINUTES)
    if challenge is None:
        raise Refused(LATE)
    return bytes(challenge)


async def _challenge(site: Site, session: Row) -> bytes:
    challenge = secrets.token_bytes(32)
    await site.store.organisers.ask_challenge(session_id=session.id, challenge=challenge)
    return challenge


def _host(site: Site) -> str:
    name = host(site)
    if name is None:
        raise Refused(NOWHERE)
    return name


def _origin(site: Site) -> str:
    """As browsers write it: without the scheme's own port."""
    base = site.settings.base_url
    return base.removesuffix(":443" if base.startswith("https:") else ":80")


def _described(held: Sequence[Row]) -> list[PublicKeyCredentialDescriptor]:
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    return [
        PublicKeyCredentialDescriptor(
            id=one.credential, transports=[AuthenticatorTransport(way) for way in one.transports]
        )
        for one in held
    ]


def _judged(judge: Callable[[], Answer]) -> Answer:
    try:
        return judge()
    except (
        Exception
    ) as error:  # the library names what it refuses, but foreign JSON and CBOR may fail anywhere in it
        raise Refused(UNFIT) from error
