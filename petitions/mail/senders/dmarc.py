"""DMARC (RFC 7489): what others do with letters in our name that are not ours."""

from __future__ import annotations

from petitions.mail.findings import Finding
from petitions.mail.senders.records import Records
from petitions.mail.senders.tags import tags

POLICIES = ("none", "quarantine", "reject")


async def check(records: Records, domain: str, reports: str) -> list[Finding]:
    """The domain's own record, else the one of the next domain above that has one."""
    place, found = await _found(records, domain)
    return [_judged(domain, place, found, reports)]


def _judged(domain: str, place: str, found: list[str], reports: str) -> Finding:
    what = f"{domain} DMARC"
    if not found:
        proposed = f'_dmarc.{domain}  TXT  "v=DMARC1; p=none; rua=mailto:{reports}"'
        return Finding(what, "wrong", f"There is no record. Add {proposed}; later p=quarantine.")
    if len(found) > 1:
        return Finding(
            what, "wrong", f"_dmarc.{place} has {len(found)} records: none of them counts. Keep one."
        )
    record = tags(found[0])
    own = place == domain
    policy = record.get("p", "") if own else record.get("sp", record.get("p", ""))
    if policy.lower() not in POLICIES:
        return Finding(what, "wrong", f"The record at _dmarc.{place} has no policy: p=none is the least.")
    said = f"Policy {policy.lower()}" + ("" if own else f", inherited from {place}")
    if policy.lower() == "none":
        return Finding(what, "weak", f"{said}: it only watches. When the reports are clean, p=quarantine.")
    return Finding(what, "ok", f"{said}.")


async def _found(records: Records, domain: str) -> tuple[str, list[str]]:
    """Upwards, but not to a top-level domain, nor past a registry's own record (psd=y). Without a list of public
    suffixes this is the tree walk that follows RFC 7489's organisational domain."""
    labels = domain.split(".")
    for n in range(len(labels) - 1):
        place = ".".join(labels[n:])
        texts = await records.texts(f"_dmarc.{place}")
        found = [text for text in texts if tags(text).get("v") == "DMARC1"]
        if found and not (n and tags(found[0]).get("psd") == "y"):
            return place, found
    return domain, []
