"""“Report this”: of what is public alone, without any effect of its own, the same answer for all."""

from __future__ import annotations

import re
from typing import Any

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions.reports import REASONS, SUBJECTS, actions, reasons
from tests import makers
from tests.comments import said
from tests.conftest import browser
from tests.desk.people import sit
from tests.endorsements import rows
from tests.reports import telling


@pytest_asyncio.fixture
async def statement(site: Any, postbox: Any) -> Any:
    """With a name and a comment that are public."""
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    campaign = await site.store.campaigns.find(slug=statement.campaign_slug)
    async with await sit(site, campaign, "moderator") as desk:
        await said.judge(desk, statement, "approved")
    return statement


async def endorsed(site: Any, owner: Any, statement: Any) -> Any:
    await rows.accepted(owner, statement, name="Exampleton Branch")
    return statement


async def test_a_report_waits_and_changes_nothing_that_anybody_sees(client, statement, owner):
    before = [(await client.get(f"/{statement.slug}{path}")).text for path in ("/signatories", "/comments")]
    answer = await telling.report(client, statement, "comment", reason="insult", words="It shouts.")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/{statement.slug}/reported"
    assert "Thank you for telling us" in (await client.get(answer.headers["location"])).text
    row = await owner.fetchrow("select * from reports")
    assert (row["subject"], row["reason"], row["words"], row["state"]) == (
        "comment",
        "insult",
        "It shouts.",
        "waiting",
    )
    assert row["subject_id"] == await owner.fetchval("select id from signatures")
    assert row["email"] is None
    after = [(await client.get(f"/{statement.slug}{path}")).text for path in ("/signatories", "/comments")]
    assert before == after


async def test_names_comments_endorsements_and_statements_have_a_link_each(client, statement, site, owner):
    await endorsed(site, owner, statement)
    for what in SUBJECTS:
        assert (await telling.report(client, statement, what)).status_code == 303
    told = await owner.fetch("select subject, subject_id from reports order by subject")
    assert [row["subject"] for row in told] == sorted(SUBJECTS)
    endorsement = await owner.fetchval("select id from endorsements")
    assert {row["subject"]: row["subject_id"] for row in told}["endorsement"] == endorsement


async def test_no_link_carries_anything_personal_nor_when_somebody_signed(client, statement, owner):
    row = await owner.fetchrow("select * from signatures")
    for what in ("name", "comment"):
        link = await telling.link(client, statement, what)
        page = (await client.get(link)).text
        for private in (str(row["id"]), row["email"]):
            assert private not in link + page
        assert "Ada" not in link
        assert 'content="noindex"' in page


NOT_PUBLIC = [
    "what=name&id=999",
    "what=name&id=-1",
    "what=name&id=%C2%B2",
    "what=name&id=99999999999999999999",
    "what=name",
    "what=comment&id=1",
    "what=comment&id=00000000-0000-0000-0000-000000000000",
    "what=endorsement&id=00000000-0000-0000-0000-000000000000",
    "what=signature&id=1",
    "what=statement&id=1",
    "what=",
]


async def test_what_is_not_public_is_not_found(client, statement, owner):
    for query in NOT_PUBLIC:
        await owner.execute("delete from throttle")
        assert (await client.get(f"/{statement.slug}/report?{query}")).status_code == 404
        form = dict(part.split("=") for part in f"{query}&reason=spam&id=".split("&")[:3])
        assert (await client.post(f"/{statement.slug}/report", data=form)).status_code == 404
    assert not await owner.fetchval("select count(*) from reports")


async def test_what_has_left_the_public_cannot_be_reported_any_more(client, statement, owner):
    name, comment = [await telling.link(client, statement, what) for what in ("name", "comment")]
    for move in ("unlisted = true", "state = 'held'", "state = 'withdrawn', withdrawn_at = now()"):
        await owner.execute(f"update signatures set {move}")
        assert (await client.get(name)).status_code == 404
        assert (await client.get(comment)).status_code == 404
        await owner.execute(
            "update signatures set state = 'confirmed', withdrawn_at = null, unlisted = false"
        )
    await owner.execute("update signatures set display = 'hidden'")
    assert (await client.get(name)).status_code == 404
    assert (await client.get(comment)).status_code == 200  # without the name


async def test_another_statements_name_is_not_this_ones(client, statement, site):
    other = await said.statement(site)
    mark = (await telling.link(client, statement, "comment")).split("?")[1]
    assert (await client.get(f"/{other.slug}/report?{mark}")).status_code == 404
    assert (await client.get(f"/{other.slug}/report?what=name&id=1")).status_code == 404


async def test_the_same_said_twice_is_one_and_answered_alike(client, statement, owner):
    first = await telling.report(client, statement, "name", words="Not a person.")
    again = await telling.report(client, statement, "name", words="Not a person.")
    assert (first.status_code, first.headers["location"]) == (again.status_code, again.headers["location"])
    assert await owner.fetchval("select count(*) from reports") == 1
    await telling.report(client, statement, "name", words="Not a person.", email="bea@example.org")
    await telling.report(client, statement, "name", words="Not a person.", email="cem@example.org")
    assert await owner.fetchval("select count(*) from reports") == 3  # each wants an answer


