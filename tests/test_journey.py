"""The main job on real input with real processes: from an empty folder to the list, through a kill -9 of everything."""

from __future__ import annotations

import asyncio
import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asyncpg
import httpx
import pytest

from petitions.storage import embedded
from tests.conftest import FROM_OUR_PAGE
from tests.makers import stamp_of, visible
from tests.web.test_serve import free_port

ROOT = Path(__file__).parent.parent
SCLV = ROOT.parent / "shared" / "data" / "statement-sclv.md"
CAMPAIGN = [
    *("--slug", "sclv", "--name", "Socialist Campaign for a Labour Victory"),
    *("--controller", "Example Controller", "--address", "1 Example Street, Exampleton"),
    *("--contact", "contact@example.org"),
]


class Machine:
    """A fresh machine: a data folder, the commands, and a site that can be killed."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="petitions-journey-"))
        self.folder.chmod(0o755)
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PETITIONS_DATA": str(self.folder / "data"),
            "PETITIONS_BASE_URL": self.url,
            "PORT": str(self.port),
        }
        self.site: subprocess.Popen[bytes] | None = None

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "petitions", *words],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        self.site = subprocess.Popen(
            [sys.executable, "-m", "petitions", "serve"],
            cwd=self.folder, env=self.environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(300):
            try:
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError("the site did not start")

    def kill_everything(self) -> None:
        """What a power cut does: the site and its PostgreSQL, without a word."""
        assert self.site is not None
        pid = int((self.folder / "data" / "postgres-18" / "postmaster.pid").read_text().split()[0])
        os.killpg(self.site.pid, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        self.site.wait()

    def five_minutes_later(self) -> None:
        """A letter that a killed worker had in its hands is anybody's again once its lease is over."""
        running = embedded.start(self.folder / "data")
        try:
            asyncio.run(_end_leases(running.url("petitions_owner")))
        finally:
            running.release()

    def stop(self) -> None:
        if self.site is not None and self.site.poll() is None:
            self.site.terminate()
            self.site.wait(30)


async def _end_leases(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("update outbox set claimed_until = now() where claimed_until is not null")
    await connection.close()


@pytest.fixture
def machine():
    machine = Machine()
    yield machine
    machine.stop()
    shutil.rmtree(machine.folder, ignore_errors=True)


def letter(browser: httpx.Client, which: int = 0) -> str:
    """The text of the newest letter on the loopback page; waits for the worker."""
    for _ in range(100):
        found = re.findall(r'href="(/dev/letters/[^"]+)"', browser.get("/dev/letters").text)
        if len(found) > which:
            return browser.get(found[0]).text
        time.sleep(0.1)
    raise AssertionError("no letter came")


@pytest.fixture
def text(machine):
    """The real campaign's statement; where it is not beside this checkout, one of our own in its manner."""
    if SCLV.is_file():
        return SCLV
    own = machine.folder / "statement.md"
    front = "---\ntitle: Example Victory\nslug: labour-victory\nfields: [town, union, branch, role]\n---\n\n"
    own.write_text(front + "In place of a dog-eat-dog example we ask for a **better** one.\n")
    return own


def test_a_real_campaigns_statement_from_an_empty_folder_to_the_list(machine, text):
    machine.command("campaign", "add", *CAMPAIGN)
    machine.command("statement", "add", str(text), "--campaign", "sclv", "--open")
    machine.start()
    with httpx.Client(base_url=machine.url, headers=FROM_OUR_PAGE) as browser:
        page = browser.get("/labour-victory")
        assert "dog-eat-dog" in page.text
        form = {
            "name": "Example Signatory", "email": "signatory@example.org", "union": "Example Union",
            "consent_name": "yes", "consent_union": "yes", "stamp": stamp_of(page.text), "website": "",
        }  # fmt: skip
        assert browser.post("/labour-victory/sign", data=form).status_code == 303
        # Killed between the 303 and whatever comes after it: nothing is lost.
        machine.kill_everything()
        machine.start()
        machine.five_minutes_later()
        link = re.search(r"/confirm/[\w.-]+", letter(browser))
        assert link is not None
        assert browser.get(link[0]).status_code == 303
        machine.kill_everything()
        machine.start()
        for _ in range(50):
            thanks = browser.get("/labour-victory/thanks")
            if browser.get("/labour-victory/count.json").json()["people"] == 1:
                break
            time.sleep(0.1)
        assert browser.get("/labour-victory/count.json").json()["people"] == 1
        assert "1" in visible(thanks.text)
        listed = visible(browser.get("/labour-victory/signatories").text)
        assert "Example Signatory" in listed
        assert "(personal capacity)" in listed
    out = machine.folder / "list.csv"
    machine.command("export", "signatories", "labour-victory", "--format", "csv", "--out", str(out))
    rows = list(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert [row["name"] for row in rows] == ["Example Signatory"]
    assert "signatory@example.org" not in out.read_text()
    assert out.stat().st_mode & 0o077 == 0


def test_the_readmes_first_campaign_can_be_typed_as_it_stands(machine):
    """Its file and its commands, literally, in an empty folder."""
    readme = (ROOT / "README.md").read_text()
    written = re.search(r"(?s)```markdown\n(.*?)```", readme)
    blocks = re.findall(r"(?s)```sh\n(.*?)```", readme)
    typed = next(block for block in blocks if "campaign add" in block)
    assert written is not None
    (machine.folder / "library.md").write_text(written[1])
    (machine.folder / ".venv" / "bin").mkdir(parents=True)
    command = machine.folder / ".venv" / "bin" / "petitions"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m petitions "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        ["sh", "-e", "-c", typed], cwd=machine.folder, env=machine.environment,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    machine.start()
    assert httpx.get(f"{machine.url}/keep-our-library").status_code == 200
    assert (machine.folder / "signatories.csv").read_text().startswith(("number", '"number"'))
