"""Files as people and their enemies send them, made here. Everything in them is an example."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
)
EMPTY = "This file is empty"
BROKEN = "it seems to be damaged"
MANY = "too many pixels"
UNKNOWN = "none of the kinds of file"
TWO = "something else as well"
CUT = "not complete"


def picture(kind: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: Any) -> bytes:
    """A picture with something in it: red at the top left, blue at the bottom right."""
    image = Image.new("RGBA", size, (255, 255, 255, 0 if "A" in mode else 255))
    width, height = size
    image.paste((255, 0, 0, 255), (0, 0, width // 2, height // 2))
    image.paste((0, 0, 255, 255), (width // 2, height // 2, width, height))
    return saved(image.convert(mode), kind, **options)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def phone(orientation: int = 6) -> bytes:
    """As a phone makes it: lying on its side, with the place where it was taken, and a remark."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Example Phone"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 0.0), 3: "W", 4: (0.0, 7.0, 0.0)})
    return picture("JPEG", (600, 400), exif=exif, comment=b"taken at home", quality=95)


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("word/document.xml", "<example/>")
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it is so large, one bit a pixel."""
    row = zlib.compress(b"\0" * 20_000_000)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


def talkative() -> bytes:
    """A PNG whose remark unpacks to far more than it is."""
    plain = picture("PNG")
    data = b"Comment\0\0" + zlib.compress(b"x" * 80_000_000)
    chunk = struct.pack(">I", len(data)) + b"zTXt" + data + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    return plain[:33] + chunk + plain[33:]


REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", EMPTY),
    "a byte": (b"\0", UNKNOWN),
    "text": (b"Minutes of the meeting", UNKNOWN),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
    "SVG with a head": (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- x --><!DOCTYPE svg>\n<SVG/>", "SVG"),
    "GIF": (picture("GIF", mode="P"), "GIF"),
    "TIFF": (picture("TIFF"), "TIFF"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
    "BMP": (picture("BMP"), UNKNOWN),
    "a page": (b"<!doctype html><script>alert(1)</script>", UNKNOWN),
    "a Word file": (archive(), "save it as PDF"),
    "an old Word file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "save it as PDF"),
    "RTF": (rb"{\rtf1 example}", "save it as PDF"),
    "a program": (b"MZ\x90\0", UNKNOWN),
    "PDF and ZIP": (PDF + archive() + b"\n%%EOF\n", TWO),
    "ZIP inside of PDF": (PDF[:-6] + archive() + b"\n%%EOF\n", TWO),
    "PDF and page": (PDF[:9] + b"<ScRiPt>alert(1)</script>" + PDF[9:], TWO),
    "PDF and SVG": (PDF[:9] + b"<svg onload=alert(1)>" + PDF[9:], TWO),
    "PDF cut off": (PDF[:-6], CUT),
    "PDF with something behind": (PDF + b"\nMZ\x90", CUT),
    "PDF that begins late": (b"\n" + PDF, UNKNOWN),
    "PNG cut off": (picture("PNG", (300, 300))[:-40], BROKEN),
    "JPEG cut off": (picture("JPEG", (300, 300))[:-400], BROKEN),
    "WebP cut off": (picture("WEBP", (300, 300))[:-40], BROKEN),
    "the beginning of a PNG": (b"\x89PNG\r\n\x1a\n", BROKEN),
    "the beginning of a JPEG": (b"\xff\xd8\xff", BROKEN),
    "WebP of nothing": (b"RIFF\0\0\0\0WEBP", BROKEN),
    "a bomb": (bomb(50_000, 50_000), MANY),
    "a smaller bomb": (bomb(12_000, 9_000), MANY),
    "a colourful bomb": (saved(Image.new("RGB", (5000, 4000)), "PNG"), MANY),
    "a WebP bomb": (saved(Image.new("RGB", (2500, 2500)), "WEBP", method=0), MANY),
    "a bomb in a remark": (talkative(), BROKEN),
}
