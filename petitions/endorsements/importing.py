"""Endorsements from a file: what each row would do, and what it does (docs/decisions/0028).

All good rows are one transaction; a dry run is the same one, rolled back. Nobody is written to unless it is asked for.
"""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from uuid import UUID

from petitions import addresses
from petitions.endorsements import actions, review
from petitions.endorsements.csvfile import MOST, Line, parse
from petitions.endorsements.doubles import Double
from petitions.endorsements.judging import OFFICER, REQUIRED, Body, Claim, Judge, Outcome, body_of, columns
from petitions.errors import N_, Refused
from petitions.ids import new_id
from petitions.organisations.actions import LIKENESS, hold_tree
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row


class _Undone(Exception):
    """Rolls a dry run back."""


class _Nothing(Exception):
    """Takes a row back: nothing is to be done."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


@dataclass
class _Import:
    """One run. `known`: what waits already, by body; `act`: the wording of endorsing; `seen`: body → its row in the
    file; `letters`: whom to write to."""

    site: Site
    statement: Row
    actor: str
    mail: bool
    judge: Judge
    known: dict[Body, Row]
    act: UUID
    seen: dict[Body, int] = field(default_factory=dict)
    letters: list[UUID] = field(default_factory=list)


def read(file: BinaryIO, statement: Row, given: Mapping[str, str], most: int = MOST) -> list[Line]:
    """The rows of a CSV file, `most` of them. `given`: as of `run`. Raises Refused."""
    required = [*REQUIRED, *(name for name, text in given.items() if not text)]
    lines = parse(file, columns(statement), required)
    if len(lines) > most:
        raise Refused(N_("The file has more than %(most)s rows: divide it."), most=most)
    return lines


async def run(
    site: Site,
    statement: Row,
    lines: Sequence[Line],
    *,
    actor: str,
    given: Mapping[str, str],
    mail: bool = False,
    dry_run: bool = False,
) -> list[Outcome]:
    """What each row did, in their order; with `dry_run` what it would do. `given`: `source` and `consent` for all.
    `mail`: the officers of rows that wait get their letter. Raises Refused where the statement is not open, or another
    import is running."""
    if not statement.is_open:
        raise Refused(N_("“%(slug)s” is not open: it takes no endorsements."), slug=statement.slug)
    try:
        async with site.store.transaction():
            outcomes = await _run(site, statement, lines, actor, given, mail)
            if dry_run:
                raise _Undone
    except _Undone:
        pass
    return outcomes


async def _run(
    site: Site, statement: Row, lines: Sequence[Line], actor: str, given: Mapping[str, str], mail: bool
) -> list[Outcome]:
    await hold_tree(site, statement.campaign_id)
    known = await site.store.imports.list_known(statement_id=statement.id)
    texts = await statements.officers_consents(site, statement)
    judge = Judge(statement, lines, given, actions.today(site))
    bodies = {body_of(row): row for row in known}
    one = _Import(site, statement, actor, mail, judge, bodies, texts["endorse"].id)
    outcomes = [await _line(one, line) for line in lines]
    written = await _ask_officers(one)
    did = Counter(outcome.did for outcome in outcomes)
    await organisers.note(
        site,
        actor,
        "endorsements import",
        campaign_id=statement.campaign_id,
        statement_id=statement.id,
        details={"rows": len(lines), **did, "letters": written},
    )
    return outcomes


async def _line(one: _Import, line: Line) -> Outcome:
    claim = one.judge.read(line)
    if isinstance(claim, Outcome):
        return claim
    if first := one.seen.get(claim.body):
        return claim.outcome("refused", f"the same body as row {first}: nothing done")
    outcome = await _act(one, claim)
    if outcome.did != "refused":
        one.seen[claim.body] = line.number
    return outcome


async def _act(one: _Import, claim: Claim) -> Outcome:
    """What waits already stays as it is, unless the row is to take its place; else the row is written, or taken back
    with the reason."""
    waiting = one.known.get(claim.body)
    if waiting and (stays := _stays(one, claim, waiting)):
        return stays
    try:
        async with one.site.store.transaction():
            return await _write(one, claim, waiting)
    except _Nothing as nothing:
        return nothing.outcome
    except Refused as refused:
        return claim.outcome("refused", refused.sentence)


def _stays(one: _Import, claim: Claim, waiting: Row) -> Outcome | None:
    """None: what waits gives way, for the minutes were seen, or the row is another one and nobody was asked yet."""
    if waiting.state != "pending":
        return _queued(claim)
    facts = _pending(one, claim)
    if claim.minutes_seen or not (waiting.asked or facts["fingerprint"] == waiting.fingerprint):
        return None
    before = f"{claim.whole} was imported before and waits for its officer"
    if facts["address_key"] != waiting.address_key:
        told = f"{before}, who was written to at another address: nothing done"
        return claim.outcome("refused", told, "officer_email")
    one.letters.append(waiting.id)
    return claim.outcome("known", f"{before}: nothing new")


def _queued(claim: Claim) -> Outcome:
    return claim.outcome("known", f"{claim.whole} waits in the review queue already: nothing done")


async def _write(one: _Import, claim: Claim, waiting: Row | None) -> Outcome:
    row = await _add(one, claim, waiting)
    found = await review.doubles(one.site, row)
    alike = next((body for body in found if body.sure or body.likeness >= LIKENESS), None)
    same = alike is not None and alike.sure and alike.likeness >= LIKENESS
    if alike and same and alike.standing_id:
        raise _Nothing(await _stands(one, claim, alike.standing_id))
    if alike and not same and (alike.sure or not claim.separate):
        raise _Nothing(_unsure(claim, alike))
    who = f"{claim.whole}, which is known" if same else f"new organisation {claim.whole}"
    if not claim.minutes_seen:
        one.letters.append(row.id)
        anew = "was imported before and is brought up to date; " if waiting else ""
        return claim.outcome("pending", f"{who}; {anew}stays hidden until its officer confirms")
    await one.site.store.imports.note_confirmed(
        statement_id=row.statement_id, id=new_id(), endorsement_id=row.id, actor=one.actor
    )
    separate = alike is not None and not same
    await review.accept(one.site, row, actor=one.actor, tell=False, minutes_seen=True, separate=separate)
    return claim.outcome("accepted", f"{who}; public, for the campaign has seen its minutes")


async def _stands(one: _Import, claim: Claim, id: UUID) -> Outcome:
    standing = await one.site.store.imports.find(statement_id=one.statement.id, id=id)
    since = f"{standing.accepted_at:%Y-%m-%d}"
    return claim.outcome(
        "known", f"{claim.whole} already endorses (since {since}): nothing done; its officer can renew it"
    )


def _unsure(claim: Claim, body: Double) -> Outcome:
    name = f"{body.name} in {body.parent}" if body.parent else body.name
    if body.sure:
        told = f"has the code of “{name}”: nothing done; write its name as there, or another code"
        return claim.outcome("refused", told, "code")
    return claim.outcome(
        "refused",
        f"is like “{name}” ({body.likeness:.2f}): nothing done; write its name as there, or yes in the column "
        "“separate” if it is another body",
    )


async def _add(one: _Import, claim: Claim, waiting: Row | None) -> Row:
    """The row, pending, or confirmed where the minutes were seen; in the place of the one that waits, with its id, by
    which its officer's link finds it."""
    statement_id = one.statement.id
    if waiting and not await one.site.store.imports.give_way(statement_id=statement_id, id=waiting.id):
        raise _Nothing(_queued(claim))
    seen = {"state": "confirmed", "confirmed_by": "import"}
    whole = _columns(one, claim) | seen if claim.minutes_seen else _pending(one, claim)
    row: Row | None = await one.site.store.imports.add(
        statement_id=statement_id,
        version=one.statement.version,
        claim=json.loads(json.dumps(whole | {"id": waiting.id if waiting else new_id()}, default=_plain)),
    )
    if row is None:
        raise Refused(N_("The statement was closed meanwhile, or its text is another one now."))
    return row


