"""The picture that a shared link shows: campaign, title and count in the campaign's colour, as a PNG.

It is a function of its words and colour alone, so what was drawn once is kept by them (drawing.py), and its address
carries their digest: another title or another bucket of the count has another address, and whoever shows it fetches
anew.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cache, lru_cache, partial

from PIL import Image, ImageDraw, ImageFont

from petitions.folders import STATIC
from petitions.site import Site
from petitions.storage.store import Row
from petitions.translations import catalogue
from petitions.web.accent import LIGHT_PAPER, readable

WIDTH, HEIGHT = 1200, 630  # pixels, what the networks ask for
STYLE = 1  # goes up when the drawing changes: the same words then have another address
INK = "1b1917"
EDGE = 72
BAND = 420  # where the coloured part begins
SIZES = range(116, 40, -4)  # of the title, in pixels: the first that fits
_FONTS = ("archivo.woff2", "archivo-ext.woff2")  # the second has what the first lacks
_LETTERS = [chr(one) for one in (*range(0x20, 0x250), *range(0x1E00, 0x1F00), *range(0x2000, 0x2300))]
_ORNAMENTS = ("So", "Sk", "Cf", "Me", "Mn")  # categories of Unicode: pictures, and what only changes them


@dataclass(frozen=True)
class Words:
    """All that the picture shows. `number` and `words` may be empty: nobody has signed."""

    campaign: str
    title: str
    number: str
    words: str
    accent: str

    @property
    def version(self) -> str:
        return hashlib.sha256(repr((STYLE, *astuple(self))).encode()).hexdigest()[:16]


def words(site: Site, statement: Row, counts: Row) -> Words | None:
    """What the picture of this statement says now. None: our letters can't write its title."""
    title = written(statement.title)
    if not title:
        return None
    campaign, accent = written(statement.campaign_name) or "", statement.accent.lstrip("#")
    # A translation that can't be written is left out rather than drawn as boxes.
    number, said = (written(text) or "" for text in _count_of(site, statement, counts))
    return Words(campaign, title, number, said, accent)


def _count_of(site: Site, statement: Row, counts: Row) -> tuple[str, str]:
    say, people = catalogue(statement.language), rounded(counts.people)
    if people:
        number = site.templates.environment(statement.language).filters["number"](people)
        said = say.ngettext("person has signed", "people have signed", people)
        return f"{number}+" if people >= 100 else number, said
    first = statement.is_open and not counts.people_earlier
    return "", say.gettext("Be the first to sign.") if first else ""


def rounded(people: int) -> int:
    """The bucket of a count: itself under 100, else rounded down to two digits and noughts."""
    unit: int = 10 ** max(0, len(str(people)) - 2)
    return people // unit * unit


def written(text: str) -> str | None:
    """A text as our two fonts can write it: without emoji; None where letters are missing."""
    text = unicodedata.normalize("NFC", text).replace("\u2011", "-")
    have = coverage()
    kept = [one for one in text if one in have or unicodedata.category(one) not in _ORNAMENTS]
    line = " ".join("".join(kept).split())
    return line if all(one in have for one in line) else None


@cache
def coverage() -> dict[str, int]:
    """Character → which of the fonts has it. A glyph that is missing comes out empty."""
    found = {" ": 0}
    for number, font in reversed(list(enumerate(_fonts(20, 600)))):
        found |= {one: number for one in _LETTERS if one.isprintable() and font.getmask(one).getbbox()}
    return found


