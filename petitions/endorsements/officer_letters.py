"""What the worker sends after an officer's own acts: an endorsement was withdrawn, details were erased.

Caused by proven acts, and once each: outside of caps and wishes.
"""

from __future__ import annotations

from petitions.mail.letters import Letter, LetterKind, at_once, compose, link
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row


async def _withdrawn(site: Site, row: Row) -> Letter | None:
    """Nothing, where the officer's details went meanwhile."""
    found = await site.store.endorsements.find(statement_id=row.statement_id, id=row.subject_id)
    if found is None or found.state != "withdrawn" or found.officer_email is None:
        return None
    statement = await statements.of(site, row.statement_id)
    return compose(
        site,
        "endorsements/withdrawn",
        campaign=statement,
        language=row.language,
        to=found.officer_email,
        address_key=row.address_key,
        statement=statement,
        endorsement=found,
        was_public=found.accepted_at is not None,
        my=link(site, "/my"),
    )


async def _erased(site: Site, row: Row) -> Letter | None:
    statement = await statements.of(site, row.statement_id)
    return compose(
        site,
        "endorsements/erased",
        campaign=statement,
        language=row.language,
        to=row.recipient,
        address_key=row.address_key,
        statement=statement,
        body_name=row.details["body"],
    )


KINDS = {
    "endorsement withdrawn": LetterKind(decide=at_once, render=_withdrawn),
    "officer erased": LetterKind(decide=at_once, render=_erased),
}
"""The letters of this part of the room, for the roof to hand to the worker."""
