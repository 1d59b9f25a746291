"""The form of a campaign's settings: its facts as questions, what was typed, what of it is new, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from petitions.campaigns import facts as rules
from petitions.campaigns import marks
from petitions.errors import N_
from petitions.forms import Problem
from petitions.questions import Field, judge
from petitions.storage.store import Row
from petitions.translations import LANGUAGES

SPARE = 2  # empty rows for one more link, one more partner

_MARKDOWN = N_("Markdown: **bold**, *italic*, [words](https://example.org), lists, headings with ##.")
ABOUT = (
    Field("name", N_("Name"), required=True, limit=200, hint=N_("As people read it, in letters too.")),
    Field(
        "slug",
        N_("Word for its address"),
        required=True,
        limit=80,
        hint=N_("Lower-case letters, digits and hyphens. The old address leads to the new one for ever."),
    ),
    Field(
        "language",
        N_("Language of its pages"),
        "choice",
        required=True,
        choices=tuple(LANGUAGES),
        labels=tuple(LANGUAGES.values()),
    ),
    Field("introduction", N_("Introduction"), "long", limit=rules.INTRODUCTION, hint=_MARKDOWN),
)
RESPONSIBLE = (
    Field(
        "controller",
        N_("Data controller"),
        limit=200,
        hint=N_("The legal name of who answers for the data. It stands in every consent of open statements."),
    ),
    Field(
        "postal_address",
        N_("Postal address"),
        "long",
        limit=500,
        hint=N_("Shown in the imprint, at the form and in each letter."),
    ),
    Field("contact_email", N_("Contact"), "email", limit=254, hint=N_("Replies to letters go there.")),
    Field(
        "on_behalf_of",
        N_("On behalf of"),
        limit=200,
        hint=N_(
            "Where it is promoted for somebody else: the law wants both in an imprint of election material."
        ),
    ),
)
LOOKS = (Field("accent", N_("Accent colour"), required=True, limit=7, hint=N_("Like #b4232f.")),)
LETTERS = (
    Field(
        "sender",
        N_("Sender of letters"),
        "email",
        limit=254,
        hint=N_(
            "Empty: the site’s own. Another domain has to allow it: “petitions mail check” says what is missing."
        ),
    ),
    Field(
        "bulk_sender",
        N_("Sender of letters to many"),
        "email",
        limit=254,
        hint=N_("Best on a domain of its own, so that news never holds up confirmations. Empty: as above."),
    ),
)
RETENTION = Field(
    "retention_months",
    N_("Months that signatures are kept after closing"),
    "number",
    required=True,
    limit=24,
    hint=N_("1 to 24. Then everything personal is erased for good, and the numbers stay."),
)
_ADDED = {
    "privacy": N_("Added to privacy"),
    "imprint": N_("Added to the imprint"),
    "terms": N_("Added to the terms"),
    "accessibility": N_("Added to accessibility"),
}
_SIMPLE = (*ABOUT, *RESPONSIBLE, *LOOKS, *LETTERS, RETENTION)
_PARTS = {"social_links": "link_", "partners": "partner_", "additions": "addition_"}
"""Facts of several questions → how their names begin."""


class Link(NamedTuple):
    """A link to follow, as two questions."""

    name: Field
    url: Field


class Partner(NamedTuple):
    """A partner that the campaign has; `gone`: to be taken out."""

    key: str
    name: str
    gone: bool


@dataclass
class SettingsForm:
    """`facts`: what was typed for each fact that can be taken, as campaigns.actions.change has it, `partners` but for
    the keys of `new_partners`. `touched`: facts that say something else than the page that was `seen`."""

    seen: str
    fields: dict[str, Field]
    links: list[Link]
    partners: list[Partner]
    spare_partners: list[Field]
    additions: list[Field]
    erase: bool = False
    problems: list[Problem] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    new_partners: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    def some(self, asked: tuple[Field, ...]) -> list[Field]:
        """These questions, as answered."""
        return [self.fields[one.name] for one in asked]

    def refuse(self, problem: Problem) -> None:
        """One more problem, beside its question."""
        self.problems.append(problem)
        if problem.field in self.fields:
            self.fields[problem.field] = self.fields[problem.field]._replace(problem=problem)


def blank(campaign: Row) -> SettingsForm:
    """The settings as they are."""
    return read(campaign, typed_of(campaign))


def typed_of(campaign: Row) -> dict[str, str]:
    """What somebody types who changes nothing."""
    typed = {one.name: str(campaign[one.name]) for one in _SIMPLE} | {"seen": marks.mark(campaign)}
    for nth, link in enumerate(campaign.social_links, 1):
        typed |= {f"link_name_{nth}": link["name"], f"link_url_{nth}": link["url"]}
    return typed | {f"addition_{page}": text for page, text in campaign.additions.items()}


def merged(now: Row, form: SettingsForm, typed: Mapping[str, str]) -> dict[str, str]:
    """Typed by one while another saved `now`: their own changes, the other's where they changed nothing."""
    own = {name: text for name, text in typed.items() if _fact_of(name) in form.touched}
    others = {name: text for name, text in typed_of(now).items() if _fact_of(name) not in form.touched}
    return {**others, **own, "seen": marks.mark(now)}


