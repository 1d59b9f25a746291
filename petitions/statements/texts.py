"""The text of a statement: a draft that may change in everything, then versions and notes that never change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from petitions.campaigns import slugs
from petitions.errors import N_, Refused
from petitions.forms import Unfit, clean_text
from petitions.ids import new_id
from petitions.site import Site
from petitions.statements import drafts, record
from petitions.statements.files import Draft
from petitions.storage.store import Row

NOTE = 10_000  # characters, as in schema.sql
ANOTHER = N_("The file is for “%(other)s”, not for “%(slug)s”.")
COLUMNS = (
    "kind",
    "language",
    "addressed_to",
    "goal",
    "fields",
    "public_fields",
    "handover_fields",
    "export_fields",
    "closes_at",
)


async def add(site: Site, campaign: Row, draft: Draft, *, actor: str) -> Row:
    """A new draft of this campaign, from a file. Raises Refused where the slug is taken."""
    facts = drafts.columns(site, draft, campaign.language)
    return await create(
        site,
        campaign,
        {**facts, "slug": draft.slug, "title": draft.title, "body": draft.body},
        actor=actor,
    )


async def create(site: Site, campaign: Row, facts: Mapping[str, Any], *, actor: str) -> Row:
    """A new draft of this campaign: slug, title, body and COLUMNS. Raises Refused where the slug is taken."""
    id = new_id()
    async with site.store.transaction():
        columns = {name: facts[name] for name in COLUMNS}
        await site.store.statements.add(id=id, campaign_id=campaign.id, slug=facts["slug"], **columns)
        await slugs.take(site, "statement", facts["slug"], campaign.id, id)
        await record.write_version(site, id, 1, facts["title"], facts["body"])
        row = await record.read(site, id)
        await record.note(site, actor, "statement add", row, slug=row.slug)
    return row


class Saved(NamedTuple):
    """What became of a draft. `statement` None: somebody else has saved it since it was read. `slug_refused`: the
    slug that was wished for can't be had; everything else is saved."""

    statement: Row | None
    slug_refused: Refused | None = None


async def save(site: Site, statement: Row, facts: Mapping[str, Any], read: int, *, actor: str) -> Saved:
    """A draft with these facts, as of `create`; those that are missing stay as they are. `read`: the version that
    whoever changed it has seen: of two who did at once the second is told. Raises Refused: it is no draft."""
    async with site.store.transaction():
        now = await record.read(site, statement.id)
        after = {name: facts.get(name, now[name]) for name in (*COLUMNS, "title", "body", "slug")}
        changed = sorted(name for name in after if after[name] != now[name])
        if not changed and now.state == "draft":
            return Saved(now)
        number = await site.store.statements.save_draft(
            id=statement.id, read=read, **{name: after[name] for name in COLUMNS}
        )
        if number is None:
            if (await record.read(site, statement.id)).state == "draft":
                return Saved(None)
            raise await record.refusal(site, statement, NO_DRAFT)
        await record.write_version(site, statement.id, number, after["title"], after["body"])
        refused = await _move_to(site, now, after["slug"])
        row = await record.read(site, statement.id)
        done = [name for name in changed if name != "slug" or refused is None]
        await record.note(site, actor, "statement draft", row, version=number, fields=done)
    return Saved(row, refused)


NO_DRAFT = N_("“%(slug)s” is no draft any more: it is %(state)s, and its text stands.")


async def _move_to(site: Site, statement: Row, slug: str) -> Refused | None:
    if slug == statement.slug:
        return None
    try:
        await slugs.take(site, "statement", slug, statement.campaign_id, statement.id)
    except Refused as refused:
        return refused
    await site.store.statements.rename(id=statement.id, slug=slug)
    return None


async def new_version(site: Site, statement: Row, draft: Draft, *, actor: str) -> Row:
    """A new text from a file: of a draft everything but its slug may change, of an open statement title and text alone.

    Signatures stay with the version that they were given to. Raises Refused.
    """
    if "slug" in draft.given and draft.slug != statement.slug:
        raise Refused(ANOTHER, other=draft.slug, slug=statement.slug)
    async with site.store.transaction():
        number = await _next_version(site, statement, draft)
        await record.write_version(site, statement.id, number, draft.title, draft.body)
        row = await record.read(site, statement.id)
        await record.note(site, actor, "statement version", row, version=number)
    return row


async def publish(site: Site, statement: Row, title: str, body: str, read: int, *, actor: str) -> Row | None:
    """A new title and text for an open statement, by who has seen version `read`; as `new_version`. None: there is a
    newer one than that by now. Raises Refused: it is not open, or nothing has changed."""
    async with site.store.transaction():
        number = await site.store.statements.next_version(id=statement.id, read=read)
        if number is None:
            if (await record.read(site, statement.id)).is_open:
                return None
            raise await record.refusal(site, statement, CLOSED)
        before = await site.store.statements.find_version(statement_id=statement.id, number=read)
        if (before.title, before.body) == (title, body):
            raise Refused(SAME)
        await record.write_version(site, statement.id, number, title, body)
        row = await record.read(site, statement.id)
        await record.note(site, actor, "statement version", row, version=number)
    return row


CLOSED = N_("“%(slug)s” takes no new version: it is %(state)s, not a draft and not open.")
SAME = N_("This is the text as it stands: nothing has changed.")


async def add_note(site: Site, statement: Row, text: str, *, actor: str) -> Row:
    """A dated addition under the text of an open or closed statement, in Markdown. Raises Refused."""
    body = note_body(text)
    async with site.store.transaction():
        row: Row | None = await site.store.statements.add_note(
            statement_id=statement.id, id=new_id(), body=body
        )
        if row is None:
            raise await record.refusal(
                site,
                statement,
                N_("“%(slug)s” takes no notes: it is %(state)s, and a draft's text can change."),
            )
        await record.note(site, actor, "statement note", statement, note=str(row.id))
    return row


async def rename(site: Site, statement: Row, slug: str, *, actor: str) -> Row:
    """Another slug; the old one redirects for ever. Raises Refused."""
    async with site.store.transaction():
        await slugs.take(site, "statement", slug, statement.campaign_id, statement.id)
        old = await site.store.statements.rename(id=statement.id, slug=slug)
        row = await record.read(site, statement.id)
        if old is not None:
            await record.note(site, actor, "statement rename", row, old=old, slug=slug)
    return row


def note_body(text: str) -> str:
    """The text of a note, cleaned. Raises Refused."""
    try:
        body = clean_text(text, NOTE)
    except Unfit as error:
        raise Refused(error.sentence, **error.values) from error
    if not body:
        raise Refused(N_("The note is empty."))
    return body


async def _next_version(site: Site, statement: Row, draft: Draft) -> int:
    facts = drafts.columns(site, draft, statement.language)
    number: int | None = await site.store.statements.replace_draft(id=statement.id, **facts)
    if number is not None:
        return number
    number = await site.store.statements.next_version(id=statement.id, read=None)
    if number is None:
        raise await record.refusal(site, statement, CLOSED)
    drafts.refuse_changes(statement, draft, facts)
    return number
