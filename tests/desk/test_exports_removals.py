"""What happened since a list was taken: by numbers, never names, and without a gap between the list and its mending."""

from __future__ import annotations

import csv
import io
import json

from petitions import jobs, work
from petitions.addresses import address_key
from petitions.ids import new_id
from petitions.my import actions as my
from tests import makers
from tests.desk.people import sit
from tests.desk.test_exports import CSV, a_statement, desk, exports, lines, place, put
from tests.endorsements import rows as bodies
from tests.export.test_export import signed

EVENT = (
    "insert into signature_events (statement_id, id, signature_id, act, fields)"
    " select $1, $2, id, $4, $5 from signatures where statement_id = $1 and number = $3"
)
MOVE = "update signatures set {} where statement_id = $1 and number = $2"


async def happens(connection, statement, number, act, change="", fields=()):
    """Something happens to a signature: its event, and how its row changes."""
    await connection.execute(EVENT, statement.id, new_id(), number, act, list(fields))
    if change:
        await connection.execute(MOVE.format(change), statement.id, number)


async def long_ago(owner):
    """Everything until now happened well before what comes."""
    await owner.execute(
        "alter table signature_events disable trigger user; "
        "update signature_events set happened_at = happened_at - interval '1 day'; "
        "alter table signature_events enable trigger user"
    )


async def take(client, statement, list_="/signatories", **over):
    answer = await client.post(place(statement, list_), data={**CSV, "state": "accepted", **over})
    assert answer.status_code == 200
    return lines(answer)


async def removals(client, owner, statement, **data):
    """Of the newest list that can be mended."""
    (row,) = [one for one in await exports(owner) if one["list"] != "removals"][-1:]
    path = place(statement, f"/{row['id']}/removals")
    page = makers.visible((await client.get(path)).text)
    answer = await client.post(path, data={"format": "csv", **data})
    assert answer.status_code == 200
    found = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert f"{len(found)} line" in page
    return found


def said(found):
    return [(int(one["number"]), one["what"], one["fields"]) for one in found]


async def test_each_thing_that_can_happen_is_said_by_number_and_never_by_name(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, *[{"mail_consent": True, "display": "name"}] * 11)
    async with await desk(site, statement) as client:
        await take(client, statement)
        gone = "name = null, email = null, answers = null, address_key = null, erased_at = now(), state = 'withdrawn'"
        await happens(owner, statement, 1, "erased", gone)
        await happens(owner, statement, 2, "withdrew", "state = 'withdrawn', withdrawn_at = now()")
        await happens(owner, statement, 3, "held", "state = 'held'")
        await happens(owner, statement, 4, "invalidated", "state = 'invalidated'")
        await happens(owner, statement, 5, "unlisted", "unlisted = true")
        await happens(owner, statement, 6, "changed", "display = 'hidden'", ["display"])
        await happens(owner, statement, 7, "changed", "mail_consent = false", ["mail_consent"])
        await happens(owner, statement, 8, "changed", "name = 'Another'", ["name", "town"])
        await makers.suppressed(site, statement, "p9@example.org", "campaign")
        await owner.execute(
            "update signatures set address_key = $1 where number = 9",
            address_key(site.settings.address_key, "p9@example.org"),
        )
        await happens(owner, statement, 10, "withdrew")
        await happens(owner, statement, 10, "restored")
        found = await removals(client, owner, statement)
    assert said(found) == [
        (1, "erased", ""),
        (2, "withdrawn", ""),
        (3, "held", ""),
        (4, "invalidated", ""),
        (5, "unlisted", ""),
        (6, "name hidden", ""),
        (7, "letters refused", ""),
        (8, "corrected", "name town"),
        (9, "letters refused", ""),
    ]
    assert "Person" not in str(found)
    assert "Another" not in str(found)
    *_, last = await exports(owner)
    assert (last["list"], last["rows"], last["state"]) == ("removals", 9, "finished")


async def test_by_way_of_the_actions_of_those_who_signed(site, owner, counting):
    statement = await a_statement(site)
    keys = [await signed(site, counting, statement, number) for number in (1, 2, 3)]
    async with await desk(site, statement) as client:
        assert len(await take(client, statement)) == 3
        for number, act in ((1, my.withdraw), (2, my.erase)):
            address = address_key(site.settings.address_key, f"p{number}@example.org")
            await act(site, address, (keys[number - 1].statement_id, keys[number - 1].id))
        assert said(await removals(client, owner, statement)) == [(1, "withdrawn", ""), (2, "erased", "")]
        assert [line["number"] for line in await take(client, statement)] == ["3"]


async def test_who_withdraws_while_the_list_is_taken_is_in_one_or_the_other(site, owner):
    """The withdrawal has begun before the list and is seen after it."""
    statement = await a_statement(site)
    await put(owner, statement, {}, {})
    async with await desk(site, statement) as client:
        transaction = owner.transaction()
        await transaction.start()
        await happens(owner, statement, 2, "withdrew", "state = 'withdrawn', withdrawn_at = now()")
        taken = await take(client, statement)
        await transaction.commit()
        assert [line["number"] for line in taken] == ["1", "2"]
        assert said(await removals(client, owner, statement)) == [(2, "withdrawn", "")]


