"""Letters about what organisers did with a signature. Each says what holds when it is written; what was taken back
meanwhile is not told."""

from __future__ import annotations

from petitions.mail import caps
from petitions.mail.letters import Decision, Drop, Letter, LetterKind, Send, compose, link
from petitions.site import Site
from petitions.storage.store import Row

A_DAY, A_MONTH = 6, 20
"""Most such letters to one address: holding and releasing by turns must not fill a mailbox."""
_NOW = {
    "held": ("held", None),
    "released": ("confirmed", None),
    "unlisted": (None, True),
    "listed": (None, False),
    "invalidated": ("invalidated", None),
    "reinstated": (None, None),
}
"""What was done → the state and whether the name is off the list, where that still has to be so."""


async def _decide(site: Site, row: Row) -> Decision:
    """Caused by an organiser, about something proven: the caps hold, the wish for no letters by forms doesn't."""
    over = await caps.take(site, row.address_key, "organisers", A_DAY, A_MONTH)
    return Drop() if over else Send("send")


async def _render(site: Site, row: Row) -> Letter | None:
    act = row.kind.removeprefix("signature ")
    found = await site.store.holding.find_for_letter(
        statement_id=row.statement_id, id=row.subject_id, act=act
    )
    if found is None or found.email is None or not _holds(act, found):
        return None
    statement = await site.store.statements.find_by_id(id=row.statement_id)
    return compose(
        site,
        "signatures/judged",
        language=row.language,
        address_key=row.address_key,
        campaign=statement,
        to=found.email,
        statement=statement,
        act=act,
        reason=found.reason,
        counts=found.state == "confirmed",
        my=link(site, "/my"),
    )


def _holds(act: str, found: Row) -> bool:
    state, unlisted = _NOW[act]
    stands = found.state in ("confirmed", "held", "invalidated")
    return (
        stands
        and (state is None or found.state == state)
        and (unlisted is None or found.unlisted is unlisted)
    )


KINDS = {f"signature {act}": LetterKind(decide=_decide, render=_render) for act in _NOW}
"""The letters of this module, for the roof to hand to the worker."""
