"""The random run: people sign, confirm and change their minds while a killer goes about; then everything is checked.

    python -m tests.badday.chaos [--seconds 600] [--seed N]

The seed decides what is tried, by whom, and what is killed; the machine decides what it meets.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from petitions.errors import DatabaseGone
from tests.badday.people import Letters, Person
from tests.badday.place import Place, soon
from tests.badday.visitors import GONE, NOTHING, REFUSED, Crowd, Visitor

CLIENTS = 10
PAUSE = (0.05, 0.55)  # seconds between two things that one client does
KILLS = {
    "web": 3, "work": 2, "both works": 2, "database": 1, "held database": 1.5, "backend": 1.5, "database stops": 1
}  # fmt: skip
# Killed in each run, and first. What was said too early is missing only after a kill that nobody was held up for:
# what waits behind a lock writes nothing, and the rest is on disk meanwhile.
FIRST = ["database", "database", "held database", "backend"]
# Of a process that was started while there was no database, or lost it right then.
NOT_BEGUN = (
    "Error: The database does not answer.",
    "Traceback (most recent call last):",  # uvicorn's, which tells no more than this
    "Application startup failed.",
)
LEASES_OVER = "update outbox set claimed_until = now() where state in ('waiting', 'deferred')"
ALL_DUE = "update outbox set claimed_until = null, not_before = now() where state in ('waiting', 'deferred')"


class Chaos:
    """One run. `differs`: what is wrong at the end, a sentence each."""

    def __init__(self, seed: int) -> None:
        self.seed, self.rng = seed, random.Random(seed)
        self.letters = Letters(random.Random(f"{seed}/letters"))
        more = {"PETITIONS_LETTERS_PER_DAY": "100", "PETITIONS_LETTERS_PER_MONTH": "1000"}
        self.place = Place(sink=self.letters, **more)
        self.people: list[Person] = []
        self.kills: Counter[str] = Counter()
        self.differs: list[str] = []
        self.steps = 0
        self._tending = asyncio.Lock()

    async def run(self, seconds: float) -> None:
        await self.place.open()
        try:
            self.crowd = Crowd(self.place)
            self.webs = [self.place.web(), self.place.web()]
            self.works = [self.place.work(), self.place.work()]
            await self.place.ready(*self.webs)
            await self.place.site.store.close()
            tending = asyncio.create_task(self._tend())
            await self._mischief(seconds)
            await self._settle()
            tending.cancel()
            await self.place.site.store.open()
            await self._check()
            await self.crowd.close()
        finally:
            await self.place.close()

    async def _mischief(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        self.letters.moody = True
        await asyncio.gather(self._kill(until), *(self._client(n, until) for n in range(CLIENTS)))
        self.letters.moody = False

    async def _client(self, n: int, until: float) -> None:
        """Has a few people at hand, and new ones all the time."""
        rng = random.Random(f"{self.seed}/client {n}")
        mine: list[Person] = []
        while time.monotonic() < until:
            if len(mine) < 4 or rng.random() < 0.15:
                person = Person(self.crowd, self.webs, self.letters, len(self.people), str(self.seed))
                self.people.append(person)
                mine.append(person)
            await rng.choice(mine[-25:]).step()
            self.steps += 1
            await asyncio.sleep(rng.uniform(*PAUSE))

    async def _kill(self, until: float) -> None:
        first = self.rng.sample(FIRST, len(FIRST))
        while time.monotonic() < until - 3:
            await asyncio.sleep(self.rng.uniform(2, 5))
            what = first.pop() if first else self.rng.choices(list(KILLS), list(KILLS.values()))[0]
            await self._kill_one(what)
            self.kills[what] += 1

    async def _kill_one(self, what: str) -> None:
        match what:
            case "web":
                self.place.programs[self.rng.randrange(2)].end()
            case "work":
                self.rng.choice(self.works).end()
            case "both works":
                await self._works_end(LEASES_OVER)
            case "backend":
                await soon(30, self.place.kill_backend)
            case "database stops":
                await self._restart_database(self.place.stop_database, self.rng.random() < 0.7)
            case _:
                await self._restart_database(self.place.kill_database, what == "held database")

    async def _works_end(self, query: str) -> None:
        """Time goes by while nobody works: no lease of somebody who lives is cut."""
        async with self._tending:
            for work in self.works:
                work.end()
            await self._asked(query)

    async def _restart_database(self, end: Callable[[], Awaitable[None]], held: bool) -> None:
        pause = self.rng.choice([0, 0.3, 2])
        async with AsyncExitStack() as stack:
            if held:  # it meets people at it
                await stack.enter_async_context(self.place.locked(self.rng.choice(["signatures", "outbox"])))
                await asyncio.sleep(0.3)
            await end()
        await asyncio.sleep(pause)
        await self.place.start_database()

    async def _asked(self, query: str) -> list[Any]:
        """Once the database answers."""
        found: list[Any] = []

        async def asks() -> bool:
            try:
                found[:] = await self.place.rows(query)
            except Exception:
                return False
            return True

        await soon(60, asks)
        return found

    async def _tend(self) -> None:
        while True:
            async with self._tending:
                for program in self.place.programs:
                    program.tend()
            await asyncio.sleep(0.5)

    # --- afterwards ---

    async def _settle(self) -> None:
        """Everything up, and as much time gone by as back-offs and leases ask for."""
        await self._works_end(ALL_DUE)
        waiting = """select (select count(*) from outbox where state in ('waiting', 'deferred'))
            + (select count(*) from tally_queue) as n"""

        async def nothing_waits() -> bool:
            return not (await self.place.row(waiting))["n"]

        await soon(90, nothing_waits)
        await self.place.ready(*self.webs)

    async def _check(self) -> None:
        rows = await self.place.rows("select * from signatures")
        for person in self.people:
            self._check_person(person, [row for row in rows if row["email"] == person.email], rows)
        await self._check_counts(rows)
        await self._check_letters(rows)
        await self._check_webs()
        self._check_logs()

    def _check_person(self, person: Person, mine: list[Any], rows: list[Any]) -> None:
        who = f"ada-{person.n}"
        self.differs += [f"{who}: {lie}" for lie in person.lies]
        names = Counter(row["name"] for row in mine)
        # What was superseded was an attempt no more when its form came again.
        standing = Counter(row["name"] for row in mine if row["state"] != "superseded")
        if not person.erasing:
            self._none(f"{who}: a 303 without a row", person.sure - names.keys())
        self._none(f"{who}: rows for one form", {name for name in standing if standing[name] > 1})
        stands = any(row["state"] == "confirmed" for row in mine)
        if stands not in person.standing:
            self.differs.append(f"{who}: stands is {stands}, was told {person.standing}")
        states = {row["id"]: row["state"] for row in rows}
        for key in person.confirmed:
            if states.get(key.id) not in ("confirmed", "withdrawn"):
                self.differs.append(f"{who}: thanked, but {states.get(key.id)}")

    async def _check_counts(self, rows: list[Any]) -> None:
        statement = self.place.statement.id
        found = await self.place.site.store.tally.recount(statement_id=statement, what="people")
        if len({found.counted, found.found, found.tallied, found.hours, found.areas, found.sources}) != 1:
            self.differs.append(f"recount: {dict(found)}")
        least = sum(person.standing == {True} for person in self.people)
        most = sum(True in person.standing for person in self.people)
        if not least <= found.found <= most:
            self.differs.append(f"{found.found} stand, {least} to {most} were told so")
        numbers = sorted(row["number"] for row in rows if row["number"] is not None)
        if numbers != list(range(1, len(numbers) + 1)):
            self.differs.append("numbers are missing or there twice")
        self.people_counted = found.found
        self.unsure = most - least

    async def _check_letters(self, rows: list[Any]) -> None:
        taken = Counter(
            str(letter.message["Message-ID"]).strip("<>").partition("@")[0] for letter in self.letters
        )
        outbox = await self.place.rows(
            "select id::text, kind, state, decision, subject_id, error from outbox"
        )
        states = {row["id"]: row["state"] for row in outbox}
        self._none("more than twice", {id for id, times in taken.items() if times > 2})
        # Twice given whole to a server that cut the line instead of an answer: not given a third time.
        uncertain = {row["id"] for row in outbox if row["error"] == "uncertain"}
        sure = {id for id, state in states.items() if state == "sent"} - uncertain
        self._none("sent, but never taken", sure - taken.keys())
        self._none("failed", {id for id, state in states.items() if state == "failed"})
        # The notice of what was withdrawn before it left is dropped, and restoring writes none.
        events = await self.place.rows("select signature_id from signature_events where act = 'restored'")
        restored = {row["signature_id"] for row in events}
        sent = {(row["subject_id"], row["kind"]) for row in outbox if row["state"] == "sent"}
        for row in rows:
            if row["state"] == "pending" and (row["id"], "attempt") not in sent:
                self.differs.append(f"{row['email']}: an attempt without a letter")
            if (
                row["state"] == "confirmed"
                and (row["id"], "confirmed") not in sent
                and row["id"] not in restored
            ):
                self.differs.append(f"{row['email']}: confirmed without a notice")
        self.twice = sum(times == 2 for times in taken.values())
        self.unnoted = Counter(states.get(id, "deleted") for id in taken if states.get(id) != "sent")

    async def _check_webs(self) -> None:
        visitor = Visitor(self.crowd, 9_999_999)
        for web in self.webs:

            async def agrees(web: str = web) -> bool:
                answer = await visitor.get(f"{web}/{self.place.statement.slug}/count.json")
                return answer.status == 200 and json.loads(answer.text)["people"] == self.people_counted

            await soon(15, agrees)

    def _check_logs(self) -> None:
        self.errors: Counter[str] = Counter()
        for line in self.place.logs().splitlines():
            told = json.loads(line) if line.startswith("{") else {"level": "error", "event": line[:100]}
            if told["level"] in ("error", "critical") and not told["event"].startswith(NOT_BEGUN):
                self.errors[f"{told['event']}: {told.get('error', '')}"] += 1
        self._none(
            "errors in the log", {error for error in self.errors if DatabaseGone.__name__ not in error}
        )

    def _none(self, what: str, found: set[str]) -> None:
        if found:
            self.differs.append(
                f"{what}: {sorted(found)[:5]}" + (f" and {len(found) - 5} more" if len(found) > 5 else "")
            )

    def refused(self) -> Counter[tuple[str, int]]:
        """What was neither done nor shown, by route and status."""
        told = self.crowd.statuses.items()
        return Counter(
            {what: times for what, times in told if what[1] not in (200, 303, GONE, NOTHING, REFUSED)}
        )

    def report(self) -> str:
        seconds = sorted(self.crowd.seconds)
        at = [round(1000 * seconds[int(len(seconds) * share)]) for share in (0.5, 0.95, 0.999)]
        statuses = Counter(status for _, status in self.crowd.statuses.elements())
        unanswered, refused = statuses.pop(NOTHING, 0), statuses.pop(REFUSED, 0)
        lines = [
            f"seed {self.seed}: {self.steps} steps of {len(self.people)} people; kills: {dict(self.kills)}",
            f"answers: {dict(sorted(statuses.items()))}, cut off: {unanswered}, nobody there: {refused}",
            f"milliseconds until an answer at 50, 95, 99.9 %: {at}",
            f"counted: {self.people_counted}; {self.unsure} people were not told whether they are",
            f"letters: {len(self.letters)}, of which twice: {self.twice}; taken, yet not noted: {dict(self.unnoted)}",
            f"refused: {dict(self.refused())}",
            f"errors in the logs: {dict(self.errors)}",
            *(f"DIFFERS: {one}" for one in self.differs),
        ]
        return "\n".join(lines)


async def run(seconds: float, seed: int) -> Chaos:
    chaos = Chaos(seed)
    await chaos.run(seconds)
    return chaos


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run chaos", description="The random run: kill -9 of everything.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(100_000))
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.seconds:.0f} seconds …", flush=True)
    chaos = asyncio.run(run(asked.seconds, asked.seed))
    print(chaos.report())
    sys.exit(1 if chaos.differs else 0)


if __name__ == "__main__":
    main()
