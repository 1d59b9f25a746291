"""How an endorsement is proven: its officer confirms, then a second one where one is named.

And what ends a claim that nobody confirms.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from petitions import addresses
from petitions.endorsements import PURPOSE
from petitions.ids import new_id
from petitions.proving import code
from petitions.proving.cookie import Mark
from petitions.proving.links import Key
from petitions.site import Site
from petitions.storage.store import Row

BOOK = "endorsements"
"""The cookie of the browser that filled in the form."""
THANKED = "endorsed"
"""The cookie of the browser that just confirmed."""
STANDING = ("confirmed", "questioned", "accepted")
"""The states in which a second officer may still speak."""
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
    """Delete a pending claim and its letters; its address key, None where nothing was pending."""
    gone = await site.store.endorsements.delete_claim(statement_id=key.statement_id, id=key.id)
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


async def confirm_second(site: Site, key: Key) -> bool:
    """The second officer confirms, once; False: they did or refused before, or the endorsement is over."""
    confirmed = await site.store.endorsements.confirm_second(
        statement_id=key.statement_id, id=key.id, event_id=new_id()
    )
    return confirmed is not None


async def refuse_second(site: Site, key: Key) -> bytes | None:
    """The second officer knows nothing of it: forget them. Their address key; None: nothing to refuse."""
    refused = await site.store.endorsements.refuse_second(
        statement_id=key.statement_id, id=key.id, event_id=new_id()
    )
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
