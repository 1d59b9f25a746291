"""`petitions mail …`: whether letters leave, and whether the world believes that they are ours."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import click

from petitions.commands.findings import end, tell
from petitions.commands.running import as_json, sentences
from petitions.errors import DatabaseGone, NotFound, PetitionsError, Refused
from petitions.mail import senders, smtp
from petitions.mail.findings import Finding
from petitions.mail.probing import SENTENCES, probe
from petitions.mail.senders.records import NoNameServer, Records
from petitions.settings import Settings, is_local, load
from petitions.site import bring_up, founded, make_site, missing_steps, opened
from petitions.storage.embedded import EmbeddedError


@dataclass(frozen=True)
class Question:
    """What to ask DNS for. `selectors`: DKIM's; `nameserver`: "" for the system's."""

    selectors: Sequence[str] = ()
    nameserver: str = ""


@click.group("mail")
def group() -> None:
    """Letters: check."""


@group.command("check")
@as_json
@click.option("--campaign", metavar="SLUG", help="Only the sender of this campaign.")
@click.option(
    "--selector",
    "selectors",
    multiple=True,
    metavar="NAME",
    help="A DKIM selector, as the provider names it.",
)
@click.option("--nameserver", default="", metavar="ADDRESS[:PORT]", help="Ask this name server.")
def check(wants_json: bool, campaign: str | None, selectors: tuple[str, ...], nameserver: str) -> None:
    """Check the mail server and the DNS records of every sender: MX, SPF, DKIM, DMARC.

    Sends nothing. Each line is ok or says what to do; exit code 1 where something is missing.

    \b
    Example:
      petitions mail check --selector mail2026
    """
    with sentences():
        settings = load()
        addresses, findings = _senders(settings, campaign)
        findings += asyncio.run(look(settings, addresses, Question(selectors, nameserver)))
    tell(findings, wants_json=wants_json)
    end(findings)


async def look(settings: Settings, addresses: Sequence[str], question: Question) -> list[Finding]:
    """The mail server, then each sender's domain once. Raises Refused."""
    findings = [await mail_server(settings)]
    records = Records(question.nameserver)
    host = smtp.server(settings.smtp_url).host if settings.smtp_url else ""
    for domain in dict.fromkeys(address.rpartition("@")[2].lower() for address in addresses):
        reports = settings.operator_email or f"postmaster@{domain}"
        try:
            findings += await senders.check(records, domain, host, question.selectors, reports)
        except NoNameServer:
            sentence = "No name server answers: is this machine on the network?"
            return [*findings, Finding("DNS", "wrong", sentence)]
    return findings


async def mail_server(settings: Settings) -> Finding:
    """Whether the server of SMTP_URL lets us in."""
    if not settings.smtp_url:
        if is_local(settings):
            return Finding("SMTP", "weak", "SMTP_URL is empty: letters stay on the page /dev/letters.")
        sentence = "SMTP_URL is empty, and “serve” won't start on a public address without."
        return Finding("SMTP", "wrong", f"{sentence} “petitions setup” asks for it.")
    to = smtp.server(settings.smtp_url)
    outcome = await probe(to, urlsplit(settings.base_url).hostname or "localhost")
    sentence = f"{to.host}:{to.port} ({to.tls}): {SENTENCES[outcome]}."
    if outcome == "works":
        return Finding("SMTP", "ok", sentence)
    return Finding("SMTP", "wrong", f"{sentence} “petitions setup” tries other ports.")


def _senders(settings: Settings, campaign: str | None) -> tuple[list[str], list[Finding]]:
    """The site's address and those of its campaigns; without a database the site's alone."""
    try:
        with founded(settings) as complete:
            own = not settings.database_url
            return asyncio.run(_listed(complete, campaign, own=own)), []
    except (DatabaseGone, EmbeddedError, Refused) as error:
        if campaign:
            raise
        why = error.sentence if isinstance(error, PetitionsError) else str(error)
        return [settings.mail_from], [
            Finding("campaigns", "weak", f"Only the site's sender is checked: {why}")
        ]


async def _listed(settings: Settings, campaign: str | None, *, own: bool) -> list[str]:
    if own:
        await bring_up(settings)
    async with opened(make_site(settings)) as site:
        if await missing_steps(site):
            raise Refused("The schema is not up to date: run “petitions migrate”.")
        rows = await site.store.checks.list_senders()
    if campaign is None:
        return [settings.mail_from, *(row.sender for row in rows if row.sender)]
    found = [row.sender or settings.mail_from for row in rows if row.slug == campaign]
    if not found:
        raise NotFound
    return found