def _pending(one: _Import, claim: Claim) -> dict[str, Any]:
    facts = _columns(one, claim) | {"state": "pending", "consent_ids": [one.act]}
    return facts | {"fingerprint": _fingerprint(one, facts)}


def _columns(one: _Import, claim: Claim) -> dict[str, Any]:
    """What the row answers; where no officer is named, none."""
    facts, secret = claim.facts, one.site.settings.address_key
    email, second = facts["officer_email"], facts["second_email"]
    return facts | {
        "language": one.statement.language,
        **{name: facts[name] or None for name in OFFICER},
        "address_key": addresses.address_key(secret, email) if email else None,
        "second_key": addresses.address_key(secret, second) if second else None,
        "key_version": addresses.KEY_VERSION,
    }


def _plain(value: object) -> str:
    """As JSON carries it to PostgreSQL."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def _fingerprint(one: _Import, facts: Mapping[str, Any]) -> bytes:
    """Same statement, version and row: the same claim."""
    text = json.dumps([one.statement.id, one.statement.version, facts], sort_keys=True, default=str)
    return hmac.digest(one.site.settings.address_key, b"import\0" + text.encode(), "sha256")[:16]


async def _ask_officers(one: _Import) -> int:
    """Post the letters that are wanted; how many there are."""
    if not one.mail:
        return 0
    posted = await one.site.store.imports.ask_officers(
        statement_id=one.statement.id, ids=one.letters, letter_ids=[new_id() for _ in one.letters]
    )
    return len(posted)
