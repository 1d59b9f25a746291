"""A campaign's facts as an organiser gives them: cleaned, or refused with a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from petitions.addresses import AddressError
from petitions.addresses import check as check_address
from petitions.campaigns.slugs import check_slug
from petitions.errors import N_, Refused
from petitions.forms import Problem, Unfit, clean_text
from petitions.questions import Field
from petitions.questions import judge as judge_answer
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
    "bulk_sender": N_("sender of letters to many"),
    "accent": N_("accent colour"),
    "social_links": N_("links to follow"),
    "partners": N_("partners"),
    "additions": N_("additions"),
    "retention_months": N_("retention"),
}
PAGES = ("privacy", "imprint", "terms", "accessibility")
"""The pages that are made of the facts in force; a campaign may add words of its own to each (privacy.md 14)."""
MOST_LINKS = 12
INTRODUCTION = 20_000  # characters
ADDITION = 10_000
DEFAULTS: dict[str, Any] = {
    "introduction": "",
    "language": "en",
    "controller": "",
    "postal_address": "",
    "contact_email": "",
    "on_behalf_of": "",
    "sender": "",
    "bulk_sender": "",
    "accent": "#b4232f",
    "social_links": [],
    "partners": [],
    "additions": {},
    "retention_months": 6,
}
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def clean(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The given facts, each cleaned; unknown names are a TypeError. Raises Refused, naming the fact."""
    if unknown := facts.keys() - LABELS.keys():
        raise TypeError(f"no such facts of a campaign: {sorted(unknown)}")
    return {name: _clean_one(name, value) for name, value in facts.items()}


def judge(facts: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """`clean` for a form: what can be taken, and a problem for each fact that can't."""
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in facts.items():
        try:
            given[name] = _CLEANERS[name](value)
        except Unfit as unfit:
            problems.append(Problem(name, unfit.sentence, unfit.values))
        except Refused as refused:
            problems.append(Problem(name, refused.pattern, refused.values))
    return given, problems


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


def link(name: str, url: str) -> dict[str, str]:
    """One link to follow. Raises Unfit."""
    asked, address = judge_answer(_URL, {"url": url})
    if asked.problem:
        raise Unfit(asked.problem.sentence, asked.problem.values)
    return {"name": _line(60)(name) or _host(address or ""), "url": address or ""}


_URL = Field("url", "", "url", required=True, limit=300, missing=N_("Enter its web address."))


def _host(address: str) -> str:
    return (urlsplit(address).hostname or "").removeprefix("www.")[:60]


def _links(links: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Those with something in them; one without a name goes by its host."""
    if len(links) > MOST_LINKS:
        raise Unfit(N_("There can be %(limit)s at most."), {"limit": MOST_LINKS})
    return [link(name, url) for name, url in links if name.strip() or url.strip()]


def _additions(texts: Mapping[str, str]) -> dict[str, str]:
    if unknown := texts.keys() - set(PAGES):
        raise TypeError(f"no such pages: {sorted(unknown)}")
    cleaned = {page: clean_text(text, ADDITION) for page, text in texts.items()}
    return {page: text for page, text in cleaned.items() if text}


_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "slug": check_slug,
    "name": _name,
    "introduction": _lines(INTRODUCTION),
    "language": _language,
    "controller": _line(200),
    "postal_address": _lines(500),
    "contact_email": _address,
    "on_behalf_of": _line(200),
    "sender": _address,
    "bulk_sender": _address,
    "accent": _accent,
    "social_links": _links,
    "partners": _partners,
    "additions": _additions,
    "retention_months": _retention,
}
