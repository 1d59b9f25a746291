"""Affiliated members: the sum over the tree, nobody twice; and that list and sum stay quick among many."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, NamedTuple

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from petitions.endorsements import listing
from tests import makers
from tests.endorsements import rows


class Body(NamedTuple):
    """`above`: how many places before this one its parent stands, modulo as many as there are; 0: none."""

    above: int
    state: str | None
    members: int | None
    on: date | None


BODIES = some.lists(
    some.builds(
        Body,
        some.integers(0, 5),
        some.sampled_from(["accepted", "accepted", "accepted", "withdrawn", "confirmed", None]),
        some.none() | some.integers(1, 1_000_000),
        some.none() | some.dates(date(2020, 1, 1), date(2026, 1, 1)),
    ),
    max_size=12,
)


def parent(bodies: list[Body], number: int) -> int | None:
    above = bodies[number].above
    return number - 1 - (above - 1) % number if above and number else None


def obviously(bodies: list[Body]) -> tuple[int, int, int, Any, Any] | None:
    """Each that tells a number, unless somebody above it does."""
    telling = {n for n, body in enumerate(bodies) if body.state == "accepted" and body.members is not None}
    counted = []
    for number in telling:
        above = parent(bodies, number)
        while above is not None and above not in telling:
            above = parent(bodies, above)
        if above is None:
            counted.append(bodies[number])
    days = sorted(body.on for body in counted if body.on)
    if not counted:
        return None
    return (
        sum(body.members or 0 for body in counted),
        len(counted),
        len(days),
        *(days[:1] or [None]),
        *(days[-1:] or [None]),
    )


@pytest_asyncio.fixture
async def statement(site: Any) -> Any:
    return await makers.statement(site)


async def counted_of(owner: Any, statement: Any, bodies: list[Body]) -> Any:
    made: list[Any] = []
    for number, body in enumerate(bodies):
        above = parent(bodies, number)
        over = made[above] if above is not None else None
        made.append(await rows.organisation(owner, statement, f"Body {number}", parent=over))
        if body.state is not None:
            columns = {"members": body.members, "members_on": body.on, "organisation_id": made[-1]["id"]}
            await rows.confirmed(owner, statement, f"Body {number}", state=body.state, **columns)
    found = await owner.fetchrow("select * from affiliated_members($1)", statement.id)
    return tuple(found) if found else None


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=BODIES)
async def test_members_are_those_that_a_slow_and_obvious_sum_finds(owner, statement, bodies):
    trying = owner.transaction()
    await trying.start()
    try:
        assert await counted_of(owner, statement, bodies) == obviously(bodies)
    finally:
        await trying.rollback()


async def test_a_branch_counts_beside_a_union_without_a_number_and_not_inside_one_with(
    site, client, owner, counting, statement
):
    page = f"/{statement.slug}/endorsements"
    union = await rows.organisation(owner, statement, "Example Union", kind="national union")
    region = await rows.organisation(owner, statement, "North Region", kind="union region", parent=union)
    await rows.accepted(owner, statement, "Depot", parent=region, members=400, members_on=date(2026, 1, 1))
    await rows.accepted(owner, statement, "Garage", parent=union, members=50, members_on=date(2025, 3, 1))
    silent = await rows.accepted(owner, statement, body=union)
    await counting()
    said = makers.visible((await client.get(page)).text)
    assert "450 members" in said
    assert "as 2 of them told us, for days from 1 March 2025 to 1 January 2026" in said
    await owner.execute(
        "update endorsements set members = 31000, members_on = '2025-12-31' where id = $1", silent["id"]
    )
    said = makers.visible((await client.get(page)).text)
    assert "31,000 members" in said
    assert "as 1 of them told us for 31 December 2025" in said
    facts = (await client.get(f"/{statement.slug}.json")).json()
    told = {"members": 31_000, "told_by": 1, "dated_by": 1, "oldest": "2025-12-31", "newest": "2025-12-31"}
    assert facts["affiliated_members"] == told
    assert facts["count"]["people"] == 0
    await rows.withdrawn(owner, silent)
    assert "450 members" in makers.visible((await client.get(page)).text)


async def test_a_day_is_said_only_where_all_of_them_told_one(site, client, owner, counting, statement):
    await rows.accepted(owner, statement, "Dated Council", members=100, members_on=date(2020, 1, 1))
    await rows.accepted(owner, statement, "Undated Council", members=900)
    await counting()
    said = makers.visible((await client.get(f"/{statement.slug}/endorsements")).text)
    assert "1,000 members , as 2 of them told us. A branch" in said.replace("members,", "members ,")
    told = (await client.get(f"/{statement.slug}.json")).json()["affiliated_members"]
    assert (told["told_by"], told["dated_by"]) == (2, 1)


async def test_without_any_number_no_members_are_spoken_of(site, client, owner, counting, statement):
    await rows.accepted(owner, statement, "Silent Council", kind="trades council")
    await counting()
    for path in (f"/{statement.slug}", f"/{statement.slug}/endorsements"):
        assert "Organisations with" not in makers.visible((await client.get(path)).text)
    assert (await client.get(f"/{statement.slug}.json")).json()["affiliated_members"] is None


async def test_among_many_the_indexes_serve_and_nothing_of_another_statement_is_read(site, owner, statement):
    """Two thousand bodies here, and the same bodies under nine other statements."""
    campaign = await site.store.campaigns.find(slug=statement.campaign_slug)
    others = [await makers.statement(site, campaign) for _ in range(9)]
    for one in (statement, *others):
        await rows.many(owner, one, 2_000)
    await owner.execute("analyze")
    of = {"statement_id": statement.id}
    union = await owner.fetchval("select id from organisations where key = 'example union of many'")
    page = {"kinds": ["union branch"], "kind": None, "below": None}
    page |= {"pattern": None, "plain": None, "code": None}
    page |= {**of, "most": 100, "skip": 0}
    for name, arguments in (
        ("list_page", page),
        ("list_page", {**page, "below": union, "pattern": "%12%", "plain": "%12%", "code": "#%12%"}),
        ("list_kinds", of),
        ("list_tops", {**of, "most": 60}),
        ("list_logos", {**of, "most": 48}),
        ("list_newest", {**of, "most": 12}),
    ):
        read = await scanned(owner, site.store.listing.queries[name], arguments)
        assert read <= (40 if name == "list_newest" else 2_000), (name, read)
    assert (await listing.affiliated_members(site, statement.id)).counted == 2_000
    assert {row.kind for row in await listing.found(site, statement, listing.Asked())} == {"union branch"}


async def scanned(owner: Any, query: Any, arguments: dict[str, Any]) -> int:
    """How many rows of endorsements a query reads; fails where it reads the whole table."""
    told = await owner.fetchval(
        f"explain (analyze, format json) {query.sql}", *[arguments[name] for name in query.names]
    )
    read = 0
    left = [json.loads(told)[0]["Plan"]]
    while left:
        plan = left.pop()
        left += plan.get("Plans", [])
        if plan.get("Relation Name") == "endorsements":
            assert plan["Node Type"] != "Seq Scan", query.name
            read += (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    return int(read)