async def test_each_reason_stands_where_it_fits(client, statement, site, owner):
    await endorsed(site, owner, statement)
    for what in SUBJECTS:
        page = (await client.get(await telling.link(client, statement, what))).text
        offered = re.findall(r'type="radio"[^>]* value="([^"]+)"', page)
        assert offered == reasons(what)
    assert {reason for what in SUBJECTS for reason in reasons(what)} == set(REASONS)
    answer = await telling.report(client, statement, "statement", reason="not me")
    assert answer.status_code == 422


WRONG = [
    ({"reason": ""}, "Choose what is wrong."),
    ({"reason": "nonsense"}, "Choose one of the answers."),
    ({"reason": "else"}, "Say in a few words what is wrong."),
    ({"words": "x" * 2001}, "2000 characters at most"),
    ({"email": "nobody"}, "e-mail address"),
    ({"website": "filled"}, "it is there to stop programs"),
]


async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(client, statement, owner):
    for typed, sentence in WRONG:
        await owner.execute("delete from throttle")
        kept = {"words": "Kept words", "email": "bea@example.org"} if typed != {"reason": "else"} else {}
        answer = await telling.report(client, statement, "name", **{**kept, **typed})
        assert answer.status_code == 422
        assert sentence in makers.visible(answer.text)
        assert 'role="alert"' in answer.text
        assert all(value in answer.text for name, value in kept.items() if name not in typed)
    assert not await owner.fetchval("select count(*) from reports")


async def test_who_finds_their_own_name_is_told_the_quicker_ways(client, statement):
    page = makers.visible((await client.get(await telling.link(client, statement, "name"))).text)
    assert "let us mail you the link to “My signature”" in page
    assert "This wasn’t me" in page
    assert "Is it your name" not in (await client.get(f"/{statement.slug}/report")).text


async def test_a_flood_from_one_connection_is_held_up_with_the_form_kept(site, statement):
    async with browser(site, peer="192.0.2.7") as flood:
        answers = [await telling.report(flood, statement, words=f"Report {number}") for number in range(11)]
    assert [one.status_code for one in answers[:10]] == [303] * 10
    assert answers[10].status_code == 429
    assert "Report 10" in answers[10].text


async def test_drafts_have_nothing_to_report_and_closed_ones_have(site, client, statement):
    draft = await makers.statement(site, open=False)
    assert (await client.get(f"/{draft.slug}/report")).status_code == 404
    assert (await client.get(f"/{draft.slug}/reported")).status_code == 404
    await makers.close(site, statement)
    assert (await telling.report(client, statement)).status_code == 303


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    form=st.dictionaries(
        st.sampled_from(["what", "id", "reason", "words", "email", "website", "state", "subject_id"]),
        st.one_of(st.sampled_from(["name", "statement", "comment", "spam", "1", ""]), st.text(max_size=30)),
    )
)
async def test_whatever_is_sent_is_answered(site, statement, owner, form):
    await owner.execute("delete from throttle")
    async with browser(site) as client:
        answer = await client.post(f"/{statement.slug}/report", data=form)
    assert answer.status_code in (303, 400, 404, 415, 422)
    assert not await owner.fetchval(
        "select count(*) from reports where state <> 'waiting' or reason <> all ($1)", [*REASONS]
    )


# ── what is kept, and how long


async def ended(owner: Any, ago: str) -> None:
    await owner.execute(
        "update reports set state = 'done', ended_at = now() - $1::text::interval, reply = 'Seen.'", ago
    )


async def test_the_address_goes_thirty_days_after_the_end(client, statement, site, owner):
    await telling.report(client, statement, "name", words="Words", email="bea@example.org")
    await actions.tend(site)
    await ended(owner, "29 days")
    await actions.tend(site)
    assert await owner.fetchval("select email from reports") == "bea@example.org"
    await ended(owner, "31 days")
    await actions.tend(site)
    assert tuple(await owner.fetchrow("select email, address_key, words from reports")) == (
        None,
        None,
        "Words",
    )


async def test_once_a_statement_is_anonymised_nothing_that_people_wrote_about_it_is_left(
    client, statement, site, owner
):
    for email in ("bea@example.org", "cem@example.org", ""):
        await telling.report(client, statement, "statement", words="About a person", email=email)
    await owner.execute(
        "update statements set state = 'closed', closed_at = now() - interval '1 year', anonymised_at = now()"
    )
    await actions.tend(site)
    left = await owner.fetch("select email, address_key, words, reply, state from reports")
    assert {tuple(row) for row in left} == {(None, None, "", "", "done")}


async def test_a_report_about_something_erased_ends_by_itself(client, statement, site, owner):
    for what in ("name", "comment"):
        await telling.report(client, statement, what)
    await actions.tend(site)
    assert await owner.fetchval("select count(*) from reports where state = 'waiting'") == 2
    await owner.execute(
        "update signatures set erased_at = now(), address_key = null, name = null, email = null, answers = null"
    )
    assert await actions.tend(site) == "2 reports ended, 0 reports lost what was personal"
    assert {tuple(row) for row in await owner.fetch("select state, actor from reports")} == {("done", "job")}
