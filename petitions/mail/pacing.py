"""What is left alone for a while: a server that is down, a sender it refuses, a domain that says "later"."""

from __future__ import annotations

import random
import time
from collections.abc import Hashable


class Pauses:
    """Pauses by key, each double the last one; success ends the series. In seconds."""

    def __init__(self, first: float, longest: float) -> None:
        self.first = first
        self._longest = longest
        self._strikes: dict[Hashable, int] = {}
        self._until: dict[Hashable, float] = {}

    def strike(self, key: Hashable) -> None:
        """It failed; what fails while it is paused already (letters on their way) does not count again."""
        if self.left(key):
            return
        strikes = self._strikes.get(key, 0)
        pause = min(self.first * 2**strikes, self._longest)
        self._strikes[key] = min(strikes + 1, 20)
        self._until[key] = time.monotonic() + pause * random.uniform(0.9, 1.1)  # noqa: S311 (no secret)

    def clear(self, key: Hashable) -> None:
        """It works."""
        self._strikes.pop(key, None)
        self._until.pop(key, None)

    def left(self, key: Hashable) -> float:
        """How long it is to be left alone still; 0: not at all."""
        return max(0.0, self._until.get(key, 0.0) - time.monotonic())

    def doubted(self, key: Hashable) -> bool:
        """It failed last time: one careful try, not many."""
        return key in self._strikes
