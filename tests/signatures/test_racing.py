"""Many at once: the database decides who was first, and the count always equals the rows."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from typing import NamedTuple

from petitions import tally
from petitions.proving import code, links
from petitions.proving.cookie import Mark
from petitions.proving.links import Key
from petitions.signatures import PURPOSE, actions
from tests import makers
from tests.conftest import browser


class Waiting(NamedTuple):
    key: Key
    mark: Mark
    cookies: dict[str, str]


async def attempts(site, client, owner, statement, pairs):
    """Attempts whose letters were handed over, without sending them; each with its browser's cookies."""
    jars = []
    for name, email in pairs:
        response = await makers.sign(client, statement, name=name, email=email)
        assert response.status_code == 303
        jars.append(dict(client.cookies))
        client.cookies.clear()
    await owner.execute("delete from outbox")
    await owner.execute("update signatures set letters = 1, letter_at = now()")
    rows = await owner.fetch("select statement_id, id, fingerprint from signatures order by created_at")
    return [
        Waiting(Key(row["statement_id"], row["id"]), Mark(row["statement_id"], row["fingerprint"]), jar)
        for row, jar in zip(rows, jars, strict=True)
    ]


async def agree(site, statement) -> int:
    """Every number agrees with the rows; the public count."""
    assert await tally.recount(site) == []
    row = await site.store.tally.recount(statement_id=statement.id, what="people")
    assert row.counted == row.found == row.tallied
    return row.found


async def confirm_in_its_way(site, waiting, way):
    """One of the three ways, through HTTP."""
    async with browser(site, peer="127.0.0.9") as own:
        path = f"/confirm/{links.make(site, PURPOSE, waiting.key)}"
        if way == "button":
            response = await own.post(path, data={})
        else:
            own.cookies.update(waiting.cookies)
            if way == "link":
                response = await own.get(path)
            else:
                slug = await slug_of(site, waiting.key)
                typed = code.make(site, PURPOSE, waiting.key, 1)
                response = await own.post(f"/{slug}/confirm", data={"code": typed})
        assert response.status_code in (200, 303, 422)


async def slug_of(site, key) -> str:
    return (await site.store.statements.find_by_id(id=key.statement_id)).slug


async def test_a_hundred_parallel_confirms_of_one_address_make_one_signature(site, client, owner, counting):
    statement = await makers.statement(site)
    pairs = [(f"Example Person {number}", "same@example.org") for number in range(100)]
    keys = await attempts(site, client, owner, statement, pairs)
    ways = itertools.cycle(["link", "button", "code"])
    await asyncio.gather(*(confirm_in_its_way(site, key, way) for key, way in zip(keys, ways, strict=False)))
    await counting()
    assert await agree(site, statement) == 1
    states = await owner.fetch("select state, count(*) from signatures group by 1 order by 1")
    assert dict(states)["confirmed"] == 1
    assert await owner.fetchval("select count(*) from consents") == 1


async def test_a_hundred_parallel_confirms_of_one_attempt_count_once(site, client, owner, counting):
    statement = await makers.statement(site)
    [key] = await attempts(site, client, owner, statement, [("Example Person", "same@example.org")])
    ways = itertools.cycle(["link", "button"])
    await asyncio.gather(*(confirm_in_its_way(site, key, next(ways)) for _ in range(100)))
    await counting()
    assert await agree(site, statement) == 1


async def test_a_hundred_different_people_at_once_are_all_counted_and_numbered(site, client, owner, counting):
    statement = await makers.statement(site)
    pairs = [(f"Example Person {number}", f"person{number}@example.org") for number in range(100)]
    keys = await attempts(site, client, owner, statement, pairs)
    ways = itertools.cycle(["link", "button", "code"])
    await asyncio.gather(
        *(confirm_in_its_way(site, key, way) for key, way in zip(keys, ways, strict=False)),
        counting(),
        counting(),
    )
    await counting()
    assert await agree(site, statement) == 100
    numbers = [row["number"] for row in await owner.fetch("select number from signatures order by number")]
    assert numbers == list(range(1, 101))


async def test_closing_while_people_confirm_loses_nobody(site, client, owner, counting):
    statement = await makers.statement(site)
    pairs = [(f"Example Person {number}", f"person{number}@example.org") for number in range(30)]
    keys = await attempts(site, client, owner, statement, pairs)
    await asyncio.gather(
        *(confirm_in_its_way(site, key, "button") for key in keys), makers.close(site, statement), counting()
    )
    await counting()
    assert await agree(site, statement) == 30


async def test_two_tallies_at_once_count_each_line_once(site, client, owner, counting):
    statement = await makers.statement(site)
    pairs = [(f"Example Person {number}", f"person{number}@example.org") for number in range(20)]
    for key in await attempts(site, client, owner, statement, pairs):
        await confirm_in_its_way(site, key, "button")
    counted = await asyncio.gather(*(counting() for _ in range(8)))
    assert sum(counted) == 20
    assert await agree(site, statement) == 20


async def test_parallel_wrong_codes_never_get_more_than_five_tries(site, client, owner):
    statement = await makers.statement(site)
    [key] = await attempts(site, client, owner, statement, [("Example Person", "same@example.org")])
    tried = await asyncio.gather(*(actions.enter_code(site, [key.mark], "") for _ in range(50)))
    assert all(one.key is None for one in tried)
    assert await owner.fetchval("select tries from signatures") == 5
    tries = "select c.tries from code_tries c join signatures using (address_key)"
    assert await owner.fetchval(tries) == 5


async def test_withdrawing_while_another_attempt_is_confirmed_leaves_one_at_most(
    site, client, owner, counting
):
    from petitions import addresses
    from petitions.errors import Closed
    from petitions.my import actions as my

    statement = await makers.statement(site)
    address_key = addresses.address_key(site.settings.address_key, "same@example.org")
    first, second = await attempts(
        site, client, owner, statement, [("Ada One", "same@example.org"), ("Ada Two", "same@example.org")]
    )
    row = await site.store.signatures.find(statement_id=first.key.statement_id, id=first.key.id)
    await actions.confirm(site, row, "button")
    await owner.execute(
        "update signatures set state = 'pending', fingerprint = '\\x01' where state = 'superseded'"
    )

    async def withdraw_and_back():
        for act in (my.withdraw, my.restore):
            with contextlib.suppress(Closed):
                await act(site, address_key, first.key)

    await asyncio.gather(
        *(withdraw_and_back() for _ in range(8)),
        *(confirm_in_its_way(site, second, "button") for _ in range(8)),
        counting(),
    )
    await counting()
    assert await agree(site, statement) <= 1


async def test_two_web_processes_know_the_same(site, settings, client, owner, postbox):
    """Nothing lives in one process: signed on A, confirmed by the code on B, closed on A is closed on B."""
    from petitions.site import make_site, opened

    statement = await makers.statement(site)
    await makers.sign(client, statement)
    await postbox.settle()
    async with opened(make_site(settings)) as other, browser(other) as elsewhere:
        elsewhere.cookies.update(dict(client.cookies))
        response = await elsewhere.post(f"/{statement.slug}/confirm", data={"code": postbox[-1].code})
        assert response.status_code == 303
        await makers.close(site, statement)
        assert 'name="email"' not in (await elsewhere.get(f"/{statement.slug}")).text
    assert await owner.fetchval("select state from signatures") == "confirmed"
