"""A motion's text: Markdown in which double brackets hold choices, so that they never meet Markdown's own links.

    [[union: our members | student union: students | other: people]]   by the kind of body, or by the group it is of
    [[affiliation: is affiliated to … / has no affiliation]]            a question; the visitor picks an answer
    [[body]]  [[Body]]  [[date]]                                        the body's name; to begin a sentence; the day

docs/motions.md tells it to those who write them. What stands in brackets and is none of these is refused by its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from petitions.errors import N_, Refused
from petitions.motions.gaps import GONE, without_gaps
from petitions.organisations import KINDS
from petitions.translations import catalogue

GROUPS = {
    "union": ("national union", "union region", "union branch", "workplace committee"),
    "party": ("constituency party", "party group", "councillors' group"),
    "trades council": ("trades council",),
    "student union": ("student union",),
    "other": ("campaign", "faith or community group", "company or co-op", "other"),
}
"""What a choice can be labelled with besides a kind itself → the kinds that it stands for."""
THIS = {
    "national union": N_("this union"),
    "union region": N_("this region"),
    "union branch": N_("this branch"),
    "trades council": N_("this trades council"),
    "constituency party": N_("this party"),
    "party group": N_("this group"),
    "student union": N_("this student union"),
    "councillors' group": N_("this group"),
    "campaign": N_("this campaign"),
    "workplace committee": N_("this committee"),
    "faith or community group": N_("this group"),
}
THIS_BODY = N_("this body")
DATE = N_("date of the meeting")
MOST = 10  # questions of one motion
ANSWER = 200  # characters
_CLOSE = 0.85  # of 1: a question's name that is so like a label (“unions”) was meant to be it
_SIGNS = re.compile(r"([!-/:-@\[-`{-~])")  # what could mean something in Markdown


class Question(NamedTuple):
    """Answered by the visitor. `key`: its name as a form can have it. `line`: where it stands first."""

    key: str
    name: str
    answers: tuple[str, ...]
    line: int = 0


class Kinds(NamedTuple):
    """Label (a kind or a group) → what stands there for it."""

    texts: Mapping[str, str]


class Blank(NamedTuple):
    """body, Body or date."""

    what: str


Piece = str | Question | Kinds | Blank


def fill(
    markdown: str,
    kind: str,
    choices: Mapping[str, str],
    name: str,
    *,
    day: str = "",
    language: str = "en",
) -> str:
    """The Markdown for a body of this kind and name; `kind` "": of none in particular. `choices`: question's key →
    number of the answer, from "1". `day`: of the meeting, as it is to be read. Raises Refused, as `questions`."""
    say = catalogue(language).gettext
    this = say(THIS.get(kind, THIS_BODY))
    blanks = {
        "body": _escaped(name or this),
        "Body": _escaped(name or this[:1].upper() + this[1:]),
        "date": _escaped(day) if day else _left_open(say(DATE)),
    }
    filled = []
    for piece in _pieces(markdown, 1):
        match piece:
            case Blank(what):
                filled.append(blanks[what])
            case Kinds(texts):
                filled.append(_for_kind(texts, kind) or GONE)
            case Question(key, _, answers):
                filled.append(_answer(answers, choices.get(key, "")))
            case str():
                filled.append(piece)
    return without_gaps("".join(filled))


def questions(markdown: str, first: int = 1) -> list[Question]:
    """The questions of a text, each once, in their order. `first`: the line of the file on which the text begins.

    Raises Refused, naming the line, for every bracket that is not as it should be.
    """
    found: dict[str, Question] = {}
    for piece in _pieces(markdown, first):
        if not isinstance(piece, Question):
            continue
        before = found.setdefault(piece.key, piece)
        if len(before.answers) != len(piece.answers):
            raise Refused(
                N_("Line %(line)s: “%(name)s” has %(other)s answers on line %(before)s, and here %(count)s."),
                line=piece.line,
                name=piece.name,
                other=len(before.answers),
                before=before.line,
                count=len(piece.answers),
            )
        if len(found) > MOST:
            raise Refused(
                N_("Line %(line)s: a motion can ask %(most)s questions at most."), line=piece.line, most=MOST
            )
    return list(found.values())


def blanks(markdown: str) -> set[str]:
    """Which of body, Body and date stand in a text."""
    return {piece.what for piece in _pieces(markdown, 1) if isinstance(piece, Blank)}


def _pieces(markdown: str, line: int) -> Iterator[Piece]:
    place = 0
    while (opened := markdown.find("[[", place)) >= 0:
        yield _plain(markdown[place:opened], line)
        line += markdown.count("\n", place, opened)
        closed = _closing(markdown, opened + 2, line)
        yield _choice(markdown[opened + 2 : closed], line)
        place, line = closed + 2, line + markdown.count("\n", opened, closed)
    yield _plain(markdown[place:], line)


def _plain(words: str, line: int) -> str:
    place = words.find("]]")
    if place >= 0:
        line += words.count("\n", 0, place)
        raise Refused(N_("Line %(line)s: “]]” closes nothing, “[[” is missing before it."), line=line)
    return words


def _closing(markdown: str, start: int, line: int) -> int:
    """Where “]]” stands; the last one where the text itself ends with a bracket."""
    closed = markdown.find("]]", start)
    inner = markdown.find("[[", start)
    if 0 <= inner < closed:
        raise Refused(N_("Line %(line)s: within “[[ … ]]” there can't be another “[[”."), line=line)
    if closed < 0:
        raise Refused(N_("Line %(line)s: “[[” is never closed by “]]”."), line=line)
    while markdown.startswith("]]]", closed):
        closed += 1
    return closed


def _choice(inner: str, line: int) -> Piece:
    if inner.strip() in ("body", "Body", "date"):
        return Blank(inner.strip())
    label, colon, rest = inner.partition(":")
    if not colon:
        raise Refused(
            N_(
                "Line %(line)s: “[[%(inner)s]]” is not known. There are [[body]], [[Body]], [[date]], "
                "[[union: … | other: …]] and [[question: one answer / another]]."
            ),
            line=line,
            inner=_short(inner),
        )
    if _label(label) in _LABELS or "|" in inner:
        return _kinds(inner.split("|"), line)
    return _question(_label(label), rest, line)


def _kinds(parts: list[str], line: int) -> Kinds:
    """A last part without a colon is for all others, as “other:” is."""
    texts: dict[str, str] = {}
    for number, part in enumerate(parts, 1):
        label, colon, text = part.partition(":")
        if not colon and 1 < number == len(parts):
            label, text = "other", part
        label = _label(label)
        if label not in _LABELS:
            raise Refused(
                N_("Line %(line)s: “%(label)s” is not a kind of body. There are %(known)s."),
                line=line,
                label=_short(label),
                known=", ".join(_LABELS),
            )
        if label in texts:
            raise Refused(N_("Line %(line)s: “%(key)s” stands there twice."), line=line, key=label)
        texts[label] = text.strip()
    return Kinds(texts)


def _question(name: str, rest: str, line: int) -> Question:
    if not 1 <= len(name) <= 40 or not all(one.isalnum() or one in " -" for one in name):
        raise Refused(
            N_("Line %(line)s: “%(name)s” can't name a question: take one to 40 letters."),
            line=line,
            name=_short(name),
        )
    if meant := get_close_matches(re.sub("ies$", "y", name), _LABELS, 1, _CLOSE):
        raise Refused(
            N_(
                "Line %(line)s: “%(name)s” is not a kind of body: “%(meant)s” is. For a question take a name that is "
                "less like it."
            ),
            line=line,
            name=name,
            meant=meant[0],
        )
    answers = tuple(" ".join(one.split()) for one in re.split(r"\s/\s", rest))
    if len(answers) < 2 or not all(1 <= len(one) <= ANSWER for one in answers):
        raise Refused(
            N_(
                "Line %(line)s: “%(name)s” is not a kind of body, so it is a question, and needs two answers or more "
                "of 1 to %(limit)s characters, with “ / ” between them."
            ),
            line=line,
            name=name,
            limit=ANSWER,
        )
    return Question(name.replace(" ", "-"), name, answers, line)


def _for_kind(texts: Mapping[str, str], kind: str) -> str:
    group = next((group for group, kinds in GROUPS.items() if kind in kinds), "other")
    return next((texts[label] for label in (kind, group, "other") if label in texts), "")


def _answer(answers: tuple[str, ...], picked: str) -> str:
    """The answer of this number; all of them, to be struck out on paper, where none was picked."""
    numbered = {str(number): answer for number, answer in enumerate(answers, 1)}
    return numbered.get(picked) or _left_open(" / ".join(answers))


def _left_open(words: str) -> str:
    return f"\\[{words}\\]"


def _escaped(words: str) -> str:
    """What somebody typed, as words alone."""
    return _SIGNS.sub(r"\\\1", words)


def _label(words: str) -> str:
    return " ".join(words.replace("’", "'").split()).lower()


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= 40 else f"{line[:40]}…"


_LABELS = dict.fromkeys([*GROUPS, *KINDS])
