"""What is measured on: a durable database of its own with the demonstration's statement and many signatures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from bench.processes import check
from petitions import demo, tally, work
from petitions.settings import Settings
from petitions.site import Site, bring_up, founded, make_site, opened
from petitions.statements import actions as statements

RANDOM = "uuid_send(gen_random_uuid())"
# Each has had its letter, for nobody confirms before. Ids are ordered by time as ours are, so that neither side has
# the better index; ID_OF is that of a number.
NEW_ID = (
    "encode(substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)"
    f" || substring({RANDOM} from 7), 'hex')::uuid"
)
ID_OF = "('01890000-0000-7000-8000-' || lpad(to_hex(({})::bigint), 12, '0'))::uuid"
MAKE = f"""
with made as (
    insert into signatures (statement_id, id, version, state, confirmed_at, letters, letter_at, address_key,
                            fingerprint, name, email, answers, display, consent_ids)
    select $1, {ID_OF.format("n")}, 1, $2, case $2 when 'confirmed' then now() end,
           1, case $2 when 'pending' then now() end, {RANDOM}, {RANDOM},
           'Ada Example', 'ada-' || n || '@example.org', '{{"town": "Exampleton"}}', 'name', $3::uuid[]
    from generate_series($4::integer, $5::integer - 1) n returning *)
insert into tally_queue (statement_id, what, delta, version, subject_id, cause)
select statement_id, 'people', 1, version, id, 'confirm' from made where state = 'confirmed'"""
# Branches below ten regions of one union; every second tells its members.
BODIES = f"""
with top as (
    insert into organisations (id, campaign_id, kind, name, key, plain_name)
    values ({NEW_ID}, $2, 'national union', 'Example Union', 'example union', 'example union') returning id
), regions as (
    insert into organisations (id, campaign_id, parent_id, kind, name, key, plain_name)
    select {NEW_ID}, $2, top.id, 'union region', 'Region ' || r, 'region ' || r, 'region ' || r
    from top, generate_series(0, 9) r returning id, name
), bodies as (
    insert into organisations (id, campaign_id, parent_id, kind, name, code, key, plain_name)
    select {NEW_ID}, $2, regions.id, 'union branch', 'Exampleton ' || n || ' Branch', 'E' || n, '#e' || n,
           'exampleton ' || n
    from generate_series(1, $3::integer) n join regions on regions.name = 'Region ' || n % 10 returning id, name
), made as (
    insert into endorsements (statement_id, id, version, state, confirmed_by, confirmed_at, accepted_at,
                              organisation_id, name, kind, area, web_address, decided, met_on,
                              members, members_on, members_source)
    select $1, {NEW_ID}, 1, 'accepted', 'button', now(), now() - random() * interval '90 days', id,
           name, 'union branch', 'Exampleton', 'https://branch.example.org/', 'annual meeting',
           date '2026-01-01' + (random() * 90)::integer,
           case when random() < 0.5 then 100 + (random() * 900)::integer end, '2026-01-01', 'annual return'
    from bodies returning *)
insert into tally_queue (statement_id, what, delta, version, subject_id, cause)
select statement_id, 'organisations', 1, version, id, 'accept' from made"""
AT_ONCE = 100_000  # rows
COUNTS = """
select (select count(*) from signatures where state = 'pending'), (select count(*) from outbox where kind = 'attempt'),
       (select count(*) from signatures where state = 'confirmed'), (select count(*) from tally_queue)"""


class Ground:
    """One database. `admin` is a connection that may do everything; `next`: the number of the next person."""

    def __init__(self, site: Site, admin: Any, statement: Any) -> None:
        self.site, self.admin, self.statement = site, admin, statement
        self.folder: Path = site.settings.data_folder
        self.next = 1

    async def agreed(self) -> list[Any]:
        """The texts to which each person here agrees."""
        texts = await statements.consents(self.site, self.statement, self.statement.language)
        return [text.id for text in texts if text.purpose in ("sign", "name")]

    def numbers(self, count: int) -> range:
        """Of so many new people."""
        self.next += count
        return range(self.next - count, self.next)

    async def make(self, state: str, count: int) -> range:
        """So many new rows; confirmed ones with their line for the tally."""
        numbers = self.numbers(count)
        agreed = await self.agreed() if state == "pending" else None
        await self.admin.execute(MAKE, self.statement.id, state, agreed, numbers.start, numbers.stop)
        return numbers

    async def grow(self, rows: int) -> int:
        """Until so many are confirmed and counted at least; how many there are."""
        people = await self.counted()
        if people >= rows:
            return people
        for done in range(people, rows, AT_ONCE):
            await self.make("confirmed", min(rows - done, AT_ONCE))
            await self.count()
        await self.rest()
        return await self.counted()

    async def endorse(self, bodies: int) -> None:
        """So many organisations endorse it, and are counted."""
        await self.admin.execute(BODIES, self.statement.id, self.statement.campaign_id, bodies)
        await self.count()
        row = await self.site.store.tally.recount(statement_id=self.statement.id, what="organisations")
        check(row.tallied == row.found >= bodies, f"{row.tallied} organisations are counted, not {bodies}")
        await self.rest()

    async def rest(self) -> None:
        """What would else be done at some moment of the next turns is done now."""
        await self.admin.execute("vacuum analyze")
        await self.admin.execute("checkpoint")

    async def count(self) -> int:
        """Has the tally count everything that waits; how many that was."""
        return await tally.count(self.site, work.givers(self.site))

    async def counted(self) -> int:
        """Everything counted; the public count, once the rows say the same."""
        await self.count()
        row = await self.site.store.tally.recount(statement_id=self.statement.id, what="people")
        same = row.tallied == row.counted == row.found
        check(same, f"the tally says {row.tallied}, the rows {row.found}")
        return int(row.tallied)

    async def settled(self, seconds: float = 30) -> int:
        """`counted`, where somebody else counts: once nothing waits."""
        async with asyncio.timeout(seconds):
            while await self.admin.fetchval("select exists (select from tally_queue)"):
                await asyncio.sleep(0.05)
        return await self.counted()

    async def standing(self) -> list[int]:
        """How many attempts, their letters, confirmed signatures, lines that wait for the tally."""
        return list(await self.admin.fetchrow(COUNTS))


@asynccontextmanager
async def ground(folder: Path) -> AsyncIterator[Ground]:
    """A new one in this folder, with nothing but the demonstration."""
    folder.mkdir()
    with founded(Settings(data_folder=folder)) as settings:
        await bring_up(settings)
        admin = await asyncpg.connect(settings.database_owner_url.replace("petitions_owner", "postgres"))
        try:
            async with opened(make_site(settings)) as site:
                yield Ground(site, admin, await demo.load(site, actor="cli:bench"))
        finally:
            await admin.close()
