"""From draft to archive, and what may change meanwhile: goal and closing date. The database judges each step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from petitions.campaigns.facts import LABELS, NEEDED
from petitions.errors import N_, Refused
from petitions.ids import new_id
from petitions.site import Site
from petitions.statements import record
from petitions.statements.consents import of_officers, wordings
from petitions.storage.store import Row

LACKING = N_("“%(slug)s” can't open: its campaign has no %(lacking)s.")
_GOALS = N_("“%(slug)s” is %(state)s: its goal can be changed only while it is open.")
_DATES = N_("“%(slug)s” is %(state)s: its closing date can be changed only while it is open.")
PAST = N_("The closing date is past: choose a later one.")


async def open_(site: Site, statement: Row, *, actor: str, read: int | None = None) -> Row:
    """Draft → open: fields are fixed and the consent wordings written. `read`: the version that whoever opens it has
    seen, None: whichever it is. Raises Refused: what is missing."""
    async with site.store.transaction():
        if await site.store.statements.open(id=statement.id, read=read) is None:
            raise await _why_not_open(site, statement)
        row = await record.read(site, statement.id)
        await write_consents(site, row)
        await record.tell(site, row.id, "opened")
        await record.note(site, actor, "statement open", row)
    return row


async def close(site: Site, statement: Row, *, actor: str) -> Row:
    """Open → closed. Raises Refused."""
    refused = N_("“%(slug)s” is not open: it is %(state)s.")
    return await _move(site, statement, "close", site.store.statements.close, refused, actor)


async def reopen(site: Site, statement: Row, *, actor: str) -> Row:
    """Closed → open, but not once the personal data are anonymised. Raises Refused."""
    if statement.anonymised_at is not None:  # only the wording of the refusal: the database judges
        refused = N_("“%(slug)s” can't reopen: its signatures were anonymised when its retention ended.")
    else:
        refused = N_("“%(slug)s” is not closed: it is %(state)s.")
    async with site.store.transaction():
        was = await site.store.statements.reopen(id=statement.id)
        if was is None:
            raise await record.refusal(site, statement, refused)
        row = await record.read(site, statement.id)
        if was.unsaid:
            await record.tell(site, row.id, "closed", happened_at=was.gone)
        await record.tell(site, row.id, "reopened")
        if was.gone is not None:
            await record.tell(site, row.id, "closing date", {"from": was.gone.isoformat(), "to": None})
        await record.note(site, actor, "statement reopen", row)
        await write_consents(site, row)
    return row


async def archive(site: Site, statement: Row, *, actor: str) -> Row:
    """Closed → archived, for good. Raises Refused."""
    refused = N_("“%(slug)s” is not closed: it is %(state)s.")
    return await _move(site, statement, "archive", site.store.statements.archive, refused, actor)


async def close_due(site: Site) -> str:
    """Job: statements whose closing date has passed become closed in name too."""
    async with site.store.transaction():
        rows = await site.store.statements.close_due()
        for row in rows:
            await record.tell(site, row.id, "closed", happened_at=row.closed_at)
            await record.note(site, "job", "statement close", row)
    return f"{len(rows)} statements closed"


async def set_goal(site: Site, statement: Row, goal: int | None, *, actor: str) -> None:
    """Another goal for an open statement, or none; public in its history. Raises Refused."""
    async with site.store.transaction():
        old = await site.store.statements.set_goal(id=statement.id, goal=goal)
        now = await record.read(site, statement.id)
        if old is None:
            if not now.is_open:
                raise await record.refusal(site, statement, _GOALS)
            return
        change = {"from": old.was, "to": goal}
        await record.tell(site, statement.id, "goal", change)
        await record.note(site, actor, "statement goal", statement, **change)


async def set_closing(site: Site, statement: Row, closes_at: datetime | None, *, actor: str) -> None:
    """Another closing date for an open statement, or none; public in its history. Raises Refused: it is past."""
    async with site.store.transaction():
        old = await site.store.statements.set_closing(id=statement.id, closes_at=closes_at)
        now = await record.read(site, statement.id)
        if old is None:
            if not now.is_open:
                raise await record.refusal(site, statement, _DATES)
            if now.closes_at != closes_at:
                raise Refused(PAST)
            return
        change = {"from": old.was and old.was.isoformat(), "to": closes_at and closes_at.isoformat()}
        await record.tell(site, statement.id, "closing date", change)
        await record.note(site, actor, "statement closing date", statement, **change)


async def write_consents(site: Site, statement: Row) -> None:
    """The wordings of today, each where it is new."""
    await site.store.statements.lock(id=statement.id)
    texts = wordings(statement, statement.language) | of_officers(statement, statement.language)
    for purpose, wording in texts.items():
        await site.store.statements.write_consent(
            statement_id=statement.id,
            id=new_id(),
            purpose=purpose,
            language=statement.language,
            wording=wording,
        )


def lacking(campaign: Row) -> list[str]:
    """What the campaign must say before a statement of it opens, and does not: labels, to be translated. `campaign`:
    a row of campaigns or of statements_now."""
    return [LABELS[name] for name in NEEDED if not campaign[name]]


def is_past(statement: Row) -> bool:
    """Whether its closing date is over by this machine's clock: for what is said, the database judges."""
    return statement.closes_at is not None and statement.closes_at <= datetime.now(UTC)


_TOLD = {"close": "closed", "archive": "archived"}


async def _move(
    site: Site, statement: Row, step: str, query: Callable[..., Awaitable[Any]], refused: str, actor: str
) -> Row:
    async with site.store.transaction():
        if await query(id=statement.id) is None:
            raise await record.refusal(site, statement, refused)
        row = await record.read(site, statement.id)
        await record.tell(site, row.id, _TOLD[step], happened_at=row.closed_at if step == "close" else None)
        await record.note(site, actor, f"statement {step}", row)
    return row


async def _why_not_open(site: Site, statement: Row) -> Refused:
    now = await record.read(site, statement.id)
    if now.state != "draft":
        return await record.refusal(site, statement, N_("“%(slug)s” is not a draft: it is %(state)s."))
    if missing := lacking(now):
        return Refused(LACKING, slug=now.slug, lacking=", no ".join(missing), campaign=now.campaign_slug)
    if is_past(now):
        return Refused(N_("“%(slug)s” can't open: its closing date is past."), slug=now.slug)
    return Refused(N_("Somebody has changed this draft since you looked at it. Please read it once more."))
