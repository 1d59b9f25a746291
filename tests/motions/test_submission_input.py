"""Whatever is typed into the forms of the pipeline: a sentence and the form as typed, never a crash."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import makers
from tests.motions import putting

SOME = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


@pytest.fixture
async def statement(site):
    return await makers.statement(site)


@pytest.fixture
async def motion(site, statement):
    return await putting.motion(site, statement)


BAD = [
    ("name", ""),
    ("name", "x" * 101),
    ("name", "Branch www.example.com"),
    ("name", "Branch \u202e turned"),
    ("name", "Branch a@b.c"),
    ("name", "Ring 020 7946 0000"),
    ("kind", ""),
    ("kind", "royal court"),
    ("parent", "https://example.com"),
    ("area", "x" * 101),
    ("meets_on", ""),
    ("meets_on", "soon"),
    ("meets_on", "2027-02-30"),
    ("meets_on", putting.day(-1)),
    ("meets_on", putting.day(732)),
    ("meets_on", putting.day(19)),
    ("cut_off_on", putting.day(31)),
    ("cut_off_on", "31.02.2027"),
    ("cut_off_on", putting.day(-1)),
    ("officer_name", ""),
    ("officer_name", "=1+1"),
    ("officer_email", ""),
    ("officer_email", "olu"),
    ("officer_email", "olu@example.org, ann@example.org"),
    ("officer_role", "x" * 101),
    ("website", "https://spam.example"),
    ("stamp", ""),
    ("stamp", "1.abc"),
]


async def test_each_bad_field_is_told_and_keeps_the_rest(client, owner, statement, motion):
    stamp = makers.stamp_of((await client.get(putting.path(statement, motion))).text)
    for field, value in BAD:
        page = await putting.submit(client, statement, motion, **{"stamp": stamp, field: value})
        assert page.status_code == 422, (field, value)
        assert 'role="alert"' in page.text
        assert field in ("website", "stamp") or f'id="problem-{field}"' in page.text or field == "meets_on"
        kept = {"name", "officer_name", "officer_email", "meets_on", "cut_off_on"} - {field}
        assert [name for name in kept if escape(putting.typed()[name]) not in page.text] == []
        assert 'name="wants_speaker" value="yes" checked' in page.text
    assert await putting.state(owner) == []
    assert await owner.fetchval("select count(*) from outbox") == 0


async def test_today_and_two_years_ahead_are_taken(client, owner, statement, motion):
    for meets in (0, 731):
        answer = await putting.submit(client, statement, motion, meets_on=putting.day(meets), cut_off_on="")
        assert answer.status_code == 303
    assert len(await putting.state(owner)) == 2


async def test_motions_may_be_put_today_where_they_are_taken_until_today(client, owner, statement, motion):
    answer = await putting.submit(client, statement, motion, cut_off_on=putting.day(0))
    assert answer.status_code == 303


async def test_the_address_names_a_motion_and_perhaps_a_kind(client, statement, motion):
    where = putting.path(statement, motion)
    page = await client.get(f"{where}?kind=trades+council")
    assert '<option value="trades council" selected>' in page.text
    assert "selected" not in (await client.get(f"{where}?kind=nonsense")).text
    wrong = await client.get(where, params={"name": "www.example.com", "meets_on": "soon", "pick-x": "<1>"})
    assert wrong.status_code == 200
    assert 'role="alert"' not in wrong.text
    assert 'value="www.example.com"' in wrong.text
    nothing = f"/{statement.slug}/motions/nothing/submit"
    assert (await client.get(nothing)).status_code == 404
    assert (await client.post(nothing, data={"a": "b"})).status_code == 404


@SOME
@given(
    over=st.dictionaries(
        st.sampled_from(
            ["name", "kind", "parent", "area", "meets_on", "cut_off_on", "officer_name", "officer_role",
             "officer_email", "wants_speaker", "wants_coach", "website", "stamp"]
        ),
        TEXT,
        max_size=5,
    )
)  # fmt: skip
async def test_no_typed_thing_breaks_the_form(client, statement, motion, over):
    assert (await putting.submit(client, statement, motion, **over)).status_code in (303, 422)


@pytest.fixture
async def outcome(client, postbox, statement, motion) -> str:
    return await putting.announced(client, postbox, statement, motion)


@SOME
@given(meets=TEXT, last=TEXT)
async def test_no_typed_thing_breaks_the_days_of_a_meeting(client, outcome, meets, last):
    answer = await client.post(f"{outcome}/days", data={"meets_on": meets, "cut_off_on": last})
    assert answer.status_code == 422


@SOME
@given(said=st.one_of(TEXT, st.sampled_from(["amended", "passed", "fell"])), words=TEXT)
async def test_no_typed_thing_breaks_the_outcome_page(client, outcome, said, words):
    answer = await client.post(outcome, data={"outcome": said, "amended": words})
    assert answer.status_code in (303, 422)
    assert (await client.get(outcome)).status_code == 200
