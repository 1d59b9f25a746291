"""The form under a statement: its fields, what was typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from petitions import addresses
from petitions.errors import N_
from petitions.forms import Problem, Unfit, clean_line, clean_name, clean_text
from petitions.storage.store import Row

TRAP = "website"
"""The honeypot: people leave it empty."""


class Field(NamedTuple):
    """One question: how it is shown, and what was typed."""

    name: str
    label: str
    kind: str = "text"  # text, email, long, choice, tick
    required: bool = False
    hint: str = ""
    autocomplete: str = "off"
    limit: int = 100
    choices: Sequence[str] = ()
    value: str = ""
    problem: Problem | None = None
    own: bool = False  # the campaign's own question: its label is not ours to translate


class Choice(NamedTuple):
    """A consent, unticked at first. None is a condition of signing."""

    name: str
    purpose: str
    wording: str
    text_id: Any
    ticked: bool = False


NAME = Field("name", N_("Your name"), required=True, autocomplete="name")
EMAIL = Field("email", N_("E-mail"), kind="email", required=True, autocomplete="email", limit=254)
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
    return [_asked(item) for item in statement.fields]


def read(form: SignForm, typed: Mapping[str, str]) -> SignForm:
    """The form as typed, with its problems; the blank one stays as it is."""
    form = replace(form, problems=[], values={})
    form.fields = [_judge(one, typed, form) for one in form.fields]
    form.consents = [_ticked(one, bool(typed.get(one.name))) for one in form.consents]
    if typed.get(TRAP):
        form.problems.append(
            Problem(TRAP, N_("Leave the field “website” empty: it is there to stop programs."))
        )
    return form


def names(form: SignForm) -> set[str]:
    """Every field name that the form may carry."""
    return {one.name for one in form.fields} | {choice.name for choice in form.consents} | {TRAP, "stamp"}


def _asked(item: Mapping[str, Any]) -> Field:
    required = bool(item.get("required"))
    if item["name"] in BUILT_IN:
        return BUILT_IN[item["name"]]._replace(required=required)
    kind = item.get("kind", "text")
    choices = tuple(item.get("choices", ()))
    return Field(f"own_{item['name']}", item["label"], kind, required, choices=choices, own=True)


def _key(one: Field) -> str:
    return one.name.removeprefix("own_") if one.own else one.name


def _ticked(one: Choice, ticked: bool) -> Choice:
    return one._replace(ticked=ticked) if ticked != one.ticked else one


def _judge(one: Field, typed: Mapping[str, str], form: SignForm) -> Field:
    text = typed.get(one.name, "")
    try:
        value = _clean(one, text)
    except Unfit as unfit:
        problem = Problem(one.name, unfit.sentence, unfit.values)
        form.problems.append(problem)
        return one._replace(value=text, problem=problem)
    form.values[one.name] = value
    return one._replace(value=text) if text != one.value else one


def _clean(one: Field, text: str) -> str:
    if not text.strip():
        if one.required:
            raise Unfit(_missing(one), {} if one.name in _MISSING else {"label": one.label})
        return ""
    match one.kind:
        case "email":
            return addresses.check(text)
        case "long":
            return clean_text(text, one.limit)
        case "choice":
            return _chosen(one, text)
        case "tick":
            return "yes"
    return clean_name(text) if one.name == "name" else clean_line(text, one.limit)


def _chosen(one: Field, text: str) -> str:
    if text not in one.choices:
        raise Unfit(N_("Choose one of the answers."), {})
    return text


_MISSING = {"name": N_("Enter your name."), "email": N_("Enter your e-mail address.")}


def _missing(one: Field) -> str:
    return _MISSING.get(one.name, N_("Answer “%(label)s”: this statement needs it."))
