"""A campaign's facts as an organiser gives them: cleaned, or refused with a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from petitions.addresses import AddressError
from petitions.addresses import check as check_address
from petitions.campaigns.slugs import check_slug
from petitions.errors import N_, Refused
from petitions.forms import Unfit, clean_text
from petitions.translations import LANGUAGES

# For the imprint and for data protection; without them no statement opens, and they are never emptied.
NEEDED = ("controller", "postal_address", "contact_email")
LABELS = {
    "slug": N_("slug"),
    "name": N_("name"),
    "introduction": N_("introduction"),
    "language": N_("language"),
    "controller": N_("controller"),
    "postal_address": N_("postal address"),
    "contact_email": N_("contact"),
    "on_behalf_of": N_("“on behalf of”"),
    "sender": N_("sender"),
    "accent": N_("accent colour"),
    "partners": N_("partners"),
    "retention_months": N_("retention"),
}
DEFAULTS: dict[str, Any] = {
    "introduction": "",
    "language": "en",
    "controller": "",
    "postal_address": "",
    "contact_email": "",
    "on_behalf_of": "",
    "sender": "",
    "accent": "#b4232f",
    "partners": [],
    "retention_months": 6,
}
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def clean(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The given facts, each cleaned; unknown names are a TypeError. Raises Refused, naming the fact."""
    if unknown := facts.keys() - LABELS.keys():
        raise TypeError(f"no such facts of a campaign: {sorted(unknown)}")
    return {name: _clean_one(name, value) for name, value in facts.items()}


def _clean_one(name: str, value: Any) -> Any:
    try:
        return _CLEANERS[name](value)
    except (Unfit, AddressError) as error:
        reason = error.sentence % error.values if error.values else error.sentence
        raise Refused(
            N_("The campaign's %(fact)s can't be taken. %(reason)s"), fact=LABELS[name], reason=reason
        ) from error


def _line(limit: int) -> Callable[[str], str]:
    def cleaned(text: str) -> str:
        line = clean_text(text, limit)
        if "\n" in line:
            raise Unfit(N_("Please write it on one line."))
        return line

    return cleaned


def _name(text: str) -> str:
    if not (name := _line(200)(text)):
        raise Unfit(N_("Please give one."))
    return name


def _lines(limit: int) -> Callable[[str], str]:
    return lambda text: clean_text(text, limit)


def _address(text: str) -> str:
    return check_address(text) if text.strip() else ""


def _language(code: str) -> str:
    if code not in LANGUAGES:
        raise Refused(
            N_("The language “%(code)s” is not one of this site's: %(known)s."),
            code=code,
            known=", ".join(sorted(LANGUAGES)),
        )
    return code


def _accent(colour: str) -> str:
    if not _COLOUR.fullmatch(colour.lower()):
        raise Refused(N_("The accent colour “%(colour)s” is none: write it like #b4232f."), colour=colour)
    return colour.lower()


def _retention(months: int) -> int:
    if not 1 <= months <= 24:
        raise Refused(N_("Retention is 1 to 24 months after closing, not %(months)s."), months=months)
    return months


def _partners(partners: Mapping[str, str]) -> list[dict[str, str]]:
    for key in partners:
        if not _KEY.fullmatch(key) or len(key) > 40:
            raise Refused(
                N_("The partner key “%(key)s” can't be used: take lower-case letters, digits and hyphens."),
                key=key,
            )
    return [{"key": key, "name": _name(name)} for key, name in partners.items()]


_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "slug": check_slug,
    "name": _name,
    "introduction": _lines(20_000),
    "language": _language,
    "controller": _line(200),
    "postal_address": _lines(500),
    "contact_email": _address,
    "on_behalf_of": _line(200),
    "sender": _address,
    "accent": _accent,
    "partners": _partners,
    "retention_months": _retention,
}
