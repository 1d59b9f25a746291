"""Exports: what was agreed to and nothing else, safe in a spreadsheet, streamed, noted."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from contextlib import aclosing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions.errors import Refused
from petitions.ids import new_id
from petitions.organisers.exporting import Taken
from petitions.signatures import actions as signatures
from petitions.signatures import export
from petitions.statements import actions as statements
from tests import makers

ACTOR = makers.ACTOR
FIELDS = ["town", "union", "comment", {"name": "shift", "label": "Your shift"}]


async def taken(site, statement, **options):
    """The rows of an export, the header first."""
    chunks = export.signatories(site, statement, Taken(), actor=ACTOR, **options)
    async with aclosing(chunks):
        return b"".join([chunk async for chunk in chunks])


def rows(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


async def signed(site, counting, statement, number=1, **typed):
    """A confirmed and counted signature, by way of the actions."""
    typed = {"name": f"Person{number} Example", "email": f"p{number}@example.org", **typed}
    form = await makers.form(site, statement, **typed)
    assert form.problems == []
    key = await signatures.sign(site, statement, form, ip="192.0.2.1", source=typed.get("source"))
    row = await site.store.signatures.find(statement_id=key.statement_id, id=key.id)
    await signatures.confirm(site, row, "button")
    await counting()
    return key


async def test_one_row_says_everything_that_was_agreed_to(site, counting):
    row = await makers.statement(site, fields=FIELDS)
    await signed(
        site, counting, row, town="Exampleton", own_shift="Nights", consent_name="1", consent_mail="1"
    )
    (line,) = rows(await taken(site, row))
    assert line.pop("confirmed_at").startswith("20")
    assert line == {
        "number": "1",
        "name": "Person1 Example",
        "email": "p1@example.org",
        "town": "Exampleton",
        "union": "",
        "comment": "",
        "shift": "Nights",
        "version": "1",
        "display": "name",
        "mail": "yes",
        "source": "",
    }


async def test_an_address_is_there_only_where_letters_were_agreed_to(site, counting):
    row = await makers.statement(site)
    await signed(site, counting, row, 1)
    await signed(site, counting, row, 2, consent_mail="1")
    first, second = rows(await taken(site, row))
    assert (first["email"], first["mail"]) == ("", "no")
    assert (second["email"], second["mail"]) == ("p2@example.org", "yes")


async def test_the_fixed_set_limits_the_columns(site, counting):
    row = await makers.statement(site, fields=FIELDS, export=["name", "shift"])
    await signed(site, counting, row, town="Exampleton", consent_mail="1")
    data = await taken(site, row)
    assert data.splitlines()[0] == b"number,name,shift,confirmed_at,version,display,mail,source"
    assert b"Exampleton" not in data
    assert b"p1@example.org" not in data


async def test_only_confirmed_signatures_in_the_order_of_their_numbers(site, counting, owner):
    row = await makers.statement(site)
    for number in range(1, 6):
        await signed(site, counting, row, number)
    form = await makers.form(site, row, name="Pending Example", email="pending@example.org")
    await signatures.sign(site, row, form, ip="192.0.2.1")
    await owner.execute("update signatures set state = 'withdrawn' where number = 2")
    await owner.execute("update signatures set state = 'held' where number = 3")
    assert [line["number"] for line in rows(await taken(site, row))] == ["1", "4", "5"]


async def test_another_statements_people_are_not_in_it(site, counting):
    first, second = await makers.statement(site), await makers.statement(site)
    await signed(site, counting, first)
    assert rows(await taken(site, second)) == []


async def test_a_byte_order_mark_only_where_it_is_wanted(site):
    row = await makers.statement(site)
    assert (await taken(site, row, bom=True)).startswith(b"\xef\xbb\xbfnumber,")
    assert (await taken(site, row)).startswith(b"number,")


async def test_another_kind_of_file_is_refused_and_not_noted(site, owner):
    with pytest.raises(Refused, match="XLSX, not “pdf”"):
        await taken(site, await makers.statement(site), format="pdf")
    assert await owner.fetchval("select count(*) from audit where act like 'export%'") == 0


async def lines(owner):
    found = await owner.fetch(
        "select act, actor, details from audit where act like 'export%' order by happened_at, id"
    )
    return [(line["act"], line["actor"], json.loads(line["details"])) for line in found]


async def test_the_audit_says_who_took_which_fields_and_how_many_and_no_person(site, counting, owner):
    row = await makers.statement(site)
    await signed(site, counting, row, consent_mail="1")
    await taken(site, row)
    (start, actor, begun), (finish, _, ended) = await lines(owner)
    assert (start, finish, actor) == ("export start", "export finish", ACTOR)
    assert begun["format"] == "csv"
    assert "email" in begun["fields"]
    assert begun["export"] == ended["export"]
    assert ended["rows"] == 1
    assert "Person1" not in str(await owner.fetch("select * from audit"))


async def many(owner, statement, count):
    """So many counted signatures, made by the database itself."""
    await owner.execute(
        """insert into signatures (statement_id, id, state, version, number, confirmed_at, name, email, address_key,
                                   answers)
           select $1, uuidv7(), 'confirmed', 1, n, now(), 'Person ' || n, 'p' || n || '@example.org',
                  decode(md5(n::text), 'hex'), jsonb_build_object('comment', repeat('An example. ', 20))
           from generate_series(1, $2::integer) as n""",
        statement.id,
        count,
    )


async def test_a_list_broken_off_gives_its_connection_back_and_says_so(site, owner):
    row = await makers.statement(site, fields=FIELDS)
    await many(owner, row, 50_000)
    for _ in range(3):
        chunks = export.signatories(site, row, Taken(), actor=ACTOR)
        async with aclosing(chunks):
            async for _ in chunks:
                break
    assert [act for act, _, _ in await lines(owner)] == ["export start", "export break off"] * 3
    busy = "select count(*) from pg_stat_activity where query ilike 'copy%' and state <> 'idle'"
    async with site.store.held() as connection:  # only one's own role is told what runs
        assert await connection.fetchval(f"{busy} and datname = current_database()") == 0
    assert len(rows(await taken(site, row))) == 50_000


async def test_memory_stays_flat_however_long_the_list_is(site, owner):
    row = await makers.statement(site, fields=FIELDS)
    await many(owner, row, 60_000)
    progress, most = Taken(), 0
    chunks = export.signatories(site, row, progress, actor=ACTOR)
    async with aclosing(chunks):
        tracemalloc.start()
        async for _ in chunks:
            most = max(most, tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert progress.rows == 60_000
    assert progress.bytes > 15_000_000
    assert most < 6_000_000


async def test_an_error_of_the_database_reaches_the_taker(site, owner):
    row = await makers.statement(site)
    await owner.execute("revoke select on counting_signatures from petitions_app")
    with pytest.raises(Exception, match="permission denied"):
        await taken(site, row)
    assert [act for act, _, _ in await lines(owner)] == ["export start", "export break off"]


RUNS = "=+-@\uff1d\uff0b\uff0d\uff20"


nasty = st.text(
    st.sampled_from("=+-@\t\r\n ,;\"'|%\uff1d\u00a0\u200b\ufeffaZ09é\u0627"), min_size=1, max_size=8
)
cells = st.lists(
    nasty | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    min_size=1,
    max_size=25,
)


@settings(
    max_examples=30, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=cells)
async def test_every_cell_comes_back_disarmed_and_whole(site, owner, texts):
    """Whatever stands in the table: read by Python's csv, no cell begins a formula, and nothing is lost."""
    shown = ["comment", {"name": "shift", "label": "x"}]
    slug = f"cells-{new_id()}"
    row = await makers.statement(site, slug=slug, fields=shown, export=["name", "comment", "shift"])
    await owner.executemany(
        "insert into signatures (statement_id, id, state, version, number, confirmed_at, name, source, answers) values"
        " ($1, $2, 'confirmed', 1, $3, now(), $4, $4, jsonb_build_object('comment', $4::text, 'shift', $4::text))",
        [(row.id, new_id(), number, text) for number, text in enumerate(texts, 1)],
    )
    for text, line in zip(texts, rows(await taken(site, row)), strict=True):
        for column in ("name", "comment", "shift", "source"):
            check_cell(text, line[column])


