"""`petitions check`: settings, database, schema, SMTP, clock, base URL; each with ok or what to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import click

from petitions import keys
from petitions.commands.running import as_json, print_json, say
from petitions.errors import DatabaseGone, PetitionsError
from petitions.mail import smtp
from petitions.settings import SETTINGS, Settings, is_local, load
from petitions.site import Site, bring_up, check_address_key, founded, make_site, missing_steps
from petitions.storage import embedded
from petitions.storage.embedded import EmbeddedError

OLDEST = 17  # the PostgreSQL that we need at least
SKEW = 2.0  # seconds that the clocks of database and web process may differ


@dataclass(frozen=True)
class Finding:
    """`state`: ok, weak (works; better can be done) or wrong."""

    what: str
    state: str
    sentence: str


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
    if wants_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{finding.state:6}{finding.what:13}{finding.sentence}")
    if any(finding.state == "wrong" for finding in findings):
        raise click.exceptions.Exit(1)


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
    after = [_base_url(settings), await _smtp(settings)]
    try:
        await site.store.open()
    except DatabaseGone:
        gone = "It does not answer: does it run, and is DATABASE_URL right?"
        return [Finding("database", "wrong", gone), *after]
    try:
        probes: list[Callable[[Site], Awaitable[Finding]]] = [_database, _schema, _clock]
        findings = [await probe(site) for probe in probes]
        if findings[1].state == "ok":
            findings += [await _roles(site, own), await _address_key(site)]
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


async def _address_key(site: Site) -> Finding:
    short = keys.fingerprint(site.settings.address_key)[:16]
    try:
        await check_address_key(site)
    except PetitionsError as error:
        return Finding("address key", "wrong", f"{error.sentence} Its fingerprint: {short}.")
    return Finding(
        "address key", "ok", f"The one that this database was begun with; its fingerprint: {short}."
    )


async def _smtp(settings: Settings) -> Finding:
    if not settings.smtp_url:
        if is_local(settings):
            return Finding("SMTP", "weak", "SMTP_URL is empty: letters stay on the page /dev/letters.")
        return Finding(
            "SMTP", "wrong", "SMTP_URL is empty, and “serve” won't start on a public address without."
        )
    to = smtp.server(settings.smtp_url)
    transport = smtp.Transport(make_site(settings), to)
    try:
        await asyncio.wait_for(transport.greet(), 15)
    except (smtp.NotTaken, TimeoutError) as error:
        reason = error.code if isinstance(error, smtp.NotTaken) else "no answer"
        return Finding(
            "SMTP", "wrong", f"{to.host}:{to.port} does not let us in ({reason}): is SMTP_URL right?"
        )
    finally:
        await transport.close()
    return Finding("SMTP", "ok", f"{to.host}:{to.port} lets us in.")


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
