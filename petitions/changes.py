"""What changed in the database, heard by each process: one LISTEN, and a look every five seconds beside it.

NOTIFY is a hint (house.md): the look finds what it lost. Whoever wants to know asks to be told by `tell`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import structlog

from petitions.errors import DatabaseGone
from petitions.site import Site
from petitions.storage.listening import Listener

LOOK_EVERY = 5.0  # seconds
log = structlog.get_logger()
Told = Callable[[UUID | None], None]
"""Called with the statement that changed; None: anything may have."""


class Changes:
    """The ears of one process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._told: list[Told] = [site.shelf.drop]
        self._watched: list[Callable[[], set[UUID]]] = [site.shelf.statements]
        self._editions: dict[UUID, str] = {}
        channels = {"petitions_counts": self._hear, "petitions_pages": self._hear}
        self._listener = Listener(site.settings.database_direct_url, channels, self._switch)

    def tell(self, told: Told, watched: Callable[[], set[UUID]] = set) -> None:
        """Have `told` called with each change. `watched`: the statements that the look is to look at for it."""
        self._told.append(told)
        self._watched.append(watched)

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.gather(self._listener.run(), self._look_for_ever())

    async def look(self) -> None:
        """Compare the editions of what is watched with those of the last look. Raises DatabaseGone."""
        ids = sorted(set().union(*(watched() for watched in self._watched)))
        rows = await self._site.store.changes.list_editions(statement_ids=ids) if ids else []
        found = {row.statement_id: row.edition for row in rows}
        for id in ids:
            if id in self._editions and self._editions[id] != found.get(id):
                self._tell(id)
        self._editions = found

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.look()
            except DatabaseGone:
                log.warning("no look at the database")
            except Exception as error:  # the look must outlive whatever happens in one
                log.error("look failed", error=type(error).__name__)

    def _switch(self, on: bool) -> None:
        self._site.shelf.switch(on)
        if on:
            self._tell(None)

    def _hear(self, payload: str) -> None:
        """`<statement_id>`, `<statement_id> <revision>`, or nothing: everything."""
        try:
            self._tell(UUID(payload.partition(" ")[0]))
        except ValueError:
            self._tell(None)

    def _tell(self, statement_id: UUID | None) -> None:
        for told in self._told:
            told(statement_id)


@asynccontextmanager
async def heard(site: Site) -> AsyncIterator[Changes]:
    """The ears, open while the block runs."""
    changes = Changes(site)
    running = asyncio.create_task(changes.run())
    try:
        yield changes
    finally:
        site.shelf.switch(False)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
