"""The servers of a run, each a process of its own: ours, nginx, a mail server that takes everything."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

from petitions.settings import SETTINGS

ROOT = Path(__file__).parents[1]
LONGEST = 600  # seconds of one turn of a program, however slow the machine
STOPS = 30  # seconds that a process may take to stop
NGINX = """daemon off; master_process off; pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    access_log off; sendfile on; tcp_nopush on; open_file_cache max=10 inactive=1h; keepalive_requests 1000000000;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    server {{
        listen 127.0.0.1:{port};
        location = /page {{ default_type "text/html; charset=utf-8"; alias {folder}/page; }}
    }}
}}
"""


class Wrong(Exception):
    """The bench's own check failed: the figures would be false, and there are none."""


def check(true: bool, sentence: str) -> None:
    """Raises Wrong with this sentence unless it is true."""
    if not true:
        raise Wrong(sentence)


def environment(data: Path, **more: str) -> dict[str, str]:
    """For a process of ours on this folder's database: none of the caller's settings."""
    told = {name: text for name, text in os.environ.items() if name not in SETTINGS}
    own = {"PETITIONS_DATA": str(data), "PETITIONS_TRUSTED_PROXIES": "127.0.0.0/8", "PYTHONPATH": str(ROOT)}
    return told | own | more


def ours(*command: str) -> list[str]:
    """The line that runs a module of ours, such as `petitions serve`."""
    return [sys.executable, "-m", *command]


@contextmanager
def running(
    line: Sequence[str],
    folder: Path,
    env: dict[str, str] | None = None,
    out: int | IO[bytes] = subprocess.PIPE,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is stopped at the block's end; what it complains of goes to `servers.log`."""
    with (folder / "servers.log").open("ab") as log:
        process = subprocess.Popen(line, cwd=folder, env=env, stdout=out, stderr=log)
    with process:
        try:
            yield process
        finally:
            stopped(process, line)


def stopped(process: subprocess.Popen[bytes], line: Sequence[str]) -> None:
    """Told to stop, and killed where it doesn't: that is a defect, but none of the figures."""
    process.terminate()
    try:
        process.wait(STOPS)
    except subprocess.TimeoutExpired:
        print(f"bench: {' '.join(line[2:])} did not stop within {STOPS} s and was killed", file=sys.stderr)
        process.kill()


async def done(line: Sequence[str | Path], **env: str) -> str:
    """Runs a program to its end, and never without us; what it said. Raises Wrong where it failed."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*line, env=os.environ | env, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(LONGEST):
            told, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    check(process.returncode == 0, f"{Path(line[0]).name} failed: {complaint.decode()[-500:]}")
    return told.decode()


@contextmanager
def serving(
    data: Path, *command: str, says: bytes = rb"http://localhost:\d+/\S*", **env: str
) -> Iterator[str]:
    """A process of ours, once it says what it should; and that."""
    with running(ours(*command), data, environment(data, **env)) as process:
        found = (re.search(says, text) for text in process.stdout or ())
        place = next((one[0].decode() for one in found if one), "")
        check(bool(place), f"{command[0]} did not start: {(data / 'servers.log').read_text()[-500:]}")
        yield place


@contextmanager
def nginx(folder: Path, page: bytes) -> Iterator[str | None]:
    """nginx with one worker, as we have, that gives these bytes from a file; None where there is none."""
    program, port = shutil.which("nginx"), free_port()
    if program is None:
        yield None
        return
    (folder / "page").write_bytes(page)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    line = [program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log"), "-p", str(folder)]
    with running(line, folder):
        wait_for_port(port)
        place = f"http://localhost:{port}/page"
        check(fetched(place) == page, "nginx gives other bytes than the page")
        yield place


class Sink:
    """A mail server that takes and forgets everything."""

    def __init__(self, port: int, name: str, process: subprocess.Popen[bytes], told: Path) -> None:
        self.port, self.name, self._process, self._told = port, name, process, told

    def taken(self) -> int:
        """Stops it; how many letters it was given in all."""
        self._process.terminate()
        self._process.wait()
        return int((re.findall(rb"mesg=(\d+)", self._told.read_bytes()) or [b"0"])[-1])


@contextmanager
def sink(folder: Path) -> Iterator[Sink]:
    """postfix's `smtp-sink`, else a bare one in Python."""
    program, port, told = shutil.which("smtp-sink"), free_port(), folder / "sink.txt"
    if program is None:
        line, name = ours("bench.smtp", str(port)), "a bare sink"
    else:
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        line, name = [program, "-c", *user, f"inet:127.0.0.1:{port}", "128"], "smtp-sink"
    with (
        told.open("wb") as out,
        running(line, folder, os.environ | {"PYTHONPATH": str(ROOT)}, out) as process,
    ):
        wait_for_port(port)
        yield Sink(port, name, process, told)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for_port(port: int, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    check(False, f"nobody answers on port {port}")


def fetched(url: str) -> bytes:
    try:
        with urlopen(url, timeout=60) as answer:
            return bytes(answer.read())
    except URLError as error:
        raise Wrong(f"{url}: {error}") from error
