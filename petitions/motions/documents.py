"""A motion as a file: plain text, .docx for Word, .odt for LibreOffice. A button makes each; nobody waits in a row
behind more than a few (statements/drawing.py).
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from typing import NamedTuple

from petitions.errors import N_, Busy, Throttled
from petitions.motions import odt, word
from petitions.motions.blocks import Block, Document, blocks_of, xml_safe
from petitions.statements.drawing import Pencil
from petitions.storage.store import Row
from petitions.translations import catalogue

WIDTH = 76  # characters of a line of plain text
_UNBROKEN = 1_000_000  # characters: longer than any paragraph
NARROWEST = 20  # however deep a list stands
pencil = Pencil(most=50)


class Format(NamedTuple):
    """`type`: as HTTP says it."""

    label: str
    type: str


FORMATS = {
    "docx": Format(
        N_("Word (.docx)"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    ),
    "odt": Format(N_("LibreOffice (.odt)"), "application/vnd.oasis.opendocument.text"),
    "txt": Format(N_("Plain text (.txt)"), "text/plain; charset=utf-8"),
}
_WRITERS: dict[str, Callable[[Document], bytes]] = {
    "docx": word.write,
    "odt": odt.write,
    "txt": lambda document: plain(document).encode(),
}
_FROM = N_("A model motion of %(campaign)s: %(address)s")
_PROMOTED = N_("Promoted by %(controller)s, %(address)s.")
_PROMOTED_FOR = N_("Promoted by %(controller)s, %(address)s, on behalf of %(other)s.")


async def file(format: str, title: str, markdown: str, statement: Row, address: str) -> bytes:
    """The motion in one of FORMATS; `markdown` is filled in, `address` is the statement's. Raises Busy."""
    closing = closing_of(statement, address)
    try:
        return await pencil.drawn(
            _made, format, title, markdown, closing, statement.campaign_name, statement.language
        )
    except Throttled as full:  # whoever asks has done nothing wrong
        raise Busy(full.retry_after) from None


def _made(
    format: str, title: str, markdown: str, closing: tuple[str, ...], campaign: str, language: str
) -> bytes:
    lines = tuple(xml_safe(line) for line in closing)
    return _WRITERS[format](
        Document(xml_safe(title), blocks_of(markdown), lines, xml_safe(campaign), language)
    )


def closing_of(statement: Row, address: str) -> tuple[str, ...]:
    """Where the motion comes from, and the imprint that printed matter needs (privacy.md 11)."""
    say = catalogue(statement.language).gettext
    facts = {
        "controller": statement.controller,
        "address": statement.postal_address.replace("\n", ", "),
        "other": statement.on_behalf_of,
    }
    promoted = say(_PROMOTED_FOR if statement.on_behalf_of else _PROMOTED) % facts
    return say(_FROM) % {"campaign": statement.campaign_name, "address": address}, promoted


def words(markdown: str) -> str:
    """A filled-in motion as it can be typed into a form: plain text, each paragraph on a line."""
    return "\n".join(_written(blocks_of(markdown), _UNBROKEN))


def plain(document: Document) -> str:
    """Plain text, lines of at most WIDTH characters but for words that are longer."""
    parts = [_wrapped(document.title, WIDTH), _written(document.blocks, WIDTH)]
    parts += [_wrapped(line, WIDTH) for line in document.closing]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _written(blocks: Iterable[Block], width: int, between: Iterable[str] = ("",)) -> list[str]:
    """`between`: lines that part one block from the next."""
    lines: list[str] = []
    for block in blocks:
        written = _block(block, width)
        lines += [*between, *written] if lines and written else written
    return lines


def _block(block: Block, width: int) -> list[str]:
    match block.kind:
        case "list":
            return _list(block, width)
        case "quote":
            return [f"> {line}".rstrip() for line in _written(block.inside, width - 2)]
    return _wrapped("".join(run.text for run in block.runs), width)


def _list(block: Block, width: int) -> list[str]:
    """Where an item is more than a paragraph (and a list below it), empty lines part them all."""
    loose = any(sum(one.kind != "list" for one in item.inside) > 1 for item in block.inside)
    between = [""] if loose else []
    lines: list[str] = []
    for number, item in enumerate(block.inside, block.number or 0):
        mark = "- " if block.number is None else f"{number}. "
        first, *others = _written(item.inside, width - len(mark), between) or [""]
        hung = [f"{' ' * len(mark)}{line}".rstrip() for line in others]
        lines += [*(between if lines else []), f"{mark}{first}".rstrip(), *hung]
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    return [
        part
        for line in text.split("\n")
        for part in textwrap.wrap(line, max(width, NARROWEST), break_long_words=False, break_on_hyphens=False)
        or [""]
    ]
