"""The list of endorsements: bodies with their evidence, officers only as far as they agreed, in each kind of file."""

from __future__ import annotations

import csv
import io
import json
from contextlib import aclosing
from datetime import UTC, date, datetime

import openpyxl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions import addresses
from petitions.endorsements.exporting import COLUMNS, DAYS, TYPED, endorsements
from petitions.ids import new_id
from petitions.organisers.exporting import FORMATS, Taken
from tests import makers
from tests.endorsements import rows
from tests.export.test_export import check_cell, nasty

ACTOR = makers.ACTOR
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PERSONAL = (
    "officer_name",
    "officer_role",
    "officer_email",
    "officer_phone",
    "second_name",
    "second_role",
    "second_email",
)


async def taken(site, statement, **options):
    async with aclosing(endorsements(site, statement, Taken(), actor=ACTOR, **options)) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def listed(site, statement, **options):
    data = await taken(site, statement, format="jsonl", **options)
    return [json.loads(line) for line in data.decode().split("\n")[:-1]]


def as_csv(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


async def test_an_address_that_wants_nothing_of_forms_is_left_out_and_others_stay(site, owner):
    statement = await makers.statement(site)
    second = {
        "second_key": b"s" * 32,
        "second_name": "Sam",
        "second_role": "Chair",
        "second_email": "s@example.org",
    }
    row = await rows.accepted(owner, statement, "Depot Branch", address_key=b"k" * 32, **second)
    stop = "insert into suppressions (id, address_key, scope) values ($1, $2, $3)"
    emails = ("officer_email", "second_email")
    for key, scope, left in (
        (b"k" * 32, "bulk", ("olive@example.org", "s@example.org")),  # may be asked about it
        (b"k" * 32, "forms", (None, "s@example.org")),
        (b"s" * 32, "forms", (None, None)),
    ):
        await owner.execute(stop, new_id(), key, scope)
        (one,) = await listed(site, statement)
        assert tuple(one[name] for name in emails) == left
        assert one["officer_name"] == row["officer_name"]


async def whole(site, owner, statement):
    """An endorsement about which everything is known, in a tree of three."""
    union = await rows.organisation(owner, statement, "Example Union", kind="national union")
    region = await rows.organisation(owner, statement, "North Region", kind="union region", parent=union)
    key = addresses.address_key(site.settings.address_key, "olive@example.org")
    return await rows.accepted(
        owner,
        statement,
        "Depot Branch",
        parent=region,
        code="NR/7",
        area="Exampleton",
        web_address="https://depot.example/",
        decided="annual meeting",
        met_on=date(2026, 2, 15),
        met_how="both",
        present=40,
        quorum=True,
        votes_for=30,
        votes_against=5,
        abstained=2,
        motion="This branch\nendorses.",
        logo=await rows.picture(owner),
        members=420,
        members_on=date(2026, 1, 1),
        members_source="annual return",
        wants=["speaker", "coach places"],
        note="Call after six.",
        wording="Depot Branch (by show of hands)",
        minutes_seen=True,
        officer_phone="020 7946 0000",
        address_key=key,
        mail_consent=True,
        second_name="Sam Second",
        second_role="Chair",
        second_email="sam@example.org",
        confirmed_at=NOON,
        second_confirmed_at=NOON,
        accepted_at=NOON,
        expires_on=date(2030, 1, 1),
        via="import",
        import_source="Paper list",
        import_consent="Motion of the branch",
        source="leaflet",
    )


async def test_one_row_says_everything_about_a_body(site, owner):
    statement = await makers.statement(site)
    await whole(site, owner, statement)
    (one,) = await listed(site, statement)
    assert list(one) == list(COLUMNS)
    assert one == {
        "name": "Depot Branch",
        "kind": "union branch",
        "parent": "North Region",
        "code": "NR/7",
        "path": "Example Union ▸ North Region ▸ Depot Branch",
        "wording": "Depot Branch (by show of hands)",
        "level": "minutes",
        "state": "accepted",
        "version": 1,
        "decided": "annual meeting",
        "met_on": "2026-02-15",
        "met_how": "both",
        "present": 40,
        "quorum": "yes",
        "votes_for": 30,
        "votes_against": 5,
        "abstained": 2,
        "motion": "This branch\nendorses.",
        "minutes": "no",
        "logo": "yes",
        "members": 420,
        "members_on": "2026-01-01",
        "members_source": "annual return",
        "area": "Exampleton",
        "web_address": "https://depot.example/",
        "wants": "speaker, coach places",
        "note": "Call after six.",
        "officer_name": "Olive Officer",
        "officer_role": "Secretary",
        "officer_email": "olive@example.org",
        "officer_phone": "020 7946 0000",
        "mail": "yes",
        "second_name": "Sam Second",
        "second_role": "Chair",
        "second_email": "sam@example.org",
        "confirmed_at": "2026-03-01T12:00:00Z",
        "second_confirmed_at": "2026-03-01T12:00:00Z",
        "accepted_at": "2026-03-01T12:00:00Z",
        "ended_at": None,
        "expires_on": "2030-01-01",
        "via": "import",
        "import_source": "Paper list",
        "import_consent": "Motion of the branch",
        "source": "leaflet",
    }


async def test_each_kind_of_file_says_the_same_and_days_are_days(site, owner):
    statement = await makers.statement(site)
    await whole(site, owner, statement)
    data = {kind: await taken(site, statement, format=kind) for kind in FORMATS}
    (one,) = await listed(site, statement)
    (line,) = as_csv(data["csv"])
    assert list(line) == list(COLUMNS)
    sheet = openpyxl.load_workbook(io.BytesIO(data["xlsx"])).active
    header, cells = ([cell.value for cell in row] for row in sheet.iter_rows())
    found = dict(zip(header, cells, strict=True))
    for name, value in one.items():
        if name.endswith("_at"):
            assert found[name] == (value and datetime.fromisoformat(value).replace(tzinfo=None))
        elif name in DAYS:
            assert found[name].date().isoformat() == line[name] == value
            assert "h" not in sheet.cell(2, header.index(name) + 1).number_format
        else:
            assert found[name] == value
            assert line[name] == ("" if value is None else str(value))


async def test_only_the_public_ones_unless_all_are_wanted_and_never_an_unconfirmed_form(site, owner):
    statement, other = await makers.statement(site), await makers.statement(site)
    await rows.accepted(owner, other, "Of Another Statement")
    await rows.accepted(owner, statement, "A Accepted")
    await rows.withdrawn(owner, await rows.accepted(owner, statement, "B Withdrawn"))
    await rows.confirmed(owner, statement, "C Waiting", parent="Example Union", region="North", code="9")
    await rows.confirmed(owner, statement, "D Of a form", state="pending")
    await rows.confirmed(owner, statement, "D Imported", state="pending", via="import")
    assert [one["name"] for one in await listed(site, statement)] == ["A Accepted"]
    every = await listed(site, statement, state="all")
    assert [(one["name"], one["state"], one["level"]) for one in every] == [
        ("A Accepted", "accepted", "officer"),
        ("B Withdrawn", "withdrawn", None),
        ("D Imported", "pending", None),
        ("C Waiting", "confirmed", None),
    ]
    assert (every[3]["parent"], every[3]["path"], every[3]["code"]) == (
        "North",
        "Example Union ▸ North ▸ C Waiting",
        "9",
    )


async def test_letters_about_the_campaign_only_where_agreed_to_and_not_stopped_since(site, owner):
    statement = await makers.statement(site)
    for name, agreed in (("never", False), ("campaign", True), ("bulk", True), ("still", True)):
        email = f"{name}@example.org"
        await rows.accepted(
            owner,
            statement,
            f"Body {name}",
            officer_email=email,
            mail_consent=agreed,
            address_key=addresses.address_key(site.settings.address_key, email),
        )
    await makers.suppressed(site, statement, "campaign@example.org", "campaign")
    await makers.suppressed(site, statement, "bulk@example.org", "bulk")
    found = {one["name"]: one["mail"] for one in await listed(site, statement)}
    assert found == {"Body never": "no", "Body campaign": "no", "Body bulk": "no", "Body still": "yes"}


async def test_after_the_retention_nobody_is_named(site, owner):
    statement = await makers.statement(site)
    row = await whole(site, owner, statement)
    gone = ", ".join(f"{name} = null" for name in (*PERSONAL, "address_key", "second_key"))
    await owner.execute(f"update endorsements set {gone}, erased_at = now() where id = $1", row["id"])
    (one,) = await listed(site, statement)
    assert {one[name] for name in (*PERSONAL, "note")} == {None}
    assert (one["mail"], one["name"], one["votes_for"]) == ("no", "Depot Branch", 30)


async def test_the_audit_says_who_took_it_and_how_many_and_no_person(site, owner):
    statement = await makers.statement(site)
    await whole(site, owner, statement)
    await taken(site, statement)
    found = await owner.fetch(
        "select act, actor, details from audit where act like 'export%' order by happened_at, id"
    )
    begun, ended = (json.loads(line["details"]) for line in found)
    assert [(line["act"], line["actor"]) for line in found] == [
        ("export start", ACTOR),
        ("export finish", ACTOR),
    ]
    assert (begun["list"], begun["fields"], ended["rows"]) == ("endorsements", list(COLUMNS), 1)
    assert "Olive" not in str(found)


@settings(
    max_examples=15, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(nasty, min_size=1, max_size=8))
async def test_whatever_was_typed_never_begins_a_formula(site, owner, texts):
    statement = await makers.statement(site, slug=f"cells-{new_id()}")
    typed = [name for name in TYPED if name not in ("path", "parent")]
    for text in texts:
        await rows.confirmed(owner, statement, **{**dict.fromkeys(typed, text), "parent": text})
    lines = as_csv(await taken(site, statement, state="all"))
    assert len(lines) == len(texts)
    for line in lines:
        for name in TYPED:
            bare = line[name].removeprefix("'")
            check_cell(bare, line[name])
    for name in typed:
        assert sorted(line[name].removeprefix("'") for line in lines) == sorted(
            text.removeprefix("'") for text in texts
        )
