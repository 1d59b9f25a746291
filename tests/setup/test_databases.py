"""`petitions check` of the settings that lead to the database besides DATABASE_URL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from petitions.commands.databases import others
from petitions.settings import Settings
from petitions.site import check_address_key, make_site
from petitions.storage.embedded import Embedded
from tests.conftest import fresh_databases
from tests.scale.standby import standby_of

DEAD = "postgresql://nobody@127.0.0.1:1/none"


async def told(settings: Settings) -> list[tuple[str, str, str]]:
    site = make_site(settings)
    await site.store.open()
    try:
        await check_address_key(site)
        return [(one.what, one.state, one.sentence) for one in await others(site)]
    finally:
        await site.store.close()


async def test_only_addresses_that_differ_are_told(settings: Settings) -> None:
    same = {"database_direct_url": settings.database_url, "database_read_url": ""}
    found = await told(replace(settings, **same))  # type: ignore[arg-type]
    assert found == [("DATABASE_OWNER_URL", "ok", "The same database answers.")]


@pytest.mark.parametrize("name", ["READ", "DIRECT", "OWNER"])
async def test_one_that_is_dead_is_wrong(settings: Settings, name: str) -> None:
    found = await told(replace(settings, **{f"database_{name.lower()}_url": DEAD}))  # type: ignore[arg-type]
    assert [one[:2] for one in found if one[1] != "ok"] == [(f"DATABASE_{name}_URL", "wrong")]
    assert any("It does not answer" in one[2] for one in found)


async def test_one_of_another_database_is_wrong_and_a_primary_no_replica(
    settings: Settings, server: Embedded, template: str
) -> None:
    async for name in fresh_databases(server, f"template {template}"):
        other = {
            "database_read_url": settings.database_owner_url,
            "database_direct_url": server.url("petitions_app", name),
        }
        found = await told(replace(settings, **other))  # type: ignore[arg-type]
    assert [one[:2] for one in found] == [("DATABASE_READ_URL", "weak"), ("DATABASE_DIRECT_URL", "wrong")]
    assert "another database" in found[1][2]


async def test_a_standby_is_known_and_that_it_takes_no_writes(
    settings: Settings, server: Embedded, database: str
) -> None:
    with standby_of(server) as standby:
        url = standby.url("petitions_app", database)
        read = await told(replace(settings, database_read_url=url))
        assert read[0] == ("DATABASE_READ_URL", "ok", "A standby of this database answers.")
        direct = await told(replace(settings, database_direct_url=url))
        assert [one[:2] for one in direct if one[0] == "DATABASE_DIRECT_URL"] == [
            ("DATABASE_DIRECT_URL", "wrong")
        ]
