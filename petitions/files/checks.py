"""What a file is, told by its bytes: never by its name, nor by what the browser says of it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import BinaryIO

from petitions.errors import N_
from petitions.files import LARGEST, MB
from petitions.forms import Unfit

_HEAD = 1024  # bytes at the beginning
_TAIL = 65_557  # bytes at the end: where a ZIP's last record can begin (APPNOTE.TXT 4.3.16)
_PAGE = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|img|object|embed|\?php)", re.IGNORECASE)
# [\0\t\n\f\r ]: white space as PDF has it (ISO 32000-2, 7.2.3)
_ZIP_END = b"PK\x05\x06"
_OTHER = re.compile(
    rb"PK\x03\x04|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x7fELF|MZ\x90\0|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe"
)
_END = re.compile(rb"startxref[\0\t\n\f\r ]+(\d{1,10})[\0\t\n\f\r ]+%%EOF[\0\t\n\f\r ]*\Z")
_XREF = re.compile(rb"[\0\t\n\f\r ]*(?:xref\b|\d+[\0\t\n\f\r ]+\d+[\0\t\n\f\r ]+obj\b)")

_EMPTY = N_("This file is empty. Please choose it again.")
_LARGE = N_("This file is too large: please choose one of %(limit)s MB at most.")
_NO_LOGO = N_("A logo is a picture: PNG, JPEG or WebP.")
_CUT = N_("This PDF is not complete, or something stands behind its end. Please save it as PDF again.")
_TWO = N_("This PDF is something else as well. Please save it as PDF again.")
_OTHERS: Sequence[tuple[re.Pattern[bytes], str]] = (
    (
        re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:.*<)?svg", re.IGNORECASE | re.DOTALL),
        N_("We can’t take SVG: it may carry programs. Please save it as PNG."),
    ),
    (re.compile(rb"GIF8[79]a"), N_("We can’t take GIF. Please save it as PNG.")),
    (
        re.compile(rb"....ftyp(?:hei|hev|mif1|msf1)", re.S),
        N_("We can’t take HEIC, the iPhone’s own kind of picture. Please save it as JPEG or PDF."),
    ),
    (re.compile(rb"II\*\0|MM\0\*"), N_("We can’t take TIFF. Please save it as PDF, PNG or JPEG.")),
    (
        re.compile(rb"PK\x03\x04|\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|\{\\rtf"),
        N_("We can’t take files of word processors, nor ZIP. Please save it as PDF."),
    ),
)
_UNKNOWN = N_("This is none of the kinds of file that we can take: PDF, PNG, JPEG or WebP.")


def type_of(file: BinaryIO, use: str) -> str:
    """The type of a file that we take for this use; its size is judged before. Raises Unfit."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        raise Unfit(_EMPTY)
    if size > LARGEST[use]:
        raise Unfit(_LARGE, {"limit": LARGEST[use] // MB})
    file.seek(0)
    head = file.read(_HEAD)
    if head.startswith(b"%PDF-"):
        _check_pdf(file, head, size, use)
        return "application/pdf"
    return _picture(head)


def _picture(head: bytes) -> str:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    raise Unfit(next((sentence for pattern, sentence in _OTHERS if pattern.match(head)), _UNKNOWN))


def _check_pdf(file: BinaryIO, head: bytes, size: int, use: str) -> None:
    """Whole, from its head to the table of its objects, which its end names (ISO 32000-2, 7.5.5); and a PDF alone: no
    page that a browser could be talked into, no archive or program behind its last object. Raises Unfit."""
    if use == "logo":
        raise Unfit(_NO_LOGO)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    if _PAGE.search(head) or _ZIP_END in tail or _OTHER.search(tail, tail.rfind(b"endobj") + 1):
        raise Unfit(_TWO)
    end = _END.search(tail, max(0, tail.rfind(b"startxref")))
    if end is None:
        raise Unfit(_CUT)
    file.seek(min(int(end[1]), size))
    if not _XREF.match(file.read(_HEAD)):
        raise Unfit(_CUT)
