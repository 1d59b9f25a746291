"""The demonstration: a campaign to click through. Every person and body in it is visibly an example.

It goes through the same actions as everybody, in one transaction, so that no letter of it is ever sent.
"""

from __future__ import annotations

from petitions import tally, work
from petitions.campaigns import actions as campaigns
from petitions.demo import motions, organisations, organisers
from petitions.demo.people import people, sign
from petitions.errors import Refused
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements.files import parse
from petitions.storage.store import Row

__all__ = ["CAMPAIGN", "load", "people", "remove"]

CAMPAIGN = {
    "slug": "example-buses",
    "name": "Example Campaign for Public Buses",
    "controller": "Example Campaign for Public Buses (a demonstration)",
    "postal_address": "1 Example Street\nExampleton EX1 1EX",
    "contact_email": "campaign@example.org",
    "introduction": (
        "We are passengers, drivers and trade unionists of Exampleton, a town that you will find on no map. "
        "This campaign shows what this site can do: sign, look for your letter, take your name back. "
        "Nothing that you do here reaches anybody."
    ),
}
STATEMENT = """\
---
title: Put our buses back in public hands
slug: public-buses
kind: campaign statement
addressed_to: Exampleton Council
goal: 100
fields:
  - town
  - {name: union}
  - {name: branch}
  - {name: role}
  - name: rides
    label: How often do you take the bus?
    kind: choice
    choices: [Every day, Every week, Now and then, There is none where I live]
public: [name, town, role, union, branch]
---

The last bus from Exampleton market leaves at ten past seven. Whoever works late walks home, and whoever lives \
in the villages does not come at all. Forty years after the buses were sold, the routes that pay are run for \
profit, and the routes that people need are cut.

It was not always so, and it need not stay so. A town that runs its own buses can decide where they go, what a \
ticket costs and how those who drive them are treated. What passengers pay then comes back as a later bus, a \
shelter, a fair wage, and not as a dividend.

We therefore ask the council:

- to set up a **public bus company** for Exampleton and its villages, owned by all of us;
- to bring back evening and Sunday routes first, where cars are fewest;
- to take over every driver, mechanic and cleaner at their present pay or better, with their union recognised;
- to give passengers and workers seats and votes on its board;
- to let everybody under eighteen ride for nothing.

Good will won't do it alone. We want to win this in meetings, at bus stops and in union branches, and we \
will support the drivers whenever they stand up for themselves. Add your name, and ask the next person in the queue.
"""
NOTE = "Two hundred people came to the meeting in the example hall. The next one is open to all."


async def load(site: Site, *, actor: str) -> Row:
    """The demonstration's statement, made unless it is there. Raises Refused where its slug is another's."""
    try:
        async with site.store.transaction():
            row = await _load(site, actor)
    except Refused:
        standing: Row | None = await site.store.statements.find_for_organisers(slug="public-buses")
        if standing is None or not standing.demonstration:
            raise
        return standing
    await tally.count(site, work.givers(site))
    return row


async def _load(site: Site, actor: str) -> Row:
    campaign = await campaigns.add(site, actor=actor, demonstration=True, **CAMPAIGN)
    await organisers.look_after(site, campaign, actor=actor)
    row = await statements.add(site, campaign, parse(STATEMENT), actor=actor)
    row = await statements.open_(site, row, actor=actor)
    await statements.add_note(site, row, NOTE, actor=actor)
    await sign(site, row)
    await organisations.endorse(site, row, actor=actor)
    await motions.put(site, row, actor=actor)
    await site.store.demo.drop_letters(campaign_id=campaign.id)
    return row


async def remove(site: Site) -> int:
    """Remove every campaign that was born as a demonstration, with all its traces; how many there were."""
    gone: int = await site.store.demo.remove()
    return gone
