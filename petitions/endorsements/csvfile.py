"""A CSV file of endorsements, as lists of campaigns are kept: read whole, or refused with a sentence."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from typing import BinaryIO, NamedTuple

from petitions.errors import N_, Refused

LARGEST = 50_000_000  # bytes of a file
MOST = 2_000  # rows: the campaign's tree is held until the last
WIDEST = 100_000  # bytes of a row
_MARKS = ",;\t"
csv.field_size_limit(LARGEST)  # a long cell spoils its own row alone


class Line(NamedTuple):
    """A row that has something in it. `number`: as a spreadsheet counts, the header is 1. `wide`: it is too long."""

    number: int
    typed: dict[str, str]
    wide: bool = False


def parse(file: BinaryIO, known: Collection[str], required: Collection[str]) -> list[Line]:
    """The rows, by the names in the header, which are of `known` and hold the `required`. UTF-8; `,`, `;` or a tab
    stands between cells. Raises Refused."""
    text, mark = _marked(_text(file.read(LARGEST + 1)))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    lines: list[Line] = []
    header: list[str] = []
    number = 0
    try:
        for number, cells in enumerate(rows, 1):
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _header(cells, known, required)
            else:
                lines.append(_line(number, header, cells))
                if len(lines) > MOST:
                    raise Refused(N_("The file has more than %(most)s rows: divide it."), most=MOST)
    except csv.Error:
        raise Refused(
            N_("Row %(row)s can’t be read: is a quotation mark missing, or one too many?"),
            row=number + 1,
        ) from None
    if not header:
        raise Refused(N_("The file is empty: its first row names the columns."))
    return lines


def _text(data: bytes) -> str:
    if len(data) > LARGEST:
        raise Refused(N_("The file has more than %(most)s MB: divide it."), most=LARGEST // 1_000_000)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(N_("The file is not UTF-8: save it as “CSV UTF-8”.")) from None


def _marked(text: str) -> tuple[str, str]:
    """The text, and what stands between its cells. Excel says it in a line of its own, which no spreadsheet shows."""
    if said := re.match(r"sep=([,;\t])\r?\n?", text, re.IGNORECASE):
        return text[said.end() :], said[1]
    first = text.lstrip(f" \r\n{_MARKS}").partition("\n")[0]
    return text, max(_MARKS, key=first.count)


def _header(cells: list[str], known: Collection[str], required: Collection[str]) -> list[str]:
    names = [cell.strip().lower().replace(" ", "_") for cell in cells]
    while names and not names[-1]:
        names.pop()
    strange = [name for name in names if name not in known]
    if strange:
        raise Refused(
            N_("The column “%(name)s” is not known. These are: %(known)s."),
            name=strange[0][:60],
            known=", ".join(known),
        )
    if twice := [name for name in known if names.count(name) > 1]:
        raise Refused(N_("The column “%(name)s” is there twice."), name=twice[0])
    if missing := [name for name in required if name not in names]:
        raise Refused(N_("The file needs a column “%(name)s”."), name=missing[0])
    return names


def _line(number: int, header: list[str], cells: list[str]) -> Line:
    wide = sum(len(cell.encode()) for cell in cells) > WIDEST or any(_beyond(header, cells))
    return Line(number, dict(zip(header, cells, strict=False)), wide)


def _beyond(header: list[str], cells: list[str]) -> Iterator[str]:
    """What stands in cells without a header."""
    return (cell for cell in cells[len(header) :] if cell.strip())
