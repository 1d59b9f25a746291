"""What the worker sends for the pipeline: it decides here, never in the request (signing.md §3)."""

from __future__ import annotations

from typing import Any

from petitions.mail import caps, suppression
from petitions.mail.letters import Decision, Defer, Drop, Letter, LetterKind, Send, compose, link
from petitions.motions import PURPOSE, submissions
from petitions.proving import code, links
from petitions.proving.links import Key
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row


async def _decide(site: Site, row: Row) -> Decision:
    """The letter by which an officer confirms; over the cap it waits alone."""
    pending = await _pending(site, row)
    if pending is None:
        return Drop()
    if await suppression.suppressed(site, row.address_key, "forms", row.campaign_id):
        await submissions.not_me(site, _key(row))
        return Drop()
    per_day, per_month = site.settings.letters_per_day, site.settings.letters_per_month
    free = await caps.take(site, row.address_key, per_day=per_day, per_month=per_month)
    if free is not None:
        await site.store.submissions.put_off(statement_id=row.statement_id, id=row.subject_id, until=free)
        return Defer(free)
    return Send("confirm", {"letter": pending.letters + 1})


async def _render(site: Site, row: Row) -> Letter | None:
    pending = await _pending(site, row)
    if pending is None:
        return None
    address = link(site, f"/motions/confirm/{links.make(site, PURPOSE, _key(row))}")
    digits = code.make(site, PURPOSE, _key(row), row.details["letter"])
    return await _compose(
        site, row, pending, "confirm", link=address, not_me=f"{address}/not-me", code=digits
    )


async def _sent(site: Site, row: Row) -> None:
    """The code exists from the moment its letter was handed over."""
    await site.store.submissions.letter_sent(
        statement_id=row.statement_id, id=row.subject_id, letter=row.details["letter"]
    )


async def _decide_notice(site: Site, row: Row) -> Decision:
    """Caused by a proven act, so outside of caps and wishes."""
    return Send("announced")


async def _decide_asked_for(site: Site, row: Row) -> Decision:
    """A reminder or the question: agreed to at the form, but not where the address wants no such letters since."""
    for scope in ("forms", "campaign"):
        if await suppression.suppressed(site, row.address_key, scope, row.campaign_id):
            return Drop()
    return Send(row.kind.removeprefix("submission "))


async def _render_announced(site: Site, row: Row) -> Letter | None:
    """While nothing else was said: who has reported or withdrawn meanwhile needs no such letter, nor one for a day on
    which the meeting is no longer."""
    submission = await submissions.find(site, _key(row))
    if submission is None or submission.state != "announced" or submission.officer_email is None:
        return None
    if (due := _DUE.get(row.kind)) and submission[due] is None:
        return None
    address = link(site, f"/motions/outcome/{submissions.outcome_token(site, _key(row))}")
    return await _compose(site, row, submission, row.decision, link=address)


_DUE = {"submission reminder": "reminded_at", "submission question": "questioned_at"}
"""Kind of letter → when it was asked for; null again once the meeting's days have changed."""


async def _compose(site: Site, row: Row, submission: Row, template: str, **more: Any) -> Letter:
    statement = await statements.of(site, row.statement_id)
    motion = link(site, f"/{statement.slug}/motions/{submission.motion_slug}")
    return compose(
        site,
        f"motions/{template}",
        language=row.language,
        address_key=row.address_key,
        campaign=statement,
        to=submission.officer_email,
        statement=statement,
        submission=submission,
        motion=motion if submission.motion_state == "published" else None,
        **more,
    )


async def _pending(site: Site, row: Row) -> Row | None:
    found = await submissions.find(site, _key(row))
    return found if found is not None and found.state == "pending" and found.link_good else None


def _key(row: Row) -> Key:
    return Key(row.statement_id, row.subject_id)


_ASKED_FOR = LetterKind(decide=_decide_asked_for, render=_render_announced)
KINDS = {
    "submission": LetterKind(decide=_decide, render=_render, sent=_sent),
    "submission announced": LetterKind(decide=_decide_notice, render=_render_announced),
    "submission reminder": _ASKED_FOR,
    "submission question": _ASKED_FOR,
}
"""The letters of the pipeline, for the roof to hand to the worker."""
