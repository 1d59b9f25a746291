"""What an endorsement says, answer by answer, for the pages that ask for a confirmation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from petitions.endorsements import DECIDED, forms
from petitions.endorsements.forms import Section
from petitions.errors import N_
from petitions.organisations import KINDS, WANTS
from petitions.questions import Field
from petitions.storage.store import Row

PUBLIC = {
    *("name", "kind", "parent", "region", "code", "area", "web_address"),
    *("decided", "met_on", "wording", "members", "members_on", "members_source"),
}
"""What everybody sees of an accepted endorsement (the view public_endorsements); the logo with its consent."""


class Shown(NamedTuple):
    """One answer. `words`: the value is made of our words, to be translated one by one."""

    label: str
    value: str | int | date | None = None
    words: tuple[str, ...] = ()
    public: bool = False


def shown(statement: Row, row: Row) -> list[Shown]:
    """Every answer that was given, marking what will be public."""
    form = forms.blank(statement, {}, "", forms.values_of(row))
    return [one for section in form.sections for one in _section(section, row)]


def claimed(row: Row) -> list[Shown]:
    """What a second officer is asked about."""
    lines = [
        Shown(N_("Organisation"), row.name),
        Shown(N_("Kind of organisation"), words=(KINDS[row.kind][0],)),
        Shown(N_("Part of"), ", ".join(one for one in (row.region, row.parent) if one)),
        Shown(N_("How was it decided?"), words=(DECIDED[row.decided],)),
        Shown(N_("Date of the meeting"), row.met_on),
        Shown(
            N_("Confirmed by") if _by_officer(row) else N_("Officer"),
            _person(row.officer_name, row.officer_role),
        ),
        Shown(N_("You were named as"), _person(row.second_name, row.second_role)),
    ]
    return [one for one in lines if one.value or one.words]


def _by_officer(row: Row) -> bool:
    return row.confirmed_at is not None and row.confirmed_by != "import"


def _person(name: str | None, role: str | None) -> str:
    return ", ".join(one for one in (name, role) if one)


def _section(section: Section, row: Row) -> Iterator[Shown]:
    for one in section.fields:
        if one.kind == "file" and row[one.name] is not None:
            yield Shown(one.label, words=(N_("sent"),), public=one.name == "logo" and row.logo_consent)
        elif one.value and one.kind != "tick":
            yield _answer(one, row)
    if row.wants and any(one.kind == "tick" for one in section.fields):
        yield Shown(section.title, words=tuple(WANTS[one] for one in row.wants))


def _answer(one: Field, row: Row) -> Shown:
    public = one.name in PUBLIC
    if one.kind == "choice":
        return Shown(one.label, words=(one.labels[list(one.choices).index(one.value)],), public=public)
    return Shown(one.label, row[one.name], public=public)
