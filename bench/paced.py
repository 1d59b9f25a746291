"""The load of a day: requests that come when they are due, however long the answers take; in its own process."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Iterator
from math import pi, sin
from typing import Any

import uvloop

from bench.load import LENGTH, PATIENCE

CONNECTIONS = 128
TICK = 0.001  # seconds
Sent = tuple[str, int, bytes]  # what it is, the status that it must be answered with, the request
Told = dict[str, list[float]]  # what it is → seconds from when each was due to its answer


class Line(asyncio.Protocol):
    """One connection: idle, or waiting for the answer to what was due at `due`."""

    def __init__(self, idle: list["Line"], told: Told, wrong: list[str]) -> None:
        self.idle, self.told, self.wrong, self.received, self.closing = idle, told, wrong, b"", False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.idle.append(self)

    def send(self, what: str, status: int, request: bytes, due: float) -> None:
        self.what, self.status, self.due = what, status, due
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        given = LENGTH.search(head)
        if found and given and len(body) >= int(given[1]):
            self.told[self.what].append(time.perf_counter() - self.due)
            if int(head[9:12]) != self.status:
                self.wrong.append(f"{self.what}: {int(head[9:12])}")
            self.received = b""
            self.idle.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closing:
            self.wrong.append("a connection was lost")


def moments(count: int, seconds: float) -> list[float]:
    """When so many acts of a day are due: few at its ends, most in its middle, none like clockwork."""
    most, drawn = 2 * count / seconds, random.Random(1)
    found: list[float] = []
    at = 0.0
    while len(found) < count:
        at += drawn.expovariate(most)
        if at >= seconds:
            at -= seconds
        if drawn.random() < sin(pi * at / seconds) ** 2:
            found.append(at)
    return sorted(found)


def day(port: int, seconds: float, acts: list[Sent], page: bytes, pages: int) -> tuple[Told, list[str]]:
    """Send these acts, spread over the day, and for each of them so many `pages`; how long each took, and what was
    answered with another status."""
    return uvloop.run(_day(port, seconds, acts, page, pages))


async def _day(
    port: int, seconds: float, acts: list[Sent], page: bytes, pages: int
) -> tuple[Told, list[str]]:
    idle: list[Line] = []
    told: Told = {what: [] for what in ("page", *(what for what, _, _ in acts))}
    wrong: list[str] = []
    connect = asyncio.get_running_loop().create_connection
    lines = [
        (await connect(lambda: Line(idle, told, wrong), "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
    ]
    views: list[Sent] = [("page", 200, page)] * (len(acts) * pages)
    coming = merged(moments(len(acts), seconds), acts, moments(len(views), seconds), views)
    async with asyncio.timeout(seconds + PATIENCE):
        await send(coming, idle)
        while len(idle) < CONNECTIONS and not wrong:
            await asyncio.sleep(TICK)
    for line in lines:
        line.closing = True
        line.transport.close()
    return told, wrong


def merged(
    first: list[float], acts: list[Sent], second: list[float], views: list[Sent]
) -> Iterator[tuple[float, Sent]]:
    pairs = [*zip(first, acts, strict=True), *zip(second, views, strict=True)]
    return iter(sorted(pairs, key=lambda pair: pair[0]))


async def send(coming: Iterator[tuple[float, Sent]], idle: list[Line]) -> None:
    """Each when it is due, or as soon after it as a connection is idle."""
    began, late = time.perf_counter(), deque[tuple[float, Sent]]()
    following = next(coming, None)
    while following or late:
        now = time.perf_counter() - began
        while following and following[0] <= now:
            late.append(following)
            following = next(coming, None)
        while late and idle:
            due, (what, status, request) = late.popleft()
            idle.pop().send(what, status, request, began + due)
        await asyncio.sleep(TICK)
