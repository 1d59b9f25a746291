"""A real browser before a real server: uvicorn on a port of its own, with the same database as the test."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser

from petitions.app import create_app
from petitions.settings import Settings
from petitions.site import Site, make_site
from petitions.web.protocol import PatientProtocol
from tests.browser import chromium as chrome
from tests.browser.tour import Visitor

_NONE = "no Chromium: name one in PETITIONS_TEST_BROWSER, or install it"


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests; each test opens contexts of its own."""
    path = chrome.find()
    if path is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(f"REQUIRE_BROWSER=1, but there is {_NONE}")
        pytest.skip(_NONE)
    async with chrome.launched(path) as browser:
        yield browser


@pytest_asyncio.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    """The site of this test, served; its base URL is where it listens."""
    async with served(settings) as site:
        yield site


@pytest_asyncio.fixture
async def ada(chromium: Browser, site: Site, postbox: Any) -> AsyncIterator[Visitor]:
    """Somebody with a browser; the letters that a press of a button causes leave at once."""
    visitor = await Visitor.arrive(chromium, site.settings.base_url, postbox.settle)
    yield visitor
    await visitor.context.close()


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Site]:
    """A site that answers on a free port of this machine."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    site = make_site(replace(settings, base_url=f"http://localhost:{port}", host="127.0.0.1", port=port))
    config = uvicorn.Config(
        create_app(site),
        http=PatientProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        assert not running.done(), "the server did not start"
        await asyncio.sleep(0.01)
    try:
        yield site
    finally:
        server.should_exit = True
        await running
        listener.close()


class _Server(uvicorn.Server):
    """Ctrl-C stays with pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Browser tests can be skipped, so say how many ran."""
    here = [
        report
        for kind in ("passed", "failed", "error", "skipped")
        for report in terminalreporter.stats.get(kind, [])
        if getattr(report, "nodeid", "").startswith("tests/browser/")
    ]
    ids = {report.nodeid for report in here}
    ran = {report.nodeid for report in here if report.outcome != "skipped"}
    if ids:
        terminalreporter.write_line(f"Browser tests: {len(ran)} of {len(ids)} ran.")
