"""What one process remembers of the database: pages and facts, kept while it hears of every change."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, NamedTuple
from uuid import UUID

LONGEST = 60.0  # seconds: stamps, closing times and what no change tells of are never older
MOST = 2_000  # things on the shelf


class Kept(NamedTuple):
    """A thing on the shelf, and the statement it hangs on (None: on several; any change drops it)."""

    statement_id: UUID | None
    value: Any
    made_at: float


Make = Callable[[], Awaitable[tuple[UUID | None, Any]]]


class Shelf:
    """Off until somebody listens to the database (`changes.py`): then `get` asks the database each time."""

    def __init__(self) -> None:
        self._on = False
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._flights: dict[Hashable, asyncio.Future[Any]] = {}
        self._clock = 0  # goes up with every drop
        self._dropped: dict[UUID | None, int] = {}

    def switch(self, on: bool) -> None:
        """Whoever listens says whether changes are heard. What is there was made before: it goes."""
        if on and not self._on:
            self.drop(None)
        self._on = on

    async def get(self, key: Hashable, make: Make) -> Any:
        """What stands under this key, else what `make` gives: (the statement it hangs on, the value).

        `make` runs once for all who ask meanwhile, in the task of the first.
        """
        if not self._on:
            return (await make())[1]
        found = self.peek(key)
        if found is not None:
            return found
        while flight := self._flights.get(key):
            try:
                return await asyncio.shield(flight)
            except _Abandoned:
                continue
        return await self._made(key, make)

    def peek(self, key: Hashable) -> Any | None:
        """What stands under this key now and is good; None where nothing does."""
        kept = self._kept.get(key)
        if kept is None or not self._on or time.monotonic() - kept.made_at > LONGEST:
            return None
        return kept.value

    def drop(self, statement_id: UUID | None) -> None:
        """This statement changed; None: anything may have."""
        self._clock += 1
        self._dropped[statement_id] = self._clock
        self._flights.clear()  # who asks from now on is not given what was read before
        gone = [key for key, kept in self._kept.items() if _hangs(kept.statement_id, statement_id)]
        for key in gone:
            del self._kept[key]

    def statements(self) -> set[UUID]:
        """The statements that something on the shelf hangs on."""
        return {kept.statement_id for kept in self._kept.values() if kept.statement_id is not None}

    async def _made(self, key: Hashable, make: Make) -> Any:
        flight: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._flights[key], began = flight, self._clock
        try:
            statement_id, value = await make()
        except BaseException:
            flight.set_exception(_Abandoned())
            flight.exception()  # nobody may have waited for it
            raise
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]
        flight.set_result(value)
        if self._on and not self._dropped_since(began, statement_id):
            self._keep(key, Kept(statement_id, value, time.monotonic()))
        return value

    def _keep(self, key: Hashable, kept: Kept) -> None:
        self._kept[key] = kept
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def _dropped_since(self, began: int, statement_id: UUID | None) -> bool:
        if statement_id is None:
            return self._clock > began
        return max(self._dropped.get(statement_id, 0), self._dropped.get(None, 0)) > began


class _Abandoned(Exception):
    """Whoever was making it failed or left: the next one tries."""


def _hangs(on: UUID | None, changed: UUID | None) -> bool:
    return on is None or changed is None or on == changed
