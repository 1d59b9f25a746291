"""What the tests of this room stand on: a statement that asks for much, and Ada, who signed it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from petitions.site import Site
from tests import makers
from tests.my.ada import ADA, ANSWERS, FIELDS, PUBLIC, My, link_for


@pytest_asyncio.fixture
async def statement(site: Site) -> Any:
    """A statement with fields of every sort, of a campaign with a partner."""
    campaign = await makers.campaign(site, partners={"partner": "Example Partner"})
    return await makers.statement(site, campaign, fields=FIELDS, public=PUBLIC)


@pytest_asyncio.fixture
async def my(client: httpx.AsyncClient, postbox: Any, site: Site, owner: Any, statement: Any) -> My:
    """Ada has signed, shown by name, and holds her link."""
    await makers.confirmed(client, postbox, statement, email=ADA, consent_name="yes", **ANSWERS)
    return My(client, owner, site, await link_for(client, postbox), statement)


@pytest.fixture
def dump(owner: Any) -> Callable[[], Awaitable[str]]:
    """The whole database as text."""

    async def everything() -> str:
        tables = await owner.fetch("select tablename from pg_tables where schemaname = 'public'")
        rows = [await owner.fetch(f'select t::text from "{name}" t') for (name,) in tables]
        return "\n".join(row[0] for table in rows for row in table)

    return everything
