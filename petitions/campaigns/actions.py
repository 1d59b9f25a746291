"""What may be done with a campaign: add it, change its facts, find it."""

from __future__ import annotations

from typing import Any

from petitions.campaigns import facts as rules
from petitions.campaigns import slugs
from petitions.errors import N_, Moved, NotFound, Refused
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.store import Row


async def add(site: Site, *, actor: str, demonstration: bool = False, **facts: Any) -> Row:
    """A new campaign. `facts` are columns of `campaigns`; slug and name at least. Raises Refused."""
    given = rules.clean(facts)
    for name in ("slug", "name"):
        if name not in given:
            raise TypeError(f"a campaign needs its {name}")
    async with site.store.transaction():
        row: Row = await site.store.campaigns.add(
            id=new_id(), demonstration=demonstration, **(rules.DEFAULTS | given)
        )
        await slugs.take(site, "campaign", row.slug, row.id)
        await organisers.note(
            site,
            actor,
            "campaign add",
            campaign_id=row.id,
            details={"slug": row.slug, "fields": sorted(given)},
        )
    return row


async def change(site: Site, campaign: Row, *, actor: str, **facts: Any) -> Row:
    """Change some facts; the audit names the fields, not their values. Raises Refused.

    Where a statement of the campaign is open, its consent wordings have to follow:
    `statements.actions.change_campaign` does both.
    """
    given = rules.clean(facts)
    for name in rules.NEEDED:
        if given.get(name) == "":
            raise Refused(N_("The campaign's %(fact)s can be changed, not emptied."), fact=rules.LABELS[name])
    async with site.store.transaction():
        if "slug" in given:
            await slugs.take(site, "campaign", given["slug"], campaign.id)
        unchanged = dict.fromkeys(rules.LABELS)
        row: Row = await site.store.campaigns.change(id=campaign.id, **(unchanged | given))
        await organisers.note(
            site, actor, "campaign set", campaign_id=campaign.id, details={"fields": sorted(given)}
        )
    return row


async def find(site: Site, slug: str) -> Row:
    """The campaign at this slug. Raises NotFound, or Moved where the slug is an old one."""
    row: Row | None = await site.store.campaigns.find(slug=slug)
    if row is None:
        raise NotFound
    if row.slug != slug:
        raise Moved(row.slug, "campaign")
    return row


async def find_for_organisers(site: Site, slug: str) -> Row:
    """The campaign at this slug, present or old. Raises Refused."""
    row: Row | None = await site.store.campaigns.find(slug=slug)
    if row is None:
        raise Refused(
            N_("There is no campaign “%(slug)s” (“petitions campaign list” shows them)."), slug=slug
        )
    return row
