"""What officers may do with a submission: announce that their body puts a motion, and say what came of it."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from petitions import addresses
from petitions.errors import N_, Closed, NotFound, Refused, TokenError, TokenInvalid
from petitions.ids import new_id
from petitions.motions import OUTCOME, PURPOSE, documents, text
from petitions.motions.forms import OutcomeForm, SubmitForm, days, facts, picked, wishes
from petitions.organisers import actions as organisers
from petitions.proving import code, links
from petitions.proving.cookie import Mark
from petitions.proving.links import Key
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row
from petitions.tokens import pack, unpack

ANSWERABLE = 60
"""Days after the meeting in which the answer can be given and corrected, as in `submissions.answer`."""
WRONG_A_DAY = 10
"""Wrong codes a day for one address, over all its letters."""
_OUTCOME_AGE = (731 + ANSWERABLE + 30) * 86400  # seconds: a ceiling alone, the row's own days decide
_PREFILL = "submission prefill"
_PREFILL_AGE = 86400  # seconds
_MOST = 500  # letters in one run of a job


class Submitted(NamedTuple):
    """What the form made: the row, and the mark by which the browser knows it."""

    statement_id: UUID
    id: UUID
    mark: bytes


async def today(site: Site) -> date:
    """By the database's clock, in the site's time zone."""
    day: date = await site.store.submissions.today(zone=site.settings.timezone)
    return day


async def submit(site: Site, statement: Row, motion: Row, form: SubmitForm, *, ip: str) -> Submitted:
    """Keep a plan and the request for its letter, durable together once this returns.

    Never asks whether the address is known: the worker answers by letter (signing.md §3).
    Raises Closed where the statement is closed by now, NotFound where the motion was withdrawn.
    """
    columns = _columns(site, statement, motion, form)
    columns["text"] = await asyncio.to_thread(documents.words, _filled(site, statement, motion, form))
    mark = _fingerprint(site, columns)
    row = await site.store.submissions.submit(
        id=new_id(), letter_id=new_id(), fingerprint=mark, ip=ip, key_version=addresses.KEY_VERSION, **columns
    )
    if row is None:
        site.shelf.drop(statement.id)
        raise NotFound if (await statements.of(site, statement.id)).is_open else Closed
    return Submitted(statement.id, row.id, mark)


def _columns(site: Site, statement: Row, motion: Row, form: SubmitForm) -> dict[str, Any]:
    return {
        "statement_id": statement.id,
        "motion_id": motion.id,
        **facts(form),
        "address_key": addresses.address_key(site.settings.address_key, form.values["officer_email"]),
        "consent_ids": [form.act.id],
        "language": statement.language,
    }


def _filled(site: Site, statement: Row, motion: Row, form: SubmitForm) -> str:
    """The motion as it is now with the answers of the form: what the body is going to put."""
    values = form.values
    day = _as_read(site, statement.language, date.fromisoformat(values["meets_on"]))
    return text.fill(
        motion.body,
        values["kind"],
        picked(values),
        values["name"],
        day=day,
        language=statement.language,
    )


def _as_read(site: Site, language: str, day: date) -> str:
    read: str = site.templates.environment(language).filters["date"](day)
    return read


def _fingerprint(site: Site, columns: dict[str, Any]) -> bytes:
    """Same motion, address and form content: the same plan."""
    whole = json.dumps(columns, sort_keys=True, default=str)
    return hmac.digest(site.settings.address_key, b"submission\0" + whole.encode(), "sha256")[:16]


async def find(site: Site, key: Key) -> Row | None:
    """A submission with its motion and what its links may still do."""
    row: Row | None = await site.store.submissions.find(
        statement_id=key.statement_id, id=key.id, zone=site.settings.timezone
    )
    return row


async def confirm(site: Site, row: Row) -> bool:
    """Pending → announced. False: it is not pending any more, or its time is over."""
    if row.state != "pending":
        return False
    confirmed = await site.store.submissions.confirm(
        statement_id=row.statement_id,
        id=row.id,
        subject_key=addresses.subject_key(site.settings.address_key, row.officer_email),
        ledger_ids=[new_id() for _ in row.consent_ids],
        notice_id=new_id(),
    )
    return confirmed is not None


async def enter_code(site: Site, marks: Sequence[Mark], typed: str) -> Key | None:
    """Try a code on the plans of this browser, the newest first; the one it confirmed.

    Each try is spent before it is compared. Whatever fails gives the same answer, after the same work.
    """
    for mark in marks:
        tried = await site.store.submissions.spend_try(
            statement_id=mark.statement_id, fingerprint=mark.mark, most=WRONG_A_DAY
        )
        if tried is None:
            continue
        key = Key(tried.statement_id, tried.id)
        if code.matches(site, PURPOSE, key, tried.letters, typed):
            await site.store.submissions.return_try(address_key=tried.address_key)
            row = await find(site, key)
            return key if row and await confirm(site, row) else None
    return None


async def not_me(site: Site, key: Key) -> bytes | None:
    """Delete a pending plan and its letters; its address key, None where nothing was pending."""
    gone = await site.store.submissions.delete_pending(statement_id=key.statement_id, id=key.id)
    return gone.address_key if gone else None


async def ask_again(site: Site, mark: Mark) -> None:
    """Ask for another letter; within a minute of the last, or where nothing waits, nothing happens."""
    await site.store.submissions.ask_again(
        statement_id=mark.statement_id, fingerprint=mark.mark, letter_id=new_id()
    )


async def answer(site: Site, row: Row, form: OutcomeForm) -> Row | None:
    """Keep what came of it, as it is known now; who does not put it takes the consent back too. None: too late."""
    key = {"statement_id": row.statement_id, "id": row.id}
    said = {"state": form.state, "amended": form.text, "zone": site.settings.timezone}
    async with site.store.transaction():
        if await site.store.submissions.answer(**key, **said) is None:
            return None
        if form.state == "withdrawn":
            await site.store.submissions.take_back(**key, ledger_id=new_id())
        return await find(site, Key(**key))


async def answer_for(site: Site, row: Row, form: OutcomeForm, *, actor: str) -> Row:
    """What an officer told an organiser, by telephone perhaps: kept as their own answer is, and in the audit. Only they
    can say that they don't put it after all, for that takes a consent back. Raises Refused."""
    if "withdrawn" in (form.state, row.state):
        raise Refused(N_("Only its officer can take it back: the link is in their letters."))
    async with site.store.transaction():
        answered = await answer(site, row, form)
        if answered is None:
            raise Refused(N_("It can be answered until 60 days after the meeting."))
        await _note(site, row, actor, "answer", state=form.state)
    return answered


