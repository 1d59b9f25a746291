"""The exact wordings of the consents: plain sentences that name who, what and for what (GDPR art. 7, 9).

They are written down in `consent_texts` when a statement opens; that row, not this module, is the proof.
"""

from __future__ import annotations

from typing import Any

from petitions.errors import N_
from petitions.storage.store import Row
from petitions.translations import catalogue

UNION_FIELDS = ("role", "union", "branch")

_SIGN = N_(
    "I sign this statement. I agree that %(controller)s processes my signature, which can show my political "
    "opinion, to count it, to keep the list of those who signed, and to prove that it is genuine."
)
_SIGN_UNION = N_(
    "I sign this statement. I agree that %(controller)s processes my signature, which can show my political "
    "opinion and, where I fill them in, my role, union and branch, which can show that I belong to a union, "
    "to count it, to keep the list of those who signed, and to prove that it is genuine."
)
_HANDOVER = N_("I agree that these are handed over to %(addressed_to)s: %(fields)s.")
_TAKE_BACK = N_("I can take this back at any time.")
_NAME = N_("Show my name publicly under this statement.")
_NAME_WITH = N_("Show my name publicly under this statement, with these where I fill them in: %(fields)s.")
_UNION = N_(
    "Show these publicly beside my name, where I fill them in, with “(personal capacity)”: %(fields)s. "
    "This can show that I belong to a union."
)
_COMMENT = N_(
    "Show my comment publicly under this statement, once an organiser of the campaign has read it; "
    "with my name only if I show that too."
)
_MAIL = N_("E-mail me about this campaign: %(campaign)s. I can stop this with a link in each letter.")
_PARTNER = N_(
    "%(controller)s may give my name and e-mail address to %(partner)s, so that they can write to me."
)

_ENDORSE = N_(
    "I may speak for this organisation, and what I fill in is true. I agree that %(controller)s publishes that it "
    "endorses this statement, and keeps my name, role, e-mail address and phone number, which can show my political "
    "opinion and that I belong to a union, to prove the endorsement and to write to me about it. They are not "
    "published."
)
_LOGO = N_("%(controller)s may show the logo of the organisation beside its name.")
_SUBMIT = N_(
    "I agree that %(controller)s keeps my name, role and e-mail address, which can show my political opinion and that "
    "I belong to a union, to remind me of the date and to ask how it went. They are not published."
)

# What a field is called within a sentence.
NAMES = {
    "name": N_("my name"),
    "town": N_("my town"),
    "postcode": N_("my postcode"),
    "country": N_("my country"),
    "union": N_("my union"),
    "branch": N_("my branch"),
    "job": N_("my job"),
    "role": N_("my role"),
    "comment": N_("my comment"),
}


def purposes(statement: Row) -> list[str]:
    """The consents that this statement has now, in the order of the form; the act of signing first."""
    asked = {field["name"] for field in statement.fields}
    shown = asked & set(statement.public_fields) & set(UNION_FIELDS)
    partners = [f"partner:{partner['key']}" for partner in statement.partners]
    said = "comment" in asked & set(statement.public_fields)
    return ["sign", "name", *(["union"] if shown else []), *(["comment"] if said else []), "mail", *partners]


def wordings(statement: Row, language: str) -> dict[str, str]:
    """Purpose → wording in one language; of a row of statements_now."""
    say = catalogue(language).gettext
    found = {"sign": _sign(statement, language), "name": _name(statement, language)}
    if "union" in purposes(statement):
        shown = [name for name in UNION_FIELDS if name in statement.public_fields]
        found["union"] = say(_UNION) % {"fields": _listed(statement, shown, language)}
    if "comment" in purposes(statement):
        found["comment"] = say(_COMMENT)
    found["mail"] = say(_MAIL) % {"campaign": statement.campaign_name}
    for partner in statement.partners:
        names = {"controller": statement.controller, "partner": partner["name"]}
        found[f"partner:{partner['key']}"] = say(_PARTNER) % names
    return found


def of_officers(statement: Row, language: str) -> dict[str, str]:
    """Purpose → wording of what officers agree to: that their organisation endorses, that its logo is shown, letters
    about the campaign, that a motion is put."""
    say = catalogue(language).gettext
    who = {"controller": statement.controller}
    back = say(_TAKE_BACK)
    return {
        "endorse": f"{say(_ENDORSE) % who} {back}",
        "logo": say(_LOGO) % who,
        "officer mail": say(_MAIL) % {"campaign": statement.campaign_name},
        "submit": f"{say(_SUBMIT) % who} {back}",
    }


def _sign(statement: Row, language: str) -> str:
    say = catalogue(language).gettext
    asked = {field["name"] for field in statement.fields}
    act = _SIGN_UNION if asked & set(UNION_FIELDS) else _SIGN
    sentences = [say(act) % {"controller": statement.controller}]
    if statement.addressed_to and statement.handover_fields:
        fields = _listed(statement, statement.handover_fields, language)
        sentences.append(say(_HANDOVER) % {"addressed_to": statement.addressed_to, "fields": fields})
    return " ".join([*sentences, say(_TAKE_BACK)])


def _name(statement: Row, language: str) -> str:
    say = catalogue(language).gettext
    apart = ("name", "comment", *UNION_FIELDS)
    more = [name for name in statement.public_fields if name not in apart]
    if not more:
        return say(_NAME)
    return say(_NAME_WITH) % {"fields": _listed(statement, more, language)}


def _listed(statement: Row, names: list[str], language: str) -> str:
    say = catalogue(language).gettext
    labels: dict[str, Any] = {field["name"]: field.get("label") for field in statement.fields}
    return ", ".join(f"“{labels[name]}”" if labels.get(name) else say(NAMES[name]) for name in names)
