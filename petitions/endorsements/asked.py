"""The questions of the form by which an organisation endorses. Their names are the columns of `endorsements`."""

from petitions.endorsements import DECIDED, MET_HOW
from petitions.errors import N_
from petitions.organisations import KINDS
from petitions.questions import Field

FILES = ("minutes", "logo")
MOST_VOTES = 10_000_000
MOST_MEMBERS = 500_000_000
LONGEST_MOTION = 20_000  # characters
WANTED = {"wants_speaker": "speaker", "wants_materials": "materials", "wants_coach": "coach places"}
"""Tick → what the column `wants` says."""

BODY = (
    Field(
        "name",
        N_("Name of your organisation"),
        kind="body",
        required=True,
        hint=N_("As the list should show it"),
        autocomplete="organization",
        missing=N_("Enter the name of your organisation."),
    ),
    Field(
        "kind",
        N_("Kind of organisation"),
        kind="choice",
        required=True,
        choices=tuple(KINDS),
        labels=tuple(one for one, _ in KINDS.values()),
        missing=N_("Choose the kind of organisation."),
    ),
    Field(
        "parent", N_("Part of"), kind="body", hint=N_("Of a branch, its union; of a party group, its party")
    ),
    Field("region", N_("Region of that union or party")),
    Field("code", N_("Branch number or code"), limit=40),
    Field("area", N_("Town or area")),
    Field("web_address", N_("Website"), kind="url", autocomplete="url", limit=200),
)
DECISION = (
    Field(
        "decided",
        N_("How was it decided?"),
        kind="choice",
        required=True,
        choices=tuple(DECIDED),
        labels=tuple(DECIDED.values()),
        missing=N_("Choose how it was decided."),
    ),
    Field("met_on", N_("Date of the meeting"), kind="date"),
    Field(
        "met_how",
        N_("How did you meet?"),
        kind="choice",
        choices=tuple(MET_HOW),
        labels=tuple(MET_HOW.values()),
    ),
)
OFFICER = (
    Field(
        "officer_name",
        N_("Your name"),
        kind="name",
        required=True,
        autocomplete="name",
        missing=N_("Enter your name."),
    ),
    Field(
        "officer_role",
        N_("Your role in the organisation"),
        required=True,
        hint=N_("Such as secretary or chair"),
        autocomplete="organization-title",
        missing=N_("Enter your role in the organisation."),
    ),
    Field(
        "officer_email",
        N_("E-mail"),
        kind="email",
        required=True,
        autocomplete="email",
        limit=254,
        missing=N_("Enter your e-mail address."),
    ),
    Field("officer_phone", N_("Phone"), kind="phone", autocomplete="tel", limit=40),
)
EVIDENCE = (
    Field("present", N_("How many were present?"), kind="number", limit=MOST_VOTES),
    Field(
        "quorum",
        N_("Was there a quorum?"),
        kind="choice",
        choices=("yes", "no"),
        labels=(N_("Yes"), N_("No")),
    ),
    Field("votes_for", N_("Votes for"), kind="number", limit=MOST_VOTES),
    Field("votes_against", N_("Votes against"), kind="number", limit=MOST_VOTES),
    Field("abstained", N_("Abstentions"), kind="number", limit=MOST_VOTES),
    Field("motion", N_("The motion as it was passed"), kind="long", limit=LONGEST_MOTION),
    Field(
        "minutes",
        N_("Minutes, or an extract of them"),
        kind="file",
        hint=N_("A PDF or a picture (PNG, JPEG, WebP), 10 MB at most"),
    ),
)
MEMBERS = (
    Field("members", N_("Affiliated members"), kind="number", limit=MOST_MEMBERS),
    Field("members_on", N_("Counted on"), kind="date"),
    Field("members_source", N_("Where the number is from"), limit=200),
)
SECOND = (
    Field("second_name", N_("Name of the second officer"), kind="name"),
    Field("second_role", N_("Their role")),
    Field("second_email", N_("Their e-mail address"), kind="email", limit=254),
)
SHOWN = (
    Field(
        "wording",
        N_("The words for the list"),
        limit=200,
        hint=N_("Left empty, the list says the name, how it was decided and the date."),
    ),
    Field("logo", N_("Logo"), kind="file", hint=N_("A picture (PNG, JPEG, WebP), 2 MB at most")),
)
WISHES = (
    Field("wants_speaker", N_("A speaker"), kind="tick"),
    Field("wants_materials", N_("Materials"), kind="tick"),
    Field("wants_coach", N_("Places on a coach"), kind="tick"),
)
NOTE = (Field("note", N_("Note to the campaign"), kind="long", limit=2000),)

ALL = (*BODY, *DECISION, *OFFICER, *EVIDENCE, *MEMBERS, *SECOND, *SHOWN, *WISHES, *NOTE)
