"""What the worker sends for this room: the link, and the notices of a withdrawal and of an erasure."""

from __future__ import annotations

from uuid import UUID

from petitions.ids import new_id
from petitions.mail import caps, suppression
from petitions.mail.letters import Decision, Drop, Letter, LetterKind, Send, compose, link
from petitions.my import LINKS_A_DAY, PURPOSE
from petitions.site import Site
from petitions.storage.store import Row
from petitions.tokens import pack

A_MONTH = 10
"""Most links, and most notices of a withdrawal, to one address in 30 days."""
NOTICES_A_DAY = 5
"""Most notices of a withdrawal: withdrawing and restoring by turns must not fill a mailbox."""


async def _decide_link(site: Site, row: Row) -> Decision:
    """Only an address that something is held for gets a link; it replaces the one before."""
    newest = await _newest(site, row.address_key)
    if newest is None or await suppression.suppressed(site, row.address_key, "forms", row.campaign_id):
        return Drop()
    if await caps.take(site, row.address_key, "my", LINKS_A_DAY, A_MONTH) is not None:
        return Drop()  # not put off: a newer link can be asked for later, and /my/asked says so
    id = new_id()
    await site.store.my.make_link(address_key=row.address_key, id=id)
    details = {"link": str(id), "statement": str(newest.statement_id), "language": newest.language}
    return Send("link", details)


async def _newest(site: Site, address_key: bytes) -> Row | None:
    """What is held for an address, a person's or an officer's: one row, in whose name the letter is written."""
    held: list[Row] = await site.store.my.list_held(address_key=address_key)
    if held:
        return held[0]
    newest: Row | None = await site.store.officers.find_newest(address_key=address_key)
    return newest


async def _render_link(site: Site, row: Row) -> Letter | None:
    id = UUID(row.details["link"])
    if not await site.store.my.stands_link(id=id):
        return None
    token = site.tokens.make(PURPOSE, pack(id))
    return compose(
        site,
        "my/link",
        campaign=await _statement(site, UUID(row.details["statement"])),
        language=row.details["language"],
        to=row.recipient,
        address_key=row.address_key,
        link=link(site, f"/my/{token}"),
    )


async def _sent_link(site: Site, row: Row) -> None:
    """The hour begins when the letter leaves, however long it had to wait."""
    await site.store.my.renew_link(id=UUID(row.details["link"]))


async def _decide_withdrawn(site: Site, row: Row) -> Decision:
    """Caused by a proven act, not by whoever fills in a form: the caps hold, the wish for no such letters doesn't."""
    over = await caps.take(site, row.address_key, "notices", NOTICES_A_DAY, A_MONTH)
    return Drop() if over else Send("withdrawn")


async def _render_withdrawn(site: Site, row: Row) -> Letter | None:
    """Nothing, where it was restored or erased meanwhile."""
    found = await site.store.my.find_withdrawn(statement_id=row.statement_id, id=row.subject_id)
    if found is None:
        return None
    statement = await _statement(site, row.statement_id)
    return compose(
        site,
        "signatures/withdrawn",
        campaign=statement,
        language=row.language,
        to=found.email,
        address_key=found.address_key,
        statement=statement,
        my=link(site, "/my"),
        undo_until=found.undo_until,
    )


async def _decide_erased(site: Site, row: Row) -> Decision:
    """Once a signature, and proven as well."""
    return Send("erased")


async def _render_erased(site: Site, row: Row) -> Letter | None:
    """To the address that the row itself carries: nothing else holds it any more."""
    statement = await _statement(site, row.statement_id)
    return compose(
        site,
        "signatures/erased",
        campaign=statement,
        language=row.language,
        to=row.recipient,
        address_key=row.address_key,
        statement=statement,
        my=link(site, "/my"),
    )


async def _statement(site: Site, id: UUID) -> Row:
    rows: list[Row] = await site.store.my.list_statements(ids=[id])
    return rows[0]


KINDS = {
    "my-link": LetterKind(decide=_decide_link, render=_render_link, sent=_sent_link),
    "withdrawn": LetterKind(decide=_decide_withdrawn, render=_render_withdrawn),
    "erased": LetterKind(decide=_decide_erased, render=_render_erased),
}
"""The letters of this room, for the roof to hand to the worker."""
