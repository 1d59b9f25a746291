"""docs/installing.md, typed: settings, units, backup and restore, with its paths moved into a folder of the test.

systemd, its users and the proxy are not there; `systemctl` is a stand-in that runs what the units say.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from petitions.storage import embedded
from tests.deploy.test_drill import until
from tests.web.test_serve import free_port

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "installing.md").read_text()


class Typist:
    """Types the guide's commands, on a machine that is a folder."""

    def __init__(self, smtp_url: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="petitions-guide-"))
        self.folder.chmod(0o755)
        self.url = f"http://127.0.0.1:{free_port()}"
        self.changes = {
            "/srv/petitions": f"{self.folder}/srv",
            "/var/lib/petitions": f"{self.folder}/lib",
            "/var/backups/petitions": f"{self.folder}/backups",
            "/etc/systemd/system/": f"{self.folder}/units/",
            "http://127.0.0.1:8000": self.url,
            "smtp://user:password@mail.example.org:587?tls=starttls": smtp_url,
            "-o petitions -g petitions ": "",
            "-o root -g petitions ": "",
            "chown root:petitions .env": ":",
            "chown petitions ": ": ",
            "--retry 20": "--retry 90",  # a machine with much else to do
        }
        self._furnish()

    def _furnish(self) -> None:
        for name in ("srv/.venv/bin", "units", "bin"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "srv" / "deploy").symlink_to(ROOT / "deploy")
        self._program(
            "srv/.venv/bin/petitions", f'PYTHONPATH="{ROOT}" exec "{sys.executable}" -m petitions "$@"'
        )
        self._program("bin/petitions", self.said((ROOT / "deploy" / "petitions").read_text()))
        self._program("bin/runuser", 'shift 3; exec "$@"')
        shutil.copy(ROOT / "tests" / "deploy" / "systemctl", self.folder / "bin")

    def _program(self, name: str, text: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.folder / name).chmod(0o755)

    def said(self, text: str) -> str:
        for there, here in self.changes.items():
            text = text.replace(there, here)
        return text

    def type(self, part: str) -> str:
        """The one block of the guide that has this in it."""
        (block,) = [one for one in re.findall(r"(?s)```sh\n(.*?)```", GUIDE) if part in one]
        return self.run(self.said(block))

    def run(self, text: str) -> str:
        rewrite = ";".join(
            f"s|{there}|{here}|g" for there, here in self.changes.items() if there.startswith("/")
        )
        environment = {
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            "UNITS": f"{self.folder}/units",
            "REWRITE": rewrite,
            "PORT": self.url.rpartition(":")[2],
        }
        done = subprocess.run(
            ["sh", "-e", "-c", text], cwd=self.folder / "srv", env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
def typist(sink) -> Iterator[Typist]:
    typist = Typist(sink.url)
    yield typist
    typist.run("systemctl stop petitions-web 'petitions-work@*'")
    shutil.rmtree(typist.folder, ignore_errors=True)


def test_the_guide_can_be_typed_from_the_settings_to_a_restored_site(typist):
    # Made by us and not durable, so fast; let go before the guide stops everything.
    database = embedded.start(typist.folder / "lib", durable=False)
    told = typist.type("PETITIONS_DATA=")
    assert re.search(r"(?m)^ok +SMTP", told)
    assert "wrong" not in told
    typist.run("petitions demo")
    assert ((typist.folder / "srv" / ".env").stat().st_mode & 0o777) == 0o640
    if shutil.which("curl") is None:
        typist.changes["curl "] = "true "
    typist.type("systemctl enable --now petitions-web")
    (backup,) = typist.type("systemctl start petitions-backup\nls").split()[-1:]
    database.release()
    (typist.folder / "srv" / ".env").write_text("PETITIONS_DATA=of a new machine\n")
    typist.type('tar -xf "$backup" .env')
    assert ((typist.folder / "srv" / ".env").stat().st_mode & 0o777) == 0o640
    typist.type("mv /var/lib/petitions")
    until(typist.is_ready, "the restored site to start")
    assert (typist.folder / "backups" / backup).exists()
    assert (typist.folder / "lib.before").is_dir()
    assert (
        httpx.get(f"{typist.url}/public-buses", headers={"Host": "petitions.example.org"}).status_code == 200
    )
