"""Timed work of the review: endorsements that end by their date, and the letter that says how many wait."""

from __future__ import annotations

from collections import defaultdict

from petitions.endorsements import ledger
from petitions.endorsements.review_letters import NOTICE, TELL, post
from petitions.ids import new_id
from petitions.mail import outbox
from petitions.site import Site

_BATCH = 500


async def expire(site: Site) -> str:
    """Job: what has reached its date leaves list and count while the statement is open; officers of what ends within
    TELL days are told."""
    gone = 0
    while some := await _expire_some(site):
        gone += some
    async with site.store.transaction():
        ending = await site.store.review.tell_expiring(days=TELL)
        for row in ending:
            await post(site, row, "endorsement expiring", expires_on=row.expires_on.isoformat())
    return f"{gone} endorsements expired, {len(ending)} officers told"


async def _expire_some(site: Site) -> int:
    async with site.store.transaction():
        rows = await site.store.review.expire(event_ids=[new_id() for _ in range(_BATCH)])
        by_statement = defaultdict(list)
        for row in rows:
            by_statement[row.statement_id].append(row.id)
        for statement_id, ids in by_statement.items():
            await ledger.over(site, statement_id, ids)
    return len(rows)


async def tell_waiting(site: Site) -> str:
    """Job: campaigns hear by letter that endorsements wait; once a day at most, and only if something new came."""
    async with site.store.transaction():
        rows = await site.store.review.tell_waiting()
        for row in rows:
            await outbox.post(
                site, kind="endorsements waiting", campaign_id=row.id, language=row.language, priority=NOTICE
            )
    return f"{len(rows)} campaigns told"
