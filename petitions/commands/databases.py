"""What `petitions check` says of the settings that lead to the database besides DATABASE_URL."""

from __future__ import annotations

from dataclasses import replace

from petitions.errors import DatabaseGone
from petitions.mail.findings import Finding
from petitions.site import Site, make_site

Identity = tuple[object, ...]


async def others(site: Site) -> list[Finding]:
    """One line each, where it is another address: whether it answers, and whether the same database does."""
    settings = site.settings
    urls = {
        "DATABASE_READ_URL": settings.database_read_url,
        "DATABASE_DIRECT_URL": settings.database_direct_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
    }
    seen = {"", settings.database_url}
    findings = []
    mine, _ = await _identity(site)
    for name, url in urls.items():
        if url not in seen:
            findings.append(await _judged(site, name, url, mine))
        seen.add(url)
    return findings


async def _judged(site: Site, name: str, url: str, mine: Identity) -> Finding:
    other = make_site(replace(site.settings, database_url=url, database_read_url=""))
    try:
        await other.store.open()
        try:
            readable = await other.store.facts.has_schema()
            theirs, follows = await _identity(other) if readable else ((), False)
        finally:
            await other.store.close()
    except DatabaseGone:
        return Finding(name, "wrong", f"It does not answer: does that database run, and is {name} right?")
    if not _same(mine, theirs):
        return Finding(
            name, "wrong", "It leads to another database than DATABASE_URL, or may not read this one."
        )
    if name != "DATABASE_READ_URL":
        sentence = (
            "It leads to a standby, which can't be written to." if follows else "The same database answers."
        )
        return Finding(name, "wrong" if follows else "ok", sentence)
    if not follows:
        return Finding(
            name, "weak", "It leads to no standby, so it is not used: pages come from DATABASE_URL."
        )
    return Finding(name, "ok", "A standby of this database answers.")


async def _identity(site: Site) -> tuple[Identity, bool]:
    """What is the same for a database and its standbys alone, as far as we may know; whether it is one."""
    row = await site.store.checks.identity()
    system = await site.store.checks.system() if row.may_ask_system else None
    return (row.address_key, row.name, system), row.follows


def _same(mine: Identity, theirs: Identity) -> bool:
    """What one of them does not know counts as the same."""
    if len(mine) != len(theirs):
        return False
    return all(a == b or a is None or b is None for a, b in zip(mine, theirs, strict=True))
