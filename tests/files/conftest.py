"""One site for all tests that only put files and get them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from petitions.site import Site, make_site
from petitions.storage.embedded import Embedded
from tests.conftest import fresh_databases, settings_of


@pytest_asyncio.fixture(scope="session")
async def lasting(server: Embedded, template: str) -> AsyncIterator[Site]:
    async for name in fresh_databases(server, f"template {template} strategy file_copy"):
        site = make_site(settings_of(server, name))
        await site.store.open()
        yield site
        await site.store.close()
