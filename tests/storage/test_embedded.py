"""The embedded PostgreSQL survives what happens to machines: kills, leftovers, odd folders, root."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from petitions.storage import embedded
from petitions.storage.embedded import EmbeddedError
from tests.storage.conftest import APP, app, ask, finish, moved, server_pid, server_starts, stopped


def test_the_first_start_makes_the_database_and_the_second_finds_its_data() -> None:
    folder = Path(tempfile.mkdtemp())
    running = embedded.start(folder)
    ask(running, "create table words as select 'Übung' as word")
    assert ask(running, "select datlocale from pg_database where datname = 'petitions'") == "C.UTF-8"
    assert ask(running, "select datctype from pg_database where datname = 'petitions'") == "C.UTF-8"
    assert ask(running, "show fsync") == "on"
    running.release()
    running.release()
    assert stopped(folder)
    running = embedded.start(folder)
    assert ask(running, "select word from words") == "Übung"
    running.release()
    shutil.rmtree(folder)


def test_a_first_start_that_was_killed_begins_again() -> None:
    folder = Path(tempfile.mkdtemp())
    remains = folder / "postgres-18.new"
    (remains / "base").mkdir(parents=True)
    (remains / "PG_VERSION").write_text("18\n")
    running = embedded.start(folder, durable=False)
    assert ask(running, "select 1") == 1
    running.release()
    assert not remains.exists()
    shutil.rmtree(folder)


def test_where_the_system_does_not_know_the_locale_the_database_is_made_without_it(folder: Path) -> None:
    """An initdb that refuses C.UTF-8, as on such a system."""
    running = embedded.start(folder, durable=False)
    server = running._server
    refuses = 'echo "initdb: error: invalid locale name \\"C.UTF-8\\"" >&2; exit 1'
    programs = folder.with_name("programs")
    programs.mkdir(mode=0o755)
    for name, first in (
        ("postgres", ""),
        ("initdb", f'case "$*" in *--lc-ctype=C) ;; *) {refuses};; esac\n'),
    ):
        (programs / name).write_text(f'#!/bin/sh\n{first}exec "{server.binaries / name}" "$@"\n')
        (programs / name).chmod(0o755)
    elsewhere = folder.with_name("elsewhere")
    elsewhere.mkdir(mode=0o755)
    replace(server, data=elsewhere / server.data.name, binaries=programs).create(durable=False)
    running.release()
    running = embedded.start(elsewhere, durable=False)
    assert ask(running, "select datctype from pg_database where datname = 'petitions'") == "C"
    running.release()


def test_the_owner_may_create_extensions_and_the_app_may_create_nothing(folder: Path) -> None:
    running = embedded.start(folder, durable=False)
    ask(running, "create extension pg_trgm")
    ask(running, "create extension unaccent")
    for query in ("create table theirs (n int)", "create temporary table theirs (n int)", "create role more"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(running, query, "petitions_app")
    running.release()


def test_the_log_holds_nothing_that_people_wrote(folder: Path) -> None:
    running = embedded.start(folder, durable=False)
    ask(running, "create table people (email text primary key)")
    ask(running, "insert into people values ('ada@example.org')")
    for query in ("insert into people values ('ada@example.org')", "select 'ada@example.org'::int"):
        with pytest.raises(asyncpg.PostgresError):
            ask(running, query)
    running.release()
    log = (folder / "postgres-18.log").read_text()
    assert "database system is ready" in log
    assert "ada" not in log


def test_of_two_users_the_last_one_stops_the_server(folder: Path) -> None:
    running = embedded.start(folder, durable=False)
    again = embedded.start(folder, durable=False)
    other = app(folder)
    again.release()
    running.release()
    assert not stopped(folder)
    finish(other)
    assert stopped(folder)


def test_many_who_start_at_once_share_one_server(folder: Path) -> None:
    before = server_starts(folder)
    command = [sys.executable, "-c", APP, folder]
    root = Path(__file__).parents[2]
    others = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
        for _ in range(3)
    ]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == "started\n"
    for other in others:
        finish(other)
    assert stopped(folder)
    assert server_starts(folder) == before + 1


def test_a_killed_app_leaves_a_server_that_the_next_app_joins_and_stops(folder: Path) -> None:
    killed = app(folder)
    killed.kill()
    killed.communicate()
    before = server_pid(folder)
    running = embedded.start(folder)
    assert server_pid(folder) == before
    running.release()
    assert stopped(folder)


def test_after_everything_was_killed_no_data_is_lost(folder: Path) -> None:
    killed = app(folder)
    running = embedded.start(folder)
    ask(running, "create table answers as select 42 as answer")
    os.kill(server_pid(folder), signal.SIGKILL)
    killed.kill()
    killed.communicate()
    running._share.close()  # as our own death would
    running = embedded.start(folder)
    assert ask(running, "select answer from answers") == 42
    running.release()
    assert stopped(folder)


@pytest.mark.parametrize("whole", [True, False])
def test_a_stale_pid_file_that_names_a_stranger_does_no_harm(folder: Path, whole: bool) -> None:
    running = embedded.start(folder)
    ask(running, "create table if not exists numbers as select 42 as answer")
    pid_file = folder / "postgres-18" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(server_pid(folder), signal.SIGKILL)
    running._share.close()
    # The stranger runs under the server's account: PostgreSQL itself would take it for a server.
    stranger = subprocess.Popen(["sleep", "60"], user=pid_file.stat().st_uid)
    pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n" if whole else "")
    running = embedded.start(folder)
    assert ask(running, "select answer from numbers") == 42
    running.release()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_who_stops_while_the_database_puts_itself_in_order_does_not_wait_for_that(folder: Path) -> None:
    data = folder / "postgres-18"
    settings, standing = data / "postgresql.auto.conf", data / "recovery.signal"
    before = settings.read_text()
    running = embedded.start(folder, durable=False)
    try:
        with running.tended():
            with settings.open("a") as file:
                file.write("restore_command = 'sleep 60; false'\n")  # a recovery that takes long
            standing.touch(mode=0o666)
            os.kill(server_pid(folder), signal.SIGKILL)
            end = time.monotonic() + 30
            while not recovers(data):
                assert time.monotonic() < end
                time.sleep(0.05)
        began = time.monotonic()
        running.release()
        assert time.monotonic() - began < 20
        assert stopped(folder)
    finally:
        settings.write_text(before)
        standing.unlink(missing_ok=True)


def recovers(data: Path) -> bool:
    try:
        return "starting" in (data / "postmaster.pid").read_text()
    except FileNotFoundError:  # just being replaced
        return False


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(folder: Path) -> None:
    running = embedded.start(folder, durable=False)
    assert os.getpgid(server_pid(folder)) != os.getpgid(0)
    assert os.getsid(server_pid(folder)) != os.getsid(0)
    running.release()


def test_a_server_that_cannot_start_says_where_the_reason_is(folder: Path) -> None:
    (folder / "postgres-18" / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedError, match=r"postgres-18\.log"):
        embedded.start(folder)
    (folder / "postgres-18" / "PG_VERSION").write_text("18\n")
    assert "incompatible" in (folder / "postgres-18.log").read_text()


@pytest.mark.parametrize("name", ["with a space, a \"quote\", a 'tick' and $HOME", "long" * 40])
def test_odd_and_very_long_paths_work(folder: Path, name: str) -> None:
    with moved(folder, name) as elsewhere:
        running = embedded.start(elsewhere, durable=False)
        assert ask(running, "select 1") == 1
        assert len(str(running.socket_folder)) < 100
        assert stat.S_IMODE(running.socket_folder.stat().st_mode) == 0o700
        running.release()
    shutil.rmtree(running.socket_folder)


def test_a_socket_folder_that_others_can_write_is_not_trusted(folder: Path) -> None:
    with moved(folder, "long" * 40) as elsewhere:
        running = embedded.start(elsewhere, durable=False)
        running.release()
        running.socket_folder.chmod(0o777)
        with pytest.raises(EmbeddedError, match="not ours alone"):
            embedded.start(elsewhere)
    shutil.rmtree(running.socket_folder)


def test_binaries_of_ones_own_must_be_new_enough(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = folder / "bin"
    old.mkdir(exist_ok=True)
    (old / "initdb").write_text("#!/bin/sh\necho 'initdb (PostgreSQL) 15.9 (Debian 15.9-1)'\n")
    (old / "initdb").chmod(0o755)
    monkeypatch.setenv("PG_BIN", str(old))
    with pytest.raises(EmbeddedError, match=r"15\.9: 17 or newer"):
        embedded.start(folder)
    monkeypatch.setenv("PG_BIN", str(folder / "nothing"))
    with pytest.raises(EmbeddedError, match="is PG_BIN right"):
        embedded.start(folder)
