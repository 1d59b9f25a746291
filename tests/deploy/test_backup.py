"""Backups of a database of one's own, with two roles: what they hold, what refuses, what is noted."""

from __future__ import annotations

import asyncio
import json
import os
import random
import stat
import subprocess
import sys
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner, Result

from petitions import backup
from petitions.cli import main
from petitions.errors import Refused
from petitions.settings import SETTINGS
from petitions.storage import archive

SECRET = "a secret of these tests 32 characters or more"
KEY = "an address key of the tests, 32 characters or more"


@pytest.fixture
def run(settings, monkeypatch) -> Any:
    """`run("backup", …, DATABASE_URL=…)`: the command in this process, on this test's own database."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    environment = {
        "DATABASE_URL": settings.database_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
        "PETITIONS_SECRETS": SECRET,
        "PETITIONS_ADDRESS_KEY": KEY,
    }

    def run(*words: str | Path, code: int = 0, **over: str) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words], env={**environment, **over})
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


@pytest.fixture
def target(server, empty_database) -> dict[str, str]:
    """The settings of an empty database."""
    return {
        "DATABASE_URL": server.url("petitions_app", empty_database),
        "DATABASE_OWNER_URL": server.url("petitions_owner", empty_database),
    }


@pytest.fixture
def made(run, tmp_path) -> Path:
    run("demo")
    run("backup", tmp_path / "site.backup")
    return tmp_path / "site.backup"


def ask(url: str, query: str) -> Any:
    async def answer() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.new_event_loop().run_until_complete(answer())


def test_another_database_becomes_the_one_that_was_backed_up(run, target, made, settings):
    assert "Restored" in run("restore", made, **target).stdout
    assert json.loads(run("campaign", "list", "--json", **target).stdout)[0]["slug"] == "example-buses"
    owner = target["DATABASE_OWNER_URL"]
    for query in ("select count(*) from signatures", "select sum(value) from counts"):
        assert ask(owner, query) == ask(settings.database_owner_url, query) > 0
    assert ask(target["DATABASE_URL"], "select not has_table_privilege('audit', 'update')")
    assert ask(owner, "select count(*) from pg_tables where tableowner = 'petitions_app'") == 0


def test_anybody_can_read_the_archive_with_tar_and_it_is_for_its_owner_alone(made):
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    with tarfile.open(made) as tar:
        assert tar.getnames() == ["database.dump", "manifest.json", "keys.env", "SHA256SUMS"]
        held = {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]
    manifest = json.loads(held["manifest.json"])
    assert manifest["rows"]["signatures"] > 0
    assert "throttle" not in manifest["rows"]
    assert manifest["version"] == backup.version()
    # It begins with a new line: whoever appends it to their .env may have a last line without an end.
    assert held["keys.env"].decode() == f"\nPETITIONS_SECRETS={SECRET}\nPETITIONS_ADDRESS_KEY={KEY}\n"


def test_a_database_that_is_not_empty_is_left_alone(run, made, settings):
    before = ask(settings.database_owner_url, "select count(*) from signatures")
    assert "The database is not empty" in run("restore", made, code=1).stderr
    assert ask(settings.database_owner_url, "select count(*) from signatures") == before


def test_other_keys_are_refused_before_anything_is_touched(run, made, target):
    wrong = run(
        "restore", made, code=1, PETITIONS_ADDRESS_KEY="another key of the tests, 32 characters", **target
    )
    assert "PETITIONS_ADDRESS_KEY is not the backup's" in wrong.stderr
    none = run("restore", made, code=1, PETITIONS_ADDRESS_KEY="", **target)
    assert "tar -xOf BACKUP keys.env" in none.stderr
    assert KEY not in wrong.stderr + none.stderr
    assert ask(target["DATABASE_OWNER_URL"], "select to_regclass('signatures') is null")


OWN = {"DATABASE_URL": "", "DATABASE_OWNER_URL": "", "PETITIONS_SECRETS": "", "PETITIONS_ADDRESS_KEY": ""}


def test_keys_in_a_data_folder_are_never_written_over(run, made, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "address-key").write_text("x" * 43 + "\n")
    own = OWN | {"PETITIONS_DATA": str(data)}
    told = run("restore", made, code=1, **own).stderr
    assert f"{data}/address-key holds another key than the backup" in told
    assert [one.name for one in data.iterdir()] == ["address-key"]


def test_a_backup_of_a_newer_version_is_refused(made, settings):
    with archive.opened(made) as found:
        held = {name: found.text(name) for name in ("manifest.json", "keys.env")}
    manifest = json.loads(held["manifest.json"]) | {"version": "9.0.0"}
    manifest["steps"] = {"9999_later.sql": "…"}
    with made.open("w+b") as file:
        writer = archive.Writer(file)
        writer.add("manifest.json", json.dumps(manifest).encode())
        writer.add("keys.env", held["keys.env"].encode())
        writer.finish()
    with archive.opened(made) as found, pytest.raises(Refused, match=r"install version 9\.0\.0"):
        backup.restore(settings, found)


@pytest.mark.parametrize("cut", [False, True])
def test_a_damaged_backup_is_refused_in_one_sentence_and_nothing_is_touched(run, made, target, tmp_path, cut):
    good = made.read_bytes()
    middle = len(good) // 2
    made.write_bytes(good[:middle] if cut else good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :])
    for where in (target, OWN | {"PETITIONS_DATA": str(tmp_path / "data")}):
        refused = run("restore", made, code=1, **where)
        assert refused.stderr.startswith(f"Error: {made} is damaged, or no backup made by “petitions backup”")
        assert (refused.stdout, len(refused.stderr.splitlines())) == ("", 1)
    assert ask(target["DATABASE_OWNER_URL"], "select to_regclass('signatures') is null")
    assert not (tmp_path / "data").exists()


def test_whatever_byte_is_flipped_and_wherever_it_is_cut_the_archive_is_refused(made):
    good = made.read_bytes()
    with tarfile.open(made) as tar:
        spans = [(one.offset_data, one.offset_data + one.size) for one in tar.getmembers()]
    random.seed(3)
    places = [random.choice([begin, end - 1, random.randrange(begin, end)]) for begin, end in spans * 5]
    damaged = [good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :] for place in places]
    damaged += [good[:length] for length in (0, 1, 511, 512, spans[0][1], spans[-1][0], spans[-1][1] - 1)]
    for content in damaged:
        made.write_bytes(content)
        with pytest.raises(Refused, match="is damaged"), archive.opened(made):
            pass
    made.write_bytes(good)
    with archive.opened(made):
        pass


def test_only_the_newest_are_kept_and_nothing_else_is_removed(run, tmp_path):
    for name in ("petitions-20260101-000000.backup", "petitions-20260102-000000.backup", "mine.backup"):
        (tmp_path / name).touch()
    left = tmp_path / "petitions-20260102-000000.backup.abc.unfinished"
    left.touch()
    os.utime(left, (0, 0))
    run("backup", tmp_path, "--keep", "2")
    newest = max(one.name for one in tmp_path.glob("petitions-*"))
    assert newest > "petitions-20260102"
    assert {one.name for one in tmp_path.iterdir()} == {
        "mine.backup", "petitions-20260102-000000.backup", newest,
    }  # fmt: skip
    assert "wants a folder" in run("backup", tmp_path / "one.backup", "--keep", "2", code=1).stderr


def test_the_new_one_is_kept_whatever_the_names_beside_it_say(run, tmp_path):
    """As of a machine whose clock was ahead."""
    (tmp_path / "petitions-20990101-000000.backup").touch()
    told = run("backup", tmp_path, "--keep", "1").stderr
    (left,) = tmp_path.iterdir()
    assert told.startswith(f"{left}: ")
    with archive.opened(left):
        pass


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_file_is_not_replaced_by_one(run, tmp_path, kind):
    place = tmp_path / "place"
    if kind == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to("/dev/null")
    assert f"{place} is no file" in run("backup", place, code=1).stderr
    assert not place.is_file()
    assert list(tmp_path.iterdir()) == [place]


def test_a_server_behind_a_socket_is_backed_up_by_the_shortest_address(run, server, database, tmp_path):
    url = f"postgresql:///{database}?host={server.socket_folder}&user=petitions_owner"
    run("backup", tmp_path / "site.backup", DATABASE_OWNER_URL=url)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", None), ("manifest.json", "{"), ("manifest.json", "[]"), ("manifest.json", "{}"),
        ("keys.env", None), ("keys.env", "PETITIONS_SECRETS"), ("keys.env", ""), ("database.dump", None),
    ],
)  # fmt: skip
def test_an_archive_that_lacks_a_part_is_refused_in_one_sentence(settings, tmp_path, name, content):
    steps: dict[str, str] = {}
    manifest = {
        "format": 1,
        "version": "1",
        "made_at": "2027-01-31",
        "address_key": "x",
        "rows": {},
        "steps": steps,
    }
    parts = {
        "database.dump": "x",
        "manifest.json": json.dumps(manifest),
        "keys.env": "PETITIONS_SECRETS=x\nPETITIONS_ADDRESS_KEY=y\n",
    } | {name: content}
    with (tmp_path / "x.backup").open("w+b") as file:
        writer = archive.Writer(file)
        for one, text in parts.items():
            if text is not None:
                writer.add(one, text.encode())
        writer.finish()
    with (
        archive.opened(tmp_path / "x.backup") as found,
        pytest.raises(Refused, match=f"{name} is missing or damaged"),
    ):
        backup.restore(settings, found)


def test_a_pipe_gets_the_same_file(run, tmp_path):
    piped = tmp_path / "piped.backup"
    piped.write_bytes(run("backup", "-").stdout_bytes)
    with archive.opened(piped) as found:
        assert "database.dump" in found


def test_what_goes_into_a_pipe_is_made_beside_the_data_and_a_full_one_is_told(settings, tmp_path):
    """Not in /tmp, which is often memory."""
    data, memory = tmp_path / "data", tmp_path / "memory"
    data.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(backup.__file__).parents[1]),
        "TMPDIR": str(memory),
        "PETITIONS_DATA": str(data),
        "DATABASE_URL": settings.database_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
        "PETITIONS_SECRETS": SECRET,
        "PETITIONS_ADDRESS_KEY": KEY,
    }
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "petitions", "backup", "-"],
            cwd=tmp_path, env=environment, stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1,
        "Error: Standard output does not take the backup (No space left on device).\n",
    )
    assert (list(data.iterdir()), memory.exists()) == ([], False)


def test_success_and_failure_are_facts_for_the_operators_letters(run, settings, tmp_path):
    def fact(name: str) -> Any:
        return ask(settings.database_owner_url, f"select value from facts where name = '{name}'")

    told = run("backup", tmp_path / "no such folder" / "x", code=1).stderr
    assert "can't be written" in told
    when = fact("backup failed")
    assert datetime.fromisoformat(when).tzinfo
    assert fact("backup") is None
    run("backup", tmp_path)
    assert fact("backup") > when
    assert fact("backup failed") is None


def test_a_role_that_does_not_own_the_tables_is_told_what_to_set(run, settings, tmp_path):
    told = run("backup", tmp_path, code=1, DATABASE_OWNER_URL="").stderr
    assert "set DATABASE_OWNER_URL" in told
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_fails_leaves_nothing_and_no_row_or_password_is_shown(run, settings, tmp_path):
    """Stand-ins for PostgreSQL's programs, which also show how they are called."""
    bin, out = tmp_path / "bin", tmp_path / "out"
    bin.mkdir()
    out.mkdir()
    program = bin / "pg_dump"
    program.write_text(
        f'#!/bin/sh\necho "$@" >"{tmp_path}/told"; echo "$PGPASSWORD" >"{tmp_path}/password"\n'
        'echo "pg_dump: error: server went away" >&2; echo "DETAIL: ada@example.org" >&2; exit 1\n'
    )
    program.chmod(0o755)
    url = settings.database_owner_url.replace("petitions_owner@", "petitions_owner:a%2Fpassword@")
    told = run("backup", out, code=1, PG_BIN=str(bin), DATABASE_OWNER_URL=url).stderr
    assert told == "Error: pg_dump failed: server went away\n"
    assert list(out.iterdir()) == []
    assert (tmp_path / "password").read_text() == "a/password\n"
    assert "a/password" not in (tmp_path / "told").read_text()
    assert "a%2Fpassword" not in (tmp_path / "told").read_text()
