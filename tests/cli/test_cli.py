"""The command line: what it prints, its exit codes, one sentence for each refusal."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from petitions.cli import main
from tests import makers

ROOT = Path(__file__).parents[2]
SECRET = "a secret of the command line tests"

FILE = """\
---
title: Fair pay for all
slug: fair-pay
addressed_to: The Example Council
goal: 100
fields: [town, union]
---

We ask for *fair pay*.
"""


@pytest.fixture
def environment(settings) -> dict[str, str]:
    """The settings of a site on this test's own database."""
    return {
        "DATABASE_URL": settings.database_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
        "PETITIONS_SECRETS": SECRET,
        "PETITIONS_ADDRESS_KEY": settings.address_key.decode(),
    }


@pytest.fixture
def run(environment, monkeypatch) -> Any:
    """`run("campaign list")`: the command in this process."""
    for name in list(os.environ):
        if name.startswith(("PETITIONS_", "DATABASE_", "SMTP_", "PORT")):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(line: str | list[str], code: int = 0, **options: Any) -> Result:
        words = line.split() if isinstance(line, str) else line
        result = CliRunner().invoke(main, words, **options)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


@pytest.fixture
def campaign(run) -> str:
    run(
        "campaign add --slug fair --name Fair --controller Example --address 1ExampleStreet "
        "--contact contact@example.org"
    )
    return "fair"


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "fair-pay.md"
    path.write_text(FILE)
    return path


def sentence(result: Result) -> str:
    """The one line on stderr, and nothing on stdout."""
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


def test_from_nothing_to_an_open_statement(run, campaign, file):
    assert "fair-pay” is open for signing" in run(f"statement add {file} --campaign fair --open").output
    (row,) = json.loads(run("statement list --json").stdout)
    assert (row["slug"], row["state"], row["campaign"], row["people"], row["goal"]) == (
        "fair-pay",
        "open",
        "fair",
        0,
        100,
    )
    (row,) = json.loads(run("campaign list --json").stdout)
    assert (row["slug"], row["open_statements"]) == ("fair", 1)
    assert "fair-pay" in run("statement list --campaign fair").output
    assert "Example" in run("campaign list").output


def test_every_step_of_a_statement(run, campaign, file):
    assert "added as a draft" in run(f"statement add {file} --campaign fair").output
    for step, told in [
        ("open", "is open for signing"),
        ("close", "is closed"),
        ("reopen", "is open for signing again"),
        ("close", "is closed"),
        ("archive", "is archived"),
    ]:
        assert told in run(f"statement {step} fair-pay").output
    assert "it is archived" in sentence(run("statement open fair-pay", 1))


def test_notes_versions_and_new_slugs(run, campaign, file, tmp_path):
    run(f"statement add {file} --campaign fair --open")
    run(["statement", "note", "fair-pay", "Handed over *today*."])
    (tmp_path / "note.md").write_bytes(b"\xef\xbb\xbfAnother note.")
    run(f"statement note fair-pay --file {tmp_path / 'note.md'}")
    file.write_text(FILE.replace("We ask for", "We demand"))
    assert "has version 2" in run(f"statement version fair-pay {file}").output
    assert "has this slug now" in run("statement rename fair-pay fair-pay-now").output
    shown = json.loads(run("statement show fair-pay --json").stdout)
    assert (shown["slug"], shown["version"], len(shown["versions"]), len(shown["notes"])) == (
        "fair-pay-now",
        2,
        2,
        2,
    )
    assert shown["text"] == "We demand *fair pay*."
    assert shown["address"].endswith("/fair-pay-now")
    assert "We demand" in run("statement show fair-pay-now").output


def test_a_campaign_is_changed(run, campaign, tmp_path):
    (tmp_path / "intro.md").write_text("We are an *example*.")
    run(
        f"campaign set fair --introduction-file {tmp_path / 'intro.md'} --partner friends=Friends --retention 12"
    )
    (row,) = json.loads(run("campaign list --json").stdout)
    assert (row["introduction"], row["partners"]) == (
        "We are an *example*.",
        [{"key": "friends", "name": "Friends"}],
    )
    assert row["retention_months"] == 12
    run("campaign set fair --no-partners --slug fairer")
    (row,) = json.loads(run("campaign list --json").stdout)
    assert (row["partners"], row["slug"]) == ([], "fairer")
    run("campaign set fairer --bulk-sender news@example.org --link Mastodon=https://example.org/@us")
    (row,) = json.loads(run("campaign list --json").stdout)
    assert row["bulk_sender"] == "news@example.org"
    assert row["social_links"] == [{"name": "Mastodon", "url": "https://example.org/@us"}]
    run("campaign set fairer --no-links")
    (row,) = json.loads(run("campaign list --json").stdout)
    assert row["social_links"] == []


