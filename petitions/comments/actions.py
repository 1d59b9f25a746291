"""What organisers do with comments: approve, decline, and change their mind."""

from __future__ import annotations

from uuid import UUID

from petitions.errors import N_, NotFound, Refused
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.store import Row

ACTS = {"approved": "comment approve", "declined": "comment decline", "waiting": "comment undo"}
"""State → the act that leads to it, as the audit names it."""

OTHER_WORDS = N_("Its signatory has changed this comment since you read it. Nothing was done: read it again.")
OTHER_STATE = N_("Somebody else has judged this comment meanwhile. Nothing was done: look at it again.")


async def judge(
    site: Site, statement: Row, id: UUID, *, digest: bytes, was: str, state: str, actor: str
) -> None:
    """Move a comment to `state`, of these very words and from the state that the organiser saw.

    Saying it twice does nothing more. Raises NotFound: no such comment of this statement; Refused: other words, or
    another state by now.
    """
    if state not in ACTS or was not in ACTS:
        raise NotFound
    key = {"statement_id": statement.id, "id": id}
    async with site.store.transaction():
        if not await site.store.comments.judge(**key, digest=digest, was=was, state=state, actor=actor):
            await _refuse(site, key, digest, state)
            return
        await organisers.note(
            site,
            actor,
            ACTS[state],
            campaign_id=statement.campaign_id,
            statement_id=statement.id,
            details={"signature": str(id)},
        )


async def _refuse(site: Site, key: dict[str, UUID], digest: bytes, state: str) -> None:
    """Why nothing was done; returns where it stands so already."""
    row = await site.store.comments.find(**key)
    if row is None:
        raise NotFound
    if row.digest != digest:
        raise Refused(OTHER_WORDS)
    if row.state != state:
        raise Refused(OTHER_STATE)
