"""Pictures and codes are drawn one at a time, beside the event loop, and kept for whoever asks next.

Each takes some milliseconds of processor, and strangers choose what is asked for: so no more than a few may wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVarTuple, Unpack

from petitions.errors import Throttled

MOST = 400  # drawings kept, the newest; some 10 KB each
QUEUE = 20  # drawings that wait, so that a stranger can't have hundreds made
AGAIN = 5  # seconds until whoever found the queue full may come again
Words = TypeVarTuple("Words")


class Pencil:
    """A thread that draws, and what it drew."""

    def __init__(self, most: int = MOST, queue: int = QUEUE) -> None:
        self._most, self._queue = most, queue
        self._kept: dict[Hashable, bytes] = {}  # the oldest first; only the thread writes here
        self._waiting: dict[Hashable, Future[bytes]] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pencil")

    async def drawn(self, draw: Callable[[Unpack[Words]], bytes], *words: *Words) -> bytes:
        """What `draw` makes of these words, and of nothing else. Raises Throttled: too many wait."""
        key = draw, words
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        waiting = self._waiting.get(key)
        if waiting is None:
            if len(self._waiting) >= self._queue:
                raise Throttled(AGAIN)
            waiting = self._thread.submit(self._draw, key, lambda: draw(*words))
            self._waiting[key] = waiting
            waiting.add_done_callback(lambda _: self._waiting.pop(key, None))
        return await asyncio.shield(asyncio.wrap_future(waiting))

    def _draw(self, key: Hashable, draw: Callable[[], bytes]) -> bytes:
        self._kept[key] = drawing = draw()
        if len(self._kept) > self._most:
            del self._kept[next(iter(self._kept))]
        return drawing


pencil = Pencil()