def check_cell(text, cell):
    bare = cell.lstrip(" \t\r\n\u00a0\u200b\ufeff")
    assert not bare or bare[0] not in RUNS, (text, cell)
    assert not cell or cell[0] not in "\t\r", (text, cell)
    assert cell in (text, "'" + text), (text, cell)


FORMULAS = [
    "=1+1",
    "+44 1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "\uff1d1",
    "\n=1",
    "\tx",
]
WORDS = ["Ada", "a=b", "1-2", "it's", "'=1", "", "é", "x;=1", "#1", "(+)"]


@pytest.mark.parametrize("text", FORMULAS)
async def test_a_formula_gets_an_apostrophe(owner, text):
    assert await owner.fetchval("select disarmed($1)", text) == "'" + text


@pytest.mark.parametrize("text", WORDS)
async def test_other_words_stay_as_they_are(owner, text):
    assert await owner.fetchval("select disarmed($1)", text) == text


async def test_every_cell_stands_in_quotes(site, counting):
    """A spreadsheet that splits at semicolons would else make a formula of `x;=1`."""
    row = await makers.statement(site, fields=FIELDS)
    await signed(site, counting, row, comment="x;=1")
    assert b'"x;=1"' in await taken(site, row)


async def test_a_draft_has_nobody(site):
    row = await makers.statement(site, open=False)
    assert rows(await taken(site, row)) == []
    assert (await statements.find_for_organisers(site, row.slug)).state == "draft"


async def test_who_stopped_the_letters_since_is_not_written_to_from_a_list_either(site, counting):
    row = await makers.statement(site)
    for number in (1, 2, 3):
        await signed(site, counting, row, number, consent_mail="1")
    await makers.suppressed(site, row, "p1@example.org", "campaign")
    await makers.suppressed(site, row, "p2@example.org", "bulk")
    lines = rows(await taken(site, row))
    assert [(line["mail"], line["email"]) for line in lines] == [
        ("no", ""),
        ("no", ""),
        ("yes", "p3@example.org"),
    ]


async def test_partners_are_named_for_those_who_agreed_to_them(site, counting):
    campaign = await makers.campaign(site, partners={"union": "Example Union"})
    row = await makers.statement(site, campaign)
    await signed(site, counting, row, 1, **{"consent_partner:union": "1"})
    await signed(site, counting, row, 2)
    lines = rows(await taken(site, row))
    assert [(line["mail"], line["partners"], line["email"]) for line in lines] == [
        ("no", "union", "p1@example.org"),
        ("no", "", ""),
    ]
