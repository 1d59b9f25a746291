"""A whole site in a folder of its own: durable database, mail server, web and work processes, all of which can die."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from petitions.folders import SQL
from petitions.site import Site, make_site
from petitions.storage import embedded
from petitions.storage.embedded import Embedded
from petitions.storage.migrate import migrate
from tests import makers
from tests.conftest import SECRET, settings_of
from tests.sink import Sink
from tests.web.test_serve import free_port

ROOT = Path(__file__).parents[2]


class Program:
    """One process of the site; killed and started again it has the same address."""

    def __init__(
        self, words: tuple[str, ...], folder: Path, environment: Mapping[str, str], log: Path
    ) -> None:
        self._words, self._folder, self._environment, self.log = words, folder, dict(environment), log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "petitions", *self._words],
                cwd=self._folder, env=self._environment, stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)

    def tend(self) -> None:
        """As systemd would: what ended is started again."""
        if not self.runs():
            self.start()


class Place:
    """`more`: environment variables of all its processes. `data`: where the database lies."""

    def __init__(self, data: Path | None = None, sink: Sink | None = None, **more: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="petitions-badday-"))
        self.folder.chmod(0o755)
        self.data = data or self.folder / "data"
        self.sink = Sink() if sink is None else sink
        self.name = (
            f"localhost:{free_port()}"  # behind a balancer all are known by one name, here that of nobody
        )
        self.running: Embedded
        self.site: Site
        self.statement: Any
        self.programs: list[Program] = []
        self.webs: list[str] = []
        self._more = more

    async def open(self) -> Place:
        self.sink.start()
        await self.start_database()
        self.settings = settings_of(
            self.running,
            "petitions",
            smtp_url=self.sink.url,
            base_url=f"http://{self.name}",
            secrets=(SECRET.replace(",", ";"),),  # in the environment commas stand between secrets
        )
        await migrate(self.settings.database_owner_url, SQL, app_role="petitions_app")
        self.site = make_site(self.settings)
        await self.site.store.open()
        self.statement = await makers.statement(self.site)
        return self

    async def close(self) -> None:
        for program in self.programs:
            program.end()
        await self.site.store.close()
        self.sink.stop()
        await asyncio.to_thread(self.running.release)
        shutil.rmtree(self.folder, ignore_errors=True)

    def web(self, **more: str) -> str:
        """Its address, at once."""
        port = str(free_port())
        self.begin("serve", "--no-work", "--port", port, **more)
        self.webs.append(f"http://localhost:{port}")
        return self.webs[-1]

    def work(self, **more: str) -> Program:
        return self.begin("work", **more)

    def begin(self, *words: str, **more: str) -> Program:
        log = self.folder / f"{len(self.programs)}-{words[0]}.log"
        program = Program(words, self.folder, {**self.environment(), **more}, log)
        self.programs.append(program)
        program.start()
        return program

    def environment(self) -> dict[str, str]:
        settings = self.settings
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": settings.database_url,
            "DATABASE_DIRECT_URL": settings.database_direct_url,
            "DATABASE_OWNER_URL": settings.database_owner_url,
            "PETITIONS_DATA": str(self.data),
            "PETITIONS_SECRETS": settings.secrets[-1],
            "PETITIONS_ADDRESS_KEY": settings.address_key.decode(),
            "PETITIONS_BASE_URL": settings.base_url,
            "PETITIONS_MAIL_FROM": settings.mail_from,
            "PETITIONS_TRUSTED_PROXIES": "127.0.0.0/8",
            "SMTP_URL": settings.smtp_url,
            **self._more,
        }

    # --- the database ---

    async def start_database(self) -> None:
        self.running = await asyncio.to_thread(embedded.start, self.data)

    async def stop_database(self) -> None:
        await asyncio.to_thread(self.running.release)

    def database_pid(self) -> int:
        (file,) = self.data.glob("postgres-*/postmaster.pid")
        return int(file.read_text().split()[0])

    async def kill_database(self) -> None:
        """The postmaster and with it everything; `start_database` recovers it."""
        os.kill(self.database_pid(), signal.SIGKILL)
        self.running._share.close()  # as the death of whoever used it would
        await soon(30, lambda: not self.running._server.runs())

    async def kill_backend(self) -> bool:
        """One backend: PostgreSQL ends all others and recovers by itself. Was there one?"""
        with suppress(
            ProcessLookupError, OSError, asyncpg.PostgresError
        ):  # it may be about to start or to end
            for row in await self.rows(
                "select pid from pg_stat_activity where application_name = 'petitions'"
            ):
                os.kill(row["pid"], signal.SIGKILL)
                return True
        return False

    @asynccontextmanager
    async def locked(self, table: str) -> AsyncIterator[None]:
        """Whoever wants this table is held up while the block runs, so that what happens then meets them at it."""
        connection: Any = await asyncpg.connect(self.running.url("postgres"), timeout=10)
        try:
            await connection.execute(f"begin; lock table {table} in access exclusive mode")
            yield
        finally:
            connection.terminate()

    async def rows(self, query: str, *values: Any) -> list[Any]:
        """Asked as whoever may do everything, over a connection of its own."""
        connection = await asyncpg.connect(self.running.url("postgres"), timeout=10)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close(timeout=5)

    async def row(self, query: str, *values: Any) -> Any:
        return (await self.rows(query, *values))[0]

    # --- from outside ---

    async def ready(self, *addresses: str, seconds: float = 90) -> None:
        async with httpx.AsyncClient(timeout=5) as client:
            for address in addresses:

                async def answers(address: str = address) -> bool:
                    try:
                        return (await client.get(f"{address}/readyz")).status_code == 200
                    except httpx.TransportError:
                        return False

                await soon(seconds, answers)

    def logs(self) -> str:
        return "".join(program.log.read_text() for program in self.programs if program.log.exists())


async def soon(seconds: float, look: Callable[[], bool | Awaitable[bool]]) -> float:
    """Waits until `look` says so; how many seconds it took."""
    began = time.monotonic()
    while True:
        found = look()
        if await found if isinstance(found, Awaitable) else found:
            return time.monotonic() - began
        assert time.monotonic() - began < seconds, f"not within {seconds} seconds"
        await asyncio.sleep(0.05)
