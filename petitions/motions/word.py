"""A document as .docx, the file of Word: real headings and lists, and nothing in it of who or what made it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from petitions.motions.blocks import Block, Document, Run

if TYPE_CHECKING:  # importing it takes a quarter of a second: only who makes a document pays
    from docx.document import Document as Word

DEEPEST = 3  # lists within lists for which Word has styles
_A4 = 210, 297  # mm
_UNWANTED = (
    "thumbnail",
    "extended-properties",
    "stylesWithEffects",
)  # parts of the library's own model document


def write(document: Document) -> bytes:
    """The bytes of the file."""
    from docx import Document as new

    word = new()
    _dress(word, document)
    word.add_heading(document.title, 1)
    _write(word, document.blocks, "", 0)
    for line in document.closing:
        word.add_paragraph(line)
    file = io.BytesIO()
    word.save(file)
    return file.getvalue()


def _dress(word: Word, document: Document) -> None:
    """Paper, language, black headings; title and campaign for all that the file says of itself."""
    from docx.oxml.ns import qn
    from docx.shared import Mm, RGBColor

    section = word.sections[0]
    section.page_width, section.page_height = (Mm(one) for one in _A4)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(25)
    for level in range(1, 7):
        word.styles[f"Heading {level}"].font.color.rgb = RGBColor(0, 0, 0)
    for found in word.styles.element.iter(qn("w:lang")):
        found.set(qn("w:val"), "-".join(filter(None, document.locale)))
    facts = word.core_properties
    facts._element[:] = []
    facts.title, facts.author = document.title[:255], document.campaign[:255]
    for relations in (word.part.package.rels, word.part.rels):
        for key in [key for key, one in relations.items() if one.reltype.endswith(_UNWANTED)]:
            del relations[key]


def _write(word: Word, blocks: tuple[Block, ...], style: str, depth: int) -> None:
    for block in blocks:
        match block.kind:
            case "heading":
                _say(word.add_heading("", min((block.number or 1) + 1, 6)), block.runs)
            case "list":
                _list(word, block, depth + 1)
            case "quote":
                _write(word, block.inside, "Quote", depth)
            case _:
                _say(word.add_paragraph(style=style or None), block.runs)


def _list(word: Word, block: Block, depth: int) -> None:
    """The first paragraph of an item carries its sign; what follows stands below it."""
    deep = f" {min(depth, DEEPEST)}" if depth > 1 else ""
    style = f"List Bullet{deep}" if block.number is None else f"List Number{deep}"
    numbers = None if block.number is None else _numbers(word, style, block.number)
    for item in block.inside:
        first = item.inside[:1] if item.inside and item.inside[0].kind == "paragraph" else ()
        paragraph = word.add_paragraph(style=style)
        _say(paragraph, first[0].runs if first else ())
        if numbers is not None:
            marked = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            marked.get_or_add_ilvl().val, marked.get_or_add_numId().val = 0, numbers
        _write(word, item.inside[len(first) :], f"List Continue{deep}", depth)


def _numbers(word: Word, style: str, start: int) -> int:
    """A counter of its own: those of a style would go on where the last list ended."""
    known: Any = word.styles[style].element
    numbering: Any = word.part.numbering_part.element
    like = numbering.num_having_numId(known.pPr.numPr.numId.val).abstractNumId.val
    counter = numbering.add_num(like)
    counter.add_lvlOverride(ilvl=0).add_startOverride(start)
    number: int = counter.numId
    return number


def _say(paragraph: Any, runs: tuple[Run, ...]) -> None:
    for run in runs:
        said = paragraph.add_run(run.text)
        said.bold, said.italic = run.bold or None, run.italic or None