def read(campaign: Row, typed: Mapping[str, str]) -> SettingsForm:
    """The form as typed; `campaign`: as it is now."""
    seen = typed.get("seen", "")
    form = SettingsForm(seen, {}, [], [], [], [], erase=bool(typed.get("erase")))
    _read_simple(form, typed)
    _read_links(form, typed)
    _read_partners(form, campaign, typed)
    _read_additions(form, typed)
    cleaned, _ = rules.judge(form.facts)
    wrong = {_fact_of(problem.field) for problem in form.problems}
    form.touched = marks.touched(cleaned, seen) | wrong | ({"partners"} if form.new_partners else set())
    return form


def names(campaign: Row) -> set[str]:
    """Every name that the form may carry."""
    simple = {one.name for one in _SIMPLE} | {f"addition_{page}" for page in rules.PAGES}
    links = {f"link_{part}_{nth}" for part in ("name", "url") for nth in range(1, rules.MOST_LINKS + 1)}
    gone = {f"partner_gone_{partner['key']}" for partner in campaign.partners}
    return simple | links | gone | {f"partner_new_{nth + 1}" for nth in range(SPARE)} | {"seen", "erase"}


def _read_simple(form: SettingsForm, typed: Mapping[str, str]) -> None:
    for one in _SIMPLE:
        text = typed.get(one.name, "")
        form.fields[one.name] = one._replace(value=text)
        value: Any = text
        if one.kind == "number":
            judged, number = judge(one, typed)
            if judged.problem:
                form.refuse(judged.problem)
                continue
            value = int(number or 0)
        _take(form, one.name, one.name, value)


def _take(form: SettingsForm, fact: str, name: str, value: Any) -> bool:
    """Into the facts, or a problem at the question `name`."""
    _, problems = rules.judge({fact: value})
    for problem in problems:
        form.refuse(Problem(name, problem.sentence, problem.values))
    if not problems and name == fact:
        form.facts[fact] = value
    return not problems


def _read_links(form: SettingsForm, typed: Mapping[str, str]) -> None:
    pairs = list(_pairs(typed))
    good = []
    for nth, pair in enumerate(pairs[: rules.MOST_LINKS], 1):
        known = len(form.problems)
        if _take(form, "social_links", f"link_url_{nth}", [pair]):
            good.append(pair)
        problem = form.problems[-1] if len(form.problems) > known else None
        form.links.append(
            Link(
                Field(f"link_name_{nth}", N_("Name"), limit=60, value=pair[0]),
                Field(f"link_url_{nth}", N_("Web address"), "url", limit=300, value=pair[1], problem=problem),
            )
        )
    form.facts["social_links"] = good


def _pairs(typed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The rows with something in them, then as many empty ones as one could need."""
    for nth in range(1, rules.MOST_LINKS + 1):
        pair = typed.get(f"link_name_{nth}", ""), typed.get(f"link_url_{nth}", "")
        if any(text.strip() for text in pair):
            yield pair
    yield from [("", "")] * SPARE


def _read_partners(form: SettingsForm, campaign: Row, typed: Mapping[str, str]) -> None:
    form.partners = [
        Partner(one["key"], one["name"], bool(typed.get(f"partner_gone_{one['key']}")))
        for one in campaign.partners
    ]
    for nth in range(1, SPARE + 1):
        name = typed.get(f"partner_new_{nth}", "")
        known = len(form.problems)
        if name.strip() and _take(form, "partners", f"partner_new_{nth}", {"new": name}):
            form.new_partners.append(name)
        problem = form.problems[-1] if len(form.problems) > known else None
        form.spare_partners.append(
            Field(f"partner_new_{nth}", N_("New partner"), limit=200, value=name, problem=problem)
        )
    form.facts["partners"] = {one.key: one.name for one in form.partners if not one.gone}


def _read_additions(form: SettingsForm, typed: Mapping[str, str]) -> None:
    texts = {}
    for page in rules.PAGES:
        name, text = f"addition_{page}", typed.get(f"addition_{page}", "")
        known = len(form.problems)
        if _take(form, "additions", name, {page: text}):
            texts[page] = text
        problem = form.problems[-1] if len(form.problems) > known else None
        form.additions.append(
            Field(name, _ADDED[page], "long", limit=rules.ADDITION, value=text, problem=problem)
        )
    form.facts["additions"] = texts


def _fact_of(name: str) -> str:
    """The fact that a question belongs to."""
    return next((fact for fact, start in _PARTS.items() if name.startswith(start)), name)
