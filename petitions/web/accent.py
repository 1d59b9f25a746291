"""A campaign's accent colour as a style sheet, its contrast computed, so that any colour can be read.

`--accent` can be read as text on the paper, `--on-accent` on the accent, in light and in dark.
"""

from __future__ import annotations

import colorsys
import re
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from petitions.errors import NotFound
from petitions.web.assets import FOREVER

READABLE = 4.5  # WCAG 2.2, 1.4.3 Contrast (Minimum), level AA
LIGHT_PAPER, DARK_PAPER = "fcfbf8", "141311"
WHITE, BLACK = "ffffff", "141311"


class Pair(NamedTuple):
    """Two colours as six hex digits each."""

    accent: str
    on_accent: str


async def accent(request: Request) -> Response:
    """GET /accent/{colour}.css, six lower-case hex digits: the same for ever."""
    colour = request.path_params["colour"]
    if not re.fullmatch(r"[0-9a-f]{6}", colour):
        raise NotFound
    return Response(style(colour), media_type="text/css", headers={"Cache-Control": FOREVER})


def style(colour: str) -> str:
    light, dark = readable(colour, LIGHT_PAPER), readable(colour, DARK_PAPER)
    return (
        f":root{{--accent:#{light.accent};--on-accent:#{light.on_accent}}}\n"
        "@media (prefers-color-scheme:dark)"
        f"{{:root{{--accent:#{dark.accent};--on-accent:#{dark.on_accent}}}}}\n"
    )


def readable(colour: str, paper: str) -> Pair:
    """The nearest colour of this hue that can be read on the paper; white or black to be read on it."""
    found = _towards(colour, BLACK if luminance(paper) > 0.5 else WHITE, paper)
    return Pair(found, max(WHITE, BLACK, key=lambda text: contrast(text, found)))


class Look(NamedTuple):
    """What a page of one colour scheme makes of an accent. Colours in six hex digits, contrasts from 1 to 21; `moved`:
    it is another colour than was asked for, so that it can be read."""

    scheme: str
    paper: str
    accent: str
    on_accent: str
    as_text: float
    under_text: float
    moved: bool


def looks(colour: str) -> list[Look]:
    """In light and in dark."""
    return [_look(colour, "light", LIGHT_PAPER), _look(colour, "dark", DARK_PAPER)]


def _look(colour: str, scheme: str, paper: str) -> Look:
    pair = readable(colour, paper)
    ratios = contrast(pair.accent, paper), contrast(pair.on_accent, pair.accent)
    return Look(scheme, paper, *pair, *ratios, moved=pair.accent != colour)


def contrast(one: str, other: str) -> float:
    """From 1 to 21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """From 0 to 1 (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _towards(colour: str, end: str, paper: str) -> str:
    """Lightness moved towards the end in hundredths until paper and a text on it can both be read."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    goal = 0.0 if end == BLACK else 1.0
    for step in range(101):
        moved = lightness + (goal - lightness) * step / 100
        found = _hex(colorsys.hls_to_rgb(hue, moved, saturation)) if step else colour
        on_it = max(contrast(WHITE, found), contrast(BLACK, found))
        if contrast(found, paper) >= READABLE and on_it >= READABLE:
            return found
    return end


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue


def _hex(parts: tuple[float, float, float]) -> str:
    return "".join(f"{round(part * 255):02x}" for part in parts)
