"""The documentation tells the truth: settings, commands with their options, paths, links, numbers.

`docs/settings.md` is written by this test from the table of settings: UPDATE_DOCS=1 ./run check tests/test_docs.py
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from petitions import settings as table
from petitions.campaigns.retention import CONSENT_YEARS, DAYS
from petitions.cli import main
from petitions.settings import SETTINGS
from petitions.statements.files import _READERS
from petitions.work import JOBS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
HOW = "UPDATE_DOCS=1 ./run check tests/test_docs.py writes it anew"
OTHERS = {
    "PG_BIN": "The folder with `postgres` and `initdb` to use for the database in the data folder, version 17 or "
    "newer. Empty: those that came along.",
    "PETITIONS_TEST_BROWSER": "The Chromium of the browser tests. Empty: one on the PATH.",
    "REQUIRE_BROWSER": "`1`: `./run test` fails where there is no browser, instead of skipping its tests.",
    "UPDATE_DOCS": "`1`: `tests/test_docs.py` writes this page.",
}


def settings_page() -> str:
    """docs/settings.md, whole."""
    rows = [f"| `{name}` | {_default(one)} | {one.sentence} |" for name, one in SETTINGS.items()]
    others = [f"| `{name}` | {sentence} |" for name, sentence in OTHERS.items()]
    return "\n".join(
        [
            "# Settings",
            "",
            "Read once at the start, from the environment or else from a file `.env` in the folder where the command",
            "is started; one `NAME=value` a line. An empty value means the default. A strange one is refused with a",
            "sentence, never guessed. `petitions check --settings` prints this list, `petitions check` says what is",
            "wrong or could be better.",
            "",
            "Written by `tests/test_docs.py` from `petitions/settings.py`: change it there.",
            "",
            "| name | default | what it is |",
            "|---|---|---|",
            *rows,
            "",
            "Those with an address or a key (**secret**) are never shown in messages.",
            "",
            "## Not of the site, but read",
            "",
            "| name | what it is |",
            "|---|---|",
            *others,
            "",
        ]
    )


def _default(one: table.Setting) -> str:
    shown = f"`{one.default}`" if one.default else "empty"
    return f"{shown}, **secret**" if one.secret else shown


def test_the_page_of_settings_is_the_table_of_settings():
    file = ROOT / "docs" / "settings.md"
    if os.environ.get("UPDATE_DOCS") == "1":
        file.write_text(settings_page())
    assert file.read_text() == settings_page(), HOW


def code_spans(text: str) -> Iterator[str]:
    """Inline code, outside of blocks."""
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"(?ms)^ *```.*?^ *```", "", text))


def shell_lines(text: str) -> Iterator[str]:
    """The lines of ```sh blocks, continued ones joined."""
    for block in re.findall(r"(?ms)^ *```sh\n(.*?)^ *```", text):
        yield from (line.strip() for line in block.replace("\\\n", " ").splitlines() if line.strip())


def words_after_petitions(line: str) -> list[str] | None:
    """What is said to the command; None where the line is not about it."""
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words.pop(0)
    if words[:2] == ["./run", "petitions"]:
        return words[2:]
    return words[1:] if words and Path(words[0]).name == "petitions" else None


def check_command(words: list[str], *, whole: bool) -> None:
    """Command, options and their values are real; a `whole` line has all that is required as well."""
    command: click.Command = main
    context = click.Context(main, info_name="petitions")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found, f"no command {words[0]}"
        command, words = found, words[1:]
        context = click.Context(command, parent=context, info_name=command.name)
    if isinstance(command, click.Group):
        assert words in ([], ["--help"]), words
        return
    given, rest, _ = command.make_parser(context).parse_args(list(words))
    assert not rest or not whole, f"too much: {rest}"
    if whole and not given.get("help"):
        for one in command.params:
            assert not one.required or given.get(one.name or "") is not None, f"{one.name} is missing"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_real(page):
    text = page.read_text()
    lines = [(line, True) for line in shell_lines(text)] + [(span, False) for span in code_spans(text)]
    for line, whole in lines:
        try:
            words = words_after_petitions(line)
            if words is not None:
                check_command(words, whole=whole)
        except (AssertionError, ValueError, click.ClickException) as error:
            pytest.fail(f"{page.name}: {line}: {getattr(error, 'message', error)}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_named_exists(page):
    roots = {one.name for one in ROOT.iterdir()} - {"data"}
    for span in code_spans(page.read_text()):
        first, slash, _ = span.partition("/")
        if re.fullmatch(r"[\w./-]+", span) and slash and first in roots and not first.startswith(".venv"):
            assert (ROOT / span).exists(), f"{page.name}: {span}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    text = re.sub(r"(?ms)^ *```.*?^ *```", "", page.read_text())
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"(?m)^#+ (.+)$", file.read_text())
            assert anchor in {_anchor(one) for one in headings}, f"{page.name}: {target}"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_timed_job_is_told_with_its_interval():
    text = (ROOT / "docs" / "operators.md").read_text()
    named = dict(re.findall(r"(?m)^\| ([a-z ]+) \| ((?:\d+ )?(?:second|minute|hour|day)s?) \|", text))
    units = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
    told = {}
    for name, every in named.items():
        number, _, unit = every.rpartition(" ")
        told[name] = int(number or 1) * units[unit.rstrip("s")]
    assert told == {name: job.every.total_seconds() for name, job in JOBS.items()}


def test_the_terms_of_keeping_are_those_of_the_code():
    text = (ROOT / "docs" / "privacy.md").read_text()
    for phrase in (
        f"{DAYS['pending']} days after the last letter",
        f"withdrawn: after {DAYS['undo']} days",
        f"{DAYS['ip']} days, then shortened",
        f"the row {DAYS['letters']} days later",
        f"{CONSENT_YEARS} years after",
    ):
        assert phrase in text, phrase


def test_every_table_of_the_schema_with_personal_data_is_told():
    """Each table that holds a column made of somebody's address, name, mailbox or connection."""
    schema = (ROOT / "sql" / "schema.sql").read_text()
    told = set(re.findall(r"(?m)^\| `(\w+)`", (ROOT / "docs" / "privacy.md").read_text()))
    for name, columns in re.findall(r"(?ms)^create (?:unlogged )?table (\w+) \((.*?)^\)", schema):
        if re.search(
            r"(?m)^ +(address_key|subject_key|email|recipient|to_address|ip|network|bucket) ", columns
        ):
            assert name in told, name


def test_every_key_of_a_front_matter_is_told():
    text = (ROOT / "docs" / "statements.md").read_text()
    for key in _READERS:
        assert f"| `{key}` |" in text, key


def test_the_two_roles_are_made_alike_everywhere():
    """docs/operators.md and docker-compose.yml, passwords aside."""

    def statements(text: str) -> list[str]:
        found = re.findall(r"(?m)^ *((?:create role|create database|revoke|grant) .+;)$", text)
        return [re.sub(r" password '[^']*'", "", one) for one in found]

    guide = statements((ROOT / "docs" / "operators.md").read_text())
    assert len(guide) == 5
    assert statements((ROOT / "docker-compose.yml").read_text()) == guide
