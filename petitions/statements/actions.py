"""What organisers may do with a statement, and how it is found. The database judges each step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from petitions.campaigns import actions as campaigns
from petitions.campaigns import slugs
from petitions.campaigns.facts import LABELS, NEEDED
from petitions.errors import N_, Moved, NotFound, Refused
from petitions.forms import Unfit, clean_text
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.shelf import good_for
from petitions.site import Site
from petitions.statements import drafts
from petitions.statements.consents import of_officers, purposes, wordings
from petitions.statements.files import Draft
from petitions.storage.store import Row

NOTE = 10_000  # characters, as in schema.sql


async def add(site: Site, campaign: Row, draft: Draft, *, actor: str) -> Row:
    """A new draft of this campaign. Raises Refused where the slug is taken."""
    id = new_id()
    async with site.store.transaction():
        await site.store.statements.add(
            id=id, campaign_id=campaign.id, slug=draft.slug, **drafts.columns(site, draft, campaign.language)
        )
        await slugs.take(site, "statement", draft.slug, campaign.id, id)
        await _write_version(site, id, 1, draft.title, draft.body)
        row = await _read(site, id)
        await _note(site, actor, "statement add", row, slug=row.slug)
    return row


async def open_(site: Site, statement: Row, *, actor: str) -> Row:
    """Draft → open: fields are fixed and the consent wordings written. Raises Refused: what is missing."""
    async with site.store.transaction():
        if await site.store.statements.open(id=statement.id) is None:
            raise await _why_not_open(site, statement)
        row = await _read(site, statement.id)
        await _write_consents(site, row)
        await _note(site, actor, "statement open", row)
    return row


async def close(site: Site, statement: Row, *, actor: str) -> Row:
    """Open → closed. Raises Refused."""
    refused = N_("“%(slug)s” is not open: it is %(state)s.")
    return await _move(site, statement, "close", site.store.statements.close, refused, actor)


async def reopen(site: Site, statement: Row, *, actor: str) -> Row:
    """Closed → open, but not once the personal data are anonymised. Raises Refused."""
    if statement.anonymised_at is not None:  # only the wording of the refusal: the database judges
        refused = N_("“%(slug)s” can't reopen: its signatures were anonymised when its retention ended.")
    else:
        refused = N_("“%(slug)s” is not closed: it is %(state)s.")
    async with site.store.transaction():
        row = await _move(site, statement, "reopen", site.store.statements.reopen, refused, actor)
        await _write_consents(site, row)
    return row


async def archive(site: Site, statement: Row, *, actor: str) -> Row:
    """Closed → archived, for good. Raises Refused."""
    refused = N_("“%(slug)s” is not closed: it is %(state)s.")
    return await _move(site, statement, "archive", site.store.statements.archive, refused, actor)


async def close_due(site: Site) -> str:
    """Job: statements whose closing date has passed become closed in name too."""
    async with site.store.transaction():
        rows = await site.store.statements.close_due()
        for row in rows:
            await _note(site, "job", "statement close", row)
    return f"{len(rows)} statements closed"


async def add_note(site: Site, statement: Row, text: str, *, actor: str) -> Row:
    """A dated addition under the text of an open or closed statement, in Markdown. Raises Refused."""
    body = _note_body(text)
    async with site.store.transaction():
        row: Row | None = await site.store.statements.add_note(
            statement_id=statement.id, id=new_id(), body=body
        )
        if row is None:
            raise await _refusal(
                site,
                statement,
                N_("“%(slug)s” takes no notes: it is %(state)s, and a draft's text can change."),
            )
        await _note(site, actor, "statement note", statement, note=str(row.id))
    return row


async def new_version(site: Site, statement: Row, draft: Draft, *, actor: str) -> Row:
    """A new text: of a draft everything but its slug may change, of an open statement title and text alone.

    Signatures stay with the version that they were given to. Raises Refused.
    """
    if "slug" in draft.given and draft.slug != statement.slug:
        raise Refused(
            N_("The file is for “%(other)s”, not for “%(slug)s” (“statement rename” changes a slug)."),
            other=draft.slug,
            slug=statement.slug,
        )
    async with site.store.transaction():
        number = await _next_version(site, statement, draft)
        await _write_version(site, statement.id, number, draft.title, draft.body)
        row = await _read(site, statement.id)
        await _note(site, actor, "statement version", row, version=number)
    return row


async def rename(site: Site, statement: Row, slug: str, *, actor: str) -> Row:
    """Another slug; the old one redirects for ever. Raises Refused."""
    async with site.store.transaction():
        await slugs.take(site, "statement", slug, statement.campaign_id, statement.id)
        await site.store.statements.rename(id=statement.id, slug=slug)
        row = await _read(site, statement.id)
        await _note(site, actor, "statement rename", row, old=statement.slug, slug=slug)
    return row


async def change_campaign(site: Site, campaign: Row, *, actor: str, **facts: Any) -> Row:
    """`campaigns.actions.change`, and new consent wordings where open statements name what changed."""
    async with site.store.transaction():
        row = await campaigns.change(site, campaign, actor=actor, **facts)
        for statement in await site.store.statements.list_open(campaign_id=campaign.id):
            await _write_consents(site, statement)
    return row


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
        row = await _read(site, id)
        return id, row, _shelf_life(site, row)

    row: Row = await site.shelf.get(("statement", id), make)
    return row


def _shelf_life(site: Site, row: Row) -> float:
    return site.store.shelf_life(good_for([row.closes_at] if row.is_open else []))


async def find_for_organisers(site: Site, slug: str) -> Row:
    """Any statement, a draft too, by its present slug or an old one. Raises Refused."""
    row: Row | None = await site.store.statements.find_for_organisers(slug=slug)
    if row is None:
        raise Refused(
            N_("There is no statement “%(slug)s” (“petitions statement list” shows them)."), slug=slug
        )
    return row


async def find_of_campaign(site: Site, campaign: Row, slug: str) -> Row:
    """A statement of this campaign alone, a draft too. Raises NotFound; Moved where the slug is an old one."""
    row: Row | None = await site.store.statements.find_of_campaign(campaign_id=campaign.id, slug=slug)
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


async def _write_consents(site: Site, statement: Row) -> None:
    await site.store.statements.lock(id=statement.id)
    texts = wordings(statement, statement.language) | of_officers(statement, statement.language)
    for purpose, wording in texts.items():
        await site.store.statements.write_consent(
            statement_id=statement.id,
            id=new_id(),
            purpose=purpose,
            language=statement.language,
            wording=wording,
        )


async def _move(
    site: Site, statement: Row, step: str, query: Callable[..., Awaitable[Any]], refused: str, actor: str
) -> Row:
    async with site.store.transaction():
        if await query(id=statement.id) is None:
            raise await _refusal(site, statement, refused)
        row = await _read(site, statement.id)
        await _note(site, actor, f"statement {step}", row)
    return row


async def _refusal(site: Site, statement: Row, sentence: str) -> Refused:
    """The sentence about the state that the statement is in now, whatever the caller believed."""
    now = await _read(site, statement.id)
    state = "closed" if now.state == "open" and not now.is_open else now.state
    return Refused(sentence, slug=now.slug, state=state)


async def _why_not_open(site: Site, statement: Row) -> Refused:
    now = await _read(site, statement.id)
    if now.state != "draft":
        return await _refusal(site, statement, N_("“%(slug)s” is not a draft: it is %(state)s."))
    lacking = [LABELS[name] for name in NEEDED if not now[name]]
    if lacking:
        return Refused(
            N_(
                "“%(slug)s” can't open: its campaign has no %(lacking)s. "
                "Give it by “petitions campaign set %(campaign)s …” (--help shows how)."
            ),
            slug=now.slug,
            lacking=", no ".join(lacking),
            campaign=now.campaign_slug,
        )
    return Refused(N_("“%(slug)s” can't open: its closing date is past."), slug=now.slug)


async def _next_version(site: Site, statement: Row, draft: Draft) -> int:
    facts = drafts.columns(site, draft, statement.language)
    number: int | None = await site.store.statements.replace_draft(id=statement.id, **facts)
    if number is not None:
        return number
    number = await site.store.statements.next_version(id=statement.id)
    if number is None:
        raise await _refusal(
            site, statement, N_("“%(slug)s” takes no new version: it is %(state)s, not a draft and not open.")
        )
    drafts.refuse_changes(statement, draft, facts)
    return number


def _note_body(text: str) -> str:
    try:
        body = clean_text(text, NOTE)
    except Unfit as error:
        raise Refused(error.sentence, **error.values) from error
    if not body:
        raise Refused(N_("The note is empty."))
    return body


async def _write_version(site: Site, statement_id: UUID, number: int, title: str, body: str) -> None:
    await site.store.statements.add_version(
        statement_id=statement_id, id=new_id(), number=number, title=title, body=body
    )


async def _read(site: Site, id: UUID) -> Row:
    row: Row = await site.store.statements.find_by_id(id=id)
    return row


async def _note(site: Site, actor: str, act: str, statement: Row, **details: Any) -> None:
    await organisers.note(
        site, actor, act, campaign_id=statement.campaign_id, statement_id=statement.id, details=details
    )
