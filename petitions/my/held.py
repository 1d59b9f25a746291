"""What is held for an address: read once, for the page and for the download alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from petitions.errors import NotFound, TokenError
from petitions.questions import Choice
from petitions.signatures import forms
from petitions.signatures.forms import EMAIL, NAME, SignForm
from petitions.signatures.shown import Shown, shown
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements import stamp
from petitions.storage.store import Row
from petitions.tokens import pack, unpack

Key = tuple[UUID, UUID]
"""(statement id, signature id)"""


@dataclass(frozen=True)
class Held:
    """One signature or waiting attempt, with everything that belongs to it.

    `consents`: the ledger, oldest first; `events`: what happened since; `origins`: where it came from.
    `form`: what can be changed, with today's values; None where nothing can.
    """

    key: str
    statement: Row
    signature: Row
    shown: list[Shown]
    consents: list[Row]
    events: list[Row]
    origins: list[Row]
    form: SignForm | None

    @property
    def choices(self) -> list[Choice]:
        """The permissions, ticked as they are now."""
        return self.form.consents if self.form else []

    @property
    def newer(self) -> int | None:
        """The number of the current version, where it is not the one that was signed."""
        current: int = self.statement.version
        return current if current > self.signature.version else None

    def reason(self, act: str) -> str:
        """What the organisers gave as their reason when they did this last; "" where they gave none."""
        return next((event.reason for event in reversed(self.events) if event.act == act), "")

    @property
    def can_undo_until(self) -> datetime | None:
        """Until when a withdrawal can be undone."""
        return self.signature.undo_until if self.signature.can_restore else None


async def everything(site: Site, address_key: bytes) -> list[Held]:
    """All that is held for an address, the newest first."""
    rows: list[Row] = await site.store.my.list_held(address_key=address_key)
    wanted = {"statement_ids": [row.statement_id for row in rows], "ids": [row.id for row in rows]}
    consents = by_key(await site.store.my.list_consents(**wanted), "signature_id")
    events = by_key(await site.store.my.list_events(**wanted), "signature_id")
    origins = by_key(await site.store.my.list_origins(**wanted), "id")
    about = await statements_of(site, rows)
    found = []
    for row in rows:
        key, statement = (row.statement_id, row.id), about[row.statement_id]
        form = await _form(site, statement, row, consents[key]) if row.can_change else None
        found.append(
            Held(
                pack(*key),
                statement,
                row,
                shown(statement, row),
                consents[key],
                events[key],
                origins[key],
                form,
            )
        )
    return found


def one(held: list[Held], key: str) -> Held:
    """The one that a form names. Raises NotFound: not among these."""
    for item in held:
        if item.key == key:
            return item
    raise NotFound


def read_key(text: str) -> Key:
    """Which signature a form's hidden field names. Raises NotFound."""
    try:
        ids = unpack(text)
    except TokenError:
        raise NotFound from None
    if len(ids) != 2:
        raise NotFound
    return ids[0], ids[1]


def agreed(signature: Row) -> set[str]:
    """The purposes that are allowed now."""
    ticks = {
        "name": signature.display == "name",
        "union": signature.display_union,
        "comment": signature.display_comment,
        "mail": signature.mail_consent,
    }
    partners = {f"partner:{key}" for key in signature.partner_consents or ()}
    return {purpose for purpose, given in ticks.items() if given} | partners


async def _form(site: Site, statement: Row, signature: Row, ledger: list[Row]) -> SignForm:
    """The form with what the signature says today."""
    offered = await statements.consents(site, statement, statement.language)
    now, answers = agreed(signature), signature.answers or {}
    texts = [*offered, *_not_offered(now - {text.purpose for text in offered}, ledger)]
    form = forms.blank(statement, texts, stamp.make(site, statement, texts))
    form.fields = [
        field._replace(value=signature.name if field is NAME else answers.get(answer_name(field.name), ""))
        for field in form.fields
        if field is not EMAIL
    ]
    form.consents = [choice._replace(ticked=choice.purpose in now) for choice in form.consents]
    return form


def answer_name(field: str) -> str:
    """Under which name the answer to a form's field is kept."""
    return field.removeprefix("own_")


def _not_offered(purposes: set[str], ledger: list[Row]) -> list[Row]:
    """Permissions that are not asked for any more can still be taken back, in the words they were given."""
    return list({row.purpose: row for row in ledger if row.purpose in purposes}.values())


async def statements_of(site: Site, rows: list[Row]) -> dict[UUID, Row]:
    """The statements that these rows belong to, by id."""
    ids = list({row.statement_id for row in rows})
    return {row.id: row for row in await site.store.my.list_statements(ids=ids)}


def by_key(rows: list[Row], column: str) -> Mapping[Key, list[Row]]:
    """Rows under the row that they belong to; `column` has its id."""
    sorted_out: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        sorted_out[row.statement_id, row[column]].append(row)
    return sorted_out
