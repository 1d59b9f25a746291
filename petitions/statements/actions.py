"""What organisers may do with a statement, and how it is found: `finding`, `states` and `texts`, at one place."""

from __future__ import annotations

from typing import Any

from petitions.campaigns import actions as campaigns
from petitions.site import Site
from petitions.statements.finding import (
    consents,
    find,
    find_for_organisers,
    find_of_campaign,
    of,
    officers_consents,
)
from petitions.statements.states import (
    archive,
    close,
    close_due,
    is_past,
    lacking,
    open_,
    reopen,
    set_closing,
    set_goal,
    write_consents,
)
from petitions.statements.texts import add, add_note, create, new_version, publish, rename, save
from petitions.storage.store import Row

__all__ = [
    "add",
    "add_note",
    "archive",
    "change_campaign",
    "close",
    "close_due",
    "consents",
    "create",
    "find",
    "find_for_organisers",
    "find_of_campaign",
    "is_past",
    "lacking",
    "new_version",
    "of",
    "officers_consents",
    "open_",
    "publish",
    "rename",
    "reopen",
    "save",
    "set_closing",
    "set_goal",
]


async def change_campaign(site: Site, campaign: Row, *, actor: str, **facts: Any) -> Row:
    """`campaigns.actions.change`, and new consent wordings where open statements name what changed."""
    async with site.store.transaction():
        row = await campaigns.change(site, campaign, actor=actor, **facts)
        for statement in await site.store.statements.list_open(campaign_id=campaign.id):
            await write_consents(site, statement)
    return row
