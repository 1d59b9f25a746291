"""A whole journey over real processes: what they log, and that they answer /metrics for each other."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from petitions.site import Site
from tests import makers
from tests.conftest import FROM_OUR_PAGE
from tests.sink import Sink
from tests.web.test_metrics import Samples, samples, value

SECRET = "a-secret-of-the-served-site-with-32-characters-or-more"
TOKEN = "a-token-of-the-tests"
IP = "203.0.113.77"
ADDRESSES = ("ada.lovelace@example.org", "bob@refusing.example", "operator@example.org")


class Served:
    """`petitions serve --workers 2` beside the test, on its database."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "petitions", "serve", "--workers", "2"],
                cwd=folder,
                env={**environment, "PORT": str(self.port), "TMPDIR": str(folder)},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return self.get("/readyz").status_code == 200

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Over a connection of its own, so that either process may answer."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=30)

    def metrics(self) -> Samples:
        return samples(self.get("/metrics", Authorization=f"Bearer {TOKEN}").text)

    def say(self, data: bytes) -> bytes:
        """Raw bytes, and the beginning of what comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as line:
            line.sendall(data)
            return line.recv(1000)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def wait_for(what: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := what():
                return found
        except (httpx.TransportError, IndexError):
            pass
        time.sleep(0.05)
    raise AssertionError("it never came")


@pytest.fixture
def served(site: Site, sink: Sink, tmp_path: Path) -> Iterator[Served]:
    sink.reset()
    settings = site.settings
    running = Served(
        tmp_path,
        {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": settings.database_url,
            "PETITIONS_SECRETS": SECRET,
            "PETITIONS_ADDRESS_KEY": settings.address_key.decode(),
            "SMTP_URL": sink.url,
            "PETITIONS_TRUSTED_PROXIES": "127.0.0.1",
            "PETITIONS_METRICS_TOKEN": TOKEN,
            "PETITIONS_OPERATOR_EMAIL": "operator@example.org",
            "PETITIONS_DISK_FREE_MB": "9000000",
            "PETITIONS_LOG": "info",
        },
    )
    try:
        wait_for(running.is_ready)
        yield running
    finally:
        running.stop()
        sink.reset()


def journey(served: Served, sink: Sink, slug: str) -> list[str]:
    """Everything that a person does here; what must not stand in a log."""
    with httpx.Client(base_url=served.url, headers={**FROM_OUR_PAGE, "X-Forwarded-For": IP}) as browser:
        stamp = makers.stamp_of(browser.get(f"/{slug}").text)
        form = {"name": "Ada Lovelace", "email": ADDRESSES[0], "town": "Geheimdorf", "stamp": stamp}
        assert browser.post(f"/{slug}/sign", data=form).status_code == 303
        confirm = wait_for(lambda: to(sink, ADDRESSES[0])[0].link("/confirm/"))
        assert browser.get(confirm).status_code == 303
        browser.get(f"/{slug}/thanks")
        browser.post("/my", data={"email": ADDRESSES[0]})
        mine = wait_for(
            lambda: [one for one in to(sink, ADDRESSES[0]) if "/my/" in one.text][-1].link("/my/")
        )
        page = browser.get(mine).text
        browser.get(f"{mine}/download")
        found = re.findall(r'name="signature" value="([^"]+)"', page)
        browser.post(f"{mine}/withdraw", data={"signature": found[0]})
        sink.always = 550
        browser.post(f"/{slug}/sign", data={**form, "email": ADDRESSES[1]})
        wait_for(lambda: "letter not taken" in served.log.read_text())
        sink.always = None
        browser.get("/ada.lovelace@example.org?email=ada.lovelace@example.org")
        browser.post(
            "/my", content=b"\xff" * 100, headers={"Content-Type": "multipart/form-data; boundary=ada.l"}
        )
    return [*ADDRESSES, "Lovelace", "Geheimdorf", IP, *(link.rsplit("/", 1)[-1] for link in (confirm, mine))]


def to(sink: Sink, address: str) -> list[Any]:
    return [letter for letter in sink if letter.to == address]


def nonsense(served: Served) -> None:
    """What no browser sends."""
    host = f"Host: localhost:{served.port}\r\n".encode()
    assert b" 400 " in served.say(b"ada.lovelace@example.org\r\n\r\n")
    assert b" 431 " in served.say(
        b"GET / HTTP/1.1\r\nX-Ada: " + b"ada.lovelace@example.org" * 2000 + b"\r\n\r\n"
    )
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YWRh\r\n"
    assert b" 200 " in served.say(b"GET /healthz HTTP/1.1\r\n" + host + upgrade + b"\r\n")


def pids(found: Samples) -> set[int]:
    return {int(dict(labels)["pid"]) for name, labels in found if name == "process_resident_memory_bytes"}


def asked(found: Samples) -> float | None:
    return value(found, "petitions_requests_total", route="/my/asked", method="GET", status="200")


async def test_a_journey_leaves_no_trace_of_a_person_and_both_processes_answer_for_both(
    served: Served, sink: Sink, site: Site
) -> None:
    statement = await makers.statement(site, fields=["town"])
    told = await asyncio.to_thread(wait_for, lambda: to(sink, "operator@example.org")[0])
    assert told.subject == "The disk is filling up"
    secrets = await asyncio.to_thread(journey, served, sink, statement.slug)
    await asyncio.to_thread(nonsense, served)
    await asyncio.to_thread(answer_for_each_other, served)
    text = served.get("/metrics", Authorization=f"Bearer {TOKEN}").text
    served.stop()
    logged = served.log.read_text()
    lines = [json.loads(line) for line in logged.splitlines()]
    routes = {line.get("route") for line in lines}
    assert {"/{statement}/sign", "/confirm/{token}", "/my/{token}/download"} <= routes
    for secret in [*secrets, TOKEN, SECRET, "127.0.0"]:
        assert secret not in logged, secret
        assert secret not in text, secret
    assert "pgrade" not in logged
    assert {400, 431} <= {line["status"] for line in lines if line["event"] == "request refused"}
    assert [line for line in lines if line["level"] == "error"] == []
    assert not list(served.log.parent.glob("petitions-metrics-*"))


def answer_for_each_other(served: Served) -> None:
    for _ in range(12):
        assert served.get("/my/asked").status_code == 200
    seen = [served.metrics() for _ in range(6)]
    assert {asked(found) for found in seen} == {12}
    both = wait_for(lambda: len(found := pids(served.metrics())) == 2 and found)
    most = wait_for(lambda: value(served.metrics(), "petitions_database_connections", state="most"))
    assert most == 20
    victim = min(both)
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: victim not in (found := pids(served.metrics())) and len(found) == 2)
    assert asked(served.metrics()) == 12
