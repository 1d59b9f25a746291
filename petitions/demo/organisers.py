"""The demonstration's organisers, one of each role; whoever runs it sits down as its owner."""

from __future__ import annotations

from petitions import addresses
from petitions.organisers import log_in, team
from petitions.organisers.roles import ROLES
from petitions.site import Site
from petitions.storage.store import Row

NAMES = ("Olu Example", "Orla Example", "Mo Example", "Stella Example", "Rue Example")
OWNER = "owner@example.org"


async def look_after(site: Site, campaign: Row, *, actor: str) -> None:
    """owner@example.org, organiser@example.org …: each has the role that the address says."""
    for role, name in zip(ROLES, NAMES, strict=True):
        row = await team.add(site, f"{role}@example.org", name, demonstration=True)
        await team.give(site, campaign, row, role, actor=actor)


async def way_in(site: Site, *, actor: str) -> str:
    """The path of a one-time link to the owner's desk; "": there is no demonstration."""
    key = addresses.address_key(site.settings.address_key, OWNER)
    row = await site.store.organisers.find_by_address(address_key=key)
    if row is None or not row.demonstration:
        return ""
    return await log_in.link(site, row, actor=actor)
