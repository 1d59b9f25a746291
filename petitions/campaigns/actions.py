"""What may be done with a campaign: add it, change its facts, find it."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from petitions.campaigns import facts as rules
from petitions.campaigns import marks, slugs
from petitions.errors import N_, Moved, NotFound, Refused
from petitions.files.actions import Kept
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.store import Row


class Overtaken(Refused):
    """Somebody changed `facts` of the campaign meanwhile; `now`: the campaign as it is."""

    def __init__(self, now: Row, facts: Sequence[str]) -> None:
        super().__init__(_OVERTAKEN)
        self.now, self.facts = now, facts


_OVERTAKEN = N_("Somebody else has changed the settings since this page was opened. Nothing was saved.")


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


async def change(site: Site, campaign: Row, *, actor: str, seen: str | None = None, **facts: Any) -> Row:
    """Change some facts; the audit names the fields, not their values. Raises Refused, and Overtaken where somebody
    has changed the campaign since its `seen` (marks.py) was made.

    Where a statement of the campaign is open, its consent wordings have to follow:
    `statements.actions.change_campaign` does both.
    """
    given = rules.clean(facts)
    async with site.store.transaction():
        now: Row = await site.store.campaigns.hold(id=campaign.id)
        if seen is not None and (others := marks.changed(now, seen)):
            raise Overtaken(now, others)
        for name in rules.NEEDED:
            if given.get(name) == "" and now[name]:
                raise Refused(
                    N_("The campaign's %(fact)s can be changed, not emptied."), fact=rules.LABELS[name]
                )
        if "slug" in given:
            await slugs.take(site, "campaign", given["slug"], campaign.id)
        unchanged = dict.fromkeys(rules.LABELS)
        row: Row = await site.store.campaigns.change(id=campaign.id, **(unchanged | given))
        await organisers.note(
            site, actor, "campaign set", campaign_id=campaign.id, details={"fields": sorted(given)}
        )
    return row


async def set_logo(site: Site, campaign: Row, kept: Kept | None, *, actor: str) -> Row:
    """The picture in the head of its public pages; None takes it away."""
    async with site.store.transaction():
        row: Row = await site.store.campaigns.set_logo(id=campaign.id, logo=kept.digest if kept else None)
        act = "campaign logo" if kept else "campaign logo remove"
        await organisers.note(site, actor, act, campaign_id=campaign.id)
    return row


async def erased_by(site: Site, campaign: Row, months: int) -> list[Row]:
    """Closed statements whose personal data would go within a day if they were kept for so many months only."""
    if months >= campaign.retention_months:
        return []
    rows = await site.store.campaigns.list_retention(campaign_id=campaign.id, months=months)
    kept = await site.store.campaigns.list_retention(
        campaign_id=campaign.id, months=campaign.retention_months
    )
    over = {row.slug for row in kept if row.is_over}
    return [row for row in rows if row.is_over and row.slug not in over]


async def new_partners(site: Site, campaign: Row, names: Sequence[str]) -> dict[str, str]:
    """Keys for partners of these names: none that ever stood for another, who was agreed to by it."""
    taken = {row.key for row in await site.store.campaigns.list_partner_keys(campaign_id=campaign.id)}
    taken |= {partner["key"] for partner in campaign.partners}
    found: dict[str, str] = {}
    for name in names:
        key = next(key for key in _keys(name) if key not in taken | found.keys())
        found[key] = name
    return found


def _keys(name: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30].strip("-") or "partner"
    return itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))


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
