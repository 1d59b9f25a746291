"""The link under a question of the organisers: for this one question, its page with less than the officer's."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from uuid import UUID

from petitions.endorsements import ANSWER
from petitions.endorsements.forms import EndorseForm
from petitions.endorsements.officer import wrong
from petitions.errors import N_, TokenInvalid
from petitions.proving.links import Key
from petitions.site import Site
from petitions.storage.store import Row
from petitions.tokens import pack, unpack

GOOD_FOR = 30 * 24 * 3600
"""Seconds in which a question can be answered by its letter's link."""
STATES = ("questioned", "confirmed")
"""In which there is something to answer or to correct."""
WITHHELD = ("officer_email", "officer_phone", "second_name", "second_role", "second_email")
"""What the page under a question neither shows nor changes: letters are handed on."""
_SAY = N_("Write an answer, or correct what the question is about.")


def token(site: Site, row: Row) -> str:
    """For the letter with the question that `row` holds now."""
    return site.tokens.make(ANSWER, pack(row.statement_id, row.id, _asked_at(row)))


def read(site: Site, text: str) -> tuple[Key, UUID]:
    """Which endorsement, and which of its questions. Raises TokenInvalid, TokenExpired."""
    ids = unpack(site.tokens.read(ANSWER, text, max_age=GOOD_FOR))
    if len(ids) != 3:
        raise TokenInvalid
    return Key(*ids[:2]), ids[2]


def is_about(row: Row, question: UUID) -> bool:
    """Whether that is the last question; or all is decided, and the page only says how."""
    return row.state not in STATES or _asked_at(row) == question


def _asked_at(row: Row) -> UUID:
    """Stands for the moment in which the organisers asked: nothing else writes that while it waits."""
    return UUID(bytes=hashlib.sha256(row.reviewed_at.isoformat().encode()).digest()[:16])


def form_of(form: EndorseForm, row: Row) -> EndorseForm:
    """The form under the organisers' question: first what is answered, which goes where the note stood."""
    (*others, note) = form.sections
    field = note.fields[0]._replace(label=N_("Your answer"))
    if row.state == "questioned":
        field = field._replace(value="")
    answer = note._replace(title=N_("Your answer"), fields=[field], folded=False)
    return replace(form, sections=[answer, *others])


def withheld(row: Row) -> dict[str, str]:
    """What the page does not show, as if it had been typed anew."""
    return {name: row[name] or "" for name in WITHHELD}


def unanswered(form: EndorseForm) -> EndorseForm:
    """The form, where neither an answer nor anything new came."""
    return wrong(form, "note", _SAY)
