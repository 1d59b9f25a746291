"""Logos of bodies that are not there: plain shapes and initials."""

from __future__ import annotations

import io
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from petitions.folders import STATIC

HEIGHT = 240  # pixels
LETTERS = 110  # pixels
PAPER = "#ffffff"


class Logo(NamedTuple):
    """`shape`: disc, shield, bar or ring."""

    shape: str
    colour: str
    initials: str


def draw(logo: Logo) -> bytes:
    """As a PNG."""
    font = ImageFont.truetype(STATIC / "archivo.woff2", LETTERS)
    font.set_variation_by_axes([800])
    left, top, right, bottom = font.getbbox(logo.initials)
    width = int(right - left) + HEIGHT
    picture = Image.new("RGB", (width, HEIGHT), PAPER)
    pen = ImageDraw.Draw(picture)
    _shape(pen, logo, width - 1, HEIGHT - 1)
    ink = logo.colour if logo.shape == "ring" else PAPER
    pen.text(((width - left - right) / 2, (HEIGHT - top - bottom) / 2), logo.initials, fill=ink, font=font)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _shape(pen: ImageDraw.ImageDraw, logo: Logo, right: int, bottom: int) -> None:
    match logo.shape:
        case "disc":
            pen.rounded_rectangle((0, 0, right, bottom), HEIGHT // 2, fill=logo.colour)
        case "shield":
            middle = bottom * 2 // 3
            pen.polygon(
                [(0, 0), (right, 0), (right, middle), (right // 2, bottom), (0, middle)], fill=logo.colour
            )
        case "bar":
            pen.rectangle((0, bottom // 6, right, bottom * 5 // 6), fill=logo.colour)
        case _:
            pen.ellipse((6, 6, right - 6, bottom - 6), outline=logo.colour, width=14)
