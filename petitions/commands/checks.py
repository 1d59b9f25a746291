"""`petitions check`: settings, database, schema, SMTP, clock, base URL; each with ok or what to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import click

from petitions import keys
from petitions.commands.databases import others
from petitions.commands.findings import end, tell
from petitions.commands.mail import mail_server
from petitions.commands.running import as_json, print_json
from petitions.errors import DatabaseGone, PetitionsError
from petitions.mail.findings import Finding
from petitions.settings import SETTINGS, Settings, is_local, load
from petitions.site import Site, bring_up, check_address_key, founded, make_site, missing_steps
from petitions.storage import embedded
from petitions.storage.embedded import EmbeddedError

OLDEST = 17  # the PostgreSQL that we need at least
SKEW = 2.0  # seconds that the clocks of database and web process may differ


@click.command("check")
@as_json
@click.option(
    "--settings", "wants_settings", is_flag=True, help="List every setting with its default instead."
)
def check(wants_json: bool, wants_settings: bool) -> None:
    """Check that everything is set up well.

    Settings, database, schema, roles, address key, clock, base URL, SMTP: each with ok or what to do. Exit code
    1 where something is wrong.

    \b
    Example:
      petitions check
    """
    if wants_settings:
        _list_settings(wants_json)
        return
    findings = _found()
    tell(findings, wants_json=wants_json)
    end(findings)


def _list_settings(wants_json: bool) -> None:
    if wants_json:
        print_json(
            {name: {"default": one.default, "sentence": one.sentence} for name, one in SETTINGS.items()}
        )
        return
    for name, one in SETTINGS.items():
        click.echo(f"{name}={one.default}\n    {one.sentence}")


def _found() -> list[Finding]:
    try:
        settings = load()
        with founded(settings) as complete:
            first = [Finding("settings", "ok", "All are understood (--settings lists them).")]
            own = not settings.database_url
            return first + (_account(complete) if own else []) + asyncio.run(_all(complete, own=own))
    except EmbeddedError as error:
        return [Finding("database", "wrong", str(error))]
    except PetitionsError as error:
        return [Finding("settings", "wrong", error.sentence)]


async def _all(settings: Settings, *, own: bool) -> list[Finding]:
    if own:
        await bring_up(settings)
    site = make_site(settings)
    after = [_base_url(settings), await mail_server(settings)]
    try:
        await site.store.open()
    except DatabaseGone:
        gone = "It does not answer: does it run, and is DATABASE_URL right?"
        return [Finding("database", "wrong", gone), *after]
    try:
        probes: list[Callable[[Site], Awaitable[Finding]]] = [_database, _schema, _clock]
        findings = [await probe(site) for probe in probes]
        if findings[1].state == "ok":
            findings += [await _roles(site, own), await _address_key(site), await _likeness(site)]
            findings += [] if own else await others(site)
        return [*findings, *after]
    finally:
        await site.store.close()


def _account(settings: Settings) -> list[Finding]:
    """Where root lends the database of our own to another account."""
    lent = embedded.lent_to(settings.data_folder)
    if lent is None:
        return []
    if lent.name != "nobody":
        return [Finding("account", "ok", f"The database runs as {lent.name}.")]
    shared = "The database runs as nobody: other programs that do can read and change it."
    how = f"Stop the site, then: {lent.advice}" if lent.advice else "Start as an ordinary user."
    return [Finding("account", "weak", f"{shared} {how}")]


async def _database(site: Site) -> Finding:
    version = await site.store.checks.version()
    if version // 10_000 < OLDEST:
        return Finding(
            "database", "wrong", f"PostgreSQL {OLDEST} or newer is needed: this is {version // 10_000}."
        )
    return Finding("database", "ok", f"PostgreSQL {version // 10_000}.{version % 10_000} answers.")


async def _schema(site: Site) -> Finding:
    if not await site.store.checks.may_read():
        how = "as after a restore. Run “petitions migrate”: it gives this role its rights."
        return Finding("schema", "wrong", f"DATABASE_URL's role may not read the tables, {how}")
    lacking = await missing_steps(site)
    if lacking:
        return Finding("schema", "wrong", f"Missing: {', '.join(lacking)}. Run “petitions migrate”.")
    return Finding("schema", "ok", "Up to date.")


async def _clock(site: Site) -> Finding:
    apart = abs((await site.store.checks.now()).timestamp() - time.time())
    if apart > SKEW:
        return Finding(
            "clock", "wrong", f"Database and this machine differ by {apart:.0f} s: set both by NTP."
        )
    return Finding("clock", "ok", "Database and this machine agree.")


async def _roles(site: Site, own: bool) -> Finding:
    if await site.store.checks.is_guarded():
        return Finding("roles", "ok", "This role can't change append-only tables.")
    how = (
        ""
        if own
        else " Set DATABASE_OWNER_URL, give DATABASE_URL a role of its own, then “petitions migrate”."
    )
    return Finding("roles", "weak", f"One role owns and serves: only triggers guard append-only tables.{how}")


async def _likeness(site: Site) -> Finding:
    if await site.store.checks.sees_letters():
        return Finding("likeness", "ok", "Organisations of like names are found in every script.")
    blind = "LC_CTYPE of this database is C: organisations of like names are found in Latin letters alone."
    how = "Make a new one with LC_CTYPE C.UTF-8: back up, begin with an empty one, restore."
    return Finding("likeness", "weak", f"{blind} {how}")


async def _address_key(site: Site) -> Finding:
    short = keys.fingerprint(site.settings.address_key)[:16]
    try:
        await check_address_key(site)
    except PetitionsError as error:
        return Finding("address key", "wrong", f"{error.sentence} Its fingerprint: {short}.")
    return Finding(
        "address key", "ok", f"The one that this database was begun with; its fingerprint: {short}."
    )


def _base_url(settings: Settings) -> Finding:
    parts = urlsplit(settings.base_url)
    if is_local(settings):
        return Finding("base URL", "ok", f"{settings.base_url}, for this machine alone.")
    if parts.scheme != "https":
        return Finding(
            "base URL", "wrong", f"{settings.base_url} is public and not https: put a proxy before it."
        )
    if not settings.trusted_proxies:
        sentence = "Behind a proxy, set PETITIONS_TRUSTED_PROXIES, else all visitors share its address."
        return Finding("base URL", "weak", f"{settings.base_url}. {sentence}")
    return Finding("base URL", "ok", f"{settings.base_url}.")
