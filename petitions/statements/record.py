"""What every act on a statement does besides: reads its row, notes the audit, tells the public history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from petitions.errors import Refused
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.store import Row

_NOTHING: Mapping[str, Any] = {}


async def read(site: Site, id: UUID) -> Row:
    """The statement as it is now, whatever its state: a row of statements_now."""
    row: Row = await site.store.statements.find_by_id(id=id)
    return row


async def note(site: Site, actor: str, act: str, statement: Row, **details: Any) -> None:
    """A line in the audit."""
    await organisers.note(
        site, actor, act, campaign_id=statement.campaign_id, statement_id=statement.id, details=details
    )


async def tell(
    site: Site,
    statement_id: UUID,
    act: str,
    details: Mapping[str, Any] = _NOTHING,
    happened_at: datetime | None = None,
) -> None:
    """A line in the public history (statement_events); `happened_at` None: now."""
    await site.store.statements.write_event(
        statement_id=statement_id, id=new_id(), act=act, details=dict(details), happened_at=happened_at
    )


async def refusal(site: Site, statement: Row, sentence: str) -> Refused:
    """The sentence about the state that the statement is in now, whatever the caller believed."""
    now = await read(site, statement.id)
    state = "closed" if now.state == "open" and not now.is_open else now.state
    return Refused(sentence, slug=now.slug, state=state)


async def write_version(site: Site, statement_id: UUID, number: int, title: str, body: str) -> None:
    """The text of a version, for ever."""
    await site.store.statements.add_version(
        statement_id=statement_id, id=new_id(), number=number, title=title, body=body
    )
