"""The load: HTTP/1.1 over connections that are kept, one request at a time on each; runs in its own process."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import uvloop

CONNECTIONS = 32
PATIENCE = 60  # seconds for the last answers
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


class Connection(asyncio.Protocol):
    """Sends the next request as soon as an answer is whole, until there is none left or the time is over."""

    def __init__(self, requests: Iterator[bytes], statuses: Counter[int]) -> None:
        self.requests, self.statuses, self.received = requests, statuses, b""
        self.alike = 0, b"", 0  # the last whole answer: its length, how it began, its status
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def send(self, until: float) -> None:
        self.until = until
        if time.perf_counter() < until and (request := next(self.requests, None)):
            self.transport.write(request)
        else:
            self.ended.set_result(time.perf_counter())

    def data_received(self, data: bytes) -> None:
        # Most answers are like the last one: what they cost here, the servers don't get.
        length, start, status = self.alike
        if not self.received and len(data) == length and data.startswith(start):
            self.statuses[status] += 1
            self.send(self.until)
            return
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        given = LENGTH.search(head)
        if found and given and len(body) >= int(given[1]):
            status = int(head[9:12])
            self.statuses[status] += 1
            self.alike = len(self.received), head[:12], status
            self.received = b""
            self.send(self.until)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.statuses[0] += 1  # of an answer that never came
            self.ended.set_result(time.perf_counter())


def fire(port: int, requests: list[bytes], seconds: float, again: bool) -> tuple[Counter[int], float]:
    """Send these, each once or, `again`, in circles, for at most so long: how many of each status, and the
    seconds from the first request to the last answer."""
    return uvloop.run(_fire(port, cycle(requests) if again else iter(requests), seconds))


async def _fire(port: int, requests: Iterator[bytes], seconds: float) -> tuple[Counter[int], float]:
    statuses, connect = Counter[int](), asyncio.get_running_loop().create_connection
    pairs = [
        await connect(lambda: Connection(requests, statuses), "127.0.0.1", port) for _ in range(CONNECTIONS)
    ]
    began = time.perf_counter()
    for _, connection in pairs:
        connection.send(began + seconds)
    async with asyncio.timeout(seconds + PATIENCE):
        ended = max(await asyncio.gather(*(connection.ended for _, connection in pairs)))
    for transport, _ in pairs:
        transport.close()
    return statuses, ended - began


def request(method: str, path: str, number: int, body: str = "") -> bytes:
    """As a proxy hands on a browser's; neighbouring `number`s come from different networks (/24)."""
    kind = "Content-Type: application/x-www-form-urlencoded\r\n" if body else ""
    address = f"10.{number & 255}.{number >> 8 & 255}.{number >> 16 & 255}"
    head = f"Host: localhost\r\nSec-Fetch-Site: same-origin\r\nX-Forwarded-For: {address}\r\n{kind}"
    return f"{method} {path} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
