"""One run: its sizes, its grounds and servers, and how value and reference take turns."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any
from urllib.parse import urlsplit

from bench.ground import Ground, ground
from bench.load import fire
from bench.processes import check, fetched, serving

WARM = 0.3  # seconds before the first turn
Act = Callable[[], Awaitable[float]]  # one turn: a rate a second, or seconds


@dataclass(frozen=True)
class Sizes:
    """How much of everything; `rows`, `grow`: confirmed signatures to begin with, and for what is big."""

    rows: int = 100_000
    grow: int = 1_000_000
    seconds: float = 4  # for each side of a figure
    turns: int = 2
    letters: int = 2_000
    waiting: int = 100_000  # confirmed for the tally to count
    people: int = 20_480  # who go the whole way, for their bytes
    bodies: int = 2_000  # organisations that endorse
    searches: int = 200  # of each kind
    names: int = 10_000  # in the hand-over document


QUICK = Sizes(
    rows=300,
    grow=1_000,
    seconds=0.2,
    turns=1,
    letters=40,
    waiting=300,
    people=32,
    bodies=120,
    searches=8,
    names=60,
)


@dataclass(frozen=True)
class Figure:
    """A value beside its reference. Where `most`, the target is the most that the ratio may be; without a
    reference the value itself. No target: only told. No value: it could not be measured, `what` says why."""

    id: str
    what: str
    value: float | None
    reference: float | None = None
    target: float | None = None
    most: bool = False

    @property
    def ratio(self) -> float | None:
        return self.value / self.reference if self.value is not None and self.reference else None

    @property
    def met(self) -> bool | None:
        judged = self.value if self.reference is None else self.ratio
        if judged is None or self.target is None:
            return None
        return judged <= self.target if self.most else judged >= self.target

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        names = ("id", "what", "value", "reference", "ratio", "target", "met")
        return {name: getattr(self, name) for name in names}


class Run:
    """`load`: the process that sends. Everything begun here ends with `stack`."""

    def __init__(self, folder: Path, sizes: Sizes, load: Executor, stack: AsyncExitStack) -> None:
        self.folder, self.sizes, self.load, self.stack = folder, sizes, load, stack
        self.turn = sizes.seconds / sizes.turns
        self.fixed = ""  # where fixed bytes are served
        self._grounds: dict[str, Ground] = {}
        self._pages: dict[Path, str] = {}

    async def full(self, rows: int) -> Ground:
        """The ground with many signatures: so many at least."""
        found = await self._ground("full")
        await found.grow(rows)
        return found

    async def none(self) -> Ground:
        """The ground with none but the demonstration's."""
        return await self._ground("none")

    async def endorsed(self) -> Ground:
        """The ground with many organisations, and no people but the demonstration's."""
        new = "endorsed" not in self._grounds
        found = await self._ground("endorsed")
        if new:
            await found.endorse(self.sizes.bodies)
        return found

    async def named(self) -> Ground:
        """The ground of the hand-over document, with as many names."""
        found = await self._ground("named")
        await found.grow(self.sizes.names)
        return found

    async def searched(self) -> Ground:
        """The ground of the search, which fills it itself."""
        return await self._ground("searched")

    async def _ground(self, name: str) -> Ground:
        if name not in self._grounds:
            self._grounds[name] = await self.stack.enter_async_context(ground(self.folder / name))
        return self._grounds[name]

    def page(self, on: Ground) -> str:
        """Where the statement's page of this ground is served: one process, without the work."""
        if on.folder not in self._pages:
            line = ("petitions", "serve", "--port", "0", "--no-work")
            self._pages[on.folder] = self.stack.enter_context(serving(on.folder, *line))
            fetched(self._pages[on.folder])
        return self._pages[on.folder]

    async def leave(self) -> None:
        """Stops everything that was begun."""
        await self.stack.aclose()
        self._grounds.clear()
        self._pages.clear()

    async def fire(
        self, place: str, sent: list[bytes], status: int, seconds: float, again: bool = False
    ) -> Any:
        """One turn of requests, each answered with this status: how many, and how many a second."""
        job = self.load.submit(fire, urlsplit(place).port or 0, sent, seconds, again)
        statuses, took = await asyncio.wrap_future(job)
        check(set(statuses) == {status}, f"expected {status} alone, were answered {dict(statuses)}")
        return statuses[status], statuses[status] / took

    async def in_turns(self, ours: Act, reference: Act) -> tuple[float, float]:
        """The means of both."""
        pairs = [(await ours(), await reference()) for _ in range(self.sizes.turns)]
        return mean(one for one, _ in pairs), mean(one for _, one in pairs)
