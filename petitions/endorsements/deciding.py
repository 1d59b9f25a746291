"""The form by which an organiser accepts: which body it is, and the marks; and the one that changes the marks later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from petitions.endorsements.marks import LAST_PLACE, MARKS, WORDING, carried
from petitions.errors import N_, Refused
from petitions.forms import Problem
from petitions.organisations import actions as organisations
from petitions.questions import Field, judge
from petitions.site import Site
from petitions.storage.store import Row

NEW, NAMED, NONE = "new", "named", "none"
"""Answers to which body it is, and to what it belongs: another one, one by its name, none."""
RENEW = "/renew"
"""After a body's id: this one takes the place of what that one gave."""
_FIRST_DAY = N_("First day without it")
_MARKS = (
    Field(
        "two_officers",
        N_("Two officers"),
        "tick",
        hint=N_(
            "You know that they are two people: both addresses come from one form. The list then says “confirmed by "
            "two officers”."
        ),
    ),
    Field(
        "minutes_seen",
        N_("Minutes seen"),
        "tick",
        hint=N_(
            "You have read the minutes, or an extract of them, and they say so. The list then says that too."
        ),
    ),
    Field(
        "featured",
        N_("Featured"),
        "tick",
        hint=N_("It stands on the statement’s page and among the logos before all others."),
    ),
    Field(
        "place",
        N_("Place among the featured"),
        "number",
        limit=LAST_PLACE,
        hint=N_("1 stands first. Those without a number follow, the newest first."),
    ),
    Field(
        "wording",
        N_("Public wording"),
        "text",
        limit=WORDING,
        hint=N_("What the list says. Empty: made from the name, how it was decided, and the day."),
    ),
    Field(
        "expires_on",
        _FIRST_DAY,
        "date",
        hint=N_("Empty: it has no end. Its officer is told 30 days before, and can renew it."),
    ),
)
LAST_DAY = Field("expires_on", _FIRST_DAY, "date", required=True)
"""Where one that stands is to end."""
_BODY = (
    Field("name", N_("Name in the list"), "text", limit=organisations.NAME),
    Field("code", N_("Branch number or code"), "text", limit=organisations.CODE),
    Field(
        "parent_named",
        N_("Name of what it belongs to"),
        "text",
        limit=organisations.NAME,
        hint=N_("As it stands in the list of organisations; or its id."),
    ),
)
WAS = "was_"
"""Before the name of a mark: the field that carries what it was when the form was read."""
NAMES = frozenset(
    {one.name for one in (*_MARKS, *_BODY)}
    | {WAS + one.name for one in _MARKS}
    | {"body", "parent", "tell", "seen", "marks"}
)
"""Every field that these forms may carry."""


@dataclass
class Deciding:
    """What an organiser sees and sends. `body`: an id, perhaps with RENEW; NEW; "" as the list has it. `parent`: an id,
    NAMED, NONE, or "" as claimed. `shown`: the answers about the marks as they were offered."""

    marks: list[Field]
    fields: list[Field]
    shown: Mapping[str, str]
    body: str = ""
    parent: str = ""
    tell: bool = True
    whole: bool = True
    problems: list[Problem] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    def refuse(self, refused: Refused, at: str = "") -> Deciding:
        """The form with what the review said to it."""
        return replace(self, problems=[*self.problems, Problem(at, refused.pattern, refused.values)])


async def blank(site: Site, row: Row) -> Deciding:
    """The form with the marks that it would be accepted with, or that it has."""
    marks = {name: row[name] for name in MARKS}
    if row.state != "accepted" and row.replaces_id is not None:
        old = await site.store.review.find(statement_id=row.statement_id, id=row.replaces_id)
        marks = {name: value for name, value in (await carried(site, row, old, {})).items() if name in MARKS}
    shown = {name: _answer(mark) for name, mark in marks.items()}
    filled = [one._replace(value=shown[one.name]) for one in _MARKS]
    known = {"name": row.name, "code": row.code}
    return Deciding(filled, [one._replace(value=known.get(one.name, "")) for one in _BODY], shown)


def read(form: Deciding, typed: Mapping[str, str]) -> Deciding:
    """The form as typed, with its problems. Without `marks` no question was asked about them: they stay."""
    whole = bool(typed.get("marks"))
    if not whole:
        return replace(form, whole=False)
    values: dict[str, str] = {}

    def judged(one: Field) -> Field:
        one, answer = judge(one, typed)
        values[one.name] = answer or ""
        return one

    marks, fields = [judged(one) for one in form.marks], [judged(one) for one in form.fields]
    problems = [one.problem for one in (*marks, *fields) if one.problem]
    return replace(
        form,
        marks=marks,
        fields=fields,
        shown={name: typed.get(WAS + name, was) for name, was in form.shown.items()},
        problems=problems,
        values=values,
        body=typed.get("body", ""),
        parent=typed.get("parent", ""),
        tell=bool(typed.get("tell")),
    )


def marks(form: Deciding) -> dict[str, Any]:
    """What of the marks is said otherwise than it was offered, as `review` takes it: what somebody else has said of the
    others meanwhile stays."""
    if not form.whole:
        return {}
    said = [one for one in form.marks if form.values[one.name] != form.shown[one.name]]
    return {one.name: value(one, form.values[one.name]) for one in said}


async def choice(site: Site, row: Row, form: Deciding) -> dict[str, Any]:
    """Which body it is: fields of doubles.Choice. Raises Refused."""
    if not form.whole:
        return {}
    id, renew = form.body.removesuffix(RENEW), form.body.endswith(RENEW)
    if id and id != NEW:
        return {"organisation_id": _id(id), "renew": renew}
    named = {name: form.values[name] for name in ("name", "code") if form.values[name] != row[name]}
    return {
        "separate": id == NEW,
        "name": named.get("name") or None,
        "code": named.get("code"),
        "parent": await _parent(site, row, form),
    }


async def _parent(site: Site, row: Row, form: Deciding) -> str:
    if form.parent != NAMED:
        return form.parent
    return str((await organisations.find_named(site, row.campaign_id, form.values["parent_named"])).id)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused(organisations.UNKNOWN, id=text) from None


def value(one: Field, text: str) -> Any:
    """An answer that will do, as a mark of the table."""
    if one.kind == "tick":
        return text == "yes"
    if one.kind == "number":
        return int(text) if text else None
    if one.kind == "date":
        return date.fromisoformat(text) if text else None
    return text


def _answer(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)
