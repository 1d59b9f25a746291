"""What organisers do with the endorsements that officers have confirmed: accept, ask, decline, change. The database
judges each step; each is in the audit, and the first three in a letter to the officer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from petitions.endorsements.doubles import Choice, bind, doubles, follow
from petitions.endorsements.review_letters import tell_officer
from petitions.errors import N_, Refused
from petitions.forms import Unfit, clean_line, clean_text
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.store import Conflict, Row

__all__ = ["accept", "ask", "change", "decline", "doubles", "find_for_organisers"]

WORDING, WORDS = 200, 2_000
"""Most characters of a public wording, and of a question or reason."""
MARKS = ("two_officers", "minutes_seen", "featured", "wording", "expires_on")
"""What organisers say of an endorsement; columns of the table."""
_DECISION = (
    *("decided", "met_on", "met_how", "present", "quorum", "votes_for", "votes_against", "abstained"),
    *("motion", "minutes"),
)


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
    refused = (
        N_("Several endorsements end in “%(text)s”: give more of the id.")
        if found
        else N_(
            "There is no endorsement “%(text)s”: give the id, or its last six characters or more "
            "(“petitions endorsements list” shows them)."
        )
    )
    raise Refused(refused, text=text)


async def accept(site: Site, endorsement: Row, *, actor: str, tell: bool = True, **said: Any) -> Row:
    """Public from now on, and counted unless it takes the place of one that stands.

    `said`: fields of Choice (which body it is) and MARKS; a mark that is not said stays as it was with the one that
    gives way, where that rests on the same decision (expires_on None says that there is no end). `tell`: the officer
    by letter. Raises Unsure, Refused.
    """
    choice = Choice(**{name: said.pop(name) for name in Choice._fields if name in said})
    marks = _clean(said)
    if (last := marks.get("expires_on")) and last <= datetime.now(UTC).date():
        raise Refused(N_("It would be over already: %(day)s is not to come."), day=last)
    async with site.store.transaction():
        await site.store.organisations.lock(campaign_id=endorsement.campaign_id)
        row, old = await _held(site, endorsement)
        organisation_id = await _body(site, row, old, choice, actor)
        gone = await site.store.review.give_way(
            statement_id=row.statement_id,
            id=row.id,
            replaces_id=row.replaces_id,
            organisation_id=organisation_id if choice.renew else None,
            event_id=new_id(),
            actor=actor,
        )
        accepted = await _accept(site, row, gone, organisation_id, _marks(row, gone, marks), actor)
        await _note(site, actor, "accept", accepted, organisation=str(organisation_id))
        if tell:
            await tell_officer(site, accepted, "endorsement accepted")
    return accepted


async def ask(site: Site, endorsement: Row, question: str, *, actor: str) -> Row:
    """A question to the officer, by a letter with a link to answer. Raises Refused."""
    text = _words(question, N_("The question is empty."))
    async with site.store.transaction():
        asked = await site.store.review.ask(**_step(endorsement, actor), question=text)
        if asked is None:
            raise await _refusal(
                site, endorsement, N_("Nothing can be asked about “%(name)s”: it is %(state)s.")
            )
        row = await _read(site, asked)
        await _note(site, actor, "ask", row)
        await tell_officer(site, row, "endorsement question")
    return row


async def decline(site: Site, endorsement: Row, reason: str, *, actor: str) -> Row:
    """Not public; the officer is told why. Raises Refused."""
    text = _words(reason, N_("The reason is empty."))
    async with site.store.transaction():
        declined = await site.store.review.decline(**_step(endorsement, actor), reason=text)
        if declined is None:
            raise await _refusal(
                site, endorsement, N_("“%(name)s” can't be declined: it is %(state)s, and doesn't wait.")
            )
        row = await _read(site, declined)
        await _note(site, actor, "decline", row)
        await tell_officer(site, row, "endorsement declined")
    return row


async def change(site: Site, endorsement: Row, *, actor: str, **marks: Any) -> Row:
    """Change MARKS of one that waits or stands; expires_on None: without an end. Raises Refused."""
    given = _clean(marks)
    async with site.store.transaction():
        row, _ = await _held(site, endorsement)
        whole = {name: given.get(name, row[name]) for name in MARKS}
        fields = sorted(name for name in MARKS if whole[name] != row[name])
        if not fields:
            return row
        step = _step(row, actor)
        if await site.store.review.change(**step, **whole, fields=fields) is None:
            raise await _why_not(site, row, whole, N_("“%(name)s” can't be changed: it is %(state)s."))
        await _note(site, actor, "set", row, fields=fields)
        return await _read(site, row)


async def _held(site: Site, endorsement: Row) -> tuple[Row, Row | None]:
    """As it is now, with nobody else moving it; and the one that it corrects, if it corrects one."""
    await site.store.review.hold(statement_id=endorsement.statement_id, id=endorsement.id)
    row = await _read(site, endorsement)
    if row.replaces_id is None:
        return row, None
    old: Row = await site.store.review.find(statement_id=row.statement_id, id=row.replaces_id)
    return row, old


async def _body(site: Site, row: Row, old: Row | None, choice: Choice, actor: str) -> UUID:
    """The id of the organisation that it is bound to."""
    if old is None or old.organisation_id is None:
        return await bind(site, row, choice)
    other = choice._replace(renew=False) != Choice()
    if other and old.state == "accepted":
        raise Refused(
            N_("This one corrects what “%(name)s” gave: it stays that organisation's."), name=old.organisation
        )
    return await (bind(site, row, choice) if other else follow(site, row, old, actor=actor))


async def _accept(
    site: Site, row: Row, gone: Row | None, organisation_id: UUID, marks: dict[str, Any], actor: str
) -> Row:
    try:
        async with site.store.transaction():
            accepted = await site.store.review.accept(
                **_step(row, actor),
                **marks,
                organisation_id=organisation_id,
                replaces_id=gone and gone.id,
                counts=gone is None,
            )
    except Conflict as conflict:
        if conflict.constraint != "one_standing_endorsement":
            raise
        raise await _stands(site, row, organisation_id) from None
    if accepted is None:
        raise await _why_not(site, row, marks, N_("“%(name)s” can't be accepted: it is %(state)s."))
    return await _read(site, row)


def _marks(row: Row, gone: Row | None, said: Mapping[str, Any]) -> dict[str, Any]:
    """What organisers say of it: now, else what they said of the one that gives way."""
    marks = {name: row[name] for name in MARKS}
    if gone is not None:
        marks["featured"] = gone.featured
        if all(row[name] == gone[name] for name in _DECISION):
            marks["minutes_seen"], marks["expires_on"] = gone.minutes_seen, gone.expires_on
            same = row.second_confirmed_at is not None and row.second_key == gone.second_key
            marks["two_officers"] = gone.two_officers and same
    return {**marks, **said}


async def _stands(site: Site, row: Row, organisation_id: UUID) -> Refused:
    """Which endorsement of the body stands already, and the two ways."""
    body = await site.store.organisations.find(id=organisation_id)
    (standing,) = await site.store.review.list_standing(
        statement_id=row.statement_id, organisation_ids=[organisation_id]
    )
    return Refused(
        N_(
            "“%(name)s” endorses this statement already (%(id)s): --renew puts this one in its place, --separate "
            "makes it another organisation (with --name, --code or --parent)."
        ),
        name=body.name,
        id=standing.id,
    )


async def _why_not(site: Site, row: Row, marks: Mapping[str, Any], sentence: str) -> Refused:
    """Why the database would not."""
    if marks["two_officers"] and row.second_confirmed_at is None:
        return Refused(
            N_("No second officer of “%(name)s” has confirmed: two officers can't be ticked."), name=row.name
        )
    return await _refusal(site, row, sentence)


async def _refusal(site: Site, row: Row, sentence: str) -> Refused:
    """The sentence about the state that it is in now, whatever the caller believed."""
    now = await _read(site, row)
    return Refused(sentence, name=now.organisation or now.name, state=now.state)


def _clean(marks: Mapping[str, Any]) -> dict[str, Any]:
    """What an organiser said; None says nothing, but of an end that there is none. Raises Refused."""
    if unknown := set(marks) - set(MARKS):
        raise TypeError(f"no marks: {sorted(unknown)}")
    given = {name: value for name, value in marks.items() if value is not None or name == "expires_on"}
    try:
        if "wording" in given:
            given["wording"] = clean_line(given["wording"], WORDING)
    except Unfit as error:
        raise Refused(error.sentence, **error.values) from error
    return given


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
