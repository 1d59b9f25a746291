"""`petitions setup`: asks for what a site needs, tries the mail server, writes `.env`, sends a test letter."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote, urlsplit

import click

from petitions.campaigns import actions as campaigns
from petitions.commands import envfile
from petitions.commands.findings import tell
from petitions.commands.mail import Question, look
from petitions.commands.running import act, say, sentences
from petitions.errors import DatabaseGone, Refused
from petitions.ids import new_id
from petitions.keys import OTHER_KEY
from petitions.mail import smtp
from petitions.mail.letters import compose_own
from petitions.mail.probing import SENTENCES, probe
from petitions.mail.smtp import NotTaken, Server, Transport
from petitions.organisers.actions import cli_actor
from petitions.parsers import is_loopback
from petitions.settings import Settings, load
from petitions.site import Site, make_site

FILE = Path(".env")
PORTS = {465: ("tls",), 587: ("starttls",), 2525: ("starttls",)}
# Option, key, question, what to offer. The same options answer a script's questions.
_TEXTS = (
    ("--base-url", "base_url", "Address of the site, such as https://petitions.example.org"),
    ("--smtp-host", "smtp_host", "Mail server (empty: none yet, letters stay on this machine)"),
    ("--smtp-user", "smtp_user", "User of the mail server (empty: none)"),
    ("--mail-from", "mail_from", "From address of letters"),
    ("--mail-per-hour", "mail_per_hour", "Most letters an hour that the provider allows (0: no limit)"),
    ("--campaign-slug", "slug", "Word for the campaign's address, such as fair-pay (empty: no campaign now)"),
    ("--campaign-name", "name", "Name of the campaign"),
    ("--controller", "controller", "Legal name of who is responsible for the data (may come later)"),
    ("--address", "postal_address", "Postal address of the same (may come later)"),
    ("--contact", "contact_email", "E-mail address that people can write to (may come later)"),
    ("--test-to", "test_to", "Address that gets a test letter (empty: none)"),
)
_QUESTIONS = {key: question for _, key, question in _TEXTS}


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option, key, question in reversed(_TEXTS):
        command = click.option(option, key, help=f"{question}.")(command)
    return command


@dataclass(frozen=True)
class Ask:
    """Where answers come from: the line, else a person, else (`--yes`) what is offered."""

    given: dict[str, str | None]
    yes: bool

    def text(self, key: str, offered: str = "") -> str:
        answer = self.given.get(key)
        if answer is None and not self.yes:
            answer = click.prompt(_QUESTIONS[key], default=offered, show_default=bool(offered), err=True)
        return (offered if answer is None else str(answer)).strip()

    def password(self, file: TextIO | None) -> str:
        """From a file (its first line), else typed unseen; never from the line, where `ps` shows it."""
        if file is not None:
            return file.readline().rstrip("\r\n")
        if self.yes:
            raise Refused("Give the password of the mail server by --smtp-password-file FILE (- for stdin).")
        return str(click.prompt("Password of the mail server", hide_input=True, err=True))

    def may(self, question: str) -> bool:
        return self.yes or click.confirm(question, default=True, err=True)


@click.command("setup")
@_options
@click.option(
    "--smtp-port", type=click.IntRange(1, 65535), help="Try this port alone, not 465, 587 and 2525."
)
@click.option(
    "--smtp-password-file",
    "password_file",
    type=click.File(encoding="utf-8"),
    help="File with the password; - is stdin.",
)
@click.option(
    "--selector", "selectors", multiple=True, metavar="NAME", help="A DKIM selector, for the checks."
)
@click.option(
    "--nameserver", default="", metavar="ADDRESS[:PORT]", help="Ask this name server in the checks."
)
@click.option("--yes", is_flag=True, help="Ask nothing: take what is offered.")
def setup(
    smtp_port: int | None,
    password_file: TextIO | None,
    selectors: tuple[str, ...],
    nameserver: str,
    yes: bool,
    **given: Any,
) -> None:
    """Set a site up: asks, tries the mail server, writes .env, adds the campaign, sends a test letter.

    Then it checks the sender's DNS records. What .env says already is offered, and its other lines stay.

    \b
    Example:
      petitions setup --base-url https://petitions.example.org --smtp-host mail.example.org
    """
    ask = Ask(given, yes)
    with sentences():
        before = load()
        changes = _address(ask, before)
        changes |= _mail(ask, before, changes, smtp_port, password_file)
        _write(ask, before, changes)
        settings = load()
        _campaign(ask)
        test_to = ask.text("test_to") if settings.smtp_url else ""
        failed = bool(test_to) and not asyncio.run(_test(settings, test_to))
        if settings.smtp_url:
            tell(asyncio.run(look(settings, [settings.mail_from], Question(selectors, nameserver))))
    say("“petitions check” looks at the whole, “petitions mail check” at the mail alone.")
    if failed:
        raise click.exceptions.Exit(1)


def _address(ask: Ask, before: Settings) -> dict[str, str]:
    text = ask.text("base_url", before.base_url).rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("The address must look like https://petitions.example.org.")
    return {"PETITIONS_BASE_URL": text}


def _mail(
    ask: Ask, before: Settings, changes: dict[str, str], port: int | None, password_file: TextIO | None
) -> dict[str, str]:
    """SMTP_URL and what belongs to it, once a port of the server lets us in. Raises Refused where none does."""
    known = smtp.server(before.smtp_url) if before.smtp_url else None
    host = ask.text("smtp_host", known.host if known else "")
    if not host:
        if not is_loopback(urlsplit(changes["PETITIONS_BASE_URL"]).hostname or ""):
            say("Without a mail server “serve” won't start on a public address: come back when you have one.")
        return {}
    user = ask.text("smtp_user", known.user if known else "")
    if user and known and user == known.user and host == known.host and password_file is None and ask.yes:
        password = known.password
    else:
        password = ask.password(password_file) if user else ""
    name = urlsplit(changes["PETITIONS_BASE_URL"]).hostname or "localhost"
    to = asyncio.run(_found(host, user, password, port, name))
    kept = before.mail_from if before.mail_from != Settings().mail_from else f"petitions@{name}"
    return {
        "SMTP_URL": smtp_url(to),
        "PETITIONS_MAIL_FROM": ask.text("mail_from", kept),
        "MAIL_PER_HOUR": ask.text("mail_per_hour", str(before.mail_per_hour)),
    }


async def _found(host: str, user: str, password: str, port: int | None, name: str) -> Server:
    """The first port that lets us in; every one that was tried is told. No password leaves unencrypted."""
    home = is_loopback(host)
    loose = ("none",) if home or (port and not user) else ()
    ways = {port: (*PORTS.get(port, ("tls", "starttls")), *loose)} if port else {**PORTS}
    if home and not port:
        ways |= {25: ("starttls", *loose)}
    for number, kinds in ways.items():
        for tls in kinds:
            to = Server(host, number, tls, user, password)
            outcome = await probe(to, name)
            say(f"{host}:{number} ({tls}): {SENTENCES[outcome]}")
            if outcome == "works":
                return to
            if outcome == "log-in refused":
                raise Refused(f"{host} refuses user and password. Nothing is written; try again.")
            if home and (tls, outcome) == ("starttls", "certificate"):
                continue  # on this machine none is needed
            if outcome not in ("no TLS", "no SMTP"):
                break  # another kind of encryption changes nothing
    raise Refused(f"No port of {host} lets us in. Nothing is written.")


def smtp_url(to: Server) -> str:
    """What `smtp.server` reads back. User and password percent-encoded, so that no shell or file changes them."""
    login = f"{quote(to.user, safe='')}:{quote(to.password, safe='')}@" if to.user else ""
    host = f"[{to.host}]" if ":" in to.host else to.host
    return f"smtp://{login}{host}:{to.port}?tls={to.tls}"


def _write(ask: Ask, before: Settings, changes: dict[str, str]) -> None:
    """The lines that are new. Keys are made where DATABASE_URL is set, because then they are required."""
    if before.database_url and not before.secrets:
        changes["PETITIONS_SECRETS"] = secrets.token_urlsafe(32)
    if before.database_url and not before.address_key and asyncio.run(_has_no_key(before)):
        changes["PETITIONS_ADDRESS_KEY"] = secrets.token_urlsafe(32)
    now = envfile.values(FILE)
    changes = {name: value for name, value in changes.items() if now.get(name) != value}
    _valid(changes)
    if hidden := [name for name in changes if name in os.environ and os.environ[name] != changes[name]]:
        raise Refused(f"The environment sets {', '.join(hidden)}, which .env can't change: unset it first.")
    replaced = [name for name in changes if name in now]
    if replaced and not ask.may(f"Replace {', '.join(replaced)} in .env? (The old file is kept.)"):
        raise Refused("Nothing is written.")
    if not changes:
        say("“.env” says all this already.")
        return
    kept = envfile.write(FILE, changes)
    say(f"“.env” is written ({', '.join(changes)})." + (f" What it was: {kept.name}" if kept else ""))


async def _has_no_key(before: Settings) -> bool:
    """A database that was begun with an address key needs that one: a new one only where it can be asked. Raises
    Refused where it has one."""
    site = make_site(_closed(before))
    with suppress(DatabaseGone):
        await site.store.open()
        try:
            if await site.store.checks.may_read():
                if await site.store.facts.has_schema() and await site.store.facts.find(name="address key"):
                    raise Refused(OTHER_KEY)
                return True
        finally:
            await site.store.close()
    say(
        "PETITIONS_ADDRESS_KEY is not made: the database can't be asked whether it was begun with one already."
    )
    say("Put that one into .env, or run “petitions setup” again once the database answers.")
    return False


def _valid(changes: dict[str, str]) -> None:
    """Raises Refused, by the sentence of the setting, before anything is written."""
    load({**os.environ, **changes})


def _campaign(ask: Ask) -> None:
    """Added where the database answers; else the line to run later."""
    slug = ask.text("slug")
    if not slug:
        return
    facts: dict[str, Any] = {"slug": slug, "name": ask.text("name", slug)}
    for key in ("controller", "postal_address", "contact_email"):
        if answer := ask.text(key):
            facts[key] = answer

    async def action(site: Site) -> str:
        known = [row.slug for row in await site.store.campaigns.list_all()]
        if slug in known:
            return f"The campaign “{slug}” is there already."
        await campaigns.add(site, actor=cli_actor(), **facts)
        return f"The campaign “{slug}” is added: {site.settings.base_url}/campaigns/{slug}"

    try:
        say(act(action))
    except click.ClickException as error:
        say(f"The campaign is not added yet: {error.message}")
        say(f"Later: petitions campaign add --slug {slug} --name …")


async def _test(settings: Settings, to: str) -> bool:
    """Hands one letter over, as the worker does, but not through the outbox."""
    site = make_site(_closed(settings))
    letter = compose_own(site, "mail/test", language=settings.language, to=to)
    transport = Transport(site, smtp.server(settings.smtp_url))
    try:
        await transport.send(letter, new_id())
    except NotTaken as error:
        say(f"wrong The test letter was not taken ({error.code}).")
        return False
    finally:
        await transport.close()
    say("The test letter is on its way. Look whether it arrives, and not among spam.")
    return True


def _closed(settings: Settings) -> Settings:
    """Enough for a site whose store may stay closed and whose links nobody follows."""
    return replace(
        settings,
        secrets=settings.secrets or (secrets.token_urlsafe(32),),
        database_url=settings.database_url or "postgresql://localhost/none",
    )
