"""Whether the world believes that letters from a domain are ours: its MX, SPF, DKIM and DMARC records."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from petitions import addresses
from petitions.mail.findings import Finding
from petitions.mail.senders import dkim, dmarc, spf
from petitions.mail.senders.records import NotKnown, Records
from petitions.parsers import is_loopback


async def check(
    records: Records, domain: str, server: str, selectors: Sequence[str], reports: str
) -> list[Finding]:
    """Everything about one sender's domain. `server`: the host of SMTP_URL, "" without; `selectors`: DKIM's, as
    the provider names them; `reports`: the address that a proposed DMARC record sends its reports to.
    Raises NoNameServer.
    """
    if "." not in domain or domain.endswith(".localhost"):
        return [Finding(domain, "weak", "It is no public domain: there is nothing to look up.")]
    ascii_domain = addresses.with_ascii_domain(f"a@{domain}").rpartition("@")[2]
    checks = {
        "MX": _answers(records, ascii_domain),
        "SPF": spf.check(records, ascii_domain, "" if is_loopback(server) else server),
        "DKIM": dkim.check(records, ascii_domain, selectors),
        "DMARC": dmarc.check(records, ascii_domain, reports),
    }
    found = await asyncio.gather(*(_known(f"{ascii_domain} {what}", check) for what, check in checks.items()))
    return [one for each in found for one in each]


async def _known(what: str, check: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        return await check
    except NotKnown as error:
        return [Finding(what, "wrong", error.sentence)]


async def _answers(records: Records, domain: str) -> list[Finding]:
    """A domain that takes no letters can't get bounces, and many servers refuse letters from it."""
    what = f"{domain} MX"
    hosts = await records.mail_hosts(domain)
    if hosts == [""]:
        return [
            Finding(what, "wrong", "It says that it takes no mail (null MX): answers and bounces are lost.")
        ]
    if hosts:
        return [Finding(what, "ok", f"Mail to it goes to {hosts[0]}.")]
    if await records.addresses(domain):
        return [Finding(what, "weak", "It has no MX record; mail goes to its own address. Better add one.")]
    return [Finding(what, "wrong", "It has neither MX nor address: many servers refuse letters from it.")]
