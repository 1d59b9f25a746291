"""What organisers do with one signature: hold and release it, take the name off the public list and put it on again.

Nobody is dealt with unseen: each act has a reason, and a letter tells the person (signing.md §7: never a shadow ban).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from petitions.errors import N_, Refused
from petitions.ids import new_id
from petitions.mail import outbox
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.store import Row

LONGEST_REASON = 2000  # characters

_NOT_HELD_THEN = N_("This signature can't be held: it does not count now. Somebody may have been quicker.")
_NOT_RELEASED = N_("This signature is not held any more. Somebody may have been quicker.")
_NOT_UNLISTED = N_(
    "This name can't be taken off the list: it is off already, or the signature stands no more."
)
_NOT_LISTED = N_("This name is not off the list, or the signature stands no more.")


async def hold(site: Site, statement: Row, id: UUID, *, actor: str, reason: str) -> None:
    """Out of the count until it is released. Raises Refused: it does not count (any more)."""
    await _act(site, statement, id, site.store.holding.hold, "held", _NOT_HELD_THEN, actor, reason)


async def release(site: Site, statement: Row, id: UUID, *, actor: str, reason: str = "") -> None:
    """Into the count again. Raises Refused: it is not held (any more)."""
    await _act(site, statement, id, site.store.holding.release, "released", _NOT_RELEASED, actor, reason)


async def unlist(site: Site, statement: Row, id: UUID, *, actor: str, reason: str) -> None:
    """The name goes off the public list; the signature counts. Raises Refused: nothing to take off."""
    await _act(site, statement, id, site.store.holding.unlist, "unlisted", _NOT_UNLISTED, actor, reason)


async def list_again(site: Site, statement: Row, id: UUID, *, actor: str, reason: str = "") -> None:
    """The name may stand on the public list again. Raises Refused: it was not taken off."""
    await _act(site, statement, id, site.store.holding.list_again, "listed", _NOT_LISTED, actor, reason)


async def _act(
    site: Site,
    statement: Row,
    id: UUID,
    query: Callable[..., Awaitable[Any]],
    act: str,
    refusal: str,
    actor: str,
    reason: str,
) -> None:
    """The act, its line in the audit and its letter, together. The reason is in the signature's own history alone: it
    may say something about a person."""
    async with site.store.transaction():
        moved = await query(statement_id=statement.id, id=id, event_id=new_id(), actor=actor, reason=reason)
        if moved is None:
            raise Refused(refusal)
        await organisers.note(
            site,
            actor,
            f"signature {act}",
            campaign_id=statement.campaign_id,
            statement_id=statement.id,
            details={"signature": str(id)},
        )
        await _tell(site, statement, moved, id, act)


async def _tell(site: Site, statement: Row, moved: Row, id: UUID, act: str) -> None:
    """The person, by letter."""
    await outbox.post(
        site,
        kind=f"signature {act}",
        priority=2,
        campaign_id=statement.campaign_id,
        statement_id=statement.id,
        subject_id=id,
        address_key=moved.address_key,
        language=moved.language,
    )
