"""The demonstration: real actions, visibly examples, and gone without a trace."""

from __future__ import annotations

import asyncio
import re

import pytest

from petitions import demo
from petitions.errors import Refused
from petitions.work import work_once
from tests import makers
from tests.conftest import browser
from tests.mail.conftest import sending_to

ACTOR = makers.ACTOR


async def sizes(owner):
    tables = await owner.fetch(
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition"
    )
    return {
        row["relname"]: await owner.fetchval(f'select count(*) from "{row["relname"]}"') for row in tables
    }


async def test_it_can_be_read_signed_and_counted(site, client, owner):
    row = await demo.load(site, actor=ACTOR)
    assert row.demonstration
    page = await client.get(f"/{row.slug}")
    assert page.status_code == 200
    words = makers.visible(page.text)
    assert "A demonstration" in words
    assert f"{len(demo.people())}" in words
    assert "Example" in words
    numbers = await owner.fetch("select number from signatures order by number")
    assert [one["number"] for one in numbers] == list(range(1, len(demo.people()) + 1))
    assert (await client.get(f"/campaigns/{row.campaign_slug}")).status_code == 200


async def test_everybody_and_everything_is_an_example():
    people = demo.people()
    assert 35 <= len(people) <= 50
    assert len({one["name"] for one in people}) == len(people)
    addresses = re.findall(r"[\w.]+@[\w.]+", f"{demo.CAMPAIGN} {people}")
    assert all(address.endswith("@example.org") for address in addresses)


async def test_no_letter_of_it_is_ever_sent(site, postbox, owner):
    await demo.load(site, actor=ACTOR)
    assert await owner.fetchval("select count(*) from outbox") == 0
    assert await postbox.settle() == []


async def test_twice_is_once(site, owner):
    first = await demo.load(site, actor=ACTOR)
    before = await sizes(owner)
    assert (await demo.load(site, actor=ACTOR)).id == first.id
    assert await sizes(owner) == before


async def test_two_at_once_are_one(site, owner):
    rows = await asyncio.gather(demo.load(site, actor=ACTOR), demo.load(site, actor=ACTOR))
    assert rows[0].id == rows[1].id
    assert await owner.fetchval("select count(*) from campaigns") == 1


async def test_removing_leaves_no_row_in_any_table(site, client, postbox, owner, counting):
    campaign = await makers.campaign(site)
    real = await makers.statement(site, campaign)
    await makers.confirmed(client, postbox, real)
    before = await sizes(owner)
    row = await demo.load(site, actor=ACTOR)
    assert await sizes(owner) != before
    assert await demo.remove(site) == 1
    assert await sizes(owner) == before
    assert (await client.get(f"/{row.slug}")).status_code == 404
    assert (await client.get(f"/{real.slug}")).status_code == 200
    assert await demo.remove(site) == 0


async def test_what_a_visitor_did_with_it_goes_as_well(site, client, postbox, owner):
    before = await sizes(owner)
    row = await demo.load(site, actor=ACTOR)
    await makers.confirmed(client, postbox, row, name="Visitor Example", email="visitor@example.org")
    await demo.remove(site)
    after = await sizes(owner)
    left = {name: count - before[name] for name, count in after.items() if count != before[name]}
    assert set(left) <= {"throttle", "jobs"}


async def test_its_kept_letters_and_what_only_its_visitors_wanted_go_as_well(settings, owner):
    async with sending_to(settings, "") as site, browser(site) as client:
        real = await makers.statement(site)
        await makers.sign(client, real, name="Ada Example", email="ada@example.org")
        await work_once(site)
        await makers.suppressed(site, real, "ada@example.org", "bulk")
        before = await sizes(owner)
        row = await demo.load(site, actor=ACTOR)
        for email in ("ada@example.org", "visitor@example.org"):
            await makers.sign(client, row, name="Visitor Example", email=email)
            await work_once(site)
            await client.post("/my", data={"email": email})
            await work_once(site)
        await makers.suppressed(site, row, "visitor@example.org", "forms")
        await makers.suppressed(site, row, "visitor@example.org", "bulk")
        assert await owner.fetchval("select count(*) from kept_letters") == before["kept_letters"] + 4
        await demo.remove(site)
    after = await sizes(owner)
    assert after["suppressions"] == before["suppressions"] == 1
    assert after["kept_letters"] == before["kept_letters"] == 1
    assert await owner.fetchval("select count(*) from kept_letters where to_address like 'visitor@%'") == 0


async def test_a_real_campaign_keeps_its_slug(site):
    await makers.campaign(site, slug=demo.CAMPAIGN["slug"])
    with pytest.raises(Refused, match="is taken"):
        await demo.load(site, actor=ACTOR)


async def test_it_comes_back_after_it_was_removed(site):
    first = await demo.load(site, actor=ACTOR)
    await demo.remove(site)
    assert (await demo.load(site, actor=ACTOR)).id != first.id
