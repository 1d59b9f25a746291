"""What organisers do with the endorsements that officers have confirmed: accept, ask, decline, change. The database
judges each step; each is in the audit, and the first three in a letter to the officer."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from petitions.endorsements import WAITING, ledger
from petitions.endorsements.doubles import Choice, bind, doubles, follow
from petitions.endorsements.marks import MARKS, carried, clean, whole
from petitions.endorsements.refusals import (
    CORRECTED,
    UNKNOWN,
    refusal,
    stands,
    unasked,
    why_not,
    why_not_accepted,
)
from petitions.endorsements.review_letters import tell_officer
from petitions.errors import N_, Refused
from petitions.forms import Unfit, clean_text
from petitions.ids import new_id
from petitions.organisations.actions import hold_tree
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.store import Conflict, Row

__all__ = ["accept", "ask", "change", "decline", "doubles", "find_for_organisers", "mark", "refuse_unread"]

WORDS = 2_000
"""Most characters of a question or reason."""


async def find_for_organisers(site: Site, text: str) -> Row:
    """An endorsement that was confirmed, by its whole id or its last six characters or more. Raises Refused."""
    ending = text.lower().replace("-", "").removeprefix("…")
    found = (
        await site.store.review.list_ending(ending=ending)
        if len(ending) >= 6 and all(one in "0123456789abcdef" for one in ending)
        else []
    )
    if len(found) == 1:
        return await _read(site, found[0])
    refused = N_("Several endorsements end in “%(text)s”: give more of the id.") if found else UNKNOWN
    raise Refused(refused, text=text)


def mark(row: Row) -> str:
    """Names what its officer made of it since it came: six characters; "" where it is as it was confirmed."""
    changed: datetime | None = row.changed_at
    return "" if changed is None else hashlib.sha256(changed.isoformat().encode()).hexdigest()[:6]


def refuse_unread(row: Row, seen: str) -> None:
    """Between the reading of a claim, which told the mark `seen`, and the act its officer may have made another one of
    it. Raises Refused."""
    if row.state in WAITING and seen != mark(row):
        if row.changed_at is None:
            raise Refused(N_("“%(name)s” is as it came: there is no mark to say."), name=row.name)
        raise _corrected(row)


def _corrected(row: Row) -> Refused:
    return Refused(CORRECTED, name=row.name, id=str(row.id)[-8:])


async def accept(site: Site, endorsement: Row, *, actor: str, tell: bool = True, **said: Any) -> Row:
    """Public from now on, and counted unless it takes the place of one that stands.

    `endorsement`: as the organiser read it; refused where its officer has corrected it since. `said`: fields of Choice
    (which body it is) and MARKS (see `marks.carried`; expires_on None says that there is no end). `tell`: the officers
    by letter, also the one whose endorsement gives way. Raises Unsure, Refused.
    """
    choice = Choice(**{name: said.pop(name) for name in Choice._fields if name in said})
    given = clean(said)
    async with site.store.transaction():
        await hold_tree(site, endorsement.campaign_id)
        row, old = await _now(site, endorsement)
        organisation_id = await _body(site, row, old, choice, actor)
        row, old = await _held(site, endorsement, organisation_id)
        if row.changed_at != endorsement.changed_at:
            raise _corrected(row)
        gone = await _give_way(site, row, organisation_id if choice.renew else None, actor)
        marks = await carried(site, row, gone or old, given)
        accepted = await _accept(site, row, gone, organisation_id, marks, actor)
        await _note(site, actor, "accept", accepted, organisation=str(organisation_id))
        if tell:
            await _tell(site, accepted, gone)
    return accepted


async def ask(site: Site, endorsement: Row, question: str, *, actor: str) -> Row:
    """A question to the officer, by a letter with a link to answer. Raises Refused."""
    text = _words(question, N_("The question is empty."))
    async with site.store.transaction():
        asked = await site.store.review.ask(**_step(endorsement, actor), question=text)
        if asked is None:
            raise await unasked(site, endorsement)
        row = await _read(site, asked)
        await _note(site, actor, "ask", row)
        await tell_officer(site, row, "endorsement question")
    return row


async def decline(site: Site, endorsement: Row, reason: str, *, actor: str) -> Row:
    """Not public; the officer is told why. `endorsement`: as the organiser read it; refused where its officer has
    corrected it since. Raises Refused."""
    text = _words(reason, N_("The reason is empty."))
    async with site.store.transaction():
        declined = await site.store.review.decline(
            **_step(endorsement, actor), read=endorsement.changed_at, reason=text
        )
        if declined is None:
            raise await _undeclined(site, endorsement)
        await ledger.over(site, declined.statement_id, [declined.id])
        row = await _read(site, declined)
        await _note(site, actor, "decline", row)
        await tell_officer(site, row, "endorsement declined")
    return row


async def _undeclined(site: Site, endorsement: Row) -> Refused:
    now = await _read(site, endorsement)
    if now.state in WAITING:
        return _corrected(now)
    return await refusal(site, now, N_("“%(name)s” can't be declined: it is %(state)s, and doesn't wait."))


async def change(site: Site, endorsement: Row, *, actor: str, **said: Any) -> Row:
    """Change MARKS of one that waits or stands; expires_on None: without an end. Raises Refused."""
    given = clean(said)
    async with site.store.transaction():
        row, _ = await _held(site, endorsement)
        marks = whole(row, given)
        fields = sorted(name for name in MARKS if marks[name] != row[name])
        if not fields:
            return row
        step = _step(row, actor)
        if await site.store.review.change(**step, **marks, fields=fields) is None:
            raise await why_not(site, row, marks, N_("“%(name)s” can't be changed: it is %(state)s."))
        await _note(site, actor, "set", row, fields=fields)
        return await _read(site, row)


async def _now(site: Site, endorsement: Row) -> tuple[Row, Row | None]:
    """As it is now; and the one that it corrects, if it corrects one."""
    row = await _read(site, endorsement)
    if row.replaces_id is None:
        return row, None
    old: Row = await site.store.review.find(statement_id=row.statement_id, id=row.replaces_id)
    return row, old


async def _held(site: Site, endorsement: Row, organisation_id: UUID | None = None) -> tuple[Row, Row | None]:
    """The same, with nobody else moving them, nor what the organisation endorses by now."""
    await site.store.review.hold(
        statement_id=endorsement.statement_id, id=endorsement.id, organisation_id=organisation_id
    )
    return await _now(site, endorsement)


async def _give_way(site: Site, row: Row, organisation_id: UUID | None, actor: str) -> Row | None:
    """What stood until now: the one that `row` corrects, or (where that is renewed) the organisation's."""
    gone = await site.store.review.give_way(
        statement_id=row.statement_id,
        id=row.id,
        replaces_id=row.replaces_id,
        organisation_id=organisation_id,
        event_id=new_id(),
        actor=actor,
    )
    if gone is None:
        return None
    await ledger.over(site, gone.statement_id, [gone.id])
    return await _read(site, gone)


