"""A rule takes signatures out of the count: seen before, told, visible to everybody, undone."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from petitions.errors import Refused
from petitions.jobs import run_due
from petitions.signatures import holding, invalidating
from petitions.work import JOBS
from tests import makers
from tests.conftest import browser
from tests.desk.people import sit

MANY = """
with made as (
    insert into signatures (statement_id, id, version, state, confirmed_at, address_key, name, email, source)
    select $1, ('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, 'confirmed',
           timestamptz '2026-05-03 12:00+00' + n * interval '1 minute', substring(sha256(n::text::bytea) for 16),
           case when n % 2 = 0 then 'Zoë' else 'Bo' end || ' Example ' || n,
           'a' || n || '@' || case when n % 3 = 0 then 'mail.example.com' else 'example.org' end,
           case when n % 5 = 0 then 'flyer' end
    from generate_series(1, $2::integer) n returning *
), origins as (
    insert into attempt_origins (statement_id, id, ip) select statement_id, id,
        case when right(name, 1) = '7' then '192.0.2.9' else '198.51.100.1' end::inet from made)
insert into tally_queue (statement_id, what, delta, version, subject_id, source, cause)
select statement_id, 'people', 1, version, id, source, 'confirm' from made"""


async def many(site, owner, counting, rows=30, **over):
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign, fields=[{"name": "town"}], **over)
    await owner.execute(MANY, statement.id, rows)
    await counting()
    return campaign, statement


def at(statement, campaign, rest=""):
    return f"/organise/{campaign.slug}/{statement.slug}/invalidations{rest}"


async def agrees(site, statement, people):
    row = await site.store.tally.recount(statement_id=statement.id, what="people")
    assert row.counted == row.found == row.tallied == row.hours == row.areas == row.sources == people


RULES = [
    ({"domain": "MAIL.example.com"}, lambda n: n % 3 == 0),
    ({"domain": "example.com"}, lambda n: False),
    ({"name": "zoe"}, lambda n: n % 2 == 0),
    ({"name": "ple 2"}, lambda n: n == 2 or 20 <= n <= 29),
    ({"source": "flyer"}, lambda n: n % 5 == 0),
    ({"network": "192.0.2.0/24"}, lambda n: n % 10 == 7),
    ({"network": "192.0.2.9", "name": "bo"}, lambda n: n % 10 == 7),
    ({"from": "2026-05-03 12:10", "to": "2026-05-03T12:20"}, lambda n: 10 <= n < 20),
    ({"domain": "example.org", "name": "zoe", "source": "flyer"}, lambda n: n in (10, 20)),
    ({"name": "100%"}, lambda n: False),
]


async def test_each_kind_of_rule_is_about_the_right_ones_and_changes_nothing_before_it_is_carried_out(
    site, owner, counting
):
    campaign, statement = await many(site, owner, counting)
    async with await sit(site, campaign, "organiser") as client:
        for typed, about in RULES:
            page = await client.post(at(statement, campaign, "/preview"), data=typed)
            found = sum(about(n) for n in range(1, 31))
            said = makers.visible(page.text)
            assert re.search(rf"The rule is about {found} signatures?\b", said), typed
            assert f"the count would be {30 - found}." in said
            if 0 < found <= 20:
                assert page.text.count("@") >= found
    await agrees(site, statement, 30)
    assert await owner.fetchval("select count(*) from invalidations") == 0


async def test_taken_out_seen_by_everybody_told_and_put_back(
    site, owner, counting, stranger, client, postbox
):
    campaign, statement = await many(site, owner, counting)
    await makers.confirmed(client, postbox, statement, "Zoë Real", "zoe@example.org", consent_name="yes")
    held = await owner.fetchval("select id from signatures where name = 'Zoë Example 2'")
    await holding.hold(site, statement, held, actor=makers.ACTOR, reason="?")
    await postbox.settle()
    postbox.clear()
    async with await sit(site, campaign, "organiser") as desk:
        empty = await desk.post(at(statement, campaign), data={"name": "zoe", "reason": ""})
        assert empty.status_code == 422
        assert makers.hidden(empty.text)["name"] == "zoe"
        begun = await desk.post(at(statement, campaign), data={"name": "zoe", "reason": "A class of bots."})
        path = begun.headers["location"].partition("?")[0]
        assert "data-fresh" in (await desk.get(path)).text
        assert await invalidating.carry_out(site) == "16 signatures moved"
        assert "data-fresh" not in (await desk.get(path)).text
        await postbox.settle()
        await agrees(site, statement, 15)
        letter = postbox.to("zoe@example.org")[-1]
        assert "taken out of the count" in letter.subject
        assert "A class of bots." in letter.text
        page = makers.visible((await stranger.get(f"/{statement.slug}")).text)
        assert "15 signatures were taken out of the count: A class of bots." in page
        assert "Zoë Real" not in page
        again = await desk.post(at(statement, campaign), data={"name": "zoe", "reason": "Again."})
        assert again.status_code == 409
        assert "Again." in again.text
        await desk.post(f"{path}/undo")
        assert await invalidating.carry_out(site) == "16 signatures moved"
        await postbox.settle()
        twice = await desk.post(f"{path}/undo")
        assert twice.status_code == 409
    await agrees(site, statement, 30)
    assert await owner.fetchval("select state from signatures where id = $1", held) == "held"
    page = makers.visible((await stranger.get(f"/{statement.slug}")).text)
    assert "undone on" in page
    assert "Zoë Real" in page
    lines = await owner.fetch("select act, details from audit where act like 'invalidation %' order by id")
    assert [line["act"] for line in lines] == ["invalidation begin", "invalidation undo"]
    assert json.loads(lines[0]["details"]).items() >= {"kinds": ["name"], "found": 16}.items()
    assert "zoe" not in str(lines).lower()
    assert "bots" not in str(lines)


async def test_a_killed_worker_and_two_at_once_take_each_signature_once(site, owner, counting):
    _, statement = await many(site, owner, counting, rows=90)
    few = {"look": 10, "most": 7}
    rule = {"name": "zoe"}
    id = await invalidating.begin(site, statement, rule, "Bots.", actor=makers.ACTOR)
    first = asyncio.create_task(invalidating.carry_out(site, **few))
    await asyncio.sleep(0.03)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await asyncio.gather(invalidating.carry_out(site, **few), invalidating.carry_out(site, **few))
    await invalidating.carry_out(site, **few)
    await counting()
    await agrees(site, statement, 45)
    row = await site.store.invalidations.find(statement_id=statement.id, id=id)
    assert (row.state, row.found, row.done, row.counted) == ("done", 45, 45, 45)
    await invalidating.undo(site, statement, id, actor=makers.ACTOR)
    await asyncio.gather(invalidating.carry_out(site, **few), invalidating.carry_out(site, **few))
    await counting()
    await agrees(site, statement, 90)
    assert await owner.fetchval("select count(*) from invalidated") == 0
    for act in ("invalidated", "reinstated"):
        assert await owner.fetchval("select count(*) from signature_events where act = $1", act) == 45


async def test_who_withdrew_or_erased_meanwhile_stays_so(site, owner, counting):
    from petitions.my import actions as my

    _, statement = await many(site, owner, counting)
    keys = {
        row["name"]: (row["address_key"], (statement.id, row["id"]))
        for row in await owner.fetch("select id, name, address_key from signatures")
    }
    id = await invalidating.begin(site, statement, {"name": "zoe"}, "Bots.", actor=makers.ACTOR)
    await my.withdraw(site, *keys["Zoë Example 2"])
    await invalidating.carry_out(site)
    await my.erase(site, *keys["Zoë Example 4"])
    form = await makers.form(site, statement, "Zoë Anew", "a6@example.org")
    await my.erase(site, *keys["Zoë Example 6"])
    assert form.problems == []
    await invalidating.undo(site, statement, id, actor=makers.ACTOR)
    await invalidating.carry_out(site)
    await counting()
    states = dict(await owner.fetch("select state, count(*) from signatures group by 1"))
    assert states == {"confirmed": 27, "withdrawn": 3}
    await agrees(site, statement, 27)


async def test_the_job_carries_it_out(site, owner, counting):
    _, statement = await many(site, owner, counting)
    await invalidating.begin(site, statement, {"source": "flyer"}, "Doubles.", actor=makers.ACTOR)
    await run_due(site, {"invalidations": JOBS["invalidations"]})
    await counting()
    await agrees(site, statement, 24)


async def test_retention_forgets_what_a_rule_went_by_and_stops_what_runs(site, owner, counting):
    from petitions.signatures import actions

    _, statement = await many(site, owner, counting)
    done = await invalidating.begin(site, statement, {"name": "zoe"}, "Bots.", actor=makers.ACTOR)
    await invalidating.carry_out(site)
    await invalidating.begin(site, statement, {"source": "flyer"}, "Doubles.", actor=makers.ACTOR)
    await counting()
    await makers.close(site, statement)
    await owner.execute("update statements set closed_at = now() - interval '3 years'")
    await actions.anonymise(site)
    assert await invalidating.carry_out(site) == "0 signatures moved"
    rows = await owner.fetch("select rule::text, state, done from invalidations order by id")
    assert [tuple(row) for row in rows] == [("{}", "done", 15), ("{}", "done", 0)]
    with pytest.raises(Exception, match="can't be undone"):
        await invalidating.undo(site, statement, done, actor=makers.ACTOR)
    await agrees(site, statement, 15)


async def test_it_needs_a_fresh_second_factor_and_an_organiser_of_this_campaign(site, owner, counting):
    campaign, statement = await many(site, owner, counting)
    other, theirs = await many(site, owner, counting, rows=0)
    id = await invalidating.begin(site, statement, {"name": "zoe"}, "Bots.", actor=makers.ACTOR)
    form = {"name": "bo", "reason": "Bots."}
    async with await sit(site, campaign, "organiser", second=False) as client:
        assert (await client.post(at(statement, campaign), data=form)).status_code == 403
    async with await sit(site, campaign, "moderator") as client:
        assert (await client.get(at(statement, campaign))).status_code == 403
    async with await sit(site, other, "owner") as client:
        assert (await client.get(at(theirs, other, f"/{id}"))).status_code == 404
        assert (await client.post(at(theirs, other, f"/{id}/undo"))).status_code == 404
        assert (await client.get(at(statement, other, f"/{id}"))).status_code == 404
        page = await client.post(at(theirs, other, "/preview"), data={"name": "zoe"})
        assert "about 0 signatures" in makers.visible(page.text)
    assert await owner.fetchval("select count(*) from invalidations where state = 'running'") == 1


async def test_bad_conditions_are_said_beside_their_fields(site, owner, counting):
    campaign, statement = await many(site, owner, counting, rows=1)
    async with await sit(site, campaign, "owner") as client:
        for typed in (
            *({}, {"domain": "not a domain"}, {"network": "300.1.1.1"}, {"network": "0.0.0.0/0"}),
            *({"name": "x"}, {"name": "%%"}, {"from": "yesterday"}, {"from": "2026-02-30"}),
            {"from": "2026-05-03 12:00", "to": "2026-05-03 11:00"},
        ):
            page = await client.post(at(statement, campaign, "/preview"), data=typed or {"edit": ""})
            assert page.status_code == 422, typed
            assert 'id="problems"' in page.text
        assert (
            'value="yesterday"'
            in (await client.post(at(statement, campaign, "/preview"), data={"from": "yesterday"})).text
        )
    async with browser(site) as nobody:
        assert (await nobody.get(at(statement, campaign))).status_code == 303


async def test_the_tally_and_a_rule_that_meet_on_the_same_rows_both_come_through(site, owner, counting):
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign, fields=[{"name": "town"}])
    made, _, _ = MANY.rpartition("insert into tally_queue")
    backwards = f"""{made} insert into tally_queue (statement_id, what, delta, version, subject_id, source, cause)
        select statement_id, 'people', 1, version, id, source, 'confirm' from made order by id desc"""
    await owner.execute(backwards, statement.id, 3000)
    await invalidating.begin(site, statement, {"name": "zoe"}, "Bots.", actor=makers.ACTOR)
    await asyncio.gather(counting(), invalidating.carry_out(site))
    await counting()
    await agrees(site, statement, 1500)
    numbers = await owner.fetchrow("select count(distinct number), min(number), max(number) from signatures")
    assert tuple(numbers) == (3000, 1, 3000)


async def test_retention_and_a_rule_that_runs_wait_for_each_other(site, owner, counting):
    from petitions.signatures import actions

    _, statement = await many(site, owner, counting)
    await invalidating.begin(site, statement, {"name": "zoe"}, "Bots.", actor=makers.ACTOR)
    await makers.close(site, statement)
    await owner.execute("update statements set closed_at = now() - interval '3 years'")
    first, last = await owner.fetchrow("select min(id::text)::uuid, max(id::text)::uuid from signatures")
    async with site.store.transaction():
        assert await site.store.invalidations.take() is not None  # a batch has begun
        erasing = asyncio.create_task(actions.anonymise(site))
        while not await owner.fetchval("select count(*) from pg_locks where not granted"):
            assert not erasing.done()
            await asyncio.sleep(0.01)
        free = "select id from signatures where id in ($1, $2) for update nowait"
        assert len(await owner.fetch(free, first, last)) == 2
    await erasing
    assert await invalidating.carry_out(site) == "0 signatures moved"


async def test_no_rule_begins_once_the_personal_details_are_erased(site, owner, counting):
    """However old the look at the statement is: what it goes by may be a name."""
    _, statement = await many(site, owner, counting)
    await makers.close(site, statement)
    await owner.execute("update statements set anonymised_at = now()")
    with pytest.raises(Refused, match="nothing left"):
        await invalidating.begin(site, statement, {"name": "zoe"}, "Bots.", actor=makers.ACTOR)
    assert await owner.fetchval("select count(*) from invalidations") == 0


async def test_of_acts_that_undo_each_other_the_last_alone_is_told(site, owner, client, postbox):
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement, "Zoë Real", "zoe@example.org")
    id = await owner.fetchval("select id from signatures")
    postbox.clear()
    for reason in ("First.", "Second."):
        await holding.hold(site, statement, id, actor=makers.ACTOR, reason=reason)
        await holding.unlist(site, statement, id, actor=makers.ACTOR, reason="Off.")
        if reason == "First.":
            await holding.release(site, statement, id, actor=makers.ACTOR)
            await holding.list_again(site, statement, id, actor=makers.ACTOR)
    await postbox.settle()
    letters = sorted(postbox.to("zoe@example.org"), key=lambda letter: letter.subject)
    assert [letter.subject.partition(":")[0] for letter in letters] == [
        "Your name is off the list",
        "Your signature is held back",
    ]
    assert "Second." in letters[1].text
    postbox.clear()
    for reason in ("Third.", "Fourth."):
        rule = await invalidating.begin(site, statement, {"name": "zoe"}, reason, actor=makers.ACTOR)
        await invalidating.carry_out(site)
        if reason == "Third.":
            await invalidating.undo(site, statement, rule, actor=makers.ACTOR)
            await invalidating.carry_out(site)
    await postbox.settle()
    (letter,) = postbox.to("zoe@example.org")
    assert "taken out of the count" in letter.subject
    assert "Fourth." in letter.text
    spent = await owner.fetchval("select cardinality(taken) from letter_caps where purpose = 'organisers'")
    assert spent == 3


async def test_what_was_put_back_is_not_among_the_numbers_of_what_was_taken_out(site, owner, counting):
    campaign, statement = await many(site, owner, counting)
    rule = await invalidating.begin(site, statement, {"name": "zoe"}, "Bots.", actor=makers.ACTOR)
    page = f"/organise/{campaign.slug}/{statement.slug}/numbers"
    async with await sit(site, campaign, "reader") as client:
        await invalidating.carry_out(site)
        assert "15 taken out" in makers.visible((await client.get(page)).text)
        await invalidating.undo(site, statement, rule, actor=makers.ACTOR)
        await invalidating.carry_out(site)
        assert "0 taken out" in makers.visible((await client.get(page)).text)
