"""Addresses and forms of the queue of endorsements, for its tests."""

from __future__ import annotations

from petitions.campaigns import actions as campaigns
from tests import makers


async def campaign_of(site, statement):
    return await campaigns.find(site, statement.campaign_slug)


def queue_of(statement) -> str:
    return f"/organise/{statement.campaign_slug}/{statement.slug}/endorsements"


def page_of(statement, row) -> str:
    return f"{queue_of(statement)}/{row.id}"


async def state(owner, row) -> str:
    return await owner.fetchval("select state from endorsements where id = $1", row.id)


async def whole(mod, statement, row, **said) -> object:
    """The whole form, as the page has it, with some answers changed."""
    form = makers.hidden((await mod.get(page_of(statement, row))).text)
    return await mod.post(f"{page_of(statement, row)}/accept", data={**form, "tell": "yes", **said})
