"""What people may do with what is held for them: ask for the link, change, withdraw, restore, erase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from petitions import addresses
from petitions.endorsements import leaving
from petitions.errors import N_, Closed, NotFound, TokenExpired, TokenInvalid
from petitions.ids import new_id
from petitions.mail import outbox
from petitions.my import PURPOSE
from petitions.my.held import Key, agreed
from petitions.proving import links
from petitions.signatures import reconsent as moving
from petitions.signatures.forms import SignForm
from petitions.signatures.reconsent import NOT_STANDING
from petitions.site import Site
from petitions.storage.store import Conflict, Row
from petitions.tokens import unpack

CEILING = 7 * 24 * 3600
"""Seconds a link can be read at all; whether it is good, the database says: an hour from its letter."""
NO_CAMPAIGN = UUID(int=0)
"""The request for a link belongs to no campaign: nobody has looked yet whether the address is known."""

CLOSED = N_(
    "This statement is closed, and its count stands: a signature can't be withdrawn any more. "
    "You can still hide your name, take back permissions, or erase everything we hold about you."
)
SIGNED_AGAIN = N_("You have signed this statement again since, and that signature stands.")
TOO_LATE = N_("The week to undo the withdrawal is over.")


async def ask(site: Site, address: str, language: str) -> None:
    """Ask for the link to what is held for a checked address; never looks whether anything is."""
    await outbox.post(
        site,
        kind="my-link",
        campaign_id=NO_CAMPAIGN,
        language=language,
        address_key=addresses.address_key(site.settings.address_key, address),
        recipient=address,
    )


async def open_link(site: Site, token: str) -> bytes:
    """The address key that a link opens.

    Raises TokenInvalid; TokenExpired where its hour is over, a newer one was made or nothing is held now.
    """
    ids = unpack(site.tokens.read(PURPOSE, token, max_age=CEILING))
    if len(ids) != 1:
        raise TokenInvalid
    row = await site.store.my.find_link(id=ids[0])
    if row is None:
        raise TokenExpired
    key: bytes = row.address_key
    return key


async def change(site: Site, address_key: bytes, key: Key, form: SignForm) -> None:
    """Take over what a form without problems says: name, answers, what is shown, permissions.

    Each permission given or taken back is a line in the ledger, with the words on the form.
    Raises NotFound, Closed where the signature does not stand.
    """
    async with site.store.transaction():
        mine = await _take(site, address_key, key)
        if mine.state not in ("confirmed", "held"):
            raise Closed(NOT_STANDING)
        before = {name: mine[name] for name in ("name", "answers", *_PERMISSIONS)}
        after = _facts(form, mine)
        fields = _changed(before, after)
        if not fields:
            return
        await site.store.my.change(statement_id=key[0], id=key[1], event_id=new_id(), fields=fields, **after)
        subject = addresses.subject_key(site.settings.address_key, mine.email)
        await _note(site, [(*key, subject, *line) for line in _lines(form, agreed(mine))])


async def withdraw(site: Site, address_key: bytes, key: Key) -> None:
    """Take the signature back; the count goes down by one, a notice leaves, a week to undo begins.

    Doing it twice does nothing more. Raises NotFound; Closed where the statement is, or nothing stands.
    """
    async with site.store.transaction():
        mine = await _take(site, address_key, key)
        if await site.store.my.withdraw(statement_id=key[0], id=key[1], event_id=new_id()):
            given = await _given(site, [key])
            await _note(site, [_line(line, "withdrawn") for line in given if line.purpose == "sign"])
            await _notice(site, "withdrawn", key, mine, subject_id=key[1], address_key=address_key)
        elif mine.state != "withdrawn":
            raise Closed(NOT_STANDING if mine.is_open else CLOSED)


async def restore(site: Site, address_key: bytes, key: Key) -> None:
    """Undo a withdrawal within a week, also when the statement has closed since: the letter promised it.

    Raises NotFound; Closed where the week is over or the address has signed again.
    """
    try:
        async with site.store.transaction():
            mine = await _take(site, address_key, key)
            if await site.store.my.restore(statement_id=key[0], id=key[1], event_id=new_id()):
                last = await site.store.my.list_signing(statement_id=key[0], signature_id=key[1])
                await _note(site, [_line(line, "given") for line in last])
            elif mine.state != "confirmed":
                raise Closed(TOO_LATE)
    except Conflict as conflict:
        if conflict.constraint != "one_standing_signature":
            raise
        raise Closed(SIGNED_AGAIN) from conflict


async def reconsent(site: Site, address_key: bytes, key: Key, version: int, text: Row | None) -> None:
    """Move a signature to `version`, the one that its signatory has read, where that is the current one.

    `text`: the words of signing, for the ledger. Doing it twice does nothing more. Raises NotFound, Closed.
    """
    async with site.store.transaction():
        mine = await _take(site, address_key, key)
        await moving.move(site, mine, version, text, via="my signature")


async def erase(site: Site, address_key: bytes, key: Key) -> bool:
    """Erase a signature or attempt: a tombstone stays, and the proof of consent without a name.

    Attempts of the same address on the same statement go as well; a notice leaves. True: nothing is held for
    the address any more, so its link is dead. Raises NotFound.
    """
    async with site.store.transaction():
        # Several rows of one address are taken: in turn with the worker, which does the same.
        await site.store.outbox.take_turn(address_key=address_key)
        mine = await _take(site, address_key, key)
        await site.store.my.delete_attempts(statement_id=key[0], address_key=address_key)
        await _erase(site, [key])
        await _notice(site, "erased", key, mine, address_key=address_key, recipient=mine.email)
        gone: bool = await site.store.my.forget(address_key=address_key)
        return gone


async def erase_office(site: Site, address_key: bytes, key: Key) -> bool:
    """Erase an officer's details with an endorsement, or the second officer's own; as `erase`. Raises NotFound."""
    async with site.store.transaction():
        try:
            await leaving.erase(site, address_key, links.Key(*key))
        except NotFound:
            await leaving.erase_second(site, address_key, links.Key(*key))
        gone: bool = await site.store.my.forget(address_key=address_key)
        return gone


async def erase_submission(site: Site, address_key: bytes, key: Key) -> bool:
    """Erase an officer's details with a plan to put a motion; as `erase`. Raises NotFound."""
    async with site.store.transaction():
        await leaving.erase_submission(site, address_key, links.Key(*key))
        gone: bool = await site.store.my.forget(address_key=address_key)
        return gone


