"""What organisers may do with a model motion, and how it is found. The database judges each step."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from petitions.errors import N_, NotFound, Refused
from petitions.ids import new_id
from petitions.motions.files import Draft
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.store import Row

TAKEN = N_("“%(statement)s” has a motion “%(slug)s” already.")
NEWER = N_(
    "Somebody has changed or published it since you opened it. Below is what you typed: open its page in another tab "
    "to compare. If you keep yours now, it takes the place of theirs."
)
UNKNOWN = N_("“%(statement)s” has no motion “%(slug)s”.")


async def add(site: Site, statement: Row, draft: Draft, *, actor: str) -> Row:
    """A new motion, seen by nobody until it is published. Raises Refused where its slug is taken."""
    async with site.store.transaction():
        row = await site.store.motions.add(statement_id=statement.id, id=new_id(), **draft._asdict())
        if row is None:
            raise Refused(
                TAKEN,
                statement=statement.slug,
                slug=draft.slug,
            )
        return await _noted(site, actor, "add", statement, row)


async def replace(site: Site, statement: Row, draft: Draft, *, read: str | None = None, actor: str) -> Row:
    """Another title, text and notes for the motion of this slug; its state stays. `read`: the mark of what whoever
    writes has seen; of two who do at once the second is told. Raises Refused: that, or there is none."""
    async with site.store.transaction():
        row = await site.store.motions.replace(statement_id=statement.id, read=read, **draft._asdict())
        if row is None:
            await find_for_organisers(site, statement, draft.slug)
            raise Refused(NEWER)
        return await _noted(site, actor, "replace", statement, row)


async def publish(site: Site, statement: Row, slug: str, *, actor: str) -> Row:
    """Draft or withdrawn → published. Raises Refused."""
    async with site.store.transaction():
        row = await site.store.motions.publish(statement_id=statement.id, slug=slug)
        if row is None:
            await find_for_organisers(site, statement, slug)
            raise Refused(N_("“%(slug)s” is published already."), slug=slug)
        return await _noted(site, actor, "publish", statement, row)


async def withdraw(site: Site, statement: Row, slug: str, *, actor: str) -> Row:
    """Published → withdrawn: nobody sees it any more; what bodies said of it stays. Raises Refused."""
    async with site.store.transaction():
        row = await site.store.motions.withdraw(statement_id=statement.id, slug=slug)
        if row is None:
            now = await find_for_organisers(site, statement, slug)
            raise Refused(N_("“%(slug)s” is not published: it is %(state)s."), slug=slug, state=now.state)
        return await _noted(site, actor, "withdraw", statement, row)


async def find(site: Site, statement: Row, slug: str) -> Row:
    """The published motion at this slug. Raises NotFound."""
    row: Row | None = await site.store.motions.find(statement_id=statement.id, slug=slug)
    if row is None:
        raise NotFound
    return row


async def find_known(site: Site, statement: Row, slug: str) -> Row:
    """The motion at this slug, withdrawn ones too: for whoever has told of putting it. Raises NotFound."""
    row: Row | None = await site.store.motions.find_known(statement_id=statement.id, slug=slug)
    if row is None:
        raise NotFound
    return row


async def find_by_id(site: Site, statement: Row, id: UUID) -> Row:
    """Any motion of this statement. Raises NotFound."""
    row: Row | None = await site.store.motions.find_by_id(statement_id=statement.id, id=id)
    if row is None:
        raise NotFound
    return row


async def find_for_organisers(site: Site, statement: Row, slug: str) -> Row:
    """Any motion of this statement. Raises Refused."""
    row: Row | None = await site.store.motions.find_for_organisers(statement_id=statement.id, slug=slug)
    if row is None:
        raise _none(statement, slug)
    return row


def _none(statement: Row, slug: str) -> Refused:
    return Refused(
        UNKNOWN,
        statement=statement.slug,
        slug=slug,
    )


async def _noted(site: Site, actor: str, act: str, statement: Row, row: Any) -> Row:
    await organisers.note(
        site,
        actor,
        f"motion {act}",
        campaign_id=statement.campaign_id,
        statement_id=statement.id,
        details={"motion": str(row.id), "slug": row.slug},
    )
    found: Row = row
    return found
