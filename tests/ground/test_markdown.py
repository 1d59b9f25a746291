"""Markdown: links and lists come through, nothing that runs or loads does."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petitions.markdown import to_html, to_text

_TAGS = "p br hr h2 h3 h4 h5 h6 em strong s blockquote ul ol li code pre a table thead tbody tr th td"
TAGS = set(_TAGS.split())


class Reader(HTMLParser):
    """What a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def check_safe(html: str) -> None:
    for tag, attributes in Reader(html).tags:
        assert tag in TAGS
        assert set(attributes) <= {"href", "title", "rel", "start"}
        href = re.sub(r"[\s\x00-\x1f]", "", attributes.get("href") or "").lower()
        assert not re.match(r"(?!https?:|mailto:|tel:)[a-z][a-z0-9+.-]*:", href), href
        if tag == "a":
            assert attributes["rel"] == "nofollow noopener"


def test_text_links_and_lists():
    html = to_html("# Title\n\nWe *ask* [them](https://example.org).\n\n- one\n- two")
    assert "<h2>Title</h2>" in html
    assert "<em>ask</em>" in html
    assert '<a href="https://example.org" rel="nofollow noopener">them</a>' in html
    assert html.count("<li>") == 2


def test_headings_begin_at_h2_and_end_at_h6():
    html = to_html("# a\n\n###### f")
    assert "<h2>a</h2>" in html
    assert "<h6>f</h6>" in html
    assert "h1" not in html


def test_a_picture_becomes_its_words():
    html = to_html("![a crowd <b>](https://example.org/crowd.png)")
    assert "<img" not in html
    assert "example.org" not in html
    assert "a crowd &lt;b&gt;" in html


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    '[x](https://example.org "onmouseover=alert(1)")',
    '[x](https://example.org" onclick="alert(1))',
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x]: javascript:alert(1)\n\n[x]",
    "<iframe src=//example.org>",
    "</p><style>*{display:none}</style>",
    "<!--\n--><script>alert(1)</script>",
    "`<script>`",
    "```html\n<script>alert(1)</script>\n```",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_only_text(attack):
    check_safe(to_html(attack))


pieces = st.sampled_from(
    [*ATTACKS, "[", "](", ")", "<", ">", '"', "\n", "\n\n", "# ", "* ", "> ", "    ", "javascript:", "&#x6a;"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces | st.text(max_size=8), max_size=8).map("".join))
def test_no_mixture_of_attacks_gets_through(text):
    check_safe(to_html(text))
    assert isinstance(to_text(text), str)


def test_deep_nesting_takes_no_time():
    assert to_html(">" * 5000 + "x")
    assert to_html("[" * 5000)
    assert to_text("* " * 2000) == ""


def test_the_words_alone_keep_addresses_and_structure():
    text = to_text(
        "# Title\n\nWe ask [them](https://example.org/x) *now*.\n\n1. one\n2. two\n\n- three\n\n<https://example.org>"
    )
    assert text == (
        "Title\n\nWe ask them (https://example.org/x) now.\n\n1. one\n2. two\n\n- three\n\nhttps://example.org"
    )
