"""The buckets of IP addresses let through exactly what the settings say, however many ask at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from petitions import throttle
from petitions.errors import Throttled
from petitions.settings import Settings
from petitions.site import Site, make_site


@pytest_asyncio.fixture
async def tight(settings: Settings) -> AsyncIterator[Site]:
    """20 at once from an address, 50 from a network; refilled slowly, so that the test's own time is nothing."""
    site = make_site(replace(settings, ip_burst=20, ip_rate=0.01, net_burst=50, net_rate=0.02))
    await site.store.open()
    yield site
    await site.store.close()


async def spend(site: Site, ip: str) -> bool:
    try:
        await throttle.spend(site, ip)
    except Throttled:
        return False
    return True


async def spend_all(site: Site, ips: list[str]) -> int:
    return sum(await asyncio.gather(*(spend(site, ip) for ip in ips)))


async def test_of_100_at_once_from_one_address_exactly_the_burst_goes_through(tight: Site) -> None:
    assert await spend_all(tight, ["192.0.2.1"] * 100) == 20
    assert await spend_all(tight, ["192.0.2.1"] * 20) == 0


async def test_of_100_at_once_from_one_network_exactly_its_burst_goes_through(tight: Site) -> None:
    assert await spend_all(tight, [f"192.0.2.{n % 10}" for n in range(100)]) == 50
    assert await spend_all(tight, [f"192.0.2.{n}" for n in range(30, 60)]) == 0
    assert await spend(tight, "192.0.3.1")


async def test_a_refused_attempt_takes_nothing_from_the_network(tight: Site) -> None:
    assert await spend_all(tight, ["192.0.2.1"] * 100) == 20
    assert await spend_all(tight, [f"192.0.2.{n}" for n in range(2, 100)]) == 30


async def test_an_attempt_refused_for_the_network_takes_nothing_from_the_address(
    tight: Site, owner: Any
) -> None:
    assert await spend_all(tight, [f"192.0.2.{n}" for n in range(50)]) == 50
    before = await owner.fetch("select bucket, full_at from throttle order by bucket")
    assert not await spend(tight, "192.0.2.3")
    assert not await spend(tight, "192.0.2.200")
    assert await owner.fetch("select bucket, full_at from throttle order by bucket") == before


async def test_the_addresses_of_one_64_share_a_bucket_and_those_of_one_48_a_wider_one(tight: Site) -> None:
    assert await spend_all(tight, [f"2001:db8:1:1::{n:x}" for n in range(40)]) == 20
    assert await spend_all(tight, [f"2001:db8:1:{n:x}::1" for n in range(2, 42)]) == 30
    assert await spend(tight, "2001:db8:2::1")


async def test_a_refusal_tells_the_seconds_until_it_can_succeed(tight: Site, owner: Any) -> None:
    await spend_all(tight, ["192.0.2.1"] * 20)
    with pytest.raises(Throttled) as refused:
        await throttle.spend(tight, "192.0.2.1")
    assert 95 <= refused.value.retry_after <= 100
    await owner.execute("update throttle set full_at = full_at - interval '100 seconds'")
    assert await spend(tight, "192.0.2.1")
    assert not await spend(tight, "192.0.2.1")


async def test_a_dear_act_costs_more(tight: Site) -> None:
    await throttle.spend(tight, "192.0.2.1", cost=15)
    assert await spend_all(tight, ["192.0.2.1"] * 10) == 5


async def test_the_table_holds_no_address_and_forgets_full_buckets(tight: Site, owner: Any) -> None:
    await throttle.spend(tight, "192.0.2.1")
    assert all("192.0.2" not in row["bucket"] for row in await owner.fetch("select bucket from throttle"))
    await throttle.purge(tight)
    assert await owner.fetchval("select count(*) from throttle") == 2
    await owner.execute("update throttle set full_at = full_at - interval '1 day'")
    assert await throttle.purge(tight) == "2 full buckets forgotten"
    assert await owner.fetchval("select count(*) from throttle") == 0


async def test_purging_while_many_spend_disturbs_nobody(tight: Site) -> None:
    async def purges() -> None:
        for _ in range(20):
            await throttle.purge(tight)

    tasks = [spend(tight, f"198.51.{n % 100}.{n % 7}") for n in range(300)]
    results = await asyncio.gather(purges(), *tasks)
    assert all(results[1:])


@pytest.mark.parametrize(
    ("ip", "near", "wide"),
    [
        ("192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1::/48"),
    ],
)
def test_networks_of_an_address(ip: str, near: str, wide: str) -> None:
    assert throttle.networks_of(ip) == (near, wide)
