"""What changed in the database, heard by each process: one LISTEN, and a look every five seconds beside it.

NOTIFY is a hint (house.md): the look finds what it lost. Whoever wants to know asks to be told by `tell`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import structlog

from petitions.errors import DatabaseGone
from petitions.site import Site
from petitions.storage.listening import Listener

LOOK_EVERY = 5.0  # seconds
NO_STATEMENT = UUID(int=0)  # a change of it concerns only what hangs on several
log = structlog.get_logger()
Told = Callable[[UUID | None], None]
"""Called with the statement that changed; None: anything may have."""
Watched = Callable[[], AbstractSet[UUID | None]]
"""The statements that the look is to look at; None: at whatever a list of statements shows."""


class Changes:
    """The ears of one process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._told: list[Told] = [site.shelf.drop]
        self._watched: list[Watched] = [site.shelf.statements]
        self._editions: dict[UUID | None, str] = {}
        channels = {"petitions_counts": self._hear, "petitions_pages": self._hear}
        self._listener = Listener(site.settings.database_direct_url, channels, self._switch)

    def tell(self, told: Told, watched: Watched = set) -> None:
        """Have `told` called with each change. `watched`: the statements that the look is to look at for it."""
        self._told.append(told)
        self._watched.append(watched)

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.gather(self._listener.run(), self._look_for_ever())

    async def look(self) -> None:
        """Compare the editions of what is watched with those of the last look. Raises DatabaseGone.

        What the last look did not see counts as changed: nobody knows what it was when it was read.
        """
        watched: set[UUID | None] = set().union(*(watched() for watched in self._watched))
        found = await self._read(watched)
        changed = [id for id in watched if id not in self._editions or self._editions[id] != found.get(id)]
        self._editions = found
        for id in changed:
            if id is None:
                self._site.shelf.drop(NO_STATEMENT)
            else:
                self._tell(id)

    async def _read(self, watched: set[UUID | None]) -> dict[UUID | None, str]:
        """The editions of these statements; None: of all lists of them."""
        store = self._site.store
        found: dict[UUID | None, str] = {}
        if ids := sorted(id for id in watched if id is not None):
            rows = await store.changes.list_editions(statement_ids=ids)
            found = {row.statement_id: row.edition for row in rows}
        if None in watched:
            found[None] = await store.changes.find_edition()
        return found

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
