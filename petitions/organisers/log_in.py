"""How an organiser comes in: by a letter to their address, or by a link made on this machine (signing.md §4).

A letter's link works only in the browser that asked for it; elsewhere its code can be typed into that browser. A link
that a command printed has no such browser, and asks with a button. Each is good for fifteen minutes, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from petitions import addresses
from petitions.errors import N_, Refused, TokenExpired, TokenInvalid
from petitions.ids import new_id
from petitions.mail import outbox
from petitions.organisers import actions as organisers
from petitions.organisers import sessions
from petitions.organisers.sessions import Begun
from petitions.proving import code
from petitions.proving.links import Key
from petitions.site import Site
from petitions.storage.store import Row
from petitions.tokens import pack, unpack

PURPOSE = "log-in"
NOBODY = UUID(int=0)
"""Stands for a statement where proving wants one: a log-in belongs to none."""
MINUTES = 15
"""A log-in is good, from its letter or from the command."""
LETTERS_A_DAY, FROM_ONE_A_DAY = 40, 6
"""Most log-in letters to one address, and of them by asking over one connection: who asks in an organiser's name must
not use up theirs. Letters that it asked not to get are others (signing.md §7)."""
TRIES_A_LETTER, WRONG_A_DAY = 5, 10
"""Of the code: of one letter, and wrong ones of an address, whatever they were for."""
_CEILING = 24 * 3600
"""Seconds a link can be read at all; whether it is good, the database says."""

UNKNOWN = N_("There is no organiser with this address.")


async def ask(site: Site, address: str, mark: bytes, next: str, *, language: str, near: str) -> None:
    """Ask for a log-in letter to a checked address; never looks whether it is an organiser's.

    `mark`: 16 random bytes, which the browser's cookie holds too. `next`: the path to go on to. `near`: over which
    connection (throttle.near_of).
    """
    await outbox.post(
        site,
        kind="log-in",
        campaign_id=None,
        language=language,
        address_key=addresses.address_key(site.settings.address_key, address),
        recipient=address,
        details={"mark": mark.hex(), "next": next, "near": near},
    )


async def link(site: Site, organiser: Row, *, actor: str) -> str:
    """The path of a one-time link for an organiser, made on this machine. Whoever can make it can read everything
    here, so that its session counts as having shown the second factor (docs/decisions/0031)."""
    id = new_id()
    async with site.store.transaction():
        await site.store.organisers.add_log_in(id=id, organiser_id=organiser.id, way="command", mark=None)
        await organisers.note(site, actor, "organiser link", details={"organiser": str(organiser.id)})
    return path(site, id)


def path(site: Site, id: UUID) -> str:
    """The address of a log-in, on this site."""
    return f"/organise/log-in/{site.tokens.make(PURPOSE, pack(id))}"


def code_of(site: Site, id: UUID) -> str:
    """The six digits of a log-in's letter."""
    return code.make(site, PURPOSE, Key(NOBODY, id), 1)


async def find_organiser(site: Site, email: str) -> Row:
    """The organiser of a checked address. Raises Refused: there is none."""
    key = addresses.address_key(site.settings.address_key, email)
    row: Row | None = await site.store.organisers.find_by_address(address_key=key)
    if row is None:
        raise Refused(UNKNOWN)
    return row


async def find(site: Site, token: str) -> Row:
    """The log-in of a link that can still be used, with its organiser. Raises TokenInvalid, TokenExpired."""
    row: Row | None = await site.store.organisers.find_log_in(id=_read(site, token), minutes=MINUTES)
    if row is None or not row.is_good:
        raise TokenExpired
    return row


async def use(site: Site, id: UUID, *, browser: str, old: str) -> Begun:
    """Begin a session by a log-in, which is over then. `old`: the session that the browser had before, which ends.

    Raises TokenExpired: somebody was quicker, or it is over.
    """
    async with site.store.transaction():
        used = await site.store.organisers.use_log_in(id=id, minutes=MINUTES)
        if used is None:
            raise TokenExpired
        begun = await sessions.begin(
            site, used.organiser_id, way=used.way, browser=browser, second=used.way == "command", old=old
        )
        actor = f"organiser:{used.organiser_id}"
        await organisers.note(site, actor, "log in", details={"way": used.way, "session": str(begun.id)})
    return begun


async def enter_code(
    site: Site, marks: Sequence[bytes], typed: str, *, browser: str, old: str
) -> Begun | None:
    """Begin a session by the code of the newest letter that this browser asked for. None: it is not that.

    Each try is spent before it is compared. Whatever fails gives the same answer, after the same work.
    """
    tries = await site.store.organisers.spend_try(
        marks=list(marks), minutes=MINUTES, a_letter=TRIES_A_LETTER, a_day=WRONG_A_DAY
    )
    for tried in tries:  # one for each address that was asked for here
        if not code.matches(site, PURPOSE, Key(NOBODY, tried.id), 1, typed):
            continue
        await site.store.organisers.return_daily_try(address_key=tried.address_key)
        with suppress(TokenExpired):  # its link was quicker
            return await use(site, tried.id, browser=browser, old=old)
    return None


def _read(site: Site, token: str) -> UUID:
    ids = unpack(site.tokens.read(PURPOSE, token, max_age=_CEILING))
    if len(ids) != 1:
        raise TokenInvalid
    return ids[0]
