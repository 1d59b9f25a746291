"""The one writer of every public count: consumes the queue, gives numbers, tells who listens (signing.md §6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from petitions.ids import new_id
from petitions.site import Site

Give = Callable[..., Awaitable[Any]]
"""A room's query that stores numbers: (statement_ids, ids, numbers)."""

BATCH = 10_000
COUNTED = ("people", "organisations")
"""What is counted, each by itself. Attempts are kept by the hour alone."""
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
LONGER = 2**31 - 1
WITHIN = (
    *(MINUTE, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR),
    *(DAY, 2 * DAY, 3 * DAY, 7 * DAY, 14 * DAY, LONGER),
)
"""Seconds, below which somebody confirmed: the upper ends of the buckets of `confirm_times`."""
OVERLAP = timedelta(hours=2)
"""How far before the last hour it knows the job looks again: letters end in transactions that take their time."""
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
        rows = await site.store.tally.consume(most=BATCH, within=list(WITHIN))
        for what, give in givers.items():
            new = [row for row in rows if row.what == what]
            if new:
                await give(
                    statement_ids=[row.statement_id for row in new],
                    ids=[row.subject_id for row in new],
                    numbers=[row.number for row in new],
                )
    return int(rows[0].taken)


async def count_letters(site: Site) -> str:
    """Job: letters that ended, by the hour, before the outbox forgets them. Says how many numbers it wrote."""
    return f"{await site.store.tally.count_letters.patiently(overlap=OVERLAP)} hours of letters counted"


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
