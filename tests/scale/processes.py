"""Web and work processes as an operator starts them, on one database."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import httpx

from petitions.settings import Settings
from tests.conftest import FROM_OUR_PAGE
from tests.web.test_serve import free_port

ROOT = Path(__file__).parents[2]


class Processes:
    """All know the same settings; `folder` is where they stand and write their logs."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.base_url = settings.base_url
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        self._logs: list[IO[bytes]] = []
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": settings.database_url,
            "DATABASE_DIRECT_URL": settings.database_direct_url,
            "DATABASE_OWNER_URL": settings.database_owner_url,
            "PETITIONS_SECRETS": settings.secrets[-1].replace(",", ";"),  # commas stand between secrets
            "PETITIONS_ADDRESS_KEY": settings.address_key.decode(),
            "PETITIONS_BASE_URL": settings.base_url,
            "PETITIONS_MAIL_FROM": settings.mail_from,
            "SMTP_URL": settings.smtp_url,
        }

    def web(self, *options: str, with_work: bool = False) -> str:
        """Its address, at once: see `ready`."""
        port = free_port()
        self._start("serve", *([] if with_work else ["--no-work"]), "--port", str(port), *options)
        return f"http://localhost:{port}"

    def work(self) -> None:
        self._start("work")

    def command(self, *words: str) -> str:
        """What it printed."""
        done = subprocess.run(
            self._words(words), cwd=self._folder, env=self._environment, capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def logs(self) -> str:
        return "".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def ready(self, *addresses: str) -> None:
        for address in addresses:
            for _ in range(600):
                assert all(one.poll() is None for one in self._running), self.logs()
                try:
                    if httpx.get(f"{address}/readyz").status_code == 200:
                        break
                except httpx.TransportError:
                    pass
                time.sleep(0.1)
            else:
                raise AssertionError(f"{address} never answered: {self.logs()}")

    def stop(self) -> None:
        for one in self._running:
            one.terminate()
        for one in self._running:
            try:
                one.wait(30)
            except subprocess.TimeoutExpired:
                one.kill()
        for log in self._logs:
            log.close()

    def browser(self) -> httpx.AsyncClient:
        """A browser that knows the site by one name, whichever process answers: ask for whole addresses."""
        name = self.base_url.partition("://")[2]
        return httpx.AsyncClient(headers={**FROM_OUR_PAGE, "Host": name}, timeout=30)

    def _start(self, *words: str) -> None:
        log = (self._folder / f"{len(self._running)}.log").open("wb")
        self._logs.append(log)
        self._running.append(
            subprocess.Popen(
                self._words(words), cwd=self._folder, env=self._environment, stdout=log, stderr=log
            )
        )

    @staticmethod
    def _words(words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "petitions", *words]
