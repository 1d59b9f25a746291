"""Event streams as such: signs of life, a proper end, nothing old for slow readers, and no deadline for idle ones."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest_asyncio
from starlette.requests import Request
from starlette.routing import Route
from structlog.testing import capture_logs
from uvicorn import Config, Server

from petitions.web.application import build
from petitions.web.events import EventStream, event
from petitions.web.protocol import PatientProtocol
from tests.live.conftest import Reader


class Hasty(PatientProtocol):
    patience = 0.3


@dataclass
class Served:
    """A server whose one page is an event stream of this tempo."""

    port: int = 0
    tempo: dict[str, float] = field(default_factory=dict)
    streams: list[EventStream] = field(default_factory=list)
    left: int = 0
    stop: Any = None
    asked: int = 0
    until_gone: bool = False

    async def page(self, request: Request) -> EventStream:
        self.asked += 1
        await request.body()
        line = request.state.line
        while self.until_gone and not line.transport.is_closing():
            await asyncio.sleep(0.01)
        stream = EventStream(line, self._leave, **self.tempo)
        stream.put(event(1, {"people": 1}))
        self.streams.append(stream)
        return stream

    def _leave(self) -> None:
        self.left += 1


@pytest_asyncio.fixture
async def here(site: Any) -> AsyncIterator[Served]:
    served = Served()
    listener = socket.create_server(("127.0.0.1", 0))
    served.port = listener.getsockname()[1]
    app = build(site, [Route("/live", served.page)])
    server = Server(Config(app, http=Hasty, ws="none", lifespan="off", log_config=None, access_log=False))
    running = asyncio.create_task(server.serve(sockets=[listener]))

    async def stop() -> None:
        server.should_exit = True
        await running

    served.stop = stop
    yield served
    await stop()


async def test_an_idle_stream_lives_on_by_its_signs_of_life(here: Served) -> None:
    here.tempo = {"beat": 0.2}
    reader = await Reader.open(here.port, "/live")
    await reader.until(lambda: reader.signs_of_life >= 5)  # a second: three times the server's patience
    here.streams[0].put(event(2, {"people": 2}))
    await reader.people(2)
    assert [id for id, _ in reader.events] == [1, 2]
    await reader.close()


async def test_what_is_old_or_known_is_not_told(here: Served) -> None:
    reader = await Reader.open(here.port, "/live")
    await reader.people(1)
    for revision in (3, 2, 3):
        here.streams[0].put(event(revision, {"people": revision}))
        await asyncio.sleep(0)
    here.streams[0].put(event(4, {"people": 4}), known=True)
    here.streams[0].put(event(4, {"people": 4}))
    here.streams[0].put(event(4, {"people": 5}))  # another version of the text, the same revision
    await reader.people(5)
    assert [id for id, _ in reader.events] == [1, 3, 4]
    await reader.close()


async def test_a_stream_ends_by_itself_and_properly(here: Served) -> None:
    here.tempo = {"beat": 0.1, "life": 0.3}
    reader = await Reader.open(here.port, "/live")
    await reader.until(lambda: reader.ended or reader.cut)
    assert reader.ended
    assert reader.events
    assert here.left == 1


async def test_whoever_takes_nothing_gets_no_backlog_and_is_dropped(here: Served) -> None:
    here.tempo = {"beat": 0.1, "stall": 0.5}
    loop = asyncio.get_running_loop()
    line = await _asleep(here)
    async with asyncio.timeout(10):
        revision = 1
        while not here.left:
            revision += 1
            here.streams[0].put(event(revision, {"people": revision, "more": "x" * 100}))
            await asyncio.sleep(0.001)
    text = b""
    try:
        while piece := await loop.sock_recv(line, 65536):
            text += piece
    except ConnectionError:
        pass
    line.close()
    assert text.count(b"id: ") < 60 < revision


async def _asleep(here: Served) -> socket.socket:
    """A reader that asked and then takes nothing."""
    before = len(here.streams)
    line = await _asked(here)
    async with asyncio.timeout(10):
        while len(here.streams) == before:
            await asyncio.sleep(0.01)
    return line


async def _asked(here: Served, more: bytes = b"") -> socket.socket:
    loop, before = asyncio.get_running_loop(), here.asked
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    line.setblocking(False)
    await loop.sock_connect(line, ("127.0.0.1", here.port))
    head = f"GET /live HTTP/1.1\r\nHost: localhost:{here.port}\r\n".encode()
    await loop.sock_sendall(line, head + more + b"\r\n")
    async with asyncio.timeout(10):
        while here.asked == before:
            await asyncio.sleep(0.01)
    return line


async def test_who_reads_late_gets_the_newest_next(here: Served) -> None:
    reader = await Reader.open(here.port, "/live")
    await reader.people(1)
    for revision in range(2, 2000):
        here.streams[0].put(event(revision, {"people": revision}))
    await reader.people(1999)
    assert [id for id, _ in reader.events] == [1, 1999]
    await reader.close()


async def test_whoever_leaves_frees_their_place_at_once(here: Served) -> None:
    reader = await Reader.open(here.port, "/live")
    await reader.people(1)
    await reader.close()
    async with asyncio.timeout(5):
        while not here.left:
            await asyncio.sleep(0.01)


async def test_who_left_before_the_answer_began_is_no_failure(here: Served) -> None:
    here.until_gone = True
    line = await _asked(here)
    line.close()
    with capture_logs() as lines:
        async with asyncio.timeout(5):
            while not here.left:
                await asyncio.sleep(0.01)
    assert [one for one in lines if one["log_level"] == "error"] == []


async def test_who_leaves_before_all_of_the_request_has_arrived_is_no_failure(here: Served) -> None:
    with capture_logs() as lines:
        line = await _asked(here, b"Content-Length: 5\r\n")
        line.close()
        async with asyncio.timeout(5):
            while not any(one["event"] == "request" for one in lines):
                await asyncio.sleep(0.01)
    assert [one.get("status") for one in lines] == [400], lines
    assert here.streams == []


async def test_whoever_asks_for_more_on_the_same_line_and_leaves_frees_their_place_too(here: Served) -> None:
    here.tempo = {"beat": 0.1}
    line = await _asleep(here)
    ask = f"GET /live HTTP/1.1\r\nHost: localhost:{here.port}\r\n\r\n".encode()
    await asyncio.get_running_loop().sock_sendall(line, ask)
    await asyncio.sleep(0.1)
    line.close()
    async with asyncio.timeout(5):
        while not here.left:
            await asyncio.sleep(0.01)
    assert len(here.streams) == 1


async def test_a_stopping_server_ends_its_streams_at_once_even_those_that_take_nothing(here: Served) -> None:
    reader = await Reader.open(here.port, "/live")
    await reader.people(1)
    asleep = await _asleep(here)
    for revision in range(2, 2000):
        here.streams[1].put(event(revision, {"people": revision}))
        await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await here.stop()
    assert loop.time() - began < 2
    await reader.until(lambda: reader.ended or reader.cut)
    assert reader.ended
    assert here.left == 2
    asleep.close()
