"""What the worker sends for this room: the organisers' reply, to an address that a visitor typed.

So the caps and the wish for no such letters hold, and none of the visitor's words stand in it (signing.md §7).
"""

from __future__ import annotations

from petitions.mail import caps, suppression
from petitions.mail.letters import Decision, Defer, Drop, Letter, LetterKind, Send, compose
from petitions.site import Site
from petitions.storage.store import Row

ANSWER = "report answered"


async def _decide(site: Site, row: Row) -> Decision:
    """Not before the time to take it back is over."""
    found = await _answered(site, row)
    if found is None or await suppression.suppressed(site, row.address_key, "forms", row.campaign_id):
        return Drop()
    if found.is_held:
        return Defer(found.held_until)
    settings = site.settings
    free = await caps.take(
        site, row.address_key, per_day=settings.letters_per_day, per_month=settings.letters_per_month
    )
    return Send(ANSWER) if free is None else Defer(free)


async def _render(site: Site, row: Row) -> Letter | None:
    found = await _answered(site, row)
    if found is None:
        return None
    statement = await site.store.statements.find_by_id(id=row.statement_id)
    return compose(
        site,
        "reports/answered",
        campaign=statement,
        language=row.language,
        to=found.email,
        address_key=row.address_key,
        statement=statement,
        reply=found.reply,
    )


async def _sent(site: Site, row: Row) -> None:
    await site.store.reports.told(statement_id=row.statement_id, id=row.subject_id)


async def _answered(site: Site, row: Row) -> Row | None:
    """The report, while it has ended with a reply and an address."""
    found: Row | None = await site.store.reports.find(statement_id=row.statement_id, id=row.subject_id)
    if found is None or found.state == "waiting" or not found.reply or found.email is None:
        return None
    return found


KINDS = {ANSWER: LetterKind(decide=_decide, render=_render, sent=_sent)}
"""The letters of this room, for the roof to hand to the worker."""
