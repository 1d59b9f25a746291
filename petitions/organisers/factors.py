"""The second factor of an organiser: what they hold, how it is shown at the desk's door, and how it changes.

Every change needs it shown within ten minutes (the first of all excepted), ends the organiser's other sessions, and is
told by letter. Codes are few tries: five wrong ones in a row end the session, ten a day are looked at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

from petitions.errors import N_, LoggedOut, NotFound, Refused, SecondFactor, TokenError
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.organisers import factor_letters, passkeys, recovery, sessions, totp
from petitions.site import Site
from petitions.storage.store import Row
from petitions.tokens import pack, unpack

IN_A_ROW = 5
A_DAY = 10
_PURPOSE = "codes set up"
_HOUR = 3600  # seconds that the page which sets up an app is good for

EMPTY = N_("Type the code.")
WRONG = N_("This code can’t be used: it is mistyped, too old, or was used before. Type another one.")
TOO_MANY = N_(
    "Too many wrong codes were typed today. No more are looked at until tomorrow; a passkey still works."
)
ENDED = N_("Five codes in a row were wrong, so you are logged out.")
UNKNOWN = N_("This passkey is not one of yours. Use another one.")
STALE = N_("This page was open for too long. Scan the new picture.")
DONE = N_("This app is set up already.")
TAKEN = N_("This passkey is registered already.")
NONE = N_("Recovery codes need a passkey or an app first.")
LAST = N_("An owner keeps at least one second factor: set up another one first.")


class Held(NamedTuple):
    """What an organiser has. `about`: totp_since, totp_nonce, recovery_left, recovery_since."""

    passkeys: list[Row]
    about: Row


class Added(NamedTuple):
    """`token`: what the cookie is to hold now. `codes`: recovery codes, with the first factor of all."""

    token: str
    codes: list[str]


async def held(site: Site, organiser_id: UUID) -> Held:
    """Everything that this organiser may show."""
    keys = await site.store.organisers.list_passkeys(organiser_id=organiser_id)
    return Held(keys, await site.store.organisers.find_factors(organiser_id=organiser_id))


async def show_code(site: Site, session: Row, typed: str) -> str:
    """A one-time code or a recovery code was typed: what the session's cookie is to hold now.

    Raises Refused; LoggedOut: the session is over.
    """
    if not typed.strip():
        raise Refused(EMPTY)
    # The organiser's own tries: wrong codes for a signature of the same address must not lock the desk.
    day_key = session.organiser_id.bytes
    tried = await site.store.organisers.spend_code(
        session_id=session.id, day_key=day_key, in_a_row=IN_A_ROW, a_day=A_DAY
    )
    if tried is None:
        raise LoggedOut(ENDED)
    async with site.store.transaction():
        if tried.within and await _fits(site, session, typed, tried):
            await site.store.organisers.return_daily_try(address_key=day_key)
            return await _renewed(site, session)
        if tried.tries == IN_A_ROW:
            await sessions.end(site, session.organiser_id, session.id)
            await _note(site, session, "factor refused", {"session": str(session.id)})
    if tried.tries == IN_A_ROW:
        raise LoggedOut(ENDED)
    raise Refused(WRONG if tried.within else TOO_MANY)


async def ask_passkey(site: Site, session: Row) -> str:
    """What the browser is to ask of the organiser's passkeys, as JSON. Raises Refused."""
    keys = await site.store.organisers.list_passkeys(organiser_id=session.organiser_id)
    return await passkeys.ask_to_show(site, session, keys)


async def show_passkey(site: Site, session: Row, typed: str) -> str:
    """A passkey answered: what the session's cookie is to hold now. Raises Refused, LoggedOut."""
    challenge = await passkeys.take_challenge(site, session)
    key = await site.store.organisers.find_credential(
        organiser_id=session.organiser_id, credential=passkeys.credential_of(typed)
    )
    if key is None:
        raise Refused(UNKNOWN)
    count = passkeys.shown(site, challenge, typed, key)
    async with site.store.transaction():
        if not await site.store.organisers.use_passkey(
            organiser_id=session.organiser_id, id=key.id, sign_count=count
        ):
            raise Refused(passkeys.UNFIT)
        return await _renewed(site, session)


async def ask_new_passkey(site: Site, session: Row) -> str:
    """What the browser is to make a passkey of, as JSON. Raises Refused."""
    keys = await site.store.organisers.list_passkeys(organiser_id=session.organiser_id)
    return await passkeys.ask_to_make(site, session, keys)


async def add_passkey(site: Site, session: Row, name: str, typed: str) -> Added:
    """A passkey under a cleaned name. Raises Refused, SecondFactor, LoggedOut."""
    made = passkeys.made(site, await passkeys.take_challenge(site, session), typed)
    id = new_id()
    async with _changing(site, session):
        added = await site.store.organisers.add_passkey(
            id=id, organiser_id=session.organiser_id, name=name, **made._asdict()
        )
        if not added:
            raise Refused(TAKEN)
        return await _added(site, session, "passkey", str(id))


async def rename_passkey(site: Site, session: Row, id: UUID, name: str) -> None:
    """Under another cleaned name. Raises NotFound."""
    async with site.store.transaction():
        if not await site.store.organisers.rename_passkey(
            organiser_id=session.organiser_id, id=id, name=name
        ):
            raise NotFound
        await _note(site, session, "factor renamed", {"factor": "passkey", "id": str(id)})


async def remove_passkey(site: Site, session: Row, id: UUID) -> None:
    """It opens nothing any more. Raises NotFound, Refused, SecondFactor."""
    async with _changing(site, session):
        if not await site.store.organisers.remove_passkey(organiser_id=session.organiser_id, id=id):
            raise NotFound
        await _removed(site, session, "passkey", str(id))


