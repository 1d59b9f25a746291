"""What many ask for at the same time is done together, and each is answered for himself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from petitions.errors import DatabaseGone
from petitions.gathering import MOST, Gatherings


class Doubling:
    """Doubles numbers, a batch at a time; refuses a batch with a negative one in it, as a statement would be."""

    def __init__(self, *, gone: bool = False) -> None:
        self.batches: list[list[int]] = []
        self.gone = gone

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        await asyncio.sleep(0)
        if self.gone:
            raise DatabaseGone
        if min(items) < 0:
            raise ValueError(min(items))
        return [item * 2 for item in items]

    async def all(self, *items: int) -> list[int | BaseException]:
        gatherings = Gatherings()
        asked = [gatherings.join("double", self, item) for item in items]
        return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 10)


async def test_who_comes_alone_goes_alone_and_at_once() -> None:
    doubling, gatherings = Doubling(), Gatherings()
    assert [await gatherings.join("double", doubling, item) for item in (1, 2)] == [2, 4]
    assert doubling.batches == [[1], [2]]


async def test_who_comes_while_a_batch_is_under_way_goes_with_the_next() -> None:
    doubling, gatherings = Doubling(), Gatherings()
    first = asyncio.create_task(gatherings.join("double", doubling, 1))
    while not doubling.batches:
        await asyncio.sleep(0)
    assert await asyncio.gather(*(gatherings.join("double", doubling, item) for item in (2, 3))) == [4, 6]
    assert await first == 2
    assert doubling.batches == [[1], [2, 3]]


async def test_a_batch_has_its_limit() -> None:
    doubling = Doubling()
    assert await doubling.all(*range(2 * MOST + 1)) == [item * 2 for item in range(2 * MOST + 1)]
    assert max(map(len, doubling.batches)) == MOST


async def test_what_one_is_refused_for_touches_no_other() -> None:
    answers = await Doubling().all(1, -2, 3, -4)
    assert answers[::2] == [2, 6]
    assert [str(answer) for answer in answers[1::2]] == ["-2", "-4"]


async def test_where_the_database_is_gone_all_are_told_and_nothing_is_tried_again() -> None:
    doubling = Doubling(gone=True)
    assert [type(answer) for answer in await doubling.all(1, 2, 3)] == [DatabaseGone] * 3
    assert len(doubling.batches) == 1


class Hanging:
    """A database that takes its time, and then is gone."""

    def __init__(self) -> None:
        self.batches, self.over = 0, asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches += 1
        await self.over.wait()
        raise DatabaseGone


async def test_who_waits_behind_a_batch_that_found_the_database_gone_does_not_find_out_once_more() -> None:
    gatherings, hanging = Gatherings(), Hanging()
    first = asyncio.create_task(gatherings.join("hang", hanging, 0))
    while not hanging.batches:
        await asyncio.sleep(0)
    others = [asyncio.create_task(gatherings.join("hang", hanging, n)) for n in range(3 * MOST)]
    await asyncio.sleep(0)
    hanging.over.set()
    answers = await asyncio.wait_for(asyncio.gather(first, *others, return_exceptions=True), 10)
    assert {type(answer) for answer in answers} == {DatabaseGone}
    assert hanging.batches == 1
    assert await asyncio.wait_for(gatherings.join("hang", Doubling(), 1), 10) == 2


async def test_of_those_who_go_alone_nobody_tries_once_the_database_is_gone() -> None:
    batches: list[int] = []

    async def refuses_and_dies(items: Sequence[int]) -> list[int]:
        batches.append(len(items))
        await asyncio.sleep(0)
        if len(items) > 1:
            raise ValueError
        raise DatabaseGone

    gatherings = Gatherings()
    asked = [gatherings.join("dies", refuses_and_dies, n) for n in range(5)]
    answers = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 10)
    assert [type(answer) for answer in answers] == [DatabaseGone] * 5
    assert batches == [5, 1]


async def test_nobody_waits_for_ever_and_what_was_given_up_is_not_begun() -> None:
    gatherings, hanging, later = Gatherings(patience=0.05), Hanging(), Doubling()
    first = asyncio.create_task(gatherings.join("hang", hanging, 0))
    while not hanging.batches:
        await asyncio.sleep(0)
    others = [asyncio.create_task(gatherings.join("hang", later, n)) for n in range(3)]
    answers = await asyncio.wait_for(asyncio.gather(first, *others, return_exceptions=True), 10)
    assert [type(answer) for answer in answers] == [DatabaseGone] * 4
    hanging.over.set()
    assert await asyncio.wait_for(gatherings.join("hang", later, 9), 10) == 18
    assert later.batches == [[9]]


async def test_kinds_do_not_wait_for_each_other() -> None:
    gatherings, until = Gatherings(), asyncio.Event()

    async def waits(items: Sequence[int]) -> list[int]:
        await until.wait()
        return list(items)

    slow = asyncio.create_task(gatherings.join("slow", waits, 1))
    assert await asyncio.wait_for(gatherings.join("double", Doubling(), 2), 10) == 4
    until.set()
    assert await slow == 1


@settings(max_examples=50, deadline=None)
@given(some.lists(some.tuples(some.integers(-2, 50), some.integers(0, 4), some.booleans()), max_size=40))
def test_however_they_come_and_leave_each_who_stays_gets_his_own_answer(
    people: list[tuple[int, int, bool]],
) -> None:
    """(number, turns of the loop to wait before asking, leaves soon after)"""

    async def person(gatherings: Gatherings, doubling: Doubling, number: int, turns: int) -> object:
        for _ in range(turns):
            await asyncio.sleep(0)
        try:
            return await gatherings.join("double", doubling, number)
        except ValueError as error:
            return str(error)

    async def all_of_them() -> None:
        gatherings, doubling = Gatherings(), Doubling()
        tasks = [asyncio.create_task(person(gatherings, doubling, n, turns)) for n, turns, _ in people]
        for _ in range(3):
            await asyncio.sleep(0)
        for task, (_, _, leaves) in zip(tasks, people, strict=True):
            if leaves:
                task.cancel()
        done = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        for answer, (number, _, leaves) in zip(done, people, strict=True):
            left = leaves and isinstance(answer, asyncio.CancelledError)
            assert left or answer == (number * 2 if number >= 0 else str(number))

    asyncio.run(all_of_them())


async def test_whoever_stops_the_work_leaves_nobody_waiting() -> None:
    gatherings = Gatherings()

    async def stopped(items: Sequence[int]) -> list[int]:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(gatherings.join("stopped", stopped, 1), 10)
    assert await asyncio.wait_for(gatherings.join("stopped", Doubling(), 1), 10) == 2
