"""Any colour that a campaign picks can be read: as text on the paper, and with text on it."""

from __future__ import annotations

import re

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petitions.web.accent import DARK_PAPER, LIGHT_PAPER, contrast, readable, style

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"{number:06x}")


@given(COLOURS, st.sampled_from([LIGHT_PAPER, DARK_PAPER]))
@settings(max_examples=500, deadline=None)
def test_any_accent_can_be_read(colour: str, paper: str) -> None:
    accent, on_accent = readable(colour, paper)
    assert contrast(accent, paper) >= 4.5
    assert contrast(on_accent, accent) >= 4.5


def test_an_accent_that_can_be_read_stays_as_it_is() -> None:
    assert readable("b4232f", LIGHT_PAPER) == ("b4232f", "ffffff")


def test_a_pale_accent_is_darkened_and_keeps_its_hue() -> None:
    accent, on_accent = readable("ffe600", LIGHT_PAPER)
    red, green, blue = (int(accent[i : i + 2], 16) for i in (0, 2, 4))
    assert red > green > blue
    assert on_accent == "ffffff"


def test_contrast_is_what_wcag_says() -> None:
    assert round(contrast("000000", "ffffff"), 2) == 21
    assert round(contrast("777777", "ffffff"), 2) == 4.48
    assert contrast("123456", "123456") == 1


async def test_the_style_sheet_has_both_schemes_and_never_changes(web: httpx.AsyncClient) -> None:
    answer = await web.get("/accent/b4232f.css")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/css")
    assert answer.text == style("b4232f")
    assert re.fullmatch(
        r":root\{--accent:#b4232f;--on-accent:#ffffff\}\n"
        r"@media \(prefers-color-scheme:dark\)\{:root\{--accent:#[0-9a-f]{6};--on-accent:#[0-9a-f]{6}\}\}\n",
        answer.text,
    )


@pytest.mark.parametrize("colour", ["B4232F", "b42", "b4232g", "b4232f;}", "%0ab4232f", "red"])
async def test_only_colours_are_colours(web: httpx.AsyncClient, colour: str) -> None:
    assert (await web.get(f"/accent/{colour}.css")).status_code == 404
