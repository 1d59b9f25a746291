"""The bodies of a campaign at the desk: the tree, one of them, those that may be one, merging, removing."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from petitions.errors import Refused
from petitions.organisations import actions, merging
from tests import makers
from tests.desk.people import sit
from tests.endorsements import rows
from tests.endorsements.claims import ACTOR, counted, public


@pytest.fixture
async def campaign(site):
    return await makers.campaign(site)


@pytest.fixture
async def statement(site, campaign):
    return await makers.statement(site, campaign)


@pytest.fixture
async def org(site, campaign):
    async with await sit(site, campaign, "organiser") as client:
        yield client


def here(campaign, row=None) -> str:
    return f"/organise/{campaign.slug}/organisations" + (f"/{row['id']}" if row else "")


async def test_the_tree_and_a_search_by_name_or_number(owner, campaign, statement, org):
    await rows.tree(owner, statement)
    page = makers.visible((await org.get(here(campaign))).text)
    assert "Example Transport Workers’ Union ▸ North Region ▸ Exampleton Bus Depot Branch" in page
    for query, found in (
        ("q=BUS+depot", True),
        ("q=nr142", True),
        ("q=NR/142", True),
        ("q=%25", False),
        ("q=%00x", False),
    ):
        page = await org.get(f"{here(campaign)}?{query}")
        assert ("Exampleton Bus Depot Branch" in page.text) is found, query
        assert "Eastfield Trades Council" not in page.text
    assert (await org.get(f"{here(campaign)}?page=9")).status_code == 404


async def test_a_body_is_changed_and_every_page_follows(site, owner, campaign, statement, org, client):
    union = await rows.organisation(owner, statement, "Example Union", kind="national union")
    body = (await rows.accepted(owner, statement, "Exampleton Branch"))["organisation_id"]
    row = {"id": body}
    page = makers.visible((await org.get(here(campaign, row))).text)
    assert statement.title in page
    said = {"name": "Exampleton Town Branch", "code": "7", "kind": "union branch", "parent": "example union"}
    assert (await org.post(here(campaign, row), data=said)).headers["location"].endswith("done=changed")
    assert await owner.fetchval("select parent_id from organisations where id = $1", body) == union["id"]
    assert await public(owner) == ["Exampleton Town Branch"]
    circle = {"name": "Example Union", "code": "", "kind": "national union", "parent": str(body)}
    answer = await org.post(here(campaign, union), data=circle)
    assert answer.status_code == 422
    assert "would stand above itself" in makers.visible(answer.text)
    twin = await rows.organisation(owner, statement, "Another", parent=union)
    answer = await org.post(here(campaign, twin), data={**said, "name": "Typed here"})
    assert "has this name or code under the same parent already" in makers.visible(answer.text)
    assert 'value="Typed here"' in answer.text
    assert await owner.fetchval("select actor like 'organiser:%' from audit where act = 'organisation set'")


async def test_two_that_are_one_are_found_previewed_and_merged(
    site, owner, campaign, statement, org, counting
):
    other = await makers.statement(site, campaign)
    gone = await rows.accepted(owner, statement, "Exampleton Transport Branch")
    kept = await rows.accepted(owner, other, "Exampleton Transprot Branch")
    gone_id, kept_id = gone["organisation_id"], kept["organisation_id"]
    await rows.organisation(owner, statement, "Night shift", parent={"id": gone_id})
    await rows.confirmed(owner, statement, "Exampleton", state="withdrawn", organisation_id=gone_id)
    assert "See what would move" in makers.visible((await org.get(f"{here(campaign)}/doubles")).text)
    page = makers.visible((await org.get(f"{here(campaign, {'id': gone_id})}/merge?into={kept_id}")).text)
    for words in (
        "2 endorsements become those of",
        "1 of them is public",
        "1 organisation below it",
        "can’t be undone",
    ):
        assert words in page
    assert await owner.fetchval("select count(*) from organisations") == 3, "looking moves nothing"
    answer = await org.post(f"{here(campaign, {'id': gone_id})}/merge", data={"into": str(kept_id)})
    assert answer.headers["location"] == f"{here(campaign, {'id': kept_id})}?done=merged"
    assert await public(owner) == ["Exampleton Transprot Branch"] * 2
    assert await owner.fetchval("select parent_id from organisations where name = 'Night shift'") == kept_id
    assert await counted(site, owner, statement, counting) == 1
    noted = await owner.fetchval("select details from audit where act = 'organisation merge'")
    assert str(gone_id) in noted
    assert "Exampleton" not in noted
    fields = "select fields from endorsement_events where endorsement_id = $1 and act = 'changed'"
    assert await owner.fetchval(fields, gone["id"]) == ["organisation"], "its public page is told"
    assert (await org.get(here(campaign, {"id": gone_id}))).status_code == 404


async def test_what_can_not_be_merged_says_what_to_do_first(site, owner, campaign, statement, org):
    one = await rows.accepted(owner, statement, "One Branch")
    two = await rows.accepted(owner, statement, "Two Branch")
    first, second = ({"id": each["organisation_id"]} for each in (one, two))
    below = await rows.organisation(owner, statement, "Below", parent=first)
    for body, into, told in (
        (first, second, f"Both endorse “{statement.title}”: end one of the two"),
        (first, below, "“Below” belongs to “One Branch”"),
        (first, first, "is one organisation already"),
        (first, {"id": makers.nobody()}, "There is no organisation"),
        (first, {"id": "\x0b"}, "needs a name"),
    ):
        for answer in (
            await org.get(f"{here(campaign, body)}/merge", params={"into": str(into["id"])}),
            await org.post(f"{here(campaign, body)}/merge", data={"into": str(into["id"])}),
        ):
            assert answer.status_code == 422
            assert told in makers.visible(answer.text) or into["id"] == "\x0b"
    await rows.withdrawn(owner, one)
    await rows.organisation(owner, statement, "below", parent=second)
    answer = await org.post(f"{here(campaign, first)}/merge", data={"into": str(second["id"])})
    assert "“Below” stands below both" in makers.visible(answer.text)
    assert await owner.fetchval("select count(*) from organisations") == 4


async def test_one_below_with_the_same_name_comes_to_stand_where_the_merged_one_stood(
    owner, campaign, statement, org
):
    union = await rows.organisation(owner, statement, "Example Union", kind="national union")
    region = await rows.organisation(owner, statement, "Exampleton", parent=union)
    branch = await rows.organisation(owner, statement, "Exampleton Branch", parent=region)
    answer = await org.post(f"{here(campaign, region)}/merge", data={"into": str(union["id"])})
    assert answer.status_code == 303, makers.visible(answer.text)
    left = await owner.fetch("select id, parent_id from organisations order by name")
    assert [tuple(one) for one in left] == [(union["id"], None), (branch["id"], union["id"])]


async def test_of_two_who_change_one_body_neither_undoes_the_other(owner, campaign, statement, org):
    body = await rows.organisation(owner, statement, "Old Name")
    read = makers.hidden((await org.get(here(campaign, body))).text)
    said = {"name": "Old Name", "code": "", "kind": "union branch", "parent": ""}
    for mine in ({"name": "New Name"}, {"code": "7"}):
        assert (await org.post(here(campaign, body), data={**read, **said, **mine})).status_code == 303
    assert tuple(await owner.fetchrow("select name, code from organisations")) == ("New Name", "7")


async def test_merged_both_ways_at_once_one_is_left(site, owner, campaign, statement):
    bodies = [await rows.organisation(owner, statement, name) for name in ("One", "Two")]
    one, two = [await actions.find_for_organisers(site, campaign.id, str(each["id"])) for each in bodies]

    async def merged(gone, kept) -> bool:
        try:
            await merging.merge(site, gone, kept, actor=ACTOR)
        except Refused:
            return False
        return True

    assert sorted(await asyncio.gather(merged(one, two), merged(two, one))) == [False, True]
    assert await owner.fetchval("select count(*) from organisations") == 1


async def test_only_what_nothing_refers_to_is_removed(owner, campaign, statement, org):
    used = {"id": (await rows.accepted(owner, statement, "Used"))["organisation_id"]}
    free = await rows.organisation(owner, statement, "Free")
    answer = await org.post(f"{here(campaign, used)}/remove", data={"x": "y"})
    assert "it stays" in makers.visible(answer.text)
    assert (await org.get(f"{here(campaign, free)}/remove")).status_code == 200
    assert (await org.post(f"{here(campaign, free)}/remove", data={"x": "y"})).status_code == 303
    assert await owner.fetchval("select array_agg(name) from organisations") == ["Used"]


async def test_bodies_of_another_campaign_are_not_there(site, owner, campaign, statement, org):
    theirs = await rows.organisation(owner, await makers.statement(site), "Their Body")
    mine = await rows.organisation(owner, statement, "My Body")
    for path in ("", "/merge", "/remove"):
        assert (await org.get(here(campaign, theirs) + path)).status_code == 404
        assert (
            await org.post(here(campaign, theirs) + path, data={"name": "x", "into": str(mine["id"])})
        ).status_code == 404
    for into in (str(theirs["id"]), "Their Body"):
        assert (await org.get(f"{here(campaign, mine)}/merge", params={"into": into})).status_code == 422
        said = {"name": "My Body", "kind": "other", "parent": into}
        assert (await org.post(here(campaign, mine), data=said)).status_code == 422
    assert (
        await org.post(f"{here(campaign, mine)}/merge", data={"into": str(theirs["id"])})
    ).status_code == 422
    assert "Their Body" not in (await org.get(here(campaign))).text
    async with await sit(site, campaign, "moderator") as client:
        assert (await client.get(here(campaign))).status_code == 403


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=some.dictionaries(
        some.sampled_from(["name", "code", "kind", "parent", "into", "campaign_id"]),
        some.text(max_size=220) | some.sampled_from(["", "%(x)s", "other", "!!", "\ud7ff"]),
    )
)
async def test_whatever_is_typed_is_taken_or_told(owner, campaign, statement, org, said):
    body = await rows.organisation(owner, statement, "Example Body", kind="other")
    for path in ("", "/merge"):
        answer = await org.post(here(campaign, body) + path, data={"name": "x", **said})
        assert answer.status_code in (303, 400, 422), answer.text
    answer = await org.get(f"{here(campaign, body)}/merge", params={"into": said.get("into", "")})
    assert answer.status_code in (200, 422)
