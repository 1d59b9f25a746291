"""The team: who is in it, other roles, the ways out; a campaign keeps its last owner, two at once included."""

from __future__ import annotations

import asyncio

import pytest

from petitions.errors import RoleMissing
from petitions.organisers import invitations, team
from tests import makers
from tests.desk.coming_in import is_in
from tests.desk.people import organiser, seated, sit


@pytest.fixture
async def campaign(site):
    return await makers.campaign(site)


@pytest.fixture
async def boss(site, campaign):
    return await organiser(site, campaign, "owner", email="boss@example.org", name="Bo Example")


def of(campaign, *parts):
    return "/".join(["/organise", campaign.slug, "team", *(str(part) for part in parts)])


async def roles(owner, campaign):
    rows = await owner.fetch("select organiser_id, role from roles where campaign_id = $1", campaign.id)
    return {row["organiser_id"]: row["role"] for row in rows}


async def test_owners_see_everybody_and_nobody_else_does(site, campaign, boss):
    mo = await organiser(site, campaign, "moderator", email="mo@example.org", name="Mo Example")
    async with await seated(site, boss) as client:
        words = makers.visible((await client.get(of(campaign))).text)
        for part in (
            "Bo Example",
            "boss@example.org",
            "Mo Example",
            "mo@example.org",
            "moderator",
            "cli:example",
        ):
            assert part in words
    for role in ("organiser", "moderator", "stall", "reader"):
        async with await sit(site, campaign, role) as client:
            assert (await client.get(of(campaign))).status_code == 403
            answer = await client.post(of(campaign, mo.id, "remove"))
            assert answer.status_code == 403


async def test_a_role_is_changed_and_the_sessions_end(site, campaign, boss, owner):
    mo = await organiser(site, campaign, "moderator")
    async with await seated(site, boss) as client, await seated(site, mo) as theirs:
        assert await is_in(theirs)
        answer = await client.post(of(campaign, mo.id, "role"), data={"role": "reader"})
        assert answer.headers["location"] == of(campaign) + "?done=changed"
        assert not await is_in(theirs)
        assert await is_in(client)
    assert (await roles(owner, campaign))[mo.id] == "reader"
    line = await owner.fetchrow(
        "select actor, details::text from audit where act = 'team role' order by id desc limit 1"
    )
    assert line["actor"] == f"organiser:{boss.id}"
    assert str(mo.id) in line["details"]


async def test_the_same_role_again_changes_nothing(site, campaign, boss):
    mo = await organiser(site, campaign, "moderator")
    async with await seated(site, boss) as client, await seated(site, mo) as theirs:
        await client.post(of(campaign, mo.id, "role"), data={"role": "moderator"})
        assert await is_in(theirs)


async def test_somebody_is_removed_at_once(site, campaign, boss, owner):
    mo = await organiser(site, campaign, "moderator", name="Mo Example")
    async with await seated(site, boss) as client, await seated(site, mo) as theirs:
        page = await client.get(of(campaign, mo.id))
        assert "Remove from the team" in page.text
        answer = await client.post(of(campaign, mo.id, "remove"))
        assert answer.headers["location"] == of(campaign) + "?done=removed"
        assert not await is_in(theirs)
        assert "Mo Example" not in (await client.get(of(campaign))).text
        assert (await client.post(of(campaign, mo.id, "remove"))).status_code == 404
    async with await seated(site, mo) as again:
        assert (await again.get(f"/organise/{campaign.slug}")).status_code == 404


async def test_changes_need_a_fresh_second_factor(site, campaign, boss, owner):
    mo = await organiser(site, campaign, "moderator")
    async with await seated(site, boss) as client:
        await owner.execute("update sessions set second_at = now() - interval '11 minutes'")
        assert (await client.get(of(campaign))).status_code == 200
        tried = {
            of(campaign, "invite"): {"email": "a@example.org", "role": "reader"},
            of(campaign, mo.id, "role"): {"role": "owner"},
            of(campaign, mo.id, "remove"): {},
            of(campaign, "invitations", makers.nobody(), "take-back"): {},
        }
        for path, data in tried.items():
            answer = await client.post(path, data=data)
            assert answer.status_code == 403
            assert "second factor" in answer.text
    assert (await roles(owner, campaign))[mo.id] == "moderator"
    assert await owner.fetchval("select count(*) from invitations") == 0


