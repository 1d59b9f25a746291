"""A statement's file: front matter (title, slug, fields …) and the text in Markdown.

Every mistake is one sentence that names the line or the field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from petitions.campaigns.slugs import check_slug
from petitions.errors import N_, Refused
from petitions.statements import fields as asked
from petitions.statements.fields import Field
from petitions.statements.frontmatter import FrontMatter, split
from petitions.translations import LANGUAGES

KINDS = ("petition", "open letter", "campaign statement")
LARGEST = 1_000_000  # bytes of a file
TITLE = 200  # characters, as in schema.sql
BODY = 100_000
EMPTY = N_("There is no text after the front matter.")


@dataclass(frozen=True)
class Draft:
    """A statement as its file says it. `given`: the keys that the file names itself."""

    title: str
    slug: str
    body: str
    kind: str
    language: str  # "": the campaign's
    addressed_to: str
    goal: int | None
    fields: list[Field]
    public: list[str]
    handover: list[str]
    export: list[str]
    closes: date | datetime | None  # a date: till the end of that day, in the site's time zone
    given: frozenset[str]


def parse(data: bytes | str) -> Draft:
    """The statement of a file. Raises Refused."""
    matter = split(decoded(data))
    for key, line in matter.lines.items():
        if key not in _READERS:
            known = ", ".join(_READERS)
            raise Refused(
                N_("Line %(line)s: “%(key)s” is not known here; there are %(known)s."),
                line=line,
                key=key[:40],
                known=known,
            )
    values = {key: _value(matter, key, reader) for key, reader in _READERS.items()}
    fields = values["fields"]
    values["public"] = _set(matter, "public", lambda value: asked.public_set(value, fields))
    values["handover"] = _set(matter, "handover", lambda value: asked.handover_set(value, fields))
    values["export"] = _set(matter, "export", lambda value: asked.export_set(value, fields))
    return Draft(body=body(matter.body), given=frozenset(matter.lines), **values)


def decoded(data: bytes | str) -> str:
    """Text with plain line ends and without a byte order mark, as editors on other systems write them."""
    if len(data) > LARGEST:
        raise Refused(N_("The file is too large: %(limit)s bytes at most."), limit=LARGEST)
    try:
        text = data.decode() if isinstance(data, bytes) else data.encode().decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1 if isinstance(data, bytes) else 1
        raise Refused(N_("Line %(line)s is not UTF-8: save the file as UTF-8."), line=line) from error
    except UnicodeEncodeError as error:
        raise Refused(N_("The text holds half a character (a lone surrogate).")) from error
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for number, words in enumerate(text.split("\n"), 1):
        if any(unicodedata.category(one) == "Cc" and one != "\t" for one in words):
            raise Refused(N_("Line %(line)s holds a control character: type that line anew."), line=number)
    return unicodedata.normalize("NFC", text)


def _value(matter: FrontMatter, key: str, reader: Callable[[Any], Any]) -> Any:
    if key in ("title", "slug") and matter.values.get(key) is None:
        raise Refused(N_("The front matter has no %(key)s."), key=key)
    return _set(matter, key, reader)


def _set(matter: FrontMatter, key: str, reader: Callable[[Any], Any]) -> Any:
    try:
        return reader(matter.values.get(key))
    except Refused as error:
        line = matter.lines.get(key)
        if line is None:
            raise
        raise Refused(N_("Line %(line)s: %(reason)s"), line=line, reason=error.sentence) from error


def words(key: str, limit: int) -> Callable[[Any], str]:
    """Reads one line of words: what stands at `key`, "" where nothing does. It raises Refused."""

    def read(value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Refused(N_("%(key)s must be words (put numbers, dates, yes and no in quotes)."), key=key)
        line = value.strip()
        if not line.isprintable() or not 1 <= len(line) <= limit:
            raise Refused(N_("%(key)s must be one line of 1 to %(limit)s characters."), key=key, limit=limit)
        return line

    return read


def _slug(value: Any) -> str:
    if not isinstance(value, str):
        raise Refused(N_("slug must be a word (put numbers, dates, yes and no in quotes)."))
    return check_slug(value)


def _kind(value: Any) -> str:
    if value is None:
        return KINDS[0]
    if value not in KINDS:
        raise Refused(N_("kind must be %(known)s."), known=", ".join(KINDS))
    return str(value)


def _language(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or value not in LANGUAGES:
        raise Refused(
            N_("language must be one of %(known)s (“no” needs quotes)."), known=", ".join(sorted(LANGUAGES))
        )
    return value


def _goal(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1_000_000_000:
        raise Refused(N_("goal must be a whole number, 1 or more, without separators."))
    return value


def closing(value: Any) -> date | datetime | None:
    """A day, or a moment, of the front matter or as typed. Raises Refused."""
    if value is None:
        return None
    if isinstance(value, str):
        value = _moment(value)
    if not isinstance(value, date) or not 2000 <= value.year < 2200:
        raise Refused(N_("closes must be a date such as 2030-05-31, or a time such as 2030-05-31 18:00:00Z."))
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)
    return value


def _moment(text: str) -> date | datetime | None:
    """A date in quotes is a date as well."""
    for read in (date.fromisoformat, datetime.fromisoformat):
        with suppress(ValueError):
            return read(text)
    return None


def body(text: str) -> str:
    """Without empty lines around it. Spaces at line ends stay: two of them are a line break in Markdown."""
    found = text.strip("\n").rstrip()
    if not found.strip():
        raise Refused(EMPTY)
    if len(found) > BODY:
        raise Refused(N_("The text is too long: %(limit)s characters at most."), limit=BODY)
    return re.sub(r"\n{3,}", "\n\n", found)


_READERS: dict[str, Callable[[Any], Any]] = {
    "title": words("title", TITLE),
    "slug": _slug,
    "kind": _kind,
    "addressed_to": words("addressed_to", 200),
    "goal": _goal,
    "fields": asked.read,
    "public": lambda value: value,  # these three are read again once the fields are known
    "handover": lambda value: value,
    "export": lambda value: value,
    "language": _language,
    "closes": closing,
}
