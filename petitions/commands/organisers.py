"""`petitions organiser …`: who looks after a campaign, and one-time links to the desk."""

from __future__ import annotations

import click

from petitions import addresses
from petitions.campaigns import actions as campaigns
from petitions.commands.running import act, as_json, print_json, print_table, say
from petitions.errors import Refused
from petitions.forms import Unfit, clean_name
from petitions.organisers import log_in, team
from petitions.organisers.actions import cli_actor, names
from petitions.organisers.roles import ROLES
from petitions.site import Site
from petitions.storage.store import Row

_campaign = click.option("--campaign", "slug", required=True, help="The campaign's slug.")
_role = click.Choice(ROLES)


@click.group("organiser")
def group() -> None:
    """Who looks after a campaign at the desk: add, link, list, role, remove."""


@group.command("add")
@click.argument("email")
@_campaign
@click.option("--role", type=_role, required=True, help="What they may do.")
@click.option("--name", help="Their name; without it what stands before the @. They can change it.")
def add(email: str, slug: str, role: str, name: str | None) -> None:
    """Add an organiser to a campaign, and print a one-time link by which they log in.

    No letter is sent. At the desk owners invite by letter.

    \b
    Example:
      petitions organiser add olu@example.org --campaign fair-pay --role owner
    """
    address, called = _address(email), _name(name) if name else email.partition("@")[0].strip()[:100]

    async def action(site: Site) -> str:
        campaign = await campaigns.find_for_organisers(site, slug)
        async with site.store.transaction():
            row = await team.add(site, address, called, language=campaign.language)
            await team.give(site, campaign, row, role, actor=cli_actor())
            return f"{address} has the role “{role}” in “{campaign.slug}”. {await _link(site, row)}"

    say(act(action))


@group.command("link")
@click.argument("email")
def link(email: str) -> None:
    """Print a one-time link by which an organiser logs in, without a letter.

    For the first time, or where the letter or the second factor can't be had. It counts as the second factor.

    \b
    Example:
      petitions organiser link olu@example.org
    """
    address = _address(email)

    async def action(site: Site) -> str:
        return await _link(site, await log_in.find_organiser(site, address))

    say(act(action))


@group.command("list")
@click.option("--campaign", "slug", help="Of this campaign alone.")
@as_json
def list_(slug: str | None, wants_json: bool) -> None:
    """List the organisers with their roles.

    \b
    Example:
      petitions organiser list --campaign fair-pay
    """

    async def action(site: Site) -> list[dict[str, object]]:
        campaign = await campaigns.find_for_organisers(site, slug) if slug else None
        rows = [
            dict(row) for row in await site.store.organisers.list_all(campaign_id=campaign and campaign.id)
        ]
        called = await names(site, {row["given_by"] for row in rows if row["given_by"]})
        return [{**row, "given_by": called.get(row["given_by"])} for row in rows]

    rows = act(action)
    if wants_json:
        print_json(rows)
    else:
        print_table(
            rows, empty="There is no organiser yet: “petitions organiser add --help” shows how to begin."
        )


@group.command("role")
@click.argument("email")
@click.argument("role", type=_role)
@_campaign
def role_(email: str, role: str, slug: str) -> None:
    """Give an organiser of a campaign another role. Their sessions end.

    \b
    Example:
      petitions organiser role olu@example.org moderator --campaign fair-pay
    """

    async def action(site: Site) -> None:
        campaign, row = await _member(site, slug, address)
        await team.change(site, campaign, row.id, role, actor=cli_actor())

    address = _address(email)
    act(action)
    say(f"{address} has the role “{role}” in “{slug}”.")


@group.command("remove")
@click.argument("email")
@_campaign
def remove(email: str, slug: str) -> None:
    """Take an organiser out of a campaign's team. Their sessions end.

    \b
    Example:
      petitions organiser remove olu@example.org --campaign fair-pay
    """

    async def action(site: Site) -> None:
        campaign, row = await _member(site, slug, address)
        await team.remove(site, campaign, row.id, actor=cli_actor())

    address = _address(email)
    act(action)
    say(f"{address} is out of the team of “{slug}”.")


async def _link(site: Site, organiser: Row) -> str:
    path = await log_in.link(site, organiser, actor=cli_actor())
    return f"They log in here, once and within {log_in.MINUTES} minutes:\n  {site.settings.base_url}{path}"


async def _member(site: Site, slug: str, address: str) -> tuple[Row, Row]:
    """The campaign, and the organiser of an address in its team. Raises Refused."""
    campaign = await campaigns.find_for_organisers(site, slug)
    row = await log_in.find_organiser(site, address)
    if await site.store.organisers.find_role(campaign_id=campaign.id, organiser_id=row.id) is None:
        raise Refused("Nobody of this address is in the team of “%(slug)s”.", slug=campaign.slug)
    return campaign, row


def _address(text: str) -> str:
    try:
        return addresses.check(text)
    except addresses.AddressError as error:
        raise click.ClickException(error.sentence % error.values) from error


def _name(text: str) -> str:
    try:
        return clean_name(text)
    except Unfit as error:
        raise click.ClickException(error.sentence % error.values) from error
