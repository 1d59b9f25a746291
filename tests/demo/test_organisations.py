"""The demonstration's organisations: every state and level, nobody's members twice, files that go with it."""

from __future__ import annotations

import re
from datetime import timedelta

from petitions import demo
from petitions.demo.motions import PLANS
from petitions.demo.organisations import BODIES, ENDORSING
from tests import makers
from tests.endorsements import rows

ACTOR = makers.ACTOR


async def test_the_page_shows_bodies_and_people_apart(site, client):
    row = await demo.load(site, actor=ACTOR)
    words = makers.visible((await client.get(f"/{row.slug}/endorsements")).text)
    assert f"{ENDORSING} organisations and {len(demo.people())} people" in words
    for body in BODIES:
        assert (body.name in words) == (body.becomes == "accepted"), body.name


async def test_the_tree_has_every_state_and_level_and_all_in_it_are_examples(site, owner):
    row = await demo.load(site, actor=ACTOR)
    found = await owner.fetch("select state, count(*) from endorsements group by 1")
    assert dict(found) == {"accepted": ENDORSING, "confirmed": 1, "questioned": 1, "withdrawn": 1}
    shown = await owner.fetch("select level, kind, featured, logo from public_endorsements")
    assert {one["level"] for one in shown} == {"officer", "two officers", "minutes"}
    assert sum(one["featured"] for one in shown) == 2
    assert sum(one["logo"] is not None for one in shown) == 5
    assert len({one["kind"] for one in shown}) == 8
    await members_once(owner, row)
    await all_examples(owner)


async def members_once(owner, row):
    """Those of a branch are not counted beside those of its union or region."""
    told = {body.name: body.members[0] for body in BODIES if body.members and body.becomes == "accepted"}
    inside = {"Exampleton Buses Branch", "Sampleton Depot Branch", "Sampleton Schools Branch"}
    assert inside < set(told)
    members = await owner.fetchval("select members from affiliated_members($1)", row.id)
    assert members == sum(number for name, number in told.items() if name not in inside)


async def all_examples(owner):
    for table in ("organisations", "submissions"):
        names = [one["name"] for one in await owner.fetch(f"select name from {table}")]
        assert [name for name in names if not re.search("[Ee]xample|Sample|Specimen", name)] == []
    emails = await owner.fetch(
        "select officer_email from endorsements union select second_email from endorsements"
        " union select officer_email from submissions"
    )
    assert all(email is None or email.endswith("@example.org") for (email,) in emails)


async def test_its_motion_can_be_read_and_one_plan_is_for_next_week(site, client, owner):
    row = await demo.load(site, actor=ACTOR)
    page = await client.get(f"/{row.slug}/motions/public-buses")
    assert (page.status_code, "[[" in page.text) == (200, False)
    days = await owner.fetch("select state, meets_on - current_date as ahead from submissions order by 2")
    assert [one["state"] for one in days] == ["announced"] * len(PLANS)
    assert [abs(timedelta(days=one["ahead"]) - timedelta(days=7)).days <= 1 for one in days] == [
        True,
        False,
        False,
    ]


async def test_its_logos_go_with_it_unless_a_real_body_shows_the_same(site, owner):
    real = await makers.statement(site)
    await rows.accepted(owner, real, logo=await rows.picture(owner))
    await demo.load(site, actor=ACTOR)
    shared = await owner.fetchval(
        "select e.logo from endorsements e join statements s on s.id = e.statement_id"
        " where e.logo is not null and s.slug = 'public-buses' limit 1"
    )
    await rows.accepted(owner, real, logo=shared)
    await demo.remove(site)
    left = {one["digest"] for one in await owner.fetch("select digest from files")}
    assert shared in left
    assert len(left) == 2


async def test_what_an_officer_of_a_real_body_wants_of_the_site_stays(site, owner):
    real = await makers.statement(site)
    row = await demo.load(site, actor=ACTOR)
    key = await owner.fetchval("select address_key from endorsements where address_key is not null limit 1")
    await rows.accepted(owner, real, address_key=key)
    await owner.execute(
        "insert into suppressions (id, address_key, scope) values (uuidv7(), $1, 'bulk'), (uuidv7(), $2, 'bulk')",
        key,
        await owner.fetchval("select address_key from submissions where statement_id = $1 limit 1", row.id),
    )
    await demo.remove(site)
    assert await owner.fetchval("select array_agg(address_key) from suppressions") == [key]