async def test_what_happened_long_before_or_to_later_numbers_is_left_out(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {}, {}, {})
    await happens(owner, statement, 1, "withdrew", "state = 'withdrawn'")
    await long_ago(owner)
    async with await desk(site, statement) as client:
        await owner.execute("update tallies set last_number = 2")
        await take(client, statement)
        await happens(owner, statement, 3, "withdrew", "state = 'withdrawn'")
        assert await removals(client, owner, statement) == []


async def test_a_list_that_was_broken_off_can_be_mended_too(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {})
    async with await desk(site, statement) as client:
        await take(client, statement)
        await owner.execute("update exports set state = 'broken off', last_number = null")
        await happens(owner, statement, 1, "held", "state = 'held'")
        assert said(await removals(client, owner, statement)) == [(1, "held", "")]


async def test_bodies_are_named_as_the_list_names_them_and_officers_never(site, owner):
    statement = await a_statement(site)
    union = await bodies.organisation(owner, statement, "Example Union", kind="national union")
    first = await bodies.accepted(owner, statement, "A Branch", parent=union, code="7")
    await bodies.accepted(owner, statement, "B Branch")
    async with await desk(site, statement) as client:
        await take(client, statement, "/endorsements")
        await bodies.withdrawn(owner, first)
        await owner.execute(
            "insert into endorsement_events (statement_id, id, endorsement_id, act) values ($1, $2, $3, 'withdrawn')",
            statement.id,
            new_id(),
            first["id"],
        )
        (found,) = await removals(client, owner, statement)
    assert (found["name"], found["code"], found["parent"], found["what"]) == (
        "A Branch",
        "7",
        "Example Union",
        "withdrawn",
    )
    assert "Olive" not in str(found)


async def test_they_come_as_json_lines_too_and_in_no_other_format(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {})
    async with await desk(site, statement) as client:
        await take(client, statement)
        await happens(owner, statement, 1, "held", "state = 'held'")
        (row,) = await exports(owner)
        path = place(statement, f"/{row['id']}/removals")
        found = json.loads((await client.post(path, data={"format": "jsonl"})).text)
        assert (found["number"], found["what"]) == (1, "held")
        assert (await client.post(path, data={"format": "xlsx"})).status_code == 400


async def test_they_want_an_organiser_and_a_fresh_second_factor(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {})
    async with await desk(site, statement) as client:
        await take(client, statement)
        (row,) = await exports(owner)
        path = place(statement, f"/{row['id']}/removals")
        await owner.execute("update sessions set second_at = now() - interval '11 minutes'")
        assert (await client.get(path)).status_code == 200
        assert (await client.post(path, data={"format": "csv"})).status_code == 403
    campaign = await site.store.campaigns.find(slug=statement.campaign_slug)
    async with await sit(site, campaign, "moderator") as client:
        assert (await client.get(path)).status_code == 403
        assert (await client.post(path, data={"format": "csv"})).status_code == 403


async def test_whom_retention_erased_is_in_it_though_it_notes_nobody(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {}, {})
    async with await desk(site, statement) as client:
        await take(client, statement)
        await makers.close(site, statement)
        await owner.execute("update statements set closed_at = closed_at - interval '7 months'")
        await jobs.run_due(site, {"anonymise": work.JOBS["anonymise"]})
        assert said(await removals(client, owner, statement)) == [(1, "erased", ""), (2, "erased", "")]


async def test_a_comment_of_a_hand_over_that_may_not_be_shown_any_more_is_in_it(site, owner):
    statement = await a_statement(site, addressed_to="The Minister", handover=["name", "comment"])
    words = {"answers": {"comment": "Words of mine"}, "display": "name", "display_comment": True}
    await put(owner, statement, *[words] * 3)
    await owner.execute(
        "insert into comments (statement_id, id, state, digest)"
        " select statement_id, id, 'approved', comment_digest(answers) from signatures"
    )
    async with await desk(site, statement) as client:
        await take(client, statement)
        await owner.execute(
            "insert into exports (statement_id, id, actor, list, format, fields)"
            " values ($1, $2, 'x', 'handover', 'pdf', '{name,comment}')",
            statement.id,
            new_id(),
        )
        await owner.execute(
            "update comments set state = 'declined', judged_at = now()"
            " where id = (select id from signatures where number = 1)"
        )
        await happens(owner, statement, 2, "changed", "display_comment = false", ["display_comment"])
        assert said(await removals(client, owner, statement)) == [
            (1, "comment hidden", ""),
            (2, "comment hidden", ""),
        ]
        (first, *_) = await exports(owner)
        path = place(statement, f"/{first['id']}/removals")
        assert "0 lines to apply" in makers.visible((await client.get(path)).text)
