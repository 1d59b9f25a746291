"""Figure 9: from confirmed to counted, all at once and while people confirm."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from statistics import mean
from time import perf_counter

import asyncpg

from bench.ground import Ground
from bench.letters import PUT_AWAY, worker
from bench.processes import check, sink
from bench.run import Figure, Run
from bench.writing import Confirming

# Each row its number, in one statement; and the number of rows alone.
NUMBER = """
update signatures g set number = t.last_number + k.nth
from (select statement_id, subject_id, count(*) over (order by id) as nth from tally_queue) k
join tallies t using (statement_id)
where g.statement_id = k.statement_id and g.id = k.subject_id"""
COUNT = """
update counts c set value = c.value + k.n
from (select statement_id, count(*) as n from tally_queue group by 1) k
where c.statement_id = k.statement_id and c.what = 'people'"""

BEHIND = (
    "select coalesce(extract(epoch from clock_timestamp() - min(happened_at)), 0)::float8 from tally_queue"
)


async def tallied(run: Run) -> list[Figure]:
    """9 and 9b, in seconds."""
    ground, waiting = await run.full(run.sizes.rows), run.sizes.waiting
    await ground.counted()
    turns = [await turn(ground, waiting) for _ in range(run.sizes.turns)]
    ours, numbered, counted = (mean(one[side] for one in turns) for side in range(3))
    what = f"tally of {waiting:,}, in seconds : one update"
    return [
        Figure("9", f"{what} that numbers them", ours, numbered, 3, most=True),
        Figure("9b", f"{what} that only counts them", ours, counted),
    ]


async def turn(ground: Ground, waiting: int) -> tuple[float, float, float]:
    """Seconds of ours, of one update that numbers, of one that counts; on the same rows."""
    before = await ground.counted()
    await ground.make("confirmed", waiting)
    await ground.rest()
    counted = await undone(ground, COUNT, 1)
    numbered = await undone(ground, NUMBER, waiting)
    await ground.rest()
    began = perf_counter()
    done = await ground.count()
    took = perf_counter() - began
    after = await ground.counted()
    check(
        done == waiting == after - before,
        f"of {waiting} waiting {done} were counted, to {after} from {before}",
    )
    return took, numbered, counted


async def undone(ground: Ground, statement: str, rows: int) -> float:
    """Seconds of a statement on so many rows, without its commit: it never happened."""
    transaction = ground.admin.transaction()
    await transaction.start()
    try:
        began = perf_counter()
        done = await ground.admin.execute(statement)
        took = perf_counter() - began
    finally:
        await transaction.rollback()
    check(done == f"UPDATE {rows}", f"the reference changed not {rows} rows: {done}")
    return took


async def behind(run: Run) -> list[Figure]:
    """9c: while 5 fires and a worker does all of its work."""
    ground = await run.full(run.sizes.rows)
    await ground.admin.execute(PUT_AWAY)
    confirming = Confirming(run, ground)
    confirming.grows = (-1, 0, 1, None)  # the worker takes their lines meanwhile
    with sink(run.folder) as server, worker(ground, server.port):
        await asyncio.sleep(min(2.0, run.turn))  # jobs that are due at its first start
        before = await ground.settled()
        async with watched(ground) as lags:
            rate = await confirming.ours(run.sizes.seconds)
            after = await ground.settled()
    check(after > before, "nobody was counted")
    what = f"tally behind, in seconds at most, at {rate:,.0f} confirms a second"
    return [Figure("9c", what, max(lags), target=2, most=True)]


@asynccontextmanager
async def watched(ground: Ground, query: str = BEHIND) -> AsyncIterator[list[float]]:
    """How old the oldest that waits is (of the tally's queue), again and again while the block runs."""
    lags: list[float] = []
    connection = await asyncpg.connect(ground.site.settings.database_owner_url)

    async def watch() -> None:
        while True:
            lags.append(await connection.fetchval(query))
            await asyncio.sleep(0.05)

    task = asyncio.create_task(watch())
    try:
        yield lags
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await connection.close()
