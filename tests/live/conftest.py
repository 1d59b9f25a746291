"""The site behind a real server, and readers that are nothing but sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio

from petitions.settings import Settings
from petitions.site import Site
from tests.browser.conftest import served


class Reader:
    """One open line. `status` and `headers` of the answer, `events` so far; `ended`: by the last chunk that HTTP
    asks for; `cut`: without it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.status, self.headers = 0, dict[str, str]()
        self.events: list[tuple[int, dict[str, Any]]] = []
        self.signs_of_life = 0
        self.retry = 0
        self.ended = self.cut = False
        self._news = asyncio.Event()

    @classmethod
    async def open(cls, port: int, path: str, **headers: str) -> Reader:
        self = cls(*await asyncio.open_connection("127.0.0.1", port))
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{more}\r\n".encode())
        head = (await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 30)).decode().splitlines()
        self.status = int(head[0].split()[1])
        self.headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-1])
        }
        self._reading = asyncio.create_task(self._read() if self.status == 200 else asyncio.sleep(0))
        return self

    async def _read(self) -> None:
        text = b""
        try:
            while size := int(await self._reader.readuntil(b"\r\n"), 16):
                text += (await self._reader.readexactly(size + 2))[:-2]
                *whole, text = text.split(b"\n\n")
                for one in whole:
                    self._note(one.decode())
            self.ended = await self._reader.read() == b"\r\n"
        except (asyncio.IncompleteReadError, ConnectionError):
            self.cut = True
        self._news.set()

    def _note(self, one: str) -> None:
        fields = dict(line.split(": ", 1) for line in one.splitlines() if not line.startswith(":"))
        self.signs_of_life += one.startswith(":")
        self.retry = int(fields.get("retry", self.retry))
        if "data" in fields:
            self.events.append((int(fields["id"]), json.loads(fields["data"])))
        self._news.set()

    async def until(self, seen: Any, seconds: float = 20) -> None:
        """Wait until `seen()`."""
        async with asyncio.timeout(seconds):
            while not seen():
                self._news.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), 0.5)

    async def people(self, n: int, seconds: float = 20) -> None:
        """Wait until the newest event says so many."""
        await self.until(lambda: self.events and self.events[-1][1]["people"] == n, seconds)

    async def close(self) -> None:
        self._reading.cancel()
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Readers say in X-Forwarded-For who they are."""
    from dataclasses import replace
    from ipaddress import ip_network

    return replace(settings, trusted_proxies=(ip_network("127.0.0.1"),), live_per_ip=3, live_streams=600)


@pytest_asyncio.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    async with served(settings) as site:
        yield site


@pytest_asyncio.fixture
async def read(site: Site) -> AsyncIterator[Any]:
    """`await read(path, ip="192.0.2.1", Last_Event_ID="3")`: a reader's answer."""
    readers: list[Reader] = []

    async def read(path: str, ip: str = "192.0.2.1", **headers: str) -> Reader:
        reader = await Reader.open(site.settings.port, path, X_Forwarded_For=ip, **headers)
        readers.append(reader)
        return reader

    yield read
    await asyncio.gather(*(reader.close() for reader in readers))
