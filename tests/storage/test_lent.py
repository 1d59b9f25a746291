"""The server's account may be hostile: it reaches nothing but its own folders, and root touches nothing for it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

from petitions.commands import checks
from petitions.settings import Settings
from petitions.storage import accounts, embedded
from petitions.storage.accounts import Account, account_for
from petitions.storage.embedded import EmbeddedError
from tests.storage.conftest import ask, moved, server_pid

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root lends its server to another account")


@as_root
def test_as_root_the_server_runs_under_a_number_that_nobody_else_has(folder: Path) -> None:
    running = embedded.start(folder, durable=False)
    user = Path(f"/proc/{server_pid(folder)}").stat().st_uid
    with pytest.raises(KeyError):
        pwd.getpwuid(user)
    owners = {path.lstat().st_uid for path in (folder / "postgres-18").rglob("*")}
    assert owners == {user}
    assert embedded.lent_to(folder) == embedded.Lent(f"user {user}", "")
    running.release()


@as_root
def test_as_root_no_other_account_reaches_the_socket(folder: Path) -> None:
    running = embedded.start(folder, durable=False)
    server = account_for(folder / "postgres-18")
    for place in (running.socket_folder, folder / "postgres-18"):
        assert server.may_enter(place)
        assert not Account(pwd.getpwnam("nobody").pw_uid, server.group).may_enter(place)
    running.release()


@as_root
def test_as_root_a_server_of_nobody_is_told_and_moved_by_the_advice() -> None:
    folder = Path(tempfile.mkdtemp())
    embedded.start(folder, durable=False).release()
    data = folder / "postgres-18"
    subprocess.run(["chown", "-R", "nobody", data, f"{data}.socket"], check=True)
    running = embedded.start(folder, durable=False)
    lent = embedded.lent_to(folder)
    assert lent is not None
    assert lent.name == "nobody"
    (told,) = checks._account(Settings(data_folder=folder))
    assert (told.state, lent.advice in told.sentence) == ("weak", True)
    running.release()
    subprocess.run(["sh", "-c", lent.advice], check=True)
    running = embedded.start(folder, durable=False)
    assert ask(running, "select 1") == 1
    assert Path(f"/proc/{server_pid(folder)}").stat().st_uid in accounts.NUMBERS
    assert [told.state for told in checks._account(Settings(data_folder=folder))] == ["ok"]
    running.release()
    shutil.rmtree(folder)


@pytest.mark.parametrize("link", ["symlink", "hardlink", "fifo"])
def test_a_pid_file_that_leads_elsewhere_harms_nothing(folder: Path, link: str) -> None:
    victim = folder.parent / "victim"
    victim.write_text("".join(f"line {number}\n" for number in range(9)))
    victim.chmod(0o644)
    before = victim.read_text(), victim.stat().st_uid
    pid_file = folder / "postgres-18" / "postmaster.pid"
    if link == "symlink":
        pid_file.symlink_to(victim)
    elif link == "hardlink":
        pid_file.hardlink_to(victim)
    else:
        os.mkfifo(pid_file)
    running = embedded.start(folder, durable=False)
    assert ask(running, "select 1") == 1
    running.release()
    assert (victim.read_text(), victim.stat().st_uid) == before
    victim.unlink()


def test_no_socket_is_removed_through_a_link(folder: Path) -> None:
    running = embedded.start(folder, durable=False)
    running.release()
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (elsewhere / ".s.PGSQL.5432").touch()
    shutil.rmtree(running.socket_folder)
    running.socket_folder.symlink_to(elsewhere)
    with pytest.raises(EmbeddedError, match="not ours alone"):
        embedded.start(folder)
    assert (elsewhere / ".s.PGSQL.5432").exists()
    assert elsewhere.stat().st_uid == os.getuid()
    running.socket_folder.unlink()
    shutil.rmtree(elsewhere)


@pytest.mark.parametrize("what", ["log", "start", "users", "server"])
def test_a_file_beside_the_data_that_has_two_names_is_not_touched(folder: Path, what: str) -> None:
    victim = folder.parent / "victim"
    victim.write_text("ours")
    beside = folder / f"postgres-18.{what}"
    beside.unlink()
    beside.hardlink_to(victim)
    with pytest.raises(EmbeddedError, match="no file of ours alone"):
        embedded.start(folder)
    assert (victim.read_text(), victim.stat().st_uid) == ("ours", os.getuid())
    beside.unlink()
    victim.unlink()


def test_data_that_is_a_link_is_refused(folder: Path) -> None:
    data = folder / "postgres-18"
    with moved(data, "postgres-elsewhere") as elsewhere:
        data.symlink_to(elsewhere)
        with pytest.raises(EmbeddedError, match="is no folder"):
            embedded.start(folder)
        data.unlink()


@as_root
def test_a_pid_file_cannot_make_root_stop_a_stranger(folder: Path) -> None:
    running = embedded.start(folder, durable=False)
    place = Path(tempfile.mkdtemp())
    shutil.copy(shutil.which("sleep") or "sleep", place / "postgres")
    stranger = subprocess.Popen([place / "postgres", "60"])
    pid_file = folder / "postgres-18" / "postmaster.pid"
    server, lines = server_pid(folder), pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
    stopping = threading.Thread(target=running.release)
    stopping.start()
    time.sleep(0.2)
    assert stranger.poll() is None
    os.kill(server, signal.SIGINT)
    stopping.join()
    stranger.kill()
    stranger.wait()
    shutil.rmtree(place)


@as_root
def test_what_was_smuggled_into_a_new_database_is_not_handed_over(tmp_path: Path) -> None:
    giver, taker = Account(os.getuid(), os.getgid()), Account(60578, 60578)
    victim = tmp_path / "victim"
    victim.touch()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "PG_VERSION").hardlink_to(victim)
    with pytest.raises(EmbeddedError, match="meddled"):
        accounts.hand_over(tmp_path / "new", giver, taker)
    (tmp_path / "new" / "PG_VERSION").unlink()
    (tmp_path / "new" / "PG_VERSION").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic"):
        accounts.hand_over(tmp_path / "new", giver, taker)
    assert victim.stat().st_uid == os.getuid()


@as_root
def test_as_root_binaries_that_nobody_can_read_are_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = embedded.find_binaries().parent.parent
    hidden = Path(tempfile.mkdtemp())  # 0700, like /root
    shutil.copytree(found, hidden / found.name)
    shutil.copytree(found.with_name(found.name + ".libs"), hidden / (found.name + ".libs"))
    monkeypatch.syspath_prepend(str(hidden))
    running = embedded.start(folder, durable=False)
    assert ask(running, "select 1") == 1
    assert Path(f"/proc/{server_pid(folder)}/exe").resolve().is_relative_to(folder)
    running.release()
    shutil.rmtree(hidden)
    shutil.rmtree(next(folder.glob("binaries-*")))


@as_root
def test_as_root_data_goes_elsewhere_if_nobody_cannot_enter_the_checkout() -> None:
    checkout = Path(tempfile.mkdtemp())
    assert str(embedded.state_folder(checkout)).startswith("/var/lib/petitions-")
    with pytest.raises(EmbeddedError, match="can't enter"):
        embedded.start(checkout / "data")
    checkout.chmod(0o755)
    assert embedded.state_folder(checkout) == checkout / "data"
    shutil.rmtree(checkout)
