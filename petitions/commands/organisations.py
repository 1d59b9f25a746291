"""`petitions organisations …`: the bodies of a campaign, as a tree."""

from __future__ import annotations

from typing import Any

import click

from petitions.campaigns import actions as campaigns
from petitions.commands.hints import act
from petitions.commands.running import as_json, print_json, print_table, say
from petitions.organisations import KINDS
from petitions.organisations import actions as organisations
from petitions.organisers.actions import cli_actor
from petitions.site import Site
from petitions.storage.store import Row

in_campaign = click.option(
    "--campaign", "slug", required=True, metavar="SLUG", help="The campaign whose list it is."
)


@click.group("organisations")
def group() -> None:
    """The bodies that endorse, as a tree: list, set, remove."""


@group.command("list")
@in_campaign
@as_json
def list_(slug: str, wants_json: bool) -> None:
    """List the organisations of a campaign, each below what it belongs to.

    “standing”: on how many statements it endorses now.

    \b
    Example:
      petitions organisations list --campaign fair-pay
    """

    async def action(site: Site) -> list[Row]:
        campaign = await campaigns.find_for_organisers(site, slug)
        rows: list[Row] = await site.store.organisations.list_tree(campaign_id=campaign.id)
        return rows

    rows = act(action)
    if wants_json:
        print_json([dict(row) for row in rows])
        return
    print_table(
        [
            {
                "id": row.id,
                "standing": row.standing,
                "kind": row.kind,
                "code": row.code or None,
                "name": "  " * row.depth + row.name,
            }
            for row in rows
        ],
        empty="There is no organisation yet: one comes in when an endorsement is accepted.",
    )


@group.command("set")
@click.argument("id")
@in_campaign
@click.option("--name", help="What it is called, in every public list.")
@click.option("--kind", type=click.Choice(list(KINDS)), help="What it is.")
@click.option("--code", help="Branch number or code; empty takes it away.")
@click.option("--parent", metavar="ID|none", help="What it belongs to, or none.")
def set_(id: str, slug: str, **options: str | None) -> None:
    """Correct an organisation; every page that shows it follows.

    \b
    Example:
      petitions organisations set 01890a5d-ac96-774b-bcce-b302099a8057 --campaign fair-pay --name "Example Branch"
    """
    given = {name: value for name, value in options.items() if value is not None}
    if not given:
        raise click.UsageError("Say what to change: --name, --kind, --code or --parent.")

    async def action(site: Site) -> Row:
        campaign = await campaigns.find_for_organisers(site, slug)
        row = await organisations.find_for_organisers(site, campaign.id, id)
        facts: dict[str, Any] = dict(given)
        if "parent" in facts:
            facts["parent_id"] = await _parent(site, campaign, facts.pop("parent"))
        return await organisations.change(site, row, actor=cli_actor(), **facts)

    row = act(action)
    say(f"“{row.name}” is changed.")


@group.command("remove")
@click.argument("id")
@in_campaign
def remove(id: str, slug: str) -> None:
    """Remove an organisation that nothing refers to: no endorsement of any state, and none below it.

    \b
    Example:
      petitions organisations remove 01890a5d-ac96-774b-bcce-b302099a8057 --campaign fair-pay
    """

    async def action(site: Site) -> Row:
        campaign = await campaigns.find_for_organisers(site, slug)
        row = await organisations.find_for_organisers(site, campaign.id, id)
        await organisations.remove(site, row, actor=cli_actor())
        return row

    say(f"“{act(action).name}” is removed.")


async def _parent(site: Site, campaign: Row, text: str) -> Any:
    if text == "none":
        return None
    return (await organisations.find_for_organisers(site, campaign.id, text)).id
