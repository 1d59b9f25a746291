"""A state machine of signatures against a simple model: whatever people do in whatever order, the
database agrees with a dictionary."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions import addresses, tally, work
from petitions.errors import Closed, Refused
from petitions.my import actions as my
from petitions.signatures import actions, holding, invalidating
from petitions.signatures.actions import Outcome
from tests import makers

PEOPLE = ["ada", "bo", "chi"]
ACTS = [
    *("sign", "confirm", "not me", "withdraw", "restore", "erase", "count", "purge"),
    *("hold", "release", "unlist", "list again", "invalidate", "undo"),
]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.sampled_from(PEOPLE),
        st.integers(0, 2),
    ),
    max_size=30,
)


class Model:
    """What should be: attempts by person, at most one standing signature each."""

    def __init__(self) -> None:
        self.pending: dict[str, list] = {person: [] for person in PEOPLE}
        self.standing: dict[str, object] = {}
        self.withdrawn: dict[str, list] = {person: [] for person in PEOPLE}

        self.held: set[str] = set()
        self.out: dict[str, bool] = {}  # taken out by the one rule that stands; whether it was held before
        self.unlisted: set[object] = (
            set()
        )  # ids: a signature that was withdrawn and restored stays off the list

    @property
    def people(self) -> int:
        return len(self.standing.keys() - self.held - self.out.keys())

    def counts(self, person: str) -> bool:
        return person in self.standing and person not in self.held and person not in self.out

    def forget(self, person: str) -> None:
        self.held.discard(person)
        self.out.pop(person, None)


class Run:
    def __init__(self, site, statement, owner) -> None:
        self.site, self.statement, self.owner = site, statement, owner
        self.model = Model()
        self.rule = None
        self.key = lambda person: addresses.address_key(site.settings.address_key, f"{person}@example.org")

    async def step(self, act: str, person: str, which: int) -> None:
        await getattr(self, "do_" + act.replace(" ", "_"))(person, which)

    async def do_sign(self, person, which):
        form = await makers.form(
            self.site, self.statement, f"Example {person} {which}", f"{person}@example.org"
        )
        key = await actions.sign(self.site, self.statement, form, ip="127.0.0.1")
        if key not in self.model.pending[person]:
            self.model.pending[person].append(key)

    async def do_confirm(self, person, which):
        waiting = self.model.pending[person]
        if not waiting:
            return
        key = waiting[which % len(waiting)]
        row = await self.site.store.signatures.find(statement_id=key.statement_id, id=key.id)
        outcome = await actions.confirm(self.site, row, "button")
        if person in self.model.standing:
            assert outcome is Outcome.ALREADY
            waiting.remove(key)
        else:
            assert outcome is Outcome.CONFIRMED
            self.model.standing[person] = key
            waiting.clear()

    async def do_not_me(self, person, which):
        waiting = self.model.pending[person]
        if waiting:
            key = waiting.pop(which % len(waiting))
            assert await actions.not_me(self.site, key) == self.key(person)

    async def do_withdraw(self, person, which):
        key = self.model.standing.get(person)
        if key and self.model.counts(person):
            await my.withdraw(self.site, self.key(person), key)
            self.model.withdrawn[person].append(self.model.standing.pop(person))
            self.model.forget(person)
        elif key:
            with pytest.raises(Closed):
                await my.withdraw(self.site, self.key(person), key)

    async def do_hold(self, person, which):
        if await self.act(holding.hold, person, self.model.counts(person)):
            self.model.held.add(person)

    async def do_release(self, person, which):
        if await self.act(
            holding.release, person, person in self.model.held and person not in self.model.out
        ):
            self.model.held.discard(person)

    async def do_unlist(self, person, which):
        key = self.model.standing.get(person)
        if await self.act(holding.unlist, person, key and key[1] not in self.model.unlisted):
            self.model.unlisted.add(key[1])

    async def do_list_again(self, person, which):
        key = self.model.standing.get(person)
        if await self.act(holding.list_again, person, key and key[1] in self.model.unlisted):
            self.model.unlisted.discard(key[1])

    async def act(self, act, person, can):
        """Whether it was done; the database says what the model says."""
        if not (key := self.model.standing.get(person)):
            return False
        try:
            await act(self.site, self.statement, key[1], actor=makers.ACTOR, reason="Because.")
        except Refused:
            assert not can
            return False
        assert can
        return True

    async def do_invalidate(self, person, which):
        """One rule at a time, about one person's name."""
        stands = person in self.model.standing and person not in self.model.out
        if self.model.out or not stands:
            return
        self.rule = await invalidating.begin(
            self.site, self.statement, {"name": f"example {person}"}, "Because.", actor=makers.ACTOR
        )
        await invalidating.carry_out(self.site)
        self.model.out = {person: person in self.model.held}

    async def do_undo(self, person, which):
        if self.rule is not None:
            await invalidating.undo(self.site, self.statement, self.rule, actor=makers.ACTOR)
            await invalidating.carry_out(self.site)
            self.rule, self.model.out = None, {}

    async def do_restore(self, person, which):
        gone = self.model.withdrawn[person]
        if gone and person not in self.model.standing:
            key = gone.pop(which % len(gone))
            await my.restore(self.site, self.key(person), key)
            self.model.standing[person] = key

    async def do_erase(self, person, which):
        if key := self.model.standing.pop(person, None):
            await my.erase(self.site, self.key(person), key)
            self.model.pending[person].clear()
            self.model.forget(person)
            self.model.unlisted.discard(key[1])

    async def do_count(self, person, which):
        await tally.count(self.site, work.givers(self.site))

    async def do_purge(self, person, which):
        await actions.purge(self.site)

    async def compare(self) -> None:
        await tally.count(self.site, work.givers(self.site))
        counts = await self.site.store.tally.public(statement_id=self.statement.id)
        assert counts.people == self.model.people
        row = await self.site.store.tally.recount(statement_id=self.statement.id, what="people")
        assert row.counted == row.found == row.tallied == row.hours == row.areas == row.sources
        states = dict(
            await self.owner.fetch(
                "select state, count(*) from signatures where erased_at is null group by 1"
            )
        )
        assert states.get("pending", 0) == sum(map(len, self.model.pending.values()))
        assert states.get("confirmed", 0) == self.model.people
        assert states.get("held", 0) == len(self.model.held - self.model.out.keys())
        assert states.get("invalidated", 0) == len(self.model.out)
        unlisted = "select count(*) from signatures where unlisted and erased_at is null"
        assert await self.owner.fetchval(unlisted) == len(self.model.unlisted)
        assert states.get("withdrawn", 0) == sum(map(len, self.model.withdrawn.values()))
        numbers = await self.owner.fetch("select number from signatures where number is not null")
        assert len({row["number"] for row in numbers}) == len(numbers)


async def test_signatures_agree_with_a_simple_model(site, owner):
    """Hypothesis drives from a thread of its own: each example gets a fresh statement."""
    import asyncio

    loop = asyncio.get_running_loop()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def drive(steps):
        asyncio.run_coroutine_threadsafe(_one(site, owner, steps), loop).result(60)

    await asyncio.to_thread(drive)


async def _one(site, owner, steps):
    await owner.execute(
        "truncate signatures, tally_queue, outbox, attempt_origins, invalidated, invalidations cascade"
    )
    statement = await makers.statement(site)
    run = Run(site, statement, owner)
    for act, person, which in steps:
        await run.step(act, person, which)
    await run.compare()
