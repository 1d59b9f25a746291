"""A document before anybody knows its format: title, blocks, closing lines. `blocks_of` reads Markdown, and
`documents`, `word` and `odt` write what comes of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markdown_it.tree import SyntaxTreeNode

from petitions.markdown import tokens

RULE = "* * *"  # what parts two sections
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2


class Run(NamedTuple):
    """Words in one kind of letters; "\\n" ends a line."""

    text: str
    bold: bool = False
    italic: bool = False


class Block(NamedTuple):
    """`kind`: heading, paragraph and rule have `runs`; list, item (of a list) and quote have blocks `inside`.

    `number`: of a heading its level, from 1; of a numbered list where it begins; None for a list with points.
    """

    kind: str
    runs: tuple[Run, ...] = ()
    inside: tuple[Block, ...] = ()
    number: int | None = None


class Document(NamedTuple):
    """`closing`: where it comes from and who answers for it, a line each."""

    title: str
    blocks: tuple[Block, ...]
    closing: tuple[str, ...]
    campaign: str
    language: str

    @property
    def locale(self) -> tuple[str, str]:
        """Language and country, for the spelling checker of a word processor; "" where the language says no more."""
        language, _, country = self.language.partition("-")
        return language, country or {"en": "GB", "de": "DE"}.get(language, "")


def blocks_of(markdown: str) -> tuple[Block, ...]:
    """What a Markdown text is made of. Links become their words and address, pictures their description."""
    return _all(SyntaxTreeNode(tokens(markdown)).children)


def _all(nodes: Sequence[SyntaxTreeNode]) -> tuple[Block, ...]:
    return tuple(block for node in nodes for block in _blocks(node))


def _blocks(node: SyntaxTreeNode) -> Iterator[Block]:
    match node.type:
        case "heading":
            yield Block("heading", _runs(node), number=int(node.tag[1:]))
        case "paragraph":
            yield Block("paragraph", _runs(node))
        case "bullet_list" | "ordered_list":
            items = tuple(Block("item", inside=_all(item.children)) for item in node.children)
            start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
            yield Block("list", inside=items, number=start)
        case "blockquote":
            yield Block("quote", inside=_all(node.children))
        case "hr":
            yield Block("rule", (Run(RULE),))
        case "fence" | "code_block":
            yield Block("paragraph", (Run(xml_safe(node.content.rstrip("\n"))),))
        case "tr":
            cells = [_runs(cell) for cell in node.children]
            yield Block("paragraph", tuple(run for cell in cells for run in (*cell, Run(" | ")))[:-1])
        case _:  # table, its head and its body
            yield from _all(node.children)


def _runs(node: SyntaxTreeNode) -> tuple[Run, ...]:
    return tuple(run for inline in node.children for run in _inline(inline.children, Run("")) if run.text)


def _inline(nodes: Sequence[SyntaxTreeNode], like: Run) -> Iterator[Run]:
    for node in nodes:
        match node.type:
            case "softbreak" | "hardbreak":
                yield like._replace(text=" " if node.type == "softbreak" else "\n")
            case "strong":
                yield from _inline(node.children, like._replace(bold=True))
            case "em":
                yield from _inline(node.children, like._replace(italic=True))
            case "link":
                yield from _link(node, like)
            case "s":
                yield from _inline(node.children, like)
            case _:
                yield like._replace(text=re.sub(r"[ \t]+", " ", xml_safe(node.content)))


def _link(node: SyntaxTreeNode, like: Run) -> Iterator[Run]:
    words = list(_inline(node.children, like))
    yield from words
    address = xml_safe(str(node.attrs.get("href", ""))).removeprefix("mailto:")
    if address and address != "".join(run.text for run in words):
        yield like._replace(text=f" ({address})")


def xml_safe(text: str) -> str:
    """Without the characters that no XML document can hold."""
    return _NOT_XML.sub("", text)
