"""The forms of the pipeline: "we are putting it", and "how did it go?"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from petitions.errors import N_
from petitions.forms import Problem
from petitions.motions import text
from petitions.organisations import KINDS, WANTS
from petitions.questions import TRAP, Field, judge
from petitions.storage.store import Row

AHEAD = timedelta(days=731)
"""How far ahead a meeting may be: two years, one of them a leap year."""
AMENDED = 20_000
"""Characters of the text as it was passed: as many as the form of an endorsement takes."""
PICK = "pick-"
"""Before a question's key: the name of its field."""

_WANTS = {"speaker": "wants_speaker", "materials": "wants_materials", "coach places": "wants_coach"}
_DAY = N_("Like 15/02/2026")
_BODY = [
    Field(
        "name",
        N_("Name of your organisation"),
        kind="name",  # judged as strictly as the name that an endorsement publishes
        required=True,
        autocomplete="organization",
        hint=N_("As it calls itself, such as “Exampleton branch”"),
        missing=N_("Enter the name of your organisation."),
    ),
    Field(
        "kind",
        N_("What kind of organisation is it?"),
        kind="choice",
        required=True,
        choices=tuple(KINDS),
        labels=tuple(one for one, _ in KINDS.values()),
        missing=N_("Choose the kind of your organisation."),
    ),
    Field("parent", N_("What it belongs to"), hint=N_("The union, party or federation")),
    Field("area", N_("Town or area")),
]
_MEETING = [
    Field(
        "meets_on",
        N_("When does it meet?"),
        kind="date",
        required=True,
        hint=_DAY,
        missing=N_("Enter the day of the meeting."),
    ),
    Field(
        "cut_off_on",
        N_("Last day on which motions are taken"),
        kind="date",
        hint=N_(
            "We remind you a week before, where there is time; without it, three days before the meeting."
        ),
    ),
]
_OFFICER = [
    Field(
        "officer_name",
        N_("Your name"),
        kind="name",
        required=True,
        autocomplete="name",
        missing=N_("Enter your name."),
    ),
    Field("officer_role", N_("Your role"), autocomplete="organization-title", hint=N_("Such as secretary")),
    Field(
        "officer_email",
        N_("E-mail"),
        kind="email",
        required=True,
        autocomplete="email",
        limit=254,
        missing=N_("Enter your e-mail address."),
    ),
]
_TICKS = {"speaker": N_("A speaker"), "materials": N_("Materials"), "coach places": N_("Places on a coach")}
_HELP = [Field(_WANTS[one], _TICKS[one], kind="tick") for one in WANTS]

_PAST = N_("This day is past: enter the day of a meeting to come.")
_FAR = N_("This is more than two years ahead: please check the year.")
_OVER = N_("This day is past. If they still take the motion, leave this empty.")
_LATE = N_("The last day for motions can't be after the meeting.")


_NOTHING: Mapping[str, str] = {}


@dataclass
class SubmitForm:
    """What an officer sees and sends; `problems` is empty once it may be acted on."""

    body: Sequence[Field]
    meeting: Sequence[Field]
    picks: Sequence[Field]  # the motion's own questions
    officer: Sequence[Field]
    help: Sequence[Field]
    stamp: str
    act: Row  # the wording that stands above the button
    trap: str = TRAP
    problems: list[Problem] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> list[Field]:
        """In the order of the page."""
        return [*self.body, *self.meeting, *self.picks, *self.officer, *self.help]

    @property
    def names(self) -> set[str]:
        """Every field name that the form may carry."""
        return {one.name for one in self.fields} | {TRAP, "stamp"}


def blank(act: Row, stamp: str, motion: str, given: Mapping[str, str] = _NOTHING) -> SubmitForm:
    """The form as it is first shown. `motion`: its text, for its questions; `given`: what the visitor answered to read
    it; nothing of it is judged yet."""

    def filled(section: Sequence[Field]) -> list[Field]:
        return [one._replace(value=judge(one, given)[1] or given.get(one.name, "")) for one in section]

    return SubmitForm(filled(_BODY), filled(_MEETING), filled(picks(motion)), _OFFICER, _HELP, stamp, act)


def picks(motion: str) -> list[Field]:
    """The questions of a motion's text, none of which needs an answer."""
    return [_pick(one) for one in text.questions(motion)]


def picked(answers: Mapping[str, str]) -> dict[str, str]:
    """Of answers by the names of fields those to `picks`, as text.fill takes them."""
    found = ((name, value) for name, value in answers.items() if name.startswith(PICK))
    return {name.removeprefix(PICK): value for name, value in found}


def _pick(one: text.Question) -> Field:
    numbers = [str(number) for number, _ in enumerate(one.answers, 1)]
    label = one.name[:1].upper() + one.name[1:]
    return Field(f"{PICK}{one.key}", label, "choice", choices=numbers, labels=one.answers, own=True)


