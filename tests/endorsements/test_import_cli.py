"""`petitions endorsements import` and `petitions export endorsements`: what they print, and their exit codes."""

from __future__ import annotations

import asyncio
import csv
import io
import json

import pytest
from click.testing import CliRunner

from petitions.cli import main
from tests import makers

HEADER = "name;kind;parent;decided;officer_name;officer_role;officer_email;minutes_seen\n"
PENDING = (
    "Exampleton Branch;union branch;Example Union;branch meeting;Olive Officer;Secretary;olive@example.org;\n"
)
SEEN = "Example Council;trades council;;annual meeting;;;;yes\n"
BAD = "Third Branch;union branch;Example Union;branch meeting;Olive Officer;Secretary;olive;\n"
WHERE = ["--source", "paper list", "--consent", "by e-mail"]


@pytest.fixture
def run(settings, monkeypatch):
    """`await run("endorsements", "import", …)`: the command beside this test's loop."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATABASE_OWNER_URL", settings.database_owner_url)
    monkeypatch.setenv("PETITIONS_SECRETS", "a secret of the import's command line tests")
    monkeypatch.setenv("PETITIONS_ADDRESS_KEY", settings.address_key.decode())

    async def run(*words, code=0):
        result = await asyncio.to_thread(CliRunner().invoke, main, [str(word) for word in words])
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(HEADER + PENDING + SEEN + BAD, encoding="utf-8")
    return path


async def test_each_row_is_told_and_a_bad_one_ends_in_1(site, owner, run, file):
    row = await makers.statement(site)
    line = ["endorsements", "import", file, "--statement", row.slug, *WHERE]
    dry = await run(*line, "--dry-run", code=1)
    assert await owner.fetchval("select count(*) from endorsements") == 0
    real = await run(*line, code=1)
    told = [
        "row 2: new organisation Exampleton Branch in Example Union; stays hidden until its officer confirms",
        "row 3: new organisation Example Council; public, for the campaign has seen its minutes",
    ]
    for result in (dry, real):
        lines = result.stdout.splitlines()
        assert lines[:2] == told
        assert lines[2].startswith("row 4: officer_email: ")
        assert lines[3] == "3 rows: 1 public, 1 hidden until confirmed, 0 known already, 1 refused."
    assert "Nothing was done" in dry.stdout
    assert "Nobody was written to" in real.stdout
    assert await owner.fetchval("select count(*) from endorsements") == 2
    assert await owner.fetchval("select count(*) from outbox") == 0
    file.write_text(HEADER + PENDING)
    assert "was imported before" in (await run(*line, "--mail")).stdout
    assert await owner.fetchval("select count(*) from outbox") == 1


async def test_programs_get_every_row_as_json(site, run, file):
    row = await makers.statement(site)
    result = await run(
        "endorsements", "import", file, "--statement", row.slug, *WHERE, "--json", "--dry-run", code=1
    )
    found = json.loads(result.stdout)
    assert [(one["row"], one["did"], one["name"], one["columns"]) for one in found] == [
        (2, "pending", "Exampleton Branch", []),
        (3, "accepted", "Example Council", []),
        (4, "refused", "Third Branch", ["officer_email"]),
    ]


async def test_where_rows_are_from_must_be_said(site, run, file):
    row = await makers.statement(site)
    result = await run("endorsements", "import", file, "--statement", row.slug, code=1)
    assert result.stderr == "Error: The file needs a column “source”.\n"
    result = await run(
        "endorsements", "import", file, "--statement", row.slug, "--source", "paper list", code=1
    )
    assert result.stderr == "Error: The file needs a column “consent”.\n"


async def test_one_sentence_for_each_refusal(site, run, file, tmp_path):
    row = await makers.statement(site, open=False)
    line = ["endorsements", "import", file, *WHERE, "--statement"]
    assert "is not open" in (await run(*line, row.slug, code=1)).stderr
    assert "There is no statement" in (await run(*line, "nowhere", code=1)).stderr
    file.write_bytes("name\nZoë".encode("latin-1"))
    assert "not UTF-8" in (await run(*line, row.slug, code=1)).stderr
    await run("endorsements", "import", tmp_path / "none.csv", "--statement", row.slug, code=2)


async def test_what_was_imported_can_be_taken_as_a_list(site, run, file, tmp_path):
    row = await makers.statement(site)
    assert not (await run("endorsements", "import", file, "--statement", row.slug, *WHERE, code=1)).stderr
    public = await run("export", "endorsements", row.slug)
    assert [one["name"] for one in csv.DictReader(io.StringIO(public.stdout))] == ["Example Council"]
    assert "1 endorsements, " in public.stderr
    out = tmp_path / "all.jsonl"
    await run("export", "endorsements", row.slug, "--state", "all", "--format", "jsonl", "--out", out)
    found = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(one["name"], one["state"], one["import_source"]) for one in found] == [
        ("Example Council", "accepted", "paper list"),
        ("Exampleton Branch", "pending", "paper list"),
    ]
    assert (
        "Only CSV"
        in (await run("export", "endorsements", row.slug, "--bom", "--format", "xlsx", code=2)).stderr
    )
