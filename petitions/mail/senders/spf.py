"""SPF (RFC 7208): which servers may send letters in a domain's name."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network

from petitions.mail.findings import Finding
from petitions.mail.senders.records import Address, Records

MOST_LOOKUPS = 10  # RFC 7208 §4.6.4
MOST_VOID = 2
RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_TERM = re.compile(r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::([^/]*))?(/.*)?", re.I)


class PermError(Exception):
    """The record can't be followed; says why."""


async def check(records: Records, domain: str, server: str) -> list[Finding]:
    """The record alone, then whether it lets the server of SMTP_URL send ("": not known)."""
    what = f"{domain} SPF"
    found = [text for text in await records.texts(domain) if _is_spf(text)]
    if not found:
        proposed = f'{domain}  TXT  "v=spf1 {_naming(server)} ~all"'
        return [
            Finding(
                what, "wrong", f"There is no record. Add {proposed}, or the include that your provider names."
            )
        ]
    if len(found) > 1:
        return [Finding(what, "wrong", f"{len(found)} records: none of them counts. Join them into one.")]
    try:
        walk = Walk(records, None, domain)
        end = await walk.result(domain)
        first = _alone(what, end, walk.lookups)
        return [
            first,
            *([await _sends(records, domain, server)] if server and first.state != "wrong" else []),
        ]
    except PermError as error:
        return [Finding(what, "wrong", f"{error} Then no server believes the record.")]


def _alone(what: str, end: str, lookups: int) -> Finding:
    if end == "pass":
        return Finding(
            what, "wrong", "It ends in +all: the whole world may send in this name. Make it -all or ~all."
        )
    if end == "neutral":
        return Finding(
            what, "weak", "It does not end in -all or ~all, so it keeps nobody from sending in this name."
        )
    return Finding(what, "ok", f"One record, {lookups} of {MOST_LOOKUPS} lookups, {end} for all others.")


async def _sends(records: Records, domain: str, server: str) -> Finding:
    what = f"{domain} SPF"
    places = await records.addresses(server)
    refused = [place for place in places if await Walk(records, place, domain).result(domain) != "pass"]
    if not places:
        return Finding(what, "wrong", f"{server}, the server of SMTP_URL, has no address.")
    if not refused:
        return Finding(what, "ok", f"It names {server} ({places[0]}).")
    return Finding(
        what,
        "weak",
        f"It does not name {refused[0]} of {server}. Where your provider sends from other addresses that is right; "
        f"else add {_naming(server)}, or the include that your provider names.",
    )


def _naming(server: str) -> str:
    """The mechanism for a server as SMTP_URL has it; "": not known."""
    try:
        return f"ip{ip_address(server).version}:{server}"
    except ValueError:
        return f"a:{server}" if server else "mx"


def _is_spf(text: str) -> bool:
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


