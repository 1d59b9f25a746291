"""Two bodies of the list that are one: what would move, and the move. Nothing knows afterwards which was whose."""

from __future__ import annotations

from typing import NamedTuple

from petitions.errors import N_, Refused
from petitions.ids import new_id
from petitions.organisations.actions import find_for_organisers, hold_tree
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.store import Conflict, Row

LIKENESS = 0.6
"""From here on two names of the list are shown as one body’s, perhaps: the similarity of pg_trgm, 0 to 1."""
SHOWN = 3  # names in a sentence


class Moved(NamedTuple):
    """What moves: how many endorsements, how many of them public, and how many bodies below."""

    endorsements: int
    standing: int
    below: int


async def preview(site: Site, gone: Row, kept: Row) -> Moved:
    """What merging `gone` into `kept` would move. Raises Refused where it can't be done."""
    if gone.id == kept.id:
        raise Refused(N_("“%(name)s” is one organisation already: choose another."), name=gone.name)
    found = await site.store.organisations.find_merge(id=gone.id, into_id=kept.id)
    if found.inside:
        raise Refused(
            N_(
                "“%(kept)s” belongs to “%(gone)s”: give it another place first, or merge the other way round."
            ),
            kept=kept.name,
            gone=gone.name,
        )
    if found.both:
        raise Refused(
            N_("Both endorse %(titles)s: end one of the two endorsements first, then merge."),
            titles=_named(found.both),
        )
    if found.twice:
        raise Refused(N_("%(names)s stands below both: merge these two first."), names=_named(found.twice))
    return Moved(found.endorsements, found.standing, found.below)


async def merge(site: Site, gone: Row, kept: Row, *, actor: str) -> Moved:
    """Endorsements and bodies below `gone` become those of `kept`, and `gone` leaves the list. Raises Refused."""
    async with site.store.transaction():
        await hold_tree(site, kept.campaign_id)
        gone, kept = [await find_for_organisers(site, kept.campaign_id, str(one.id)) for one in (gone, kept)]
        await site.store.organisations.hold_endorsements(id=gone.id)
        moved = await preview(site, gone, kept)
        await _move(site, gone, kept, actor)
        await organisers.note(
            site,
            actor,
            "organisation merge",
            campaign_id=kept.campaign_id,
            details={"organisation": str(gone.id), "into": str(kept.id), **moved._asdict()},
        )
    return moved


async def _move(site: Site, gone: Row, kept: Row, actor: str) -> None:
    both = {"id": gone.id, "into_id": kept.id}
    standing = await site.store.organisations.list_standing(organisation_id=gone.id)
    try:
        async with site.store.transaction():
            await site.store.organisations.give_up_key(id=gone.id)
            await site.store.organisations.move_endorsements(**both)
            await site.store.organisations.move_below(**both)
            await site.store.organisations.remove(id=gone.id)
    except Conflict:
        raise Refused(N_("Somebody changed one of the two meanwhile: look at them again.")) from None
    for one in standing:
        await site.store.organisations.note_changed(
            statement_id=one.statement_id,
            id=new_id(),
            endorsement_id=one.id,
            actor=actor,
            fields=["organisation"],
        )
    await site.store.organisations.tell_below(organisation_id=kept.id)


def _named(names: list[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:SHOWN])
    return f"{shown} …" if len(names) > SHOWN else shown
