"""Limits per IP address: GCRA, decided by the database. Only these buckets refuse anybody."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from ipaddress import ip_network

from petitions.errors import Throttled
from petitions.site import Site


def networks_of(ip: str) -> tuple[str, str]:
    """What the two buckets stand for: IPv4 the address and its /24, IPv6 its /64 and /48; of an address as the
    guard writes it."""
    if ":" not in ip:
        return f"{ip}/32", f"{ip.rpartition('.')[0]}.0/24"
    near, wide = (str(ip_network((ip, length), strict=False)) for length in (64, 48))
    return near, wide


async def spend(site: Site, ip: str, cost: int = 1) -> None:
    """Take `cost` from both buckets of this address, or from neither.

    Raises Throttled with the whole seconds until it can succeed; DatabaseGone.
    """
    wait = await site.gatherings.join(f"spend {cost}", partial(_spend, site, cost), networks_of(ip))
    if wait:
        raise Throttled(math.ceil(wait))


async def _spend(site: Site, cost: int, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """0 for each (near, wide) network, or the seconds to wait."""
    settings = site.settings
    waits: list[float] = await site.store.throttle.spend(
        nears=[_bucket(site, near) for near, _ in pairs],
        wides=[_bucket(site, wide) for _, wide in pairs],
        near_gap=timedelta(seconds=cost / settings.ip_rate),
        near_room=timedelta(seconds=settings.ip_burst / settings.ip_rate),
        wide_gap=timedelta(seconds=cost / settings.net_rate),
        wide_room=timedelta(seconds=settings.net_burst / settings.net_rate),
    )
    return waits


async def take(site: Site, what: str, ip: str, amount: int, a_day: int) -> bool:
    """Whether this address may have `amount` more of something scarce, and has it now. Up to `a_day` at once, which
    comes back over a day; four times that for its wider network."""
    near, wide = networks_of(ip)
    day = timedelta(days=1)
    (wait,) = await site.store.throttle.spend(
        nears=[_bucket(site, f"{what} {near}")],
        wides=[_bucket(site, f"{what} {wide}")],
        near_gap=day * amount / a_day,
        near_room=day,
        wide_gap=day * amount / (4 * a_day),
        wide_room=day,
    )
    return not wait


def near_of(site: Site, ip: str) -> str:
    """Where an address stands, to tell it from others and never to name it."""
    return _bucket(site, networks_of(ip)[0])


def _bucket(site: Site, network: str) -> str:
    # A keyed digest: the table must not become a second list of addresses.
    return site.tokens.digest("throttle", network)[:16].hex()


async def purge(site: Site) -> str:
    """Forget full buckets; a job. Says what it did."""
    return f"{await site.store.throttle.purge()} full buckets forgotten"
