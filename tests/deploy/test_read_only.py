"""Web and work as the containers run them: another user's machine, where nothing but /tmp can be written to.

Linux's mount namespaces stand for the container; who may not make them (ordinary users in most places) skips.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from tests import makers
from tests.conftest import FROM_OUR_PAGE
from tests.deploy.test_drill import until
from tests.web.test_serve import free_port

ROOT = Path(__file__).parents[2]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
# The socket's folder is kept in sight below /mnt; then everything is read-only, and /tmp new.
SHUT_IN = """
mount --make-rprivate / && mount --bind "$SOCKET" /mnt && mount -o remount,bind,ro / || exit 77
mount -t tmpfs tmpfs /tmp || exit 77
! touch /written 2>/dev/null || exit 78
cd / && exec "$@"
"""


@pytest.fixture
def shut_in(server, settings, sink, tmp_path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """web and work, by the commands of docker-compose.yml: the process of web, and its address."""
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    if Path("/tmp") in ROOT.resolve().parents:
        pytest.skip("the checkout lies in /tmp, which is made anew here")
    environment = {
        "PATH": os.environ["PATH"],
        "SOCKET": str(server.socket_folder),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DATABASE_URL": "postgresql://petitions_app@"
        + settings.database_url.partition("@")[2].partition("?")[0]
        + "?host=%2Fmnt",
        "PETITIONS_SECRETS": settings.secrets[0].replace(",", ""),
        "PETITIONS_ADDRESS_KEY": settings.address_key.decode(),
        "SMTP_URL": sink.url,
        "PORT": str(free_port()),
    }
    environment["PETITIONS_BASE_URL"] = f"http://localhost:{environment['PORT']}"
    running = []
    for name in ("web", "work"):
        command = [
            "unshare",
            "--mount",
            "sh",
            "-c",
            SHUT_IN,
            "sh",
            sys.executable,
            "-m",
            *SERVICES[name]["command"],
        ]
        with (tmp_path / name).open("wb") as log:
            running.append(subprocess.Popen(command, env=environment, cwd="/", stdout=log, stderr=log))
    yield running[0], environment["PETITIONS_BASE_URL"]
    for process in running:
        process.terminate()
    for process in running:
        process.wait(60)


async def test_web_and_work_need_nothing_to_write_to(shut_in, site, sink, tmp_path):
    sink.reset()
    slug = (await makers.statement(site)).slug
    web, url = shut_in

    def seen() -> bool:
        if web.poll() == 77:
            pytest.skip("mounts are not allowed here")
        assert web.poll() is None, (tmp_path / "web").read_text()
        try:
            return httpx.get(f"{url}/readyz").status_code == 200
        except httpx.TransportError:
            return False

    await asyncio.to_thread(until, seen, "web to start")

    def signed() -> None:
        with httpx.Client(base_url=url, headers=FROM_OUR_PAGE) as browser:
            form = {"name": "Example", "email": "ada@example.org", "website": ""}
            form["stamp"] = makers.stamp_of(browser.get(f"/{slug}").text)
            assert browser.post(f"/{slug}/sign", data=form).status_code == 303

    await asyncio.to_thread(signed)
    await asyncio.to_thread(until, lambda: len(sink), "work to send the letter")
