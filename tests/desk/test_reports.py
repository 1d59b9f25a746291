"""The queue of reports: what is reported as it is now, done or dismissed, the reply's letter, and the way back."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
import pytest
import pytest_asyncio

from petitions.reports import actions
from tests import makers
from tests.comments import said
from tests.comments.said import WORDS
from tests.desk.people import sit
from tests.endorsements import rows
from tests.reports import telling

BEA = "bea@example.org"


@pytest_asyncio.fixture
async def campaign(site: Any) -> Any:
    return await makers.campaign(site)


@pytest_asyncio.fixture
async def statement(site: Any, postbox: Any, campaign: Any) -> Any:
    """With a name and a comment that are public."""
    statement = await said.statement(site, campaign)
    await said.say(site, postbox, statement)
    async with await sit(site, campaign, "moderator") as desk:
        await said.judge(desk, statement, "approved")
    return statement


@pytest_asyncio.fixture
async def desk(site: Any, campaign: Any) -> Any:
    async with await sit(site, campaign, "moderator") as client:
        yield client


def path(statement: Any) -> str:
    return f"/organise/{statement.campaign_slug}/{statement.slug}/reports"


async def act(desk: httpx.AsyncClient, owner: Any, statement: Any, act: str, **typed: str) -> httpx.Response:
    """Press a button of the one report: end, back or decline-comment; with what its forms carry along."""
    id = await owner.fetchval("select id from reports")
    return await desk.post(f"{path(statement)}/{id}/{act}", data={"state": "waiting", **typed})


async def test_moderators_see_what_is_reported_as_it_is_now_and_nobody_below_them_does(
    site, client, statement, campaign, desk, owner
):
    await rows.accepted(owner, statement, name="Exampleton Branch")
    for what in ("statement", "name", "comment", "endorsement"):
        await telling.report(client, statement, what, words=f"About the {what}")
    page = makers.visible((await desk.get(path(statement))).text).replace(" :", ":")
    for what in ("statement", "name", "comment", "endorsement"):
        assert f"About the {what}" in page
    for fact in ("Name: Ada Example counts", "Endorsement: Exampleton Branch public", WORDS, statement.title):
        assert fact in page
    await owner.execute("update signatures set state = 'held'")
    await owner.execute("update endorsements set state = 'withdrawn'")
    page = makers.visible((await desk.get(path(statement))).text)
    assert "Ada Example held back" in page
    assert "Exampleton Branch withdrawn" in page
    for role, status in (("owner", 200), ("organiser", 200), ("reader", 403), ("stall", 403)):
        async with await sit(site, campaign, role) as other:
            assert (await other.get(path(statement))).status_code == status
            if status == 403:
                assert (await act(other, owner, statement, "end", verdict="done")).status_code == 403


async def test_the_words_of_visitors_stand_as_words(client, statement, desk):
    await telling.report(client, statement, words="<b>bold</b> & more")
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in (await desk.get(path(statement))).text


async def test_a_reported_comment_goes_from_the_page_by_one_button_and_the_report_waits_on(
    client, statement, desk, owner
):
    await telling.report(client, statement, "comment", reason="insult")
    page = (await desk.get(path(statement))).text
    form = re.search(r'<form[^>]*decline-comment"[^>]*>(.*?)</form>', page, re.S)[1]
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    answer = await act(desk, owner, statement, "decline-comment", **sent)
    assert answer.status_code == 303
    assert WORDS not in (await client.get(f"/{statement.slug}")).text
    assert await owner.fetchval("select state from reports") == "waiting"
    assert "not shown" in makers.visible((await desk.get(answer.headers["location"])).text)


async def test_the_button_takes_the_comment_that_its_report_is_about_and_no_other(
    client, statement, desk, owner
):
    await telling.report(client, statement, "name")
    digest = await owner.fetchval("select encode(digest, 'hex') from comments")
    sent = {
        "comment": str(await owner.fetchval("select id from comments")),
        "digest": digest,
        "was": "approved",
    }
    assert (await act(desk, owner, statement, "decline-comment", **sent)).status_code == 404
    nobodys = f"{path(statement)}/{makers.nobody()}/decline-comment"
    assert (await desk.post(nobodys, data=sent)).status_code == 404
    assert await owner.fetchval("select state from comments") == "approved"


async def test_a_reply_goes_by_letter_after_ten_minutes_with_none_of_the_visitors_words(
    client, statement, desk, owner, postbox
):
    await telling.report(client, statement, "name", words="Not-to-be-quoted", email=BEA)
    answer = await act(
        desk, owner, statement, "end", verdict="done", reply="We have taken the name off.\n\nThank you."
    )
    assert "done=answered" in answer.headers["location"]
    await postbox.settle()
    assert not postbox.to(BEA)
    await owner.execute("update reports set ended_at = ended_at - interval '11 minutes'")
    await owner.execute("update outbox set not_before = now() where state = 'deferred'")
    await postbox.settle()
    (letter,) = postbox.to(BEA)
    assert letter.subject == f"About your report: {statement.title}"
    assert "We have taken the name off." in letter.text
    assert "Thank you." in letter.html
    for private in ("Not-to-be-quoted", "Ada"):
        assert private not in letter.text + letter.html
    assert await owner.fetchval("select told_at is not null from reports")
    late = await act(desk, owner, statement, "back")
    assert late.status_code == 409
    assert "can’t be taken back" in late.text.replace("&#39;", "’").replace("'", "’")
    assert "the reply went" in (await desk.get(f"{path(statement)}?state=ended")).text


async def test_until_then_it_is_taken_back_and_no_letter_goes(client, statement, desk, owner, postbox):
    await telling.report(client, statement, email=BEA)
    await act(desk, owner, statement, "end", verdict="dismissed", reply="Wrong button")
    await postbox.settle()  # the worker has put it off
    page = (await desk.get(path(statement))).text
    assert "Your last one is dismissed" in page
    assert (await act(desk, owner, statement, "back")).status_code == 303
    await owner.execute("update outbox set not_before = now() where state = 'deferred'")
    await postbox.settle()
    assert not postbox.to(BEA)
    row = await owner.fetchrow("select state, reply, actor, ended_at from reports")
    assert tuple(row) == ("waiting", "Wrong button", "", None)
    assert ">\nWrong button</textarea>" in (await desk.get(path(statement))).text
    acts = [
        line["act"]
        for line in await owner.fetch("select act from audit where act ~ '^report' order by happened_at, id")
    ]
    assert acts == ["report dismiss", "report undo"]


async def test_a_letter_that_is_just_leaving_is_not_taken_back(client, statement, desk, owner):
    await telling.report(client, statement, email=BEA)
    await act(desk, owner, statement, "end", verdict="done", reply="On its way")
    await owner.execute(
        "update outbox set claimed_until = now() + interval '5 minutes' where kind = 'report answered'"
    )
    assert (await act(desk, owner, statement, "back")).status_code == 409
    assert await owner.fetchval("select state from reports") == "done"
    assert await owner.fetchval("select count(*) from outbox where kind = 'report answered'") == 1


@pytest.mark.parametrize("why", ["suppressed", "over the cap"])
async def test_who_wants_no_such_letters_gets_none_and_caps_hold(
    site, client, statement, desk, owner, postbox, why
):
    if why == "suppressed":
        await makers.suppressed(site, statement, BEA)
    else:
        for _ in range(3):
            await makers.sign(client, await makers.statement(site), email=BEA)
            await postbox.settle()
    postbox.clear()
    await telling.report(client, statement, email=BEA)
    await act(desk, owner, statement, "end", verdict="done", reply="Seen")
    await owner.execute("update reports set ended_at = ended_at - interval '11 minutes'")
    await postbox.settle()
    assert not postbox.to(BEA)
    state = await owner.fetchval("select state from outbox where kind = 'report answered'")
    assert state == ("dropped" if why == "suppressed" else "deferred")


async def test_without_an_address_what_is_typed_stays_as_the_teams_note(
    client, statement, desk, owner, postbox
):
    await telling.report(client, statement)
    answer = await act(desk, owner, statement, "end", verdict="dismissed", reply="It is satire.")
    assert "done=dismissed" in answer.headers["location"]
    assert not await owner.fetchval("select count(*) from outbox where kind = 'report answered'")
    page = (await desk.get(f"{path(statement)}?state=ended")).text
    assert "It is satire." in page
    assert "Orla Example" in page  # who did it
    assert (await act(desk, owner, statement, "back")).status_code == 303


async def test_the_audit_holds_what_was_done_and_no_words(client, statement, desk, owner):
    await telling.report(client, statement, "name", words="Visitors words", email=BEA)
    await act(desk, owner, statement, "end", verdict="done", reply="Organisers words")
    line = await owner.fetchrow("select * from audit where act = 'report done'")
    id = str(await owner.fetchval("select id from reports"))
    assert json.loads(line["details"]) == {"report": id, "subject": "name", "answered": True}
    assert line["statement_id"] == statement.id
    assert "ords" not in str(dict(line))


async def test_two_who_end_it_at_once_are_one_end_and_one_letter(
    site, campaign, client, statement, desk, owner
):
    await telling.report(client, statement, email=BEA)
    async with await sit(site, campaign, "organiser") as other:
        end = f"{path(statement)}/{await owner.fetchval('select id from reports')}/end"
        answers = await asyncio.gather(
            desk.post(end, data={"verdict": "done", "reply": "One"}),
            other.post(end, data={"verdict": "done", "reply": "Two"}),
        )
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert "Somebody else has dealt with this report" in refused.text
    assert await owner.fetchval("select count(*) from outbox where kind = 'report answered'") == 1


async def test_a_reply_that_will_not_do_is_drawn_again_as_typed(client, statement, desk, owner):
    await telling.report(client, statement, email=BEA)
    for reply in ("x" * 2001, "Turned \u202e around"):
        answer = await act(desk, owner, statement, "end", verdict="done", reply=reply)
        assert answer.status_code == 422
        assert reply in answer.text
        assert 'role="alert"' in answer.text
        problem = re.search(r'href="#(field-reply-[^"]+)"', answer.text)[1]
        assert f'id="{problem}"' in answer.text
    assert await owner.fetchval("select state from reports") == "waiting"


async def test_the_same_reported_again_keeps_an_ended_one_from_coming_back(client, statement, desk, owner):
    await telling.report(client, statement, words="Same")
    first = await owner.fetchval("select id from reports")
    await act(desk, owner, statement, "end", verdict="done")
    await telling.report(client, statement, words="Same")
    assert await owner.fetchval("select count(*) from reports") == 2
    answer = await desk.post(f"{path(statement)}/{first}/back", data={"state": "ended"})
    assert answer.status_code == 409
    assert "reported again since" in answer.text


async def test_another_campaigns_reports_are_not_there(site, client, statement, owner):
    await telling.report(client, statement, "comment", email=BEA)
    elsewhere = await makers.campaign(site)
    theirs = await said.statement(site, elsewhere)
    signature = await owner.fetchrow("select id, encode(digest, 'hex') as digest from comments")
    comment = {"digest": signature["digest"], "was": "approved"}
    async with await sit(site, elsewhere, "owner") as stranger:
        assert (await stranger.get(path(statement))).status_code == 404
        for where in (statement, theirs):
            for button, typed in (("end", {"verdict": "done"}), ("back", {}), ("decline-comment", comment)):
                assert (await act(stranger, owner, where, button, **typed)).status_code == 404
    assert await owner.fetchval("select state from reports") == "waiting"
    assert await owner.fetchval("select state from comments") == "approved"


async def test_nonsense_ends_nothing(client, statement, desk, owner):
    await telling.report(client, statement)
    for typed in ({"a": "b"}, {"verdict": "waiting"}, {"verdict": "x"}, {"verdict": "done", "state": "x"}):
        assert (await act(desk, owner, statement, "end", **typed)).status_code == 404
    for button in ("end", "back"):
        answer = await desk.post(f"{path(statement)}/{makers.nobody()}/{button}", data={"verdict": "done"})
        assert answer.status_code == 404
    assert await owner.fetchval("select state from reports") == "waiting"


async def test_what_ended_by_itself_says_so_and_does_not_come_back(site, client, statement, desk, owner):
    await telling.report(client, statement, "name")
    await owner.execute(
        "update signatures set erased_at = now(), address_key = null, name = null, email = null, answers = null"
    )
    await actions.tend(site)
    page = (await desk.get(f"{path(statement)}?state=ended")).text
    assert "by itself" in page
    assert "Put back" not in page


async def test_the_overview_and_the_daily_letter_tell_of_reports(
    site, client, statement, campaign, desk, postbox
):
    from petitions.desk import waiting

    await telling.report(client, statement, words="Not-to-be-quoted", email=BEA)
    assert "reports: 1" in makers.visible((await desk.get(f"/organise/{campaign.slug}")).text)
    await waiting.tell(site)
    (letter,) = [one for one in await postbox.settle() if one.to == "contact@example.org"]
    assert f"{path(statement)}" in letter.text
    assert "Not-to-be-quoted" not in letter.text + letter.html
