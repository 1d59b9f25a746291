"""Where letters wait: one row a letter, written in the transaction of its cause. The worker finds it by polling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from petitions.ids import new_id
from petitions.site import Site

WAITED_FOR = 0  # priority: a person sits and waits for it
BULK = 9

_NOTHING: Mapping[str, Any] = {}


async def post(
    site: Site,
    *,
    kind: str,
    campaign_id: UUID | None,
    language: str,
    statement_id: UUID | None = None,
    subject_id: UUID | None = None,
    address_key: bytes | None = None,
    recipient: str | None = None,
    priority: int = WAITED_FOR,
    details: Mapping[str, Any] = _NOTHING,
) -> UUID:
    """Put a letter into the outbox, inside the caller's transaction; returns its id.

    `kind` names the LetterKind that decides and renders it. `campaign_id` None: the site's own letter.
    `details`: JSON values only (ids as text).
    `recipient` and `details` are forgotten once the letter is sent, dropped or failed.
    """
    id = new_id()
    await site.store.outbox.post(
        id=id,
        kind=kind,
        priority=priority,
        campaign_id=campaign_id,
        statement_id=statement_id,
        subject_id=subject_id,
        address_key=address_key,
        recipient=recipient,
        language=language,
        details=dict(details),
    )
    return id


async def late_minutes(site: Site) -> int:
    """How many whole minutes letters that people wait for are running late, measured; under two minutes: 0.

    Of the oldest one still here, whatever held it up: no worker, our server, its pause, the other side's "later".
    """
    minutes = int(await site.store.outbox.lateness() // 60)
    return minutes if minutes >= 2 else 0
