"""The day of a national record, small: people come, sign and confirm in a wave, everything at work beside it."""

import asyncio
from urllib.parse import urlsplit

from bench.counting import watched
from bench.letters import PUT_AWAY, worker
from bench.load import request
from bench.paced import Sent, Told, day
from bench.processes import check, sink
from bench.reading import shown
from bench.run import Figure, Run
from bench.writing import Confirming, Signing

DAY = 180.0  # seconds
PAGES = 50  # that are looked at for each who signs
CONFIRM = 0.7  # of those who sign
LATENESS = """
select coalesce(extract(epoch from clock_timestamp() - min(due_since)), 0)::float8 from outbox
where state = 'waiting' and priority = 0"""


async def record(run: Run, peak: float, seconds: float) -> list[Figure]:
    """`peak`: signs a second in the middle of the day."""
    ground = await run.full(run.sizes.rows)
    signing, confirming = Signing(run, ground), Confirming(run, ground)
    signs = max(2, int(peak * seconds / 2))  # the wave's mean is half of its height
    acts = await people(signing, confirming, signs)
    await ground.admin.execute(PUT_AWAY)
    before = await ground.standing()
    with sink(run.folder) as server, worker(ground, server.port):
        async with watched(ground) as lags, watched(ground, LATENESS) as late:
            told = await sent(run, signing, acts, seconds)
            await ground.settled()
        after = await ground.standing()
    check(len(told["sign"]) == signs == after[1] - before[1], "not every sign that was accepted has its rows")
    check(
        after[2] - before[2] == len(told["confirm"]), "not every confirmation that was accepted has its row"
    )
    await shown(ground, signing.url)
    return [*(answered(name, told) for name in told), *behind(lags, late)]


async def people(signing: Signing, confirming: Confirming, signs: int) -> list[Sent]:
    """What they send, mixed."""
    confirms = int(signs * CONFIRM)
    posts = [("sign", 303, one) for one in await signing.requests(signs)]
    clicks = [("confirm", 303, one) for one in await confirming.requests(confirms)]
    mixed: list[Sent] = []
    for number, post in enumerate(posts):
        mixed.append(post)
        mixed += clicks[int(number * CONFIRM) : int((number + 1) * CONFIRM)]
    return mixed


async def sent(run: Run, signing: Signing, acts: list[Sent], seconds: float) -> Told:
    """The day itself; each answered as expected."""
    page = request("GET", signing.path, 1)
    pages = round(PAGES / (1 + CONFIRM))  # for each act
    job = run.load.submit(day, urlsplit(signing.url).port or 0, seconds, acts, page, pages)
    told, wrong = await asyncio.wrap_future(job)
    check(not wrong, f"not answered as expected: {len(wrong)}, such as {wrong[:1]}")
    return told


def answered(name: str, told: Told) -> Figure:
    times = sorted(told[name])
    p50, p95, p99 = (times[min(len(times) - 1, int(len(times) * part))] * 1e3 for part in (0.5, 0.95, 0.99))
    what = f"{name}, {len(times):,} in ms from when due: p50 {p50:.1f}, p99 {p99:.1f}; here p95"
    return Figure(f"day-{name}", what, p95)


def behind(lags: list[float], late: list[float]) -> list[Figure]:
    return [
        Figure("day-tally", "tally behind, in seconds at most", max(lags), target=2, most=True),
        Figure("day-letters", "oldest letter that somebody waits for, in seconds at most", max(late)),
    ]
