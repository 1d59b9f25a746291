"""Real processes: with live counts open they stop at once, and whoever reads sees a proper end."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from petitions.serve import GRACE
from petitions.site import Site, make_site
from tests import makers
from tests.conftest import settings_of
from tests.live.conftest import Reader
from tests.web.test_serve import free_port

ROOT = Path(__file__).parents[2]
APP = "import sys; from petitions.serve import serve; from petitions.settings import load; "
APP += "serve(load(), workers=int(sys.argv[1]), with_work=False)"


@pytest.fixture
async def site(server: Any, database: str) -> AsyncIterator[Site]:
    site = make_site(settings_of(server, database, smtp_url=""))
    await site.store.open()
    yield site
    await site.store.close()


@asynccontextmanager
async def running(site: Site, folder: Path, workers: int) -> AsyncIterator[tuple[Any, int]]:
    """The command as it is started by people, beside the database of this test."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": site.settings.database_url,
        "PETITIONS_SECRETS": secrets.token_urlsafe(32),
        "PETITIONS_ADDRESS_KEY": secrets.token_urlsafe(32),
        "PETITIONS_DATA": str(folder),
        "PETITIONS_LIVE_PER_IP": "1000",
        "PORT": str(port),
    }
    with (folder / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", APP, str(workers), cwd=ROOT, env=environment, stderr=log, stdout=log
        )
    try:
        async with httpx.AsyncClient() as client, asyncio.timeout(60):
            while True:
                assert process.returncode is None, (folder / "log").read_text()
                try:
                    await client.get(f"http://localhost:{port}/readyz")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        yield process, port
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize(("workers", "number"), [(1, signal.SIGINT), (2, signal.SIGTERM)])
async def test_it_stops_at_once_although_live_counts_are_open(
    site: Site, tmp_path: Path, workers: int, number: int, record_property: Any
) -> None:
    statement = await makers.statement(site)
    async with running(site, tmp_path, workers) as (process, port):
        before = _memory(process.pid)
        readers = await asyncio.gather(*(Reader.open(port, f"/{statement.slug}/live") for _ in range(300)))
        await asyncio.gather(*(reader.people(0) for reader in readers))
        if workers == 1:
            record_property("bytes a stream", (_memory(process.pid) - before) // len(readers))
            assert _memory(process.pid) - before < len(readers) * 64 * 1024
        began = time.monotonic()
        process.send_signal(number)
        await asyncio.wait_for(process.wait(), 30)
        lasted = time.monotonic() - began
        record_property("seconds to stop", lasted)
        assert lasted < GRACE / 2  # about one on an idle machine; waiting for readers would take all of it
        assert process.returncode == 0
        for reader in readers:
            await reader.until(lambda one=reader: one.ended or one.cut)  # type: ignore[misc]
        assert all(reader.ended for reader in readers)
        log = (tmp_path / "log").read_text()
        assert '"error"' not in log
        assert "/{statement}/live" in log
    for reader in readers:
        await reader.close()


def _memory(pid: int) -> int:
    """Bytes of a process that stand in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024
