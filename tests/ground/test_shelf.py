"""What a process remembers: made once for all who wait, gone with the change that concerns it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from petitions.shelf import Shelf


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


async def test_who_waits_for_one_that_fails_or_leaves_makes_it_itself() -> None:
    shelf, go = heard(), asyncio.Event()
    leaves = asyncio.create_task(shelf.get("page", Maker(None, go)))
    await asyncio.sleep(0)
    waits = asyncio.create_task(shelf.get("page", Maker(None)))
    await asyncio.sleep(0)
    leaves.cancel()
    assert await waits == 1
    with pytest.raises(asyncio.CancelledError):
        await leaves


async def test_when_listening_ends_nothing_is_given_and_when_it_begins_again_nothing_old() -> None:
    shelf, make = heard(), Maker(None)
    await shelf.get("page", make)
    shelf.switch(False)
    assert await shelf.get("page", make) == 2
    shelf.switch(True)
    assert await shelf.get("page", make) == 3
