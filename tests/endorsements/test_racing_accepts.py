"""Organisers decide at the same moment, over connections and processes of their own: never two public rows, never a
deadlock, and whoever is late gets a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from petitions.endorsements import expiring, leaving, review
from petitions.errors import Closed, NotFound, Refused
from petitions.organisations import actions as organisations
from petitions.proving.links import Key
from petitions.site import make_site, opened
from tests import makers
from tests.endorsements import rows
from tests.endorsements.claims import ACTOR, accept, correction, counted, public, waiting

AT_ONCE = 8


@pytest.fixture
async def statement(site):
    return await makers.statement(site)


@pytest.fixture
async def sites(site, settings):
    """Two processes, each with connections of its own."""
    async with AsyncExitStack() as stack:
        yield [site, await stack.enter_async_context(opened(make_site(settings)))]


async def race(
    sites: list[Any], acts: Iterable[Callable[[Any], Awaitable[Any]]], but: tuple[type[Exception], ...] = ()
) -> list[Any]:
    """All at once, by turns on either process; what each gave or raised. Anything but a refusal (or `but`) is a
    failure."""
    done = await asyncio.wait_for(
        asyncio.gather(*(act(sites[n % 2]) for n, act in enumerate(acts)), return_exceptions=True), 30
    )
    expected = (Refused, *but)
    assert [one for one in done if isinstance(one, BaseException) and not isinstance(one, expected)] == []
    return done


def refused(done: list[Any]) -> list[str]:
    return [one.sentence for one in done if isinstance(one, Refused)]


async def test_many_accept_the_same_row(sites, site, owner, statement, counting):
    row = await waiting(site, owner, statement)
    done = await race(sites, [lambda one: accept(one, row)] * AT_ONCE)
    assert len(refused(done)) == AT_ONCE - 1
    assert set(refused(done)) == {"“Exampleton Branch” can't be accepted: it is accepted."}
    assert await counted(site, owner, statement, counting) == 1


async def test_many_claims_of_one_body_are_accepted_at_once(sites, site, owner, statement, counting):
    names = ["Exampleton Branch", "the exampleton", "EXAMPLETON", "Exámpleton!"] * 2
    claims = [await waiting(site, owner, statement, name, parent="Example Union") for name in names]
    done = await race(sites, [lambda one, row=row: accept(one, row) for row in claims])
    assert len(refused(done)) == len(claims) - 1
    assert all("endorses this statement already" in sentence for sentence in refused(done))
    assert len(await public(owner)) == 1
    assert await counted(site, owner, statement, counting) == 1
    assert await owner.fetchval("select count(*) from organisations") == 2


async def test_many_claims_whose_parents_have_to_be_made(sites, site, owner, statement, counting):
    names = ["Leeds", "York", "Hull", "Ripon", "Selby", "Whitby", "Otley", "Settle"]
    claims = [
        await waiting(
            site,
            owner,
            statement,
            name,
            parent="Example Union",
            region="North",
            web_address="https://example.org",
        )
        for name in names
    ]
    done = await race(sites, [lambda one, row=row: accept(one, row) for row in claims])
    assert refused(done) == []
    assert await counted(site, owner, statement, counting) == len(names)
    tree = await site.store.organisations.list_tree(campaign_id=statement.campaign_id)
    assert [row.depth for row in tree] == [0, 1] + [2] * len(names)


async def test_many_renew_the_same_body(sites, site, owner, statement, counting):
    await accept(site, await waiting(site, owner, statement))
    claims = [await waiting(site, owner, statement) for _ in range(AT_ONCE)]
    done = await race(sites, [lambda one, row=row: accept(one, row, renew=True) for row in claims])
    assert refused(done) == []
    assert len(await public(owner)) == 1
    assert await counted(site, owner, statement, counting) == 1


async def test_a_correction_is_accepted_while_its_old_one_ends(sites, site, owner, statement, counting):
    """Withdrawn by the officer's query, or expired: whoever is first, page and count agree."""
    claims = []
    for number in range(AT_ONCE):
        old = await accept(
            site, await waiting(site, owner, statement, f"Branch {number} of {'abcdefgh'[number] * 9}")
        )
        claims.append(await correction(site, owner, statement, old))
    await owner.execute("update endorsements set expires_on = current_date where state = 'accepted'")
    accepts = [lambda one, row=row: accept(one, row, expires_on=None) for row in claims]
    await race(sites, [*accepts[:4], expiring.expire, expiring.expire, *accepts[4:]])
    assert await counted(site, owner, statement, counting) == len(await public(owner))
    states = await owner.fetch("select state, count(*) from endorsements group by 1")
    assert dict(states)["accepted"] == AT_ONCE


