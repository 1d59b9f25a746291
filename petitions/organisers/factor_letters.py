"""The letter that tells an organiser what became of their second factor. It carries nothing that opens the desk."""

from __future__ import annotations

from petitions.mail import outbox
from petitions.mail.letters import Letter, LetterKind, at_once, compose_own, link
from petitions.site import Site
from petitions.storage.store import Row


async def tell(site: Site, session: Row, what: str, factor: str, left: int = 0) -> None:
    """In the transaction of the change. `what`: added, removed, renewed or used. `factor`: passkey, codes or recovery.
    `left`: recovery codes that are."""
    await outbox.post(
        site,
        kind="factor",
        campaign_id=None,
        language=session.language,
        address_key=session.address_key,
        recipient=session.email,
        details={"what": f"{factor} {what}", "left": left},
    )


async def _render(site: Site, row: Row) -> Letter:
    return compose_own(
        site,
        "organisers/factor",
        language=row.language,
        to=row.recipient,
        what=row.details["what"],
        left=row.details["left"],
        factors=link(site, "/organise/me/factors"),
    )


KINDS = {"factor": LetterKind(decide=at_once, render=_render)}
