"""Invalidations: a saved rule takes signatures out of the count, in batches, and puts them back when it is undone.

Everybody sees the correction, with its reason; everybody who is taken out is told. One line in the audit says which
kinds of conditions the rule has, never its values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from petitions.errors import N_, NotFound, Refused
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.signatures.rules import kinds
from petitions.site import Site
from petitions.storage.store import Row

SAMPLE = 20
HOURS = 48
LOOK = 5_000  # signatures a batch looks at
BATCH = 1_000  # that a batch of an undoing puts back

_NOBODY = N_("This rule is about nobody, so there is nothing to take out.")
_OVER = N_("This can't be undone: it is undone already, or the personal details that it went by are erased.")
_ANONYMISED = N_(
    "The personal details of this statement are erased: there is nothing left that a rule could go by."
)


class Preview(NamedTuple):
    """What a rule would do. `people`: the public count after it, over all versions of the text."""

    found: int
    counted: int
    people: int
    sample: list[Row]
    hours: list[Row]


async def preview(site: Site, statement: Row, rule: Mapping[str, Any]) -> Preview:
    """How many, which, when, and what the count would be."""
    about = {"statement_id": statement.id, "rule": dict(rule)}
    async with site.store.held():
        size = await site.store.invalidations.preview(**about)
        counts = await site.store.tally.public(statement_id=statement.id)
        sample = await site.store.invalidations.list_sample(**about, most=SAMPLE)
        hours = await site.store.invalidations.list_hours(**about, most=HOURS)
    people = counts.people + counts.people_earlier
    return Preview(
        size.found, size.counted, people - size.counted, sample, sorted(hours, key=lambda row: row.hour)
    )


async def begin(site: Site, statement: Row, rule: Mapping[str, Any], reason: str, *, actor: str) -> UUID:
    """Save the rule; the job carries it out. Its id. Raises Refused: it is about nobody, or everybody is erased."""
    id = new_id()
    async with site.store.transaction():
        size = await site.store.invalidations.preview(statement_id=statement.id, rule=dict(rule))
        if not size.found:
            raise Refused(_NOBODY)
        begun = await site.store.invalidations.begin(
            statement_id=statement.id, id=id, actor=actor, rule=dict(rule), reason=reason, found=size.found
        )
        if not begun:
            raise Refused(_ANONYMISED)
        await _note(site, statement, actor, "begin", id, kinds=kinds(rule), found=size.found)
    return id


async def undo(site: Site, statement: Row, id: UUID, *, actor: str) -> None:
    """Each becomes what it was before; the job does it. Raises NotFound, Refused."""
    async with site.store.transaction():
        if await site.store.invalidations.find(statement_id=statement.id, id=id) is None:
            raise NotFound
        if await site.store.invalidations.undo(statement_id=statement.id, id=id, actor=actor) is None:
            raise Refused(_OVER)
        await _note(site, statement, actor, "undo", id)


async def carry_out(site: Site, look: int = LOOK, most: int = BATCH) -> str:
    """Job: batch after batch, a transaction each, until nothing waits. A worker that dies loses one batch and no more;
    another goes on where the last one came to, or takes the next invalidation meanwhile."""
    moved = 0
    while (batch := await _batch(site, look, most)) is not None:
        moved += batch
    return f"{moved} signatures moved"


async def _batch(site: Site, look: int, most: int) -> int | None:
    """How many it moved; None: there is nothing to do, or others do it."""
    async with site.store.transaction():
        row = await site.store.invalidations.take()
        if row is None:
            return None
        about = {"statement_id": row.statement_id, "id": row.id}
        if row.state == "running":
            done = await site.store.invalidations.take_out(
                **about, rule=row.rule, reached=row.reached, look=look, **_new_ids(look)
            )
            return int(done.done)
        back = await site.store.invalidations.put_back(**about, most=most, **_new_ids(most))
        return int(back.back)


def _new_ids(most: int) -> dict[str, list[UUID]]:
    return {name: [new_id() for _ in range(most)] for name in ("event_ids", "letter_ids")}


async def _note(site: Site, statement: Row, actor: str, act: str, id: UUID, **details: Any) -> None:
    await organisers.note(
        site,
        actor,
        f"invalidation {act}",
        campaign_id=statement.campaign_id,
        statement_id=statement.id,
        details={"invalidation": str(id), **details},
    )
