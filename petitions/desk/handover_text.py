"""What the hand-over document says, as plain data for its template: every word in the statement's language, every
number and date as that language writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from unicodedata import category

from markupsafe import Markup

from petitions.endorsements import LEVELS, listing
from petitions.errors import N_
from petitions.motions.blocks import Block, Run, blocks_of
from petitions.organisations import KINDS
from petitions.site import Site
from petitions.storage.store import Row
from petitions.translations import catalogue
from petitions.typeset import UNSEEN

Json = dict[str, Any]
DEEPEST = 6
"""Quotes and lists within each other that a quote may stand in."""
SHOWN = 100
"""Numbers of names that can't be printed, in the note about them."""
_KIND = {
    "petition": N_("Petition"),
    "open letter": N_("Open letter"),
    "campaign statement": N_("Campaign statement"),
}


class Facts(NamedTuple):
    """All that is known at one moment. `counts`: a row for each version (handover_counts); `members`: None where no
    body told any."""

    moment: datetime
    notes: Sequence[Row]
    counts: Sequence[Row]
    bodies: Sequence[Row]
    members: Row | None
    invalidations: Sequence[Row]

    @property
    def people(self) -> int:
        return sum(row.people for row in self.counts)


class Writer:
    """Says things in the language of the statement."""

    def __init__(self, site: Site, statement: Row) -> None:
        environment = site.templates.environment(statement.language)
        self.statement = statement
        self.say = catalogue(statement.language).gettext
        self.number: Callable[[int], str] = environment.filters["number"]
        self.day: Callable[[date | datetime], str] = environment.filters["date"]
        self.moment: Callable[[datetime], str] = environment.filters["datetime"]
        self._words: Any = environment.get_template("endorsements/_words.html").module

    def document(self, facts: Facts, volume: int, volumes: int) -> Json:
        """One volume of the document; only the first has more than names."""
        first = volume == 1
        return {
            **self._frame(facts, volume, volumes),
            "parts": self._parts(facts) if first else [],
            "closing": self._closing(facts) if volume == volumes else [],
        }

    @property
    def columns(self) -> int:
        """Of the names on a page."""
        return 3 if set(self.statement.handover_fields) <= {"name"} else 2

    def heading(self, row: Row) -> str:
        """Of the names under one version."""
        if row.version == self.statement.version:
            return self.say(N_("Who signed this text"))
        return self.say(N_("Who signed version %(number)s of the text")) % {"number": row.version}

    def unshown(self, numbers: Sequence[int]) -> str:
        """About names that no font of ours can print."""
        shown = ", ".join(map(str, numbers[:SHOWN])) + (" …" if len(numbers) > SHOWN else "")
        return self.say(_UNSHOWN) % {"numbers": shown}

    def _frame(self, facts: Facts, volume: int, volumes: int) -> Json:
        row, say = self.statement, self.say
        language, _, region = row.language.partition("-")
        about = [(N_("To"), row.addressed_to), (N_("From"), row.campaign_name)]
        about.append((N_("As of"), self.moment(facts.moment)))
        if volumes > 1:
            about.append(
                (N_("Volume"), say(N_("%(volume)s of %(volumes)s")) % {"volume": volume, "volumes": volumes})
            )
        facts_of = {"controller": row.controller, "address": row.postal_address.replace("\n", ", ")}
        imprint = [say(N_("Promoted by %(controller)s, %(address)s.")) % facts_of]
        if row.on_behalf_of:
            imprint = [
                say(N_("Promoted by %(controller)s, %(address)s, on behalf of %(other)s."))
                % {**facts_of, "other": row.on_behalf_of}
            ]
        return {
            "language": language,
            "region": region or {"en": "GB", "de": "DE"}.get(language),
            "title": row.title,
            "campaign": row.campaign_name,
            "kind": say(_KIND[row.kind]),
            "about": [(say(label), value) for label, value in about if value],
            "imprint": [*imprint, say(_PERSONAL)],
            "footer": f"{row.title[:80]} · {self.day(facts.moment)}",
        }

    def _parts(self, facts: Facts) -> list[Json]:
        parts = [self._text(facts), self._behind(facts)]
        return [*parts, self._bodies(facts)] if facts.bodies else parts

    def _text(self, facts: Facts) -> Json:
        blocks = [*_plain_blocks(blocks_of(self.statement.body))]
        for note in facts.notes:
            added = self.say(N_("Added on %(day)s")) % {"day": self.day(note.created_at)}
            blocks += [_heading(added, 3), *_plain_blocks(blocks_of(note.body))]
        return _part(self.say(N_("The text")), blocks=blocks)

    def _behind(self, facts: Facts) -> Json:
        say, number = self.say, self.number
        rows = [(self.heading(row), number(row.people)) for row in facts.counts]
        for label, name in _PROOFS:
            if proven := sum(row[name] for row in facts.counts):
                rows.append((say(label), number(proven)))
        rows.append((say(N_("Organisations that endorse it")), number(len(facts.bodies))))
        sentences = [say(_PROVEN)] if facts.people else [say(N_("Nobody has signed yet."))]
        if facts.counts and facts.people:
            newest = max(row.newest for row in facts.counts)
            sentences.append(
                say(N_("The newest of these signatures was confirmed on %(day)s."))
                % {"day": self.day(newest)}
            )
        if facts.members is not None:
            sentences.append(_words(self._words.affiliated(facts.members)))
        for one in facts.invalidations:
            told = {"number": number(one.done), "day": self.day(one.created_at), "reason": one.reason}
            sentences.append(say(_INVALIDATED) % told)
        head = [say(N_("Who stands behind it")), say(N_("How many"))]
        return _part(say(N_("Who stands behind it")), table=rows, head=head, sentences=sentences)

    def _bodies(self, facts: Facts) -> Json:
        kinds = [
            {
                "heading": self.say(KINDS[section.kind][1]),
                "groups": [
                    {"path": " · ".join(group.path), "bodies": [self._body(one) for one in group.rows]}
                    for group in section.groups
                ],
            }
            for section in listing.sections(facts.bodies)
        ]
        return _part(self.say(N_("Organisations")), kinds=kinds)

    def _body(self, one: Row) -> tuple[str, str]:
        """Its public wording, and beside it how it decided and how that is proven."""
        called = _words(self._words.called(one))
        if one.code and one.code not in called:
            called = f"{called} ({one.code})"
        beside = [_words(self._words.how(one)), one.area, self.say(LEVELS[one.level])]
        if one.members:
            beside.insert(2, _words(self._words.members(one)))
        if one.version != self.statement.version:
            beside.append(self.say(N_("endorsed version %(number)s of the text")) % {"number": one.version})
        return called, " · ".join(filter(None, beside))

    def _closing(self, facts: Facts) -> list[str]:
        if not named(self.statement):
            return [self.say(_NOT_AGREED)]
        return [
            self.say(sentence) % {"number": self.number(left)}
            for sentence, name in _LEFT_OUT
            if (left := sum(row[name] for row in facts.counts))
        ]


