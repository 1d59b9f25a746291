"""The hand-over document: whole, of one moment, with those alone who agreed; what was typed is never read as source."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import time
import zipfile
from contextlib import aclosing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions.desk import handover
from petitions.errors import Refused
from petitions.ids import new_id
from petitions.organisers.exporting import LEFT, Taken, waiting
from petitions.typeset import Unfinished, typeset, unshown
from tests import makers
from tests.desk.people import sit
from tests.desk.test_exports import desk, exports, lines, place, put
from tests.endorsements import rows as bodies

TO = "The Minister for Examples"
SCRIPTS = {
    "Latin": "Zoë Ærøskøbing-Šťastná",
    "Greek": "Ελένη Παπαδοπούλου",
    "Cyrillic": "Юлія Їжакевич",
    "Arabic": "محمد علي",
    "Hebrew": "שָׁלוֹם כהן",
}
CODE = ["#set page(fill: red)", "$x^2$ *b* _i_ `c`", '"#panic("no")', "@label <label> #[", "\\ // /* #eval"]
PRIVATE = "\U0010f0f0"  # for private use: no font has it
reads_pdf = pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs pdftotext (poppler-utils)")


async def a_statement(site, **over):
    """One whose signatories agree to be handed over with name and town."""
    return await makers.statement(
        site, **{"fields": ["town", "comment"], "addressed_to": TO, "handover": ["name", "town"], **over}
    )


async def made(site, statement, **over):
    taken = Taken()
    format = over.pop("format", "") or await handover.format_of(site, statement)
    file = handover.document(site, statement, taken, actor=makers.ACTOR, format=format, **over)
    async with aclosing(file):
        data = b"".join([chunk async for chunk in file])
    return data, taken


def text_of(pdf, *options):
    said = subprocess.run(
        ["pdftotext", *options, "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout
    return " ".join(said.decode().split())


async def test_the_document_comes_from_the_desk_and_is_noted_as_a_list(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {"name": "Ada Example"}, {"name": "Bea Example"})
    async with await desk(site, statement) as client:
        page = makers.visible(
            (await client.get(place(statement, "/handover"), params={"chosen": "yes"})).text
        )
        answer = await client.post(place(statement, "/handover"), data={"chosen": "yes"})
    assert "2 names would stand in the document" in page
    assert f"people agreed that these are handed over to {TO}: name, town." in page
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].endswith('.pdf"')
    assert answer.content.startswith(b"%PDF-")
    (row,) = await exports(owner)
    assert (row["list"], row["format"], row["rows"], row["fields"]) == (
        "handover",
        "pdf",
        2,
        ["name", "town"],
    )
    assert (row["state"], row["bytes"], row["last_number"]) == ("finished", len(answer.content), 2)
    assert await owner.fetchval("select count(*) from audit where act like 'export %'") == 2


async def test_it_wants_an_organiser_and_a_fresh_second_factor(site, owner):
    statement = await a_statement(site)
    campaign = await site.store.campaigns.find(slug=statement.campaign_slug)
    async with await sit(site, campaign, "moderator") as client:
        assert (await client.post(place(statement, "/handover"), data={"chosen": "yes"})).status_code == 403
    async with await desk(site, statement) as client:
        await owner.execute("update sessions set second_at = now() - interval '11 minutes'")
        assert (await client.post(place(statement, "/handover"), data={"chosen": "yes"})).status_code == 403
    assert await exports(owner) == []


@reads_pdf
async def test_it_says_text_counts_organisations_and_names_and_is_made_for_all_to_read(site, owner):
    statement = await a_statement(site, text="We ask for **this**.\n\n## Why\n\n1. Because\n2. Therefore")
    await put(
        owner, statement, {"name": "Ada Example", "confirmed_by": "link", "answers": {"town": "Exampleton"}}
    )
    union = await bodies.organisation(owner, statement, "Example Union", kind="national union")
    await bodies.accepted(owner, statement, "Depot Branch", parent=union, members=420)
    await owner.execute(
        "insert into invalidations (statement_id, id, actor, rule, reason, state, found, done)"
        " values ($1, $2, 'x', '{}', 'Made by a robot.', 'done', 3, 3)",
        statement.id,
        new_id(),
    )
    data, _ = await made(site, statement)
    text = text_of(data)
    for words in (
        f"Petition {statement.title} To {TO} From {statement.campaign_name} As of",
        "Promoted by Example Campaign e.V., 1 Example Street, Exampleton EX1 1EX.",
        "The text We ask for this. Why 1. Because 2. Therefore",
        "Who signed this text 1",
        "confirmed by the link in a letter to their e-mail address 1",
        "Organisations that endorse it 1",
        "420 members",
        "3 signatures were taken out of the count. The reason: Made by a robot.",
        "Union branches Example Union • Depot Branch",
        "Ada Example, Exampleton",
    ):
        assert words in text, words
    if shutil.which("pdfinfo"):
        facts = subprocess.run(["pdfinfo", "-"], input=data, capture_output=True, check=True).stdout.decode()
        assert re.search(r"Tagged:\s+yes", facts)
        assert re.search(rf"Title:\s+{statement.title}", facts)


@reads_pdf
async def test_names_are_shaped_in_every_script_that_the_fonts_have(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, *[{"name": name} for name in SCRIPTS.values()])
    text = text_of((await made(site, statement))[0])
    assert "[?]" not in text
    plain = re.sub("[\u0591-\u05c7\u202a-\u202e\u2066-\u2069\u200e\u200f]", "", text)  # points, directions
    for script, name in SCRIPTS.items():
        for word in re.sub("[\u0591-\u05c7]", "", name).split():
            assert word in plain, script


@reads_pdf
async def test_a_letter_that_no_font_has_is_never_a_silent_box(site, owner):
    rare = f"{PRIVATE}{PRIVATE}"
    statement = await a_statement(site, text=f"We ask {rare} for it.")
    await put(owner, statement, {"name": "Ada Example"}, {"name": f"{rare} Example"})
    text = text_of((await made(site, statement))[0])
    assert "We ask [?] for it." in text
    assert "2 [?] Example" in text
    assert "no font at hand has the letters that were written. This concerns the numbers 2." in text


@reads_pdf
async def test_what_people_typed_is_never_source(site, owner):
    statement = await a_statement(site, title=CODE[0], text="\n\n".join(CODE), addressed_to=CODE[2][:100])
    await put(owner, statement, *[{"name": code, "answers": {"town": code}} for code in CODE])
    for number, code in enumerate(CODE):
        await bodies.accepted(owner, statement, f"{code} {number}", wording=code)
    text = text_of((await made(site, statement))[0])
    assert text.count("set page(fill: red)") >= 5
    assert text.count("#eval") >= 3
    assert "$x^2$ *b* _i_ `c`, $x^2$ *b* _i_ `c`" in text


@reads_pdf
async def test_those_alone_who_agreed_are_named_and_with_those_fields_alone(site, owner):
    statement = await a_statement(
        site, fields=["town", "job", "comment"], handover=["name", "town", "comment"]
    )
    answers = {"town": "Exampleton", "job": "Baker", "comment": "Words of mine"}
    await put(owner, statement, *[{"answers": answers, "display": "name"}] * 6)
    for number, change in (
        (2, "unlisted = true"),
        (3, "state = 'withdrawn'"),
        (4, "state = 'held'"),
        (5, "erased_at = now(), name = null, email = null, answers = null, address_key = null"),
    ):
        await owner.execute(f"update signatures set {change} where number = $1", number)
    text = text_of((await made(site, statement))[0])
    assert "1 Person 1, Exampleton" in text
    assert "6 Person 6, Exampleton" in text
    for number in (2, 3, 4, 5):
        assert f"Person {number}" not in text
    for secret in ("Baker", "example.org", "Words of mine"):
        assert secret not in text
    assert "Who signed this text 4" in text
    assert "because their personal data were erased: 1." in text
    assert "because the campaign took the name off its list: 1." in text


@reads_pdf
async def test_a_comment_stands_there_once_an_organiser_has_approved_it(site, owner):
    statement = await a_statement(site, handover=["name", "comment"])
    await put(
        owner, statement, *[{"answers": {"comment": f"Words of {n}"}, "display": "name"} for n in (1, 2)]
    )
    await owner.execute(
        "insert into comments (statement_id, id, state, digest)"
        " select statement_id, id, 'approved', '\\x00' from signatures where number = 1"
        " on conflict (statement_id, id) do update set state = 'approved'"
    )
    text = text_of((await made(site, statement))[0])
    assert "Words of 1" in text
    assert "Words of 2" not in text


@reads_pdf
@pytest.mark.parametrize("over", [{"addressed_to": None}, {"handover": []}])
async def test_nobody_is_named_where_nobody_was_asked(site, owner, over):
    statement = await a_statement(site, **over)
    await put(owner, statement, {"name": "Ada Example"})
    async with await desk(site, statement) as client:
        page = makers.visible((await client.get(place(statement, "/handover"))).text)
    data, taken = await made(site, statement)
    assert "Ada" not in text_of(data)
    assert "were not asked whether their names may be handed over" in text_of(data)
    assert "Nobody is named" in page
    assert taken.rows == 0


@reads_pdf
async def test_who_signed_an_earlier_version_stands_apart(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {"name": "Early Example"}, {"name": "Late Example"})
    row = await makers.new_version(site, statement)
    await owner.execute("update signatures set version = $1 where number = 2", row.version)
    text = text_of((await made(site, row))[0])
    assert re.search(r"Who signed this text 2 Late Example.*Who signed version 1 of the text 1 Early", text)


@reads_pdf
async def test_many_names_come_as_volumes_in_one_file(site, owner):
    statement = await a_statement(site, handover=["name"])
    await put(owner, statement, *[{"name": f"N{n}"} for n in range(1, 8)])
    data, taken = await made(site, statement, format="zip", size=3)
    book = zipfile.ZipFile(io.BytesIO(data))
    assert book.testzip() is None
    assert book.namelist() == [f"{statement.slug}-{volume}.pdf" for volume in (1, 2, 3)]
    texts = [text_of(book.read(name)) for name in book.namelist()]
    for volume, text in enumerate(texts, 1):
        assert f"Volume {volume} of 3" in text
        assert re.findall(r"N\d", text) == [f"N{n}" for n in range(volume * 3 - 2, min(volume * 3, 7) + 1)]
        assert ("The text" in text) == (volume == 1)
    assert taken.rows == 7


async def test_it_is_one_pdf_up_to_a_volume_of_names(site, owner):
    statement = await a_statement(site)
    for last, format in ((handover.VOLUME, "pdf"), (handover.VOLUME + 1, "zip")):
        await owner.execute(
            "insert into signatures (statement_id, id, state, version, number, confirmed_at, name)"
            " select $1, uuidv7(), 'confirmed', 1, n, now(), 'N' from generate_series(1, $2::integer) n"
            " on conflict (statement_id, number) where number is not null do nothing",
            statement.id,
            last,
        )
        assert await handover.format_of(site, statement) == format


async def test_a_draft_has_nothing_to_hand_over(site, owner):
    statement = await a_statement(site, open=False)
    async with await desk(site, statement) as client:
        answer = await client.post(place(statement, "/handover"), data={"chosen": "yes"})
    assert answer.status_code == 409
    assert "is a draft" in answer.text
    assert await exports(owner) == []


async def test_who_leaves_in_the_midst_leaves_no_process_and_no_folder(site, owner, tmp_path):
    statement = await a_statement(site)
    await put(owner, statement, *[{}] * 5)
    file = handover.document(site, statement, Taken(), actor=makers.ACTOR, format="pdf", folder=tmp_path)
    async with aclosing(file):
        await anext(file)
    assert list(tmp_path.iterdir()) == []
    (row,) = await exports(owner)
    assert row["state"] == "broken off"


async def test_removals_since_go_by_the_numbers_in_the_document(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {}, {})
    await made(site, statement)
    (row,) = await exports(owner)
    await owner.execute("update signatures set state = 'held' where number = 2")
    await owner.execute(
        "insert into signature_events (statement_id, id, signature_id, act)"
        " select statement_id, $1, id, 'held' from signatures where number = 2",
        new_id(),
    )
    async with await desk(site, statement) as client:
        answer = await client.post(place(statement, f"/{row['id']}/removals"), data={"format": "csv"})
    assert [(line["number"], line["what"]) for line in lines(answer)] == [("2", "held")]


async def test_what_typst_refuses_is_said_and_not_given(tmp_path):
    (tmp_path / "made").mkdir()
    template = tmp_path / "bad.typ"
    template.write_text("#panic()")
    with pytest.raises(Unfinished, match="panicked"):
        await typeset(template, tmp_path / "made")


async def test_letters_are_found_that_no_font_has(tmp_path):
    assert await unshown("abcé “x” Юשع", tmp_path) == set()
    assert await unshown(f"é{PRIVATE}", tmp_path) == {PRIVATE}


anything = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=30)


@settings(
    max_examples=4, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(anything, min_size=5, max_size=30))
async def test_whatever_was_typed_a_document_comes_of_it(site, owner, texts):
    statement = await a_statement(site, slug=f"any-{new_id()}", handover=["name", "town"])
    await put(owner, statement, *[{"name": text, "answers": {"town": text}} for text in texts])
    data, taken = await made(site, statement)
    assert data.startswith(b"%PDF-")
    assert taken.rows == len(texts)


def test_what_no_font_has_is_one_mark_for_each_run_of_it():
    data = {"a": ["x\u9999\u9999y\u9999", 3, None], "b": ("\u9999",)}
    found = handover.fitted(data, {"\u9999"})
    assert found == {"a": ["x[?]y[?]", 3, None], "b": ["[?]"]}
    assert json.loads(json.dumps(handover.fitted(data, set()))) == json.loads(json.dumps(data))


async def test_no_such_format(site):
    statement = await a_statement(site)
    with pytest.raises(Refused):
        await made(site, statement, format="docx")


ODD = """# ![](picture.png)

#

# &nbsp;

{quotes} Deep words

- # In a list
"""


@reads_pdf
async def test_a_text_with_empty_headings_and_quotes_in_quotes_makes_a_document_too(site):
    statement = await a_statement(site, text=ODD.format(quotes=">" * 18))
    text = text_of((await made(site, statement))[0])
    assert "Deep words" in text
    assert "In a list" in text


@reads_pdf
async def test_a_character_that_only_commands_devices_is_marked_like_one_without_a_font(site, owner):
    statement = await a_statement(site)
    await put(owner, statement, {"name": "Ada\x1b\x7fExample"})
    assert "Ada[?]Example" in text_of((await made(site, statement))[0])


def test_what_a_killed_process_left_on_the_disk_goes_a_day_later(tmp_path):
    old, new = tmp_path / ".export-old", tmp_path / ".export-new"
    for left in (old, new):
        left.mkdir()
        (left / "names-1.jsonl").write_text("Ada Example")
    os.utime(old, (time.time() - LEFT - 60,) * 2)
    with waiting(tmp_path) as place_:
        assert set(tmp_path.iterdir()) == {new, place_}
    assert list(tmp_path.iterdir()) == [new]