class Walk:
    """One evaluation for an address; None: an address that nothing names but `all`, which meets every lookup."""

    def __init__(self, records: Records, address: Address | None, sender_domain: str) -> None:
        self._records = records
        self._address = address
        self._sender_domain = sender_domain
        self.lookups = 0
        self._void = 0

    async def result(self, domain: str) -> str:
        """pass, fail, softfail or neutral (check_host, §4); none where there is no record. Raises PermError."""
        found = [text for text in await self._records.texts(domain) if _is_spf(text)]
        if not found:
            return "none"
        if len(found) > 1:
            raise PermError(f"{domain} has {len(found)} records.")
        redirect = ""
        for term in found[0].split()[1:]:
            if named := re.fullmatch(r"([a-z][a-z0-9_.-]*)=(.*)", term, re.I):
                redirect = named[2] if named[1].lower() == "redirect" else redirect
                continue
            parts = _TERM.fullmatch(term)
            if not parts:
                raise PermError(f"“{term}” in the record of {domain} is no mechanism of SPF.")
            if await self._matches(domain, parts[2].lower(), parts[3] or "", parts[4] or ""):
                return RESULTS[parts[1] or "+"]
        return await self._redirected(domain, redirect) if redirect else "neutral"

    async def _redirected(self, domain: str, to: str) -> str:
        self._count()
        result = await self.result(self._expanded(to, domain))
        if result == "none":
            raise PermError(f"The record of {domain} redirects to {to}, which has none.")
        return result

    async def _matches(self, domain: str, mechanism: str, value: str, lengths: str) -> bool:
        if mechanism == "all":
            return True
        if mechanism in ("ip4", "ip6"):
            return self._in_network(value + lengths, domain)
        self._count()
        if not value and mechanism in ("include", "exists"):
            raise PermError(f"“{mechanism}” in the record of {domain} names nothing.")
        target = self._expanded(value, domain) if value else domain
        if mechanism == "include":
            result = await self.result(target)
            if result == "none":
                raise PermError(f"The record of {domain} includes {target}, which has none.")
            return result == "pass"  # an address that is none passes by +all alone
        if mechanism == "exists":
            return bool(await self._found([target])) and self._address is not None
        if mechanism == "ptr":
            return False  # not to be used any more (§5.5), and few servers still look
        hosts = [target]
        if mechanism == "mx":
            hosts = await self._records.mail_hosts(target)
            if len(hosts) > MOST_LOOKUPS:
                raise PermError(f"{target} has more than {MOST_LOOKUPS} MX records.")
        return self._among(await self._found(hosts), lengths)

    async def _found(self, hosts: list[str]) -> list[Address]:
        places = [place for host in hosts for place in await self._records.addresses(host)]
        if not places:
            self._void += 1
            if self._void > MOST_VOID:
                raise PermError(f"More than {MOST_VOID} names in it lead nowhere.")
        return places

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise PermError(f"It needs more than {MOST_LOOKUPS} lookups: drop an include.")

    def _in_network(self, text: str, domain: str) -> bool:
        try:
            network = ip_network(text.removeprefix(":"), strict=False)
        except ValueError:
            raise PermError(f"“{text}” in the record of {domain} is no address.") from None
        return self._address is not None and self._address in network

    def _among(self, places: list[Address], lengths: str) -> bool:
        sizes = re.fullmatch(r"(?:/(\d{1,3}))?(?://(\d{1,3}))?", lengths)
        if not sizes or int(sizes[1] or 0) > 32 or int(sizes[2] or 0) > 128:
            raise PermError(f"“{lengths}” is no length of a network.")
        mine = self._address
        if mine is None:
            return False
        length = sizes[1 if mine.version == 4 else 2] or mine.max_prefixlen
        same = (place for place in places if place.version == mine.version)
        return any(mine in ip_network(f"{place}/{length}", strict=False) for place in same)

    def _expanded(self, text: str, domain: str) -> str:
        """Macros (§7), as far as they can matter here: the sender is postmaster of its domain."""
        address = self._address or ip_address("192.0.2.1")
        dotted = str(address) if address.version == 4 else ".".join(address.exploded.replace(":", ""))
        sender = self._sender_domain
        values = {
            "s": f"postmaster@{sender}", "l": "postmaster", "o": sender, "d": domain, "i": dotted, "h": sender,
            "v": "in-addr" if address.version == 4 else "ip6", "p": "unknown",
        }  # fmt: skip

        def one(found: re.Match[str]) -> str:
            if found[0] in ("%%", "%_", "%-"):
                return {"%%": "%", "%_": " ", "%-": "%20"}[found[0]]
            parts = re.split(f"[{re.escape(found[4] or '.')}]", values[found[1].lower()])
            parts = parts[::-1] if found[3] else parts
            return ".".join(parts[-int(found[2] or 0) :])

        return re.sub(r"%(?:[%_-]|\{([slodihvp])(\d*)(r?)([.+,/_=-]*)\})", one, text, flags=re.I)
