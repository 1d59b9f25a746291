"""What organisers do about themselves: name and language, their sessions; and what is forgotten of them."""

from __future__ import annotations

from uuid import UUID

from petitions.errors import NotFound
from petitions.organisers import actions as organisers
from petitions.organisers import invitations, sessions
from petitions.site import Site

KEPT_DAYS = 30
"""Sessions, log-ins and invitations are forgotten so many days after they are over."""


async def change(site: Site, organiser_id: UUID, name: str, language: str) -> None:
    """Take over a cleaned name and a language of the site."""
    async with site.store.transaction():
        fields = await site.store.organisers.change_organiser(id=organiser_id, name=name, language=language)
        if fields:
            await _note(site, organiser_id, "organiser change", fields=fields)


async def end_session(site: Site, organiser_id: UUID, session_id: UUID, act: str = "session end") -> None:
    """End one of one's own sessions. Raises NotFound: it is somebody else's, or over."""
    async with site.store.transaction():
        if not await sessions.end(site, organiser_id, session_id):
            raise NotFound
        await _note(site, organiser_id, act, session=str(session_id))


async def end_others(site: Site, organiser_id: UUID, but: UUID) -> None:
    """End all of one's own sessions but the one in use."""
    async with site.store.transaction():
        ended = await sessions.end_all(site, organiser_id, but)
        await _note(site, organiser_id, "session end others", sessions=ended)


async def forget(site: Site) -> str:
    """Job: forget sessions, log-ins and invitations that have long been over."""
    gone = await site.store.organisers.forget_over(
        days=KEPT_DAYS, idle=sessions.IDLE, longest=sessions.LONGEST, good=invitations.DAYS
    )
    return f"{gone} sessions, log-ins and invitations forgotten"


async def _note(site: Site, organiser_id: UUID, act: str, **details: object) -> None:
    await organisers.note(site, f"organiser:{organiser_id}", act, details=details)