def draw(shown: Words) -> bytes:
    """The PNG; takes thirty to ninety milliseconds of processor. One thread at a time: the letters are shared."""
    colours = readable(shown.accent, LIGHT_PAPER)
    image = Image.new("RGB", (WIDTH, HEIGHT), f"#{LIGHT_PAPER}")
    on = ImageDraw.Draw(image)
    top = EDGE + 30
    if shown.campaign:
        on.rectangle((EDGE, EDGE - 2, EDGE + 29, EDGE + 27), fill=f"#{colours.accent}")
        host = Face(34, 650)
        host.draw(on, (EDGE + 48, EDGE + 25), host.cut(shown.campaign, WIDTH - 2 * EDGE - 48), INK)
        top += 40
    _title(on, shown.title, top)
    on.rectangle((0, BAND, WIDTH, HEIGHT), fill=f"#{colours.accent}")
    _count(on, shown, colours.on_accent)
    file = io.BytesIO()
    # The quick ways: the best ones make it an eighth smaller and take three times as long as all the rest.
    image.quantize(64, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(file, "PNG")
    return file.getvalue()


def _title(on: ImageDraw.ImageDraw, title: str, top: int) -> None:
    """As large as fits above the coloured part without breaking a word; at worst cut with an ellipsis."""
    room, width = BAND - 28 - top, WIDTH - 2 * EDGE
    fits = partial(_fits, title, room, width)
    size = SIZES[min(bisect_left(SIZES, True, key=fits), len(SIZES) - 1)]
    face, most = Face(size, 820), _most_lines(room, size)
    lines = face.wrap(title, width)
    if len(lines) > most:
        lines = [*lines[: most - 1], face.cut(" ".join(lines[most - 1 :]), width)]
    for number, line in enumerate(lines):
        face.draw(on, (EDGE - 3, top + round(size * (0.8 + 1.06 * number))), line, INK)


def _fits(title: str, room: int, width: int, size: int) -> bool:
    face = Face(size, 820)
    if any(face.length(word) > width for word in title.split()):
        return False
    return len(face.wrap(title, width)) <= _most_lines(room, size)


def _most_lines(room: int, size: int) -> int:
    return int(room // (size * 1.06))


def _count(on: ImageDraw.ImageDraw, shown: Words, colour: str) -> None:
    if shown.number:
        Face(112, 820).draw(on, (EDGE - 4, BAND + 116), shown.number, colour)
    small = Face(40 if shown.number else 64, 600)
    base = BAND + (172 if shown.number else 126)
    small.draw(on, (EDGE, base), small.cut(shown.words, WIDTH - 2 * EDGE), colour)


class Face:
    """The site's type in one size (pixels) and weight, its two files as one."""

    def __init__(self, size: int, weight: int) -> None:
        self._fonts = _fonts(size, weight)

    def draw(self, on: ImageDraw.ImageDraw, at: tuple[int, int], text: str, colour: str) -> None:
        """From the left end of the baseline."""
        left = float(at[0])
        for number, run in _runs(text):
            on.text((left, at[1]), run, f"#{colour}", self._fonts[number], anchor="ls")
            left += self._fonts[number].getlength(run)

    def length(self, text: str) -> float:
        return sum(self._fonts[number].getlength(run) for number, run in _runs(text))

    def wrap(self, text: str, width: int) -> list[str]:
        """Lines that are no wider; a word that is, is broken."""
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if self.length(longer) <= width:
                lines[-1] = longer
            else:
                lines += self._broken(word, width)
        return [line for line in lines if line]

    def cut(self, text: str, width: int) -> str:
        """The text, or its beginning with an ellipsis."""
        if self.length(text) <= width:
            return text
        while text and self.length(f"{text}…") > width:
            text = text[:-1].rstrip()
        return f"{text}…"

    def _broken(self, word: str, width: int) -> list[str]:
        pieces = [""]
        for letter in word:
            if self.length(pieces[-1] + letter) > width:
                pieces.append("")
            pieces[-1] += letter
        return pieces


def _runs(text: str) -> list[tuple[int, str]]:
    """Stretches of one font each."""
    have, runs = coverage(), list[tuple[int, str]]()
    for one in text:
        number = have.get(one, 0)
        if runs and runs[-1][0] == number:
            runs[-1] = (number, runs[-1][1] + one)
        else:
            runs.append((number, one))
    return runs


@lru_cache(maxsize=64)
def _fonts(size: int, weight: int) -> Sequence[ImageFont.FreeTypeFont]:
    fonts = [ImageFont.truetype(STATIC / name, size) for name in _FONTS]
    for font in fonts:
        font.set_variation_by_axes([weight])
    return fonts
