"""Limits per IP address: GCRA, decided by the database. Only these buckets refuse anybody."""

from __future__ import annotations

import math
from datetime import timedelta
from ipaddress import ip_address, ip_network

from petitions.errors import Throttled
from petitions.site import Site


def networks_of(ip: str) -> tuple[str, str]:
    """What the two buckets stand for: IPv4 the address and its /24, IPv6 its /64 and /48."""
    lengths = (32, 24) if ip_address(ip).version == 4 else (64, 48)
    near, wide = (str(ip_network((ip, length), strict=False)) for length in lengths)
    return near, wide


async def spend(site: Site, ip: str, cost: int = 1) -> None:
    """Take `cost` from both buckets of this address, or from neither.

    Raises Throttled with the whole seconds until it can succeed; DatabaseGone.
    """
    near, wide = networks_of(ip)
    settings = site.settings
    wait: float | None = None
    for _ in range(3):  # None: the wide bucket was only just made
        wait = await site.store.throttle.spend(
            near=_bucket(site, near),
            wide=_bucket(site, wide),
            near_gap=timedelta(seconds=cost / settings.ip_rate),
            near_room=timedelta(seconds=settings.ip_burst / settings.ip_rate),
            wide_gap=timedelta(seconds=cost / settings.net_rate),
            wide_room=timedelta(seconds=settings.net_burst / settings.net_rate),
        )
        if wait == 0:
            return
        if wait is not None:
            break
    raise Throttled(math.ceil(wait or 1))


def _bucket(site: Site, network: str) -> str:
    # A keyed digest: the table must not become a second list of addresses.
    return site.tokens.digest("throttle", network)[:16].hex()


async def purge(site: Site) -> str:
    """Forget full buckets; a job. Says what it did."""
    return f"{await site.store.throttle.purge()} full buckets forgotten"
