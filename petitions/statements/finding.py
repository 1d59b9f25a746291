"""How a statement is found, by the public and by organisers, and the consents that it asks for now."""

from __future__ import annotations

from uuid import UUID

from petitions.errors import N_, Moved, NotFound, Refused
from petitions.shelf import good_for
from petitions.site import Site
from petitions.statements import record
from petitions.statements.consents import of_officers, purposes, wordings
from petitions.storage.store import Row

UNKNOWN = N_("There is no statement “%(slug)s”.")


async def find(site: Site, slug: str) -> Row:
    """What the public may see at this slug: a row of statements_now.

    Raises NotFound (drafts too), or Moved where the slug is an old one.
    """

    async def make() -> tuple[UUID, Row, float]:
        row: Row | None = await site.store.statements.find(slug=slug)
        if row is None:
            raise NotFound
        if row.slug != slug:
            raise Moved(row.slug, "statement")
        return row.id, row, _shelf_life(site, row)

    row: Row = await site.shelf.get(("statement", slug), make)
    return row


async def of(site: Site, id: UUID) -> Row:
    """The statement of a row that belongs to it, whatever its state."""

    async def make() -> tuple[UUID, Row, float]:
        row = await record.read(site, id)
        return id, row, _shelf_life(site, row)

    row: Row = await site.shelf.get(("statement", id), make)
    return row


def _shelf_life(site: Site, row: Row) -> float:
    return site.store.shelf_life(good_for([row.closes_at] if row.is_open else []))


async def find_for_organisers(site: Site, slug: str) -> Row:
    """Any statement, a draft too, by its present slug or an old one. Raises Refused."""
    row: Row | None = await site.store.statements.find_for_organisers(slug=slug)
    if row is None:
        raise Refused(UNKNOWN, slug=slug)
    return row


async def find_of_campaign(site: Site, campaign: Row, slug: str, *, drafts: bool) -> Row:
    """A statement of this campaign alone; `drafts`: a draft too. Raises NotFound; Moved where the slug is old."""
    row: Row | None = await site.store.statements.find_of_campaign(
        campaign_id=campaign.id, slug=slug, drafts=drafts
    )
    if row is None:
        raise NotFound
    if row.slug != slug:
        raise Moved(row.slug, "statement")
    return row


async def consents(site: Site, statement: Row, language: str) -> list[Row]:
    """The consent texts in force (id, purpose, wording, version) in the order of the form, 'sign' first.

    They stand in the statement's own language, which is also its page's; another language has none.
    """
    found = wordings(statement, language)
    return await _texts(site, statement, language, {one: found[one] for one in purposes(statement)})


async def officers_consents(site: Site, statement: Row) -> dict[str, Row]:
    """The consent texts in force for officers of organisations, by purpose (consents.of_officers)."""
    wanted = of_officers(statement, statement.language)
    return {row.purpose: row for row in await _texts(site, statement, statement.language, wanted)}


async def _texts(site: Site, statement: Row, language: str, wanted: dict[str, str]) -> list[Row]:
    order = list(wanted)
    rows = await site.store.statements.list_consents(
        statement_id=statement.id, language=language, purposes=order, wordings=list(wanted.values())
    )
    return sorted(rows, key=lambda row: order.index(row.purpose))
