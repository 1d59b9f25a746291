"""What the worker sends around the review: to the officer what organisers decided, to the campaign that some wait.

Caused by organisers or by a date, never by whoever fills in a form: so outside of the caps (signing.md §7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from petitions.endorsements import LEVELS, answering
from petitions.mail import outbox
from petitions.mail.letters import Letter, LetterKind, at_once, compose, compose_own, link
from petitions.site import Site
from petitions.storage.store import Row

NOTICE = 2
"""Priority of these letters: nobody sits and waits for them."""
TELL = 30
"""Days before the end an officer is told."""


async def tell_officer(site: Site, row: Row, kind: str) -> None:
    """The decision on `row` (a row of review.find) by letter, while we have the officer's address."""
    if row.officer_email is not None:
        await post(site, row, kind, reviewed_at=row.reviewed_at.isoformat())


async def post(site: Site, row: Row, kind: str, **details: Any) -> None:
    """A letter to the officer; `details` say what it is about: none is sent once that is another."""
    await outbox.post(
        site,
        kind=kind,
        campaign_id=row.campaign_id,
        statement_id=row.statement_id,
        subject_id=row.id,
        address_key=row.address_key,
        language=row.language,
        priority=NOTICE,
        details=details,
    )


Facts = Callable[[Site, Row, Row], dict[str, Any]]
"""(site, endorsement, statement) → what else the template is given."""


def _to_officer(state: str, template: str, facts: Facts) -> LetterKind:
    """To the officer of an endorsement that is still in this state, and as it was when the letter was caused."""

    async def render(site: Site, row: Row) -> Letter | None:
        found = await site.store.review.find(statement_id=row.statement_id, id=row.subject_id)
        if found is None or found.state != state or found.officer_email is None:
            return None
        if not _is_about(row, found):
            return None
        statement = await site.store.statements.find_by_id(id=row.statement_id)
        return compose(
            site,
            template,
            campaign=statement,
            language=row.language,
            to=found.officer_email,
            address_key=row.address_key,
            statement=statement,
            endorsement=found,
            body_name=found.organisation or found.name,
            last_day=found.expires_on and found.expires_on - timedelta(days=1),
            **facts(site, found, statement),
        )

    return LetterKind(decide=at_once, render=render)


def _is_about(row: Row, found: Row) -> bool:
    """Not about an earlier decision, nor about another last day."""
    told = [name for name in ("reviewed_at", "expires_on") if name in row.details]
    return all(found[name] and found[name].isoformat() == row.details[name] for name in told)


def _accepted(site: Site, found: Row, statement: Row) -> dict[str, Any]:
    level = "minutes" if found.minutes_seen else "two officers" if found.two_officers else "officer"
    listed = link(site, f"/{statement.slug}/endorsements")
    ends = found.expires_on is not None and statement.is_open
    told = (
        ends and found.told_at is None and found.expires_on > found.accepted_at.date() + timedelta(days=TELL)
    )
    return {"level": LEVELS[level], "listed": listed, "my": link(site, "/my"), "ends": ends, "told": told}


def _question(site: Site, found: Row, statement: Row) -> dict[str, Any]:
    return {"link": link(site, f"/endorsements/answer/{answering.token(site, found)}")}


def _nothing(site: Site, found: Row, statement: Row) -> dict[str, Any]:
    return {}


def _my(site: Site, found: Row, statement: Row) -> dict[str, Any]:
    return {"my": link(site, "/my")}


async def _waiting(site: Site, row: Row) -> Letter | None:
    """To the campaign; nothing that a visitor typed stands in it."""
    campaign = await site.store.review.find_campaign(id=row.campaign_id)
    waiting = await site.store.review.list_waiting(campaign_id=row.campaign_id)
    if not waiting or not campaign.contact_email:
        return None
    letter = compose_own(
        site,
        "endorsements/waiting",
        language=row.language,
        to=campaign.contact_email,
        campaign=campaign,
        statements=waiting,
        total=sum(one.waiting for one in waiting),
    )
    return replace(letter, campaign_id=campaign.id)


KINDS = {
    "endorsement accepted": _to_officer("accepted", "endorsements/accepted", _accepted),
    "endorsement replaced": _to_officer("replaced", "endorsements/replaced", _accepted),
    "endorsement question": _to_officer("questioned", "endorsements/question", _question),
    "endorsement declined": _to_officer("declined", "endorsements/declined", _nothing),
    "endorsement expiring": _to_officer("accepted", "endorsements/expiring", _my),
    "endorsements waiting": LetterKind(decide=at_once, render=_waiting),
}
"""The letters of this part of the room, for the roof to hand to the worker."""
