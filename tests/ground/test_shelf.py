"""What a process remembers: made once for all who wait, gone with the change that concerns it."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from petitions.errors import NotFound
from petitions.shelf import LONGEST, MOST, Shelf, good_for


class Maker:
    """Counts how often it was asked; waits for `go` where one is given."""

    def __init__(self, of: UUID | None, go: asyncio.Event | None = None) -> None:
        self.of, self.go, self.times = of, go, 0

    async def __call__(self) -> tuple[UUID | None, Any]:
        self.times += 1
        made = self.times
        if self.go:
            await self.go.wait()
        return self.of, made


def heard() -> Shelf:
    shelf = Shelf()
    shelf.switch(True)
    return shelf


async def test_nothing_is_kept_while_nobody_listens() -> None:
    shelf, make = Shelf(), Maker(None)
    assert [await shelf.get("page", make) for _ in range(2)] == [1, 2]


async def test_a_thing_is_made_once_until_its_statement_changes() -> None:
    shelf, one, other = heard(), uuid4(), uuid4()
    make = Maker(one)
    assert [await shelf.get("page", make) for _ in range(2)] == [1, 1]
    shelf.drop(other)
    assert await shelf.get("page", make) == 1
    shelf.drop(one)
    assert await shelf.get("page", make) == 2
    shelf.drop(None)
    assert await shelf.get("page", make) == 3


async def test_what_hangs_on_several_statements_goes_with_each_of_them() -> None:
    shelf, make = heard(), Maker(None)
    await shelf.get("home", make)
    shelf.drop(uuid4())
    assert await shelf.get("home", make) == 2


async def test_a_hundred_who_ask_at_once_wait_for_one() -> None:
    shelf, go = heard(), asyncio.Event()
    make = Maker(None, go)
    asking = [asyncio.create_task(shelf.get("page", make)) for _ in range(100)]
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*asking) == [1] * 100


async def test_what_was_read_before_a_change_is_not_kept_nor_given_to_those_who_ask_after_it() -> None:
    shelf, go, one = heard(), asyncio.Event(), uuid4()
    slow, quick = Maker(one, go), Maker(one)
    before = asyncio.create_task(shelf.get("page", slow))
    await asyncio.sleep(0)
    shelf.drop(one)
    quick.times = 10
    assert await shelf.get("page", quick) == 11
    go.set()
    assert await before == 1
    assert await shelf.get("page", quick) == 11


async def test_who_waits_for_one_that_leaves_makes_it_itself() -> None:
    shelf, go = heard(), asyncio.Event()
    leaves = asyncio.create_task(shelf.get("page", Maker(None, go)))
    await asyncio.sleep(0)
    waits = asyncio.create_task(shelf.get("page", Maker(None)))
    await asyncio.sleep(0)
    leaves.cancel()
    assert await waits == 1
    with pytest.raises(asyncio.CancelledError):
        await leaves


async def test_who_holds_a_connection_waits_for_nobody_and_others_wait_for_him() -> None:
    holding, first, second = [False], asyncio.Event(), asyncio.Event()
    shelf = Shelf(holds=lambda: holding[0])
    shelf.switch(True)
    waits = asyncio.create_task(shelf.get("page", Maker(None, first)))
    await asyncio.sleep(0)
    holding[0], holder = True, Maker(None, second)
    holds = asyncio.create_task(shelf.get("page", holder))
    await asyncio.sleep(0)
    holding[0], other = False, Maker(None)
    joins = asyncio.create_task(shelf.get("page", other))
    await asyncio.sleep(0)
    second.set()
    assert await asyncio.gather(holds, joins) == [1, 1]
    assert (holder.times, other.times) == (1, 0)
    assert not waits.done()
    first.set()
    assert await waits == 1


async def test_where_it_fails_it_fails_for_all_who_wait_at_once() -> None:
    shelf, go, times = heard(), asyncio.Event(), 0

    async def make() -> tuple[UUID | None, Any]:
        nonlocal times
        times += 1
        await go.wait()
        raise NotFound

    asking = [asyncio.create_task(shelf.get("page", make)) for _ in range(10)]
    await asyncio.sleep(0)
    go.set()
    for failed in await asyncio.gather(*asking, return_exceptions=True):
        assert isinstance(failed, NotFound)
    assert times == 1
    assert await shelf.get("page", Maker(None)) == 1


async def test_when_listening_ends_nothing_is_given_and_when_it_begins_again_nothing_old() -> None:
    shelf, make = heard(), Maker(None)
    await shelf.get("page", make)
    shelf.switch(False)
    assert await shelf.get("page", make) == 2
    shelf.switch(True)
    assert await shelf.get("page", make) == 3


async def test_what_has_a_time_of_its_own_is_given_no_longer() -> None:
    shelf, one = heard(), uuid4()

    async def make() -> tuple[UUID | None, Any, float]:
        return one, time.monotonic(), 0.05

    first = await shelf.get("page", make)
    assert shelf.peek("page") == first
    await asyncio.sleep(0.06)
    assert shelf.peek("page") is None
    assert shelf.last("page", 600) is None
    assert await shelf.get("page", make) > first


async def test_nothing_is_kept_of_what_came_to_nothing_and_all_who_waited_know_it() -> None:
    shelf, go, times = heard(), asyncio.Event(), 0

    async def make() -> tuple[UUID | None, Any]:
        nonlocal times
        times += 1
        await go.wait()
        return None, None

    asking = [asyncio.create_task(shelf.get("page", make)) for _ in range(10)]
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*asking) == [None] * 10
    assert times == 1
    assert shelf.statements() == set()


async def test_the_last_one_is_there_when_nobody_listens_unless_it_changed_or_was_made_since() -> None:
    shelf, make, one = heard(), Maker(None), uuid4()
    await shelf.get("page", make)
    await shelf.get("other", Maker(one))
    shelf.switch(False)
    assert shelf.last("page", 600) == 1
    assert shelf.last("page", -1) is None
    assert await shelf.get("page", make) == 2
    assert shelf.last("page", 600) is None
    shelf.drop(one)
    assert shelf.last("other", 600) is None


async def test_the_last_one_is_not_given_after_its_closing_however_far_off_that_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf, one, now = heard(), uuid4(), time.monotonic()

    async def make() -> tuple[UUID | None, Any, float]:
        return one, "open", good_for([datetime.now(UTC) + timedelta(seconds=90), None])

    await shelf.get("page", make)
    monkeypatch.setattr(time, "monotonic", lambda: now + 80)
    assert shelf.peek("page") is None
    assert shelf.last("page", 600) == "open"
    monkeypatch.setattr(time, "monotonic", lambda: now + 91)
    assert shelf.last("page", 600) is None


@pytest.mark.parametrize("listening", [True, False])
async def test_the_last_one_is_gone_once_there_is_nothing_any_more(listening: bool) -> None:
    shelf, one, good = heard(), uuid4(), 0.01

    async def make() -> tuple[UUID | None, Any, float]:
        return one, None, good

    async def soon() -> tuple[UUID | None, Any, float]:
        return one, "page", good

    await shelf.get("page", soon if listening else Maker(one))
    await asyncio.sleep(2 * good)
    shelf.switch(listening)
    assert await shelf.get("page", make) is None
    assert shelf.last("page", 600) is None
    assert shelf.statements() == set()


async def test_the_oldest_makes_room() -> None:
    shelf, one = heard(), uuid4()
    for number in range(MOST + 1):
        await shelf.get(number, Maker(one))
    assert shelf.peek(0) is None
    assert shelf.peek(MOST) == 1
    shelf.drop(one)
    assert shelf.statements() == set()


def test_it_is_good_until_the_next_closing_time() -> None:
    now = datetime.now(UTC)
    assert good_for([]) == good_for([None]) == math.inf
    assert LONGEST < good_for([None, now + timedelta(hours=1)]) <= 3600
    assert 8 < good_for([now + timedelta(seconds=30), now + timedelta(seconds=10)]) <= 10
    assert good_for([now - timedelta(hours=1)]) == 1
