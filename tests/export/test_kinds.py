"""The three kinds of file hold the same: CSV, JSON Lines and XLSX, each as its readers expect it."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tracemalloc
import zipfile
from contextlib import aclosing
from datetime import datetime

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from petitions.ids import new_id
from petitions.organisers.exporting import FORMATS, Taken
from petitions.organisers.spreadsheet import TEXT, Spreadsheet, fit
from petitions.signatures import export
from tests import makers

ACTOR = makers.ACTOR
FIELDS = ["town", "comment"]
KINDS = FORMATS


async def taken(site, statement, **options):
    chunks = export.signatories(site, statement, Taken(), actor=ACTOR, **options)
    async with aclosing(chunks):
        return b"".join([chunk async for chunk in chunks])


def read(kind, data):
    """The rows as Python has them; the header apart."""
    if kind == "csv":
        header, *lines = csv.reader(io.StringIO(data.decode(), newline=""))
        return header, [dict(zip(header, [cell or None for cell in line], strict=True)) for line in lines]
    if kind == "jsonl":
        objects = [json.loads(line) for line in data.decode().split("\n")[:-1]]
        return list(objects[0]) if objects else None, objects
    header, *lines = sheets(data)[0]
    return header, [dict(zip(header, line, strict=True)) for line in lines]


def sheets(data):
    """The rows of each sheet; read whole, for a book read bit by bit keeps no formulas apart."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    return [[[_value(cell) for cell in row] for row in sheet.iter_rows()] for sheet in book]


def _value(cell):
    """`_x0041_` stands for A in a string of these files (ECMA-376-1, 22.9.2.19): openpyxl leaves that to us."""
    return unescape(cell.value) if isinstance(cell.value, str) else cell.value


async def put(owner, statement, *texts):
    """A counted signature for each text: it stands as name, answer and source. None: only a name."""
    await owner.executemany(
        "insert into signatures (statement_id, id, state, version, number, confirmed_at, name, source, answers) values"
        " ($1, $2, 'confirmed', 1, $3, '2026-11-22 06:05:41.25+00', coalesce($4, 'Ada'), $4,"
        " case when $4::text is null then '{}' else jsonb_build_object('comment', $4::text) end)",
        [(statement.id, new_id(), number, text) for number, text in enumerate(texts, 1)],
    )


async def test_each_kind_has_the_same_columns_and_says_the_same(site, owner):
    row = await makers.statement(site, fields=FIELDS)
    await put(owner, row, "Zoë “Example” Ōtani 🌍", None)
    rows = {kind: read(kind, await taken(site, row, format=kind)) for kind in KINDS}
    assert {tuple(header) for header, _ in rows.values()} == {tuple(export.columns(row))}
    first, second = rows["jsonl"][1]
    assert (first["number"], first["version"], second["source"], second["comment"]) == (1, 1, None, None)
    assert first["confirmed_at"] == "2026-11-22T06:05:41Z"
    moment = datetime(2026, 11, 22, 6, 5, 41)
    assert rows["xlsx"][1] == [first | {"confirmed_at": moment}, second | {"confirmed_at": moment}]
    said = {name: value and str(value) for name, value in first.items()}
    assert rows["csv"][1][0] == said | {"confirmed_at": "2026-11-22 06:05:41"}


async def test_with_nobody_in_it_each_kind_is_an_empty_list(site):
    row = await makers.statement(site)
    assert await taken(site, row, format="jsonl") == b""
    for kind in ("csv", "xlsx"):
        assert read(kind, await taken(site, row, format=kind)) == (export.columns(row), [])


nasty = st.text(
    st.sampled_from("=+-@\t\r\n ,;\"'|%\\{}<>&/r_x01\x01\x02\x0b\x1f\x7f\ufeff\ufffea\u0627🌍"), max_size=12
)


@settings(
    max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(nasty | st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=20))
