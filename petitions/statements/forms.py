"""The form of a draft: what was typed, what of it is good, and a sentence for each field that is not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as with_default
from datetime import UTC, date, datetime, time
from typing import Any

from petitions.campaigns.slugs import check_slug
from petitions.errors import N_, Refused
from petitions.forms import Problem, Unfit
from petitions.forms import read_fields as named
from petitions.questions import Field
from petitions.questions import judge as judged
from petitions.site import Site
from petitions.statements import asking, drafts, files
from petitions.statements.asking import Asked
from petitions.storage.store import Row
from petitions.translations import LANGUAGES

GOAL = Field(
    "goal",
    N_("Goal"),
    "number",
    hint=N_("How many people you hope for. It can be raised later."),
    limit=1_000_000_000,
)
CLOSES_ON = Field("closes_on", N_("Last day"), "date", hint=N_("Without one it closes when you close it."))
CLOSES_AT = Field(
    "closes_at", N_("Time"), hint=N_("Like 18:00; without one it closes at the end of the day.")
)
TITLE = Field("title", N_("Title"), required=True, limit=files.TITLE)
BODY = Field("body", N_("Text"), "long", required=True, limit=files.BODY)
_SIMPLE = (
    TITLE,
    Field(
        "slug",
        N_("Address"),
        hint=N_(
            "The word at the end of its web address, like fair-pay. Left empty, it is made of the title."
        ),
        limit=80,
    ),
    Field(
        "kind",
        N_("What it is"),
        "choice",
        required=True,
        choices=files.KINDS,
        labels=(N_("Petition"), N_("Open letter"), N_("Campaign statement")),
    ),
    Field(
        "language",
        N_("Language"),
        "choice",
        required=True,
        hint=N_("Of its page, its form and its letters."),
        choices=tuple(LANGUAGES),
        labels=tuple(LANGUAGES.values()),
        own=False,
    ),
    Field("addressed_to", N_("Addressed to"), hint=N_("Who gets it, like “The Example Council”."), limit=200),
    BODY,
    GOAL,
    CLOSES_ON,
    CLOSES_AT,
)
_COLUMNS = ("title", "slug", "kind", "language", "addressed_to", "body", "goal")


@dataclass
class DraftForm:
    """`facts`: what is good of it, as of `texts.create`. `read`: the version that whoever typed has seen; 0: none."""

    fields: dict[str, Field]
    asked: Asked
    read: int = 0
    problems: list[Problem] = with_default(default_factory=list)
    facts: dict[str, Any] = with_default(default_factory=dict)


def names() -> set[str]:
    """The inputs of the form; "do" is the button that was pressed."""
    return {*(field.name for field in _SIMPLE), "read", "do"} | asking.names()


def blank(campaign: Row) -> DraftForm:
    """Of a new draft."""
    found = {field.name: field for field in _SIMPLE}
    found["kind"] = found["kind"]._replace(value=files.KINDS[0])
    found["language"] = found["language"]._replace(value=campaign.language)
    return DraftForm(found, asking.blank())


def of(site: Site, statement: Row) -> DraftForm:
    """Of a draft as it stands."""
    day, hour = drafts.day_and_time(site, statement.closes_at)
    values = {name: str(statement[name] or "") for name in _COLUMNS} | {"closes_on": day, "closes_at": hour}
    found = {field.name: field._replace(value=values[field.name]) for field in _SIMPLE}
    sets = {name: statement[f"{name}_fields"] for name in asking.SETS}
    return DraftForm(found, asking.of(statement.fields, sets), statement.version)


def read(site: Site, items: Sequence[tuple[str, object]]) -> tuple[DraftForm, str]:
    """What was typed, judged; and the button that was pressed. Raises BadRequest."""
    typed = named(items, names())
    form = DraftForm(
        {field.name: field for field in _SIMPLE}, asking.read(typed), _number(typed.get("read", ""))
    )
    do = typed.get("do", "")
    form.asked = asking.rearranged(form.asked, do)
    for field in _SIMPLE:
        if field.name in _COLUMNS:
            _judge(form, field, typed)
    found, closes = closing(site, typed)
    form.fields |= found
    form.problems += [field.problem for field in found.values() if field.problem]
    if not any(field.problem for field in found.values()):
        form.facts["closes_at"] = closes
    _judge_asked(form)
    return form, do


def closing(site: Site, typed: Mapping[str, str]) -> tuple[dict[str, Field], datetime | None]:
    """The two questions of the closing date as typed, with their problems; and the moment they say."""
    on, day = judged(CLOSES_ON, typed)
    at = CLOSES_AT._replace(value=typed.get("closes_at", ""))
    hour: time | None = None
    try:
        hour = _time(at.value)
    except Unfit as unfit:
        at = at._replace(problem=Problem("closes_at", unfit.sentence, unfit.values))
    if hour and day == "":
        on = on._replace(problem=Problem("closes_on", N_("Which day? A time alone says no closing date.")))
    moment = None
    if day and not at.problem:
        when = date.fromisoformat(day)
        moment = drafts.moment(site, datetime.combine(when, hour) if hour else when)
        if moment and moment <= datetime.now(UTC):
            on = on._replace(problem=Problem("closes_on", N_("This is past: choose a later day.")))
    return {"closes_on": on, "closes_at": at}, moment


def goal(typed: Mapping[str, str]) -> tuple[Field, int | None]:
    """The question for the goal as typed, with its problem; and the goal."""
    field, value = judged(GOAL, typed)
    if value and int(value) < 1:
        wrong = Problem("goal", N_("A goal is 1 or more; leave it empty for none."))
        return field._replace(problem=wrong), None
    return field, int(value) if value else None


def title_and_body(typed: Mapping[str, str]) -> DraftForm:
    """The form of a new version: a title and a text."""
    form = DraftForm({"title": TITLE, "body": BODY}, asking.blank(), _number(typed.get("read", "")))
    for field in (TITLE, BODY):
        _judge(form, field, typed)
    return form


def slug_of(title: str) -> str:
    """A slug made of a title; "" where nothing of it can stand in one."""
    plain = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain.replace("'", "")))[:60].strip("-")


def _judge(form: DraftForm, field: Field, typed: Mapping[str, str]) -> None:
    """Its answer into the facts, or its problem beside it."""
    text = typed.get(field.name, "")
    if field.name == "goal":
        form.fields["goal"], value = goal(typed)
        if problem := form.fields["goal"].problem:
            form.problems.append(problem)
        else:
            form.facts["goal"] = value
        return
    if field.name == "slug" and not text.strip():
        text = slug_of(typed.get("title", ""))
    form.fields[field.name] = field._replace(value=text)
    try:
        form.facts[field.name] = _JUDGES[field.name](text)
    except (Unfit, Refused) as error:
        sentence = error.sentence if isinstance(error, Unfit) else error.pattern
        problem = Problem(field.name, sentence, error.values)
        form.fields[field.name] = field._replace(value=text, problem=problem)
        form.problems.append(problem)


def _judge_asked(form: DraftForm) -> None:
    try:
        form.asked, facts = asking.judge(form.asked)
    except Refused as refused:
        form.problems.append(Problem("", refused.pattern, refused.values))
        return
    form.problems += asking.problems(form.asked)
    form.facts |= facts or {}


def _line(needed: str = "") -> Callable[[str], str]:
    def judge(text: str) -> str:
        line = " ".join(unicodedata.normalize("NFC", text).split())
        if needed and not line:
            raise Unfit(needed)
        if len(line) > files.TITLE:
            raise Unfit(
                N_("This is too long: please use %(limit)s characters at most."), {"limit": files.TITLE}
            )
        if not line.isprintable():
            raise Unfit(
                N_("There is a character in this that can’t be seen. Please type it instead of pasting it.")
            )
        return line

    return judge


def _one_of(known: Sequence[str]) -> Callable[[str], str]:
    def judge(text: str) -> str:
        if text not in known:
            raise Unfit(N_("Choose one of the answers."))
        return text

    return judge


def _body(text: str) -> str:
    if not text.strip():
        raise Unfit(N_("Write the text that people are to sign."))
    return files.body(files.decoded(text))


def _time(text: str) -> time | None:
    if not text.strip():
        return None
    found = re.fullmatch(r"\s*([01]?[0-9]|2[0-3])[:.]([0-5][0-9])(?::[0-5][0-9])?\s*", text)
    if not found:
        raise Unfit(N_("Write the time like 18:00."))
    return time(int(found[1]), int(found[2]))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


_JUDGES: dict[str, Callable[[str], Any]] = {
    "title": _line(N_("Give it a title.")),
    "slug": check_slug,
    "kind": _one_of(files.KINDS),
    "language": _one_of(tuple(LANGUAGES)),
    "addressed_to": _line(),
    "body": _body,
}
