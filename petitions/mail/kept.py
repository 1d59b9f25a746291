"""Without SMTP: letters go into the table of the loopback page."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from uuid import UUID

from petitions.mail.letters import Letter
from petitions.site import Site

LETTERS_KEPT = 200


class KeptLetters:
    """Without SMTP: the newest letters stay in the database, for the loopback page alone."""

    rest = 0.0
    doubted = False

    def __init__(self, site: Site) -> None:
        self._site = site

    def place(self) -> AbstractAsyncContextManager[None]:
        """There is always room."""
        return nullcontext()

    async def send(self, letter: Letter, id: UUID) -> None:
        """Keep it."""
        store = self._site.store
        async with store.transaction():
            await store.outbox.keep(
                id=id,
                campaign_id=letter.campaign_id,
                to_address=letter.to,
                subject=letter.subject,
                text=letter.text,
                html=letter.html,
            )
            await store.outbox.thin_out_kept(most=LETTERS_KEPT)

    async def close(self) -> None:
        """Nothing is open."""
