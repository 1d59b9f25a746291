"""What one process remembers of the database: pages and facts, kept while it hears of every change."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

LONGEST = 60.0  # seconds: stamps, closing times and what no change tells of are never older
MOST = 2_000  # things on the shelf


class Kept(NamedTuple):
    """A thing on the shelf, and the statement it hangs on (None: on several; any change drops it).

    `ends_at`: when it changes by itself, however long it may be given.
    """

    statement_id: UUID | None
    value: Any
    made_at: float
    ends_at: float

    @property
    def until(self) -> float:
        return min(self.made_at + LONGEST, self.ends_at)


Made = tuple[UUID | None, Any] | tuple[UUID | None, Any, float]
"""The statement that it hangs on, the value, and in how many seconds it changes by itself, if it does.
The value None is not kept."""
Make = Callable[[], Awaitable[Made]]


def good_for(closing: Iterable[datetime | None]) -> float:
    """For how many seconds something holds that changes by itself at each of these times; infinity: for ever."""
    left = [(at - datetime.now(UTC)).total_seconds() for at in closing if at is not None]
    # Past, and still open by the database's clock: then it is ours that is wrong, and it is asked again soon.
    return min([math.inf, *(seconds if seconds > 0 else 1.0 for seconds in left)])


class Shelf:
    """Off until somebody listens to the database (`changes.py`): then `get` asks the database each time.

    `holds`: whether this task keeps a connection for itself. Such a one waits for nobody, who may be waiting for that
    very connection.
    """

    def __init__(self, holds: Callable[[], bool] = lambda: False) -> None:
        self._holds = holds
        self._on = False
        self._kept: dict[Hashable, Kept] = {}  # the oldest first
        self._hanging: dict[UUID | None, set[Hashable]] = {}
        self._flights: dict[Hashable, asyncio.Future[Any]] = {}
        self._clock = 0  # goes up with every drop
        self._dropped: dict[UUID | None, int] = {}

    def switch(self, on: bool) -> None:
        """Whoever listens says whether changes are heard. What is there was made before: it goes."""
        if on and not self._on:
            self.drop(None)
        self._on = on

    async def get(self, key: Hashable, make: Make) -> Any:
        """What stands under this key, else the value that `make` gives.

        `make` runs once for all who ask meanwhile, in the task of the first; where it fails, it fails for all. Who
        holds a connection runs it himself.
        """
        if not self._on:
            value = (await make())[1]
            self._forget(key)  # so that `last` gives nothing older than what was given since
            return value
        found = self.peek(key)
        if found is not None:
            return found
        while not self._holds() and (flight := self._flights.get(key)):
            try:
                return await asyncio.shield(flight)
            except _Abandoned:
                continue
        return await self._made(key, make)

    def peek(self, key: Hashable) -> Any | None:
        """What stands under this key now and is good; None where nothing does."""
        kept = self._kept.get(key)
        if kept is None or not self._on or time.monotonic() > kept.until:
            return None
        return kept.value

    def last(self, key: Hashable, seconds: float) -> Any | None:
        """What stands under this key and is no older, though perhaps nobody listens any more: for a page that is
        better old than not there. Nothing that was told of a change, or whose own time is over."""
        kept, now = self._kept.get(key), time.monotonic()
        if kept is None or now > kept.made_at + seconds:
            return None
        return kept.value if now <= kept.ends_at else None

    def size(self) -> int:
        """How much stands on it."""
        return len(self._kept)

    def drop(self, statement_id: UUID | None) -> None:
        """This statement changed; None: anything may have."""
        self._clock += 1
        self._dropped[statement_id] = self._clock
        self._flights.clear()  # who asks from now on is not given what was read before
        if statement_id is None:
            self._kept.clear()
            self._hanging.clear()
        for key in self._hanging.pop(statement_id, set()) | self._hanging.pop(None, set()):
            del self._kept[key]

    def statements(self) -> set[UUID | None]:
        """The statements that something on the shelf hangs on; None: something hangs on several."""
        return set(self._hanging)

    async def _made(self, key: Hashable, make: Make) -> Any:
        flight: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._flights[key], began = flight, self._clock
        try:
            statement_id, value, *good_for = await make()
        except BaseException as error:
            flight.set_exception(error if isinstance(error, Exception) else _Abandoned())
            flight.exception()  # nobody may have waited for it
            raise
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]
        flight.set_result(value)
        if self._dropped_since(began, statement_id):
            return value
        self._forget(key)
        if self._on and value is not None:
            now = time.monotonic()
            self._keep(key, Kept(statement_id, value, now, now + min([math.inf, *good_for])))
        return value

    def _keep(self, key: Hashable, kept: Kept) -> None:
        self._kept[key] = kept
        self._hanging.setdefault(kept.statement_id, set()).add(key)
        while len(self._kept) > MOST:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: Hashable) -> None:
        if key not in self._kept:
            return
        statement_id = self._kept.pop(key).statement_id
        self._hanging[statement_id].discard(key)
        if not self._hanging[statement_id]:
            del self._hanging[statement_id]

    def _dropped_since(self, began: int, statement_id: UUID | None) -> bool:
        if statement_id is None:
            return self._clock > began
        return max(self._dropped.get(statement_id, 0), self._dropped.get(None, 0)) > began


class _Abandoned(Exception):
    """Whoever was making it left: the next one tries."""
