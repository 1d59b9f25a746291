"""One site for the bad days of this folder: two web processes, one that works."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.badday.place import Place
from tests.badday.visitors import Crowd, Visitor

_people = itertools.count(1)


@pytest_asyncio.fixture(scope="session")
async def place() -> AsyncIterator[Place]:
    place = Place()
    try:
        await place.open()
        place.web()
        place.web()
        place.work()
        await place.ready(*place.webs)
        yield place
    finally:
        await place.close()


@pytest_asyncio.fixture
async def crowd(place: Place) -> AsyncIterator[Crowd]:
    crowd = Crowd(place)
    yield crowd
    await crowd.close()


@pytest.fixture
def visitor(crowd: Crowd) -> Visitor:
    return Visitor(crowd, next(_people))


@pytest_asyncio.fixture(autouse=True)
async def nothing_unexpected(request: Any) -> AsyncIterator[None]:
    """A 500 would stand in the log of a process."""
    yield
    for name in {"place", "small"} & set(request.fixturenames):
        logs = request.getfixturevalue(name).logs()
        assert "unexpected error" not in logs, [line for line in logs.splitlines() if "unexpected" in line]
