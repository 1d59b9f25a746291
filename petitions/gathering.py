"""Gathering: what many ask for at the same time is done together, by one statement and one commit.

Nobody waits for company: who comes first goes at once, and who comes while that is under way goes together with
all the others who did (docs/decisions/0015).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Any, NamedTuple

from petitions.errors import DatabaseGone

MOST = 100  # in one batch: how much one failure makes slow
PATIENCE = 45.0  # seconds that somebody waits for his answer: as long as for a free connection and one query

Act = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
"""Does all of these, or none and raises; an answer each, in their order."""


class Waiting(NamedTuple):
    """Something to do, and where its answer is awaited."""

    item: Any
    answer: asyncio.Future[Any]


class Gatherings:
    """Batches by kind ('sign', …), each done in a task of its own: a caller who leaves stops nobody's."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._waiting: dict[str, list[Waiting]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    async def join(self, kind: str, act: Act, item: Any) -> Any:
        """The answer of `act` to this item, or what it raises for this item alone.

        `act` has a connection of its own: nobody may hold one while they wait for it, nor be in a transaction.
        Raises DatabaseGone to all of a batch, since whether it was committed, nobody knows; to all who waited behind
        it; and to whoever waited too long.
        """
        one = Waiting(item, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(kind, []).append(one)
        if kind not in self._running:
            # In a context of its own: the first caller's choices (such as a replica to read from) are not the others'.
            self._running[kind] = asyncio.create_task(self._run(kind, act), context=Context())
        try:
            async with asyncio.timeout(self._patience):
                return await one.answer
        except TimeoutError:
            raise DatabaseGone from None

    async def _run(self, kind: str, act: Act) -> None:
        """Until nobody waits any more."""
        batch: list[Waiting] = []
        try:
            while batch := self._waiting.pop(kind, []):
                self._waiting[kind], batch = batch[MOST:], batch[:MOST]
                try:
                    await _answer(act, [one for one in batch if not one.answer.done()])
                except DatabaseGone:  # whoever waited meanwhile would only wait as long again
                    _fail(batch + self._waiting.pop(kind, []))
        finally:
            del self._running[kind]
            # Nobody is left, but where this task was stopped, with the process.
            for one in batch + self._waiting.pop(kind, []):
                one.answer.cancel()


async def _answer(act: Act, batch: Sequence[Waiting]) -> None:
    """Raises DatabaseGone."""
    if not batch:
        return
    try:
        answers = await act([one.item for one in batch])
    except DatabaseGone:
        raise
    except Exception as error:
        if len(batch) == 1:
            _fail(batch, error)
            return
    else:
        for one, answer in zip(batch, answers, strict=True):
            if not one.answer.done():
                one.answer.set_result(answer)
        return
    for one in batch:  # what one of them is refused for must not touch the others
        await _answer(act, [one])


def _fail(batch: Sequence[Waiting], error: Exception | None = None) -> None:
    """None: the database is gone."""
    for one in batch:
        if not one.answer.done():
            one.answer.set_exception(error or DatabaseGone())
            one.answer.exception()  # whoever asked may have left
