"""Who really asks: X-Forwarded-For and -Proto, believed from the proxies of the settings alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

from petitions.settings import Network

UNKNOWN = "0.0.0.0"  # noqa: S104  a peer without an address, such as a Unix socket

Address = IPv4Address | IPv6Address


def seen_through(scope: Scope, headers: Headers, trusted: Sequence[Network]) -> tuple[str, str]:
    """The visitor's address and scheme. Of several X-Forwarded-For addresses it is the rightmost that is no
    trusted proxy: everything left of it can be made up."""
    address = _address(scope["client"][0]) if scope.get("client") else None
    scheme = scope["scheme"]
    if address is None or not _is_trusted(address, trusted):
        return str(address or UNKNOWN), scheme
    told = headers.get("x-forwarded-proto", "").split(",")[-1].strip().lower()
    scheme = told if told in ("http", "https") else scheme
    for text in reversed(",".join(headers.getlist("x-forwarded-for")).split(",")):
        before = _address(text.strip())
        if before is None:
            break
        address = before
        if not _is_trusted(address, trusted):
            break
    return str(address), scheme


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in trusted)


@lru_cache(maxsize=16)  # a proxy's is the same each time
def _address(text: str) -> Address | None:
    """Also with a port or a zone, as proxies write it; an IPv4 address inside IPv6 is the IPv4 address."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
