"""The form by which an organisation endorses: its questions, what was typed and sent, and what is wrong with it.

The names of the questions are the columns of `endorsements`; only six of them need an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from petitions import addresses
from petitions.endorsements.asked import (
    ALL,
    BODY,
    DECISION,
    EVIDENCE,
    FILES,
    MEMBERS,
    NOTE,
    OFFICER,
    SECOND,
    SHOWN,
    WANTED,
    WISHES,
)
from petitions.errors import N_
from petitions.files.actions import Kept
from petitions.forms import Problem, Unfit
from petitions.questions import TRAP, Choice, Field, judge, tick
from petitions.storage.store import Row

_OR_NULL = frozenset({"met_how", "officer_phone", "second_name", "second_role", "second_email"})
_CONSENTS = {"logo": "consent_logo", "officer mail": "consent_mail"}
_SECOND_HINT = N_(
    "Not published. We write to this person once you have confirmed; the list can then say that two officers did."
)
_NOTHING: Mapping[str, str] = {}


class Section(NamedTuple):
    """Questions under one heading. `folded`: all are optional, and hidden until somebody wants them."""

    title: str
    fields: list[Field]
    folded: bool = True
    hint: str = ""
    consents: Sequence[Choice] = ()

    @property
    def open(self) -> bool:
        """Whether something in it was answered or is wrong."""
        answered = any(one.value or one.problem for one in self.fields)
        return answered or any(one.ticked for one in self.consents)


class Sent(NamedTuple):
    """A file that is kept already: `ticket` and `filename` go along with the form, so that it survives an error."""

    kept: Kept
    ticket: str
    filename: str


@dataclass
class EndorseForm:
    """What an officer sees and sends; `problems` is empty once it may be acted on."""

    sections: list[Section]
    stamp: str
    act: Row | None = None  # the wording of what endorsing means
    kept: dict[str, Sent] = field(default_factory=dict)  # by the name of the question
    trap: str = TRAP
    problems: list[Problem] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> list[Field]:
        return [one for section in self.sections for one in section.fields]

    @property
    def consents(self) -> list[Choice]:
        return [one for section in self.sections for one in section.consents]

    @property
    def text_ids(self) -> list[Any]:
        """The consent texts that the page showed."""
        return [*([self.act.id] if self.act else []), *(one.text_id for one in self.consents)]

    @property
    def agreed(self) -> set[str]:
        """The purposes that were ticked."""
        return {one.purpose for one in self.consents if one.ticked}


def blank(
    statement: Row, texts: Mapping[str, Row], stamp: str, given: Mapping[str, str] = _NOTHING
) -> EndorseForm:
    """The form as it is first shown. `texts`: the officers' consent texts by purpose; `given`: answers by question."""

    def section(title: str, asked: tuple[Field, ...], consent: str = "", **how: Any) -> Section:
        choices = [_consent(texts[consent], given)] if consent in texts else []
        fields = [one._replace(value=given.get(one.name, "")) for one in asked]
        return Section(title, fields, consents=choices, **how)

    private, public = N_("Not published."), N_("Published with the name.")
    sections = [
        section(N_("Your organisation"), BODY, folded=False),
        section(N_("The decision"), DECISION, folded=False),
        section(N_("You"), OFFICER, "officer mail", folded=False, hint=private),
        section(N_("Votes, motion and minutes"), EVIDENCE, hint=private),
        section(N_("Number of members"), MEMBERS, hint=public),
        section(N_("A second officer"), SECOND, hint=_SECOND_HINT),
        section(N_("How you are listed"), SHOWN, "logo", hint=public),
        section(N_("What you would like from us"), WISHES, hint=private),
        section(N_("A note"), NOTE, hint=private),
    ]
    return EndorseForm(sections, stamp, texts.get("endorse"))


def read(form: EndorseForm, typed: Mapping[str, str], *, today: date) -> EndorseForm:
    """The form as typed, with its problems; the one given stays as it is. `today`: no meeting lies after it."""
    judged = {one.name: judge(one, typed) for one in form.fields}
    values = {name: value for name, (_, value) in judged.items() if value is not None}
    wrong = {one.field: one for one in _contradictions(values, today)}

    def as_typed(section: Section) -> Section:
        fields = [judged[one.name][0] for one in section.fields]
        fields = [one if one.problem else one._replace(problem=wrong.get(one.name)) for one in fields]
        return section._replace(
            fields=fields, consents=[tick(one, bool(typed.get(one.name))) for one in section.consents]
        )

    form = replace(form, sections=[as_typed(one) for one in form.sections], values=values)
    form.problems = [one.problem for one in form.fields if one.problem]
    if typed.get(TRAP):
        form.problems.append(
            Problem(TRAP, N_("Leave the field “website” empty: it is there to stop programs."))
        )
    return form


