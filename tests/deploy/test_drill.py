"""The restore drill: a site with people signing on it is backed up, dies, and stands again from the file alone."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from petitions.storage import embedded
from tests.conftest import FROM_OUR_PAGE
from tests.makers import stamp_of
from tests.web.test_serve import free_port

ROOT = Path(__file__).parents[2]
PAGE = "/public-buses"
AGREES = """
select (select people from public_counts) = (select count(*) from counting_signatures)
   and (select organisations from public_counts) = (select count(*) from counting_endorsements)
   and (select sum(value) from count_hours where what = 'people') = (select count(*) from counting_signatures)"""


class Machine:
    """A folder, the settings and the commands of a site; more than one can stand for the same site in turn."""

    def __init__(self, port: int, smtp_url: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="petitions-drill-"))
        self.folder.chmod(0o755)
        self.url = f"http://localhost:{port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PETITIONS_DATA": str(self.folder / "data"),
            "PORT": str(port),
            "SMTP_URL": smtp_url,
        }
        self.site: subprocess.Popen[bytes] | None = None
        # Ours as well: not durable, so fast, and not stopped and started by every command.
        self._database = embedded.start(self.folder / "data", durable=False)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "petitions", *words],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def command(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def serve(self, *options: str) -> None:
        self.site = subprocess.Popen(
            [sys.executable, "-m", "petitions", "serve", *options],
            cwd=self.folder, env=self.environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(self._is_ready, "the site to start")

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def kill_everything(self) -> None:
        assert self.site is not None
        pid = int((self.folder / "data" / "postgres-18" / "postmaster.pid").read_text().split()[0])
        os.killpg(self.site.pid, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        self.site.wait()

    def stop(self) -> None:
        if self.site is not None and self.site.poll() is None:
            self.site.terminate()
            self.site.wait(60)

    def end(self) -> None:
        self.stop()
        self._database.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    def value(self, query: str) -> Any:
        """As the owner."""
        return asyncio.run(_value(self._database.url("petitions_owner"), query))


async def _value(url: str, query: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def until(done: Callable[[], Any], what: str) -> Any:
    """What it gives once that is something; not longer than a minute."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found := done():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


def sign(browser: httpx.Client, email: str) -> None:
    form = {"name": "Example Signatory", "email": email, "website": ""}
    form["stamp"] = stamp_of(browser.get(PAGE).text)
    assert browser.post(f"{PAGE}/sign", data=form).status_code == 303


@contextmanager
def people_signing(url: str) -> Iterator[list[str]]:
    """Somebody new signs again and again while the block runs; their addresses."""
    signed: list[str] = []
    enough = threading.Event()

    def go_on() -> None:
        with httpx.Client(base_url=url, headers=FROM_OUR_PAGE) as browser:
            for number in itertools.count():
                if enough.wait(0.02) or number > 80:
                    return
                sign(browser, f"person-{number}@example.org")
                signed.append(f"person-{number}@example.org")

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        until(lambda: signed, "the first of them")
        yield signed
    finally:
        enough.set()
        thread.join()


@pytest.fixture
def machines(sink) -> Iterator[Callable[[], Machine]]:
    sink.reset()
    made: list[Machine] = []
    port = free_port()

    def make() -> Machine:
        made.append(Machine(port, sink.url))
        return made[-1]

    yield make
    for machine in made:
        machine.end()
    sink.reset()


def test_a_site_stands_again_from_its_backup_alone(machines, sink):
    first = machines()
    first.command("demo")
    first.serve()
    with httpx.Client(base_url=first.url, headers=FROM_OUR_PAGE) as browser:

        def letters(to: str) -> list[Any]:
            return [one for one in sink if one.to == to]

        def people() -> int:
            return int(browser.get(f"{PAGE}/count.json").json()["people"])

        before = people()
        sign(browser, "ada@example.org")
        browser.get(until(lambda: letters("ada@example.org"), "Ada's letter")[0].link("/confirm/"))
        until(lambda: people() == before + 1, "Ada to be counted")
        sign(browser, "carol@example.org")
        carols_link = until(lambda: letters("carol@example.org"), "Carol's letter")[0].link("/confirm/")
        first.stop()

        first.serve("--no-work")
        sign(browser, "bob@example.org")
        with people_signing(first.url) as signed:
            early = len(signed)
            first.command("backup", "site.backup")
        assert len(signed) > early, "nobody signed while the backup was made"
        first.kill_everything()
        assert letters("bob@example.org") == []

        second = machines()
        shutil.move(first.folder / "site.backup", second.folder)
        told = second.command("restore", "site.backup")
        assert told.startswith("Restored: the site of ")
        for key in ("secret", "address-key"):
            assert (second.folder / "data" / key).read_text() == (first.folder / "data" / key).read_text()
            assert (second.folder / "data" / key).stat().st_mode & 0o077 == 0

        second.serve()
        waiting = "select not exists (select from outbox where state = 'waiting')"
        until(lambda: second.value(waiting), "the letters that waited")
        assert len(letters("bob@example.org")) == 1
        kept = second.value("select count(*) from signatures where email like 'person-%'")
        assert early <= kept <= len(signed)
        written_to = [address for address in signed if letters(address)]
        assert written_to == signed[:kept]
        assert all(len(letters(address)) == 1 for address in written_to)

        assert people() == before + 1
        assert browser.get(carols_link).status_code == 303
        until(lambda: people() == before + 2, "Carol to be counted")
        sign(browser, "ADA@example.org")
        again = until(lambda: letters("ADA@example.org") or letters("ada@example.org")[1:], "another letter")
        assert not any("/confirm/" in link for link in again[0].links)
        assert people() == before + 2
        assert second.value(AGREES)
