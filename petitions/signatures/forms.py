"""The form under a statement: its fields, what was typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from petitions.errors import N_
from petitions.forms import Problem
from petitions.questions import TRAP, Choice, Field, judge, tick
from petitions.signatures.sources import plain_host
from petitions.storage.store import Row

NAME = Field(
    "name",
    N_("Your name"),
    kind="name",
    required=True,
    autocomplete="name",
    missing=N_("Enter your name."),
)
EMAIL = Field(
    "email",
    N_("E-mail"),
    kind="email",
    required=True,
    autocomplete="email",
    limit=254,
    missing=N_("Enter your e-mail address."),
)
_UNION_HINT = N_("Never shown unless you agree below, and then with “(personal capacity)”")
BUILT_IN = {
    "town": Field("town", N_("Town"), autocomplete="address-level2"),
    "postcode": Field("postcode", N_("Postcode"), autocomplete="postal-code", limit=16),
    "country": Field("country", N_("Country"), autocomplete="country-name", limit=60),
    "union": Field("union", N_("Union"), hint=_UNION_HINT),
    "branch": Field("branch", N_("Branch"), hint=_UNION_HINT),
    "job": Field("job", N_("Job"), autocomplete="organization-title"),
    "role": Field("role", N_("Role in your union or group"), hint=_UNION_HINT),
    "comment": Field("comment", N_("Comment"), kind="long", limit=1000, hint=N_("Not published")),
}
_COMMENT_HINT = N_("Shown only if you agree below, and once an organiser has read it")
UNION_FIELDS = ("role", "union", "branch")
"""Always shown in a personal capacity."""


@dataclass
class SignForm:
    """What a visitor sees and sends; `problems` is empty once it may be acted on."""

    fields: list[Field]
    consents: list[Choice]
    stamp: str
    act: Row | None = None  # the wording of the act of signing itself
    trap: str = TRAP
    problems: list[Problem] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    referrer: str = ""  # the host of the site that linked here, as the page's script found it

    @property
    def text_ids(self) -> list[Any]:
        """The consent texts that the page showed."""
        return [*([self.act.id] if self.act else []), *(choice.text_id for choice in self.consents)]

    @property
    def agreed(self) -> set[str]:
        """The purposes that were ticked."""
        return {choice.purpose for choice in self.consents if choice.ticked}

    @property
    def answers(self) -> dict[str, str]:
        """What the statement's own fields were answered, the empty ones left out."""
        asked = {one.name: one for one in self.fields if one.name not in ("name", "email")}
        return {_key(one): self.values[name] for name, one in asked.items() if self.values.get(name)}


def blank(statement: Row, texts: Sequence[Row], stamp: str) -> SignForm:
    """The form as it is first shown. `texts`: the current consent texts."""
    act = next((text for text in texts if text.purpose == "sign"), None)
    consents = [
        Choice(f"consent_{text.purpose}", text.purpose, text.wording, text.id)
        for text in texts
        if text.purpose != "sign"
    ]
    return SignForm([NAME, EMAIL, *asked(statement)], consents, stamp, act)


def asked(statement: Row) -> list[Field]:
    """The fields that the statement asks for, in its order."""
    fields = [_asked(item) for item in statement.fields]
    if "comment" not in statement.public_fields:
        return fields
    return [one._replace(hint=_COMMENT_HINT) if one.name == "comment" else one for one in fields]


def read(form: SignForm, typed: Mapping[str, str]) -> SignForm:
    """The form as typed, with its problems; the blank one stays as it is."""
    form = replace(form, problems=[], values={}, referrer=plain_host(typed.get("referrer", "")))
    form.fields = [_judged(one, typed, form) for one in form.fields]
    form.consents = [tick(one, bool(typed.get(one.name))) for one in form.consents]
    if typed.get(TRAP):
        form.problems.append(
            Problem(TRAP, N_("Leave the field “website” empty: it is there to stop programs."))
        )
    return form


def names(form: SignForm) -> set[str]:
    """Every field name that the form may carry."""
    return (
        {one.name for one in form.fields}
        | {choice.name for choice in form.consents}
        | {TRAP, "stamp", "referrer"}
    )


def _asked(item: Mapping[str, Any]) -> Field:
    required = bool(item.get("required"))
    if item["name"] in BUILT_IN:
        return BUILT_IN[item["name"]]._replace(required=required)
    kind = item.get("kind", "text")
    choices = tuple(item.get("choices", ()))
    return Field(f"own_{item['name']}", item["label"], kind, required, choices=choices, own=True)


def _key(one: Field) -> str:
    return one.name.removeprefix("own_") if one.own else one.name


def _judged(one: Field, typed: Mapping[str, str], form: SignForm) -> Field:
    one, value = judge(one, typed)
    if one.problem:
        form.problems.append(one.problem)
    elif value is not None:
        form.values[one.name] = value
    return one
