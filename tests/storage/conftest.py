"""A folder with an embedded PostgreSQL, and what tests do to it from outside."""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from petitions.storage import embedded
from petitions.storage.embedded import Embedded

APP = """
import sys
from pathlib import Path
from petitions.storage import embedded
running = embedded.start(Path(sys.argv[1]))
print("started", flush=True)
sys.stdin.read()
running.release()
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One data folder for most of the tests (initdb and copies are what takes time); stopped between them."""
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    folder = place / "data"
    embedded.start(folder, durable=False).release()
    yield folder
    shutil.rmtree(place)


@contextmanager
def moved(folder: Path, name: str) -> Iterator[Path]:
    elsewhere = folder.with_name(name)
    folder.rename(elsewhere)
    yield elsewhere
    elsewhere.rename(folder)


def ask(running: Embedded, query: str, role: str = "petitions_owner") -> Any:
    async def answer() -> Any:
        connection = await asyncpg.connect(running.url(role))
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    # A loop of its own: these tests are not async, because the manager is not.
    return asyncio.new_event_loop().run_until_complete(answer())


def server_pid(folder: Path) -> int:
    return int((folder / "postgres-18" / "postmaster.pid").read_text().split()[0])


def stopped(folder: Path) -> bool:
    return not (folder / "postgres-18" / "postmaster.pid").exists()


def server_starts(folder: Path) -> int:
    return (folder / "postgres-18.log").read_text().count("starting PostgreSQL")


def app(folder: Path) -> subprocess.Popen[str]:
    """Another process that uses the database, until its input ends."""
    other = subprocess.Popen(
        [sys.executable, "-c", APP, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "started\n"
    return other


def finish(other: subprocess.Popen[str]) -> None:
    other.communicate()
    assert other.returncode == 0
