"""Translations: what a language says for each English sentence, read straight from its `.po` file.

No compile step: some hundred sentences are read once a process, in tens of milliseconds. A new language is a
new folder in `locales/`, made by `update`, and a line in LANGUAGES.
"""

from __future__ import annotations

import re
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from petitions.folders import PACKAGE, TEMPLATES

LOCALES = PACKAGE / "locales"
LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Languages that pages and letters can be had in, each by its own name. Sentences in the code are English."""
PSEUDO = "en-XA"
"""Not offered to anybody: marks every sentence that went through a catalogue, for tests and for eyes."""

_KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
_DATES_AND_TOOLS = re.compile(rb'"(?!Language:|Plural-Forms|MIME|Content)[A-Z][\w-]+: [^\n]*\\n"\n')
_JINJA = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "newstyle_gettext": "true", "silent": "false"}


@cache
def catalogue(language: str) -> NullTranslations:
    """The sentences of a language tag ("de", "de-AT"); one that is not in LANGUAGES speaks English."""
    if language == PSEUDO:
        return _Pseudo()
    path = _file(language.partition("-")[0])
    if path is None or not path.is_file():
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, _read(path))
    compiled.seek(0)
    return GNUTranslations(compiled)


def template() -> Catalog:
    """Every sentence that a reader can meet, found in the code and in `templates/` of a checkout."""
    found = Catalog(project="petitions", charset="utf-8", fuzzy=False)
    for folder, method in ((PACKAGE, [("**.py", "python")]), (TEMPLATES, [("**", "jinja2")])):
        options = {"**": _JINJA} if folder == TEMPLATES else None
        rows = extract_from_dir(folder, method, options, _KEYWORDS, comment_tags=("Translators:",))
        for name, _, sentence, comments, context in sorted(rows, key=lambda row: (row[0], row[1])):
            found.add(sentence, None, [(f"{folder.name}/{name}", 0)], auto_comments=comments, context=context)
    return found


def update(language: str) -> list[str]:
    """Brings a language's file up to date with `template` and says which sentences it still lacks.

    For people who change sentences, in a checkout: `python -c "from petitions import translations as t;
    print(t.update('de'))"`. No guessing: a changed sentence comes back empty.
    """
    path = LOCALES / language / "petitions.po"
    known = _read(path) if path.is_file() else Catalog(locale=language, project="petitions", fuzzy=False)
    known.update(template(), no_fuzzy_matching=True)
    known.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    written = BytesIO()
    write_po(written, known, width=110, include_lineno=False, sort_by_file=True)
    path.write_bytes(_DATES_AND_TOOLS.sub(b"", written.getvalue()))
    return missing(language)


def missing(language: str) -> list[str]:
    """The sentences of `template` that a language does not say."""
    known = _read(LOCALES / language / "petitions.po")
    said = {_first(message.id) for message in known if _is_said(message.string) and not message.fuzzy}
    return [_first(message.id) for message in template() if message.id and _first(message.id) not in said]


def _first(id: str | tuple[str, ...] | list[str]) -> str:
    return id if isinstance(id, str) else id[0]


def _is_said(string: str | tuple[str, ...] | list[str] | None) -> bool:
    return bool(string) and all(string or ())


def _file(language: str) -> Path | None:
    return LOCALES / language / "petitions.po" if language in LANGUAGES else None


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.name, abort_invalid=True)


class _Pseudo(NullTranslations):
    """English that can't be mistaken for a hard-coded sentence: ⟦Ŝîĝñ ţĥîš~~⟧. Markup stays as it is."""

    _letters = str.maketrans(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽåƀçðéƒĝĥîĵķļḿñöþǫŕšţûṽŵẋýž",
    )
    _kept = re.compile(r"(%\(\w+\)[a-z]|%%|<[^>]*>|&#?\w+;)")

    def gettext(self, message: str) -> str:
        if not message:
            return message
        parts = self._kept.split(message)
        parts[::2] = [part.translate(self._letters) for part in parts[::2]]
        return f"⟦{''.join(parts)}{'~' * (len(message) // 4)}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)
