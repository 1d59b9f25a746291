"""What people may do with signatures: sign, confirm, say "this wasn't me", ask for a new letter."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from enum import Enum
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from petitions import addresses
from petitions.errors import Closed
from petitions.ids import new_id
from petitions.proving import code
from petitions.proving.cookie import Mark
from petitions.proving.links import Key
from petitions.signatures import PURPOSE
from petitions.signatures.forms import SignForm
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Conflict, Row

WRONG_A_DAY = 10
"""Wrong codes a day for one address, over all its letters."""

Facts = dict[str, Any]
"""What an attempt is made of, by the names of its columns."""


class Outcome(Enum):
    """What confirming did."""

    CONFIRMED = "confirmed"
    ALREADY = "already"  # another signature of this address stands
    OVER = "over"  # not pending any more, or its time is over


class Attempt(NamedTuple):
    """What signing made: the row, and the mark by which the browser knows it."""

    statement_id: UUID
    id: UUID
    mark: bytes


class Tried(NamedTuple):
    """What a typed code did."""

    key: Key | None = None  # of the signature that it belonged to
    outcome: Outcome | None = None  # None: the code was wrong or there was none to try


async def sign(
    site: Site, statement: Row, form: SignForm, *, ip: str, source: str | None = None
) -> Attempt | None:
    """Keep an attempt and the request for its letter, durable together once this returns.

    Never asks whether the address is known: the worker answers by letter (signing.md §3).
    None: its text is another one by now. Raises Closed where the statement takes no signatures any more.
    """
    attempt = _attempt(site, statement, form, ip, source)
    id = await site.gatherings.join("sign", partial(_sign_together, site), attempt)
    if id is None and statement.is_open and await _is_open_still(site, statement):
        return None
    return _signed(attempt, id)


async def _is_open_still(site: Site, statement: Row) -> bool:
    """As it is now, of which this process may not have heard yet."""
    site.shelf.drop(statement.id)
    return bool((await statements.of(site, statement.id)).is_open)


async def sign_within(site: Site, statement: Row, form: SignForm, *, ip: str) -> Attempt:
    """`sign` as a part of the caller's own transaction."""
    attempt = _attempt(site, statement, form, ip, None)
    (id,) = await _sign_together(site, [attempt])
    return _signed(attempt, id)


def _attempt(site: Site, statement: Row, form: SignForm, ip: str, source: str | None) -> Facts:
    facts = _facts(site, statement, form)
    return {
        "statement_id": statement.id,
        "version": statement.version,
        "id": new_id(),
        "letter_id": new_id(),
        "key_version": addresses.KEY_VERSION,
        "fingerprint": _fingerprint(site, statement, facts),
        "source": source,
        "ip": ip,
        **facts,
    }


def _signed(attempt: Facts, id: UUID | None) -> Attempt:
    if id is None:
        raise Closed
    return Attempt(attempt["statement_id"], id, attempt["fingerprint"])


async def _sign_together(site: Site, attempts: Sequence[Facts]) -> list[UUID | None]:
    """The id of the row of each attempt; None: its statement takes no signatures any more, or none in this version."""
    if len(attempts) == 1:
        row = await site.store.signatures.sign(**attempts[0])
        return [row and row.id]
    # Of the same attempt twice, as by a double click, the first is written.
    different = {_same(attempt): attempt for attempt in reversed(attempts)}
    rows = await site.store.signatures.sign_together(
        attempts=[{name: _plain(value) for name, value in one.items()} for one in different.values()]
    )
    ids = {(row.statement_id, row.fingerprint): row.id for row in rows}
    return [ids.get(_same(attempt)) for attempt in attempts]


def _same(attempt: Facts) -> tuple[object, object]:
    return attempt["statement_id"], attempt["fingerprint"]


