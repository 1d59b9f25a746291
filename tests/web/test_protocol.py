"""Connections: what is too long or never ends is cut off, with the headers that every answer has."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from uvicorn import Config, Server

from petitions.web.protocol import LONGEST_HEAD, PatientProtocol

HOST = b"Host: localhost:8000\r\n"
FORM = HOST + b"Content-Type: application/x-www-form-urlencoded\r\n"


class Hasty(PatientProtocol):
    patience = 0.3


@pytest_asyncio.fixture
async def address(app: Starlette) -> AsyncIterator[tuple[str, int]]:
    """The application behind a real server, with less patience than usual."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(Config(app, http=Hasty, ws="none", lifespan="off", log_config=None, access_log=False))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()
    server.should_exit = True
    await running


async def told(address: tuple[str, int], first: bytes, *drip: bytes) -> tuple[list[bytes], float]:
    """The answers' first lines, and after how many seconds the line was cut; a piece of `drip` each 0.1 s."""
    reader, writer = await asyncio.open_connection(*address)
    began = time.monotonic()
    writer.write(first)

    async def dripping() -> None:
        for piece in drip:
            await asyncio.sleep(0.1)
            writer.write(piece)

    drops = asyncio.create_task(dripping())
    text = b""
    try:
        while piece := await asyncio.wait_for(reader.read(65536), 5):
            text += piece
    except ConnectionResetError:  # our drip met a closed line
        pass
    finally:
        drops.cancel()
        writer.close()
    lasted = time.monotonic() - began
    return re.findall(rb"HTTP/1\.1 \d+ [\w ]+", text), lasted


UNFINISHED = {
    "a body for an address that is not there": b"POST /nope HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 60000\r\n\r\n",
    "a body that nobody asked for": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 60000\r\n\r\n",
    "chunks without end": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n",
    "an upgrade": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: x\r\n\r\n",
}


@pytest.mark.parametrize("kind", UNFINISHED)
async def test_after_its_answer_a_request_cannot_hold_the_line(address: tuple[str, int], kind: str) -> None:
    drip = [b"1\r\nx\r\n"] * 30 if "chunked" in UNFINISHED[kind].decode() else [b"x"] * 30
    lines, lasted = await told(address, UNFINISHED[kind], *drip)
    assert lines[0].split()[1] in (b"404", b"200")
    assert lasted < 2


async def test_empty_lines_do_not_hold_the_line(address: tuple[str, int]) -> None:
    lines, lasted = await told(address, b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n", *[b"\r\n"] * 30)
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert lasted < 2


async def test_a_body_that_arrives_after_its_answer_keeps_the_line_for_the_next_request(
    address: tuple[str, int],
) -> None:
    first = b"POST /nope HTTP/1.1\r\n" + FORM + b"Content-Length: 6\r\n\r\n"
    lines, _ = await told(address, first, b"name=A", b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
    assert [line.split()[1] for line in lines] == [b"404", b"200"]


async def test_requests_sent_at_once_are_all_answered(address: tuple[str, int]) -> None:
    one = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    form = b"POST /form HTTP/1.1\r\n" + FORM + b"Content-Length: 6\r\n\r\nname=A"
    lines, _ = await told(address, one + form + one)
    assert lines == [b"HTTP/1.1 200 OK"] * 3


@pytest.mark.parametrize("pieces", [1, 2, 4])
async def test_a_head_of_120_kb_is_refused_however_it_comes(address: tuple[str, int], pieces: int) -> None:
    head = b"GET /healthz HTTP/1.1\r\n" + HOST + (b"X-Much: " + b"x" * 6000 + b"\r\n") * 20 + b"\r\n"
    size = len(head) // pieces + 1
    lines, _ = await told(
        address, head[:size], *(head[at : at + size] for at in range(size, len(head), size))
    )
    assert lines == [b"HTTP/1.1 431 Request Header Fields Too Large"]


async def test_a_head_below_the_limit_is_read(address: tuple[str, int]) -> None:
    head = b"GET /healthz HTTP/1.1\r\n" + HOST + b"X-Much: " + b"x" * (LONGEST_HEAD - 200) + b"\r\n\r\n"
    lines, _ = await told(address, head)
    assert lines == [b"HTTP/1.1 200 OK"]


@pytest.mark.parametrize(
    "request_", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nX : y\r\n\r\n", b"GET / HTTP/1.1\r\nX: y"]
)
async def test_answers_of_the_server_itself_carry_the_headers_too(
    address: tuple[str, int], request_: bytes
) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(request_)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 4")
    assert b"content-security-policy: default-src 'none'" in answer
    assert b"x-content-type-options: nosniff" in answer
