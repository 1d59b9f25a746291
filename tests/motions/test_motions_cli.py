"""`petitions motions …`: add, publish, replace, withdraw, list, show; each in the audit."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from petitions.cli import main
from tests import makers

FILE = """\
---
title: An example
slug: buses
---

[[Body]] notes [[union: a | other: b]].

--- notes ---

Ask first.
"""


@pytest.fixture
def run(settings, monkeypatch) -> Any:
    """`await run("motions list")`: the command, on this test's own database."""
    for name in list(os.environ):
        if name.startswith(("PETITIONS_", "DATABASE_", "SMTP_", "PORT")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("PETITIONS_SECRETS", "a secret of the command line tests")
    monkeypatch.setenv("PETITIONS_ADDRESS_KEY", settings.address_key.decode())

    async def run(line: str, code: int = 0) -> Result:
        import asyncio

        result = await asyncio.to_thread(CliRunner().invoke, main, line.split())
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "motion.md"
    path.write_text(FILE)
    return path


async def test_a_motion_goes_from_draft_to_published_to_withdrawn(run, site, client, owner, file):
    statement = await makers.statement(site)
    here, page = f"--statement {statement.slug}", f"/{statement.slug}/motions/buses"
    assert "is kept, as a draft motion" in (await run(f"motions add {file} {here}")).output
    assert (await client.get(page)).status_code == 404
    assert (await run(f"motions publish buses {here}")).output == "“buses” is published.\n"
    assert "This body notes b." in makers.visible((await client.get(page)).text)
    assert "is published already" in (await run(f"motions publish buses {here}", 1)).output
    assert (await run(f"motions withdraw buses {here}")).output == "“buses” is withdrawn.\n"
    assert "is not published: it is withdrawn" in (await run(f"motions withdraw buses {here}", 1)).output
    assert (await client.get(page)).status_code == 404
    await run(f"motions publish buses {here}")
    rows = await owner.fetch("select act, actor, details from audit where act like 'motion %' order by id")
    acts = ["motion add", "motion publish", "motion withdraw", "motion publish"]
    assert [row["act"] for row in rows] == acts
    assert all(set(json.loads(row["details"])) == {"motion", "slug"} for row in rows)
    assert all(row["actor"].startswith("cli:") for row in rows)


async def test_a_text_is_replaced_where_it_stands(run, site, client, file):
    statement = await makers.statement(site)
    here, page = f"--statement {statement.slug}", f"/{statement.slug}/motions/buses"
    assert "has no motion “buses”" in (await run(f"motions add {file} {here} --replace", 1)).output
    assert "is published" in (await run(f"motions add {file} {here} --publish")).output
    assert "has a motion “buses” already" in (await run(f"motions add {file} {here}", 1)).output
    file.write_text(FILE.replace("| other: b", "| other: something else"))
    await run(f"motions add {file} {here} --replace --publish")
    assert "This body notes something else." in makers.visible((await client.get(page)).text)


async def test_what_a_motion_asks_for_is_said_when_it_is_added(run, site, file):
    statement = await makers.statement(site)
    file.write_text(FILE.replace("first.", "[[onion: a / b]] first."))
    said = (await run(f"motions add {file} --statement {statement.slug}")).output
    assert said.splitlines()[1:] == ["It asks for “onion”: a / b"]


async def test_the_list_and_one_motion_are_shown(run, site, file):
    statement = await makers.statement(site)
    here = f"--statement {statement.slug}"
    assert "There is no motion yet" in (await run(f"motions list {here}")).output
    await run(f"motions add {file} {here} --publish")
    (found,) = json.loads((await run(f"motions list {here} --json")).output)
    assert (found["slug"], found["state"], found["title"]) == ("buses", "published", "An example")
    assert "buses" in (await run(f"motions list {here}")).output
    shown = json.loads((await run(f"motions show buses {here} --json")).output)
    assert shown["body"] == "[[Body]] notes [[union: a | other: b]]."
    assert shown["notes"] == "Ask first."
    assert shown["address"] == f"http://localhost:8000/{statement.slug}/motions/buses"
    plain = (await run(f"motions show buses {here}")).output
    assert "[[union: a | other: b]]" in plain
    assert "Ask first." in plain


async def test_what_is_wrong_is_one_sentence(run, site, file):
    statement = await makers.statement(site)
    here = f"--statement {statement.slug}"
    file.write_text(FILE.replace("[[union:", "[[onion:"))
    said = (await run(f"motions add {file} {here}", 1)).output
    assert said.startswith("Error: Line 6: “onion” is not a kind of body. There are union, party,")
    assert "There is no statement “none”" in (await run("motions show buses --statement none", 1)).output
    assert "has no motion “none”" in (await run(f"motions show none {here}", 1)).output
    file.write_bytes(b"---\ntitle: \xff\n---\n")
    assert "Line 2 is not UTF-8" in (await run(f"motions add {file} {here}", 1)).output
    assert "Missing option '--statement'" in (await run("motions list", 2)).output


async def test_two_who_add_the_same_slug_at_once_make_one(site, owner):
    import asyncio

    from petitions.errors import Refused
    from petitions.motions import actions
    from petitions.motions.files import parse

    statement = await makers.statement(site)
    adding = [actions.add(site, statement, parse(FILE), actor=makers.ACTOR) for _ in range(4)]
    done = await asyncio.gather(*adding, return_exceptions=True)
    assert sum(isinstance(one, Refused) for one in done) == 3
    assert await owner.fetchval("select count(*) from motions") == 1
    assert await owner.fetchval("select count(*) from audit where act = 'motion add'") == 1