async def test_accepted_declined_and_asked_at_once_ends_in_one_state(sites, site, owner, statement, counting):
    row = await waiting(site, owner, statement)
    done = await race(
        sites,
        [
            lambda one: review.decline(one, row, "No.", actor=ACTOR),
            lambda one: accept(one, row),
            lambda one: review.ask(one, row, "When?", actor=ACTOR),
            lambda one: review.change(one, row, actor=ACTOR, featured=True),
        ]
        * 2,
    )
    assert len(refused(done)) >= 1
    state = await owner.fetchval("select state from endorsements")
    assert await counted(site, owner, statement, counting) == (1 if state == "accepted" else 0)
    assert state == "accepted", "accepting also follows a question or a reason"


async def test_accepts_and_changes_of_the_tree_never_wait_for_each_other(
    sites, site, owner, statement, counting
):
    """A change locks a body that an accept needs as a parent; both take the campaign's lock first."""
    first = await accept(site, await waiting(site, owner, statement, "Leeds", parent="Example Union"))
    body = await site.store.organisations.find(id=first.organisation_id)
    union = await site.store.organisations.find(id=body.parent_id)
    claims = [
        await waiting(site, owner, statement, name, parent="Example Union")
        for name in ("York", "Hull", "Otley", "Ripon")
    ]
    changes = [
        lambda one, code=str(number): organisations.change(one, union, actor=ACTOR, code=code)
        for number in range(4)
    ]
    accepts = [lambda one, row=row: accept(one, row) for row in claims]
    done = await race(sites, [act for pair in zip(changes, accepts, strict=True) for act in pair])
    assert refused(done) == []
    assert await counted(site, owner, statement, counting) == 5
    assert await owner.fetchval("select count(*) from organisations where parent_id is null") == 1


async def locked(owner: Any) -> None:
    """Somebody waits for a row that this connection holds."""
    waits = "select exists (select from pg_locks where not granted)"
    while not await owner.fetchval(waits):
        await asyncio.sleep(0.01)


async def test_what_waits_for_each_other_takes_rows_in_one_order(sites, site, owner, statement, counting):
    """The row that a body gives way by may be older than the one that is accepted corrects: as whoever withdraws it
    holds them, by hand."""
    oldest = await waiting(site, owner, statement)
    first = await accept(site, await waiting(site, owner, statement))
    row = await correction(site, owner, statement, first, area="Exampleton")
    standing = await accept(site, oldest, renew=True)
    assert standing.id < first.id < row.id
    held = "select id from endorsements where id = $1 for update"
    async with owner.transaction():
        await owner.fetch(held, standing.id)
        accepts = asyncio.create_task(accept(site, row, renew=True))
        async with asyncio.timeout(20):
            await locked(owner)
            await owner.fetch(held, first.id)
    assert (await accepts).state == "accepted"
    assert await counted(site, owner, statement, counting) == 1


async def test_renewed_corrected_withdrawn_and_erased_at_once(sites, site, owner, statement, counting):
    oldest = await waiting(site, owner, statement)
    first = await accept(site, await waiting(site, owner, statement))
    row = await correction(site, owner, statement, first, area="Exampleton")
    standing = await accept(site, oldest, renew=True)
    key = Key(standing.statement_id, standing.id)
    await race(
        sites,
        [
            lambda one: accept(one, row, renew=True),
            lambda one: leaving.erase(one, first.address_key, Key(first.statement_id, first.id)),
            lambda one: accept(one, row, renew=True),
            lambda one: leaving.withdraw(one, standing.address_key, key),
        ],
        but=(NotFound, Closed),
    )
    assert await counted(site, owner, statement, counting) == len(await public(owner))


async def test_what_stood_ends_while_another_is_accepted(sites, site, owner, statement, counting):
    """Then nothing stands in the way, and no sentence names what is gone."""
    standing = await accept(site, await waiting(site, owner, statement))
    row = await waiting(site, owner, statement)
    async with owner.transaction():
        await rows.withdrawn(
            owner, {"statement_id": standing.statement_id, "id": standing.id, "version": standing.version}
        )
        accepts = asyncio.create_task(accept(site, row))
        async with asyncio.timeout(20):
            await locked(owner)
    assert (await accepts).state == "accepted"
    assert await counted(site, owner, statement, counting) == 1
