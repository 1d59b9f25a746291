"""The figures: each beside its reference, in turns, and checked: rows written = requests accepted."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor
from statistics import mean
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from bench.ground import CONFIRM, MAKE, SIGN, check, counted, fetched, pgbench
from bench.load import CONNECTIONS, fire, request
from petitions.proving import links
from petitions.signatures import PURPOSE, stamp
from petitions.site import Site
from petitions.statements import actions as statements

TURNS = 2
WARM = 0.3  # seconds before the first turn
FASTEST = 4000  # forms a second that are made beforehand; a faster site would only end its turn early
COUNTS = """
select (select count(*) from signatures where state = 'pending'), (select count(*) from outbox where kind = 'attempt'),
       (select count(*) from signatures where state = 'confirmed'), (select count(*) from tally_queue)"""
GROWS = {"sign": (1, 1, 0, 0), "confirm": (-1, 0, 1, 1)}  # these counts, by every one that is accepted
Done = tuple[int, float]  # how many, and how many a second
Act = Callable[[float], Awaitable[Done]]  # for so many seconds
Figure = dict[str, Any]


def figure(id: str, what: str, value: float, reference: float | None, target: float) -> Figure:
    """Rates a second and the least ratio; without a reference seconds, and the most."""
    ratio = value / reference if reference else None
    met = value <= target if ratio is None else ratio >= target
    names = ("id", "what", "value", "reference", "ratio", "target", "met")
    return dict(zip(names, (id, what, value, reference, ratio, target, met), strict=True))


class Bench:
    """One run. `page`, `fixed`: where the two servers serve; `load`: the process that sends."""

    def __init__(self, site: Site, owner: Any, page: str, fixed: str, load: Executor, seconds: float) -> None:
        self.site, self.owner, self.page, self.fixed, self.load = site, owner, page, fixed, load
        self.path, self.turn = urlsplit(page).path, seconds / TURNS
        self.forms = int(FASTEST * (WARM + seconds))

    async def figures(self) -> list[Figure]:
        page = await self.reading("1", self.path, 10_240, 0.8)
        count = await self.reading("3", f"{self.path}/count.json", 100, 0.85)
        self.statement = await statements.find(self.site, self.path[1:])
        sign = await self.sign()
        return [page, count, sign, await self.confirm(int(sign["reference"] * self.turn / CONNECTIONS) + 1)]

    async def reading(self, id: str, path: str, size: int, target: float) -> Figure:
        """A page against fixed bytes."""
        length = len(fetched(self.page.removesuffix(self.path) + path))
        ours, fixed = ([request("GET", place, 1)] for place in (path, f"/{size}"))
        rates = await self.in_turns(
            lambda seconds: self.fire(self.page, ours, 200, seconds, again=True),
            lambda seconds: self.fire(self.fixed, fixed, 200, seconds, again=True),
        )
        return figure(id, f"{path}, {length:,} bytes : {size:,} fixed bytes", *rates, target)

    async def sign(self) -> Figure:
        """Forms, each of a person of its own."""
        texts = await statements.consents(self.site, self.statement, self.statement.language)
        self.agreed = [text.id for text in texts if text.purpose in ("sign", "name")]
        given = SIGN.format(agreed=",".join(map(str, self.agreed)), statement=self.statement.id)
        typed = {"name": "Ada Example", "town": "Exampleton", "website": "", "consent_name": "yes"}
        typed["stamp"] = stamp.make(self.site, self.statement, texts)
        bodies = [urlencode({**typed, "email": f"form-{number}@example.org"}) for number in range(self.forms)]
        sent = [request("POST", f"{self.path}/sign", number, body) for number, body in enumerate(bodies)]
        whole = f"{max(1, self.turn):.0f}"  # pgbench knows no parts of a second
        return await self.writing("4", "sign", sent, [given] * TURNS, 0.5, "-T", whole)

    async def confirm(self, each: int) -> Figure:
        """Buttons, or so many transactions by each client of pgbench a turn; then everything is counted."""
        first = await counted(self.site, self.statement)
        middle = first + self.forms
        starts = range(middle, middle + each * CONNECTIONS * TURNS, each * CONNECTIONS)
        await self.owner.execute(MAKE, self.statement.id, "pending", self.agreed, first, starts.stop)
        await self.owner.execute("vacuum analyze signatures")
        given = [CONFIRM.format(first=start, statement=self.statement.id) for start in starts]
        ids = [UUID(f"01890000-0000-7000-8000-{number:012x}") for number in range(first, middle)]
        tokens = [links.make(self.site, PURPOSE, links.Key(self.statement.id, id)) for id in ids]
        sent = [request("POST", f"/confirm/{token}", number) for number, token in enumerate(tokens)]
        made = await self.writing("5", "confirm", sent, given, 0.4, "-t", str(each))
        people = await counted(self.site, self.statement)
        told = json.loads(fetched(f"{self.page}/count.json"))["people"]
        check(told == people > first, f"the page says {told}, the tally {people}")
        return made

    async def writing(
        self, id: str, name: str, sent: list[bytes], given: Iterable[str], target: float, *how: str
    ) -> Figure:
        """Requests against the query behind them, with a set of values for each turn of pgbench."""
        query, values = self.site.store.signatures.queries[name], iter(given)

        async def ours(seconds: float) -> Done:
            done = await self.grown(name, lambda: self.fire(self.page, sent, 303, seconds))
            del sent[: done[0]]
            return done

        async def reference(seconds: float) -> Done:
            return await self.grown(name, lambda: pgbench(self.site.settings, query, next(values), *how))

        return figure(id, f"{name} : pgbench, the same SQL", *await self.in_turns(ours, reference), target)

    async def in_turns(self, ours: Act, reference: Act) -> tuple[float, float]:
        """The mean rates of both."""
        await ours(min(WARM, self.turn))
        rates = [((await ours(self.turn))[1], (await reference(self.turn))[1]) for _ in range(TURNS)]
        return mean(rate for rate, _ in rates), mean(rate for _, rate in rates)

    async def grown(self, name: str, act: Callable[[], Awaitable[Done]]) -> Done:
        before, done, after = (
            await self.owner.fetchrow(COUNTS),
            await act(),
            await self.owner.fetchrow(COUNTS),
        )
        grown = [new - old for new, old in zip(after, before, strict=True)]
        check(
            grown == [done[0] * one for one in GROWS[name]], f"{name}: of {done[0]} the rows grew by {grown}"
        )
        return done

    async def fire(
        self, place: str, sent: list[bytes], status: int, seconds: float, again: bool = False
    ) -> Done:
        """One turn of requests; each must be answered with this status."""
        job = self.load.submit(fire, urlsplit(place).port, sent, seconds, again)
        statuses, took = await asyncio.wrap_future(job)
        check(set(statuses) == {status}, f"expected {status} alone, were answered {dict(statuses)}")
        return statuses[status], statuses[status] / took
