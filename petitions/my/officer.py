"""What is held for an officer's address: endorsements, as the officer or the second one, and plans to put a motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from petitions.endorsements.shown import Shown, claimed, shown
from petitions.errors import N_
from petitions.my import held
from petitions.proving.links import Key
from petitions.site import Site
from petitions.storage.store import Row
from petitions.tokens import pack


@dataclass(frozen=True)
class HeldEndorsement:
    """One endorsement; `row` also says what may be done to it (officers.list_held), `own` whether the address is the
    officer's. Of a second officer's, `shown` is what they were asked about, and the rest is empty."""

    key: str
    statement: Row
    row: Row
    shown: list[Shown]
    consents: list[Row]
    events: list[Row]
    origins: list[Row]

    @property
    def own(self) -> bool:
        return bool(self.row.own)

    @property
    def public(self) -> list[Shown]:
        """What everybody sees of it, or will once it is accepted; the page's heading says so, no mark at each."""
        return [one._replace(public=False) for one in self.shown if one.public]

    @property
    def private(self) -> list[Shown]:
        return [one for one in self.shown if not one.public]


@dataclass(frozen=True)
class HeldSubmission:
    """One plan to put a motion."""

    key: str
    statement: Row
    row: Row
    consents: list[Row]
    origins: list[Row]


@dataclass(frozen=True)
class Offices:
    """Everything of one address, each the newest first."""

    endorsements: list[HeldEndorsement]
    submissions: list[HeldSubmission]

    @property
    def statements(self) -> list[Row]:
        return [
            *(one.statement for one in self.endorsements),
            *(one.statement for one in self.submissions),
        ]


async def everything(site: Site, address_key: bytes) -> Offices:
    """All that is held for an officer's address."""
    endorsed = await site.store.officers.list_held(address_key=address_key)
    put = await site.store.officers.list_submissions(address_key=address_key)
    if not endorsed and not put:
        return Offices([], [])
    own = [*(row for row in endorsed if row.own), *put]
    about = await held.statements_of(site, [*endorsed, *put])
    consents = held.by_key(await site.store.officers.list_consents(**_ids(own)), "subject_id")
    events = held.by_key(await site.store.officers.list_events(**_ids(own)), "endorsement_id")
    # Not of what nobody confirmed: somebody else may have typed the address.
    proven = [row for row in own if row.state != "pending"]
    origins = held.by_key(await site.store.officers.list_origins(**_ids(proven)), "id")

    def all_of(row: Row, *of: Any) -> list[Any]:
        key = (row.statement_id, row.id)
        return [pack(*key), about[row.statement_id], row, *(one[key] for one in of)]

    return Offices(
        [_endorsement(*all_of(row, consents, events, origins)) for row in endorsed],
        [HeldSubmission(*all_of(row, consents, origins)) for row in put],
    )


def _endorsement(
    key: str, statement: Row, row: Row, consents: list[Row], events: list[Row], origins: list[Row]
) -> HeldEndorsement:
    facts = shown(statement, row) if row.own else [*claimed(row), Shown(N_("E-mail"), row.second_email)]
    return HeldEndorsement(key, statement, row, facts, consents, events, origins)


def read_key(text: str) -> Key:
    """Which row a form's hidden field names. Raises NotFound."""
    return Key(*held.read_key(text))


def _ids(rows: Sequence[Row]) -> dict[str, list[UUID]]:
    return {"statement_ids": [row.statement_id for row in rows], "ids": [row.id for row in rows]}
