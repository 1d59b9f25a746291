"""A document as .odt (OpenDocument text), the file of LibreOffice and many others: real headings and lists."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from petitions.motions.blocks import Block, Document, Run

if TYPE_CHECKING:  # importing it takes a quarter of a second: only who makes a document pays
    from odfdo import Document as Odt
    from odfdo import Element

_POINTS, _NUMBERS, _QUOTE, _BODY = "Points", "Numbers", "Quote", "Text_20_body"
_LETTERS = {(True, False): "Bold", (False, True): "Italic", (True, True): "BoldItalic"}
_STEP = 0.8  # cm that a list stands further in than what it belongs to
_LEVELS = 10  # as many as there can be in OpenDocument
_SIGNS = {
    _POINTS: '<text:list-level-style-bullet text:level="{level}" text:bullet-char="•">{place}'
    "</text:list-level-style-bullet>",
    _NUMBERS: '<text:list-level-style-number text:level="{level}" style:num-format="1" style:num-suffix=".">{place}'
    "</text:list-level-style-number>",
}
_PLACE = (
    '<style:list-level-properties text:list-level-position-and-space-mode="label-alignment">'
    '<style:list-level-label-alignment text:label-followed-by="listtab" fo:margin-left="{left:.1f}cm" '
    f'fo:text-indent="-{_STEP}cm"/></style:list-level-properties>'
)
_WRITING = {
    "Bold": 'fo:font-weight="bold"',
    "Italic": 'fo:font-style="italic"',
    "BoldItalic": 'fo:font-weight="bold" fo:font-style="italic"',
}


def write(document: Document) -> bytes:
    """The bytes of the file."""
    from odfdo import Document as new
    from odfdo import Header, Paragraph

    odt = new("text")
    odt.body.clear()
    _dress(odt, document)
    odt.body.append(Header(1, document.title))
    for element in _elements(document.blocks, _BODY):
        odt.body.append(element)
    for line in document.closing:
        odt.body.append(Paragraph(line, style=_BODY))
    file = io.BytesIO()
    odt.save(file)
    return file.getvalue()


def _dress(odt: Odt, document: Document) -> None:
    """Styles and language; title and campaign for all that the file says of itself."""
    for name, writing in _WRITING.items():
        style = f'<style:style style:name="{name}" style:family="text"><style:text-properties {writing}/></style:style>'
        odt.insert_style(style, automatic=True)
    quote = (
        f'<style:style style:name="{_QUOTE}" style:family="paragraph" style:parent-style-name="{_BODY}">'
        f'<style:paragraph-properties fo:margin-left="{_STEP}cm"/></style:style>'
    )
    odt.insert_style(quote, automatic=True)
    for name, sign in _SIGNS.items():
        places = ((level, _PLACE.format(left=level * _STEP)) for level in range(1, _LEVELS + 1))
        levels = "".join(sign.format(level=level, place=place) for level, place in places)
        odt.insert_style(
            f'<text:list-style style:name="{name}">{levels}</text:list-style>',
            automatic=True,
        )
    for outline in odt.styles.root.get_elements("//text:outline-style"):
        outline.delete()  # it would number the headings
    odt.set_language("-".join(filter(None, document.locale)))
    odt.meta.get_meta_body().clear()
    odt.meta.set_title(document.title)
    odt.meta.set_creator(document.campaign)


def _elements(blocks: tuple[Block, ...], style: str) -> list[Element]:
    from odfdo import Header, Paragraph

    found: list[Element] = []
    for block in blocks:
        match block.kind:
            case "heading":
                found.append(_said(Header(min((block.number or 1) + 1, 6)), block.runs))
            case "list":
                found.append(_list(block))
            case "quote":
                found += _elements(block.inside, _QUOTE)
            case _:
                found.append(_said(Paragraph(style=style), block.runs))
    return found


def _list(block: Block) -> Element:
    from odfdo import List, ListItem

    made = List(style=_POINTS if block.number is None else _NUMBERS)
    for place, item in enumerate(block.inside):
        element = ListItem()
        if place == 0 and block.number is not None:
            element.set_attribute("text:start-value", str(block.number))
        for inner in _elements(item.inside, _BODY):
            element.append(inner)
        made.append(element)
    return made


def _said(element: Element, runs: tuple[Run, ...]) -> Element:
    from odfdo import Span

    for run in runs:
        element.append(Span(run.text, style=_LETTERS.get((run.bold, run.italic))))
    return element
