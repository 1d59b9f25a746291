"""Figures 4, 5, 6: what is written through the pages, beside pgbench with the queries behind them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from urllib.parse import urlencode, urlsplit

from bench.ground import NEW_ID, Ground
from bench.load import CONNECTIONS, request
from bench.pgbench import CONFIRM, SIGN, person, pgbench
from bench.processes import check
from bench.reading import person as id_of
from bench.reading import shown
from bench.run import WARM, Figure, Run
from petitions.proving import links
from petitions.signatures import PURPOSE
from petitions.statements import actions as statements
from petitions.statements import stamp

FASTEST = 4000  # requests a second that are made beforehand at first; later twice as many as were answered
SLOW = 2000  # microseconds added to each commit
LONE = 20  # commits


class Writing:
    """One act of people, by its page and by pgbench. `grows`: rows by each, as Ground.standing counts them;
    None: others are at them too."""

    name: str
    grows: tuple[int | None, ...]

    def __init__(self, run: Run, ground: Ground) -> None:
        self.run, self.ground = run, ground
        self.url = run.page(ground)
        self.path = urlsplit(self.url).path
        self.fastest, self.rate = FASTEST, 0.0

    async def requests(self, count: int) -> list[bytes]:
        """Each of a person of its own."""
        raise NotImplementedError

    async def values(self, count: int) -> str:
        """For so many transactions of pgbench."""
        raise NotImplementedError

    async def warm(self) -> None:
        """Both sides."""
        await self.ours(min(WARM, self.run.turn))
        await self.pgbench(min(WARM, self.run.turn))

    async def ours(self, seconds: float) -> float:
        """One turn; a second."""
        sent = await self.requests(int(self.fastest * seconds) + CONNECTIONS)

        async def act() -> tuple[int, float]:
            done, rate = await self.run.fire(self.url, sent, 303, seconds)
            return done, rate

        rate = await self.grown(act)
        self.fastest = max(int(rate * 2), 100)
        return rate

    async def pgbench(self, seconds: float) -> float:
        """One turn, as long as the last one's rate promises; a second."""
        each = max(1, int(self.rate * seconds / CONNECTIONS)) if self.rate else 10
        values = await self.values(each * CONNECTIONS)
        query = self.ground.site.store.signatures.queries[self.name]

        async def act() -> tuple[int, float]:
            return each * CONNECTIONS, await pgbench(self.ground.site.settings, query, values, each)

        self.rate = await self.grown(act)
        return self.rate

    async def grown(self, act: Callable[[], Awaitable[tuple[int, float]]]) -> float:
        """The act's rate, once the rows have grown by what it did."""
        before = await self.ground.standing()
        done, rate = await act()
        after = await self.ground.standing()
        grown = [new - old for new, old in zip(after, before, strict=True)]
        pairs = zip(grown, self.grows, strict=True)
        right = all(each is None or more == done * each for more, each in pairs)
        check(right, f"{self.name}: of {done} accepted the rows grew by {grown}")
        return rate


class Signing(Writing):
    """The form, filled in and sent."""

    name = "sign"
    grows: tuple[int | None, ...] = (1, 1, 0, 0)

    async def requests(self, count: int) -> list[bytes]:
        site, statement = self.ground.site, self.ground.statement
        texts = await statements.consents(site, statement, statement.language)
        typed = {"name": "Ada Example", "town": "Exampleton", "website": "", "consent_name": "yes"}
        typed["stamp"] = stamp.make(site, statement, texts)
        return [
            request(
                "POST",
                f"{self.path}/sign",
                number,
                urlencode({**typed, "email": f"form-{number}@example.org"}),
            )
            for number in self.ground.numbers(count)
        ]

    async def values(self, count: int) -> str:
        agreed = ",".join(map(str, await self.ground.agreed()))
        return SIGN.format(agreed=agreed, statement=self.ground.statement.id, id=NEW_ID)


