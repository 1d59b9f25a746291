"""What the worker sends for this room: it decides here, never in the request (signing.md §3)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from petitions.mail import caps, suppression
from petitions.mail.letters import Decision, Defer, Drop, Letter, LetterKind, Send, compose
from petitions.proving import code, links
from petitions.proving.links import Key
from petitions.signatures import PURPOSE
from petitions.signatures.shown import shown
from petitions.site import Site
from petitions.storage.store import Row

MOST_LISTED = 100
"""Attempts in one letter; more only where more statements wait."""


async def _decide(site: Site, row: Row) -> Decision:
    """Answer an attempt: nothing, later, "already signed", one letter for several, or a confirmation."""
    keys = _attempts(row)
    attempts = await _pending(site, keys)
    if not attempts:
        return Drop()
    if await suppression.suppressed(site, row.address_key, "forms", row.campaign_id):
        for attempt in attempts:
            await site.store.signatures.delete_attempt(statement_id=attempt.statement_id, id=attempt.id)
        return Drop()
    settings = site.settings
    free = await caps.take(
        site, row.address_key, per_day=settings.letters_per_day, per_month=settings.letters_per_month
    )
    if free is not None:
        for attempt in attempts:
            await site.store.signatures.put_off(statement_id=attempt.statement_id, id=attempt.id, until=free)
        return Defer(free, {"attempts": [[str(part) for part in key] for key in keys]})
    return await _answer(site, row, attempts)


async def _answer(site: Site, row: Row, attempts: list[Row]) -> Decision:
    """Which letter: attempts of an address that has signed already are over and ask for nothing more."""
    open_: list[Row] = []
    over: list[Row] = []
    for attempt in attempts:
        standing = await site.store.signatures.find_standing(
            statement_id=attempt.statement_id, address_key=attempt.address_key
        )
        (over if standing else open_).append(attempt)
    for attempt in over:
        await site.store.signatures.supersede(statement_id=attempt.statement_id, id=attempt.id)
    if not open_:
        return Send("already signed", {"attempts": [_pair(over[0])], "recipient": over[0].email})
    if len(open_) > 1:
        listed = _listed(open_)
        return Send("merged", {"attempts": [_pair(one) for one in listed], "more": len(listed) < len(open_)})
    kind = "reminder" if row.kind == "reminder" and open_[0].letters else "confirm"
    return Send(kind, {"attempts": [_pair(open_[0])], "letter": open_[0].letters + 1})


def _listed(attempts: list[Row]) -> list[Row]:
    """What one letter lists, the newest first: of every statement the newest attempt, so that a flood of one
    statement's hides no other, then as many more as fit."""
    first: list[Row] = []
    more: list[Row] = []
    statements: set[UUID] = set()
    for attempt in reversed(attempts):
        (more if attempt.statement_id in statements else first).append(attempt)
        statements.add(attempt.statement_id)
    return first + more[: max(0, MOST_LISTED - len(first))]


def _pair(attempt: Row) -> list[str]:
    return [str(attempt.statement_id), str(attempt.id)]


async def _render(site: Site, row: Row) -> Letter | None:
    if row.decision == "already signed":
        return await _already_signed(site, row)
    attempts = await _pending(site, _attempts(row))
    if not attempts:
        return None
    if row.decision == "merged":
        return await _merged(site, row, attempts)
    return await _confirm(site, row, attempts[0])


async def _confirm(site: Site, row: Row, attempt: Row) -> Letter:
    statement = await _statement(site, attempt.statement_id)
    key = Key(attempt.statement_id, attempt.id)
    return compose(
        site,
        "signatures/reminder" if row.decision == "reminder" else "signatures/confirm",
        language=row.language,
        address_key=row.address_key,
        campaign=statement,
        to=attempt.email,
        statement=statement,
        name=attempt.name,
        code=code.make(site, PURPOSE, key, row.details["letter"]),
        shown=shown(statement, attempt),
        good_until=attempt.good_until,
        **_links(site, key),
    )


async def _merged(site: Site, row: Row, attempts: list[Row]) -> Letter:
    entries: list[dict[str, Any]] = []
    for attempt in attempts:
        statement = await _statement(site, attempt.statement_id)
        key = Key(attempt.statement_id, attempt.id)
        entries.append({"statement": statement, "name": attempt.name, **_links(site, key)})
    return compose(
        site,
        "signatures/merged",
        language=row.language,
        address_key=row.address_key,
        campaign=entries[0]["statement"],
        to=attempts[0].email,
        attempts=entries,
        more=bool(row.details.get("more")),
    )


async def _already_signed(site: Site, row: Row) -> Letter | None:
    statement = await _statement(site, _attempts(row)[0].statement_id)
    standing = await site.store.signatures.find_standing(
        statement_id=statement.id, address_key=row.address_key
    )
    return compose(
        site,
        "signatures/already_signed",
        language=row.language,
        address_key=row.address_key,
        campaign=statement,
        to=row.details["recipient"],
        statement=statement,
        set_aside=standing is not None and standing.state != "confirmed",
        my=f"{site.settings.base_url}/my",
    )


async def _sent(site: Site, row: Row) -> None:
    """The code of a confirmation letter exists from the moment it was handed over."""
    if row.decision in ("confirm", "reminder"):
        key = _attempts(row)[0]
        await site.store.signatures.letter_sent(
            statement_id=key.statement_id, id=key.id, letter=row.details["letter"]
        )
    elif row.decision == "merged":
        keys = _attempts(row)
        await site.store.signatures.merged_sent(
            statement_ids=[key.statement_id for key in keys], ids=[key.id for key in keys]
        )


async def _decide_notice(site: Site, row: Row) -> Decision:
    """The notice of a confirmation: caused by a proven act, so outside the caps."""
    return Send("confirmed", {})


async def _render_notice(site: Site, row: Row) -> Letter | None:
    signature = await site.store.signatures.find(statement_id=row.statement_id, id=row.subject_id)
    if signature is None or signature.state != "confirmed" or signature.email is None:
        return None
    statement = await _statement(site, row.statement_id)
    return compose(
        site,
        "signatures/confirmed",
        language=row.language,
        address_key=row.address_key,
        campaign=statement,
        to=signature.email,
        statement=statement,
        name=signature.name,
        number=signature.number,
        my=f"{site.settings.base_url}/my",
    )


def _attempts(row: Row) -> list[Key]:
    """The attempts that a letter is about: one, or those that were merged."""
    listed = row.details.get("attempts")
    return [Key.read(pair) for pair in listed] if listed else [Key(row.statement_id, row.subject_id)]


async def _pending(site: Site, keys: list[Key]) -> list[Row]:
    rows = [await site.store.signatures.find(statement_id=key.statement_id, id=key.id) for key in keys]
    return [row for row in rows if row is not None and row.state == "pending" and row.link_good]


def _links(site: Site, key: Key) -> dict[str, Any]:
    link = f"{site.settings.base_url}/confirm/{links.make(site, PURPOSE, key)}"
    return {"link": link, "not_me": f"{link}/not-me"}


async def _statement(site: Site, id: Any) -> Row:
    row: Row = await site.store.statements.find_by_id(id=id)
    return row


ATTEMPT = LetterKind(decide=_decide, render=_render, sent=_sent)
NOTICE = LetterKind(decide=_decide_notice, render=_render_notice)
KINDS = {"attempt": ATTEMPT, "reminder": ATTEMPT, "confirmed": NOTICE}
"""The letters of this room, for the roof to hand to the worker."""
