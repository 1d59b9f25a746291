"""What people may do with reports: make one; organisers end it, with a reply or without, and take that back."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from petitions import addresses
from petitions.errors import N_, NotFound, Refused
from petitions.forms import clean_text
from petitions.ids import new_id
from petitions.mail import outbox
from petitions.organisers import actions as organisers
from petitions.reports import WORDS
from petitions.reports.forms import ReportForm
from petitions.reports.letters import ANSWER
from petitions.site import Site
from petitions.storage.store import Conflict, Row

ENDS = {"done": "report done", "dismissed": "report dismiss"}
"""State → the act that leads to it, as the audit names it."""

GONE = N_("What this link points to is not public, or not any more. So there is nothing to report.")
ENDED = N_("Somebody else has dealt with this report meanwhile. Nothing was done.")
TOO_LATE = N_("This can't be taken back: the reply has gone, or it was more than 30 days ago.")
WAITS = N_("The same was reported again since, and waits already.")


class Subject(NamedTuple):
    """What a report is about. `shown`: the row as the public sees it; None: the statement itself."""

    what: str
    handle: str  # its name in public links
    id: UUID | None = None
    shown: Row | None = None


async def subject(site: Site, statement: Row, what: str, handle: str) -> Subject:
    """The public thing of this statement that a link names. Raises NotFound.

    Names go by the signatory's number, comments by their mark, endorsements by their organisation: the ids of
    signatures would tell when somebody signed.
    """
    about = {"statement_id": statement.id}
    match what:
        case "statement" if not handle:
            return Subject(what, handle)
        case "name":
            row = await site.store.reports.find_name(**about, number=_number(handle))
        case "comment":
            row = await site.store.reports.find_comment(**about, mark=_uuid(handle))
        case "endorsement":
            row = await site.store.reports.find_endorsement(**about, organisation_id=_uuid(handle))
        case _:
            row = None
    if row is None:
        raise NotFound(GONE)
    return Subject(what, handle, row.id, row)


async def report(site: Site, statement: Row, about: Subject, form: ReportForm) -> None:
    """Keep what a form without problems says; the same said twice, while it waits, is one."""
    email = form.values["email"]
    await site.store.reports.add(
        statement_id=statement.id,
        id=new_id(),
        subject=about.what,
        subject_id=about.id,
        reason=form.values["reason"],
        words=form.values["words"],
        language=statement.language,
        address_key=addresses.address_key(site.settings.address_key, email) if email else None,
        email=email or None,
    )


async def end(site: Site, statement: Row, id: UUID, *, state: str, reply: str, actor: str) -> bool:
    """Done or dismissed. `reply` goes by letter where an address was given, else it is kept as a note; whether a
    letter goes. Saying the same twice does nothing more. Raises NotFound, Refused, Unfit."""
    if state not in ENDS:
        raise NotFound
    words = clean_text(reply, WORDS)
    key = {"statement_id": statement.id, "id": id}
    async with site.store.transaction():
        ended = await site.store.reports.end(**key, state=state, reply=words, actor=actor)
        if ended is None:
            await _refuse(site, statement, id, state, words)
            return False
        answered = bool(words) and ended.email is not None
        if answered:
            await _answer(site, statement, ended)
        await _note(site, statement, id, ENDS[state], actor, subject=ended.subject, answered=answered)
    return answered


async def find(site: Site, statement: Row, id: UUID) -> Row:
    """A report of this statement. Raises NotFound."""
    row: Row | None = await site.store.reports.find(statement_id=statement.id, id=id)
    if row is None:
        raise NotFound
    return row


async def put_back(site: Site, statement: Row, id: UUID, *, actor: str) -> None:
    """It waits again, and the reply does not go. Raises NotFound; Refused where it has gone."""
    key = {"statement_id": statement.id, "id": id}
    try:
        async with site.store.transaction():
            if await site.store.reports.put_back(**key):
                await _note(site, statement, id, "report undo", actor)
                return
            if (await find(site, statement, id)).state != "waiting":
                raise Refused(TOO_LATE)
    except Conflict:
        raise Refused(WAITS) from None


async def tend(site: Site) -> str:
    """Job: end what is about something erased, erase what is kept no longer."""
    ended = await site.store.reports.end_erased()
    erased = await site.store.reports.forget()
    return f"{ended} reports ended, {erased} reports lost what was personal"


async def _answer(site: Site, statement: Row, ended: Row) -> None:
    await outbox.post(
        site,
        kind=ANSWER,
        campaign_id=statement.campaign_id,
        statement_id=statement.id,
        subject_id=ended.id,
        address_key=ended.address_key,
        language=ended.language,
        priority=2,
    )


async def _refuse(site: Site, statement: Row, id: UUID, state: str, words: str) -> None:
    """Why it was not ended; returns where it stands so already."""
    row = await find(site, statement, id)
    if (row.state, row.reply) != (state, words):
        raise Refused(ENDED)


async def _note(site: Site, statement: Row, id: UUID, act: str, actor: str, **details: Any) -> None:
    about = {"campaign_id": statement.campaign_id, "statement_id": statement.id}
    await organisers.note(site, actor, act, **about, details={"report": str(id), **details})


def _number(text: str) -> int:
    """Raises NotFound: no number of a signatory."""
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10):
        raise NotFound(GONE)
    return int(text)


def _uuid(text: str) -> UUID:
    """Raises NotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(GONE) from None