class Confirming(Writing):
    """The button of the letter's page."""

    name = "confirm"
    grows: tuple[int | None, ...] = (-1, 0, 1, 1)

    async def requests(self, count: int) -> list[bytes]:
        numbers = await self.ground.make("pending", count)
        await self.ground.admin.execute("vacuum analyze signatures")
        keys = [links.Key(self.ground.statement.id, id_of(number)) for number in numbers]
        paths = [f"/confirm/{links.make(self.ground.site, PURPOSE, key)}" for key in keys]
        return [request("POST", path, number) for path, number in zip(paths, numbers, strict=True)]

    async def values(self, count: int) -> str:
        numbers = await self.ground.make("pending", count)
        await self.ground.admin.execute("vacuum analyze signatures")
        return CONFIRM.format(id=person(numbers.start), statement=self.ground.statement.id)


async def beside_pgbench(run: Run, writing: Writing, id: str, what: str, target: float) -> Figure:
    await writing.warm()
    rates = await run.in_turns(lambda: writing.ours(run.turn), lambda: writing.pgbench(run.turn))
    return Figure(id, f"{what} : pgbench, the same SQL", *rates, target)


async def sign(run: Run) -> list[Figure]:
    """4."""
    ground = await run.full(run.sizes.rows)
    return [await beside_pgbench(run, Signing(run, ground), "4", "sign", 0.5)]


async def sign_on_slow_disk(run: Run) -> list[Figure]:
    """4b: both, with commits that take longer."""
    ground = await run.full(run.sizes.rows)
    before = await lone_commit(ground)
    async with slow_commits(ground):
        after = await lone_commit(ground)
        check(after >= SLOW / 1e6, f"a commit should take {SLOW} µs more, and takes {after * 1e3:.2f} ms")
        what = f"sign, a commit {before * 1e3:.1f} → {after * 1e3:.1f} ms"
        return [await beside_pgbench(run, Signing(run, ground), "4b", what, 0.5)]


@asynccontextmanager
async def slow_commits(ground: Ground) -> AsyncIterator[None]:
    """Each flush of the log waits first, as on a slower disk; commits that come meanwhile share it, as there."""
    for setting in (f"commit_delay = {SLOW}", "commit_siblings = 0"):
        await ground.admin.execute(f"alter system set {setting}")
    await reloaded(ground, SLOW)
    try:
        yield
    finally:
        await ground.admin.execute("alter system reset all")
        await reloaded(ground, 0)


async def reloaded(ground: Ground, delay: int) -> None:
    """The server's settings are read again, by all who are connected before the next statement."""
    await ground.admin.execute("select pg_reload_conf()")
    for _ in range(100):
        if (
            await ground.admin.fetchval("select setting::int from pg_settings where name = 'commit_delay'")
            == delay
        ):
            return
        await ground.admin.execute("select pg_sleep(0.05)")
    check(False, "the server does not take its settings")


async def lone_commit(ground: Ground) -> float:
    """Seconds of a small commit while nobody else writes."""
    began = perf_counter()
    for _ in range(LONE):
        await ground.admin.execute("select pg_logical_emit_message(true, 'bench', 'a line of the log')")
    return (perf_counter() - began) / LONE


async def confirm(run: Run) -> list[Figure]:
    """5; then everything is counted, and the page says so."""
    ground = await run.full(run.sizes.rows)
    made = await beside_pgbench(run, Confirming(run, ground), "5", "confirm", 0.4)
    await shown(ground, run.page(ground))
    return [made]


async def sign_among_many(run: Run) -> list[Figure]:
    """6."""
    many, none = Signing(run, await run.full(run.sizes.grow)), Signing(run, await run.none())
    for one in (many, none):
        await one.ground.rest()
        await one.ours(min(WARM, run.turn))
    rates = await run.in_turns(lambda: many.ours(run.turn), lambda: none.ours(run.turn))
    return [Figure("6", f"sign, {run.sizes.grow:,} signatures : none", *rates, 0.9)]
