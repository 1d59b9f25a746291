"""What we promise about the code itself, read aloud (house.md §7.10)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from petitions.folders import SQL
from petitions.storage.migrate import migrate, missing, steps
from petitions.storage.store import Store

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "petitions"

CATALOGUE = {
    "columns": "select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns"
    " where table_schema = 'public' order by 1, 2",
    "constraints": "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
    " where connamespace = 'public'::regnamespace order by 1, 2",
    "indexes": "select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1",
    "views": "select viewname, definition from pg_views where schemaname = 'public' order by 1",
    "functions": "select proname, prosrc, prosecdef from pg_proc"
    " where pronamespace = 'public'::regnamespace order by 1",
    "triggers": "select tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) from pg_trigger"
    " where not tgisinternal order by 1, 2",
}
FIRST_RELEASE = ROOT / "tests" / "first_schema.sql"


async def catalogue(url: str) -> dict[str, list[str]]:
    connection = await asyncpg.connect(url)
    try:
        return {
            name: [str(row) for row in await connection.fetch(query)] for name, query in CATALOGUE.items()
        }
    finally:
        await connection.close()


async def test_an_empty_database_gets_the_schema_and_a_second_migration_nothing(server, empty_database):
    url = server.url("petitions_owner", empty_database)
    assert await missing(url, SQL) == ["schema.sql"]
    assert await migrate(url, SQL, app_role="petitions_app") == ["schema.sql"]
    assert await migrate(url, SQL, app_role="petitions_app") == []
    assert await missing(url, SQL) == []


async def test_the_first_schema_and_its_migrations_make_the_same_database(
    server, database, empty_database, tmp_path
):
    """A database born with the first schema, brought up step by step, equals one born today."""
    old = tmp_path / "sql"
    (old / "migrations").mkdir(parents=True)
    (old / "schema.sql").write_text(FIRST_RELEASE.read_text())
    (old / "grants.sql").write_text((SQL / "grants.sql").read_text())
    url = server.url("petitions_owner", empty_database)
    await migrate(url, old)
    assert await migrate(url, SQL) == [step.name for step in steps(SQL)]
    assert await catalogue(url) == await catalogue(server.url("petitions_owner", database))


async def test_every_query_is_explained_against_the_schema(server, database):
    """PostgreSQL plans each one: names, columns and types are right."""
    store = Store(server.url("petitions_app", database), SQL)
    connection = await asyncpg.connect(server.url("petitions_owner", database))
    try:
        for room, queries in store.namespaces.items():
            for query in queries.queries.values():
                try:
                    await connection.execute(f"explain (generic_plan) {query.sql}")
                except asyncpg.PostgresError as error:
                    pytest.fail(f"{room}.{query.name}: {error}")
    finally:
        await connection.close()


def sources() -> dict[Path, str]:
    return {file: file.read_text() for file in PACKAGE.rglob("*.py")}


def test_every_query_has_a_caller_and_every_call_a_query():
    store = Store("postgresql://nobody@localhost/none", SQL)
    text = "\n".join(sources().values())
    queries = {(room, name) for room, found in store.namespaces.items() for name in found.queries}
    direct = set(re.findall(r"store\.(\w+)\.(\w+)", text)) - {("namespaces", "values")}
    short = {
        (room, name)
        for own, room in re.findall(r"self\.(_\w+) = site\.store\.(\w+)\b(?!\.)", text)
        for name in re.findall(rf"self\.{own}\.(\w+)\(", text)
    }
    calls = {pair for pair in direct | short if pair[0] in store.namespaces}
    assert queries - calls == set(), "queries nobody calls"
    assert calls - queries == set(), "calls without a query"


def test_every_route_has_a_rule_and_a_name():
    from petitions.routes import routes

    table = routes()
    assert all(getattr(route, "rule", "") for route in table)
    names = [route.name for route in table]
    assert len(names) == len(set(names))


def test_every_first_word_of_an_address_is_reserved_as_a_slug():
    from petitions.campaigns.slugs import RESERVED
    from petitions.routes import routes

    words = {route.path.split("/")[1].split(".")[0] for route in routes()} - {"", "{statement}"}
    assert words <= set(RESERVED)


def test_functions_and_files_stay_small():
    long = []
    for file, text in sources().items():
        if text.count("\n") > 300:
            long.append(f"{file.name}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                size = node.end_lineno - node.lineno + 1
                if size > 60:
                    long.append(f"{file.name}:{node.lineno} {node.name}: {size} lines")
    assert long == []


def test_every_module_says_what_stands_in_it():
    silent = [str(file) for file, text in sources().items() if not ast.get_docstring(ast.parse(text))]
    assert silent == []


def test_only_the_one_transaction_helper_is_used():
    """`databases`' own transaction leaks its connection when COMMIT fails (docs/decisions/0002)."""
    wrong = [
        str(file) for file, text in sources().items() if re.search(r"\b(database|db)\.transaction\(", text)
    ]
    assert wrong == []


def test_templates_have_no_inline_style_script_or_handler():
    for file in (ROOT / "templates").rglob("*.html"):
        if file.name.endswith(".mail.html"):
            continue
        text = file.read_text()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text), file


def test_nothing_in_the_project_points_outside():
    """No page, style or script loads anything from elsewhere."""
    for file in [*(ROOT / "templates").rglob("*.html"), *(PACKAGE / "web" / "static").rglob("*.css")]:
        text = file.read_text()
        assert not re.search(r"(src|href)=[\"'](https?:)?//|url\(\s*[\"']?(https?:)?//|@import", text), file


def test_the_readmes_commands_are_real():
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"(?s)```sh\n(.*?)```", text)
    commands = [line.split("#")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]
    assert "./run" in commands
    assert "./run test" in commands
    listed = subprocess.run(
        ["sh", "./run", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for command in commands:
        words = command.split()
        if words[0] == "./run" and len(words) > 1:
            assert words[1] in listed, command
        if words[0].endswith("petitions"):
            names = [word for word in words[1:] if re.fullmatch(r"[a-z][a-z-]*", word)][:2]
            help_for(names)


def help_for(names: list[str]) -> None:
    """The command exists: its --help answers."""
    for count in range(len(names), 0, -1):
        done = subprocess.run(
            [sys.executable, "-m", "petitions", *names[:count], "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        if done.returncode == 0:
            return
    raise AssertionError(f"petitions {' '.join(names)}: {done.stderr}")


def test_the_docs_list_every_setting_with_its_default_and_sentence():
    from petitions.settings import SETTINGS

    text = (ROOT / "docs" / "settings.md").read_text()
    for name, setting in SETTINGS.items():
        assert f"`{name}`" in text, name
        assert setting.sentence in text, name


def test_locks_hold_no_addresses():
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text()