def begin_codes(site: Site, session: Row) -> str:
    """A new secret for an app, as the page that shows it carries it along: nothing is stored before a code of it was
    typed."""
    return site.tokens.make(_PURPOSE, pack(session.id, UUID(bytes=totp.new_nonce())))


def secret_of(site: Site, session: Row, begun: str) -> str:
    """What `begin_codes` made, for the app. Raises Refused: too old, or another session's."""
    return totp.secret(site, session.organiser_id, _nonce_of(site, session, begun))


async def add_codes(site: Site, session: Row, begun: str, typed: str) -> Added:
    """One-time codes of this app count, and of no other; `typed` proves it. Raises Refused, SecondFactor, LoggedOut."""
    nonce = _nonce_of(site, session, begun)
    now = await site.store.organisers.time_step()
    step = totp.step_of(totp.secret(site, session.organiser_id, nonce), _digits(typed), now)
    if step is None:
        raise Refused(WRONG)
    async with _changing(site, session):
        if not await site.store.organisers.set_totp(
            organiser_id=session.organiser_id, nonce=nonce, step=step
        ):
            raise Refused(DONE)
        return await _added(site, session, "codes")


async def remove_codes(site: Site, session: Row) -> None:
    """The app's codes open nothing any more. Raises NotFound, Refused, SecondFactor."""
    async with _changing(site, session):
        if not await site.store.organisers.remove_totp(organiser_id=session.organiser_id):
            raise NotFound
        await _removed(site, session, "codes")


async def renew_recovery(site: Site, session: Row) -> list[str]:
    """New recovery codes, shown this once; the old ones are void. Raises Refused, SecondFactor."""
    async with _changing(site, session):
        if not await site.store.organisers.count_factors(organiser_id=session.organiser_id):
            raise Refused(NONE)
        codes = await _new_recovery(site, session)
        await _changed(site, session, "renewed", "recovery")
        return codes


@asynccontextmanager
async def _changing(site: Site, session: Row) -> AsyncIterator[None]:
    """A transaction in which nobody else changes them. Raises SecondFactor."""
    async with site.store.transaction():
        await site.store.organisers.hold_factors(organiser_id=session.organiser_id)
        if not await site.store.organisers.may_change_factors(session_id=session.id, fresh=sessions.FRESH):
            raise SecondFactor
        yield


async def _added(site: Site, session: Row, factor: str, id: str = "") -> Added:
    """It was just proven, so it counts as shown."""
    first = await site.store.organisers.count_factors(organiser_id=session.organiser_id) == 1
    codes = await _new_recovery(site, session) if first and not session.has_factor else []
    await _changed(site, session, "added", factor, id)
    return Added(await _renewed(site, session), codes)


async def _removed(site: Site, session: Row, factor: str, id: str = "") -> None:
    """Without any, a letter alone would open the desk: not an owner's."""
    if not await site.store.organisers.count_factors(organiser_id=session.organiser_id):
        if session.is_owner:
            raise Refused(LAST)
        await site.store.organisers.forget_recovery(organiser_id=session.organiser_id)
    await _changed(site, session, "removed", factor, id)


async def _changed(site: Site, session: Row, what: str, factor: str, id: str = "") -> None:
    """What every change does besides."""
    await sessions.end_all(site, session.organiser_id, but=session.id)
    await _note(site, session, f"factor {what}", {"factor": factor, **({"id": id} if id else {})})
    await factor_letters.tell(site, session, what, factor)


async def _fits(site: Site, session: Row, typed: str, tried: Row) -> bool:
    digits = _digits(typed)
    if len(digits) == totp.DIGITS and digits.isdecimal():
        return await _fits_app(site, session, digits, tried)
    digest = recovery.digest(site, session.organiser_id, typed)
    if not await site.store.organisers.use_recovery(organiser_id=session.organiser_id, digest=digest):
        return False
    about = await site.store.organisers.find_factors(organiser_id=session.organiser_id)
    await _note(site, session, "factor used", {"factor": "recovery", "left": about.recovery_left})
    await factor_letters.tell(site, session, "used", "recovery", about.recovery_left)
    return True


async def _fits_app(site: Site, session: Row, digits: str, tried: Row) -> bool:
    if tried.totp_nonce is None:
        return False
    step = totp.step_of(totp.secret(site, session.organiser_id, tried.totp_nonce), digits, tried.step)
    return step is not None and bool(
        await site.store.organisers.use_step(
            organiser_id=session.organiser_id, nonce=tried.totp_nonce, step=step
        )
    )


def _digits(typed: str) -> str:
    """What was typed without its gaps; "" where it is no ASCII."""
    return "".join(typed.split()).replace("-", "") if typed.isascii() else ""


def _nonce_of(site: Site, session: Row, begun: str) -> bytes:
    try:
        owner, nonce = unpack(site.tokens.read(_PURPOSE, begun, max_age=_HOUR))
    except (TokenError, ValueError):
        raise Refused(STALE) from None
    if owner != session.id:
        raise Refused(STALE)
    return nonce.bytes


async def _new_recovery(site: Site, session: Row) -> list[str]:
    codes = recovery.make()
    digests = [recovery.digest(site, session.organiser_id, code) for code in codes]
    await site.store.organisers.renew_recovery(organiser_id=session.organiser_id, digests=digests)
    return codes


async def _renewed(site: Site, session: Row) -> str:
    token = await sessions.renew(site, session.id)
    if token is None:
        raise LoggedOut
    return token


async def _note(site: Site, session: Row, act: str, details: dict[str, object]) -> None:
    await organisers.note(site, f"organiser:{session.organiser_id}", act, details=details)
