"""A motion's file: front matter (title, slug), the text in Markdown with choices, and below a line
`--- notes ---` how to move it. Every mistake is one sentence that names the line or the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from petitions.campaigns.slugs import check_shape
from petitions.errors import N_, Refused
from petitions.markdown import tokens
from petitions.motions import text
from petitions.organisations import KINDS
from petitions.statements.files import decoded, words
from petitions.statements.frontmatter import FrontMatter, split

TITLE = 200  # characters, as in schema.sql
BODY = 18_000
FILLED = 20_000  # characters, with a long name in it: what the form of an endorsement takes
NOTES = 20_000
_NOTES = re.compile(r"---+ *notes *---+ *", re.IGNORECASE)


class Draft(NamedTuple):
    """A motion as its file says it; the names are those of the table."""

    slug: str
    title: str
    body: str
    notes: str


def parse(data: bytes | str) -> Draft:
    """The motion of a file. Raises Refused."""
    whole = decoded(data)
    matter = split(whole)
    facts = _facts(matter)
    first = whole.count("\n") - matter.body.count("\n") + 1  # the line of the file on which the text begins
    body, notes = _halves(matter.body, first)
    _judge(body, notes, first)
    return Draft(**facts, body=_trimmed(body), notes=_trimmed(notes))


def written(slug: str, title: str, body: str, notes: str) -> Draft:
    """The motion of a form, whose parts come apart. Raises Wrong, which names the part."""
    facts = {"title": title, "slug": slug}
    for part, value in facts.items():
        with _at(part):
            facts[part] = _READERS[part](value)
    draft = Draft(**facts, body=_trimmed(body), notes=_trimmed(notes))
    with _at("body"):
        if not draft.body.strip():
            raise Refused(N_("The text is empty."))
        _judge(draft.body, "", 1)
    with _at("notes"):
        _refuse_long(draft.notes, NOTES)
        text.questions(draft.notes)
        _refuse_code(draft.notes, 1)
        text.questions(f"{draft.body}\n\n{draft.notes}")  # a question of both has the same answers
    return draft


class Wrong(Refused):
    """`part`: title, slug, body or notes."""

    def __init__(self, part: str, refused: Refused) -> None:
        super().__init__(refused.pattern, **refused.values)
        self.part = part


@contextmanager
def _at(part: str) -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise Wrong(part, refused) from refused


def _judge(body: str, notes: str, first: int) -> None:
    if not body.strip():
        raise Refused(N_("There is no text after the front matter."))
    for part, limit in ((body, BODY), (notes, NOTES)):
        _refuse_long(part, limit)
    # The notes' lines are counted on from the text's: between the two stands the line that parts them.
    whole = f"{body}\n\n{notes}" if notes else body
    text.questions(whole, first)
    _refuse_code(whole, first)
    if max(len(text.fill(body.strip(), kind, {}, "x" * 100)) for kind in KINDS) > FILLED:
        raise Refused(
            N_("Filled in for a body with a long name, the text has more than %(limit)s characters."),
            limit=FILLED,
        )


def _refuse_long(part: str, limit: int) -> None:
    if len(part) > limit:
        raise Refused(N_("The text is too long: %(limit)s characters at most."), limit=limit)


def _refuse_code(whole: str, first: int) -> None:
    """What is filled in would stand in code with the signs that keep it from being Markdown."""
    for token in tokens(whole):
        line = first + (token.map[0] if token.map else 0)
        for one in token.children or [token]:
            if one.type in ("code_inline", "code_block", "fence") and "[[" in one.content:
                raise Refused(N_("Line %(line)s: in code there can be no “[[”."), line=line)
            line += one.type in ("softbreak", "hardbreak")


def _facts(matter: FrontMatter) -> dict[str, Any]:
    for key, line in matter.lines.items():
        if key not in _READERS:
            raise Refused(
                N_("Line %(line)s: “%(key)s” is not known here; there are %(known)s."),
                line=line,
                key=key[:40],
                known=", ".join(_READERS),
            )
    return {key: _fact(matter, key) for key in _READERS}


def _fact(matter: FrontMatter, key: str) -> str:
    value = matter.values.get(key)
    if value is None:
        raise Refused(N_("The front matter has no %(key)s."), key=key)
    try:
        read: str = _READERS[key](value)
    except Refused as error:
        reason = error.sentence
        raise Refused(N_("Line %(line)s: %(reason)s"), line=matter.lines[key], reason=reason) from error
    return read


def _halves(body: str, first: int) -> tuple[str, str]:
    lines = body.split("\n")
    places = [number for number, line in enumerate(lines) if _NOTES.fullmatch(line)]
    if len(places) > 1:
        raise Refused(N_("Line %(line)s: the notes begin a second time."), line=first + places[1])
    if not places:
        return body, ""
    return "\n".join(lines[: places[0]]), "\n".join(lines[places[0] + 1 :])


def _trimmed(part: str) -> str:
    """Without empty lines around it. Spaces at line ends stay: two of them are a line break in Markdown."""
    return re.sub(r"\n{3,}", "\n\n", part.strip("\n").rstrip())


def _slug(value: Any) -> str:
    return check_shape(words("slug", 80)(value))


_READERS = {"title": words("title", TITLE), "slug": _slug}
