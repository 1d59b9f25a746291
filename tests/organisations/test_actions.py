"""Bodies are found or made once, keep their tree, and every page that shows one hears of a change."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from petitions.errors import Refused
from petitions.organisations import actions as organisations
from petitions.site import make_site, opened
from tests import makers
from tests.endorsements import rows

ACTOR = "cli:example"


@pytest.fixture
async def campaign(site) -> Any:
    return await makers.campaign(site)


async def make(site, campaign, name, *, parent=None, kind="union branch", code=""):
    return await organisations.find_or_make(
        site, campaign.id, parent_id=parent and parent.id, kind=kind, name=name, code=code
    )


async def set_(site, row, **facts):
    return await organisations.change(site, row, actor=ACTOR, **facts)


async def test_another_spelling_finds_the_same_body_and_another_parent_makes_another(site, campaign):
    union = await make(site, campaign, "Example Union", kind="national union")
    first = await make(site, campaign, "Exampleton Branch", parent=union)
    assert (await make(site, campaign, "the EXAMPLETON", parent=union)).id == first.id
    assert (await make(site, campaign, "Exampleton")).id != first.id


async def test_no_parent_is_one_place_too(site, campaign):
    assert (await make(site, campaign, "Example")).id == (await make(site, campaign, "example")).id


async def test_a_hundred_at_once_make_one_body(site, settings, campaign):
    async with opened(make_site(settings)) as other:
        found = await asyncio.gather(
            *(make(one, campaign, name) for name in ("Example", "EXAMPLE") for one in (site, other) for _ in range(25))
        )  # fmt: skip
    assert len({row.id for row in found}) == 1


async def parent_of(site, campaign, **given):
    """As accepting does it: the path, then what of it is missing."""
    return await organisations.make_path(
        site, campaign.id, await organisations.path(site, campaign.id, **given)
    )


async def test_what_a_branch_belongs_to_is_made_as_a_path_and_found_again(site, campaign, owner):
    given = {"kind": "union branch", "parent": "Example Union", "region": "North"}
    region = await parent_of(site, campaign, **given)
    assert await parent_of(site, campaign, **{**given, "region": "north"}) == region
    tree = await site.store.organisations.list_tree(campaign_id=campaign.id)
    assert [(row.depth, row.kind, row.name) for row in tree] == [
        (0, "national union", "Example Union"),
        (1, "union region", "North"),
    ]
    union = await parent_of(site, campaign, **{**given, "region": "Example Union"})
    assert union == tree[0].id, "a region of the parent's own name is the parent"
    # Who names the region alone as what it belongs to: the one that is there; whether it is meant, organisers say.
    assert await parent_of(site, campaign, kind="other", parent="North", region="") == region
    assert await parent_of(site, campaign, kind="other", parent="", region="") is None


async def test_likeness_finds_the_own_key_first_then_names_then_codes_elsewhere(site, campaign):
    union = await make(site, campaign, "Example Union", kind="national union")
    own = await make(site, campaign, "Exampleton Local Government", parent=union, code="NR/12")
    near = await make(site, campaign, "Exampleton Local Govt", parent=union)
    await make(site, campaign, "Westfield Trades Council", kind="trades council")
    stranger = await make(site, campaign, "Otherwise Named", code="nr 12")
    found = await organisations.like(
        site, campaign.id, "Exampleton local government branch", "NR12", parent_id=union.id
    )
    assert [row.id for row in found] == [own.id, stranger.id, near.id]
    assert [row.same_key for row in found] == [True, True, False]
    assert found[0].likeness == 1
    assert found[0].parent == "Example Union"
    elsewhere = await makers.campaign(site)
    assert await organisations.like(site, elsewhere.id, "Exampleton Local Government", "") == []


async def test_five_thousand_bodies_are_compared_by_the_index(site, server, database, campaign, owner):
    await owner.execute(
        "insert into organisations (id, campaign_id, kind, name, key, plain_name)"
        " select gen_random_uuid(), $1, 'other', n, n, n"
        " from (select md5(i::text) as n from generate_series(1, 5000) i) made",
        campaign.id,
    )
    await owner.execute("vacuum analyze organisations")
    query = site.store.namespaces["organisations"].queries["like"]
    values = {
        "campaign_id": campaign.id,
        "parent_id": None,
        "key": "exampleton branch",
        "plain_name": "exampleton branch",
        "least": 0.45,
    }
    connection = await asyncpg.connect(server.url("petitions_app", database))
    try:
        plan = await connection.fetch(f"explain {query.sql}", *(values[name] for name in query.names))
    finally:
        await connection.close()
    text = "\n".join(row[0] for row in plan)
    assert "Bitmap Index Scan on organisations_like" in text
    assert "Seq Scan" not in text


async def test_a_change_takes_the_key_along(site, campaign, owner):
    row = await make(site, campaign, "Exampelton Branch")
    changed = await set_(site, row, name="Exampleton Branch", kind="trades council")
    assert (changed.key, changed.plain_name, changed.kind) == ("exampleton", "exampleton", "trades council")
    changed = await set_(site, changed, code="NR/12")
    assert (changed.key, changed.plain_name) == ("#nr12", "exampleton")
    (one, two) = await owner.fetch(
        "select act, details from audit where act = 'organisation set' order by id"
    )
    assert '"fields": ["kind", "name"]' in one["details"]
    assert "Exampleton" not in one["details"] + two["details"]


async def test_a_change_that_makes_a_double_is_refused_and_names_the_other(site, campaign):
    other = await make(site, campaign, "Example One")
    row = await make(site, campaign, "Example Two")
    with pytest.raises(Refused, match=f"“Example One” \\({other.id}\\) has this name or code"):
        await set_(site, row, name="example one!")
    assert (await site.store.organisations.find(id=row.id)).name == "Example Two"


async def test_a_change_is_judged(site, campaign):
    row = await make(site, campaign, "Example")
    for facts, told in (
        ({"name": " "}, "needs a name"),
        ({"name": "x" * 201}, "too long"),
        ({"name": "See https://example.org"}, "web and e-mail addresses"),
        ({"kind": "cartel"}, "no kind of organisation"),
    ):
        with pytest.raises(Refused, match=told):
            await set_(site, row, **facts)


async def test_no_body_stands_above_itself(site, campaign):
    union = await make(site, campaign, "Union")
    region = await make(site, campaign, "Region", parent=union)
    branch = await make(site, campaign, "Branch of Exampleton", parent=region)
    for below in (union, region, branch):
        with pytest.raises(Refused, match="“Union” would stand above itself"):
            await set_(site, union, parent_id=below.id)


async def test_two_moves_at_once_never_close_a_circle(site, settings, campaign, owner):
    first, second = await make(site, campaign, "First"), await make(site, campaign, "Second")
    async with opened(make_site(settings)) as other:
        done = await asyncio.gather(
            set_(site, first, parent_id=second.id),
            set_(other, second, parent_id=first.id),
            return_exceptions=True,
        )
    assert sorted(type(one).__name__ for one in done) == ["Refused", "Row"]
    assert await owner.fetchval("select count(*) from organisations where parent_id is not null") == 1


async def test_a_parent_of_another_campaign_is_none(site, campaign):
    row = await make(site, campaign, "Example")
    stranger = await make(site, await makers.campaign(site), "Stranger")
    with pytest.raises(Refused, match="There is no organisation"):
        await set_(site, row, parent_id=stranger.id)


async def test_what_shows_a_body_hears_of_its_change(site, owner):
    """Its own endorsements by an event; pages that name it as a parent are told."""
    statement = await makers.statement(site)
    below = await makers.statement(site, await owner_campaign(site, statement))
    union = await rows.organisation(owner, statement, "Example Union", kind="national union")
    region = await rows.organisation(owner, statement, "North", kind="union region", parent=union)
    own = await rows.accepted(owner, statement, body=union)
    await rows.accepted(owner, below, "Exampleton", parent=region)
    told: list[str] = []
    await owner.add_listener("petitions_pages", lambda *heard: told.append(heard[-1]))
    await set_(site, await site.store.organisations.find(id=union["id"]), name="Example Workers’ Union")
    await owner.execute("select 1")
    assert {str(statement.id), str(below.id)} <= set(told)
    events = await owner.fetch("select endorsement_id, fields from endorsement_events where act = 'changed'")
    assert [(row["endorsement_id"], row["fields"]) for row in events] == [(own["id"], ["name"])]


async def owner_campaign(site, statement):
    return await site.store.campaigns.find(slug=statement.campaign_slug)


async def test_nothing_changed_is_nothing_noted(site, campaign, owner):
    row = await make(site, campaign, "Example")
    await set_(site, row, name="Example")
    assert await owner.fetchval("select count(*) from audit where act = 'organisation set'") == 0


async def test_only_what_nothing_refers_to_is_removed(site, owner):
    statement = await makers.statement(site)
    campaign = await owner_campaign(site, statement)
    union = await make(site, campaign, "Example Union", kind="national union")
    branch = await make(site, campaign, "Exampleton", parent=union)
    endorsing = await rows.accepted(owner, statement, "Westfield")
    body = await site.store.organisations.find(id=endorsing["organisation_id"])
    for kept in (union, body):
        with pytest.raises(Refused, match="it stays"):
            await organisations.remove(site, kept, actor=ACTOR)
    for gone in (branch, union):
        await organisations.remove(site, gone, actor=ACTOR)
    assert [row["name"] for row in await owner.fetch("select name from organisations")] == ["Westfield"]
    assert await owner.fetchval("select count(*) from audit where act = 'organisation remove'") == 2