@example(
    texts=[
        "<r>&</r>",
        "<r><t>x</t></r>",
        "_x0041_",
        "\\",
        "\\n",
        "\\.",
        '"',
        "\r\n",
        "=1+1",
        "{=1}",
        "https://x.example",
    ]
)
async def test_whatever_was_typed_comes_back(site, owner, texts):
    """JSON Lines to the letter; XLSX as `fit` says, never as a formula; CSV disarmed (test_export)."""
    row = await makers.statement(site, slug=f"cells-{new_id()}", fields=FIELDS)
    await put(owner, row, *texts)
    found = {kind: read(kind, await taken(site, row, format=kind))[1] for kind in KINDS}
    for column in ("name", "comment", "source"):
        assert [one[column] for one in found["jsonl"]] == texts
        assert [one[column] or "" for one in found["xlsx"]] == [fit(text) for text in texts]
        assert [(one[column] or "").removeprefix("'") for one in found["csv"]] == [
            text.removeprefix("'") for text in texts
        ]


def test_a_cell_holds_what_xml_and_a_spreadsheet_can_hold_and_no_more():
    assert fit("a\r\nb\rc\x00\x0b\x1f\ufffe\td") == "a\nb\nc\td"
    assert fit("x" * 40_000) == "x" * TEXT
    assert len(fit("🌍" * 20_000).encode("utf-16-le")) // 2 == TEXT - 1
    assert fit("<r>" + "x" * 40_000 + "</r>") == "<r>" + "x" * (TEXT - 3)
    long = "<r>" + "x" * (TEXT - 7) + "</r>"
    assert len(fit(long)) == TEXT
    assert fit(long) != long


def test_more_rows_than_a_sheet_takes_go_on_further_sheets(tmp_path):
    book = Spreadsheet(tmp_path / "list.xlsx", ["number", "name"], [], rows=3)
    lines = [json.dumps({"number": n, "name": f"Person {n}"}).encode() for n in range(1, 8)]
    book.write(lines[:4])
    book.write(lines[4:])
    book.close()
    found = sheets((tmp_path / "list.xlsx").read_bytes())
    assert [len(sheet) for sheet in found] == [4, 4, 2]
    assert {tuple(sheet[0]) for sheet in found} == {("number", "name")}
    assert [line[0] for sheet in found for line in sheet[1:]] == list(range(1, 8))


async def test_a_spreadsheet_keeps_its_header_in_sight_and_its_columns_wide(site, owner):
    row = await makers.statement(site)
    await put(owner, row, "Ada")
    data = await taken(site, row, format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["B"].width > 20
    assert sheet["C2"].value is None
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert not [name for name in names if re.search("sharedStrings|vba|external", name)]


@pytest.mark.parametrize("kind", ["jsonl", "xlsx"])
async def test_memory_stays_flat_in_each_kind(site, owner, tmp_path, kind):
    """CSV: test_export."""
    row = await makers.statement(site, fields=FIELDS)
    await put(owner, row, *[f"{number} An example. " * 150 for number in range(3_000)])
    progress, most = Taken(), 0
    chunks = export.signatories(site, row, progress, actor=ACTOR, format=kind, folder=tmp_path)
    async with aclosing(chunks):
        tracemalloc.start()
        async for _ in chunks:
            most = max(most, tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert progress.rows == 3_000
    assert progress.read > 20_000_000
    assert most < 8_000_000


@pytest.mark.parametrize("kind", KINDS)
async def test_a_list_broken_off_leaves_nothing_behind(site, owner, tmp_path, kind):
    row = await makers.statement(site, fields=FIELDS)
    await put(owner, row, *["An example. " * 10] * 3_000)
    progress = Taken()
    chunks = export.signatories(site, row, progress, actor=ACTOR, format=kind, folder=tmp_path)
    async with aclosing(chunks):
        async for _ in chunks:
            assert bool(list(tmp_path.iterdir())) == (kind == "xlsx")
            break
    assert list(tmp_path.iterdir()) == []
    acts = "select array_agg(act order by happened_at, id) from audit where act like 'export%'"
    assert await owner.fetchval(acts) == ["export start", "export break off"]
    busy = "select count(*) from pg_stat_activity where query ilike 'copy%' and state <> 'idle'"
    assert await owner.fetchval(f"{busy} and datname = current_database()") == 0
    assert len(read(kind, await taken(site, row, format=kind))[1]) == 3_000


def test_a_spreadsheet_that_can_not_be_written_is_an_error_of_the_system(tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    book = Spreadsheet(folder / "list.xlsx", ["number"], [])
    shutil.rmtree(folder)
    with pytest.raises(OSError, match="No such file"):
        book.close()