async def erase_withdrawn(site: Site) -> str:
    """Job: erase the signatures whose week to undo the withdrawal is over."""
    total = 0
    while taken := await _erase_some(site):
        total += taken
    return f"{total} withdrawn signatures erased"


async def _erase_some(site: Site) -> int:
    async with site.store.transaction():
        keys = [(row.statement_id, row.id) for row in await site.store.my.take_withdrawn(most=500)]
        await _erase(site, keys)
    return len(keys)


async def _erase(site: Site, keys: list[Key]) -> None:
    """Of rows that this transaction has taken. Every permission still in force ends."""
    await _note(site, [_line(line, "withdrawn") for line in await _given(site, keys)])
    await site.store.my.erase(**_keys(keys), event_ids=[new_id() for _ in keys])


async def _take(site: Site, address_key: bytes, key: Key) -> Row:
    row: Row | None = await site.store.my.take(statement_id=key[0], id=key[1], address_key=address_key)
    if row is None:
        raise NotFound
    return row


async def _notice(site: Site, kind: str, key: Key, row: Row, **about: Any) -> None:
    facts = {"campaign_id": row.campaign_id, "language": row.language, "statement_id": key[0]}
    await outbox.post(site, kind=kind, priority=2, **facts, **about)


_PERMISSIONS = ("display", "display_union", "display_comment", "mail_consent", "partner_consents")


def _facts(form: SignForm, mine: Row) -> dict[str, Any]:
    """The columns as the form wants them; a permission that it does not offer stays as it is."""
    offered = {choice.purpose for choice in form.consents}
    wanted = form.agreed | (agreed(mine) - offered)
    partners = sorted(one.removeprefix("partner:") for one in wanted if one.startswith("partner:"))
    return {
        "name": form.values["name"],
        "answers": form.answers or None,
        "display": "name" if "name" in wanted else "hidden",
        "display_union": "union" in wanted,
        "display_comment": "comment" in wanted,
        "mail_consent": "mail" in wanted,
        "partner_consents": partners or None,
    }


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of what changed, never values: they stay for ever."""
    old, new = before["answers"] or {}, after["answers"] or {}
    columns = [
        name for name in after if name != "answers" and (before[name] or None) != (after[name] or None)
    ]
    return columns + sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def _lines(form: SignForm, before: set[str]) -> Iterable[tuple[UUID, str]]:
    """(text id, act) of each permission that the form changes."""
    for choice in form.consents:
        if choice.ticked != (choice.purpose in before):
            yield choice.text_id, "given" if choice.ticked else "withdrawn"


def _line(row: Row, act: str) -> Line:
    return row.statement_id, row.signature_id, row.subject_key, row.text_id, act


Line = tuple[UUID, UUID, bytes, UUID, str]
"""(statement id, signature id, subject key, text id, act) of one line for the ledger."""


async def _given(site: Site, keys: list[Key]) -> list[Row]:
    rows: list[Row] = await site.store.my.list_given(**_keys(keys))
    return rows


async def _note(site: Site, lines: list[Line]) -> None:
    if lines:
        statement_ids, signature_ids, subjects, texts, acts = (
            list(column) for column in zip(*lines, strict=True)
        )
        await site.store.my.note_consents(
            statement_ids=statement_ids,
            ids=[new_id() for _ in lines],
            signature_ids=signature_ids,
            subject_keys=subjects,
            text_ids=texts,
            acts=acts,
        )


def _keys(keys: list[Key]) -> dict[str, list[UUID]]:
    return {"statement_ids": [key[0] for key in keys], "ids": [key[1] for key in keys]}
