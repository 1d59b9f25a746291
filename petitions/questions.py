"""The questions of a form: how each is shown, what was typed, and whether that will do.

A room lists its `Field`s and gives each what was typed; `judge` cleans it or says in a sentence what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from petitions import addresses
from petitions.errors import N_
from petitions.forms import Problem, Unfit, clean_body, clean_line, clean_name, clean_text

TRAP = "website"
"""The honeypot: people leave it empty."""


class Field(NamedTuple):
    """One question: how it is shown, and what was typed.

    `kind`: text, name (a person's), body (an organisation's name), email, phone, url, long, number, date, choice, tick
    or file (which comes apart, and is not judged here). `limit`: most characters; of a number, the highest. `labels`:
    what is shown for each of `choices`, in our words, so that they are translated.
    """

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    hint: str = ""
    autocomplete: str = "off"
    limit: int = 100
    choices: Sequence[str] = ()
    value: str = ""
    problem: Problem | None = None
    own: bool = False  # the campaign's own question: its label is not ours to translate
    labels: Sequence[str] = ()
    missing: str = ""  # the sentence where a required answer is missing


class Choice(NamedTuple):
    """A consent, unticked at first. None is a condition of signing."""

    name: str
    purpose: str
    wording: str
    text_id: Any
    ticked: bool = False


def judge(one: Field, typed: Mapping[str, str]) -> tuple[Field, str | None]:
    """The question with what was typed, and its cleaned answer: "" where there is none, None where it won't do
    (`problem` says why). Dates come as 2026-02-15, numbers as digits, ticks as "yes"."""
    text = typed.get(one.name, "")
    try:
        value = _clean(one, text)
    except Unfit as unfit:
        problem = Problem(one.name, unfit.sentence, unfit.values)
        return one._replace(value=text, problem=problem), None
    return (one._replace(value=text) if text != one.value else one), value


def tick(one: Choice, ticked: bool) -> Choice:
    """The consent, given or not."""
    return one._replace(ticked=ticked) if ticked != one.ticked else one


def _clean(one: Field, text: str) -> str:
    if not text.strip():
        if one.required:
            raise Unfit(one.missing or _MISSING, {} if one.missing else {"label": one.label})
        return ""
    match one.kind:
        case "email":
            return addresses.check(text)
        case "name":
            return clean_name(text)
        case "body":
            return clean_body(text)
        case "long":
            return clean_text(text, one.limit)
        case "number":
            return _number(text, one.limit)
        case "date":
            return _date(text)
        case "url":
            return _url(text, one.limit)
        case "phone":
            return _phone(text, one.limit)
        case "choice":
            return _chosen(one, text)
        case "tick":
            return "yes"
    return clean_line(text, one.limit)


_MISSING = N_("Answer “%(label)s”: this statement needs it.")
_DAY = N_("Write the day like 15/02/2026 or 2026-02-15.")
_YEAR = N_("Is the year %(year)s right? It has to be between 1900 and 2199.")
_DAYS = (
    r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
    r"(?P<d>\d{1,2})[./ -](?P<m>\d{1,2})[./ -](?P<y>\d{4})",
)


def _chosen(one: Field, text: str) -> str:
    if text not in one.choices:
        raise Unfit(N_("Choose one of the answers."), {})
    return text


def _number(text: str, highest: int) -> str:
    """A whole number, perhaps in groups of three: "1,200", "1.200", "1 200"."""
    digits = text.strip()
    if re.fullmatch(r"[0-9]{1,3}([., \u00a0\u2009\u202f'’][0-9]{3})+", digits):
        digits = re.sub(r"[^0-9]", "", digits)
    if not re.fullmatch(r"[0-9]{1,12}", digits):
        raise Unfit(N_("Write a whole number in digits, such as 42."))
    if int(digits) > highest:
        raise Unfit(N_("This number is too high: %(limit)s at most."), {"limit": highest})
    return str(int(digits))


def _date(text: str) -> str:
    """A day, as browsers send it or as people write it, the day before the month. Years 1900 to 2199."""
    found = next((match for one in _DAYS if (match := re.fullmatch(one, text.strip(), re.ASCII))), None)
    if found is None:
        raise Unfit(_DAY)
    if not 1900 <= int(found["y"]) < 2200:
        raise Unfit(_YEAR, {"year": found["y"]})
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    except ValueError:
        raise Unfit(N_("There is no such day. Write it like 15/02/2026.")) from None


def _url(text: str, limit: int) -> str:
    """A web address, http or https, without a user in it."""
    typed = text.strip()
    whole = typed if "://" in typed else f"https://{typed}"
    if len(whole) > limit:
        raise Unfit(N_("This is too long: please use %(limit)s characters at most."), {"limit": limit})
    try:
        parts = urlsplit(whole)
        good = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and parts.port != 0
    except ValueError:
        good = False
    if (
        not good
        or "@" in parts.netloc
        or not re.fullmatch(r"[!-~\u00a1-\ud7ff\uf900-\ufdcf\ufdf0-\uffef]+", whole)
    ):
        raise Unfit(N_("Write a web address such as https://example.org."))
    return whole


def _phone(text: str, limit: int) -> str:
    line = clean_line(text, limit)
    if not re.fullmatch(r"\+?[0-9 ()./–-]*", line) or sum(one.isdigit() for one in line) < 5:
        raise Unfit(N_("Write a phone number in digits, such as 020 7946 0000."))
    return line
