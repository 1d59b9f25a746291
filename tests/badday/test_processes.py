"""Processes that die, a database that goes, and one that is slow: nobody is told what is not so, and all comes back."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial

from petitions.changes import LOOK_EVERY
from tests.badday.place import Place, soon
from tests.badday.visitors import GONE, NOTHING, Crowd, Signing, Visitor
from tests.makers import stamp_of

LOCKED = 5  # seconds


async def stamp(visitor: Visitor, web: str) -> str:
    page = await visitor.get(f"{web}/{visitor.crowd.place.statement.slug}")
    assert page.status == 200
    return stamp_of(page.text)


async def works_again(signing: Signing, web: str, stamp: str, n: int) -> bool:
    return (await signing.one(web, stamp, n)).status == 303


async def count(visitor: Visitor, web: str) -> int:
    answer = await visitor.get(f"{web}/{visitor.crowd.place.statement.slug}/count.json")
    return int(json.loads(answer.text)["people"]) if answer.status == 200 else -1


async def test_a_web_process_killed_among_posts_loses_nobody_that_it_thanked(
    place: Place, crowd: Crowd, visitor: Visitor
) -> None:
    signing = Signing(crowd, "Killed")
    made = await stamp(visitor, place.webs[0])
    for first in (0, 60):
        posts = [asyncio.create_task(signing.one(place.webs[0], made, first + n)) for n in range(60)]
        while not signing.told:
            await asyncio.sleep(0.001)
        async with place.locked("signatures"):  # what was begun may still be committed after this
            posts.append(asyncio.create_task(signing.one(place.webs[0], made, first + 500)))
            await asyncio.sleep(0.2)
            place.programs[0].end()
        await asyncio.gather(*posts)
        place.programs[0].start()
        await place.ready(place.webs[0])
    assert signing.told
    assert signing.statuses[NOTHING]
    await signing.check()
    thanked = set(signing.told)
    for n in (
        *range(120),
        500,
        560,
    ):  # the same forms again: each is the attempt that stands already, or one now
        if f"Killed {n}" not in thanked or n % 10 == 0:
            await signing.one(place.webs[1], made, n)
    await signing.check()
    assert len(await signing.rows()) == len(signing.told) == 122


async def test_while_the_database_is_stopped_and_killed_under_load_nobody_is_lied_to_and_all_comes_back(
    place: Place, crowd: Crowd, visitor: Visitor
) -> None:
    signing = Signing(crowd, "Gone")
    made = await stamp(visitor, place.webs[0])
    await signing.one(place.webs[0], made, 999)
    over = False

    async def client(number: int) -> None:
        n = number
        while not over:
            await signing.one(place.webs[n % 2], made, n)
            n += 8
            await asyncio.sleep(0.05)

    clients = [asyncio.create_task(client(number)) for number in range(8)]
    try:
        for end in (place.stop_database, place.kill_database):
            await asyncio.sleep(0.5)
            async with place.locked("signatures"):
                await asyncio.sleep(0.3)  # some are in the middle of signing
                await end()
            await asyncio.sleep(0.5)
            for web in place.webs:  # drawn before the database went, and nobody told of a change since
                assert (await visitor.get(f"{web}/{signing.slug}")).status in (200, GONE)
            await place.start_database()
            for n, web in enumerate(place.webs, 20_000):
                await soon(30, partial(works_again, signing, web, made, n))
        await place.kill_backend()
        await soon(30, partial(works_again, signing, place.webs[0], made, 20_009))
    finally:
        over = True
        await asyncio.gather(*clients)
    await soon(30, partial(works_again, signing, place.webs[1], made, 20_010))
    assert signing.statuses[303] > 20
    assert signing.statuses[GONE] > 10
    assert set(signing.statuses) <= {303, GONE, NOTHING}
    assert not signing.statuses[NOTHING], "the site itself was there all the time"
    await signing.check()
    await _live_again(place, visitor, signing)


async def _live_again(place: Place, visitor: Visitor, signing: Signing) -> None:
    """Letters leave, the count goes up, and both processes hear of it at once (they listen again)."""
    name = "Gone 999"
    await place.rows("update outbox set claimed_until = null, not_before = now() where state = 'waiting'")

    def came() -> bool:
        return any(letter.to == signing.email(name) for letter in list(place.sink))

    await soon(30, came)
    letter = next(letter for letter in place.sink if letter.to == signing.email(name))
    before = [await count(visitor, web) for web in place.webs]
    answer = await visitor.post(place.webs[0] + letter.link("/confirm/"))
    assert (answer.status, answer.to) == (303, f"/{signing.slug}/thanks")
    for web, people in zip(place.webs, before, strict=True):

        async def counted(web: str = web, people: int = people) -> bool:
            return await count(visitor, web) == people + 1

        await soon(12, counted)  # kept pages are right again, at the latest by the look of every five seconds


async def test_a_database_that_is_slow_for_five_seconds_makes_posts_wait_and_nothing_else(
    place: Place, crowd: Crowd, visitor: Visitor
) -> None:
    signing, web = Signing(crowd, "Slow"), place.webs[0]
    await soon(30, lambda: _listen(place))
    made = await stamp(visitor, web)
    await asyncio.sleep(LOOK_EVERY + 0.5)  # what no look has seen yet, the next one has drawn anew
    for table in ("signatures", "statements"):  # what posts write, and what every page reads
        await stamp(visitor, web)  # kept from now on
        began = asyncio.Event()
        locked = asyncio.create_task(_lock(place, table, began))
        await began.wait()
        first = 1000 if table == "statements" else 0
        posts = [asyncio.create_task(signing.one(web, made, first + n)) for n in range(100)]
        pages = []
        while not locked.done():
            asked = time.monotonic()
            assert (await visitor.get(f"{web}/healthz")).status == 200
            assert time.monotonic() - asked < 2
            asked = time.monotonic()
            assert (await visitor.get(f"{web}/{signing.slug}")).status == 200
            pages.append(time.monotonic() - asked)
        assert min(pages) < 1, "kept pages need no database"
        assert max(pages) < LOCKED + 4
        await asyncio.gather(*posts, locked)
    assert signing.statuses == {303: 200}
    assert signing.slowest < LOCKED + 10
    await signing.check()
    began = time.monotonic()
    assert await works_again(signing, web, made, 5000)
    assert time.monotonic() - began < 3


async def _lock(place: Place, table: str, began: asyncio.Event) -> None:
    async with place.locked(table):
        began.set()
        await asyncio.sleep(LOCKED)


async def _listen(place: Place) -> bool:
    """Both web processes: only who listens keeps pages."""
    row = await place.row(
        "select count(*) as n from pg_stat_activity where application_name = 'petitions listens'"
    )
    return int(row["n"]) == len(place.webs)