async def test_the_actor_is_the_system_user(run, campaign, owner):
    from petitions.organisers.actions import cli_actor

    assert await owner.fetchval("select actor from audit") == cli_actor()


REFUSED = {
    "campaign add --slug fair --name Again": "is taken",
    "campaign add --slug confirm --name Again": "is kept for the site",
    "campaign add --slug other --name Other --contact nobody": "has no @",
    "campaign set nowhere --name X": "There is no campaign “nowhere”",
    "statement open nowhere": "There is no statement “nowhere”",
    "statement list --campaign nowhere": "There is no campaign",
    "export signatories nowhere": "There is no statement",
    "suppression lift nobody": "has no @",
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_refusal_is_one_sentence_and_exit_code_1(run, campaign, line):
    assert REFUSED[line] in sentence(run(line, 1))


MISUSED = [
    "campaign add --slug fair",
    "campaign set fair",
    "campaign add --slug x --name x --partner y",
    "statement add nowhere.md --campaign fair",
    "statement note fair-pay",
    "nonsense",
    "statement list --nonsense",
    "serve --workers many",
]


@pytest.mark.parametrize("line", MISUSED)
def test_what_is_not_understood_is_exit_code_2(run, campaign, line):
    result = run(line, 2)
    assert result.stdout == ""
    assert "Error: " in result.stderr


def test_opening_together_with_adding_is_all_or_nothing(run, file):
    run("campaign add --slug fair --name Fair")
    told = sentence(run(f"statement add {file} --campaign fair --open", 1))
    assert "no controller, no postal address, no contact" in told
    assert json.loads(run("statement list --json").stdout) == []


def test_a_mistake_in_the_file_names_its_line(run, campaign, file):
    file.write_text(FILE.replace("goal: 100", "goal: many"))
    assert "Line 5: goal must be a whole number" in sentence(run(f"statement add {file} --campaign fair", 1))
    file.write_bytes(b"\xff\xfe")
    assert "Line 1 is not UTF-8" in sentence(run(f"statement add {file} --campaign fair", 1))


def test_a_strange_setting_is_refused(run, monkeypatch):
    monkeypatch.setenv("PORT", "many")
    assert "PORT must be" in sentence(run("campaign list", 1))


def test_a_database_that_does_not_answer_is_one_sentence(run, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert "does not answer" in sentence(run("campaign list", 1))


def test_an_empty_database_asks_for_its_schema(run, monkeypatch, server, empty_database):
    monkeypatch.setenv("DATABASE_URL", server.url("petitions_app", empty_database))
    monkeypatch.setenv("DATABASE_OWNER_URL", server.url("petitions_owner", empty_database))
    assert "petitions migrate" in sentence(run("campaign list", 1))
    assert "Missing: schema.sql" in sentence(run("migrate --check", 1))
    assert "Applied: schema.sql" in run("migrate").output
    assert "up to date" in run("migrate --check").output
    assert "up to date" in run("migrate").output
    assert "no campaign yet" in run("campaign list").output


def test_a_role_that_may_not_migrate_is_told_what_to_set(run, monkeypatch, server, empty_database):
    monkeypatch.setenv("DATABASE_URL", server.url("petitions_app", empty_database))
    monkeypatch.setenv("DATABASE_OWNER_URL", server.url("petitions_app", empty_database))
    assert "DATABASE_OWNER_URL" in sentence(run("migrate", 1))


def commands(group=main, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_every_command_explains_itself_with_an_example(run, path):
    text = run([*path, "--help"]).output
    assert "Example:\n" in text
    assert f"petitions {' '.join(path)}" in text


def test_the_promised_commands_are_there():
    promised = [
        "serve",
        "work",
        "migrate",
        "demo",
        "campaign",
        "statement",
        "export",
        "check",
        "routes",
        "suppression",
    ]
    assert set(promised) <= set(main.commands)


def test_routes_say_who_may(run):
    rows = json.loads(run("routes --json").stdout)
    assert {"method": "POST", "path": "/{statement}/sign", "who": "anyone", "name": "sign"} in rows
    assert all(row["who"] for row in rows)
    assert "/healthz" in run("routes").output


def test_the_demonstration_comes_and_goes(run):
    assert "http://localhost:8000/public-buses" in run("demo").output
    assert "public-buses" in run("demo").output
    assert "demonstration" in run("campaign list").output
    assert "is removed" in run("demo --remove").output
    assert "no demonstration" in run("demo --remove").output


def test_an_export_goes_to_stdout_with_its_progress_beside(run):
    run("demo")
    result = run("export signatories public-buses")
    assert result.stdout.startswith("number,name,email,town")
    assert len(result.stdout.splitlines()) == 43
    assert "42 signatories" in result.stderr


def test_an_exported_file_is_whole_and_its_owners_alone(run, tmp_path):
    run("demo")
    out = tmp_path / "list.csv"
    out.write_text("an older list")
    out.chmod(0o644)
    result = run(f"export signatories public-buses --bom --out {out}")
    assert result.stdout == ""
    assert out.read_bytes().startswith(b"\xef\xbb\xbfnumber,")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [out]


def test_each_kind_of_list_goes_into_a_file(run, tmp_path):
    run("demo")
    for kind, start in (("jsonl", b'{"number":'), ("xlsx", b"PK")):
        out = tmp_path / f"list.{kind}"
        run(f"export signatories public-buses --format {kind} --out {out}")
        assert out.read_bytes().startswith(start)
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert {file.name for file in tmp_path.iterdir()} == {"list.jsonl", "list.xlsx"}
    assert run("export signatories public-buses --format jsonl --out -").stdout.startswith('{"number":')


def test_a_refused_export_leaves_no_file(run, tmp_path):
    run("demo")
    out = tmp_path / "list.pdf"
    assert "'pdf' is not one of" in run(f"export signatories public-buses --format pdf --out {out}", 2).stderr
    assert (
        "byte order mark"
        in run(f"export signatories public-buses --format jsonl --bom --out {out}", 2).stderr
    )
    assert list(tmp_path.iterdir()) == []
    assert "no folder" in sentence(
        run(f"export signatories public-buses --out {tmp_path / 'none' / 'x.csv'}", 1)
    )


def test_a_spreadsheet_is_not_poured_over_a_terminal():
    reader, terminal = os.openpty()
    try:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "petitions",
                "export",
                "signatories",
                "x",
                "--format",
                "xlsx",
                "--out",
                "-",
            ],
            cwd=ROOT,
            stdout=terminal,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        os.close(terminal)
        os.close(reader)
    assert (done.returncode, "name a file with --out" in done.stderr) == (2, True), done.stderr


async def test_a_suppression_is_lifted_and_the_audit_names_no_address(site, run, owner):
    statement = await makers.statement(site)
    await makers.suppressed(site, statement, "ada@example.org")
    await makers.suppressed(site, statement, "ada@example.org", "campaign")
    result = await _in_thread(run, "suppression lift Ada@example.org")
    assert "may go" in result.output
    assert await owner.fetchval("select count(*) from suppressions") == 0
    lines = await owner.fetch("select * from audit where act = 'suppression lift'")
    assert len(lines) == 2
    assert "example.org" not in str(lines)
    assert "Nothing was suppressed" in (await _in_thread(run, "suppression lift ada@example.org")).output


async def _in_thread(run: Any, line: str) -> Result:
    """A command has a loop of its own, so it can't run inside a test's."""
    return await asyncio.to_thread(run, line)


class TestCheck:
    """`petitions check`: each with ok or what to do."""

    def findings(self, run: Any, code: int = 0) -> dict[str, tuple[str, str]]:
        found = json.loads(run("check --json", code).stdout)
        return {one["what"]: (one["state"], one["sentence"]) for one in found}

    def test_all_is_well(self, run, monkeypatch, sink):
        monkeypatch.setenv("SMTP_URL", sink.url)
        found = self.findings(run)
        assert {state for state, _ in found.values()} == {"ok"}
        assert set(found) == {
            "settings",
            "database",
            "schema",
            "clock",
            "roles",
            "address key",
            "likeness",
            "base URL",
            "DATABASE_OWNER_URL",
            "SMTP",
        }

    def test_without_smtp_it_says_where_letters_are(self, run):
        assert self.findings(run)["SMTP"][0] == "weak"
        assert "/dev/letters" in run("check").output

    def test_a_server_that_takes_no_mail_is_wrong(self, run, monkeypatch):
        monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1?tls=none")
        assert self.findings(run, 1)["SMTP"][0] == "wrong"

    def test_one_role_for_all_is_weaker(self, run, monkeypatch, settings):
        monkeypatch.setenv("DATABASE_URL", settings.database_owner_url)
        state, sentence = self.findings(run)["roles"]
        assert (state, "DATABASE_OWNER_URL" in sentence) == ("weak", True)

    def test_another_address_key_is_wrong(self, run, monkeypatch):
        run("campaign list")
        monkeypatch.setenv("PETITIONS_ADDRESS_KEY", "another address key of 32 characters or more")
        state, sentence = self.findings(run, 1)["address key"]
        assert state == "wrong"
        assert "another address key" not in sentence
        assert "PETITIONS_ADDRESS_KEY is not the key" in sentence_of(run("campaign list", 1))

    def test_a_public_address_without_https_or_mail_is_wrong(self, run, monkeypatch):
        monkeypatch.setenv("PETITIONS_BASE_URL", "http://petitions.example.org")
        found = self.findings(run, 1)
        assert found["base URL"][0] == found["SMTP"][0] == "wrong"

    def test_no_database(self, run, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        assert self.findings(run, 1)["database"][0] == "wrong"

    def test_a_missing_schema(self, run, monkeypatch, server, empty_database):
        monkeypatch.setenv("DATABASE_URL", server.url("petitions_app", empty_database))
        assert "petitions migrate" in self.findings(run, 1)["schema"][1]

    def test_a_strange_setting(self, run, monkeypatch):
        monkeypatch.setenv("PETITIONS_IP_BURST", "lots")
        assert "PETITIONS_IP_BURST must be" in self.findings(run, 1)["settings"][1]

    def test_the_settings_are_listed_without_their_values(self, run):
        text = run("check --settings").output
        assert "DATABASE_URL" in text
        assert SECRET not in text
        assert json.loads(run("check --settings --json").stdout)["PORT"]["default"] == "8000"


def sentence_of(result: Result) -> str:
    return sentence(result)


def test_without_a_database_it_brings_its_own(tmp_path):
    """As on a fresh machine: no settings at all, the first command that comes."""
    folder = tempfile.mkdtemp(prefix="petitions-test-")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "petitions", "campaign", "list"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PETITIONS_DATA": folder},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "no campaign yet" in done.stdout
        kept = Path(folder, "address-key")
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize(("kind", "how"), [("csv", signal.SIGTERM), ("xlsx", signal.SIGHUP)])
async def test_an_export_that_is_stopped_leaves_no_file_and_says_so(
    site, owner, environment, tmp_path, kind, how
):
    row = await makers.statement(site)
    await owner.execute(
        """insert into signatures (statement_id, id, state, version, number, confirmed_at, name, address_key)
           select $1, uuidv7(), 'confirmed', 1, n, now(), repeat('Example ', 10), decode(md5(n::text), 'hex')
           from generate_series(1, 100000) as n""",
        row.id,
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "petitions", "export", "signatories", row.slug, "--format", kind]
        + (["--out", "list.xlsx"] if kind == "xlsx" else []),  # that takes long enough to be stopped
        cwd=tmp_path,
        env={**environment, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,  # nobody reads it: the export waits for its taker
        stderr=subprocess.PIPE,
    )
    try:
        while not await owner.fetchval("select count(*) from audit where act = 'export start'"):
            assert process.poll() is None
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
        process.send_signal(how)
        assert await asyncio.to_thread(process.wait, 20) != 0
    finally:
        process.kill()
        process.communicate()
    acts = await owner.fetch("select act from audit where act like 'export%' order by happened_at, id")
    assert [one["act"] for one in acts] == ["export start", "export break off"]
    assert list(tmp_path.iterdir()) == []
