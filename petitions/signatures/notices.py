"""Letters about what organisers did with a signature. Each says what holds when it is written: what was taken back or
done anew meanwhile is told by the letter of that."""

from __future__ import annotations

from petitions.mail import caps
from petitions.mail.letters import Decision, Drop, Letter, LetterKind, Send, compose, link
from petitions.site import Site
from petitions.storage.store import Row

A_DAY, A_MONTH = 6, 20
"""Most such letters to one address: holding and releasing by turns must not fill a mailbox."""
_SERIES = (("held", "released", "invalidated", "reinstated"), ("unlisted", "listed"))
"""Acts that undo each other: of each series the last alone is told."""
_WITH = {act: acts for acts in _SERIES for act in acts}


async def _decide(site: Site, row: Row) -> Decision:
    """Caused by an organiser, about something proven: the caps hold, the wish for no letters by forms doesn't. What is
    not told any more takes nothing from the caps."""
    if await _find(site, row) is None:
        return Drop()
    over = await caps.take(site, row.address_key, "organisers", A_DAY, A_MONTH)
    return Drop() if over else Send("send")


async def _render(site: Site, row: Row) -> Letter | None:
    found = await _find(site, row)
    if found is None:
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
        act=_act(row),
        reason=found.reason,
        counts=found.state == "confirmed",
        my=link(site, "/my"),
    )


async def _find(site: Site, row: Row) -> Row | None:
    """The signature, where the letter's act is the last of its series."""
    found: Row | None = await site.store.holding.find_for_letter(
        statement_id=row.statement_id,
        id=row.subject_id,
        acts=list(_WITH[_act(row)]),
        posted_at=row.created_at,
    )
    return found


def _act(row: Row) -> str:
    return str(row.kind.removeprefix("signature "))


KINDS = {f"signature {act}": LetterKind(decide=_decide, render=_render) for act in _WITH}
"""The letters of this module, for the roof to hand to the worker."""
