"""Whatever is typed into the form of an endorsement: a sentence at the right field, and nothing half-written."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from petitions.endorsements import asked, forms
from petitions.statements import actions as statements
from tests import makers
from tests.endorsements.test_form import PDF, nothing_written

TOMORROW = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()  # in every time zone
LONG = "too long: please use {} characters at most"
HIGH = "too high: {} at most"
DIGITS = "Write a whole number in digits"
DAY = "Write the day like 15/02/2026"
CHOOSE = "Choose one of the answers."
UNSEEN = "can’t be seen"
LINKS = "leave web and e-mail addresses out"

BAD = [
    # what is required
    ({"name": ""}, "name", "Enter the name of your organisation."),
    ({"name": " \u200d "}, "name", "at least one letter or digit"),
    ({"kind": ""}, "kind", "Choose the kind of organisation."),
    ({"decided": ""}, "decided", "Choose how it was decided."),
    ({"officer_name": ""}, "officer_name", "Enter your name."),
    ({"officer_role": " "}, "officer_role", "Enter your role in the organisation."),
    ({"officer_email": ""}, "officer_email", "Enter your e-mail address."),
    # the body
    ({"name": "E" * 101}, "name", LONG.format(100)),
    ({"name": "Visit evil.example.com now"}, "name", LINKS),
    ({"name": "https://example.org"}, "name", LINKS),
    ({"name": "!!!"}, "name", "at least one letter or digit"),
    ({"name": "350.org/join"}, "name", LINKS),
    ({"name": "www.example.org"}, "name", LINKS),
    ({"name": "Join example.org today"}, "name", LINKS),
    ({"name": "branch@example.org"}, "name", LINKS),
    ({"name": "branch@example"}, "name", LINKS),
    ({"parent": "https://example.org"}, "parent", LINKS),
    ({"name": "=HYPERLINK(1)"}, "name", "can’t begin with"),
    ({"name": "Exam\u202eple"}, "name", "direction of writing"),
    ({"name": "Exam\u200bple"}, "name", UNSEEN),
    ({"name": "Two\nlines"}, "name", "line break"),
    ({"kind": "company"}, "kind", CHOOSE),
    ({"parent": "E" * 101}, "parent", LONG.format(100)),
    ({"region": "E" * 101}, "region", LONG.format(100)),
    ({"code": "E" * 41}, "code", LONG.format(40)),
    ({"area": "E" * 101}, "area", LONG.format(100)),
    ({"area": "www.example.org"}, "area", LINKS),
    ({"web_address": "ftp://example.org"}, "web_address", "Write a web address"),
    ({"web_address": "javascript:alert(1)"}, "web_address", "Write a web address"),
    ({"web_address": "https://olive@example.org"}, "web_address", "Write a web address"),
    ({"web_address": "example"}, "web_address", "Write a web address"),
    ({"web_address": "https://example.org/" + "a" * 200}, "web_address", LONG.format(200)),
    ({"members": "0"}, "members", "above 0"),
    ({"members": "-3"}, "members", DIGITS),
    ({"members": "many"}, "members", DIGITS),
    ({"members": "9" * 12}, "members", HIGH.format(asked.MOST_MEMBERS)),
    ({"members_on": TOMORROW}, "members_on", "still to come"),
    ({"members_on": "2026-02-30"}, "members_on", "no such day"),
    ({"members_source": "E" * 201}, "members_source", LONG.format(200)),
    # the decision
    ({"decided": "a vote"}, "decided", CHOOSE),
    ({"met_on": TOMORROW}, "met_on", "still to come"),
    ({"met_on": "1899-12-31"}, "met_on", "Is the year 1899 right?"),
    ({"met_on": "last week"}, "met_on", DAY),
    ({"met_on": "31/02/2026"}, "met_on", "no such day"),
    ({"met_how": "by post"}, "met_how", CHOOSE),
    ({"quorum": "maybe"}, "quorum", CHOOSE),
    ({"present": "3.5"}, "present", DIGITS),
    ({"present": "10000001"}, "present", HIGH.format(10_000_000)),
    ({"votes_for": "²"}, "votes_for", DIGITS),
    ({"votes_against": "9" * 13}, "votes_against", DIGITS),
    ({"abstained": "none"}, "abstained", DIGITS),
    ({"present": "5", "votes_for": "3", "votes_against": "2", "abstained": "1"}, "present", "More votes"),
    ({"present": "0", "votes_for": "1"}, "present", "More votes"),
    ({"motion": "E" * 20_001}, "motion", LONG.format(20_000)),
    ({"motion": "Exam\u202eple"}, "motion", "direction of writing"),
    # the officers
    ({"officer_name": "E" * 101}, "officer_name", LONG.format(100)),
    ({"officer_name": "0000"}, "officer_name", "at least one letter"),
    ({"officer_role": "E" * 101}, "officer_role", LONG.format(100)),
    ({"officer_email": "olive"}, "officer_email", "has no @"),
    ({"officer_email": f"{'e' * 250}@example.org"}, "officer_email", "too long"),
    ({"officer_phone": "call me"}, "officer_phone", "phone number in digits"),
    ({"officer_phone": "0" * 41}, "officer_phone", LONG.format(40)),
    ({"second_name": "Otto Example"}, "second_email", "second officer’s e-mail address too"),
    ({"second_role": "Chair"}, "second_email", "second officer’s e-mail address too"),
    ({"second_role": "Chair"}, "second_name", "second officer’s name too"),
    ({"second_email": "otto@example.org"}, "second_name", "second officer’s name too"),
    ({"second_name": "Otto", "second_email": "otto"}, "second_email", "has no @"),
    ({"second_name": "E" * 101, "second_email": "otto@example.org"}, "second_name", LONG.format(100)),
    ({"second_name": "Otto", "second_email": "OLIVE@EXAMPLE.ORG"}, "second_email", "your own mailbox"),
    (
        {
            "officer_email": "olive.example@gmail.com",
            "second_name": "Otto",
            "second_email": "oliveexample+chair@googlemail.com",
        },
        "second_email",
        "your own mailbox",
    ),
    # how it is listed, and the rest
    ({"wording": "E" * 201}, "wording", LONG.format(200)),
    ({"wording": "see https://example.org"}, "wording", LINKS),
    ({"note": "E" * 2001}, "note", LONG.format(2000)),
    ({"note": "\u2066"}, "note", "direction of writing"),
]


async def test_each_has_its_sentence_at_its_field_and_in_the_summary_and_nothing_is_written(
    site, client, owner
):
    statement = await makers.statement(site)
    stamp = makers.stamp_of((await client.get(f"/{statement.slug}/endorse")).text)
    for fields, field, sentence in BAD:
        case = (str(fields)[:80], field)
        answer = await makers.endorse(client, statement, stamp=stamp, **fields)
        assert answer.status_code == 422, case
        page = html.unescape(answer.text)
        at_field = re.search(rf'(?s)<p class="problem" id="problem-{field}">(.*?)</p>', page)
        assert at_field, case
        assert sentence in at_field[1], case
        summary = page[page.index('id="problems"') : page.index("<form")]
        assert f'href="#field-{field}"' in summary, case
        assert f'id="field-{field}"' in page, case
        assert re.search(rf'aria-describedby="[^"]*problem-{field}"', page), case
        for typed in fields.values():
            assert not typed.strip() or typed in page or field in ("kind", "decided", "met_how", "quorum"), (
                case
            )
    assert await nothing_written(owner)


async def test_the_trap_takes_programs(site, client, owner):
    statement = await makers.statement(site)
    answer = await makers.endorse(client, statement, website="https://example.org")
    assert answer.status_code == 422
    assert "it is there to stop programs" in makers.visible(answer.text)
    assert await nothing_written(owner)


async def test_edges_that_are_fine(site, client, owner):
    statement = await makers.statement(site)
    fine = [
        {"members": "1"},
        {"members": "500 000 000"},
        {"members_source": "Only told from where"},
        {"present": "6", "votes_for": "3", "votes_against": "2", "abstained": "1"},
        {"votes_for": "10000000", "votes_against": "10000000", "abstained": "10000000"},
        {"present": "0", "quorum": "no"},
        {"met_on": "1900-01-01"},
        {"met_on": datetime.now(UTC).date().isoformat()},
        {"motion": "é" * 20_000, "note": "日" * 2000},
        {"name": "Ö" * 100, "parent": "Ü" * 100},
        {"second_name": "Otto", "second_email": "olive+chair@example.org"},  # elsewhere another mailbox
        {"name": "ver.di Ortsverein Beispielstadt"},
        {"name": "Unite LE/1228 4567"},
        {"name": "Union (UK) 2025-2026"},
        {"name": "RMT Branch 2026/01/02"},
        {"name": "350.org", "parent": "350.org"},
        {"name": "1199"},
    ]
    for fields in fine:
        assert (await makers.endorse(client, statement, **fields)).status_code == 303, str(fields)[:80]
    assert await owner.fetchval("select count(*) from endorsements") == len(fine)


@pytest.mark.parametrize(
    ("fields", "status"),
    [([("name", "A"), ("name", "B")], 400), ([("name", "\0")], 400), ([("x", "y")] * 101, 413), ([], 400)],
    ids=["twice", "null byte", "too many", "empty"],
)
async def test_what_no_page_of_ours_sends_is_refused(site, client, owner, fields, status):
    statement = await makers.statement(site)
    parts = [f'name="{name}"\r\n\r\n{value}\r\n' for name, value in fields]
    body = "".join(f"--x\r\nContent-Disposition: form-data; {part}" for part in parts) + "--x--\r\n"
    answer = await client.post(
        f"/{statement.slug}/endorse",
        content=body.encode() if fields else b"x",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == status
    assert await nothing_written(owner)


NAMES = [one.name for one in asked.ALL]
NAMES += [
    "consent_logo",
    "consent_mail",
    "stamp",
    "submission",
    "minutes_kept",
    "minutes_name",
    "minutes_drop",
]
NAMES += ["logo_kept", "logo_name", "logo_drop"]
NUMBERS = some.integers(0, 10**13).map(str)
DAYS = some.dates(date(1890, 1, 1), date(2200, 1, 1)).map(date.isoformat)
TYPED = some.one_of(
    some.text(some.characters(codec="utf-8", exclude_characters="\0"), max_size=60),
    NUMBERS,
    DAYS,
    some.sampled_from(
        ["yes", "no", "other", "both", "a@example.org", "https://example.org/é", "x.y.z", "2" * 300]
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    some.dictionaries(some.sampled_from(NAMES), TYPED, max_size=12), some.sampled_from([b"", PDF, b"GIF89a"])
)
@example({"present": "3", "votes_for": "1", "members": "2147483647", "officer_email": "ä@exämple.org"}, b"")
async def test_nothing_that_can_be_typed_makes_it_fail_or_half_write(client, owner, made, typed, content):
    statement, stamp = await made()
    files = {"minutes": ("é.pdf", content)} if content else {}
    answer = await makers.endorse(client, statement, files=files, **{"stamp": stamp, **typed})
    assert answer.status_code in (303, 422)
    halves = """select count(*) from endorsements e full join outbox o on o.subject_id = e.id
                full join attempt_origins a on a.id = e.id where e.id is null or o.id is null or a.id is null"""
    assert await owner.fetchval(halves) == 0
    await owner.execute("truncate throttle")


@pytest.fixture
def made(site, client):
    """`await made()`: the same statement each time, with its stamp."""
    kept = []

    async def make():
        if not kept:
            statement = await makers.statement(site)
            page = await client.get(f"/{statement.slug}/endorse")
            kept.append((statement, makers.stamp_of(page.text)))
        return kept[0]

    return make


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.dictionaries(some.sampled_from(NAMES), TYPED))
async def test_what_will_do_is_the_same_when_it_is_read_a_second_time(site, made, typed):
    statement, _ = await made()
    texts = await statements.officers_consents(site, statement)
    base = {"name": "A", "kind": "other", "decided": "committee", "officer_name": "O", "officer_role": "R"}
    base |= {"officer_email": "o@example.org"}
    today = date(2026, 6, 1)
    form = forms.read(forms.blank(statement, texts, ""), {**base, **typed}, today=today)
    if not form.problems:
        again = forms.read(forms.blank(statement, texts, ""), {**base, **typed, **form.values}, today=today)
        assert forms.facts(again) == forms.facts(form)