def refuse(form: EndorseForm, name: str, unfit: Unfit) -> EndorseForm:
    """The form with a sentence at one of its questions."""
    problem = Problem(name, unfit.sentence, unfit.values)
    sections = [
        one._replace(fields=[f._replace(problem=problem) if f.name == name else f for f in one.fields])
        for one in form.sections
    ]
    return replace(form, sections=sections)


def names(form: EndorseForm) -> set[str]:
    """Every name that a text of this form may have; files come apart."""
    asked = {one.name for one in form.fields if one.kind != "file"} | {one.name for one in form.consents}
    return asked | {f"{name}_{what}" for name in FILES for what in ("kept", "name", "drop")} | {TRAP, "stamp"}


def tickets(form: EndorseForm) -> dict[str, str]:
    """The hidden answers that stand for files which are kept."""
    return {f"{name}_kept": one.ticket for name, one in form.kept.items()} | {
        f"{name}_name": one.filename for name, one in form.kept.items()
    }


def facts(form: EndorseForm) -> dict[str, Any]:
    """Columns of `endorsements` with Python's values; of a form without problems."""
    asked = [one for one in form.fields if one.kind not in ("tick", "file")]
    return {
        **{one.name: _fact(one, form.values.get(one.name, "")) for one in asked},
        **{name: form.kept[name].kept.digest if name in form.kept else None for name in FILES},
        "wants": [what for name, what in WANTED.items() if form.values.get(name)],
        "logo_consent": "logo" in form.agreed,
        "mail_consent": "officer mail" in form.agreed,
    }


def values_of(row: Row) -> dict[str, str]:
    """An endorsement's row as answers, for `blank`; its files are no answers."""
    found = {one.name: _answer(row[one.name]) for one in ALL if one.kind not in ("tick", "file")}
    ticks = {name: what in row.wants for name, what in WANTED.items()}
    ticks |= {"consent_logo": row.logo_consent, "consent_mail": row.mail_consent}
    return found | {name: "yes" for name, ticked in ticks.items() if ticked}


def _consent(text: Row, given: Mapping[str, str]) -> Choice:
    name = _CONSENTS[text.purpose]
    return Choice(name, text.purpose, text.wording, text.id, ticked=bool(given.get(name)))


def _fact(one: Field, value: str) -> Any:
    if one.kind == "number":
        return int(value) if value else None
    if one.kind == "date":
        return date.fromisoformat(value) if value else None
    if one.name == "quorum":
        return value == "yes" if value else None
    return value or None if one.name in _OR_NULL else value


def _answer(fact: Any) -> str:
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    return "" if fact is None else str(fact)  # a date in the way of ISO 8601


def _contradictions(values: Mapping[str, str], today: date) -> Iterator[Problem]:
    """What each answer alone does not show; only of answers that will do."""
    numbers = {name: int(values.get(name) or 0) for name in ("votes_for", "votes_against", "abstained")}
    if values.get("present") and sum(numbers.values()) > int(values["present"]):
        yield Problem("present", N_("More votes are counted here than people were present."))
    if values.get("met_on", "") > today.isoformat():
        yield Problem("met_on", N_("This day is still to come: add your name once the meeting has decided."))
    if values.get("members_on", "") > today.isoformat():
        yield Problem("members_on", N_("This day is still to come."))
    if values.get("members") == "0":
        yield Problem("members", N_("Write a number above 0, or leave this empty."))
    yield from _of_the_second(values)


def _of_the_second(values: Mapping[str, str]) -> Iterator[Problem]:
    """A second officer has a name and a mailbox of their own, or there is none."""
    name, role, email = (values.get(f"second_{what}", "") for what in ("name", "role", "email"))
    if (role or email) and "second_name" in values and not name:
        yield Problem("second_name", N_("Enter the second officer’s name too, or leave all of this empty."))
    if (name or role) and "second_email" in values and not email:
        yield Problem(
            "second_email", N_("Enter the second officer’s e-mail address too, or leave all of this empty.")
        )
    own = values.get("officer_email")
    if own and email and addresses.canonical(email) == addresses.canonical(own):
        yield Problem("second_email", N_("This is your own mailbox: the second officer needs another one."))