def _plain(value: object) -> object:
    """As JSON carries it to PostgreSQL."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, UUID) else value


def _facts(site: Site, statement: Row, form: SignForm) -> Facts:
    agreed = form.agreed
    texts = [choice.text_id for choice in form.consents if choice.ticked]
    return {
        "address_key": addresses.address_key(site.settings.address_key, form.values["email"]),
        "name": form.values["name"],
        "email": form.values["email"],
        "answers": form.answers or None,
        "display": "name" if "name" in agreed else "hidden",
        "display_union": "union" in agreed,
        "display_comment": "comment" in agreed,
        "mail_consent": "mail" in agreed,
        "partner_consents": sorted(p.removeprefix("partner:") for p in agreed if p.startswith("partner:"))
        or None,
        "consent_ids": [*([form.act.id] if form.act else []), *texts],
        "language": statement.language,
    }


def _fingerprint(site: Site, statement: Row, facts: Facts) -> bytes:
    """Same statement, version, address and form content: the same attempt."""
    text = json.dumps([statement.id, statement.version, facts], sort_keys=True, default=str)
    return hmac.digest(site.settings.address_key, b"attempt\0" + text.encode(), "sha256")[:16]


async def confirm(site: Site, row: Row, way: str) -> Outcome:
    """Confirm the attempt in `row` by 'link', 'button' or 'code'. The database says who was first."""
    if row.state != "pending":
        return Outcome.OVER
    try:
        confirmed = await site.store.signatures.confirm(
            statement_id=row.statement_id,
            id=row.id,
            way=way,
            subject_key=addresses.subject_key(site.settings.address_key, row.email),
            ledger_ids=[new_id() for _ in row.consent_ids or ()],
            notice_id=new_id(),
        )
    except Conflict:
        await site.store.signatures.supersede(statement_id=row.statement_id, id=row.id)
        return Outcome.ALREADY
    return Outcome.CONFIRMED if confirmed else Outcome.OVER


async def enter_code(site: Site, marks: list[Mark], typed: str) -> Tried:
    """Try a code on the attempts of this browser, the newest first.

    Each try is spent before it is compared, so that no parallel guesses slip through. Whatever fails
    gives the same answer, after the same work: how many tries an attempt has left would tell whether
    its address is known.
    """
    for mark in marks:
        tried = await site.store.signatures.spend_try(
            statement_id=mark.statement_id, fingerprint=mark.mark, most=WRONG_A_DAY
        )
        if tried is None:
            continue
        key = Key(tried.statement_id, tried.id)
        if code.matches(site, PURPOSE, key, tried.letters, typed):
            await site.store.signatures.return_daily_try(address_key=tried.address_key)
            row = await site.store.signatures.find(statement_id=key.statement_id, id=key.id)
            return Tried(key, await confirm(site, row, "code") if row else Outcome.OVER)
    return Tried()


async def standing(site: Site, row: Row) -> str:
    """The state of this row, or of the one of its address that stands before it; "" where none does."""
    if row.state != "superseded" or row.address_key is None:
        return str(row.state) if row.state in STANDING else ""
    other = await site.store.signatures.find_standing(
        statement_id=row.statement_id, address_key=row.address_key
    )
    return str(other.state) if other else ""


STANDING = ("confirmed", "held", "invalidated")
"""One of these to an address: `one_standing_signature`."""


async def not_me(site: Site, key: Key) -> bytes | None:
    """Delete a pending attempt and its letters; its address key, None where nothing was pending."""
    gone = await site.store.signatures.delete_attempt(statement_id=key.statement_id, id=key.id)
    return gone.address_key if gone else None


async def ask_again(site: Site, mark: Mark) -> None:
    """Ask for another letter; within a minute of the last, or where the attempt waits no more, nothing happens."""
    await site.store.signatures.ask_again(
        statement_id=mark.statement_id, fingerprint=mark.mark, letter_id=new_id()
    )


async def remind(site: Site) -> str:
    """Job: post the reminders that are due."""
    sent = await site.store.signatures.remind(most=500, letter_ids=[new_id() for _ in range(500)])
    return f"{len(sent)} reminders"


async def purge(site: Site) -> str:
    """Job: delete attempts that nobody confirmed in time."""
    total = 0
    while gone := await site.store.signatures.purge_unconfirmed(most=1000):
        total += gone
    return f"{total} attempts deleted"


async def anonymise(site: Site) -> list[Row]:
    """Job: carry out the retention of closed statements; a row for each (statement_id, erased)."""
    rows: list[Row] = await site.store.signatures.anonymise.patiently()
    return rows
