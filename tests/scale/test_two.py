"""Two of everything: web processes and work processes side by side, with one database between them and nothing else."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
import pytest_asyncio

from petitions.site import Site, make_site
from petitions.storage.embedded import Embedded
from petitions.work import JOBS
from tests import makers
from tests.conftest import fresh_databases, settings_of
from tests.scale.processes import Processes
from tests.sink import Sink
from tests.web.test_serve import free_port

PEOPLE = 24


class Two(NamedTuple):
    """`a`, `b`: addresses; behind `b` are two processes more. Two others do the work."""

    a: str
    b: str
    processes: Processes
    site: Site
    owner: Any
    sink: Sink


@pytest_asyncio.fixture(scope="module")
async def two(server: Embedded, template: str) -> AsyncIterator[Two]:
    sink = Sink()
    sink.start()
    folder = Path(tempfile.mkdtemp(prefix="petitions-two-"))
    async for name in fresh_databases(server, f"template {template} strategy file_copy"):
        # Behind a balancer all are known by one name, here that of nobody.
        settings = settings_of(server, name, smtp_url=sink.url, base_url=f"http://localhost:{free_port()}")
        processes, site = Processes(settings, folder), make_site(settings)
        owner = await asyncpg.connect(server.url("petitions_owner", name))
        await site.store.open()
        try:
            a, b = processes.web(), processes.web("--workers", "2")
            processes.work()
            processes.work()
            processes.ready(a, b)
            yield Two(a, b, processes, site, owner, sink)
        finally:
            processes.stop()
            await owner.close()
            await site.store.close()
            sink.stop()
            shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture
async def statement(two: Two) -> Any:
    two.sink.reset()
    return await makers.statement(two.site)


async def soon(seconds: float, look: Callable[[], Awaitable[bool]]) -> float:
    """How many seconds it took."""
    began = time.monotonic()
    while not await look():
        assert time.monotonic() - began < seconds, f"not within {seconds} seconds"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def sign(browser: httpx.AsyncClient, where: str, statement: Any, email: str) -> None:
    page = await browser.get(f"{where}/{statement.slug}")
    typed = {"name": "Ada Example", "email": email, "website": "", "stamp": makers.stamp_of(page.text)}
    answer = await browser.post(f"{where}/{statement.slug}/sign", data=typed)
    assert answer.status_code == 303


async def letter_to(two: Two, email: str) -> Any:
    async def came() -> bool:
        return any(letter.to == email for letter in two.sink)

    await soon(30, came)
    return next(letter for letter in two.sink if letter.to == email)


async def people(browser: httpx.AsyncClient, where: str, statement: Any) -> int:
    answer = await browser.get(f"{where}/{statement.slug}/count.json")
    return int(answer.json()["people"])


async def test_signed_on_one_and_confirmed_with_the_code_on_the_other(two: Two, statement: Any) -> None:
    async with two.processes.browser() as browser:
        for where in (two.a, two.b):
            assert await people(browser, where, statement) == 0
        await sign(browser, two.a, statement, "ada@example.org")
        assert (await browser.get(f"{two.b}/{statement.slug}/check-your-email")).text.count(
            'name="code"'
        ) == 1
        code = (await letter_to(two, "ada@example.org")).code
        answer = await browser.post(f"{two.b}/{statement.slug}/confirm", data={"code": code})
        assert answer.headers.get("location") == f"/{statement.slug}/thanks"
        assert (await browser.get(f"{two.a}/{statement.slug}/thanks")).status_code == 200
        for where in (two.a, two.b):

            async def counted(where: str = where) -> bool:
                return await people(browser, where, statement) == 1

            await soon(10, counted)


async def test_what_is_closed_is_closed_on_all_of_them(two: Two, statement: Any) -> None:
    async with two.processes.browser() as browser:
        pages = [f"{where}/{statement.slug}" for where in (two.a, two.b) for _ in range(4)]
        for page in pages:  # kept by each by now
            assert makers.stamp_of((await browser.get(page)).text)
        await makers.close(two.site, statement)

        async def closed() -> bool:
            return not any([makers.stamp_of((await browser.get(page)).text) for page in pages])

        assert await soon(10, closed) < 4  # NOTIFY told it, and not the look that comes every five seconds


async def test_every_letter_is_sent_once_and_everybody_is_counted_once(two: Two, statement: Any) -> None:
    addresses = [f"ada-{n}@example.org" for n in range(PEOPLE)]

    async def visit(n: int, email: str) -> None:
        here, there = (two.a, two.b) if n % 2 else (two.b, two.a)
        async with two.processes.browser() as browser:
            await sign(browser, here, statement, email)
            path = (await letter_to(two, email)).link("/confirm/")
            assert (await browser.get(there + path)).status_code == 303

    await asyncio.gather(*(visit(n, email) for n, email in enumerate(addresses)))
    async with two.processes.browser() as browser:
        for where in (two.a, two.b):

            async def counted(where: str = where) -> bool:
                return await people(browser, where, statement) == PEOPLE

            await soon(15, counted)
    sent = Counter((letter.to, letter.subject) for letter in two.sink if letter.to in addresses)
    assert set(sent.values()) == {1}, sent
    assert {to for to, _ in sent} == set(addresses)
    row = await two.site.store.tally.recount(statement_id=statement.id, what="people")
    assert row.counted == row.found == row.tallied == PEOPLE
    numbers = await two.owner.fetch("select number from signatures where statement_id = $1", statement.id)
    assert sorted(number for (number,) in numbers) == list(range(1, PEOPLE + 1))


async def test_timed_jobs_ran_once_though_two_asked_for_them(two: Two) -> None:
    rare = [name for name, job in JOBS.items() if job.every >= timedelta(minutes=10)]

    async def all_ran() -> bool:
        return not await two.owner.fetchval("select count(*) from jobs where result is null")

    await soon(30, all_ran)
    lines = [json.loads(line) for line in two.processes.logs().splitlines() if '"job done"' in line]
    assert sorted(line["job"] for line in lines if line["job"] in rare) == sorted(rare)
