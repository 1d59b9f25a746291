"""Lines for the ledger of consents: what officers give and take back by their link, and what ends by itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from petitions.ids import new_id
from petitions.site import Site


class Line(NamedTuple):
    """`subject_id`: the endorsement's or submission's; `act`: given or withdrawn."""

    subject_id: UUID
    subject_key: bytes
    text_id: UUID
    act: str


async def note(site: Site, statement_id: UUID, lines: Sequence[Line], via: str = "my signature") -> None:
    """Write them, inside the transaction of the act."""
    if lines:
        subjects, keys, texts, acts = (list(column) for column in zip(*lines, strict=True))
        await site.store.officers.note_consents(
            statement_id=statement_id,
            ids=[new_id() for _ in lines],
            subject_ids=subjects,
            subject_keys=keys,
            text_ids=texts,
            acts=acts,
            via=via,
        )


async def over(site: Site, statement_id: UUID, ids: Collection[UUID]) -> None:
    """These endorsements ended, by no act of their officers: so does what was agreed to for as long as they stood."""
    await end(site, statement_id, ids, but=["endorse"], via="end")


async def end(
    site: Site,
    statement_id: UUID,
    ids: Collection[UUID],
    *,
    but: Collection[str] = (),
    via: str = "my signature",
) -> None:
    """Every consent in force of these ends, except those for the purposes in `but`."""
    given = await site.store.officers.list_given(statement_id=statement_id, ids=list(ids))
    await note(
        site,
        statement_id,
        [
            Line(one.subject_id, one.subject_key, one.text_id, "withdrawn")
            for one in given
            if one.purpose not in but
        ],
        via,
    )
