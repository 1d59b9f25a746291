""" "How did it go?": what came of a motion, and from there to the endorsement."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from petitions.motions import actions, submissions
from petitions.motions.files import Draft
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
    given = await submissions.prefill(site, statement, token_of(answer.headers["location"]))
    assert given == {
        "name": "Exampleton branch",
        "kind": "union branch",
        "parent": "Example Union",
        "area": "Exampleton",
        "met_on": putting.day(-1),
        "decided": "branch meeting",
        "wants_speaker": "yes",
        "motion": "Exampleton branch resolves to endorse the example.\n\nOur members agree.",
    }
    page = await stranger.get(answer.headers["location"])
    assert page.status_code == 200
    for shown in ("Exampleton branch", "resolves to endorse"):
        assert shown in page.text
    for hidden in ("Olu Example", "olu@example.org"):  # the link may be handed on
        assert hidden not in page.text


async def test_amended_brings_the_text_as_it_was_passed(outcome, site, stranger, owner, statement):
    words = "We resolve:\n\n- one & <two>;\n- “three”."
    answer = await stranger.post(outcome, data={"outcome": "amended", "amended": words})
    assert answer.status_code == 303
    assert await owner.fetchval("select amended from submissions") == words
    given = await submissions.prefill(site, statement, token_of(answer.headers["location"]))
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
    {"outcome": "amended", "amended": "x" * 20_001},
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
    assert "met_on" not in await submissions.prefill(site, statement, token_of(answer.headers["location"]))


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


async def test_a_prefill_of_anything_else_is_empty(outcome, site, client, owner, statement):
    from petitions.tokens import pack

    answer = await client.post(outcome, data={"outcome": "passed"})
    token = token_of(answer.headers["location"])
    assert await submissions.prefill(site, statement, token)
    row = await owner.fetchrow("select statement_id, id from submissions")
    ids = pack(row["statement_id"], row["id"])
    bad = ["", "x", "ü" * 30, token[:-1], "a" * 600, outcome.rsplit("/", 1)[-1]]
    bad += [site.tokens.make(purpose, ids) for purpose in ("submission", "submission outcome")]
    bad += [site.tokens.make("submission prefill", pack(row["id"]))]
    assert [await submissions.prefill(site, statement, one) for one in bad] == [{}] * len(bad)
    assert await submissions.prefill(site, await makers.statement(site), token) == {}
    await client.post(outcome, data={"outcome": "fell"})
    assert await submissions.prefill(site, statement, token) == {}


async def test_after_the_details_are_gone_the_link_still_answers(outcome, site, client, owner, statement):
    answer = await client.post(outcome, data={"outcome": "amended", "amended": "As changed."})
    token = token_of(answer.headers["location"])
    await owner.execute("update statements set anonymised_at = now()")
    await submissions.erase(site)
    assert await submissions.prefill(site, statement, token) == {}
    page = await client.get(outcome)
    assert page.status_code == 200
    assert "filled in already" not in page.text
    answer = await client.post(outcome, data={"outcome": "passed"})
    assert answer.headers["location"] == f"/{statement.slug}/endorse"


async def test_texts_are_erased_with_the_officer_also_one_that_is_told_later(outcome, site, client, owner):
    for _ in range(2):
        await client.post(outcome, data={"outcome": "amended", "amended": "As changed."})
        await owner.execute("update submissions set answered_at = answered_at - interval '31 days'")
        assert await submissions.erase(site) == "details of 1 officers erased"
        row = await owner.fetchrow("select text, amended, state from submissions")
        assert tuple(row) == ("", "", "amended")
    assert (await client.get(outcome)).status_code == 200


async def test_a_long_text_in_any_script_arrives_whole_and_a_longer_one_comes_back(
    outcome, site, client, owner, statement
):
    assert 'enctype="multipart/form-data"' in (await client.get(outcome)).text
    for words, status in (("支" * 20_001, 422), ("支" * 20_000, 303)):
        answer = await client.post(outcome, files={"outcome": (None, "amended"), "amended": (None, words)})
        assert answer.status_code == status
        assert status == 303 or words in answer.text
    assert await owner.fetchval("select amended from submissions") == words
    form = await client.get(answer.headers["location"])
    assert f"{words}</textarea>" in form.text
    assert 'role="alert"' not in form.text


async def test_the_motion_as_passed_is_what_was_read_when_it_was_put(site, client, owner, postbox, statement):
    body = "[[Body]] [[link: is with A / is with nobody]].\n\n3. one on [[date]]\n3. *two*"
    motion = await putting.motion(site, statement, "picked", body=body)
    read = {"pick-link": "2", "name": "Example", "kind": "union branch", "meets_on": "15/02/2027"}
    form = await client.get(f"/{statement.slug}/motions/picked/submit", params=read)
    assert 'name="pick-link" value="2" checked' in form.text
    for shown in ('value="Example"', 'value="2027-02-15"', '<option value="union branch" selected>'):
        assert shown in form.text
    outcome = await putting.announced(client, postbox, statement, motion, **{"pick-link": "2"})
    new = Draft("picked", "An example motion", "Another text.", "")
    await actions.replace(site, statement, new, actor=makers.ACTOR)
    answer = await client.post(outcome, data={"outcome": "passed"})
    given = await submissions.prefill(site, statement, token_of(answer.headers["location"]))
    day = site.templates.environment("en").filters["date"](date.fromisoformat(putting.day(30)))
    assert given["motion"] == f"Exampleton branch is with nobody.\n\n3. one on {day}\n4. two"


async def test_a_meeting_may_be_moved_and_letters_come_for_the_new_day(
    site, client, owner, postbox, statement
):
    motion = await putting.motion(site, statement, "dated", body="On [[date]].")
    outcome = await putting.announced(client, postbox, statement, motion, cut_off_on=putting.day(3))
    assert await submissions.remind(site) == "1 reminders, 0 questions"
    moved = {"meets_on": putting.day(60), "cut_off_on": putting.day(50)}
    for wrong in (
        {"meets_on": putting.day(-1)},
        {"cut_off_on": putting.day(61)},
        {"cut_off_on": putting.day(-1)},
    ):
        page = await client.post(f"{outcome}/days", data={**moved, **wrong})
        assert page.status_code == 422
        assert 'role="alert"' in page.text
    assert (await client.post(f"{outcome}/days", data=moved)).status_code == 303
    row = await owner.fetchrow("select * from submissions")
    assert (str(row["meets_on"]), str(row["cut_off_on"])) == (moved["meets_on"], moved["cut_off_on"])
    shown = site.templates.environment("en").filters["date"](row["meets_on"])
    assert row["text"] == f"On {shown}."
    assert shown in (await client.get(outcome)).text
    postbox.clear()
    await postbox.settle()
    assert len(postbox) == 0, "the reminder of the old day"
    assert await submissions.remind(site) == "0 reminders, 0 questions"
    await putting.move(owner, -45)
    assert await submissions.remind(site) == "1 reminders, 0 questions"
    await client.post(outcome, data={"outcome": "fell"})
    await client.post(f"{outcome}/days", data={"meets_on": putting.day(9), "cut_off_on": ""})
    assert str(await owner.fetchval("select meets_on from submissions")) == putting.day(15)


async def test_of_a_closed_statement_the_question_promises_no_endorsement(outcome, site, postbox, statement):
    postbox.clear()
    await makers.close(site, statement)
    assert await submissions.remind(site) == "0 reminders, 1 questions"
    await postbox.settle()
    (letter,) = postbox
    assert "Only the organisers see your answer" in letter.text
    assert "endorsement" not in letter.text + letter.html
