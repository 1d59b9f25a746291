"""Forms that bring files: read as they come, whatever comes, and no more of it than is needed."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from uvicorn import Config, Server

from petitions.errors import PetitionsError
from petitions.routes import post
from petitions.site import Site
from petitions.uploads import LARGEST_FILE, LOST
from petitions.web.application import build
from petitions.web.guard import WITH_FILES
from petitions.web.protocol import PatientProtocol
from petitions.web.upload import read_upload, with_lost
from tests.conftest import browser
from tests.web import conftest
from tests.web.test_body import BAD, END, GOOD, MULTIPART, URLENCODED, part

FILE = '; filename="minutes.pdf"\r\nContent-Type: application/pdf'


async def upload(request: Request) -> Response:
    fields, files = await read_upload(request, ("logo", "minutes"))
    told = {name: [one.filename, one.size, len(one.file.read())] for name, one in files.items()}
    lost = [(f"{name}_kept", LOST) for name in files]
    return JSONResponse({"fields": fields, "files": told, "typed": request.state.typed == [*fields, *lost]})


def application(site: Site, **over: Any) -> Starlette:
    site = replace(site, settings=replace(site.settings, **over))
    more = [
        post("/upload", upload, "upload", "anyone", files=True),
        post("/plain", upload, "plain", "anyone"),
    ]
    return build(site, [*conftest.routes(), *more])


@pytest_asyncio.fixture
async def web(quiet_site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(quiet_site, app=application(quiet_site)) as client:
        yield client


async def sent(web: httpx.AsyncClient, body: str | bytes, path: str = "/upload") -> httpx.Response:
    return await web.post(path, content=body, headers={"Content-Type": MULTIPART})


@pytest.mark.parametrize(("kind", "body", "fields"), GOOD)
async def test_answers_are_read_as_those_of_any_form(
    web: httpx.AsyncClient, kind: str, body: str | bytes, fields: list[list[str]]
) -> None:
    answer = await web.post("/upload", content=body, headers={"Content-Type": kind})
    assert answer.json() == {"fields": fields, "files": {}, "typed": True}


# Longer answers are for this form, and the limit of the body is another one.
ALIKE = [what for what in BAD if what not in ("a field over 20 KB", "1 MB")]


@pytest.mark.parametrize("what", ALIKE)
async def test_what_is_no_form_is_refused_with_a_reason(web: httpx.AsyncClient, what: str) -> None:
    kind, body, status = BAD[what]
    answer = await web.post("/upload", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert "<h1" in answer.text


async def test_files_come_beside_answers(web: httpx.AsyncClient) -> None:
    body = (
        part("name", "Jürgen")
        + part("minutes", "%PDF-", FILE)
        + part("logo", "x" * 300_000, '; filename="ä\t.png"')
    )
    answer = await sent(web, body + part("note", "two\r\nlines") + END)
    assert answer.json() == {
        "fields": [["name", "Jürgen"], ["note", "two\nlines"]],
        "files": {"minutes": ["minutes.pdf", 5, 5], "logo": ["ä .png", 300_000, 300_000]},
        "typed": True,
    }


async def test_a_question_left_empty_brings_no_file_but_an_empty_file_is_one(web: httpx.AsyncClient) -> None:
    empty = '; filename=""\r\nContent-Type: application/octet-stream'
    answer = await sent(web, part("logo", "", empty) + part("minutes", "", FILE) + END)
    assert answer.json()["files"] == {"minutes": ["minutes.pdf", 0, 0]}


async def test_of_a_file_that_is_too_large_no_more_is_kept_than_shows_it(web: httpx.AsyncClient) -> None:
    large = LARGEST_FILE + 5_000_000
    answer = await sent(
        web, part("name", "Ada") + part("minutes", "x" * large, FILE) + part("note", "y") + END
    )
    assert answer.json() == {
        "fields": [["name", "Ada"], ["note", "y"]],
        "files": {"minutes": ["minutes.pdf", large, LARGEST_FILE + 1]},
        "typed": True,
    }


def test_what_is_lost_takes_the_place_of_an_older_ticket() -> None:
    typed = [("minutes_kept", "a ticket"), ("note", "x"), ("logo_kept", "another")]
    assert with_lost(typed, {"minutes"}) == [("note", "x"), ("logo_kept", "another"), ("minutes_kept", LOST)]


EMPTY = '; filename=""'
WRONG = {
    "an empty file and one at a question": (part("logo", "", EMPTY) + part("logo", "x", FILE), 400),
    "two empty files at a question": (part("logo", "", EMPTY) * 2, 400),
    "very many parts": (part("note", "") * 60_000, 413),
    "a file at another question": (part("name", "x", FILE), 400),
    "two files at a question": (part("logo", "x", FILE) * 2, 400),
    "a file at a question of no name": (part("", "x", FILE), 400),
    "an answer over 100 KB": (part("note", "x" * 102_401), 413),
    "answers over 400 KB": (part("note", "x" * 100_000) * 5, 413),
    "101 answers": (part("note", "x") * 101, 413),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_no_form_of_ours_sends_is_refused(web: httpx.AsyncClient, what: str) -> None:
    body, status = WRONG[what]
    assert (await sent(web, part("minutes", "%PDF-", FILE) + body + END)).status_code == status


async def test_a_long_answer_may_come_either_way(web: httpx.AsyncClient) -> None:
    motion = "x" * 50_000
    assert (await sent(web, part("motion", motion) + END)).json()["fields"] == [["motion", motion]]
    plain = await web.post("/upload", content=f"motion={motion}", headers={"Content-Type": URLENCODED})
    assert plain.json()["fields"] == [["motion", motion]]


async def test_only_a_form_with_files_may_be_large(web: httpx.AsyncClient) -> None:
    body = part("minutes", "x" * 70_000, FILE) + END
    assert (await sent(web, body)).status_code == 200
    assert (await sent(web, body, "/plain")).status_code == 413
    assert (await sent(web, body, "/form")).status_code == 413
    assert (await sent(web, body, "/nowhere")).status_code == 413
    long = await web.post("/upload", content="a=" + "x" * 70_000, headers={"Content-Type": URLENCODED})
    assert long.status_code == 413


async def test_beyond_every_limit_it_is_cut_off_with_a_sentence_about_files(web: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield (part("minutes", "", FILE)[:-2]).encode()
        for _ in range(WITH_FILES // 1_000_000):
            yield b"x" * 1_000_000

    streamed = await web.post("/upload", content=endless(), headers={"Content-Type": MULTIPART})
    announced = await web.post(
        "/upload", content=b"", headers={"Content-Type": MULTIPART, "Content-Length": str(WITH_FILES + 1)}
    )
    for answer in (streamed, announced):
        assert answer.status_code == 413
        assert "Your files are too large" in answer.text


@pytest_asyncio.fixture
async def address(quiet_site: Site) -> AsyncIterator[tuple[str, int]]:
    """The application behind a real server; 0.15 seconds for any form, ten times that for one with files."""
    app = application(quiet_site, receive_seconds=0.15)
    listener = socket.create_server(("127.0.0.1", 0))
    config = Config(app, http=PatientProtocol, ws="none", lifespan="off", log_config=None, access_log=False)
    server = Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()
    server.should_exit = True
    await running


def head(path: str, length: int) -> bytes:
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: localhost:8000",
        f"Content-Type: {MULTIPART}",
        f"Content-Length: {length}",
    )
    return "\r\n".join((*lines, "Connection: close", "", "")).encode()


async def test_a_form_with_files_may_take_its_time(address: tuple[str, int]) -> None:
    body = (part("minutes", "x" * 1000, FILE) + END).encode()
    lines = [await asyncio.open_connection(*address) for _ in range(2)]
    for path, (_, writer) in zip(("/upload", "/plain"), lines, strict=True):
        writer.write(head(path, len(body)) + body[:500])
    (slow, rest), (given_up, _) = lines
    assert (await asyncio.wait_for(given_up.read(), 5)).split()[1] == b"408"
    rest.write(body[500:])
    assert (await asyncio.wait_for(slow.read(), 5)).split()[1] == b"200"
    for _, writer in lines:
        writer.close()


async def test_a_form_that_never_ends_is_given_up(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(head("/upload", 5000) + part("minutes", "x", FILE).encode())
    assert (await asyncio.wait_for(reader.read(), 5)).split()[1] == b"408"
    writer.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks for open files where Linux tells them")
async def test_cut_off_half_way_nothing_is_left(address: tuple[str, int]) -> None:
    before = _spooled()
    _, writer = await asyncio.open_connection(*address)
    writer.write(head("/upload", 5_000_000) + part("minutes", "x" * 2_000_000, FILE).encode())
    await writer.drain()
    for _ in range(40):
        if _spooled() > before:
            break
        await asyncio.sleep(0.01)
    assert _spooled() > before, "it stands on the disk by now"
    writer.transport.abort()
    gc.disable()  # closed, not collected
    try:
        for _ in range(200):
            if _spooled() == before:
                break
            await asyncio.sleep(0.01)
        assert _spooled() == before
    finally:
        gc.enable()


def _spooled() -> int:
    """Files that are open and have no name any more."""
    targets = []
    for one in Path("/proc/self/fd").iterdir():
        try:
            targets.append(os.readlink(one))
        except OSError:
            continue
    return sum(target.endswith("(deleted)") for target in targets)


@given(st.lists(st.binary(max_size=200), max_size=5), st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_bytes_at_all_make_it_fail(pieces: list[bytes], begun: bool) -> None:
    lead = part("minutes", "x", FILE).encode() if begun else b""
    messages = [{"type": "http.request", "body": one, "more_body": True} for one in (lead, *pieces)]
    messages.append({"type": "http.request", "body": f"\r\n{END}".encode(), "more_body": False})

    async def receive() -> Any:
        return messages.pop(0)

    headers = [(b"content-type", MULTIPART.encode())]
    reading = read_upload(
        Request({"type": "http", "method": "POST", "headers": headers}, receive), ("minutes",)
    )
    try:
        reading.send(None)
    except StopIteration as done:
        fields, files = done.value
        assert json.dumps(fields)
        assert all(one.size == len(one.file.read()) for one in files.values())
    except PetitionsError:
        pass
    finally:
        reading.close()
