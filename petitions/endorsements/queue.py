"""The review as organisers work through it at the desk: what waits of one statement with all that decides, and one
claim whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from petitions.endorsements import WAITING, review
from petitions.endorsements.doubles import Double, meant
from petitions.errors import N_, NotFound
from petitions.organisations import KINDS
from petitions.organisations.actions import LIKENESS, Place
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.store import Row

PAGE_SIZE = 25
STATES = {
    "waiting": N_("waiting"),
    "confirmed": N_("confirmed, not yet decided"),
    "questioned": N_("asked something"),
    "accepted": N_("accepted"),
    "declined": N_("declined"),
    "withdrawn": N_("withdrawn"),
    "expired": N_("expired"),
    "replaced": N_("replaced"),
}
"""What the filter offers → as it is called."""
PROOFS = {
    "minutes": N_("with minutes"),
    "second": N_("two officers confirmed"),
    "none": N_("neither minutes nor a second officer"),
}
"""The same, for how well it is proven."""


class Asked(NamedTuple):
    """What of the queue is wanted. "": whatever it is."""

    state: str = "waiting"
    kind: str = ""
    proof: str = ""
    page: int = 1


class Claim(NamedTuple):
    """One of the queue. `doubles`: bodies in the list that it may mean; `places`: what it would stand below."""

    row: Row
    doubles: list[Double]
    places: list[Place]

    @property
    def plain(self) -> bool:
        """Whether it can be accepted without a word more: see doubles.bind."""
        if self.row.state not in WAITING or (self.row.confirmed_by == "import" and not self.row.minutes_seen):
            return False
        if self.row.old_stands:
            return True
        highest = self.places[0].body if self.places else None
        if not self.doubles:
            return highest is None or highest.parent_id is None
        first = self.doubles[0]
        return first.sure and first.likeness >= LIKENESS and first.standing_id is None

    @property
    def mark(self) -> str:
        """Of what was read: see review.mark."""
        return review.mark(self.row)


class Page(NamedTuple):
    """Claims of a queue's page; `found`: how many there are in all."""

    claims: list[Claim]
    found: int

    @property
    def pages(self) -> int:
        return -(-self.found // PAGE_SIZE)


def read(query: Mapping[str, str]) -> Asked:
    """What a query asks for; what is none of the filters' values is left out. Raises NotFound: no possible page."""
    page = query.get("page", "1")
    if not (page.isascii() and page.isdigit() and 0 < len(page) < 6 and int(page)):
        raise NotFound
    state, kind, proof = (query.get(name, "") for name in ("state", "kind", "proof"))
    return Asked(
        state if state in STATES else "waiting",
        kind if kind in KINDS else "",
        proof if proof in PROOFS else "",
        int(page),
    )


async def page(site: Site, statement_id: UUID, asked: Asked) -> Page:
    """Those that have waited longest first; of what is decided, the last decision first."""
    rows = await site.store.review.list_page(
        statement_id=statement_id,
        states=list(WAITING) if asked.state == "waiting" else [asked.state],
        kind=asked.kind or None,
        proof=asked.proof or None,
        most=PAGE_SIZE,
        skip=(asked.page - 1) * PAGE_SIZE,
    )
    async with site.store.held():
        claims = [await _claim(site, row) for row in rows]
    return Page(claims, rows[0].found if rows else 0)


async def find(site: Site, statement_id: UUID, id: UUID) -> Row:
    """An endorsement of this statement that was confirmed. Raises NotFound."""
    row: Row | None = await site.store.review.find(statement_id=statement_id, id=id)
    if row is None:
        raise NotFound
    return row


async def whole(site: Site, row: Row) -> Claim:
    """The same with the bodies that it may mean."""
    async with site.store.held():
        return await _claim(site, row)


async def looked(site: Site, row: Row, what: str, *, actor: str) -> None:
    """An organiser saw its officers' details, or got its minutes: the audit knows. `what`: show or minutes."""
    await organisers.note(
        site,
        actor,
        f"endorsement {what}",
        campaign_id=row.campaign_id,
        statement_id=row.statement_id,
        details={"endorsement": str(row.id)},
    )


async def _claim(site: Site, row: Row) -> Claim:
    """Nothing is looked for where there is nothing left to say which body it is."""
    if row.state not in (*WAITING, "declined") or row.old_stands:
        return Claim(row, [], [])
    return Claim(row, *await meant(site, row))
