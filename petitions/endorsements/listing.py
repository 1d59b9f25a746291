"""The public list: what a visitor asks of it, and how it is laid out, by kind and by what the bodies belong to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from petitions.errors import NotFound
from petitions.organisations import KINDS
from petitions.organisations.key import key_of, plain
from petitions.site import Site
from petitions.storage.store import Row
from petitions.web.attachment import ending

PAGE_SIZE = 100
LONGEST = 100  # characters of a search; the rest is left out
_SMALL = frozenset({"the", "of", "and", "for", "in", "at", "de", "der", "die", "das", "und", "für", "von"})
"""Words whose first letters no monogram takes."""


class Asked(NamedTuple):
    """What to show: one kind, what belongs to one body (by its id), what a search finds. "": everything.

    What can't be a kind or an id is kept as it is and finds nothing.
    """

    kind: str = ""
    of: str = ""
    q: str = ""
    page: int = 1

    @property
    def narrowed(self) -> bool:
        return bool(self.kind or self.of or self.q)

    @property
    def body(self) -> UUID | None:
        """The body of `of`; for what is no id, one that nothing has."""
        try:
            return UUID(self.of) if self.of else None
        except ValueError:
            return UUID(int=0)


class Group(NamedTuple):
    """Bodies that belong to the same; `path`: to what, the widest first. Empty: to none that we know."""

    parent_id: UUID | None
    path: list[str]
    rows: list[Row]


class Section(NamedTuple):
    """All of one kind on a page."""

    kind: str
    groups: list[Group]


def read(query: Mapping[str, str]) -> Asked:
    """What a query asks for. Raises NotFound where it asks for no possible page."""
    page = query.get("page", "1")
    if not (page.isascii() and page.isdigit() and 0 < len(page) < 6 and int(page)):
        raise NotFound
    words = {name: " ".join(_seen(query.get(name, "")).split())[:LONGEST] for name in ("kind", "of", "q")}
    return Asked(**words, page=int(page))


async def found(site: Site, statement: Row, asked: Asked) -> list[Row]:
    """One page. Raises NotFound where there is no such page."""
    rows: list[Row] = await site.store.listing.list_page(
        statement_id=statement.id,
        kinds=list(KINDS),
        kind=asked.kind or None,
        below=asked.body,
        pattern=_pattern(asked.q),
        plain=_pattern(plain(asked.q)),
        code=_code(asked.q),
        most=PAGE_SIZE,
        skip=(asked.page - 1) * PAGE_SIZE,
    )
    if not rows and asked.page > 1:
        raise NotFound
    return rows


def sections(rows: Iterable[Row]) -> list[Section]:
    """The rows of a page under their headings, in their order."""
    return [
        Section(kind, [_group(id, of_it) for id, of_it in groupby(of_kind, key=lambda row: row.parent_id)])
        for kind, of_kind in groupby(rows, key=lambda row: row.kind)
    ]


async def kinds(site: Site, statement_id: UUID) -> dict[str, int]:
    """How many of each kind endorse, in the order of the list."""
    rows = await site.store.listing.list_kinds(statement_id=statement_id)
    bodies = {row.kind: row.bodies for row in rows}
    return {kind: bodies[kind] for kind in KINDS if kind in bodies}


async def of_earlier_versions(site: Site, statement: Row) -> int:
    """How many endorsed an earlier version of the text; they count until they are renewed, or end."""
    if statement.version == 1:
        return 0
    earlier: int = await site.store.listing.count_earlier(
        statement_id=statement.id, version=statement.version
    )
    return earlier


async def affiliated_members(site: Site, statement_id: UUID) -> Row | None:
    """Members of the bodies that endorse, nobody twice (docs/decisions/0026): how many, how many bodies told them, how
    many with a day, and of which days the oldest and the newest numbers are. None: no body told any."""
    row: Row | None = await site.store.listing.find_members(statement_id=statement_id)
    return row


def monogram(name: str) -> str:
    """One or two letters that stand for a body without a logo: of its first words."""
    words = [word for word in re.findall(r"[^\W\d_]+", name) if word.casefold() not in _SMALL]
    return "".join(word[0].upper() for word in (words or name.split())[:2])


FACES = {"monogram": monogram, "ending": ending}
"""What templates make the faces of bodies with."""


def _group(parent_id: UUID | None, rows: Iterable[Row]) -> Group:
    rows = list(rows)
    return Group(parent_id, [name for name in (rows[0].grandparent, rows[0].parent) if name], rows)


def _pattern(text: str) -> str | None:
    """What LIKE takes for "with this in it"; None for no text."""
    escaped = re.sub(r"([%_\\])", r"\\\1", text)
    return f"%{escaped}%" if text else None


def _code(text: str) -> str | None:
    """What LIKE takes for a branch number with this in it, however it is written; of letters and digits alone."""
    key = key_of("", text)
    return f"#%{key[1:]}%" if key else None


def _seen(text: Any) -> str:
    """Without what shows nothing: control characters (PostgreSQL takes no NUL), halves of characters."""
    return "".join(" " if unicodedata.category(one) in ("Cc", "Cs") else one for one in text)
