"""What the operator is told by letter (PETITIONS_OPERATOR_EMAIL): a trouble that begins, that lasts, that is over.

A row of `troubles` decides, so that several workers tell once: when it begins, once a day while it lasts, and when it
has not been seen for half an hour. The letter waits in the outbox like any other, and says how things stand when it
leaves; one that a newer letter has overtaken meanwhile is dropped. docs/trouble.md has a heading for each.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import structlog

from petitions.errors import N_, DatabaseGone
from petitions.logs import describe
from petitions.mail import outbox
from petitions.mail.letters import Letter, LetterKind, at_once, compose_own
from petitions.site import Site
from petitions.storage.store import Row
from petitions.translations import catalogue
from petitions.web.measured import backup_age, backup_failed, disk_free

LATE = 10  # minutes
FAILED_SHARE, FAILED_LEAST = 0.2, 10  # of the letters that ended in the last hour
FAILURES = 3  # runs of a job, one after the other; of one that comes every six hours or less often, one
RECOUNT = "recount differs"  # the fact: how many statements the last recount complained of

log = structlog.get_logger("petitions.watch")
Found = Mapping[str, Any] | None
"""What is wrong, in numbers; None: nothing."""


class Trouble(NamedTuple):
    """How it is found, and what its letter says; `fact` is filled in with what was found."""

    find: Callable[[Site], Awaitable[Found]]
    title: str
    fact: str
    advice: str


async def look(site: Site) -> str:
    """Job: find what is wrong and tell the operator where there is news; the names of what is wrong."""
    wrong = []
    for name, trouble in TROUBLES.items():
        try:
            found = await trouble.find(site)
        except DatabaseGone:
            raise
        except Exception as error:  # the others are to be looked at all the same
            log.error("look failed", trouble=name, **describe(error))
            continue
        async with site.store.transaction():
            if found is not None:
                wrong.append(name)
                await seen(site, name, found)
            elif (told := await site.store.watch.miss(name=name)) is not None:
                log.warning("trouble over", trouble=name)
                if told:
                    await _tell(site, name)
    return ", ".join(wrong) or "nothing is wrong"


async def recounted(site: Site, differing: int) -> None:
    """Keep in mind how many statements a recount complained of."""
    await site.store.facts.note(name=RECOUNT, value=str(differing))


async def seen(site: Site, name: str, found: Mapping[str, Any]) -> None:
    """It is there: told if that is news, or nobody was told yet. Inside the caller's transaction."""
    row = await site.store.watch.see(name=name, details=dict(found))
    if row.news:
        log.warning("trouble", trouble=name, **found)
    if row.news or row.untold:
        await _tell(site, name)


async def _tell(site: Site, name: str) -> None:
    if not site.settings.operator_email:
        return
    id = await outbox.post(
        site,
        kind="trouble",
        campaign_id=None,
        language=site.settings.language,
        recipient=site.settings.operator_email,
    )
    await site.store.watch.told_by(name=name, letter_id=id)


async def _render(site: Site, row: Row) -> Letter | None:
    """How things stand now. None: a newer letter about it is on its way."""
    now = await site.store.watch.find(letter_id=row.id)
    if now is None or now.name not in TROUBLES:
        return None
    trouble, say = TROUBLES[now.name], catalogue(row.language).gettext
    return compose_own(
        site,
        "watch/trouble",
        language=row.language,
        to=row.recipient,
        base_url=site.settings.base_url,
        trouble=now,
        title=say(trouble.title),
        fact=say(trouble.fact) % now.details,
        advice=say(trouble.advice),
    )


KINDS = {"trouble": LetterKind(decide=at_once, render=_render)}
"""The operator's letters, for the roof to hand to the worker."""


async def _late(site: Site) -> Found:
    minutes = await outbox.late_minutes(site)
    return {"minutes": minutes} if minutes >= LATE else None


async def _failing_letters(site: Site) -> Found:
    rows = [row for row in await site.store.metrics.list_ended() if row.kind != "trouble"]
    failed = sum(row.letters for row in rows if row.state == "failed")
    ended = failed + sum(row.letters for row in rows if row.state == "sent")
    many = failed >= FAILED_LEAST and failed > FAILED_SHARE * ended
    return {"failed": failed, "ended": ended} if many else None


async def _disk(site: Site) -> Found:
    free = disk_free(site.settings.data_folder) // 10**6
    wanted = site.settings.disk_free_mb
    return {"free": free, "wanted": wanted} if free < wanted else None


async def _old_backup(site: Site) -> Found:
    age, most = await backup_age(site), site.settings.backup_hours
    return (
        {"hours": int(age // 3600), "most": most} if most and age is not None and age > most * 3600 else None
    )


async def _failed_backup(site: Site) -> Found:
    return {} if await backup_failed(site) else None


async def _recount(site: Site) -> Found:
    differing = int(await site.store.facts.find(name=RECOUNT) or 0)
    return {"statements": differing} if differing else None


async def _failing_jobs(site: Site) -> Found:
    """Those that still run: a job that a newer version does without is left alone."""
    failing = [
        row.name
        for row in await site.store.jobs.list_all()
        if row.failures >= (1 if row.every >= 6 * 3600 else FAILURES) and row.age < 2 * row.every + 3600
    ]
    return {"jobs": ", ".join(failing)} if failing else None


TROUBLES = {
    "late letters": Trouble(
        _late,
        N_("Letters are running late"),
        N_("The oldest letter that somebody waits for has been waiting for %(minutes)s minutes."),
        N_(
            "“petitions check” says whether the mail server lets us in; the log says what it answers. What waits "
            "is not lost. More in docs/trouble.md under “Letters are running late”."
        ),
    ),
    "failing letters": Trouble(
        _failing_letters,
        N_("Many letters fail"),
        N_("Of %(ended)s letters in the last hour, %(failed)s were refused for good."),
        N_(
            "Often a provider has put the machine or the sender on a list, or somebody fills the form with "
            "invented addresses. More in docs/trouble.md under “Many letters fail”."
        ),
    ),
    "disk": Trouble(
        _disk,
        N_("The disk is filling up"),
        N_("%(free)s megabytes are free where the data folder is; %(wanted)s should be."),
        N_(
            "Make room before it is full: then nobody can sign until there is room again. "
            "More in docs/trouble.md under “The disk is filling up”."
        ),
    ),
    "old backup": Trouble(
        _old_backup,
        N_("The backup is old"),
        N_("The newest backup is %(hours)s hours old; it should be %(most)s at most."),
        N_(
            "Look at whatever starts “petitions backup”: a timer or cron. "
            "More in docs/trouble.md under “The backup is old”."
        ),
    ),
    "failed backup": Trouble(
        _failed_backup,
        N_("The backup failed"),
        N_("The last backup was begun and not finished."),
        N_(
            "Run “petitions backup” by hand: it says what is wrong. "
            "More in docs/trouble.md under “The backup failed”."
        ),
    ),
    "recount": Trouble(
        _recount,
        N_("A count differs from its signatures"),
        N_(
            "Statements whose count the daily recount found different from their signatures or endorsements: "
            "%(statements)s."
        ),
        N_(
            "Keep the log and tell the developers: it is a defect. Nothing was repaired in silence. "
            "More in docs/trouble.md under “A count differs from its signatures”."
        ),
    ),
    "jobs": Trouble(
        _failing_jobs,
        N_("A timed job keeps failing"),
        N_("It has failed each time of late: %(jobs)s."),
        N_(
            "The log has a line “job failed” with the place in the code. "
            "More in docs/trouble.md under “A timed job keeps failing”."
        ),
    ),
}
