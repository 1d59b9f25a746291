"""Rows of a file as claims that may be acted on, or what is wrong with them: by the same questions as the form's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from petitions.endorsements import forms
from petitions.endorsements.csvfile import Line
from petitions.endorsements.forms import EndorseForm
from petitions.forms import Problem, Unfit, clean_text
from petitions.organisations.key import key_of, plain
from petitions.questions import Field
from petitions.storage.store import Row

OWN = ("minutes_seen", "separate", "source", "consent")
"""The columns that the form does not have."""
REQUIRED = ("name", "kind", "decided")
"""The columns that every file has, besides `source` and `consent`."""
LONGEST = 500  # characters of source and consent, each
OFFICER = ("officer_name", "officer_role", "officer_email")
_YES, _NO = ("yes", "y", "true", "1", "x"), ("", "no", "n", "false", "0")

Body = tuple[str, str, str]
"""What one body has alone within a file: its parent's plain name, its region's, its key."""

Step = tuple[str, str]
"""Plain names of a body and of what it belongs to."""


class Outcome(NamedTuple):
    """What a row does: "pending", "accepted", "known" (nothing to do) or "refused"; and why, in the words of the
    command line. `columns`: where the mistakes are."""

    row: int
    did: str
    name: str
    text: str
    columns: tuple[str, ...] = ()


class Claim(NamedTuple):
    """A good row. `facts`: columns of `endorsements`."""

    row: int
    form: EndorseForm
    facts: dict[str, Any]
    minutes_seen: bool
    separate: bool

    @property
    def body(self) -> Body:
        return body_of(self.facts)

    def outcome(self, did: str, text: str, *columns: str) -> Outcome:
        return Outcome(self.row, did, self.facts["name"], text, columns)

    @property
    def whole(self) -> str:
        """Its name and what it is part of."""
        above = " ▸ ".join(one for one in (self.facts["parent"], self.facts["region"]) if one)
        return f"{self.facts['name']} in {above}" if above else str(self.facts["name"])


def body_of(claim: Row | Mapping[str, Any]) -> Body:
    """Of an endorsement's columns."""
    parent, region = _plain(claim["parent"]), _plain(claim["region"])
    return parent, "" if region == parent else region, key_of(claim["name"], claim["code"])


def columns(statement: Row) -> tuple[str, ...]:
    """The names that a file's header may have."""
    asked = forms.blank(statement, {}, "").fields
    return (*(one.name for one in asked if one.kind != "file"), *OWN)


