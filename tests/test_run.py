"""`./run`, the door of the project on a fresh machine: what it offers, what it says when something fails.

The real thing, on a system with nothing but Python, is tried by tests/minbase.sh.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from petitions.settings import load

TOP = Path(__file__).parents[1]
TOOLS = [
    "sh",
    "awk",
    "basename",
    "cat",
    "chmod",
    "cksum",
    "df",
    "dirname",
    "grep",
    "id",
    "mkdir",
    "rm",
    "sed",
    "tail",
]


@pytest.fixture
def checkout() -> Iterator[Path]:
    """Another checkout, with a space in its path and an environment that is only a stand-in."""
    place = Path(tempfile.mkdtemp()).resolve()
    folder = place / "a checkout"
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name in ("run", "requirements.lock"):
        shutil.copy(TOP / name, folder)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    command = folder / ".venv" / "bin" / "petitions"
    command.write_text('#!/bin/sh\necho "petitions $*"\n')
    command.chmod(0o755)
    with (folder / "requirements.lock").open() as lock:
        checksum = subprocess.run(
            ["cksum"], stdin=lock, capture_output=True, text=True, check=True
        ).stdout.strip()
    (folder / ".venv" / "requirements.lock").write_text(f"{checksum} {folder}\n")
    yield folder
    shutil.rmtree(place)


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "run", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        check=False,
    )


def bare_path(place: Path) -> str:
    """A PATH with a few tools, but no uv, no apt-get, and an old Python."""
    tools = place / "tools"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name) or name)
    python = tools / "python3"
    python.write_text("#!/bin/sh\ncase $2 in *print*) echo '; this is 3.9' ;; *) exit 1 ;; esac\n")
    python.chmod(0o755)
    return str(tools)


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_the_script_is_read_by_every_shell(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    subprocess.run([shell, "-n", TOP / "run"], check=True)


def test_the_help_lists_every_subcommand() -> None:
    told = run(TOP, "help")
    assert told.returncode == 0
    offered = re.findall(
        r"^([a-z]+)[)| ]", (TOP / "run").read_text().split("case ${1:-} in")[1], re.MULTILINE
    )
    assert {"test", "check", "lint", "bench", "petitions", "help"} <= set(offered)
    for name in set(offered) - {"esac"}:
        assert re.search(rf"^\./run {name}\b", told.stdout, re.MULTILINE), name


def test_an_unknown_subcommand_shows_the_help() -> None:
    told = run(TOP, "nonsense")
    assert told.returncode == 2
    assert "./run test" in told.stderr


def test_a_second_run_installs_nothing_and_serves(checkout: Path) -> None:
    told = run(checkout, PORT=str(free_port()))
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("petitions serve --demo --port ")
    assert told.stderr == ""


def test_arguments_are_handed_to_the_command_as_they_are(checkout: Path) -> None:
    assert run(checkout, "petitions", "campaign", "list").stdout == "petitions campaign list\n"


def test_it_works_through_a_link_and_under_a_cdpath(checkout: Path) -> None:
    links = checkout.parent / "links"
    links.mkdir()
    (links / "inner").symlink_to("../a checkout/run")
    (links / "run").symlink_to("inner")
    decoy = checkout.parent / "decoy" / "a checkout"
    shutil.copytree(checkout, decoy)
    (decoy / ".venv" / "bin" / "petitions").unlink()
    for name, place in [("links/run", checkout.parent), ("run", links), ("a checkout/run", checkout.parent)]:
        told = subprocess.run(
            ["sh", name, "petitions", "x"],
            capture_output=True,
            text=True,
            cwd=place,
            env=os.environ | {"CDPATH": str(decoy.parent)},
            check=False,
        )
        assert (told.stdout, told.stderr) == ("petitions x\n", "")


def test_what_it_makes_can_be_read_by_others_and_written_by_none(checkout: Path) -> None:
    (checkout / ".venv" / "bin" / "petitions").write_text("#!/bin/sh\numask\n")
    for mask in (0o000, 0o077):
        told = subprocess.run(
            [checkout / "run", "petitions"], capture_output=True, text=True, umask=mask, check=True
        )
        assert told.stdout.strip() == "0022"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_taken_port_is_told_with_the_next_one(checkout: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = run(checkout, PORT=str(port))
    assert told.returncode == 2
    assert told.stderr == f"Port {port} is taken: PORT={min(port + 1, 65535)} ./run\n"


def test_the_port_of_the_settings_file_is_the_one_that_is_served(checkout: Path) -> None:
    port = free_port()
    (checkout / ".env").write_text(f"# mine\nPETITIONS_LANGUAGE=de\nPORT={port}\n")
    assert run(checkout, PORT="").stdout == f"petitions serve --demo --port {port}\n"
    other = free_port()
    assert run(checkout, PORT=str(other)).stdout == f"petitions serve --demo --port {other}\n"


@pytest.mark.parametrize("line", ['PORT="8001"', "PORT='8001'", "  PORT = 8001  ", "PORT=8000\nPORT=8001\r"])
def test_the_port_is_read_as_the_site_reads_its_settings(checkout: Path, line: str) -> None:
    port = str(free_port())
    (checkout / ".env").write_text(f"XPORT=1\n#PORT=2\n{line.replace('8001', port)}\n")
    assert load({}, checkout).port == int(port)
    assert run(checkout, PORT="").stdout == f"petitions serve --demo --port {port}\n"


@pytest.mark.parametrize("port", ["eight", "70000"])
def test_a_strange_port_is_refused(checkout: Path, port: str) -> None:
    told = run(checkout, PORT=port)
    assert told.returncode == 2
    assert "PORT is to be a number" in told.stderr


def test_an_old_python_is_told_in_one_sentence(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    told = run(checkout, PATH=bare_path(checkout.parent))
    assert told.returncode == 2
    last = told.stderr.splitlines()[-1]
    assert last == "Python 3.11 or newer is needed; this is 3.9: install it, or uv, then run this again."


def test_an_interrupted_installation_begins_again(checkout: Path) -> None:
    (checkout / ".venv" / "unfinished").touch()
    told = run(checkout, PATH=bare_path(checkout.parent))
    assert told.returncode == 2
    assert "Installing the libraries" in told.stderr
    assert not (checkout / ".venv" / "bin").exists()


def test_a_missing_browser_fails_where_one_is_required(checkout: Path) -> None:
    for place in (checkout, checkout / ".venv"):
        shutil.copy(place / "requirements.lock", place / "requirements-test.lock")
    told = run(
        checkout, "test", PATH=bare_path(checkout.parent), REQUIRE_BROWSER="1", PETITIONS_TEST_BROWSER=""
    )
    assert told.returncode == 1, told.stderr
    assert told.stderr.startswith("No browser that works, and REQUIRE_BROWSER=1 asks for one: ")


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="only Debian has apt-get")
def test_servers_that_cannot_be_fetched_are_told_in_a_line_each_and_the_tests_go_on(checkout: Path) -> None:
    """With an apt-get that refuses everything, and shows what it was asked."""
    path = bare_path(checkout.parent)
    for name, text in {
        "id": "echo 0",
        "apt-get": f'echo "$@" >>"{checkout}/asked"; exit 100',
        "chromium": "exit 0",
        "python3": "exit 0",
        "debconf-set-selections": "exit 0",
    }.items():
        (checkout.parent / "tools" / name).unlink(missing_ok=True)
        (checkout.parent / "tools" / name).write_text(f"#!/bin/sh\n{text}\n")
        (checkout.parent / "tools" / name).chmod(0o755)
    sbin = checkout.parent / "sbin"
    sbin.mkdir()
    script = (TOP / "run").read_text()
    body = script[script.index("say() {") : script.index("# --- the environment ---")]
    servers = script[script.index("servers() {") : script.index("failed=\n")].replace("/usr/sbin", str(sbin))
    told = subprocess.run(
        ["sh", "-eu", "-c", f"{body}\n{servers}\nservers\necho on"],
        capture_output=True, text=True, check=True, env={"PATH": path},
    )  # fmt: skip
    assert told.stdout == "on\n"
    wanted = ["postfix", "pgbouncer", "nginx", "faketime"]
    assert told.stderr.splitlines()[1:] == [
        f"skipped: the tests that want {name}, which apt-get can't install here." for name in wanted
    ]
    asked = (checkout / "asked").read_text()
    assert all(f"--no-remove {name}" in asked for name in wanted)
    assert list(sbin.iterdir()) == []


def test_the_test_lock_holds_everything_of_the_other_lock() -> None:
    pins = re.compile(r"^[a-z0-9].*==\S+", re.MULTILINE)
    everything = set(pins.findall((TOP / "requirements-test.lock").read_text()))
    assert set(pins.findall((TOP / "requirements.lock").read_text())) <= everything


def test_no_file_with_a_secret_slips_into_the_history() -> None:
    """Those that `petitions setup` and the guides leave in this folder."""
    if shutil.which("git") is None or not (TOP / ".git").exists():
        pytest.skip("no git here")
    names = [
        ".env",
        ".env.20270131-031500.old",
        ".env-abc",
        "backups/petitions-20270131-031500.backup",
        "data/secret",
    ]
    told = subprocess.run(
        ["git", "check-ignore", "--no-index", *names], cwd=TOP, capture_output=True, text=True
    )
    assert told.stdout.splitlines() == names
