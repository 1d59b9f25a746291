"""The background work: letters, the tally, timed jobs. The roof hands each service what rooms bring.

As many of these as you like may run beside each other: every piece of work is claimed in the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog

from petitions import jobs, tally, throttle, watch
from petitions.desk import waiting
from petitions.endorsements import expiring, leaving, officer_letters, proof, review_letters
from petitions.endorsements import letters as endorsement_letters
from petitions.files import actions as files
from petitions.jobs import Job
from petitions.logs import describe
from petitions.mail import delivery
from petitions.mail.letters import LetterKind
from petitions.motions import letters as motion_letters
from petitions.motions import submissions
from petitions.my import actions as my
from petitions.my import letters as my_letters
from petitions.organisers import actions as organisers
from petitions.organisers import factor_letters
from petitions.organisers import letters as organiser_letters
from petitions.organisers import me as organisers_own
from petitions.reports import actions as reports
from petitions.reports import letters as report_letters
from petitions.signatures import actions as signatures
from petitions.signatures import invalidating, reconsent, reconsent_letters
from petitions.signatures import letters as signature_letters
from petitions.signatures import notices as signature_notices
from petitions.site import Site
from petitions.statements import actions as statements

log = structlog.get_logger()

LETTERS: Mapping[str, LetterKind] = {
    **signature_letters.KINDS,
    **signature_notices.KINDS,
    **reconsent_letters.KINDS,
    **my_letters.KINDS,
    **endorsement_letters.KINDS,
    **review_letters.KINDS,
    **officer_letters.KINDS,
    **motion_letters.KINDS,
    **report_letters.KINDS,
    **waiting.KINDS,
    **organiser_letters.KINDS,
    **factor_letters.KINDS,
    **watch.KINDS,
}
TALLY_EVERY = 0.3  # seconds; the thanks page waits for a number at most 1.5


def givers(site: Site) -> dict[str, tally.Give]:
    """What is counted → the query that stores its numbers."""
    return {"people": site.store.signatures.give_numbers}


async def _anonymise(site: Site) -> str:
    async with site.store.transaction():  # what was erased and the line that says so: both or neither
        rows = await signatures.anonymise(site)
        for row in rows:
            await organisers.note(
                site,
                "job",
                "anonymised",
                campaign_id=row.campaign_id,
                statement_id=row.statement_id,
                details={"erased": row.erased},
            )
    return f"{len(rows)} statements anonymised"


async def _recount(site: Site) -> str:
    wrong = await tally.recount(site)
    await watch.recounted(site, len(wrong))
    return "; ".join(wrong) or "all counts agree"


JOBS: Mapping[str, Job] = {
    "close statements": Job(timedelta(minutes=1), statements.close_due),
    "reminders": Job(timedelta(minutes=30), signatures.remind),
    "purge unconfirmed": Job(timedelta(hours=1), signatures.purge),
    "ask again": Job(timedelta(minutes=1), reconsent.ask_some),
    "endorsement reminders": Job(timedelta(minutes=30), proof.remind),
    "purge endorsements": Job(timedelta(hours=1), proof.purge),
    "expire endorsements": Job(timedelta(hours=1), expiring.expire),
    "endorsements waiting": Job(timedelta(hours=1), expiring.tell_waiting),
    "words waiting": Job(timedelta(hours=1), waiting.tell),
    "tend reports": Job(timedelta(hours=6), reports.tend),
    "motion letters": Job(timedelta(minutes=30), submissions.remind),
    "purge submissions": Job(timedelta(hours=1), submissions.purge),
    "erase submissions": Job(timedelta(hours=6), submissions.erase),
    "erase withdrawn": Job(timedelta(hours=1), my.erase_withdrawn),
    "purge files": Job(timedelta(hours=1), files.purge),
    "forget origins": Job(timedelta(hours=6), jobs.tend_origins),
    "forget tries": Job(timedelta(hours=6), jobs.forget_tries),
    "forget letters": Job(timedelta(hours=6), delivery.purge),
    "forget throttle": Job(timedelta(minutes=10), throttle.purge),
    "expire consents": Job(timedelta(days=1), jobs.expire_consents),
    "forget sessions": Job(timedelta(days=1), organisers_own.forget),
    "forget officers": Job(timedelta(days=1), leaving.forget_officers),
    "anonymise": Job(timedelta(days=1), _anonymise),
    "count letters": Job(timedelta(minutes=5), tally.count_letters),
    "invalidations": Job(timedelta(seconds=10), invalidating.carry_out),
    "recount": Job(timedelta(days=1), _recount),
    "watch": Job(timedelta(minutes=1), watch.look),
}
# Beside the others, which may take an hour: trouble is to be told meanwhile.
_WATCH = {"watch": JOBS["watch"]}
_OTHERS = {name: job for name, job in JOBS.items() if name not in _WATCH}


async def work(site: Site) -> None:
    """Run until cancelled. What fails is logged and tried again; a dead database only pauses it."""
    await asyncio.gather(
        _forever("letters", lambda: delivery.deliver(site, LETTERS), pause=1.0),
        _forever("tally", lambda: tally.count(site, givers(site)), pause=TALLY_EVERY),
        _forever("jobs", lambda: jobs.run_due(site, _OTHERS), pause=10.0),
        _forever("watch", lambda: jobs.run_due(site, _WATCH), pause=10.0),
    )


async def work_once(site: Site) -> None:
    """Everything that is due now, once: letters, then the tally."""
    await delivery.deliver(site, LETTERS, once=True)
    await tally.count(site, givers(site))


async def _forever(name: str, step: Callable[[], Awaitable[Any]], *, pause: float) -> None:
    while True:
        try:
            await step()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # the loop must outlive whatever happens in one step
            log.error("work failed", work=name, **describe(error))
            await asyncio.sleep(2)
        await asyncio.sleep(pause)
