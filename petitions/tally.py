"""The one writer of every public count: consumes the queue, gives numbers, tells who listens (signing.md §6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import structlog

from petitions.ids import new_id
from petitions.site import Site

Give = Callable[..., Awaitable[Any]]
"""A room's query that stores numbers: (statement_ids, ids, numbers)."""

BATCH = 10_000
COUNTED = ("people", "organisations")
"""What is counted, each by itself."""
log = structlog.get_logger()


async def count(site: Site, givers: Mapping[str, Give]) -> int:
    """Count everything that waits, in batches of one transaction each; how many lines were counted.

    `givers`: what is counted ('people') → the query that stores a number. Does nothing while
    another process counts.
    """
    total = 0
    while taken := await _batch(site, givers):
        total += taken
    return total


async def _batch(site: Site, givers: Mapping[str, Give]) -> int:
    async with site.store.transaction():
        if not await site.store.tally.lock():
            return 0
        rows = await site.store.tally.consume(most=BATCH)
        for what, give in givers.items():
            new = [row for row in rows if row.what == what]
            if new:
                await give(
                    statement_ids=[row.statement_id for row in new],
                    ids=[row.subject_id for row in new],
                    numbers=[row.number for row in new],
                )
    return rows[0].taken if rows else 0


async def recount(site: Site) -> list[str]:
    """Compare the counts with the rows; a sentence for each statement where they differ, and in what.

    Reports and repairs nothing: a difference is a defect that somebody must see.
    """
    wrong = []
    for row in await site.store.tally.list_statements():
        found = [await _recount(site, row.statement_id, what) for what in COUNTED]
        if any(found):
            wrong.append(f"{row.statement_id}: {'; '.join(filter(None, found))}")
    return wrong


async def _recount(site: Site, statement_id: UUID, what: str) -> str:
    """How people, or organisations, differ; "" where they don't."""
    row = await site.store.tally.recount(statement_id=statement_id, what=what)
    await site.store.tally.report(
        statement_id=statement_id, id=new_id(), what=what, counted=row.counted, found=row.found
    )
    if row.counted == row.found and row.hours == row.areas == row.sources == row.tallied:
        return ""
    log.error("recount differs", statement=str(statement_id), what=what, **dict(row))
    return f"{what}: counted {row.counted}, found {row.found}"
