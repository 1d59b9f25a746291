"""How an endorsement, or what is kept of its officers, ends: withdrawn, erased by an officer, or when its time is over.

The endorsement is the body's: an accepted one stays where an officer's details go, and one officer's act never touches
what another gave.
"""

from __future__ import annotations

from typing import Any

from petitions.endorsements import WAITING, ledger
from petitions.errors import N_, Closed, NotFound
from petitions.ids import new_id
from petitions.mail import outbox
from petitions.organisers import actions as organisers
from petitions.proving.links import Key
from petitions.site import Site
from petitions.storage.store import Row

COUNT_STANDS = N_(
    "This statement is closed, and its count stands: an endorsement can’t be withdrawn any more. "
    "You can still have your details erased."
)
NOT_STANDING = N_("This endorsement can’t be withdrawn as it stands now.")
_BATCH = 500


async def withdraw(site: Site, address_key: bytes, key: Key) -> None:
    """Take it back, and what waits to correct it: an accepted one leaves list and count at once; a notice leaves.

    Doing it twice does nothing more. Raises NotFound; Closed where the statement is, or nothing stands.
    """
    async with site.store.transaction():
        await site.store.officers.hold(statement_id=key.statement_id, id=key.id)
        rows = await site.store.officers.list_family(
            statement_id=key.statement_id, id=key.id, address_key=address_key
        )
        mine = next((row for row in rows if row.id == key.id), None)
        if mine is None:
            raise NotFound
        if mine.state == "withdrawn":
            return
        if not await _withdraw(site, mine):
            raise Closed(COUNT_STANDS if mine.state == "accepted" else NOT_STANDING)
        for row in rows:
            if row.replaces_id == mine.id and row.state in WAITING:
                await _withdraw(site, row)
        await _notice(site, mine)


async def _withdraw(site: Site, row: Row) -> bool:
    """Whether it did: with every permission that was given for it."""
    gone = await site.store.officers.withdraw(statement_id=row.statement_id, id=row.id, event_id=new_id())
    if gone:
        await ledger.end(site, row.statement_id, [row.id])
    return bool(gone)


async def _notice(site: Site, row: Row) -> None:
    await outbox.post(
        site,
        kind="endorsement withdrawn",
        priority=2,
        campaign_id=row.campaign_id,
        statement_id=row.statement_id,
        subject_id=row.id,
        address_key=row.address_key,
        language=row.language,
    )


async def erase(site: Site, address_key: bytes, key: Key) -> None:
    """The officer's details go, of what corrected it as well, with the second officer's, the minutes and the note.

    A claim that nobody confirmed is deleted. A last letter says so. Raises NotFound.
    """
    async with site.store.transaction():
        rows = await site.store.officers.take_chain(
            statement_id=key.statement_id, id=key.id, address_key=address_key
        )
        mine = next((row for row in rows if row.id == key.id), None)
        if mine is None:
            raise NotFound
        if mine.state == "pending":
            await site.store.endorsements.delete_claim(
                statement_id=mine.statement_id, id=mine.id, others=False
            )
        else:
            ids = [row.id for row in rows]
            await ledger.end(site, mine.statement_id, ids, but=["logo"])  # the logo is the body's
            await site.store.officers.erase(
                statement_id=mine.statement_id, ids=ids, event_ids=[new_id() for _ in ids]
            )
        await tell_erased(site, mine, mine.officer_email, address_key)


async def erase_second(site: Site, address_key: bytes, key: Key) -> None:
    """A second officer takes their own details out, of what corrected it as well, and nothing else. Raises NotFound."""
    async with site.store.transaction():
        rows = await site.store.officers.take_second_chain(
            statement_id=key.statement_id, id=key.id, address_key=address_key
        )
        mine = next((row for row in rows if row.id == key.id), None)
        if mine is None:
            raise NotFound
        await site.store.officers.erase_second(
            statement_id=key.statement_id,
            ids=[row.id for row in rows],
            event_ids=[new_id() for _ in rows],
        )
        await tell_erased(site, mine, mine.second_email, address_key)


async def erase_submission(site: Site, address_key: bytes, key: Key) -> None:
    """The officer's details of a plan to put a motion; one that nobody confirmed goes whole. Raises NotFound."""
    async with site.store.transaction():
        gone = await site.store.officers.erase_submission(
            statement_id=key.statement_id, id=key.id, address_key=address_key
        )
        if gone is None:
            raise NotFound
        await ledger.end(site, key.statement_id, [key.id])
        await tell_erased(site, gone, gone.officer_email, address_key)


async def tell_erased(site: Site, row: Row, email: str | None, address_key: bytes) -> None:
    """The last letter, to the address that it carries itself: nothing else holds it any more."""
    if email is not None:
        facts: dict[str, Any] = {"body": row.name}
        await outbox.post(
            site,
            kind="officer erased",
            priority=2,
            campaign_id=row.campaign_id,
            statement_id=row.statement_id,
            address_key=address_key,
            recipient=email,
            language=row.language,
            details=facts,
        )


async def forget_officers(site: Site) -> str:
    """Job: officers' details and minutes whose time is over; organisations, public facts and counts stay."""
    total = 0
    while some := await _forget_some(site):
        total += some
    return f"officers of {total} endorsements forgotten"


async def _forget_some(site: Site) -> int:
    async with site.store.transaction():  # what was erased and the line that says so: both or neither
        rows = await site.store.officers.forget_officers(event_ids=[new_id() for _ in range(_BATCH)])
        for row in rows:
            await organisers.note(
                site,
                "job",
                "officers forgotten",
                campaign_id=row.campaign_id,
                statement_id=row.statement_id,
                details={"erased": row.erased},
            )
    return sum(row.erased for row in rows)
