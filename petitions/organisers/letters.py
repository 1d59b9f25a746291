"""What the worker sends for organisers: the log-in letter, and the invitation into a team."""

from __future__ import annotations

from urllib.parse import quote

from petitions.mail import caps, suppression
from petitions.mail.letters import (
    Decision,
    Drop,
    Letter,
    LetterKind,
    Send,
    compose,
    compose_own,
    link,
    mail_domain,
)
from petitions.organisers import invitations, log_in
from petitions.organisers.roles import LABELS, MEANINGS
from petitions.site import Site
from petitions.storage.store import Row

INVITATIONS_A_DAY, INVITATIONS_A_MONTH = 3, 10
"""Most invitations to one address, of all campaigns."""


async def _decide_log_in(site: Site, row: Row) -> Decision:
    """Only an organiser's address gets a letter, whatever other letters it does not want."""
    organiser = await site.store.organisers.find_by_address(address_key=row.address_key)
    if organiser is None:
        return Drop()
    if await _too_many(site, row.address_key, row.details["near"]):
        return Drop()  # not put off: who waits till tomorrow asks again
    mark = bytes.fromhex(row.details["mark"])
    await site.store.organisers.add_log_in(id=row.id, organiser_id=organiser.id, way="letter", mark=mark)
    return Send("log-in")


async def _too_many(site: Site, address_key: bytes, near: str) -> bool:
    """Over this connection, or over all. By the day alone: nobody is to be locked out for a month."""
    of_one, of_all = log_in.FROM_ONE_A_DAY, log_in.LETTERS_A_DAY
    if await caps.take(site, address_key, f"log-in {near}", of_one, 30 * of_one):
        return True
    return await caps.take(site, address_key, "log-in", of_all, 30 * of_all) is not None


async def _render_log_in(site: Site, row: Row) -> Letter | None:
    """To the address that the organiser is known by, however it was typed now."""
    found = await site.store.organisers.find_log_in(id=row.id, minutes=24 * 60)
    if found is None or not found.is_good:
        return None
    next = row.details["next"]
    path = log_in.path(site, row.id) + (f"?next={quote(next, safe='/')}" if next else "")
    return compose_own(
        site,
        "organisers/log_in",
        language=found.language,
        to=found.email,
        name=found.name,
        place=mail_domain(site),
        minutes=log_in.MINUTES,
        code=log_in.code_of(site, row.id),
        link=link(site, path),
    )


async def _sent_log_in(site: Site, row: Row) -> None:
    await site.store.organisers.sent_log_in(id=row.id)


async def _decide_invitation(site: Site, row: Row) -> Decision:
    """Somebody else typed the address: who wants no such letters gets none, nor too many."""
    if await suppression.suppressed(site, row.address_key, "forms", row.campaign_id):
        return Drop()
    over = await caps.take(site, row.address_key, "invitations", INVITATIONS_A_DAY, INVITATIONS_A_MONTH)
    return Drop() if over else Send("invitation")


async def _render_invitation(site: Site, row: Row) -> Letter | None:
    """Nothing, where it was taken back meanwhile."""
    found = await site.store.organisers.find_invitation(id=row.subject_id, good=invitations.DAYS)
    if found is None or not found.is_good:
        return None
    return compose(
        site,
        "organisers/invitation",
        campaign=await site.store.mail.find_campaign(id=row.campaign_id),
        language=found.language,
        to=found.email,
        address_key=found.address_key,
        role=LABELS[found.role],
        meaning=MEANINGS[found.role],
        good_until=found.good_until,
        link=link(site, invitations.path(site, found.id)),
    )


KINDS = {
    "log-in": LetterKind(decide=_decide_log_in, render=_render_log_in, sent=_sent_log_in),
    "invitation": LetterKind(decide=_decide_invitation, render=_render_invitation),
}
"""The letters of this pillar, for the roof to hand to the worker."""
