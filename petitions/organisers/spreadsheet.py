"""An XLSX file, written row by row in flat memory: numbers are numbers, times are times, and no text is a formula."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.exceptions import XlsxWriterException  # type: ignore[import-untyped]

ROWS = 1_048_575  # Excel's limit is 1,048,576, and the first is the header
TEXT = 32_767  # UTF-16 units in a cell, Excel's limit
WIDTHS = {"number": 9, "version": 8, "display": 9, "mail": 7}  # characters
DAY_WIDTH, TIME_WIDTH, USUAL_WIDTH = 11, 20, 26
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what XML 1.0 can't hold
_OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


class Spreadsheet:
    """A workbook with as many sheets as its rows need; `close` writes the file. Raises OSError.

    `times` and `days` are the columns that hold such. `rows` is how many a sheet takes. What is not there yet waits
    beside the file, in the same folder.
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        times: Collection[str],
        days: Collection[str] = (),
        rows: int = ROWS,
    ) -> None:
        self._columns, self._most = columns, rows
        self._book = Workbook(str(path), {**_OPTIONS, "tmpdir": str(path.parent)})
        self._book.use_zip64()
        self._bold = self._book.add_format({"bold": True})
        time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._formats = dict.fromkeys(times, time) | dict.fromkeys(days, day)
        self._widths = dict.fromkeys(times, TIME_WIDTH) | dict.fromkeys(days, DAY_WIDTH) | WIDTHS
        self._begin()

    def write(self, lines: Sequence[bytes]) -> None:
        """Some rows more, each an object in JSON with all columns."""
        for line in lines:
            if self._row > self._most:
                self._begin()
            facts = json.loads(line)
            for place, column in enumerate(self._columns):
                self._cell(place, column, facts[column])
            self._row += 1

    def close(self) -> None:
        """The file is whole."""
        try:
            self._book.close()
        except XlsxWriterException as error:
            raise (
                error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(error)
            ) from error

    def _begin(self) -> None:
        sheet = self._book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._columns):
            sheet.set_column(place, place, self._widths.get(column, USUAL_WIDTH))
            sheet.write_string(0, place, column, self._bold)
        self._sheet, self._row = sheet, 1

    def _cell(self, place: int, column: str, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, int):
            self._sheet.write_number(self._row, place, value)
        elif column in self._formats:
            moment = datetime.fromisoformat(value).replace(tzinfo=None)  # a spreadsheet knows no zones
            self._sheet.write_datetime(self._row, place, moment, self._formats[column])
        else:
            self._sheet.write_string(self._row, place, fit(value))


def fit(text: str) -> str:
    """What a cell can hold of a text: lines end in one way, nothing that XML forbids, cut at Excel's limit."""
    text = _NEVER.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) * 2 > TEXT:
        text = text.encode("utf-16-le")[: TEXT * 2].decode("utf-16-le", "ignore")
    if text.startswith("<r>") and text.endswith("</r>"):
        text = f"{text[: TEXT - 1]} "  # xlsxwriter would take it for markup of its own
    return text
