"""What the worker sends for this room: it decides here, never in the request (signing.md §3)."""

from __future__ import annotations

from typing import Any

from petitions.mail import caps, suppression
from petitions.mail.letters import Decision, Defer, Drop, Letter, LetterKind, Send, compose
from petitions.proving import code, links
from petitions.proving.links import Key
from petitions.signatures import PURPOSE
from petitions.signatures.shown import shown
from petitions.site import Site
from petitions.storage.store import Row


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
        return Defer(free, {"attempts": [[str(part) for part in key] for key in keys]})
    return await _answer(site, row, attempts)


async def _answer(site: Site, row: Row, attempts: list[Row]) -> Decision:
    if len(attempts) > 1:
        return Send("merged", {"attempts": [[str(one.statement_id), str(one.id)] for one in attempts]})
    attempt = attempts[0]
    key = [str(attempt.statement_id), str(attempt.id)]
    standing = await site.store.signatures.find_standing(
        statement_id=attempt.statement_id, address_key=attempt.address_key
    )
    if standing is not None:
        await site.store.signatures.supersede(statement_id=attempt.statement_id, id=attempt.id)
        return Send("already signed", {"attempts": [key], "recipient": attempt.email})
    kind = "reminder" if row.kind == "reminder" else "confirm"
    return Send(kind, {"attempts": [key], "letter": attempt.letters + 1})


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
    )


async def _already_signed(site: Site, row: Row) -> Letter | None:
    statement = await _statement(site, _attempts(row)[0].statement_id)
    return compose(
        site,
        "signatures/already_signed",
        language=row.language,
        address_key=row.address_key,
        campaign=statement,
        to=row.details["recipient"],
        statement=statement,
        my=f"{site.settings.base_url}/my",
    )


async def _sent(site: Site, row: Row) -> None:
    """The code of a confirmation letter exists from the moment it was handed over."""
    if row.decision in ("confirm", "reminder"):
        key = _attempts(row)[0]
        await site.store.signatures.letter_sent(
            statement_id=key.statement_id, id=key.id, letter=row.details["letter"]
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
