"""Organisations are counted by the tally as people are, apart from them, and a recount compares them too."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from petitions import tally
from tests import makers
from tests.endorsements import rows


@pytest_asyncio.fixture
async def statement(site: Any) -> Any:
    return await makers.statement(site, goal=100)


async def test_an_accepted_one_counts_and_a_withdrawn_one_no_longer(
    site, client, owner, postbox, counting, statement
):
    await makers.confirmed(client, postbox, statement)
    first = await rows.accepted(owner, statement)
    await rows.accepted(owner, statement, kind="trades council")
    await counting()
    answer = await client.get(f"/{statement.slug}/count.json")
    assert len(answer.content) < 150
    told = answer.json()
    assert (told["people"], told["organisations"], told["goal"]) == (1, 2, 100)
    assert "2 organisations and 1 person stand behind this." in makers.visible(
        (await client.get(f"/{statement.slug}/endorsements")).text
    )
    for path in ("/", f"/campaigns/{statement.campaign_slug}", f"/{statement.slug}"):
        assert "1 person has signed and 2 organisations" in makers.visible((await client.get(path)).text)
    await rows.withdrawn(owner, first)
    await counting()
    assert (await client.get(f"/{statement.slug}/count.json")).json()["organisations"] == 1
    assert await tally.recount(site) == []


async def test_the_facts_tell_organisations_by_kind(client, owner, counting, statement):
    facts = (await client.get(f"/{statement.slug}.json")).json()
    assert facts["count"]["organisations_by_kind"] == {}
    await rows.tree(owner, statement)
    await counting()
    facts = (await client.get(f"/{statement.slug}.json")).json()
    kinds = {"national union": 1, "union branch": 1, "trades council": 1}
    assert facts["count"]["organisations_by_kind"] == kinds
    assert list(facts["count"]["organisations_by_kind"]) == list(kinds)
    assert facts["count"]["organisations"] == sum(kinds.values())
    assert facts["endorsements_url"].endswith(f"/{statement.slug}/endorsements")
    assert "Eastfield" not in str(facts)


async def test_members_stand_beside_the_organisations_and_are_never_added_to_people(
    client, owner, counting, statement
):
    await rows.tree(owner, statement)
    await counting()
    said = makers.visible((await client.get(f"/{statement.slug}")).text)
    assert "0 people have signed and 3 organisations with 38,000 members Next goal: 100" in said


async def test_a_recount_says_where_the_organisations_differ(
    site, client, owner, postbox, counting, statement
):
    await makers.confirmed(client, postbox, statement)
    await rows.accepted(owner, statement)
    assert await tally.recount(site) == [], "what waits in the queue counts"
    await counting()
    assert await tally.recount(site) == []
    lost = await rows.accepted(owner, statement, counted=False)
    assert await tally.recount(site) == [f"{statement.id}: organisations: counted 1, found 2"]
    await owner.execute("update signatures set state = 'invalidated'")
    wrong = f"{statement.id}: people: counted 1, found 0; organisations: counted 1, found 2"
    assert await tally.recount(site) == [wrong]
    kept = await owner.fetch(
        "select what, counted, found from recounts order by happened_at desc, what limit 2"
    )
    assert {tuple(row) for row in kept} == {("people", 1, 0), ("organisations", 1, 2)}
    await owner.execute("update signatures set state = 'confirmed'")
    await rows.line(owner, lost, 1, "accept")
    assert await tally.recount(site) == []


async def test_a_recount_finds_what_was_never_counted_and_sums_that_disagree(
    site, owner, counting, statement
):
    unheard = await makers.statement(site)
    await rows.accepted(owner, unheard, counted=False)
    assert await tally.recount(site) == [f"{unheard.id}: organisations: counted 0, found 1"]
    await owner.execute("delete from endorsements")
    await rows.accepted(owner, statement)
    await counting()
    assert await tally.recount(site) == []
    for table in ("count_hours", "count_areas", "count_sources"):
        await owner.execute(f"update {table} set value = value + 1 where what = 'organisations'")
        assert await tally.recount(site) == [f"{statement.id}: organisations: counted 1, found 1"], table
        await owner.execute(f"update {table} set value = value - 1 where what = 'organisations'")
