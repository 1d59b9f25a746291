"""Imports: what each row of a file does, what it says, and that nothing is public which nobody confirmed."""

from __future__ import annotations

import asyncio
import csv
import io
import json

import asyncpg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from petitions.endorsements import csvfile, importing, judging, review
from petitions.errors import PetitionsError, Refused
from petitions.organisations import actions as organisations
from tests import makers
from tests.conftest import path_of
from tests.endorsements import rows
from tests.endorsements.claims import accept, waiting

ACTOR = makers.ACTOR
HEADER = (
    "name",
    "kind",
    "parent",
    "region",
    "decided",
    "officer_name",
    "officer_role",
    "officer_email",
    "minutes_seen",
)
WHERE = {"source": "The campaign’s own list", "consent": "Each by e-mail"}
OFFICER = ("Olive Officer", "Secretary", "olive@example.org")
TABLES = (
    "endorsements",
    "endorsement_events",
    "organisations",
    "outbox",
    "audit",
    "tally_queue",
    "consents",
    "files",
)


def sheet(*lines, header=HEADER, mark=","):
    """A CSV file of these cells."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=mark).writerows([header, *lines])
    return file.getvalue().encode()


def branch(
    name="Exampleton Branch",
    *,
    parent="Example Union",
    region="",
    officer=OFFICER,
    seen="",
    kind="union branch",
):
    """The cells of a body."""
    return (name, kind, parent, region, "branch meeting", *officer, seen)


async def run(site, statement, data, *, given=WHERE, **options):
    """What each row did."""
    lines = csvfile.parse(io.BytesIO(data), judging.columns(statement), judging.REQUIRED)
    return await importing.run(site, statement, lines, actor=ACTOR, given=given, **options)


async def did(site, statement, *lines, **options):
    return [(one.row, one.did) for one in await run(site, statement, sheet(*lines), **options)]


async def test_a_row_stays_hidden_until_its_officer_confirms(site, owner, client, counting):
    statement = await makers.statement(site)
    (one,) = await run(site, statement, sheet(branch(region="North")))
    assert (one.row, one.did) == (2, "pending")
    assert one.text == (
        "new organisation Exampleton Branch in Example Union ▸ North; stays hidden until its officer confirms"
    )
    row = await owner.fetchrow("select * from endorsements")
    assert (row["state"], row["via"], row["confirmed_by"], row["version"]) == ("pending", "import", None, 1)
    assert (row["import_source"], row["import_consent"]) == (WHERE["source"], WHERE["consent"])
    assert (row["officer_name"], row["officer_email"], row["region"]) == (
        "Olive Officer",
        "olive@example.org",
        "North",
    )
    assert await owner.fetchval("select count(*) from organisations") == 0
    assert await counting() == 0
    assert "Exampleton Branch" not in (await client.get(f"/{statement.slug}/endorsements")).text


async def test_where_the_campaign_has_seen_the_minutes_it_is_public_at_once(site, owner, client, counting):
    statement = await makers.statement(site)
    (one,) = await run(site, statement, sheet(branch(region="North", seen="yes", officer=("", "", ""))))
    assert (one.did, one.columns) == ("accepted", ())
    row = await owner.fetchrow("select * from public_endorsements")
    assert (row["name"], row["parent"], row["level"]) == ("Exampleton Branch", "North", "minutes")
    row = await owner.fetchrow("select * from endorsements")
    assert (row["confirmed_by"], row["officer_email"], row["address_key"]) == ("import", None, None)
    acts = await owner.fetch("select act, actor from endorsement_events order by happened_at, id")
    assert [tuple(one) for one in acts] == [("confirmed", ACTOR), ("accepted", ACTOR)]
    assert await counting() == 1
    page = await client.get(f"/{statement.slug}/endorsements")
    assert "Exampleton Branch" in page.text


async def test_minutes_that_alone_made_it_public_stay_seen(site, owner):
    statement = await makers.statement(site)
    await run(site, statement, sheet(branch(seen="yes")))
    row = await owner.fetchrow("select * from endorsements")
    found = await review.find_for_organisers(site, str(row["id"]))
    with pytest.raises(Refused, match="is public by its minutes alone"):
        await review.change(site, found, actor=ACTOR, minutes_seen=False)
    with pytest.raises(asyncpg.CheckViolationError):
        await owner.execute("update endorsements set minutes_seen = false")


async def test_nobody_is_written_to_unless_asked_for_then_the_officer_confirms(
    site, owner, postbox, stranger
):
    statement = await makers.statement(site)
    await run(site, statement, sheet(branch(), branch("Seen Branch", seen="yes")))
    assert await owner.fetchval("select count(*) from outbox") == 0
    assert await postbox.settle() == []
    await run(site, statement, sheet(branch(), branch("Seen Branch", seen="yes")), mail=True)
    (letter,) = await postbox.settle()
    assert letter.to == "olive@example.org"
    await stranger.post(path_of(letter.link("/endorsements/confirm/")))
    row = await owner.fetchrow("select * from endorsements where name = 'Exampleton Branch'")
    assert (row["state"], row["confirmed_by"]) == ("confirmed", "button")
    assert await owner.fetchval("select array_agg(via) from consents") == ["import"]


async def test_the_same_file_again_does_nothing_and_writes_only_to_those_who_got_no_letter(
    site, owner, postbox
):
    statement = await makers.statement(site)
    file = sheet(
        branch(),
        branch("Seen Branch", seen="yes"),
        branch("Second", officer=("Sam", "Chair", "sam@example.org")),
    )
    await run(site, statement, file)
    before = await makers.snapshot(owner, "endorsements", "organisations", "endorsement_events")
    assert [one.did for one in await run(site, statement, file)] == ["known"] * 3
    assert await makers.snapshot(owner, "endorsements", "organisations", "endorsement_events") == before
    await run(site, statement, file, mail=True)
    await run(site, statement, file, mail=True)
    assert sorted(letter.to for letter in await postbox.settle()) == ["olive@example.org", "sam@example.org"]
    await run(site, statement, file, mail=True)
    assert await postbox.settle() == []


async def test_a_dry_run_says_the_same_as_a_real_one_and_writes_nothing(site, owner):
    statement = await makers.statement(site)
    await rows.accepted(owner, statement, "Standing Council", kind="trades council")
    file = sheet(
        branch(),
        branch("Seen Branch", seen="yes"),
        branch("the seen BRANCH", seen="yes"),
        branch("Standing council", kind="trades council", parent=""),
        branch("", seen="yes"),
    )
    before = await makers.snapshot(owner, *TABLES)
    dry = await run(site, statement, file, dry_run=True, mail=True)
    assert await makers.snapshot(owner, *TABLES) == before
    assert [one.did for one in dry] == ["pending", "accepted", "refused", "known", "refused"]
    assert await run(site, statement, file, mail=True) == dry


async def test_the_same_body_twice_in_a_file_is_told_and_once_done(site, owner):
    statement = await makers.statement(site)
    found = await run(site, statement, sheet(branch("Zoë’s Branch"), branch(), branch("The ZOES")))
    assert [one.did for one in found] == ["pending", "pending", "refused"]
    assert found[2].text == "the same body as row 2: nothing done"
    assert await owner.fetchval("select count(*) from endorsements") == 2


async def test_what_is_there_already_is_told_and_left_as_it_is(site, owner):
    statement = await makers.statement(site)
    union = await rows.organisation(owner, statement, "Example Union", kind="national union")
    await rows.accepted(owner, statement, "Exampleton", parent=union, accepted_at=rows.BEFORE)
    body = await rows.organisation(owner, statement, "Sampleton Docks", parent=union)
    await rows.confirmed(owner, statement, "Waiting", parent="Example Union")
    await rows.confirmed(owner, statement, "Of a form", parent="Example Union", state="pending")
    names = ("Exampleton Branch", "The Sampleton docks", "Waiting branch", "Of a form")
    file = sheet(*(branch(name, seen="yes" if "docks" in name else "") for name in names))
    stands, known, queued, unseen = await run(site, statement, file)
    assert stands.text.startswith("Exampleton Branch in Example Union already endorses (since 2026-03-01)")
    assert known.text.startswith("The Sampleton docks in Example Union, which is known; public")
    assert "waits in the review queue already" in queued.text
    assert [one.did for one in (stands, known, queued, unseen)] == ["known", "accepted", "known", "pending"]
    assert "new organisation" in unseen.text  # what a form claimed and nobody confirmed is not told
    bound = "select organisation_id from endorsements where via = 'import' and state = 'accepted'"
    assert await owner.fetchval(bound) == body["id"]
    assert await owner.fetchval("select count(*) from endorsements") == 5


async def test_a_body_with_nearly_the_name_of_another_is_for_a_human_to_decide(site, owner):
    statement = await makers.statement(site)
    union = await rows.organisation(owner, statement, "Example Union", kind="national union")
    await rows.accepted(owner, statement, "Exampleton North Health", parent=union)
    lines = branch("Exampleton North Heath", seen="yes"), branch("Sampleton Docks")
    first, second = await run(site, statement, sheet(*lines))
    assert (first.did, second.did) == ("refused", "pending")
    assert first.text.startswith("is like “Exampleton North Health in Example Union” (0.")
    file = sheet((*lines[0], "yes"), header=(*HEADER, "separate"))
    assert [one.did for one in await run(site, statement, file)] == ["accepted"]
    assert await owner.fetchval("select count(*) from public_endorsements") == 2


BAD = [
    ({"name": ""}, ("name",), "needed"),
    ({"kind": "Union"}, ("kind",), "“Union” is none of: national union, union region"),
    ({"decided": ""}, ("decided",), "needed"),
    ({"officer_email": ""}, ("officer_email",), "needed"),
    ({"officer_email": "olive"}, ("officer_email",), ""),
    ({"present": "10", "votes_for": "9", "votes_against": "2"}, ("present",), "More votes"),
    ({"present": "some"}, ("present",), "digits"),
    ({"met_on": "31/02/2026"}, ("met_on",), "no such day"),
    ({"met_on": "2190-01-01"}, ("met_on",), "still to come"),
    ({"met_on": "15/02/0206"}, ("met_on",), "Is the year 0206 right?"),
    ({"quorum": "perhaps"}, ("quorum",), "none of: yes, no"),
    ({"wants_speaker": "perhaps"}, ("wants_speaker",), "yes or no"),
    ({"minutes_seen": "perhaps"}, ("minutes_seen",), "yes or no"),
    ({"second_email": "sam@example.org"}, ("second_name",), "name too"),
    ({"source": " "}, ("source",), "where this row is from"),
    ({"consent": "\x07"}, ("consent",), "control character"),
    ({"consent": "x" * 501}, ("consent",), "too long"),
    ({"name": "", "kind": "Union"}, ("kind", "name"), "needed"),
]


async def test_a_bad_row_is_told_with_its_column_and_left_out(site, owner):
    statement = await makers.statement(site)
    good = dict(zip(HEADER, branch(), strict=True)) | WHERE
    header = dict.fromkeys([*good, *(name for over, _, _ in BAD for name in over)])
    lines = [{**good, **over} for over, _, _ in BAD] + [{**good, "name": "Good Council"}]
    file = sheet(*([line.get(name, "") for name in header] for line in lines), header=list(header))
    *bad, last = await run(site, statement, file, given={})
    for one, (number, (over, columns, said)) in zip(bad, enumerate(BAD, 2), strict=True):
        assert (one.row, one.did, tuple(sorted(one.columns))) == (number, "refused", columns), over
        assert said in one.text, over
    assert last.did == "pending"
    assert await owner.fetchval("select array_agg(name) from endorsements") == ["Good Council"]


async def test_bodies_within_each_other_are_refused_and_nobody_else(site):
    statement = await makers.statement(site)
    found = await run(
        site,
        statement,
        sheet(
            branch("Alpha", parent="Beta"),
            branch("Beta", parent="Alpha"),
            branch("Gamma", parent="", region="Omega"),
            branch("Omega", parent="Gamma"),
            branch("Below", parent="Alpha"),
            branch("Scotland", parent="Example Union", region="Scotland"),
            branch("Example Union", parent="The Example Union"),
            branch("Delta", parent="Example Union"),
        ),
    )
    assert [one.did for one in found] == ["refused"] * 4 + ["pending"] * 4
    assert "“Beta” would stand above itself" in found[0].text


async def test_two_imports_at_once_do_each_row_once_and_neither_fails(site, owner):
    statement = await makers.statement(site)
    names = ("Alpha", "Bridgeford", "Coalville", "Dunmow", "Everton", "Fenwick", "Garstang", "Hexham")
    lines = [branch(name, seen="yes" if name > "D" else "") for name in names]
    done = await asyncio.gather(
        run(site, statement, sheet(*lines)), run(site, statement, sheet(*lines[::-1]))
    )
    did = sorted(sorted({one.did for one in outcomes}) for outcomes in done)
    assert did == [["accepted", "pending"], ["known"]]
    assert await owner.fetchval("select count(*) from endorsements") == 8


async def test_who_accepts_during_an_import_waits_and_is_told_why_where_that_is_long(site, owner):
    statement = await makers.statement(site)
    row = await waiting(site, owner, statement)
    async with owner.transaction():
        await owner.execute(
            "select pg_advisory_xact_lock(hashtextextended('organisations ' || $1::uuid, 0))", row.campaign_id
        )
        with pytest.raises(Refused, match="An import into this campaign is running"):
            await organisations.hold_tree(site, row.campaign_id, patience=0.1)
        waits = [
            asyncio.create_task(one)
            for one in (accept(site, row), run(site, statement, sheet(branch("Other"))))
        ]
        done, _ = await asyncio.wait(waits, timeout=0.2)
        assert not done
    accepted, (one,) = await asyncio.gather(*waits)
    assert (accepted.state, one.did) == ("accepted", "pending")


async def test_minutes_that_came_later_make_ones_own_import_public(site, owner, postbox, client):
    statement = await makers.statement(site)
    await run(site, statement, sheet(branch(), branch("Asked Branch")), mail=True)
    await postbox.settle()
    await run(site, statement, sheet(branch("Late Branch")))
    names = ("Exampleton Branch", "Asked Branch", "Late Branch")
    file = sheet(*(branch(name, seen="yes") for name in names))
    assert [one.did for one in await run(site, statement, file, dry_run=True)] == ["accepted"] * 3
    assert [one.did for one in await run(site, statement, file)] == ["accepted"] * 3
    assert await owner.fetchval("select count(*) from endorsements") == 3
    assert await owner.fetchval("select count(*) from public_endorsements where level = 'minutes'") == 3
    assert [one.did for one in await run(site, statement, file, mail=True)] == ["known"] * 3
    assert await postbox.settle() == []


async def test_a_corrected_file_brings_up_to_date_whom_nobody_wrote_to(site, owner, postbox):
    statement = await makers.statement(site)
    right = branch(officer=("Olive Officer", "Chair", "right@example.org"))
    await run(site, statement, sheet(branch(officer=("Olive Officer", "Chair", "wrong@example.org"))))
    (one,) = await run(site, statement, sheet(right), mail=True)
    assert one.did == "pending"
    assert "brought up to date" in one.text
    assert [letter.to for letter in await postbox.settle()] == ["right@example.org"]
    other = branch(officer=("Olive Officer", "Chair", "other@example.org"))
    (one,) = await run(site, statement, sheet(other), mail=True)
    assert (one.did, one.columns) == ("refused", ("officer_email",))
    assert "was written to at another address: nothing done" in one.text
    assert [tuple(row) for row in await owner.fetch("select state, officer_email from endorsements")] == [
        ("pending", "right@example.org")
    ]
    assert await postbox.settle() == []


async def test_two_names_with_one_code_are_told_and_separate_does_not_help(site):
    statement = await makers.statement(site)
    header = (*HEADER, "code", "separate")
    lines = (
        (*branch("Northgate Drivers", seen="yes"), "12", ""),
        (*branch("Quarry Vale", seen="yes"), "12", ""),
    )
    await run(site, statement, sheet(lines[0], header=header))
    for last in (lines[1], (*lines[1][:-1], "yes")):
        (one,) = await run(site, statement, sheet(last, header=header))
        assert (one.did, one.columns) == ("refused", ("code",)), one.text
        assert one.text.startswith("has the code of “Northgate Drivers in Example Union”: nothing done")


async def test_a_spreadsheets_file_with_semicolons_a_mark_and_empty_rows(site, owner):
    statement = await makers.statement(site)
    cells = ("", "", "", "", "", "", "", "", "")
    data = b"\xef\xbb\xbf" + sheet(
        branch(),
        cells,
        branch("Döner & Söhne; “Kollektiv”", seen="YES"),
        mark=";",
        header=[
            "Name",
            "Kind ",
            "parent",
            "region",
            "Decided",
            "officer name",
            "officer_role",
            "officer_email",
            "Minutes seen",
        ],
    )
    found = await run(site, statement, data)
    assert [(one.row, one.did) for one in found] == [(2, "pending"), (4, "accepted")]
    assert await owner.fetchval("select name from public_endorsements") == "Döner & Söhne; “Kollektiv”"


@pytest.mark.parametrize(
    ("before", "mark"), [("\n\n", ","), (";;\n \n", ";"), ("", "\t"), ("sep=;\r\n", ";"), ("sep=,\n", ",")]
)
async def test_what_spreadsheets_put_before_the_header_and_between_the_cells_is_known(site, before, mark):
    statement = await makers.statement(site)
    found = await run(site, statement, before.encode() + sheet(branch(), mark=mark))
    first = 2 + (before.count("\n") if not before.startswith("sep") else 0)
    assert [(one.row, one.did) for one in found] == [(first, "pending")]


async def test_every_answer_of_the_form_can_stand_in_a_file(site, owner):
    statement = await makers.statement(site)
    full = {
        "name": "Whole Branch",
        "kind": "Union branch",
        "parent": "Example Union",
        "region": "North",
        "code": "NR/7",
        "area": "Exampleton",
        "web_address": "branch.example",
        "decided": "Annual Meeting",
        "met_on": "15/02/2026",
        "met_how": "both",
        "officer_name": "Olive Officer",
        "officer_role": "Secretary",
        "officer_email": "olive@example.org",
        "officer_phone": "020 7946 0000",
        "present": "1,200",
        "quorum": "Yes",
        "votes_for": "1000",
        "votes_against": "0",
        "abstained": "12",
        "motion": "This branch\nendorses.",
        "members": "2 400",
        "members_on": "2026-01-01",
        "members_source": "annual return",
        "second_name": "Sam Second",
        "second_role": "Chair",
        "second_email": "sam@example.org",
        "wording": "Whole Branch, by show of hands",
        "wants_speaker": "yes",
        "wants_materials": "no",
        "wants_coach": "x",
        "note": "Call after six.",
        "minutes_seen": "no",
        "separate": "",
        "source": "List",
        "consent": "Motion",
    }
    assert set(full) == set(judging.columns(statement))
    assert [
        one.did for one in await run(site, statement, sheet(full.values(), header=list(full)), given={})
    ] == ["pending"]
    row = await owner.fetchrow("select * from endorsements")
    assert (row["present"], row["quorum"], row["members"]) == (1200, True, 2400)
    assert (row["met_on"].isoformat(), row["decided"], row["kind"]) == (
        "2026-02-15",
        "annual meeting",
        "union branch",
    )
    assert (row["motion"], row["wants"]) == ("This branch\nendorses.", ["speaker", "coach places"])
    assert (row["second_email"], row["wording"]) == ("sam@example.org", "Whole Branch, by show of hands")
    assert row["second_key"] not in (None, row["address_key"])


NAMES = ("name", "kind", "decided")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        ("name,kind,decided\nZoë".encode("latin-1"), "not UTF-8"),
        ("name,kind,decided\n".encode("utf-16"), "not UTF-8"),
        (b"name,kind\n", "needs a column “decided”"),
        (b"name,kind,decided,nmae\n", "“nmae” is not known"),
        (b"name,kind,decided,name\n", "“name” is there twice"),
        (b'name,kind,decided\n"Exampleton\n', "Row 2 can’t be read"),
        (b"name,kind,decided\n" + b"x,,\n" * 2_001, "more than 2000 rows"),
        (b"x" * 50_000_001, "more than 50 MB"),
        (b"\x00,\x00", "not known"),
    ],
)
def test_a_file_that_can_not_be_read_is_refused_whole(data, said):
    with pytest.raises(Refused, match=said):
        csvfile.parse(io.BytesIO(data), NAMES, NAMES)


async def test_a_row_that_is_too_long_or_has_cells_without_a_column_is_told(site):
    statement = await makers.statement(site)
    long, longest = "x" * 60_000, "x" * 140_000
    found = await run(
        site,
        statement,
        sheet((*branch(), "", "stray"), (*branch(long)[:-1], long), branch(longest), (*branch(), "")),
    )
    assert [one.did for one in found] == ["refused"] * 3 + ["pending"]
    assert "longer than 100 KB, or has more cells" in found[0].text


async def test_a_statement_that_is_not_open_takes_none(site, owner):
    draft = await makers.statement(site, open=False)
    with pytest.raises(Refused, match="not open"):
        await run(site, draft, sheet(branch()))
    assert await owner.fetchval("select count(*) from endorsements") == 0


async def test_the_audit_says_who_imported_how_many_and_no_person(site, owner):
    statement = await makers.statement(site)
    await run(site, statement, sheet(branch(), branch("Seen", seen="yes"), branch("")), mail=True)
    (line,) = await owner.fetch("select * from audit where act = 'endorsements import'")
    assert json.loads(line["details"]) == {"rows": 3, "pending": 1, "accepted": 1, "refused": 1, "letters": 1}
    assert line["actor"] == ACTOR
    assert "live" not in str(await owner.fetch("select * from audit where act like 'endorsement%'"))


words = st.sampled_from(
    [
        *HEADER,
        "source",
        "yes",
        "union branch",
        "Example Union",
        "Alpha",
        "Beta",
        "=1+1",
        "%s",
        "%(x)s",
        "\x00",
        "\u202e",
    ]
)
cell = words | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
anything = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(',;"\r\n\x00=')).map(str.encode)


@settings(
    max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=anything
    | st.binary(max_size=40)
    | st.lists(st.lists(cell, min_size=5, max_size=10), max_size=4).map(lambda lines: sheet(*lines))
)
@example(data=sheet(branch("A", parent="B"), branch("B", parent="A")))
async def test_any_file_gives_an_outcome_for_each_row_or_a_sentence(site, data):
    statement = await fuzzed(site)
    try:
        outcomes = await run(site, statement, data, mail=True, dry_run=True)
    except PetitionsError:
        return
    for one in outcomes:
        assert one.did in ("pending", "accepted", "known", "refused")
        assert one.text


async def fuzzed(site):
    """One statement for all examples of a test."""
    found = await site.store.statements.find_for_organisers(slug="fuzzed")
    return found or await makers.statement(site, slug="fuzzed")
