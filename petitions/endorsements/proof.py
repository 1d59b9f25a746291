"""How an endorsement is proven: its officer confirms, then a second one where one is named.

And what ends a claim that nobody confirms.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple
from uuid import UUID

from petitions import addresses
from petitions.endorsements import PURPOSE, SECOND
from petitions.errors import TokenInvalid
from petitions.ids import new_id
from petitions.proving import code, links
from petitions.proving.cookie import Mark
from petitions.proving.links import Key
from petitions.site import Site
from petitions.storage.store import Row
from petitions.tokens import pack, unpack

BOOK = "endorsements"
"""The cookie of the browser that filled in the form."""
THANKED = "endorsed"
"""The cookie of the browser that just confirmed."""
STANDING = ("confirmed", "questioned", "accepted")
"""The states in which a second officer may still speak."""
MOST_MAILED = 5
"""Claims of one address, on one statement, that were mailed and wait to be confirmed (docs/decisions/0030)."""
WRONG_A_DAY = 10
"""Wrong codes a day for one address, over all its letters."""


class Tried(NamedTuple):
    """What a typed code did."""

    key: Key | None = None  # of the endorsement that it belonged to; None: wrong, or there was none to try
    confirmed: bool = False


async def confirm(site: Site, row: Row, way: str) -> bool:
    """Did this confirm the claim in `row`, by 'link', 'button' or 'code'? The database says who was first."""
    if row.state != "pending":
        return False
    confirmed = await site.store.endorsements.confirm(
        statement_id=row.statement_id,
        id=row.id,
        way=way,
        subject_key=addresses.subject_key(site.settings.address_key, row.officer_email),
        ledger_ids=[new_id() for _ in row.consent_ids or ()],
        event_id=new_id(),
        notice_id=new_id(),
        second_letter_id=new_id(),
    )
    return confirmed is not None


async def enter_code(site: Site, marks: list[Mark], typed: str) -> Tried:
    """Try a code on the claims of this browser, the newest first.

    Each try is spent before it is compared, so that no parallel guesses slip through; whatever fails gives the
    same answer.
    """
    for mark in marks:
        tried = await site.store.endorsements.spend_try(
            statement_id=mark.statement_id, fingerprint=mark.mark, most=WRONG_A_DAY
        )
        if tried is None:
            continue
        key = Key(tried.statement_id, tried.id)
        if code.matches(site, PURPOSE, key, tried.letters, typed):
            await site.store.endorsements.return_daily_try(address_key=tried.address_key)
            row = await find(site, key)
            return Tried(key, row is not None and await confirm(site, row, "code"))
    return Tried()


async def find(site: Site, key: Key) -> Row | None:
    """The endorsement and what its link may still do (in_time, link_good, good_until); None: there is none."""
    row: Row | None = await site.store.endorsements.find(statement_id=key.statement_id, id=key.id)
    return row


async def not_me(site: Site, key: Key) -> bytes | None:
    """Delete a pending claim, and all others of its address, with their letters; the address key, None where nothing
    was pending."""
    gone = await site.store.endorsements.delete_claim(statement_id=key.statement_id, id=key.id, others=True)
    return gone.address_key if gone else None


async def ask_again(
    site: Site, statement_id: UUID, *, mark: bytes | None = None, id: UUID | None = None
) -> None:
    """Ask for another letter, by the browser's mark or the row's id.

    Nothing happens within a minute of the last, while one is put off, or where the claim waits no more.
    """
    await site.store.endorsements.ask_again(
        statement_id=statement_id, fingerprint=mark, id=id, letter_id=new_id()
    )


def second_token(site: Site, row: Row) -> str:
    """For the link of the second officer who is named in `row`, and of nobody who is named there later."""
    return site.tokens.make(SECOND, pack(row.statement_id, row.id, _digest(row.second_key)))


async def find_second(site: Site, token: str) -> tuple[Row | None, bool]:
    """The endorsement of such a link (None: deleted), and whether whom it was made for is still named there. Raises
    TokenInvalid, TokenExpired."""
    ids = unpack(site.tokens.read(SECOND, token, max_age=links.READABLE_FOR))
    if len(ids) != 3:
        raise TokenInvalid
    row = await find(site, Key(*ids[:2]))
    return row, row is not None and row.second_key is not None and _digest(row.second_key) == ids[2]


def _digest(second_key: bytes) -> UUID:
    return UUID(bytes=hashlib.sha256(second_key).digest()[:16])


async def ask_second_again(site: Site, row: Row) -> None:
    """Another letter to the second officer in `row`; nothing within a minute, or where they are not asked any more."""
    await site.store.endorsements.ask_second_again(**_second(row), letter_id=new_id())


async def confirm_second(site: Site, row: Row) -> bool:
    """The second officer in `row` confirms, once; False: they did or refused before, another is named by now, their
    time or the endorsement is over."""
    confirmed = await site.store.endorsements.confirm_second(**_second(row), event_id=new_id())
    return confirmed is not None


def _second(row: Row) -> dict[str, Any]:
    return {"statement_id": row.statement_id, "id": row.id, "second_key": row.second_key}


async def refuse_second(site: Site, row: Row) -> bytes | None:
    """The second officer in `row` knows nothing of it: forget them. Their address key; None: nothing to refuse."""
    refused = await site.store.endorsements.refuse_second(**_second(row), event_id=new_id())
    return refused.was if refused else None


async def remind(site: Site) -> str:
    """Job: post the reminders that are due."""
    sent = await site.store.endorsements.remind(most=500, letter_ids=[new_id() for _ in range(500)])
    return f"{len(sent)} reminders"


async def purge(site: Site) -> str:
    """Job: delete claims that nobody confirmed in time."""
    total = 0
    while gone := await site.store.endorsements.purge_unconfirmed(most=1000):
        total += gone
    return f"{total} claims deleted"