async def _tell(site: Site, accepted: Row, gone: Row | None) -> None:
    """The officer; and another one, whose endorsement gave way."""
    await tell_officer(site, accepted, "endorsement accepted")
    if gone is not None and gone.address_key != accepted.address_key:
        await tell_officer(site, gone, "endorsement replaced")


async def _body(site: Site, row: Row, old: Row | None, choice: Choice, actor: str) -> UUID:
    """The id of the organisation that it is bound to."""
    if old is None or old.organisation_id is None:
        return await bind(site, row, choice, actor=actor)
    other = choice._replace(renew=False, parent="") != Choice()
    if other and old.state == "accepted":
        raise Refused(
            N_("This one corrects what “%(name)s” gave: it stays that organisation's."), name=old.organisation
        )
    if other:
        return await bind(site, row, choice, actor=actor)
    return await follow(site, row, old, choice, actor=actor)


async def _accept(
    site: Site, row: Row, gone: Row | None, organisation_id: UUID, marks: dict[str, Any], actor: str
) -> Row:
    try:
        async with site.store.transaction():
            accepted = await site.store.review.accept(
                **_step(row, actor),
                **marks,
                organisation_id=organisation_id,
                gone_id=gone and gone.id,
                gone_version=gone and gone.version,
            )
    except Conflict as conflict:
        if conflict.constraint != "one_standing_endorsement":
            raise
        raise await stands(site, row, organisation_id) from None
    if accepted is None:
        raise await why_not_accepted(site, row, marks)
    return await _read(site, row)


def _words(text: str, empty: str) -> str:
    try:
        words = clean_text(text, WORDS)
    except Unfit as error:
        raise Refused(error.sentence, **error.values) from error
    if not words:
        raise Refused(empty)
    return words


async def _read(site: Site, endorsement: Row) -> Row:
    row: Row = await site.store.review.find(statement_id=endorsement.statement_id, id=endorsement.id)
    return row


def _step(row: Row, actor: str) -> dict[str, Any]:
    return {"statement_id": row.statement_id, "id": row.id, "event_id": new_id(), "actor": actor}


async def _note(site: Site, actor: str, verb: str, row: Row, **details: Any) -> None:
    await organisers.note(
        site,
        actor,
        f"endorsement {verb}",
        campaign_id=row.campaign_id,
        statement_id=row.statement_id,
        details={"endorsement": str(row.id), **details},
    )