def named(statement: Row) -> bool:
    """Whether people agreed to be named to the addressee when they signed (statements/consents.py): only then did
    the consent say so, and these fields."""
    return bool(statement.addressed_to and statement.handover_fields)


def line(statement: Row, row: Row, labels: Mapping[str, Json]) -> tuple[int, str, str, str]:
    """What the document says of one person: the number, the name, the other answers, the comment (one that organisers
    have approved). Only fields that were agreed to."""
    fields = statement.handover_fields
    answers = row.answers or {}
    rest = [
        _answer(labels.get(name, {}), answers.get(name)) for name in fields if name not in ("name", "comment")
    ]
    comment = answers.get("comment") or "" if "comment" in fields and row.approved else ""
    name = (row.name or "") if "name" in fields else ""
    return row.number, name, ", ".join(filter(None, rest)), comment


def _answer(field: Json, value: Any) -> str:
    if not value:
        return ""
    if not field.get("label"):
        return str(value)
    return str(field["label"]) if field.get("kind") == "tick" else f"{field['label']}: {value}"


def _part(heading: str, **over: Any) -> Json:
    return {"heading": heading, "blocks": [], "head": [], "table": [], "sentences": [], "kinds": [], **over}


def _heading(text: str, level: int) -> Json:
    return {
        "kind": "heading",
        "number": level,
        "inside": [],
        "runs": [{"text": text, "bold": False, "italic": False}],
    }


def _plain_blocks(blocks: Sequence[Block]) -> Iterator[Json]:
    """For JSON. Headings begin below the document's own and skip no level: screen readers go by them."""
    last = 2
    for block in _walked(blocks):
        if block["kind"] == "heading":
            last = block["number"] = min(block["number"] + 2, last + 1, 6)
        yield block


def _walked(blocks: Sequence[Block], within: str = "", depth: int = 0) -> list[Json]:
    """Without headings that show nothing; quotes deeper than typst can set stand in the one around them."""
    found: list[Json] = []
    for one in blocks:
        if one.kind == "quote" and depth >= DEEPEST:
            found += _walked(one.inside, within, depth)
        elif one.kind != "heading" or _seen(one.runs):
            found.append(_block(one, within, depth))
    return found


def _block(one: Block, within: str, depth: int) -> Json:
    """A heading inside a list or a quote is a paragraph in bold: it heads nothing."""
    runs = [run._asdict() for run in one.runs]
    kind = one.kind
    if kind == "heading" and within:
        kind, runs = "paragraph", [{**run, "bold": True} for run in runs]
    return {"kind": kind, "runs": runs, "number": one.number, "inside": _walked(one.inside, kind, depth + 1)}


def _seen(runs: Sequence[Run]) -> bool:
    """Whether anything of it shows: PDF/UA takes no heading that is empty or blank."""
    text = "".join(run.text for run in runs)
    return any(not one.isspace() and category(one) not in UNSEEN for one in text)


def _words(html: Markup) -> str:
    return str(html.striptags())


_PROOFS = (
    (N_("of them confirmed by the link in a letter to their e-mail address"), "by_link"),
    (N_("of them confirmed by the button behind that link"), "by_button"),
    (N_("of them confirmed by the code in that letter"), "by_code"),
)
_PROVEN = N_(
    "Each person gave an e-mail address and confirmed the signature by a letter that was sent there; an address counts "
    "once. Who took the signature back is not counted."
)
_INVALIDATED = N_("On %(day)s, %(number)s signatures were taken out of the count. The reason: %(reason)s")
_PERSONAL = N_(
    "This document names people who hold a political opinion. They agreed that it is handed over to the addressee, and "
    "to nothing else."
)
_NOT_AGREED = N_(
    "The people who signed were not asked whether their names may be handed over, so none stands here."
)
_LEFT_OUT = (
    (N_("Counted and not named, because their personal data were erased: %(number)s."), "erased"),
    (N_("Counted and not named, because the campaign took the name off its list: %(number)s."), "unlisted"),
)
_UNSHOWN = N_(
    "Where “[?]” stands, no font at hand has the letters that were written. This concerns the numbers %(numbers)s."
)
