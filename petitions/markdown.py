"""Markdown to HTML that is safe twice over: the parser knows no raw HTML, and what it makes is cleaned again.

Pictures are left out with their words kept (none may load from elsewhere); headings begin at h2, below the
page's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

_INLINE = {"a", "br", "code", "em", "s", "strong"}
_BLOCKS = {"blockquote", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"}
_TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto", "tel"}


class _Renderer(RendererHTML):
    """HTML with headings a level down and pictures as their description."""

    def heading_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return f"<{_lower(tokens[index].tag)}>"

    def heading_close(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return f"</{_lower(tokens[index].tag)}>\n"

    def image(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return str(Markup.escape(tokens[index].content))


def _lower(tag: str) -> str:
    return f"h{min(int(tag[1:]) + 1, 6)}"


_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}, renderer_cls=_Renderer).enable(
    ["table", "strikethrough"]
)


@lru_cache(maxsize=64)  # the same text gives the same page, and rendering is half of its time
def to_html(text: str) -> Markup:
    """Safe HTML: links that search engines don't follow, no pictures, no raw HTML, no ids or classes."""
    cleaned = nh3.clean(
        _PARSER.render(text),
        tags=_INLINE | _BLOCKS | _TABLES,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="nofollow noopener",
    )
    return Markup(cleaned)  # noqa: S704


def tokens(text: str) -> list[Token]:
    """What the parser reads, for those who make other things of it than pages. No raw HTML is among it."""
    return _PARSER.parse(text)


def to_text(text: str) -> str:
    """The words alone, for letters and previews: a link is followed by its address in brackets."""
    pieces = [piece for token in _PARSER.parse(text) for piece in _pieces(token)]
    return re.sub(r"\n{3,}", "\n\n", "".join(pieces)).strip()


def _pieces(token: Token) -> list[str]:
    if token.type == "inline":
        return _inline(token.children or [])
    if token.type in ("fence", "code_block"):
        return [token.content, "\n"]
    if token.type == "list_item_open":
        return [f"{token.info}{token.markup} " if token.info else "- "]
    if token.type in ("paragraph_close", "heading_close", "tr_close"):
        return ["\n"] if token.hidden else ["\n\n"]
    if token.type in ("bullet_list_close", "ordered_list_close"):
        return ["\n"]
    return [" "] if token.type in ("th_close", "td_close") else []


def _inline(children: Sequence[Token]) -> list[str]:
    pieces: list[str] = []
    hrefs: list[str] = []
    for token in children:
        if token.type in ("text", "code_inline", "image"):
            pieces.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            pieces.append("\n")
        elif token.type == "link_open":
            hrefs.append(str(token.attrs.get("href", "")))
        elif token.type == "link_close":
            href = hrefs.pop().removeprefix("mailto:")
            if href and not "".join(pieces).endswith(href):
                pieces.append(f" ({href})")
    return pieces
