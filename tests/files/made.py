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
    b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n"
    b"trailer<</Root 1 0 R/Size 3>>\nstartxref\n96\n%%EOF\n"
)
# Changed once more, as who signs a PDF does: what came before stays as it was.
SIGNED = PDF + b"3 0 obj<</Type/Sig>>endobj\nxref\n3 1\n0000000214 00000 n \ntrailer<</Size 4/Prev 96>>\n"
SIGNED += b"startxref\r\n%d\r\n%%%%EOF" % (len(PDF) + 27)
# With its table as an object, as PDF has it since 1.5.
TABLED = b"%PDF-1.5\n1 0 obj<</Type/XRef/Length 4>>stream\nMZ\x90\0\nendstream endobj\nstartxref\n9\n%%EOF"
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


def _pieces(data: bytes) -> list[tuple[int, bytes]]:
    """Each part of a JPEG with its marker, a scan with its pixels."""
    found, at = [], 2
    while data[at + 1] != 0xD9:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xDA:
            while data[end] != 0xFF or data[end + 1] in (0, *range(0xD0, 0xD8)):
                end += 1
        found.append((data[at + 1], data[at:end]))
        at = end
    return found


def overscanned(times: int) -> bytes:
    """A JPEG whose last scan comes many times: every one goes over all pixels again."""
    data = saved(Image.new("L", (64, 64), 200), "JPEG", progressive=True)
    return data[:-2] + _pieces(data)[-1][1] * times + data[-2:]


def in_three_scans(width: int, height: int, remark: bytes = b"") -> bytes:
    """A plain JPEG, each of its colours in a scan of its own: all of it has to stand in memory."""
    out = b"\xff\xd8" + remark
    for marker, part in _pieces(saved(Image.new("L", (width, height), 200), "JPEG")):
        if marker == 0xC0:
            out += b"\xff\xc0\0\x11" + part[4:9] + b"\3\1\x11\0\2\x11\0\3\x11\0"
        elif marker == 0xDA:
            out += b"".join(
                b"\xff\xda\0\x08\1" + bytes([one, 0]) + b"\0\x3f\0" + part[10:] for one in (1, 2, 3)
            )
        else:
            out += part
    return out + b"\xff\xd9"


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
    "PDF and program": (PDF + b"MZ\x90\0" + PDF[-21:], TWO),
    "PDF and 7z": (PDF + b"7z\xbc\xaf\x27\x1c" + PDF[-21:], TWO),
    "PDF and RAR": (PDF + b"Rar!\x1a\x07\x01\0" + PDF[-21:], TWO),
    "PDF and a ZIP far from its end": (PDF + archive() + b"x" * 70_000 + b"\n%%EOF", CUT),
    "a PDF's head and end": (b"%PDF-%%EOF", CUT),
    "a PDF whose end leads nowhere": (PDF.replace(b"startxref\n96", b"startxref\n99"), CUT),
    "a PDF whose end leads out of it": (PDF.replace(b"startxref\n96", b"startxref\n960000000"), CUT),
    "PDF cut off": (PDF[:-6], CUT),
    "PDF with something behind": (PDF + b"\nMZ\x90", CUT),
    "PDF that begins late": (b"\n" + PDF, UNKNOWN),
    "PNG cut off": (picture("PNG", (300, 300))[:-40], BROKEN),
    "JPEG cut off": (picture("JPEG", (300, 300))[:-400], BROKEN),
    "WebP cut off": (picture("WEBP", (300, 300))[:-40], BROKEN),
    "the beginning of a PNG": (b"\x89PNG\r\n\x1a\n", BROKEN),
    "the beginning of a JPEG": (b"\xff\xd8\xff", BROKEN),
    "WebP of nothing": (b"RIFF\0\0\0\0WEBP", BROKEN),
    "a JPEG of very many scans": (overscanned(40), BROKEN),
    "a JPEG of very many parts": (b"\xff\xd8\xff" + b"\xff\xfe\0\2" * 3000 + picture("JPEG")[2:], BROKEN),
    "a JPEG in three scans": (in_three_scans(4500, 4500), MANY),
    "a JPEG in three scans and the words of one": (in_three_scans(4500, 4500, b"\xff\xfe\0\3\xda"), MANY),
    "a progressive JPEG": (
        saved(Image.new("RGB", (3600, 3600)), "JPEG", progressive=True, subsampling=0),
        MANY,
    ),
    "a bomb": (bomb(50_000, 50_000), MANY),
    "a smaller bomb": (bomb(12_000, 9_000), MANY),
    "a colourful bomb": (saved(Image.new("RGB", (5000, 4000)), "PNG"), MANY),
    "a WebP bomb": (saved(Image.new("RGB", (2500, 2500)), "WEBP", method=0), MANY),
    "a bomb in a remark": (talkative(), BROKEN),
}
