"""What an organiser may ask of a list: fields to leave out, filters, the kind of file. Read from the address and, once
the number was seen, from the form below it; what is not offered is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from petitions.endorsements.exporting import GROUPS, STATES
from petitions.errors import N_
from petitions.forms import Problem, read_fields
from petitions.organisations import KINDS
from petitions.organisers.exporting import FORMATS
from petitions.questions import Field, judge
from petitions.signatures.export import ALWAYS, Narrowed, columns
from petitions.site import Site
from petitions.storage.store import Row

NOBODY = "(none)"
"""Stands for “told none” in a list of codes; no code is written like it."""
KINDS_OF_FILE = {
    "csv": N_("CSV, for every spreadsheet and program"),
    "xlsx": N_("XLSX, for Excel and LibreOffice"),
    "jsonl": N_("JSON Lines, for programs"),
}
FILTERS = {
    "since": N_("from"),
    "until": N_("until before"),
    "source": N_("came by"),
    "area": N_("area"),
    "display": N_("name"),
    "mail": N_("only with letters"),
    "state": N_("which"),
    "kind": N_("kind"),
}
"""How the page of lists names what a list was narrowed by (Narrowed.told, endorsements.exporting)."""
COLUMNS = {
    "number": N_("number"),
    "confirmed_at": N_("when it was confirmed"),
    "version": N_("version of the text"),
    "display": N_("whether the name is public"),
    "mail": N_("whether letters were agreed to"),
    "partners": N_("partners who may write"),
    "source": N_("where the person came from"),
}
"""What columns are called that no field is called by (templates/_words.html has those)."""
_BOM = Field(
    "bom",
    N_("Begin a CSV file with a byte order mark"),
    "tick",
    hint=N_("Only where your spreadsheet shows “Ã¤” for “ä”."),
)
_FROM = N_("Confirmed from")
_UNTIL = N_("Confirmed until, this day included")
_BACKWARDS = N_("The last day is before the first.")


class Tick(NamedTuple):
    """A column, or a group of columns, that can be left out."""

    name: str
    label: str
    on: bool


class Asked(NamedTuple):
    """A form as it was filled in. `answers` are clean; `begun`: somebody has chosen, it is not a first look."""

    fields: Sequence[Field]
    ticks: Sequence[Tick]
    answers: Mapping[str, str]
    begun: bool

    @property
    def problems(self) -> list[Problem]:
        return [one.problem for one in self.fields if one.problem]

    @property
    def kept(self) -> list[str]:
        """The columns, or groups, that were not left out."""
        return [one.name for one in self.ticks if one.on]

    @property
    def carried(self) -> list[tuple[str, str]]:
        """The same as a form's fields, for the button below the number."""
        ticked = [(f"take_{name}", "yes") for name in self.kept]
        return [("chosen", "yes"), *ticked, *((name, value) for name, value in self.answers.items() if value)]


async def signatories(site: Site, statement: Row, typed: Iterable[tuple[str, str]]) -> Asked:
    """The form of a list of signatories. Raises BadRequest."""
    where = {"statement_id": statement.id}
    sources = [row.source or NOBODY for row in await site.store.exports.list_sources(**where)]
    # A list for each area would say of everybody what the set may not hold.
    told = "postcode" in statement.export_fields
    areas = [row.area or NOBODY for row in await site.store.exports.list_areas(**where)] if told else []
    fields = [
        Field("since", _FROM, "date"),
        Field("until", _UNTIL, "date"),
        *_choice("source", N_("Came by"), sources),
        *_choice("area", N_("Postcode area"), areas),
        Field(
            "display",
            N_("Name on the public list"),
            "choice",
            choices=("name", "hidden"),
            labels=(N_("public"), N_("not public")),
        ),
        Field("mail", N_("Only those who agreed to letters"), "tick"),
        *_file(),
    ]
    return _in_order(_read([name for name in columns(statement) if name != ALWAYS], fields, typed))


async def endorsements(site: Site, statement: Row, typed: Iterable[tuple[str, str]]) -> Asked:
    """The form of a list of endorsements. Raises BadRequest."""
    states = (N_("The public ones"), N_("With those that wait or have ended"))
    fields = [
        Field("state", N_("Which ones"), "choice", True, choices=STATES, labels=states, value=STATES[0]),
        Field("kind", N_("Kind"), "choice", choices=tuple(KINDS), labels=[one for one, _ in KINDS.values()]),
        *_file(),
    ]
    return _read([name for name in GROUPS if name != "body"], fields, typed)


async def handover(site: Site, statement: Row, typed: Iterable[tuple[str, str]]) -> Asked:
    """The hand-over document leaves no choice: what is in it was agreed to."""
    return _read([], [], typed)


FORMS = {"signatories": signatories, "endorsements": endorsements, "handover": handover}
"""List → its form."""


def narrowed(site: Site, asked: Asked) -> Narrowed:
    """Who is to be in a list of signatories. Days are the site's."""
    told, zone = asked.answers, ZoneInfo(site.settings.timezone)
    return Narrowed(
        since=_midnight(told["since"], zone),
        until=_midnight(told["until"], zone, 1),
        source=_code(told.get("source", "")),
        area=_code(told.get("area", "")),
        mail=True if told["mail"] else None,
        display=told["display"] or None,
    )


def _read(names: Sequence[str], fields: Sequence[Field], typed: Iterable[tuple[str, str]]) -> Asked:
    allowed = {"chosen", *(f"take_{name}" for name in names), *(one.name for one in fields)}
    found = read_fields(typed, allowed)
    begun = "chosen" in found
    ticks = [Tick(name, _label(name), f"take_{name}" in found or not begun) for name in names]
    if not begun:
        usual = {one.name: one.value for one in fields}
        return Asked(fields, ticks, usual, False)
    judged = [judge(one, found) for one in fields]
    answers = {one.name: value or "" for one, value in judged}
    return Asked([one for one, _ in judged], ticks, answers, True)


def _in_order(asked: Asked) -> Asked:
    since, until = asked.answers["since"], asked.answers["until"]
    if not since or not until or since <= until:
        return asked
    problem = Problem("until", _BACKWARDS)
    fields = [one._replace(problem=problem) if one.name == "until" else one for one in asked.fields]
    return asked._replace(fields=fields)


def _label(name: str) -> str:
    return GROUPS[name][0] if name in GROUPS else COLUMNS.get(name, "")


def _choice(name: str, label: str, values: list[str]) -> list[Field]:
    """Nothing to choose from: no question."""
    labels = [N_("told none") if value == NOBODY else value for value in values]
    return [Field(name, label, "choice", choices=values, labels=labels)] if values else []


def _file() -> list[Field]:
    labels = tuple(KINDS_OF_FILE[one] for one in FORMATS)
    return [Field("format", N_("File"), "choice", True, choices=FORMATS, labels=labels, value="csv"), _BOM]


def _midnight(day: str, zone: ZoneInfo, later: int = 0) -> datetime | None:
    if not day:
        return None
    return datetime.combine(date.fromisoformat(day) + timedelta(days=later), time(), tzinfo=zone)


def _code(chosen: str) -> str | None:
    return None if not chosen else "" if chosen == NOBODY else chosen