def read(form: SubmitForm, typed: Mapping[str, str], *, today: date) -> SubmitForm:
    """The form as typed, with its problems in the order of the page; the blank one stays as it is."""
    values: dict[str, str] = {}

    def judged(section: Sequence[Field]) -> list[Field]:
        return [_judged(one, typed, values) for one in section]

    form = replace(
        form,
        body=judged(form.body),
        meeting=_dated(judged(form.meeting), values, today),
        picks=judged(form.picks),
        officer=judged(form.officer),
        help=judged(form.help),
        values=values,
    )
    form.problems = [one.problem for one in form.fields if one.problem]
    if typed.get(TRAP):
        form.problems.append(
            Problem(TRAP, N_("Leave the field “website” empty: it is there to stop programs."))
        )
    return form


def facts(form: SubmitForm) -> dict[str, Any]:
    """What was typed, as columns of `submissions`."""
    values = form.values
    texts = ("name", "kind", "parent", "area", "officer_name", "officer_role", "officer_email")
    return {
        **{name: values.get(name, "") for name in texts},
        **days(values),
        "wants": [want for want, name in _WANTS.items() if values.get(name)],
    }


def days(values: Mapping[str, str]) -> dict[str, date | None]:
    """The meeting's and the last day for motions, as columns."""
    found = {one.name: values.get(one.name) for one in _MEETING}
    return {name: date.fromisoformat(day) if day else None for name, day in found.items()}


def wishes(wants: Sequence[str]) -> dict[str, str]:
    """The reverse of the ticks: by field name."""
    return {_WANTS[want]: "yes" for want in wants}


def _judged(one: Field, typed: Mapping[str, str], values: dict[str, str]) -> Field:
    one, value = judge(one, typed)
    if value is not None:
        values[one.name] = value
    return one


def _dated(meeting: list[Field], values: Mapping[str, str], today: date) -> list[Field]:
    """The days against today and each other; only those that are days at all."""
    meets, cut_off = meeting
    day, last = values.get("meets_on"), values.get("cut_off_on")
    if day and date.fromisoformat(day) < today:
        meets = _wrong(meets, _PAST)
    elif day and date.fromisoformat(day) > today + AHEAD:
        meets = _wrong(meets, _FAR)
    if last and date.fromisoformat(last) < today:
        cut_off = _wrong(cut_off, _OVER)
    elif day and last and last > day:
        cut_off = _wrong(cut_off, _LATE)
    return [meets, cut_off]


def _wrong(one: Field, sentence: str) -> Field:
    return one._replace(problem=Problem(one.name, sentence, {}))


OUTCOMES = {
    "passed": N_("It passed"),
    "amended": N_("It passed, with changes"),
    "fell": N_("It fell"),
    "not reached": N_("It was not reached"),
    "withdrawn": N_("We don’t put it after all"),
}
"""What can come of a motion: state → how the officer says it."""

OUTCOME = Field(
    "outcome",
    N_("How did it go?"),
    kind="choice",
    required=True,
    choices=tuple(OUTCOMES),
    labels=tuple(OUTCOMES.values()),
    missing=N_("Choose what came of the motion."),
)
TEXT = Field(
    "amended",
    N_("The text as it was passed"),
    kind="long",
    limit=AMENDED,
    hint=N_("Only where it passed with changes"),
)
_NEEDED = N_("Enter the text as it was passed, so that the campaign knows what you decided.")


@dataclass
class OutcomeForm:
    """What came of it, as asked and as answered."""

    outcome: Field = OUTCOME
    amended: Field = TEXT
    state: str = ""
    text: str = ""
    meeting: Sequence[Field] = ()  # its days, where they may still change
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def problems(self) -> list[Problem]:
        """Empty once it may be acted on."""
        return [one.problem for one in (self.outcome, self.amended, *self.meeting) if one.problem]


def said(submission: Row) -> OutcomeForm:
    """The form as it was answered the last time, or blank."""
    value = submission.state if submission.state in OUTCOMES else ""
    outcome, amended = OUTCOME._replace(value=value), TEXT._replace(value=submission.amended)
    return OutcomeForm(outcome, amended, meeting=_meeting(submission))


def read_days(submission: Row, typed: Mapping[str, str]) -> OutcomeForm:
    """The meeting's other days as typed; `values` has them."""
    values: dict[str, str] = {}
    meeting = [_judged(one, typed, values) for one in _MEETING]
    return replace(said(submission), meeting=_dated(meeting, values, submission.today), values=values)


def _meeting(submission: Row) -> list[Field]:
    return [one._replace(value=str(submission[one.name] or "")) for one in _MEETING]


def read_outcome(submission: Row, typed: Mapping[str, str]) -> OutcomeForm:
    """What was answered; a text counts, and is judged, only where it passed with changes."""
    outcome, state = judge(OUTCOME, typed)
    amended, words = judge(TEXT, typed)
    if state != "amended":
        amended, words = amended._replace(problem=None), ""
    elif words == "":
        amended = _wrong(amended, _NEEDED)
    return OutcomeForm(outcome, amended, state or "", words or "", _meeting(submission))
