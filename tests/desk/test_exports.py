"""Lists taken at the desk: by whom, how fresh, which columns and rows, in which kinds of file, noted how."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import random
import re
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect

from petitions.app import create_app
from petitions.ids import new_id
from petitions.organisers.exporting import CROWDED, MOST, Taken
from petitions.organisers.roles import ROLES
from petitions.signatures import export
from petitions.web.download import download
from tests import makers
from tests.desk.people import organiser, seated, sit
from tests.endorsements import rows as bodies

FIELDS = ["town", "comment", "postcode"]
EVERY = {
    f"take_{name}": "yes" for name in ("name", "email", *FIELDS, "confirmed_at", "version", "mail", "source")
}
CSV = {"chosen": "yes", "format": "csv", **EVERY, "take_display": "yes"}
DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def place(statement, rest="/signatories"):
    return f"/organise/{statement.campaign_slug}/{statement.slug}/exports{rest}"


def lines(answer):
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


async def put(owner, statement, *people):
    """Counted signatures, numbered from 1; each a dict of columns."""
    for number, given_ in enumerate(people, 1):
        facts = {
            "name": f"Person {number}",
            "email": f"p{number}@example.org",
            "address_key": b"%016d" % number,
            "confirmed_at": DAY + timedelta(days=number),
            "answers": {},
            **given_,
        }
        facts["answers"] = json.dumps(facts["answers"])
        names = ", ".join(facts)
        places = ", ".join(f"${n}" for n in range(4, 4 + len(facts)))
        await owner.execute(
            f"insert into signatures (statement_id, id, number, state, version, {names})"
            f" values ($1, $2, $3, 'confirmed', 1, {places})",
            statement.id,
            new_id(),
            number,
            *facts.values(),
        )
    await owner.execute(
        "insert into tallies (statement_id, last_number) values ($1, $2) on conflict (statement_id) do update"
        " set last_number = excluded.last_number",
        statement.id,
        len(people),
    )


async def a_statement(site, **over):
    return await makers.statement(site, **{"fields": FIELDS, **over})


async def exports(owner):
    return [dict(row) for row in await owner.fetch("select * from exports order by started_at, id")]


async def test_owners_and_organisers_alone_see_what_can_be_taken(site):
    statement = await a_statement(site)
    campaign = await site.store.campaigns.find(slug=statement.campaign_slug)
    for role in ROLES:
        async with await sit(site, campaign, role) as client:
            wanted = 200 if role in ("owner", "organiser") else 403
            assert (await client.get(place(statement, ""))).status_code == wanted
            assert (await client.get(place(statement), params=CSV)).status_code == wanted
            assert (await client.post(place(statement), data=CSV)).status_code == wanted


async def test_a_list_wants_a_second_factor_of_the_last_ten_minutes(site, owner):
    statement = await a_statement(site)
    async with await desk(site, statement) as client:
        await owner.execute("update sessions set second_at = now() - interval '11 minutes'")
        assert (await client.get(place(statement, ""))).status_code == 200
        answer = await client.get(place(statement), params=CSV)
        assert answer.status_code == 303
        assert "/organise/me/second?next=" in answer.headers["location"]
        assert (await client.post(place(statement), data=CSV)).status_code == 403
    assert await exports(owner) == []


async def desk(site, statement, role="organiser"):
    campaign = await site.store.campaigns.find(slug=statement.campaign_slug)
    return await sit(site, campaign, role)


async def test_the_number_is_shown_first_and_is_what_the_list_then_has(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {"mail_consent": True}, {}, {})
    async with await desk(site, statement) as client:
        page = makers.visible((await client.get(place(statement), params=CSV)).text)
        assert "3 rows would be in the list" in page
        assert "1 of them has an e-mail address: who agreed to letters" in page
        assert await exports(owner) == []
        answer = await client.post(place(statement), data=CSV)
    assert [line["email"] for line in lines(answer)] == ["p1@example.org", "", ""]
    assert answer.headers["cache-control"] == "no-store"
    day = datetime.now(UTC).date()
    assert answer.headers["content-disposition"] in {
        f'attachment; filename="{statement.slug}-signatories-{one}.csv"' for one in (day, day - timedelta(1))
    }


async def test_what_is_taken_has_a_row_and_stands_in_the_audit(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {}, {})
    chosen = {**CSV, "since": "2026-03-03", "display": "hidden"}
    async with await desk(site, statement) as client:
        await client.post(place(statement), data=chosen)
        page = makers.visible((await client.get(place(statement, ""))).text)
    (row,) = await exports(owner)
    assert (row["state"], row["rows"], row["list"], row["last_number"]) == ("finished", 1, "signatories", 2)
    assert json.loads(row["filters"]) == {"since": "2026-03-03T00:00:00+00:00", "display": "hidden"}
    assert row["actor"].startswith("organiser:")
    assert "Orla Example taken 1" in page
    noted = await owner.fetch(
        "select act, details from audit where act like 'export%' order by happened_at, id"
    )
    assert [line["act"] for line in noted] == ["export start", "export finish"]
    assert json.loads(noted[0]["details"])["filters"] == json.loads(row["filters"])
    assert "Person" not in str(noted)


async def test_a_field_that_is_not_in_the_set_can_not_be_asked_for(site, owner):
    statement = await a_statement(site, export=["name"])
    await put(owner, statement, {"mail_consent": True, "answers": {"town": "Exampleton"}})
    more = {"take_address_key": "yes", "take_id": "yes", "columns": "email", "fields": "email"}
    async with await desk(site, statement) as client:
        answer = await client.post(place(statement), data={**CSV, **more})
        page = (await client.get(place(statement, ""))).text
    assert set(lines(answer)[0]) == {"number", "name", "confirmed_at", "version", "display", "mail", "source"}
    assert "take_email" not in page
    assert b"p1@example.org" not in answer.content


async def test_columns_can_be_left_out_but_not_the_number(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {})
    async with await desk(site, statement) as client:
        answer = await client.post(
            place(statement), data={"chosen": "yes", "format": "csv", "take_town": "yes"}
        )
        assert answer.text.splitlines()[0] == "number,town"
        assert (await client.post(place(statement), data={"format": "csv"})).status_code == 404


async def test_each_kind_of_file_comes_as_what_it_is(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {"name": "=1+1", "source": "@leaflet"})
    async with await desk(site, statement) as client:
        found = {
            kind: await client.post(place(statement), data={**CSV, "format": kind, "bom": "yes"})
            for kind in ("csv", "jsonl", "xlsx")
        }
    assert found["csv"].content.startswith(b"\xef\xbb\xbfnumber,")
    line = csv.DictReader(io.StringIO(found["csv"].content.decode("utf-8-sig"), newline=""))
    assert [(one["name"], one["source"]) for one in line] == [("'=1+1", "'@leaflet")]
    assert json.loads(found["jsonl"].text)["name"] == "=1+1"
    sheet = openpyxl.load_workbook(io.BytesIO(found["xlsx"].content)).active
    assert sheet["B2"].value == "=1+1"
    assert sheet["B2"].data_type == "s"
    assert "spreadsheetml" in found["xlsx"].headers["content-type"]


SOURCES, TOWNS = ("", "leaflet", "site:example.org"), ("", "EX1 1EX", "SW1A 1AA", "sw2")


async def test_filters_find_whom_a_slow_look_at_each_finds(site, owner):
    statement, chance = await a_statement(site), random.Random(7)
    people = [
        {
            "confirmed_at": DAY + timedelta(hours=chance.randrange(0, 240)),
            "source": chance.choice(SOURCES) or None,
            "answers": {"postcode": chance.choice(TOWNS)},
            "display": chance.choice(("name", "hidden")),
            "mail_consent": chance.random() < 0.5,
        }
        for _ in range(60)
    ]
    await put(owner, statement, *people)
    for what, counted in (("source", "list_sources"), ("area", "list_areas")):
        for value in ("", "leaflet", "site:example.org") if what == "source" else ("", "EX", "SW"):
            await owner.execute(
                f"insert into count_{what}s (statement_id, what, {what}, value) values ($1, 'people', $2, 5)",
                statement.id,
                value,
            )
        assert len(await getattr(site.store.exports, counted)(statement_id=statement.id)) == 3
    await makers.suppressed(site, statement, "p1@example.org", "campaign")
    async with await desk(site, statement) as client:
        for _ in range(12):
            asked = {
                "since": chance.choice(("", "2026-03-04")),
                "until": chance.choice(("", "2026-03-08")),
                "source": chance.choice(("", "(none)", *SOURCES[1:])),
                "area": chance.choice(("", "(none)", "EX", "SW")),
                "display": chance.choice(("", "name", "hidden")),
                "mail": chance.choice(("", "yes")),
            }
            answer = await client.post(place(statement), data={**CSV, **asked})
            found = [int(line["number"]) for line in lines(answer)]
            assert found == [n for n, one in enumerate(people, 1) if fits(one, asked)], asked
            page = makers.visible((await client.get(place(statement), params={**CSV, **asked})).text)
            assert re.search(rf"\b{len(found)} rows? would be", page)


def fits(one, asked):
    day = one["confirmed_at"].date().isoformat()
    area = re.match(r"[A-Z]*", one["answers"]["postcode"].upper())[0]
    return (
        (not asked["since"] or day >= asked["since"])
        and (not asked["until"] or day <= asked["until"])
        and asked["source"] in ("", one["source"] or "(none)")
        and asked["area"] in ("", area or "(none)")
        and asked["display"] in ("", one["display"])
        and (not asked["mail"] or one["mail_consent"])
    )


async def test_a_list_is_not_narrowed_by_an_area_that_its_set_must_not_tell(site, owner):
    statement = await a_statement(site, export=["name"])
    await put(owner, statement, {"answers": {"postcode": "EX1 1EX"}}, {})
    await owner.execute(
        "insert into count_areas (statement_id, what, area, value) values ($1, 'people', 'EX', 1)",
        statement.id,
    )
    async with await desk(site, statement) as client:
        assert "Postcode area" not in (await client.get(place(statement, ""))).text
        assert len(lines(await client.post(place(statement), data={**CSV, "area": "EX"}))) == 2


async def test_a_last_day_before_the_first_is_said_beside_it(site):
    statement = await a_statement(site)
    async with await desk(site, statement) as client:
        answer = await client.get(
            place(statement), params={**CSV, "since": "2026-03-04", "until": "2026-03-03"}
        )
    assert answer.status_code == 422
    assert "The last day is before the first." in makers.visible(answer.text)
    assert 'value="2026-03-04"' in answer.text


async def test_a_list_of_endorsements_is_narrowed_by_state_kind_and_parts(site, owner):
    statement = await a_statement(site)
    await bodies.accepted(owner, statement, "A Branch")
    await bodies.accepted(owner, statement, "B Council", kind="trades council")
    await bodies.confirmed(owner, statement, "C Waiting")
    chosen = {"chosen": "yes", "format": "csv", "state": "all", "take_standing": "yes"}
    async with await desk(site, statement) as client:
        answer = await client.post(place(statement, "/endorsements"), data=chosen)
        one = await client.post(
            place(statement, "/endorsements"), data={**chosen, "kind": "trades council", "state": "accepted"}
        )
        page = makers.visible((await client.get(place(statement, "/endorsements"), params=chosen)).text)
    assert [line["name"] for line in lines(answer)] == ["A Branch", "B Council", "C Waiting"]
    assert set(lines(answer)[0]) == {
        *("name", "kind", "parent", "code", "path"),
        *("wording", "level", "state", "version"),
    }
    assert [line["name"] for line in lines(one)] == ["B Council"]
    assert "3 rows would be in the list" in page


async def test_another_campaigns_statement_and_lists_are_not_there(site, owner):
    mine, other = await a_statement(site), await a_statement(site)
    await put(owner, other, {})
    async with await desk(site, other) as client:
        await client.post(place(other), data=CSV)
    (row,) = await exports(owner)
    async with await desk(site, mine, "owner") as client:
        assert (await client.post(place(other), data=CSV)).status_code == 404
        mixed = place(mine).replace(mine.slug, other.slug)
        assert (await client.post(mixed, data=CSV)).status_code == 404
        for rest in (f"/{row['id']}/removals", f"/{makers.nobody()}/removals", "/removals", "/nothing"):
            assert (await client.get(place(mine, rest))).status_code == 404
            assert (await client.post(place(mine, rest), data={**CSV})).status_code == 404


async def test_only_so_many_are_made_at_once_and_those_whose_process_is_gone_do_not_count(site, owner):
    statement = await a_statement(site)
    begin = (
        "insert into exports (statement_id, id, actor, list, format, fields, seen_at)"
        " values ($1, $2, 'x', 'signatories', 'csv', '{}', now() - $3::text::interval)"
    )
    async with await desk(site, statement) as client:
        for _ in range(MOST):
            await owner.execute(begin, statement.id, new_id(), "5 seconds")
        answer = await client.post(place(statement), data=CSV)
        assert answer.status_code == 409
        assert CROWDED % {"most": MOST} in makers.visible(answer.text)
        await owner.execute("update exports set seen_at = now() - interval '2 minutes'")
        assert (await client.post(place(statement), data=CSV)).status_code == 200
        page = makers.visible((await client.get(place(statement, ""))).text)
    assert page.count("broken off") == MOST


async def many(owner, statement, count):
    await owner.execute(
        """insert into signatures (statement_id, id, state, version, number, confirmed_at, name, answers)
           select $1, uuidv7(), 'confirmed', 1, n, now(), 'Person ' || n,
                  jsonb_build_object('comment', repeat('An example. ', 20))
           from generate_series(1, $2::integer) as n""",
        statement.id,
        count,
    )


async def ask(site, statement, *, leaves_after=None, blocks=False, during=None):
    """The POST as a server would hand it over, by somebody who leaves after so many pieces. What was sent."""
    campaign = await site.store.campaigns.find(slug=statement.campaign_slug)
    client = await seated(site, await organiser(site, campaign, "organiser"))
    request = client.build_request("POST", place(statement), data=CSV)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": place(statement),
        "raw_path": place(statement).encode(),
        "query_string": b"",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 50000),
        "server": ("localhost", 8000),
        "state": {},
    }
    sent, gone, read = [], asyncio.Event(), False

    async def receive():
        nonlocal read
        if not read:
            read = True
            return {"type": "http.request", "body": request.content, "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)
        if during is not None and len(sent) == 2:
            await during()
        if leaves_after is not None and len(sent) > leaves_after:
            gone.set()
            await asyncio.sleep(3600)  # nothing more goes over this line

    try:
        await asyncio.wait_for(create_app(site)(scope, receive, send), 20)
    finally:
        await client.aclose()
    return sent


async def test_who_leaves_in_the_midst_is_noted_and_nothing_stays_open(site, owner):
    statement = await a_statement(site)
    await many(owner, statement, 30_000)
    sent = await ask(site, statement, leaves_after=3)
    assert sent[0]["status"] == 200
    assert sent[-1]["more_body"]
    (row,) = await exports(owner)
    assert (row["state"], row["ended_at"] is None) == ("broken off", False)
    assert 0 < row["bytes"] < 9_000_000
    busy = "select count(*) from pg_stat_activity where query ilike 'copy%' and state <> 'idle'"
    async with site.store.held() as connection:
        assert await connection.fetchval(f"{busy} and datname = current_database()") == 0


async def test_a_database_that_goes_away_in_the_midst_cuts_the_connection(site, owner):
    """A list without its end would else pass for a whole one."""
    statement = await a_statement(site)
    await many(owner, statement, 30_000)

    async def kill():
        async with site.store.held() as connection:  # only one's own role is told what runs
            found = await connection.fetch(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where query ilike 'copy%' and datname = current_database()"
            )
            assert len(found) == 1

    with pytest.raises(Exception, match=r"reach our records|connection"):
        await ask(site, statement, during=kill)
    (row,) = await exports(owner)
    assert row["state"] == "broken off"


async def test_a_reader_who_takes_nothing_is_let_go():
    async def chunks():
        for _ in range(5):
            yield b"x"

    closed = chunks()
    response = await download(closed, filename="a.csv", type="text/csv", stall=0.02)
    sent = []

    async def send(message):
        sent.append(message)
        if len(sent) > 2:
            await asyncio.sleep(3600)

    async def receive():
        await asyncio.sleep(3600)

    with pytest.raises(ClientDisconnect):
        await asyncio.wait_for(response({"type": "http", "state": {}}, receive, send), 5)
    assert len(sent) == 3
    assert [one async for one in closed] == []


async def test_how_far_a_list_is_can_be_seen_while_it_is_made(site, owner):
    """Lists beat every other second; what they say stands on the page."""
    statement = await a_statement(site)
    await put(owner, statement, *[{}] * 3)
    taken = Taken()
    async with aclosing(export.signatories(site, statement, taken, actor="cli:example")) as chunks:
        await anext(chunks)
        await site.store.exports.beat(
            statement_id=statement.id, id=taken.id, rows=taken.so_far, bytes=taken.bytes
        )
        async with await desk(site, statement) as client:
            page = makers.visible((await client.get(place(statement, ""))).text)
    assert "being made ≈ 3" in page


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(
    max_examples=25, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    query=st.lists(
        st.tuples(st.sampled_from([*CSV, "until", "since", "mail", "area", "state", "kind", "bom"]), words),
        max_size=8,
    ),
    list_=st.sampled_from(["signatories", "endorsements", "handover", "x"]),
)
async def test_whatever_is_asked_for_is_answered_and_never_an_error_of_ours(site, query, list_):
    statement = await a_statement(site, slug=f"asked-{new_id()}")
    async with await desk(site, statement) as client:
        path = place(statement, f"/{list_}")
        assert (await client.get(f"{path}?{urlencode(query)}")).status_code in (200, 400, 404, 414, 422)
        answer = await client.post(path, content=urlencode(query), headers=FORM)
        assert answer.status_code in (200, 400, 404, 409)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
