"""The part of a draft's form that says what signatories are asked and who gets to see it (privacy.md 5).

A line for each built-in question, with its ticks for the three field sets; then the campaign's own questions.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from petitions.errors import N_, Refused
from petitions.forms import Problem
from petitions.statements import fields
from petitions.statements.fields import Field

SETS = ("public", "handover", "export")
FIRST = ("name", "email")  # always asked
HOW = ("", "optional", "required")


class Line(NamedTuple):
    """A built-in question. `asked`: one of HOW. `public`, `handover`: None where it can never stand there."""

    name: str
    asked: str
    public: bool | None
    handover: bool | None
    export: bool


class Own(NamedTuple):
    """A question of the campaign's own, as typed. `key`: the name it has already, or ""; `choices`: one a line."""

    key: str = ""
    label: str = ""
    kind: str = "text"
    choices: str = ""
    required: bool = False
    handover: bool = False
    export: bool = True
    problem: Problem | None = None

    @property
    def is_empty(self) -> bool:
        return not self.label.strip() and not self.choices.strip()


class Asked(NamedTuple):
    """What the form says."""

    lines: list[Line]
    own: list[Own]

    def shown(self) -> Asked:
        """With an empty row at the end, as long as there is room."""
        filled = [one for one in self.own if not one.is_empty]
        return Asked(self.lines, [*filled, Own()] if len(filled) < fields.MOST else filled)


def blank() -> Asked:
    """Nothing is asked; the sets as they are where nobody says otherwise."""
    return of([], {"public": ["name"], "handover": ["name"], "export": [*FIRST]})


def of(asked: Sequence[Field], sets: Mapping[str, Sequence[str]]) -> Asked:
    """What a statement asks. What it does not ask shows the ticks that it would begin with."""
    named = {one["name"]: one for one in asked}
    lines = []
    for name in (*FIRST, *fields.BUILT_IN):
        on = name in FIRST or name in named
        how = "" if name not in named else HOW[1 + named[name]["required"]]
        lines.append(
            Line(
                name,
                how,
                (name in (sets["public"] if on else fields.PUBLIC_BY_DEFAULT))
                if name in fields.PUBLIC
                else None,
                (on and name in sets["handover"]) if name != "email" else None,
                name in sets["export"] or not on,
            )
        )
    return Asked(lines, [_own(one, sets) for one in asked if one["name"] not in fields.BUILT_IN])


def _own(field: Field, sets: Mapping[str, Sequence[str]]) -> Own:
    return Own(
        field["name"],
        field["label"],
        field["kind"],
        "\n".join(field.get("choices", ())),
        field["required"],
        field["name"] in sets["handover"],
        field["name"] in sets["export"],
    )


def names() -> set[str]:
    """The inputs of this part of the form."""
    built_in = {f"{part}_{name}" for part in ("ask", *SETS) for name in (*FIRST, *fields.BUILT_IN)}
    own = {
        f"own_{nth}_{part}"
        for nth in range(fields.MOST + 1)
        for part in ("key", "label", "kind", "choices", "required", "handover", "export")
    }
    return built_in | own


def read(typed: Mapping[str, str]) -> Asked:
    """What was typed."""
    lines = [
        Line(
            name,
            typed.get(f"ask_{name}", ""),
            f"public_{name}" in typed if name in fields.PUBLIC else None,
            f"handover_{name}" in typed if name != "email" else None,
            f"export_{name}" in typed,
        )
        for name in (*FIRST, *fields.BUILT_IN)
    ]
    return Asked(lines, [_row(typed, nth) for nth in range(fields.MOST + 1)])


def _row(typed: Mapping[str, str], nth: int) -> Own:
    def said(part: str) -> str:
        return typed.get(f"own_{nth}_{part}", "")

    def ticked(part: str) -> bool:
        return f"own_{nth}_{part}" in typed

    return Own(
        said("key"),
        said("label"),
        said("kind"),
        said("choices"),
        ticked("required"),
        ticked("handover"),
        ticked("export"),
    )


