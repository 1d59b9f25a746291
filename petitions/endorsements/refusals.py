"""Why the database would not: the sentences of the review, for the desk and the command line alike. What an option of a
command is called, commands/hints.py adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from petitions.endorsements import WAITING
from petitions.errors import N_, Refused
from petitions.site import Site
from petitions.storage.store import Row

STANDS = N_(
    "“%(name)s” endorses this statement already (%(id)s): say whether this one takes its place, or is another "
    "organisation’s (under another name, code or parent)."
)
CORRECTED = N_("Its officer has corrected “%(name)s” since you read it: read it again.")
OVER = N_("It would be over already: %(day)s is not to come. Give another last day, or none.")
UNKNOWN = N_("There is no endorsement “%(text)s”: give the id, or its last six characters or more.")


async def stands(site: Site, row: Row, organisation_id: UUID) -> Refused:
    """Which endorsement of the body stands already, and the two ways."""
    body = await site.store.organisations.find(id=organisation_id)
    (standing,) = await site.store.review.list_standing(
        statement_id=row.statement_id, organisation_ids=[organisation_id]
    )
    return Refused(
        STANDS,
        name=body.name,
        id=standing.id,
    )


async def why_not_accepted(site: Site, row: Row, marks: Mapping[str, Any]) -> Refused:
    """Of a row that is held: its state, what is said of it, or the statement."""
    if row.state not in (*WAITING, "declined"):
        return await refusal(site, row, N_("“%(name)s” can't be accepted: it is %(state)s."))
    if row.anonymised_at is not None:
        return Refused(
            N_("The personal data of “%(title)s” is erased: nothing is accepted any more."), title=row.title
        )
    if row.is_open and marks["expires_on"] and await site.store.review.is_over(day=marks["expires_on"]):
        return Refused(
            OVER,
            day=marks["expires_on"],
        )
    closed = N_(
        "“%(title)s” is closed, and its count stands: only what was confirmed before can still be accepted, until "
        "it is archived."
    )
    return await why_not(site, row, marks, closed)


async def unasked(site: Site, row: Row) -> Refused:
    now = await _now(site, row)
    if now.state in WAITING:
        return Refused(
            N_("We have no address of an officer of “%(name)s”: nobody can be asked."), name=now.name
        )
    return await refusal(site, row, N_("Nothing can be asked about “%(name)s”: it is %(state)s."))


async def why_not(site: Site, row: Row, marks: Mapping[str, Any], sentence: str) -> Refused:
    """Why the database would not."""
    if marks["two_officers"] and row.second_confirmed_at is None:
        return Refused(
            N_("No second officer of “%(name)s” has confirmed: two officers can't be ticked."), name=row.name
        )
    if row.confirmed_by == "import" and not marks["minutes_seen"]:
        return Refused(
            N_("No officer of “%(name)s” has confirmed: it is public by its minutes alone."), name=row.name
        )
    return await refusal(site, row, sentence)


async def refusal(site: Site, row: Row, sentence: str) -> Refused:
    """The sentence about the state that it is in now, whatever the caller believed."""
    now = await _now(site, row)
    return Refused(sentence, name=now.organisation or now.name, state=now.state, title=now.title)


async def _now(site: Site, row: Row) -> Row:
    now: Row = await site.store.review.find(statement_id=row.statement_id, id=row.id)
    return now
