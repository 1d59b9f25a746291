"""Confirmed claims for the tests of the review, and what organisers then do with them."""

from __future__ import annotations

from typing import Any

from petitions import addresses, tally
from petitions.endorsements import review
from petitions.storage.store import Row
from tests.endorsements import rows

ACTOR = "cli:example"
OFFICER = "olive@example.org"


async def waiting(
    site: Any, owner: Any, statement: Any, name: str = "Exampleton Branch", **columns: Any
) -> Row:
    """A claim in the queue, as organisers find it."""
    columns.setdefault("address_key", addresses.address_key(site.settings.address_key, OFFICER))
    row = await rows.confirmed(owner, statement, name, **columns)
    return await review.find_for_organisers(site, str(row["id"]))


async def accept(site: Any, row: Row, **said: Any) -> Row:
    return await review.accept(site, row, actor=ACTOR, **said)


async def correction(site: Any, owner: Any, statement: Any, old: Row, **columns: Any) -> Row:
    """What the officer's own link makes of an accepted endorsement: a new row that corrects it."""
    same = {name: old[name] for name in ("name", "kind", "parent", "region", "code", "decided", "met_on")}
    facts = {**same, "via": "officer", "confirmed_by": "officer", "replaces_id": old.id, **columns}
    return await waiting(site, owner, statement, facts.pop("name"), **facts)


async def public(owner: Any) -> list[str]:
    """What the public sees, by name."""
    return [
        row["name"]
        for row in await owner.fetch("select name from public_endorsements order by accepted_at, id")
    ]


async def events(owner: Any) -> list[str]:
    return [
        row["act"] for row in await owner.fetch("select act from endorsement_events order by happened_at, id")
    ]


async def counted(site: Any, owner: Any, statement: Any, counting: Any) -> int:
    """The public number, which agrees with the rows."""
    await counting()
    assert await tally.recount(site) == []
    shown = await site.store.tally.public(statement_id=statement.id)
    listed = "select count(*) from public_endorsements where statement_id = $1"
    assert shown.organisations == await owner.fetchval(listed, statement.id)
    number: int = shown.organisations
    return number
