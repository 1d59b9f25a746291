"""Invitations: a letter asks somebody into a team. Good for seven days, once; who holds its link has the address."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from petitions import addresses
from petitions.errors import N_, NotFound, Refused, TokenExpired, TokenInvalid
from petitions.ids import new_id
from petitions.mail import outbox
from petitions.organisers import actions as organisers
from petitions.organisers import sessions, team
from petitions.organisers.sessions import Begun
from petitions.site import Site
from petitions.storage.store import Row
from petitions.tokens import pack, unpack

PURPOSE = "invitation"
DAYS = 7
"""An invitation is good for so many, from when it was written."""
_CEILING = 30 * 24 * 3600
"""Seconds its link can be read at all; whether it is good, the database says."""

OVER = N_("It was used, taken back or replaced by a newer one, or its seven days are over.")
IN_THE_TEAM = N_("This address is in the team already.")


class Joined(NamedTuple):
    """`campaign`: the slug. `begun`: a session, where the address was nobody's here before."""

    campaign: str
    begun: Begun | None


async def invite(site: Site, campaign: Row, address: str, role: str, *, actor: str) -> None:
    """Invite a checked address; an earlier invitation of the same address is over then.

    Looks whether it is in this team, never whether it is known here. Raises RoleMissing; Refused: it is in the team, or
    no role.
    """
    team.check_role(role)
    key, id = addresses.address_key(site.settings.address_key, address), new_id()
    async with site.store.transaction():
        await team.hold(site, campaign, actor)
        if await site.store.organisers.is_member(campaign_id=campaign.id, address_key=key):
            raise Refused(IN_THE_TEAM)
        await site.store.organisers.replace_invitation(campaign_id=campaign.id, address_key=key)
        await site.store.organisers.add_invitation(
            id=id,
            campaign_id=campaign.id,
            address_key=key,
            email=address,
            role=role,
            given_by=actor,
            language=campaign.language,
        )
        await outbox.post(
            site,
            kind="invitation",
            campaign_id=campaign.id,
            language=campaign.language,
            subject_id=id,
            address_key=key,
            priority=2,
        )
        await _note(site, actor, "team invite", campaign.id, id, role=role)


async def take_back(site: Site, campaign: Row, id: UUID, *, actor: str) -> None:
    """The invitation is over. Raises NotFound: there is none that waits."""
    async with site.store.transaction():
        if not await site.store.organisers.end_invitation(campaign_id=campaign.id, id=id):
            raise NotFound
        await _note(site, actor, "team invitation taken back", campaign.id, id)


def path(site: Site, id: UUID) -> str:
    """The address of an invitation, on this site."""
    return f"/organise/invite/{site.tokens.make(PURPOSE, pack(id))}"


async def find(site: Site, token: str) -> Row:
    """The invitation of a link, with its campaign; `known_as`: the name of the organiser whose address it is.

    Raises TokenInvalid, TokenExpired.
    """
    ids = unpack(site.tokens.read(PURPOSE, token, max_age=_CEILING))
    if len(ids) != 1:
        raise TokenInvalid
    row: Row | None = await site.store.organisers.find_invitation(id=ids[0], good=DAYS)
    if row is None or not row.is_good:
        raise TokenExpired(OVER)
    return row


async def accept(site: Site, invitation: Row, name: str, *, browser: str, old: str) -> Joined:
    """Join the team, once; `invitation`: as found; `name`: cleaned, for an address that is new here.

    Only a new organiser gets a session: an older letter must not open the desk of somebody who has one already.
    Raises TokenExpired.
    """
    async with site.store.transaction():
        await site.store.organisers.hold_team(campaign_id=invitation.campaign_id)
        used = await site.store.organisers.use_invitation(id=invitation.id, good=DAYS)
        if used is None:
            raise TokenExpired(OVER)
        organiser = await team.add(site, used.email, name, language=used.language)
        await site.store.organisers.join_team(
            campaign_id=used.campaign_id, organiser_id=organiser.id, role=used.role, given_by=used.given_by
        )
        actor = f"organiser:{organiser.id}"
        await _note(site, actor, "team join", used.campaign_id, used.id, role=used.role)
        begun = None
        if organiser.is_new:
            begun = await sessions.begin(site, organiser.id, way="letter", browser=browser, old=old)
        campaign = await site.store.mail.find_campaign(id=used.campaign_id)
    return Joined(campaign.slug, begun)


async def _note(site: Site, actor: str, act: str, campaign_id: UUID, id: UUID, **more: str) -> None:
    await organisers.note(site, actor, act, campaign_id=campaign_id, details={"invitation": str(id), **more})
