"""Views that keep a connection and the shelf: nobody with a connection waits for somebody who needs one."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from petitions.settings import Settings
from petitions.site import make_site, opened
from tests import makers
from tests.conftest import browser

SIZE = 3


async def test_readers_who_hold_all_connections_do_not_wait_for_one_who_still_needs_one(
    settings: Settings,
) -> None:
    async with (
        opened(make_site(replace(settings, database_connections=SIZE))) as site,
        browser(site) as client,
    ):
        statement = await makers.statement(site)
        site.shelf.switch(True)
        enough = asyncio.Event()

        async def hold() -> None:
            async with site.store.held():
                await enough.wait()

        async def get(path: str) -> int:
            return (await client.get(f"/{statement.slug}/{path}")).status_code

        holding = [asyncio.create_task(hold()) for _ in range(SIZE)]
        while site.store.connections.sizes()[1:] != (SIZE, 0):
            await asyncio.sleep(0.01)
        reading = [asyncio.create_task(get("signatories")) for _ in range(SIZE + 1)]
        await asyncio.sleep(0.2)  # all of them wait for a connection
        looking = asyncio.create_task(get("check-your-email"))
        await asyncio.sleep(0.2)  # it waits behind them, and is the one who makes what they want
        enough.set()
        async with asyncio.timeout(10):  # less than anybody waits for a connection
            assert await asyncio.gather(*reading) == [200] * (SIZE + 1)
            assert await looking < 400
        await asyncio.gather(*holding)