@dataclass
class Judge:
    """Reads rows. `given`: `source` and `consent` where the row says none."""

    statement: Row
    lines: Sequence[Line]
    given: Mapping[str, str]
    today: date

    def __post_init__(self) -> None:
        self._form = forms.blank(self.statement, {}, "")
        self._asked = {one.name: one for one in self._form.fields}
        self._circular = circular(line.typed for line in self.lines)  # steps, of which a row has at most two

    def read(self, line: Line) -> Claim | Outcome:
        """The claim of this row, or what is wrong with it."""
        typed = {name: line.typed.get(name, "").strip() for name in (*self._asked, *OWN)}
        name = typed["name"]
        if line.wide:
            return Outcome(line.number, "refused", name[:80], _WIDE)
        if self._circular.intersection(_steps(typed)):
            column = "parent" if typed["parent"] else "region"
            return _refused(line.number, name, [Problem(column, _CIRCULAR, {"above": typed[column][:100]})])
        problems: list[Problem] = []
        ticks = self._ticks(typed, problems)
        where = self._where_from(typed, problems)
        form = forms.read(self._form, self._as_form(typed, ticks), today=self.today)
        problems += self._of_form(form, typed, lenient=ticks["minutes_seen"])
        if problems:
            return _refused(line.number, name, problems)
        facts = forms.facts(form) | where
        return Claim(line.number, form, facts, ticks["minutes_seen"], ticks["separate"])

    def _ticks(self, typed: Mapping[str, str], problems: list[Problem]) -> dict[str, bool]:
        """Yes or no, as spreadsheets have it."""
        names = [name for name, one in self._asked.items() if one.kind == "tick"]
        found = {}
        for name in (*names, "minutes_seen", "separate"):
            answer = typed[name].lower()
            found[name] = answer in _YES
            if answer not in (*_YES, *_NO):
                problems.append(Problem(name, _YES_OR_NO))
        return found

    def _where_from(self, typed: Mapping[str, str], problems: list[Problem]) -> dict[str, str]:
        found = {}
        for name, empty in (("source", _NO_SOURCE), ("consent", _NO_CONSENT)):
            try:
                found[f"import_{name}"] = clean_text(typed[name] or self.given.get(name, ""), LONGEST)
            except Unfit as unfit:
                problems.append(Problem(name, unfit.sentence, unfit.values))
            else:
                if not found[f"import_{name}"]:
                    problems.append(Problem(name, empty))
        return found

    def _as_form(self, typed: Mapping[str, str], ticks: Mapping[str, bool]) -> dict[str, str]:
        """As a visitor's browser would send it: choices in the form's own words."""
        sent = {}
        for name, one in self._asked.items():
            sent[name] = typed[name]
            if one.kind == "choice":
                same = typed[name].casefold().replace("’", "'")
                sent[name] = next(
                    (choice for choice in one.choices if choice.casefold() == same), typed[name]
                )
            elif one.kind == "tick":
                sent[name] = "yes" if ticks[name] else ""
        return sent

    def _of_form(self, form: EndorseForm, typed: Mapping[str, str], *, lenient: bool) -> list[Problem]:
        """The form's problems in words for whoever keeps the file. `lenient`: minutes stand in for the officer."""
        return [
            self._told(problem, typed)
            for problem in form.problems
            if not (lenient and problem.field in OFFICER and not typed[problem.field])
        ]

    def _told(self, problem: Problem, typed: Mapping[str, str]) -> Problem:
        one: Field | None = self._asked.get(problem.field)
        if one is None:
            return problem
        if one.required and not typed[one.name]:
            return Problem(one.name, _EMPTY)
        if one.kind == "choice":
            return Problem(
                one.name, _ONE_OF, {"typed": typed[one.name][:40], "choices": ", ".join(one.choices)}
            )
        return problem


_WIDE = "it is longer than 100 KB, or has more cells than the header names"
_CIRCULAR = "“%(above)s” would stand above itself: look at the rows that say what it is part of."
_YES_OR_NO = "Write yes or no."
_NO_SOURCE = "Say where this row is from, here or for the whole file."
_NO_CONSENT = "Say how the organisation agreed to be listed, here or for the whole file."
_EMPTY = "This is needed, and empty."
_ONE_OF = "“%(typed)s” is none of: %(choices)s."


def _refused(row: int, name: str, problems: Sequence[Problem]) -> Outcome:
    said = [f"{one.field}: {one.sentence % one.values if one.values else one.sentence}" for one in problems]
    return Outcome(row, "refused", name[:80], " ".join(said), tuple(one.field for one in problems))


def circular(rows: Iterable[Mapping[str, str]]) -> set[Step]:
    """Steps that lead round to where they began: "A in B", "B in A"."""
    above: dict[str, set[str]] = {}
    for row in rows:
        for lower, upper in _steps(row):
            above.setdefault(lower, set()).add(upper)
    return {(lower, upper) for lower in above for upper in above[lower] if lower in _reached(above, upper)}


def _reached(above: Mapping[str, set[str]], name: str) -> set[str]:
    """This one, and all that stands above it."""
    found, left = {name}, [name]
    while left:
        more = above.get(left.pop(), set()) - found
        found |= more
        left += more
    return found


def _steps(row: Mapping[str, str]) -> list[Step]:
    """From the body up to what it belongs to, in plain names; what is named twice is one (as doubles.bind has it)."""
    names = (_plain(row.get(name, "")) for name in ("name", "region", "parent"))
    return list(pairwise(dict.fromkeys(name for name in names if name)))


def _plain(name: str) -> str:
    return plain(name) if name.strip() else ""
