""" "How did it go?": what came of a motion, and from there to the endorsement."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from petitions.motions import submissions
from tests import makers
from tests.conftest import path_of
from tests.motions import putting


@pytest.fixture
async def statement(site):
    return await makers.statement(site)


@pytest.fixture
async def motion(site, statement):
    return await putting.motion(site, statement)


@pytest.fixture
async def outcome(client, postbox, owner, statement, motion) -> str:
    """The outcome link of a meeting that was yesterday."""
    path = await putting.announced(client, postbox, statement, motion)
    await putting.move(owner, -31)
    return path


def token_of(location: str) -> str:
    return path_of(location).partition("?submission=")[2]


async def test_the_link_only_asks(outcome, stranger, owner):
    before = await makers.snapshot(owner, "submissions")
    page = await stranger.get(outcome)
    assert page.status_code == 200
    assert "no-store" in page.headers["cache-control"]
    assert "Exampleton branch" in makers.visible(page.text)
    assert "olu@" not in page.text
    assert await makers.snapshot(owner, "submissions") == before


async def test_passed_leads_to_an_endorsement_filled_in(outcome, site, stranger, owner, statement, motion):
    answer = await stranger.post(outcome, data={"outcome": "passed"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/{statement.slug}/endorse?submission=")
    assert await putting.state(owner) == ["passed"]
    given = await submissions.prefill(site, token_of(answer.headers["location"]))
    assert given == {
        "name": "Exampleton branch",
        "kind": "union branch",
        "parent": "Example Union",
        "area": "Exampleton",
        "officer_name": "Olu Example",
        "officer_role": "secretary",
        "officer_email": "olu@example.org",
        "met_on": putting.day(-1),
        "decided": "branch meeting",
        "wants_speaker": "yes",
        "motion": "Exampleton branch resolves to endorse the example.\n\nOur members agree.",
    }
    page = await stranger.get(answer.headers["location"])
    assert page.status_code == 200
    for shown in ("Exampleton branch", "Olu Example", "olu@example.org", "resolves to endorse"):
        assert shown in page.text


async def test_amended_brings_the_text_as_it_was_passed(outcome, site, stranger, owner):
    words = "We resolve:\n\n- one & <two>;\n- “three”."
    answer = await stranger.post(outcome, data={"outcome": "amended", "amended": words})
    assert answer.status_code == 303
    assert await owner.fetchval("select amended from submissions") == words
    given = await submissions.prefill(site, token_of(answer.headers["location"]))
    assert given["motion"] == words
    page = await stranger.get(outcome)
    assert "one &amp; &lt;two&gt;" in page.text
    assert "/endorse?submission=" in page.text


async def test_other_answers_are_shown_and_can_be_corrected(outcome, stranger, owner):
    for said in ("fell", "not reached", "withdrawn", "passed", "fell"):
        answer = await stranger.post(outcome, data={"outcome": said, "amended": "left over"})
        assert answer.status_code == 303
        assert await putting.state(owner) == [said]
        assert await owner.fetchval("select amended from submissions") == ""
        page = await stranger.get(outcome)
        assert page.status_code == 200
        assert ("/endorse" in page.text, answer.headers["location"] == outcome) == (
            said == "passed",
            said != "passed",
        )


async def test_who_does_not_put_it_takes_the_consent_back(outcome, stranger, owner):
    for _ in range(2):
        await stranger.post(outcome, data={"outcome": "withdrawn"})
    row = await owner.fetchrow("select * from submissions")
    personal = ("address_key", "officer_name", "officer_role", "officer_email", "consent_ids")
    assert [row[name] for name in personal] == [None] * 5
    assert await owner.fetchval("select count(*) from attempt_origins") == 0
    ledger = await owner.fetch(
        "select act, subject_id, subject_key, text_id from consents order by confirmed_at"
    )
    assert [line["act"] for line in ledger] == ["given", "withdrawn"]
    assert len({tuple(line)[1:] for line in ledger}) == 1
    assert (await stranger.get(outcome)).status_code == 200


BAD = [
    {"x": "y"},
    {"outcome": ""},
    {"outcome": "announced"},
    {"outcome": "pending"},
    {"outcome": "amended"},
    {"outcome": "amended", "amended": " \n "},
    {"outcome": "amended", "amended": "x" * 10_001},
    {"outcome": "amended", "amended": "turned \u202e round"},
]


async def test_a_bad_answer_is_told_and_changes_nothing(outcome, stranger, owner):
    for typed in BAD:
        page = await stranger.post(outcome, data=typed)
        assert page.status_code == 422, typed
        assert 'role="alert"' in page.text
        assert typed.get("amended", "") in page.text
    assert await putting.state(owner) == ["announced"]


async def test_it_can_be_said_before_the_meeting_and_then_nobody_asks(
    site, client, stranger, owner, postbox, statement, motion
):
    outcome = await putting.announced(client, postbox, statement, motion, cut_off_on=putting.day(3))
    assert await submissions.remind(site) == "1 reminders, 0 questions"
    await stranger.post(outcome, data={"outcome": "withdrawn"})
    postbox.clear()
    await postbox.settle()
    assert len(postbox) == 0, "the reminder was waiting still"
    await putting.move(owner, -31)
    assert await submissions.remind(site) == "0 reminders, 0 questions"


async def test_a_meeting_to_come_gives_the_endorsement_no_date(site, client, postbox, statement, motion):
    outcome = await putting.announced(client, postbox, statement, motion)
    answer = await client.post(outcome, data={"outcome": "passed"})
    assert "met_on" not in await submissions.prefill(site, token_of(answer.headers["location"]))


async def test_a_year_ahead_the_link_is_good_until_sixty_days_after_the_meeting(
    site, client, owner, postbox, statement, motion
):
    far = (date.today() + timedelta(days=700)).isoformat()
    outcome = await putting.announced(client, postbox, statement, motion, meets_on=far, cut_off_on="")
    await putting.move(owner, -760)
    assert (await client.post(outcome, data={"outcome": "fell"})).status_code == 303
    await putting.move(owner, -1)
    assert (await client.get(outcome)).status_code == 410
    assert (await client.post(outcome, data={"outcome": "passed"})).status_code == 410
    assert await putting.state(owner) == ["fell"]


async def test_on_a_closed_statement_it_says_so_instead(outcome, site, client, statement, owner):
    await makers.close(site, statement)
    answer = await client.post(outcome, data={"outcome": "passed"})
    assert (answer.status_code, answer.headers["location"]) == (303, outcome)
    page = await client.get(outcome)
    assert "closed" in makers.visible(page.text)
    assert "/endorse" not in page.text
    assert await putting.state(owner) == ["passed"]


async def test_a_prefill_of_anything_else_is_empty(outcome, site, client, owner):
    from petitions.tokens import pack

    answer = await client.post(outcome, data={"outcome": "passed"})
    token = token_of(answer.headers["location"])
    assert await submissions.prefill(site, token)
    row = await owner.fetchrow("select statement_id, id from submissions")
    ids = pack(row["statement_id"], row["id"])
    bad = ["", "x", "ü" * 30, token[:-1], "a" * 600, outcome.rsplit("/", 1)[-1]]
    bad += [site.tokens.make(purpose, ids) for purpose in ("submission", "submission outcome")]
    bad += [site.tokens.make("submission prefill", pack(row["id"]))]
    assert [await submissions.prefill(site, one) for one in bad] == [{}] * len(bad)
    await client.post(outcome, data={"outcome": "fell"})
    assert await submissions.prefill(site, token) == {}


async def test_after_the_details_are_gone_the_link_still_answers(outcome, site, client, owner):
    await owner.execute("update statements set anonymised_at = now()")
    await submissions.erase(site)
    assert (await client.get(outcome)).status_code == 200
    answer = await client.post(outcome, data={"outcome": "passed"})
    given = await submissions.prefill(site, token_of(answer.headers["location"]))
    assert given["officer_name"] == given["officer_email"] == ""
