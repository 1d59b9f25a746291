"""The command that serves: it starts on nothing, says where to click, and stops without leaving anything."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import structlog
from structlog.testing import capture_logs

from petitions.errors import Refused
from petitions.serve import _work_for_ever, serve
from petitions.settings import Settings
from petitions.site import make_site, opened

ROOT = Path(__file__).parents[2]
APP = """
import sys
from petitions.serve import serve
from petitions.settings import load
serve(load(), workers=int(sys.argv[1]))
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    logging.basicConfig(force=True)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def started(folder: Path, port: int, workers: int = 1) -> subprocess.Popen[str]:
    environment = {"PATH": os.environ["PATH"], "PETITIONS_DATA": str(folder / "data"), "PORT": str(port)}
    return subprocess.Popen(
        [sys.executable, "-c", APP, str(workers)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=(folder / "log").open("w"),
        text=True,
    )


def answering(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        assert process.poll() is None, "it ended at once"
        try:
            if httpx.get(f"http://localhost:{port}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("it never answered")


@pytest.mark.parametrize(("workers", "number"), [(1, signal.SIGTERM), (2, signal.SIGINT)])
def test_it_starts_on_nothing_and_stops_whole(folder: Path, workers: int, number: int) -> None:
    port = free_port()
    process = started(folder, port, workers)
    answering(port, process)
    page = httpx.get(f"http://127.0.0.1:{port}/no-such-page")
    assert page.status_code == 404
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"Letters     http://localhost:{port}/dev/letters" in said
    assert said.endswith("Stopped.\n")
    assert not list((folder / "data").glob("postgres-*/postmaster.pid"))
    log = (folder / "log").read_text()
    assert "/readyz" in log
    assert "no-such-page" not in log
    assert '"error"' not in log


def test_web_processes_end_with_their_parent(folder: Path) -> None:
    port = free_port()
    process = started(folder, port, workers=2)
    answering(port, process)
    process.kill()
    process.communicate()
    for _ in range(300):
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)):
                break
        time.sleep(0.1)
    else:
        pytest.fail("the port is still taken")
    again = started(folder, port)
    answering(port, again)
    again.terminate()
    again.communicate(timeout=60)
    assert not list((folder / "data").glob("postgres-*/postmaster.pid"))


def test_slow_and_endless_heads_are_cut_off(folder: Path) -> None:
    port = free_port()
    process = started(folder, port)
    try:
        answering(port, process)
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            endless = b"X-Much: " + b"x" * 1000 + b"\r\n"
            with pytest.raises(OSError, match=r"reset|pipe"):  # noqa: PT012
                for _ in range(200):
                    line.sendall(endless)
                    time.sleep(0.001)
        text = "name=" + "x" * 200_000
        answer = httpx.post(f"http://127.0.0.1:{port}/no-such/sign", content=text)
        assert answer.status_code == 413
        assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=60)


async def test_work_that_cannot_begin_says_so_and_tries_again(settings: Settings) -> None:
    async with opened(make_site(settings)):  # the address key of this database is known now
        pass
    with capture_logs() as lines:
        work = asyncio.create_task(_work_for_ever(replace(settings, address_key=b"another key, " * 4)))
        async with asyncio.timeout(30):
            while not [line for line in lines if line["log_level"] == "error"]:
                await asyncio.sleep(0.02)
        done, _ = await asyncio.wait({work}, timeout=0.2)
    work.cancel()
    assert not done
    assert lines[-1]["error"] == "Refused"


def test_a_taken_port_is_said_in_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Refused, match=rf"Port {port} .* can't be used .* PORT={port + 1}"):
            serve(Settings(port=port, log_level="error"))


def test_a_public_site_needs_a_way_to_send_letters() -> None:
    with pytest.raises(Refused, match="SMTP_URL must be set"):
        serve(Settings(base_url="https://petitions.example.org"))
