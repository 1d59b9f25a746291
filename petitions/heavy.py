"""Heavy work: what takes much memory or time is done one by one beside the event loop, and only so many may wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

QUEUE = 20  # that wait or are at work
Answer = TypeVar("Answer")
Words = TypeVarTuple("Words")


class Crowded(Exception):
    """Too many wait."""


class Heavy:
    """One thread, which begins with the first piece of work."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="heavy")
        self._waiting = 0

    async def do(self, work: Callable[[*Words], Answer], *words: *Words) -> Answer:
        """What `work` makes of these words. Raises Crowded, and what it raises."""
        if self._waiting >= QUEUE:
            raise Crowded
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, *words)
        finally:
            self._waiting -= 1