def rearranged(asked: Asked, act: str) -> Asked:
    """After one of the buttons beside the campaign's own questions: "remove-1", "up-1", "down-1" (from 0). Rows that
    say nothing go."""
    what, _, number = act.partition("-")
    rows = list(asked.own)
    nth = int(number) if number.isascii() and number.isdigit() and len(number) < 3 else len(rows)
    if nth < len(rows) and what in ("remove", "up", "down"):
        row = rows.pop(nth)
        if what != "remove":
            rows.insert(max(0, nth - 1) if what == "up" else nth + 1, row)
    return Asked(asked.lines, [row for row in rows if not row.is_empty])


def judge(asked: Asked) -> tuple[Asked, dict[str, Any] | None]:
    """With the problems at their rows; and the columns fields, public_fields, handover_fields and export_fields, or
    None where there are problems. Raises Refused: of the whole."""
    rows = [row._replace(problem=_problem(row, nth)) for nth, row in enumerate(asked.own)]
    asked = Asked(asked.lines, rows)
    if any(row.problem for row in rows):
        return asked, None
    keys = _keys(rows)
    built_in = [
        {"name": one.name, "required": one.asked == "required"}
        for one in asked.lines
        if one.asked in HOW[1:] and one.name not in FIRST
    ]
    found = fields.read([*built_in, *map(_field, rows, keys)])
    known = {"name", "email", *(field["name"] for field in found)}
    chosen = {
        part: [one.name for one in asked.lines if getattr(one, part) and one.name in known]
        + [key for row, key in zip(rows, keys, strict=True) if getattr(row, part, False)]
        for part in SETS
    }
    return asked, {
        "fields": found,
        "public_fields": fields.public_set(chosen["public"], found),
        "handover_fields": fields.handover_set(chosen["handover"], found),
        "export_fields": fields.export_set(chosen["export"], found),
    }


def problems(asked: Asked) -> Iterable[Problem]:
    return [row.problem for row in asked.own if row.problem]


def _field(row: Own, key: str) -> Field:
    field = {"name": key, "label": row.label, "kind": row.kind, "required": row.required}
    return field | {"choices": _choices(row)} if row.kind == "choice" else field


def _choices(row: Own) -> list[str]:
    return [line.strip() for line in row.choices.split("\n") if line.strip()]


def _problem(row: Own, nth: int) -> Problem | None:
    """What is wrong with one question, said for the form; `fields.read` has the last word."""
    label, choices = f"own_{nth}_label", f"own_{nth}_choices"
    if not row.label.strip():
        return Problem(label, N_("Write the question that these answers belong to, or remove them."))
    if row.kind == "choice" and len(_choices(row)) < 2:
        return Problem(choices, N_("Write at least two answers to choose from, each on its own line."))
    if row.kind != "choice" and row.choices.strip():
        return Problem(choices, N_("Answers to choose from need the kind “one of several answers”."))
    try:
        fields.read([_field(row, row.key or "question")])
    except Refused as refused:
        at = choices if refused.values.get("what") == "choices" or "choice" in refused.pattern else label
        return Problem(at, refused.pattern, refused.values | {"name": row.label.strip()[:40]})
    return None


def _keys(rows: Sequence[Own]) -> list[str]:
    """The name of each question: the one it had, else made of its label; no two the same."""
    taken = {*fields.BUILT_IN, *fields.TAKEN, *(row.key for row in rows)}
    found = []
    for row in rows:
        key = row.key or _free(_made_of(row.label), taken)
        taken.add(key)
        found.append(key)
    return found


def _made_of(label: str) -> str:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    made = "-".join(re.findall(r"[a-z0-9]+", plain))[:30].strip("-")
    return "question" if not made or made.startswith("consent") else made


def _free(made: str, taken: set[str]) -> str:
    return next(
        name for nth in range(1, 1000) if (name := made if nth == 1 else f"{made}-{nth}") not in taken
    )
