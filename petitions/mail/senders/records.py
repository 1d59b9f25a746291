"""Looking records up. A name that is not there gives an empty list; a name server that is not there raises."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.name
import dns.resolver

from petitions.errors import N_, Refused

LIFETIME = 3.0  # seconds for one question, all name servers together
TRY = 1.0  # seconds for one name server

Address = IPv4Address | IPv6Address


class NoNameServer(Exception):
    """None answers at all: nothing can be said about any name."""


class NotKnown(Exception):
    """Nothing can be said about one name. `sentence`: which, and why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Records:
    """`nameserver`: ADDRESS or ADDRESS:PORT instead of the system's. Raises Refused where it is neither."""

    def __init__(self, nameserver: str = "") -> None:
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not nameserver)
        except dns.resolver.NoResolverConfiguration:
            raise Refused(N_("This machine knows no name server: give one by --nameserver.")) from None
        if nameserver:
            address, port = _place(nameserver)
            self._resolver.nameservers = [address]
            self._resolver.port = port
        self._resolver.timeout, self._resolver.lifetime = TRY, LIFETIME

    async def texts(self, name: str) -> list[str]:
        """TXT records, their parts joined."""
        found = await self._ask(name, "TXT")
        return [b"".join(one.strings).decode("utf-8", "replace") for one in found]

    async def mail_hosts(self, name: str) -> list[str]:
        """The hosts of MX records, the preferred one first; [""]: it takes no mail (RFC 7505)."""
        found = sorted(await self._ask(name, "MX"), key=lambda one: int(one.preference))
        return [one.exchange.to_text().rstrip(".") for one in found]

    async def addresses(self, name: str) -> list[Address]:
        """Of A and AAAA records; an address stands for itself."""
        try:
            return [ip_address(name)]
        except ValueError:
            found = [*await self._ask(name, "A"), *await self._ask(name, "AAAA")]
            return [ip_address(one.address) for one in found]

    async def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            place = dns.name.from_text(name)
        except (dns.exception.DNSException, ValueError, struct.error):
            return []  # what is no name has no records
        try:
            return list(await self._resolver.resolve(place, kind, raise_on_no_answer=False))
        except dns.resolver.NXDOMAIN:
            return []
        except dns.exception.Timeout:
            await self._any_answer()
            raise NotKnown(f"The name servers of {name} are silent: ask who manages it.") from None
        except (dns.exception.DNSException, OSError):
            await self._any_answer()
            raise NotKnown(f"The name servers of {name} fail (SERVFAIL): ask who manages it.") from None

    async def _any_answer(self) -> None:
        """Ask for the root, which every name server knows. Raises NoNameServer."""
        try:
            await self._resolver.resolve(dns.name.root, "NS", raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return
        except (dns.exception.DNSException, OSError) as error:
            raise NoNameServer from error


def _place(text: str) -> tuple[str, int]:
    address, _, port = text.rpartition(":") if text.count(":") == 1 or "]:" in text else (text, "", "53")
    try:
        return str(ip_address(address.strip("[]"))), int(port)
    except ValueError:
        raise Refused(N_("--nameserver must be an address such as 9.9.9.9 or 127.0.0.1:5353.")) from None
