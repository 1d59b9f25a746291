"""The form "Report this": what is wrong, and an address for whoever wants a reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from petitions.errors import N_
from petitions.forms import Problem
from petitions.questions import TRAP, Field, judge
from petitions.reports import REASONS, WORDS, reasons

NAMES = frozenset({"what", "id", "reason", "words", "email", TRAP})
"""Every field that the form may carry."""
_WORDS = Field(
    "words", N_("What is wrong?"), kind="long", limit=WORDS, hint=N_("Only the organisers read this.")
)
_EMAIL = Field(
    "email",
    N_("Your e-mail address"),
    kind="email",
    autocomplete="email",
    limit=254,
    hint=N_("Only if you want a reply. It is used for nothing else, and erased 30 days after it."),
)


@dataclass
class ReportForm:
    """What a visitor sees and sends; `problems` is empty once it may be acted on."""

    fields: list[Field]
    trap: str = TRAP
    problems: list[Problem] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)


def blank(subject: str) -> ReportForm:
    """The form as it is first shown."""
    offered = reasons(subject)
    labels = [REASONS[one] for one in offered]
    missing = N_("Choose what is wrong.")
    reason = Field("reason", N_("Why?"), "choice", True, choices=offered, labels=labels, missing=missing)
    return ReportForm([reason, _WORDS, _EMAIL])


def read(subject: str, typed: Mapping[str, str]) -> ReportForm:
    """The form as typed, with its problems."""
    form = blank(subject)
    form.fields = [_judged(one, typed, form) for one in form.fields]
    if form.values.get("reason") == "else" and form.values.get("words") == "":
        problem = Problem("words", N_("Say in a few words what is wrong."))
        form.fields[1] = form.fields[1]._replace(problem=problem)
        form.problems.append(problem)
    if typed.get(TRAP):
        form.problems.append(
            Problem(TRAP, N_("Leave the field “website” empty: it is there to stop programs."))
        )
    return form


def _judged(one: Field, typed: Mapping[str, str], form: ReportForm) -> Field:
    one, value = judge(one, typed)
    if one.problem:
        form.problems.append(one.problem)
    elif value is not None:
        form.values[one.name] = value
    return one