async def test_ids_of_another_campaign_are_not_found(site, campaign, boss, owner):
    other = await makers.campaign(site)
    theirs = await organiser(site, other, "owner")
    await organiser(site, other, "owner")
    async with await seated(site, boss) as client:
        for id in (theirs.id, makers.nobody()):
            assert (await client.get(of(campaign, id))).status_code == 404
            assert (await client.post(of(campaign, id, "role"), data={"role": "reader"})).status_code == 404
            assert (await client.post(of(campaign, id, "remove"))).status_code == 404
        assert (await client.post(of(other, theirs.id, "remove"))).status_code == 404
    assert (await roles(owner, other))[theirs.id] == "owner"


@pytest.mark.parametrize("role", ["", "admin", "Owner", "owner\n"])
async def test_only_known_roles_can_be_given(site, campaign, boss, owner, role):
    mo = await organiser(site, campaign, "moderator")
    async with await seated(site, boss) as client:
        assert (
            await client.post(of(campaign, mo.id, "role"), data={"role": role, "x": ""})
        ).status_code == 422
    assert (await roles(owner, campaign))[mo.id] == "moderator"


async def test_the_last_owner_can_neither_leave_nor_be_removed_nor_take_another_role(
    site, campaign, boss, owner
):
    async with await seated(site, boss) as client:
        for path, data in (
            (f"/organise/{campaign.slug}/leave", {}),
            (of(campaign, boss.id, "remove"), {}),
            (of(campaign, boss.id, "role"), {"role": "reader"}),
        ):
            answer = await client.post(path, data=data)
            assert answer.status_code == 409
            assert "at least one owner" in answer.text
            assert answer.text.count("<h1") == 1
        assert await is_in(client)
    assert (await roles(owner, campaign)) == {boss.id: "owner"}


async def test_two_owners_who_remove_each_other_at_once_leave_one(site, campaign, boss, owner):
    for _ in range(3):
        second = await organiser(site, campaign, "owner")
        first = next(
            id for id, role in (await roles(owner, campaign)).items() if role == "owner" and id != second.id
        )
        done = await asyncio.gather(
            team.remove(site, campaign, first, actor=f"organiser:{second.id}"),
            team.change(site, campaign, second.id, "reader", actor=f"organiser:{first}"),
            return_exceptions=True,
        )
        assert [type(one) for one in done].count(type(None)) == 1
        assert list((await roles(owner, campaign)).values()).count("owner") == 1


async def test_who_was_just_removed_removes_and_invites_nobody(site, campaign, boss, owner):
    """Both came through the door as owners; the second act finds that its actor is none any more."""
    second, third = await organiser(site, campaign, "owner"), await organiser(site, campaign, "owner")
    done = await asyncio.gather(
        team.remove(site, campaign, boss.id, actor=f"organiser:{second.id}"),
        team.remove(site, campaign, second.id, actor=f"organiser:{boss.id}"),
        return_exceptions=True,
    )
    assert [type(one) for one in done].count(RoleMissing) == 1
    assert len(await roles(owner, campaign)) == 2
    out = boss.id if type(done[0]) is type(None) else second.id
    with pytest.raises(RoleMissing):
        await invitations.invite(site, campaign, "eve@example.org", "owner", actor=f"organiser:{out}")
    with pytest.raises(RoleMissing):
        await team.change(site, campaign, third.id, "reader", actor=f"organiser:{out}")


async def test_everybody_else_can_leave(site, campaign, boss, owner):
    for role in ("owner", "organiser", "moderator", "stall", "reader"):
        one = await organiser(site, campaign, role)
        async with await seated(site, one) as client, await seated(site, one) as elsewhere:
            assert "Leave the team" in (await client.get(f"/organise/{campaign.slug}/leave")).text
            answer = await client.post(f"/organise/{campaign.slug}/leave")
            assert answer.headers["location"] == "/organise/log-in?done=left"
            assert not await is_in(client)
            assert not await is_in(elsewhere)
        assert one.id not in await roles(owner, campaign)
    assert await owner.fetchval("select count(*) from audit where act = 'team leave'") == 5
