"""The letter that tells a campaign how many comments and reports wait: once a day at most, and only if some are new."""

from __future__ import annotations

from dataclasses import replace

from petitions.mail import outbox
from petitions.mail.letters import Letter, LetterKind, at_once, compose_own, link
from petitions.site import Site
from petitions.storage.store import Row

WAITING = "words waiting"


async def tell(site: Site) -> str:
    """Job: post the letters that are due."""
    async with site.store.transaction():
        rows = await site.store.waiting.tell()
        for row in rows:
            await outbox.post(site, kind=WAITING, campaign_id=row.id, language=row.language, priority=2)
    return f"{len(rows)} campaigns told"


async def _render(site: Site, row: Row) -> Letter | None:
    """To the campaign; nothing that a visitor typed stands in it."""
    campaign = await site.store.waiting.find_campaign(id=row.campaign_id)
    comments = await site.store.comments.count_waiting(campaign_id=row.campaign_id)
    reports = await site.store.reports.count_waiting(campaign_id=row.campaign_id)
    if not (comments or reports) or not campaign.contact_email:
        return None
    listed = await site.store.statements.list_of_campaign(campaign_id=row.campaign_id, drafts=False)
    desk = link(site, f"/organise/{campaign.slug}")
    letter = compose_own(
        site,
        "desk/waiting",
        language=row.language,
        to=campaign.contact_email,
        campaign=campaign,
        statements={one.id: one for one in listed},
        queues=[
            *({"of": "comments", "row": one} for one in comments),
            *({"of": "reports", "row": one} for one in reports),
        ],
        total=sum(one.waiting for one in [*comments, *reports]),
        desk=desk,
    )
    return replace(letter, campaign_id=campaign.id)


KINDS = {WAITING: LetterKind(decide=at_once, render=_render)}
"""The letter, for the roof to hand to the worker."""