async def looked(site: Site, row: Row, *, actor: str) -> None:
    """An organiser saw a plan with its officer: the audit knows."""
    await _note(site, row, actor, "show")


async def _note(site: Site, row: Row, actor: str, act: str, **details: str) -> None:
    await organisers.note(
        site,
        actor,
        f"submission {act}",
        campaign_id=row.campaign_id,
        statement_id=row.statement_id,
        details={"submission": str(row.id), **details},
    )


async def move(site: Site, row: Row, form: OutcomeForm) -> Row | None:
    """The meeting is on another day: letters come for the new one. None: it was answered meanwhile, or too late."""
    new = days(form.values)
    assert new["meets_on"]
    moved: Row | None = await site.store.submissions.move(
        statement_id=row.statement_id,
        id=row.id,
        **new,
        was=_as_read(site, row.language, row.meets_on),
        becomes=_as_read(site, row.language, new["meets_on"]),
        zone=site.settings.timezone,
    )
    return moved


def outcome_token(site: Site, key: Key) -> str:
    """For the link under "how did it go?"; good until 60 days after the meeting."""
    return links.make(site, OUTCOME, key)


def read_outcome_token(site: Site, token: str) -> Key:
    """Raises TokenExpired, TokenInvalid."""
    return _read(site, OUTCOME, token, _OUTCOME_AGE)


def prefill_token(site: Site, row: Row) -> str:
    """With it, for a day, the form of an endorsement is filled in with what the submission says."""
    return site.tokens.make(_PREFILL, pack(row.statement_id, row.id))


async def prefill(site: Site, statement: Row, token: str) -> dict[str, str]:
    """What a motion that passed says of its body's endorsement, by the names of that form's fields.

    Nothing where the token is not ours, of another statement or too old, or where nothing has passed or all is erased:
    the form is then empty.
    """
    try:
        key = _read(site, _PREFILL, token, _PREFILL_AGE)
    except TokenError:
        return {}
    row = await find(site, key) if key.statement_id == statement.id else None
    if row is None or row.state not in ("passed", "amended") or row.erased_at is not None:
        return {}
    given = {name: row[name] or "" for name in _SAME}
    if row.meets_on <= row.today:
        given["met_on"] = row.meets_on.isoformat()
    if row.kind == "union branch":
        given["decided"] = "branch meeting"
    motion = row.amended if row.state == "amended" else row.text
    return given | wishes(row.wants) | {"motion": motion}


_SAME = ("name", "kind", "parent", "area")  # nobody's name and address: the link may be handed on


def _read(site: Site, purpose: str, token: str, max_age: int) -> Key:
    ids = unpack(site.tokens.read(purpose, token, max_age=max_age))
    if len(ids) != 2:
        raise TokenInvalid
    return Key(*ids)


async def remind(site: Site) -> str:
    """Job: letters before a cut-off, and "how did it go?" from the day after a meeting on; each once."""
    zone = site.settings.timezone
    reminders = await site.store.submissions.remind(most=_MOST, letter_ids=_ids(), zone=zone)
    questions = await site.store.submissions.ask_outcome(most=_MOST, letter_ids=_ids(), zone=zone)
    return f"{len(reminders)} reminders, {len(questions)} questions"


def _ids() -> list[UUID]:
    return [new_id() for _ in range(_MOST)]


async def purge(site: Site) -> str:
    """Job: delete plans that nobody confirmed in time."""
    total = 0
    while gone := await site.store.submissions.purge_pending(most=1000):
        total += gone
    return f"{total} plans deleted"


async def erase(site: Site) -> str:
    """Job: officers' details whose time is over; the counts stay."""
    total = 0
    while gone := await site.store.submissions.erase_officers(most=1000, zone=site.settings.timezone):
        total += gone
    return f"details of {total} officers erased"
