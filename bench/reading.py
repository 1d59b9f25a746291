"""Figures 1, 2, 3, 13: what is only read, beside fixed bytes, nginx, itself while counts change, and an empty table."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from bench.ground import Ground
from bench.load import request
from bench.processes import check, fetched, nginx, serving
from bench.run import WARM, Act, Figure, Run

CHANGE_EVERY = 0.3  # seconds: how often the tally counts
LATE = 6.0  # seconds after which every page has to show a change


def reader(run: Run, url: str) -> Act:
    """One turn of reading this address."""
    sent = [request("GET", urlsplit(url).path, 1)]

    async def act(seconds: float = run.turn) -> float:
        return float((await run.fire(url, sent, 200, seconds, again=True))[1])

    return act


async def measured(run: Run, url: str, other: str) -> tuple[float, float]:
    """The rates of both addresses."""
    ours, reference = reader(run, url), reader(run, other)
    await run.fire(url, [request("GET", urlsplit(url).path, 1)], 200, min(WARM, run.turn), again=True)
    return await run.in_turns(ours, reference)


def fixed(run: Run, size: int) -> str:
    """Where so many fixed bytes are served with our server's options."""
    run.fixed = run.fixed or run.stack.enter_context(serving(run.folder, "bench.fixed"))
    return f"{run.fixed}{size}"


async def page(run: Run) -> list[Figure]:
    """1, beside fixed bytes."""
    ground = await run.full(run.sizes.rows)
    url = run.page(ground)
    what = f"page, {len(fetched(url)):,} bytes, {run.sizes.rows:,} signatures : 10 KB of fixed bytes"
    return [Figure("1", what, *await measured(run, url, fixed(run, 10_240)), 0.8)]


async def page_by_nginx(run: Run) -> list[Figure]:
    """1b: the same bytes."""
    url = run.page(await run.full(run.sizes.rows))
    with nginx(run.folder, fetched(url)) as other:
        if other is None:
            return [Figure("1b", "not measured: no nginx", None, target=0.4)]
        return [Figure("1b", "the same page : nginx, the same bytes", *await measured(run, url, other), 0.4)]


async def page_in_change(run: Run) -> list[Figure]:
    """1c: with a confirmation counted again and again."""
    ground = await run.full(run.sizes.rows)
    url = run.page(ground)

    async def changing() -> float:
        async with changes(run, ground):
            return await reader(run, url)()

    rates = await run.in_turns(changing, reader(run, url))
    await shown(ground, url)
    return [Figure("1c", f"the same page, its count changing each {CHANGE_EVERY} s : at rest", *rates)]


@asynccontextmanager
async def changes(run: Run, ground: Ground) -> AsyncIterator[None]:
    """Somebody confirms and is counted every CHANGE_EVERY seconds, while the block runs."""
    waiting = await ground.make("pending", int(run.sizes.seconds / CHANGE_EVERY) + 10)

    async def change() -> None:
        for number in waiting:
            await confirm(ground, number)
            await ground.count()
            await asyncio.sleep(CHANGE_EVERY)

    task = asyncio.create_task(change())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def confirm(ground: Ground, number: int) -> None:
    ids = [uuid.uuid4() for _ in range(3)]
    done = await ground.site.store.signatures.confirm(
        statement_id=ground.statement.id,
        id=person(number),
        way="button",
        subject_key=ids[0].bytes,
        ledger_ids=ids[:2],
        notice_id=ids[2],
    )
    check(done is not None, "an attempt could not be confirmed")


def person(number: int) -> uuid.UUID:
    """The id of the person with this number: as ID_OF has it."""
    return uuid.UUID(f"01890000-0000-7000-8000-{number:012x}")


async def shown(ground: Ground, url: str) -> None:
    """Checks that what is served says what was counted, before long."""
    people = await ground.counted()
    for _ in range(int(LATE / 0.1)):
        told = json.loads(await asyncio.to_thread(fetched, f"{url}/count.json"))["people"]
        if told == people:
            return
        await asyncio.sleep(0.1)
    check(False, f"the page says {told}, the tally {people}")


async def count(run: Run) -> list[Figure]:
    """3."""
    url = run.page(await run.full(run.sizes.rows)) + "/count.json"
    what = f"count.json, {len(fetched(url))} bytes : 100 fixed bytes"
    return [Figure("3", what, *await measured(run, url, fixed(run, 100)), 0.85)]


async def page_of_many(run: Run) -> list[Figure]:
    """2."""
    many, none = await run.full(run.sizes.grow), await run.none()
    await shown(many, run.page(many))
    what = f"page, {run.sizes.grow:,} signatures : none"
    return [Figure("2", what, *await measured(run, run.page(many), run.page(none)), 0.95)]


async def organisations(run: Run) -> list[Figure]:
    """13 and 13b, beside the same fixed bytes."""
    page = run.page(await run.endorsed())
    listed, bytes_ = f"{page}/endorsements", fixed(run, 10_240)
    told = await asyncio.to_thread(fetched, listed)
    check(told.count(b"Exampleton") >= 20, "the list shows no organisations")
    what = (
        f"list of {run.sizes.bodies:,} organisations, {len(fetched(listed)):,} bytes : 10 KB of fixed bytes"
    )
    beside = f"their statement's page, {len(fetched(page)):,} bytes : the same"
    return [
        Figure("13", what, *await measured(run, listed, bytes_), 0.5),
        Figure("13b", beside, *await measured(run, page, bytes_)),
    ]
