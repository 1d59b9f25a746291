"""A newer version of the text: organisers ask who signed an earlier one, by letter; each signatory decides.

A signature moves only when its signatory says so, from the letter's link or from "my signature": the same row, with
its history and a line in the ledger of consents.
"""

from __future__ import annotations

from uuid import UUID

from petitions import addresses
from petitions.errors import N_, Closed, Refused, TokenExpired, TokenInvalid
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.proving.links import Key
from petitions.site import Site
from petitions.storage.store import Row
from petitions.tokens import pack, unpack

PURPOSE = "reconsent"
READABLE_FOR = 90 * 24 * 3600
"""Seconds a link can be read at all; whether it is good, the database says: 14 days from when its letter left."""
BATCH = 500  # signatures looked at in one statement
MOST_WAITING = 5_000  # letters that wait in the outbox at a time: it sends them at its own pace

NOT_STANDING = N_("This signature can't be changed as it stands now.")
NEWER_STILL = N_("The text has changed since you read it. Please read the newest version first.")
_NOT_OPEN = N_("People can be asked only while the statement is open.")
_ASKED = N_("They are being asked already.")


async def begin(site: Site, statement: Row, *, actor: str) -> Row | None:
    """Ask everybody who signed an earlier version to sign the newest: `ask_some` posts the letters. None: nobody did.

    Nobody gets a second letter, but whoever came since (confirmed, released, back) gets theirs by asking again.
    Raises Refused: it is not open, or they are being asked.
    """
    async with site.store.transaction():
        row: Row | None = await site.store.reconsent.begin(
            statement_id=statement.id, id=new_id(), actor=actor
        )
        if row is None:
            await _refuse(site, statement)
            return None
        await organisers.note(
            site,
            actor,
            "statement reconsent",
            campaign_id=statement.campaign_id,
            statement_id=statement.id,
            details={"version": row.version, "found": row.found},
        )
    return row


async def _refuse(site: Site, statement: Row) -> None:
    """Raises Refused: why they can't be asked; not where there is nobody to ask."""
    now = await site.store.statements.find_by_id(id=statement.id)
    if not now.is_open:
        raise Refused(_NOT_OPEN)
    if any(one.version == now.version for one in await site.store.reconsent.list_of(statement_id=now.id)):
        raise Refused(_ASKED)


async def ask_some(site: Site) -> str:
    """Job: letters to some more of those who are to be asked, as many as the outbox has room for."""
    await site.store.reconsent.break_off()
    room = MOST_WAITING - await site.store.reconsent.count_waiting()
    asked = 0
    for row in await site.store.reconsent.list_running():
        asked += await _ask(site, row, room - asked)
    return f"{asked} asked to sign a newer version"


async def _ask(site: Site, row: Row, room: int) -> int:
    asked = 0
    while asked < room:
        most = min(BATCH, room - asked)
        done = await site.store.reconsent.ask(
            statement_id=row.statement_id, id=row.id, most=most, letter_ids=[new_id() for _ in range(most)]
        )
        if done is None:
            break
        asked += done.asked
        if done.state != "running":
            break
    return asked


def make_token(site: Site, key: Key, version: int) -> str:
    """What the link of a letter carries that asks to sign `version`."""
    return site.tokens.make(PURPOSE, pack(*key, UUID(int=version)))


async def open_link(site: Site, token: str) -> Row:
    """The signature of a letter's link: its row with `newest`, `is_open` and `agreed_at`.

    Raises TokenInvalid; TokenExpired where its days are over or the signature does not stand any more.
    """
    ids = unpack(site.tokens.read(PURPOSE, token, max_age=READABLE_FOR))
    if len(ids) != 3 or not 0 < ids[2].int < 2**31:
        raise TokenInvalid
    row: Row | None = await site.store.reconsent.find(statement_id=ids[0], id=ids[1], version=ids[2].int)
    if row is None or not row.link_good or row.state != "confirmed":
        raise TokenExpired
    return row


async def agree(site: Site, key: Key, version: int, text: Row) -> None:
    """By the letter's link: as `move`. Raises TokenExpired, Closed."""
    async with site.store.transaction():
        mine = await site.store.reconsent.take(statement_id=key.statement_id, id=key.id)
        if mine is None:
            raise TokenExpired
        await move(site, mine, version, text, via="form")


async def move(site: Site, mine: Row, version: int, text: Row | None, *, via: str) -> None:
    """Move a signature, which the caller's transaction has taken, to `version`, the one that its signatory has read,
    where that is the current one. `text`: the words of signing, for the ledger; `via`: where they stood.

    Doing it twice does nothing more. Raises Closed.
    """
    if mine.version == version:
        return
    key = Key(mine.statement_id, mine.id)
    moved = await site.store.reconsent.move(
        statement_id=key.statement_id,
        id=key.id,
        from_version=mine.version,
        to_version=version,
        event_id=new_id(),
    )
    if not moved:
        standing = NEWER_STILL if mine.state == "confirmed" else NOT_STANDING
        raise Closed(standing if mine.is_open else None)
    if text is not None:
        await site.store.reconsent.note(
            statement_id=key.statement_id,
            id=new_id(),
            signature_id=key.id,
            subject_key=addresses.subject_key(site.settings.address_key, mine.email),
            text_id=text.id,
            via=via,
        )
