"""The team of a campaign: who is an organiser, and in which role. A campaign keeps its last owner."""

from __future__ import annotations

from uuid import UUID

from petitions import addresses
from petitions.errors import N_, NotFound, Refused, RoleMissing
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.organisers import sessions
from petitions.organisers.roles import ROLES
from petitions.site import Site
from petitions.storage.store import Row

LAST_OWNER = N_("A campaign keeps at least one owner: make somebody else an owner first.")


async def add(site: Site, email: str, name: str, *, language: str = "en", demonstration: bool = False) -> Row:
    """The organiser of a checked address, made where there is none yet (`is_new`)."""
    row: Row = await site.store.organisers.add(
        id=new_id(),
        address_key=addresses.address_key(site.settings.address_key, email),
        email=email,
        name=name,
        language=language,
        demonstration=demonstration,
    )
    return row


async def find(site: Site, campaign: Row, organiser_id: UUID) -> Row:
    """Somebody of the team: id, name, email, role, since, given_by. Raises NotFound."""
    row: Row | None = await site.store.organisers.find_member(
        campaign_id=campaign.id, organiser_id=organiser_id
    )
    if row is None:
        raise NotFound
    return row


async def hold(site: Site, campaign: Row, actor: str) -> None:
    """In a transaction: nobody else changes the team meanwhile. Raises RoleMissing: the actor is an owner no more."""
    await site.store.organisers.hold_team(campaign_id=campaign.id)
    if not await site.store.organisers.may_change_team(campaign_id=campaign.id, actor=actor):
        raise RoleMissing


async def give(site: Site, campaign: Row, organiser: Row, role: str, *, actor: str) -> None:
    """Give a role, or another one than before; then their sessions end. Raises Refused: the last owner stays one;
    RoleMissing."""
    check_role(role)
    async with site.store.transaction():
        await hold(site, campaign, actor)
        given = await site.store.organisers.give_role(
            campaign_id=campaign.id, organiser_id=organiser.id, role=role, given_by=actor
        )
        if given is None:
            raise Refused(LAST_OWNER)
        if given.changed:
            await _is_another(site, campaign, organiser.id, role)
        await _note(site, actor, "team role", campaign, organiser.id, role=role)


async def change(site: Site, campaign: Row, organiser_id: UUID, role: str, *, actor: str) -> None:
    """Give somebody of the team another role; the one they have changes nothing. Raises NotFound; else as `give`."""
    async with site.store.transaction():
        await hold(site, campaign, actor)
        member = await find(site, campaign, organiser_id)
        if member.role != role:
            await give(site, campaign, member, role, actor=actor)


async def remove(site: Site, campaign: Row, organiser_id: UUID, *, actor: str) -> None:
    """Take somebody out of the team; their sessions end. Raises NotFound, RoleMissing; Refused: the last owner."""
    async with site.store.transaction():
        await hold(site, campaign, actor)
        await _out(site, campaign, organiser_id, "team remove", actor)


async def leave(site: Site, campaign: Row, organiser_id: UUID) -> None:
    """Out of the team oneself, from whatever role. Raises NotFound; Refused: the last owner."""
    async with site.store.transaction():
        await site.store.organisers.hold_team(campaign_id=campaign.id)
        await _out(site, campaign, organiser_id, "team leave", f"organiser:{organiser_id}")


def check_role(role: str) -> str:
    """The role itself. Raises Refused."""
    if role not in ROLES:
        raise Refused(N_("“%(role)s” is no role: it is one of %(known)s."), role=role, known=", ".join(ROLES))
    return role


async def _out(site: Site, campaign: Row, organiser_id: UUID, act: str, actor: str) -> None:
    member = await find(site, campaign, organiser_id)
    if not await site.store.organisers.remove_role(campaign_id=campaign.id, organiser_id=member.id):
        raise Refused(LAST_OWNER)
    await _is_another(site, campaign, member.id, "")
    await _note(site, actor, act, campaign, member.id, role=member.role)


async def _is_another(site: Site, campaign: Row, organiser_id: UUID, role: str) -> None:
    """Whoever may do less, or more, comes in anew; who may not invite any more leaves no invitation behind."""
    await sessions.end_all(site, organiser_id)
    if role != "owner":
        await site.store.organisers.end_invitations_by(
            campaign_id=campaign.id, given_by=f"organiser:{organiser_id}"
        )


async def _note(site: Site, actor: str, act: str, campaign: Row, organiser_id: UUID, **more: str) -> None:
    await organisers.note(
        site, actor, act, campaign_id=campaign.id, details={"organiser": str(organiser_id), **more}
    )
