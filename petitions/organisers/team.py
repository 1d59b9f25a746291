"""The team of a campaign: who is an organiser, and in which role."""

from __future__ import annotations

from petitions import addresses
from petitions.errors import N_, Refused
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.organisers import sessions
from petitions.organisers.roles import ROLES
from petitions.site import Site
from petitions.storage.store import Row


async def add(site: Site, email: str, name: str, *, language: str = "en", demonstration: bool = False) -> Row:
    """The organiser of a checked address, made where there is none yet."""
    row: Row = await site.store.organisers.add(
        id=new_id(),
        address_key=addresses.address_key(site.settings.address_key, email),
        email=email,
        name=name,
        language=language,
        demonstration=demonstration,
    )
    return row


async def give(site: Site, campaign: Row, organiser: Row, role: str, *, actor: str) -> None:
    """Give a role, or another one than before; then their sessions end. Raises Refused: the last owner stays one."""
    if role not in ROLES:
        raise Refused(N_("“%(role)s” is no role: it is one of %(known)s."), role=role, known=", ".join(ROLES))
    async with site.store.transaction():
        await site.store.organisers.hold_team(campaign_id=campaign.id)
        given = await site.store.organisers.give_role(
            campaign_id=campaign.id, organiser_id=organiser.id, role=role, given_by=actor
        )
        if given is None:
            raise Refused(LAST_OWNER)
        if given.changed:
            await sessions.end_all(site, organiser.id)
        await organisers.note(
            site,
            actor,
            "team role",
            campaign_id=campaign.id,
            details={"organiser": str(organiser.id), "role": role},
        )


LAST_OWNER = N_("A campaign keeps at least one owner: make somebody else an owner first.")
