"""Timed jobs: rows in the database, each run claimed by one worker (`update … where next_run <= now()`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import NamedTuple

import structlog

from petitions.logs import describe
from petitions.site import Site

log = structlog.get_logger()

KEEP_ADDRESSES = 30  # days an IP address is kept whole (privacy.md 9)
KEEP_CONSENTS = timedelta(days=6 * 365 + 2)  # the proof of a consent (privacy.md 2)


class Job(NamedTuple):
    """What to do, and how often; `act` says in a few words what it did."""

    every: timedelta
    act: Callable[[Site], Awaitable[str]]


async def run_due(site: Site, jobs: Mapping[str, Job]) -> None:
    """Run what is due. A job that fails says so in its row and comes again at its next time."""
    for name, job in jobs.items():
        await site.store.jobs.register(name=name, every=job.every)
    for row in await site.store.jobs.claim(names=list(jobs)):
        result, failed = await _run(site, row.name, jobs[row.name])
        await site.store.jobs.done(name=row.name, result=result, failed=failed)


async def _run(site: Site, name: str, job: Job) -> tuple[str, bool]:
    """What it said, and whether it failed."""
    try:
        result = await job.act(site)
    except Exception as error:  # one broken job must not stop the others
        log.error("job failed", job=name, **describe(error))
        return f"failed: {type(error).__name__}", True
    log.info("job done", job=name, result=result)
    return result, False


async def tend_origins(site: Site) -> str:
    """Job: partitions for the days to come; addresses older than 30 days become networks."""
    moved = await site.store.jobs.tend_origins.patiently(keep_days=KEEP_ADDRESSES)
    return f"{moved} addresses truncated"


async def expire_consents(site: Site) -> str:
    """Job: consent records past their time."""
    gone = await site.store.jobs.expire_consents.patiently(older_than=KEEP_CONSENTS)
    return f"{gone} consent records ended"


async def forget_tries(site: Site) -> str:
    """Job: wrong codes of earlier days, letter times no cap asks for, links that ran out."""
    gone = await site.store.jobs.forget_tries()
    return f"{gone} rows forgotten"
