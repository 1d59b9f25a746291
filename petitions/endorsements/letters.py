"""What the worker sends to prove an endorsement: it decides here, never in the request (signing.md §3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from petitions.endorsements import PURPOSE, proof
from petitions.endorsements.proof import STANDING
from petitions.forms import in_letter
from petitions.mail import caps, suppression
from petitions.mail.letters import Decision, Defer, Drop, Letter, LetterKind, Send, compose, link
from petitions.proving import code, links
from petitions.proving.links import Key
from petitions.site import Site
from petitions.storage.store import Row

A_DAY = timedelta(days=1)


async def _decide(site: Site, row: Row) -> Decision:
    """A claim's letter: none, later, a reminder or a confirmation."""
    claim = await _pending(site, row)
    if claim is None:
        return Drop()
    if await suppression.suppressed(site, row.address_key, "forms", row.campaign_id):
        await proof.not_me(site, _key(row))
        return Drop()
    if not claim.letters and await _has_enough(site, claim):
        return Defer(datetime.now(UTC) + A_DAY)
    free = await _over_the_cap(site, row)
    if free is not None:
        await site.store.endorsements.put_off(statement_id=claim.statement_id, id=claim.id, until=free)
        return Defer(free)
    kind = "reminder" if row.kind == "endorsement reminder" and claim.letters else "confirm"
    return Send(kind, {"letter": claim.letters + 1})


async def _render(site: Site, row: Row) -> Letter | None:
    claim = await _pending(site, row)
    if claim is None:
        return None
    statement = await _statement(site, row.statement_id)
    token_link = link(site, f"/endorsements/confirm/{links.make(site, PURPOSE, _key(row))}")
    return compose(
        site,
        f"endorsements/{row.decision}",
        language=row.language,
        address_key=row.address_key,
        campaign=statement,
        to=claim.officer_email,
        statement=statement,
        claim=claim,
        body=in_letter(claim.name),
        # An import's officer has no page open to type it into.
        code="" if claim.via == "import" else code.make(site, PURPOSE, _key(row), row.details["letter"]),
        link=token_link,
        not_me=f"{token_link}/not-me",
    )


async def _sent(site: Site, row: Row) -> None:
    """The code of the letter exists from the moment it was handed over."""
    await site.store.endorsements.letter_sent(
        statement_id=row.statement_id, id=row.subject_id, letter=row.details["letter"]
    )


async def _decide_received(site: Site, row: Row) -> Decision:
    """The notice of a confirmation: caused by a proven act, so outside the caps."""
    return Send("received")


async def _render_received(site: Site, row: Row) -> Letter | None:
    """Nothing, where it was withdrawn or decided meanwhile: other letters tell that."""
    endorsement = await proof.find(site, _key(row))
    if endorsement is None or endorsement.state != "confirmed" or endorsement.officer_email is None:
        return None
    statement = await _statement(site, row.statement_id)
    return compose(
        site,
        "endorsements/received",
        language=row.language,
        address_key=row.address_key,
        campaign=statement,
        to=endorsement.officer_email,
        statement=statement,
        endorsement=endorsement,
        my=link(site, "/my"),
    )


async def _decide_second(site: Site, row: Row) -> Decision:
    """Under the caps and wishes of the second officer's own address, which nobody has proven yet."""
    if await _waiting_for_second(site, row) is None:
        return Drop()
    if await suppression.suppressed(site, row.address_key, "forms", row.campaign_id):
        return Drop()
    free = await _over_the_cap(site, row)
    if free is not None:
        return Defer(free)
    await site.store.endorsements.ask_second(statement_id=row.statement_id, id=row.subject_id)
    return Send("second")


async def _render_second(site: Site, row: Row) -> Letter | None:
    endorsement = await _waiting_for_second(site, row)
    if endorsement is None:
        return None
    statement = await _statement(site, row.statement_id)
    token_link = link(site, f"/endorsements/second/{proof.second_token(site, endorsement)}")
    return compose(
        site,
        "endorsements/second",
        language=row.language,
        address_key=row.address_key,
        campaign=statement,
        to=endorsement.second_email,
        statement=statement,
        body=in_letter(endorsement.name),
        good_until=endorsement.second_good_until,
        link=token_link,
        refuse=f"{token_link}/not-me",
    )


async def _has_enough(site: Site, claim: Row) -> bool:
    """Whether so many others wait in this mailbox that whoever reads it is to answer them first."""
    enough: bool = await site.store.endorsements.has_letters_enough(
        statement_id=claim.statement_id, id=claim.id, most=proof.MOST_MAILED
    )
    return enough


async def _over_the_cap(site: Site, row: Row) -> datetime | None:
    """When one more letter to this address may go; None: now, and it is counted."""
    settings = site.settings
    return await caps.take(
        site, row.address_key, per_day=settings.letters_per_day, per_month=settings.letters_per_month
    )


async def _pending(site: Site, row: Row) -> Row | None:
    claim = await proof.find(site, _key(row))
    return claim if claim is not None and claim.state == "pending" and claim.link_good else None


async def _waiting_for_second(site: Site, row: Row) -> Row | None:
    """The endorsement, while the second officer of this letter may still speak."""
    found = await proof.find(site, _key(row))
    if found is None or found.state not in STANDING or found.second_key != row.address_key:
        return None
    return found if found.second_confirmed_at is None and found.in_time else None


def _key(row: Row) -> Key:
    return Key(row.statement_id, row.subject_id)


async def _statement(site: Site, id: UUID) -> Row:
    row: Row = await site.store.statements.find_by_id(id=id)
    return row


CLAIM = LetterKind(decide=_decide, render=_render, sent=_sent)
KINDS = {
    "endorsement": CLAIM,
    "endorsement reminder": CLAIM,
    "endorsement received": LetterKind(decide=_decide_received, render=_render_received),
    "second officer": LetterKind(decide=_decide_second, render=_render_second),
}
"""The letters of this part of the room, for the roof to hand to the worker."""
