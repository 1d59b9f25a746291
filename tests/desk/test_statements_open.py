"""What is done with an open statement at the desk: notes, versions, letters that ask again, dates, states, history."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest_asyncio

from petitions.signatures import reconsent
from petitions.statements import actions as statements
from tests import makers
from tests.conftest import path_of
from tests.desk.people import sit
from tests.desk.test_statements import inputs

EVIL = "Hello <script>alert(1)</script> <b>x</b>"


@pytest_asyncio.fixture
async def open_one(site):
    """The site's campaign, its open statement, an organiser's browser, and the statement's address at the desk."""
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign, text="We ask for an example.\n\nSoon.", goal=100)
    async with await sit(site, campaign, "organiser") as desk:
        yield desk, statement, f"/organise/{campaign.slug}/{statement.slug}"


async def published(desk, page, body="We ask for a *better* example.\n\nSoon.", title="", **over: str) -> Any:
    """A new version, the way people do it: the differences first."""
    form = inputs((await desk.get(f"{page}/version")).text)
    form = {**form, "body": body, **({"title": title} if title else {}), **over}
    form = inputs((await desk.post(f"{page}/version", data={**form, "do": "preview"})).text)
    return await desk.post(f"{page}/version", data={**form, "do": "publish"})


async def signed(client, postbox, statement, *names: str) -> None:
    for name in names:
        await makers.confirmed(client, postbox, statement, f"{name.title()} Example", f"{name}@example.org")


def bare(html: str) -> str:
    """Without the words that are only heard."""
    return re.sub(r'<span class="vh">[^<]*</span>', "", html)


async def acts(owner, statement) -> list[str]:
    rows = await owner.fetch(
        "select act from statement_events where statement_id = $1 order by happened_at, id", statement.id
    )
    return [row["act"] for row in rows]


async def test_a_note_is_previewed_then_added(open_one, client, owner):
    desk, statement, page = open_one
    drawn = await desk.post(f"{page}/notes", data={"body": EVIL, "do": "preview"})
    assert inputs(drawn.text)["body"] == EVIL
    assert "<script>alert" not in drawn.text
    assert await owner.fetchval("select count(*) from notes") == 0
    part = await desk.post(f"{page}/version/preview", data={"title": "<i>T</i>", "body": EVIL})
    assert "<i>" not in part.text
    assert "<script>" not in part.text
    assert (
        await desk.post(f"{page}/notes", data={"body": "Handed *over*.", "do": "save"})
    ).status_code == 303
    assert "<em>over</em>" in (await client.get(f"/{statement.slug}")).text
    for bad in ("", "x" * 10_001, "a\x07b"):
        answer = await desk.post(f"{page}/notes", data={"body": bad, "do": "save"})
        assert answer.status_code == 422
        assert inputs(answer.text)["body"] == bad.strip() or "\x07" in bad


async def test_a_version_is_published_only_once_its_differences_were_seen(open_one, client, owner):
    desk, statement, page = open_one
    form = {
        **inputs((await desk.get(f"{page}/version")).text),
        "body": "We ask for a better example.\n\nSoon.",
    }
    unseen = await desk.post(f"{page}/version", data={**form, "do": "publish"})
    assert unseen.status_code == 200
    assert "<del>" in unseen.text
    seen = inputs(unseen.text)
    altered = await desk.post(f"{page}/version", data={**seen, "body": "Something else.", "do": "publish"})
    assert altered.status_code == 200
    assert await owner.fetchval("select version from statements") == 1
    done = await desk.post(f"{page}/version", data={**seen, "do": "publish"})
    assert done.status_code == 303
    assert "a better example" in (await client.get(f"/{statement.slug}")).text


async def test_a_version_that_will_not_do_keeps_what_is_typed(open_one):
    desk, _, page = open_one
    whole = inputs((await desk.get(f"{page}/version")).text)
    for over, words in (
        ({"title": ""}, "Give it a title"),
        ({"body": " "}, "Write the text"),
        ({"body": "a\x07"}, "control character"),
    ):
        answer = await desk.post(f"{page}/version", data={**whole, **over, "do": "preview"})
        assert answer.status_code == 422
        assert words in makers.visible(answer.text)
        assert inputs(answer.text)["title"] == {**whole, **over}["title"]
    same = inputs((await desk.post(f"{page}/version", data={**whole, "do": "preview"})).text)
    answer = await desk.post(f"{page}/version", data={**same, "do": "publish"})
    assert answer.status_code == 409
    assert "nothing has changed" in makers.visible(answer.text)


async def test_of_two_who_publish_the_second_sees_the_first(open_one, site, owner):
    desk, _, page = open_one
    form = {**inputs((await desk.get(f"{page}/version")).text), "body": "My text."}
    mine = inputs((await desk.post(f"{page}/version", data={**form, "do": "preview"})).text)
    await published(desk, page, "Their text.")
    told = await desk.post(f"{page}/version", data={**mine, "do": "publish"})
    assert told.status_code == 409
    assert "published a newer version" in makers.visible(told.text)
    assert "<del>Their</del><ins>My</ins> text." in bare(told.text)
    assert inputs(told.text)["body"] == "My text."
    assert await owner.fetchval("select version from statements") == 2
    again = await desk.post(f"{page}/version", data={**inputs(told.text), "do": "publish"})
    assert again.status_code == 303
    assert await owner.fetchval("select version from statements") == 3


async def test_a_closed_statement_takes_neither_version_nor_dates(open_one, site):
    desk, statement, page = open_one
    form = inputs((await desk.get(f"{page}/version")).text)
    form = inputs((await desk.post(f"{page}/version", data={**form, "body": "Other.", "do": "preview"})).text)
    await makers.close(site, statement)
    for path, data in (
        ("version", {**form, "do": "publish"}),
        ("dates/goal", {"goal": "5"}),
        ("dates/closing", {"closes_on": "2090-01-01"}),
        ("reconsent", {}),
        ("close", {}),
        ("open", {"read": "1"}),
    ):
        assert (await desk.post(f"{page}/{path}", data=data)).status_code == 409, path


async def test_who_signed_an_earlier_version_is_asked_by_letter_and_moves_only_by_the_button(
    open_one, client, stranger, postbox, owner, site
):
    desk, statement, page = open_one
    await signed(client, postbox, statement, "ada", "ben")
    postbox.clear()
    done = await published(desk, page, title="A better title", ask="yes")
    assert done.status_code == 303
    assert await reconsent.ask_some(site) == "2 asked to sign a newer version"
    await postbox.settle()
    (letter,) = postbox.to("ada@example.org")
    assert "It says now:" in letter.text
    assert "We ask for a *better* example." in letter.text
    assert "List-Unsubscribe" in letter.message
    link = path_of(letter.link("/reconsent/"))
    asked = await stranger.get(link)
    assert "<ins>" in asked.text
    assert "no-store" in asked.headers["cache-control"]
    assert await owner.fetchval("select max(version) from signatures") == 1
    assert "asked 2 of 2; 0 agreed" in makers.visible((await desk.get(page)).text)
    assert (await stranger.post(link, data=makers.hidden(asked.text))).status_code == 303
    await postbox.settle()
    assert "Your signature stands with the new text" in (await stranger.get(link)).text
    row = await owner.fetchrow("select * from signatures where email = 'ada@example.org'")
    assert (row["version"], row["number"]) == (2, 1)
    event = await owner.fetchrow("select * from signature_events")
    assert (event["act"], event["from_version"], event["to_version"]) == ("reconsented", 1, 2)
    ledger = await owner.fetch(
        "select t.purpose, c.act, c.via from consents c join consent_texts t on t.id = c.text_id"
        " where c.subject_id = $1 order by c.given_at",
        row["id"],
    )
    assert tuple(ledger[-1]) == ("sign", "given", "form")
    counts = await site.store.tally.public(statement_id=statement.id)
    assert (counts.people, counts.people_earlier) == (1, 1)
    assert "asked 2 of 2; 1 agreed" in makers.visible((await desk.get(page)).text)
    assert (await stranger.post(link, data=makers.hidden(asked.text))).status_code == 303
    assert await owner.fetchval("select count(*) from signature_events") == 1


async def test_each_is_asked_once_however_many_workers_and_nobody_who_wants_no_such_letters(
    open_one, client, postbox, owner, site
):
    desk, statement, page = open_one
    await signed(client, postbox, statement, "ada", "ben", "cleo", "dora", "emil", "fay")
    await makers.suppressed(site, statement, "ben@example.org", "bulk")
    await makers.suppressed(site, statement, "cleo@example.org", "campaign")
    await makers.suppressed(site, statement, "dora@example.org", "forms")
    await owner.execute("update signatures set state = 'held' where email = 'emil@example.org'")
    postbox.clear()
    await published(desk, page, ask="yes")
    await asyncio.gather(*(reconsent.ask_some(site) for _ in range(3)))
    await reconsent.ask_some(site)
    await postbox.settle()
    assert sorted(letter.to for letter in postbox) == ["ada@example.org", "fay@example.org"]
    row = await owner.fetchrow("select * from reconsents")
    assert (row["state"], row["found"], row["asked"]) == ("done", 6, 2)
    assert await owner.fetchval("select min(priority) from outbox where kind = 'reconsent'") == 9


async def test_who_comes_to_an_earlier_version_later_is_asked_by_asking_again_and_nobody_twice(
    open_one, client, postbox, owner, site
):
    desk, statement, page = open_one
    await signed(client, postbox, statement, "ada", "ben", "cleo")
    await owner.execute("update signatures set state = 'held' where email = 'ada@example.org'")
    await published(desk, page, ask="yes")
    assert (await desk.post(f"{page}/reconsent")).status_code == 409, "it is running"
    await reconsent.ask_some(site)
    await postbox.settle()
    await owner.execute("update signatures set state = 'confirmed' where email = 'ada@example.org'")
    postbox.clear()
    assert "Ask those who have no letter yet" in (await desk.get(f"{page}/reconsent")).text
    assert (await desk.post(f"{page}/reconsent")).status_code == 303
    assert await reconsent.ask_some(site) == "1 asked to sign a newer version"
    await postbox.settle()
    assert [letter.to for letter in postbox] == ["ada@example.org"]
    row = await owner.fetchrow("select * from reconsents")
    assert (row["state"], row["found"], row["asked"]) == ("done", 3, 3)


async def test_a_letter_that_waits_is_not_sent_to_who_moved_or_stopped_such_letters(
    open_one, client, postbox, owner, site
):
    desk, statement, page = open_one
    await signed(client, postbox, statement, "ada", "ben", "cleo")
    postbox.clear()
    await published(desk, page, ask="yes")
    await reconsent.ask_some(site)
    await makers.suppressed(site, statement, "ada@example.org", "bulk")
    await owner.execute("update signatures set version = 2 where email = 'ben@example.org'")
    await owner.execute("update signatures set state = 'withdrawn' where email = 'cleo@example.org'")
    assert await postbox.settle() == []


async def test_the_link_dies_as_others_do(open_one, client, stranger, postbox, owner, site):
    desk, statement, page = open_one
    await signed(client, postbox, statement, "ada")
    postbox.clear()
    await published(desk, page, ask="yes")
    await reconsent.ask_some(site)
    await postbox.settle()
    link = path_of(postbox[0].link("/reconsent/"))
    form = makers.hidden((await stranger.get(link)).text)
    assert (await stranger.get(link[:-3] + "xyz")).status_code == 400
    for bad in ({"x": "y"}, {"version": "1", "stamp": form["stamp"]}, {"version": "2", "stamp": "x"}):
        assert (await stranger.post(link, data=bad)).status_code == 409
    await published(desk, page, "A third text.")
    assert (await stranger.post(link, data=form)).status_code == 409
    assert "A third text." in (await stranger.get(link)).text
    await makers.close(site, statement)
    assert "closed" in (await stranger.get(link)).text
    assert (await stranger.post(link, data=form)).status_code == 409
    await owner.execute("update reconsent_letters set asked_at = now() - interval '15 days'")
    assert (await stranger.get(link)).status_code == 410
    assert (await stranger.post(link, data=form)).status_code == 410
    assert await owner.fetchval("select version from signatures") == 1


async def test_asking_breaks_off_when_it_closes_and_goes_on_when_asked_again(
    open_one, client, postbox, owner, site
):
    desk, statement, page = open_one
    await signed(client, postbox, statement, "ada")
    await published(desk, page)
    assert "Ask them by letter" in (await desk.get(f"{page}/reconsent")).text
    assert (await desk.post(f"{page}/reconsent")).status_code == 303
    await desk.post(f"{page}/close")
    assert await reconsent.ask_some(site) == "0 asked to sign a newer version"
    assert await owner.fetchval("select state from reconsents") == "broken off"
    await desk.post(f"{page}/reopen")
    assert (await desk.post(f"{page}/reconsent")).status_code == 303
    assert await reconsent.ask_some(site) == "1 asked to sign a newer version"


async def test_nobody_to_ask_is_no_error(open_one, owner):
    desk, _, page = open_one
    assert (await published(desk, page, ask="yes")).status_code == 303
    answer = await desk.post(f"{page}/reconsent")
    assert answer.headers["location"].endswith("done=nobody")
    assert await owner.fetchval("select count(*) from reconsents") == 0


async def test_goal_and_closing_date_change_in_public_and_in_the_audit(open_one, client, owner):
    desk, statement, page = open_one
    assert (await desk.post(f"{page}/dates/goal", data={"goal": "2 500"})).status_code == 303
    assert (await desk.post(f"{page}/dates/goal", data={"goal": "2500"})).status_code == 303
    closing = {"closes_on": "2091-05-01", "closes_at": ""}
    assert (await desk.post(f"{page}/dates/closing", data=closing)).status_code == 303
    row = await owner.fetchrow("select goal, closes_at from statements")
    assert (row["goal"], row["closes_at"].isoformat()) == (2500, "2091-05-02T00:00:00+00:00")
    assert await acts(owner, statement) == ["opened", "goal", "closing date"]
    details = await owner.fetchval("select details from audit where act = 'statement goal'")
    assert details == '{"to": 2500, "from": 100}'
    told = makers.visible((await client.get(f"/{statement.slug}/history")).text)
    assert "From 100 to 2,500." in told
    assert "there was none before" in told
    for path, data, words in (
        ("goal", {"goal": "0"}, "1 or more"),
        ("goal", {"goal": "x"}, "whole number"),
        ("closing", {"closes_on": "2001-01-01"}, "past"),
        ("closing", {"closes_on": "2091-02-31"}, "no such day"),
        ("closing", {"closes_at": "7 pm", "closes_on": "2091-02-01"}, "Write the time"),
    ):
        answer = await desk.post(f"{page}/dates/{path}", data=data)
        assert answer.status_code == 422, path
        assert words in makers.visible(answer.text)
    gone = await desk.post(f"{page}/dates/closing", data={"closes_on": "", "closes_at": ""})
    assert gone.status_code == 303
    assert await owner.fetchval("select closes_at from statements") is None


async def test_close_reopen_archive_each_with_its_page_and_its_day_in_the_history(open_one, client, owner):
    desk, statement, page = open_one
    for step in ("close", "reopen", "close", "archive"):
        asked = await desk.get(f"{page}/{step}")
        assert f'action="{page}/{step}"' in asked.text
        assert (await desk.post(f"{page}/{step}")).status_code == 303
    assert await acts(owner, statement) == ["opened", "closed", "reopened", "closed", "archived"]
    told = makers.visible((await client.get(f"/{statement.slug}/history")).text)
    assert told.index("archived") < told.index("opened again") < told.index("opened for signing")
    assert (await desk.post(f"{page}/reopen")).status_code == 409


async def test_the_job_that_closes_dates_its_line_as_the_statement_said(site, owner):
    row = await makers.statement(site, closes="2099-01-01 00:00:00Z")
    await owner.execute("update statements set closes_at = now() - interval '3 hours'")
    await statements.close_due(site)
    same = (
        "select happened_at = (select closed_at from statements) from statement_events where act = 'closed'"
    )
    assert await owner.fetchval(same)
    assert await acts(owner, row) == ["closed", "opened"] or await acts(owner, row) == ["opened", "closed"]


async def test_the_history_tells_that_it_closed_before_it_was_opened_again_and_that_its_date_went(
    open_one, client, owner
):
    desk, statement, page = open_one
    await owner.execute("update statements set closes_at = now() - interval '1 hour'")
    assert (await desk.post(f"{page}/reopen")).status_code == 303
    assert sorted(await acts(owner, statement)) == ["closed", "closing date", "opened", "reopened"]
    history = makers.visible((await client.get(f"/{statement.slug}/history")).text)
    assert "there is none now" in history
    assert "opened again" in history


async def test_the_address_that_it_has_is_no_new_one(open_one, owner):
    desk, statement, page = open_one
    assert (await desk.post(f"{page}/address", data={"slug": statement.slug})).status_code == 303
    assert not await owner.fetchval("select count(*) from audit where act = 'statement rename'")


async def test_another_address_redirects_and_a_bad_one_keeps_what_is_typed(open_one, client, site):
    desk, statement, page = open_one
    taken = await makers.statement(site)
    for bad in (taken.slug, "Fair Pay", "organise", ""):
        answer = await desk.post(f"{page}/address", data={"slug": bad})
        assert answer.status_code == 422
        assert inputs(answer.text)["slug"] == bad
    assert (await desk.post(f"{page}/address", data={"slug": "another-one"})).status_code == 303
    assert (await client.get(f"/{statement.slug}")).headers["location"] == "/another-one"
    assert (await desk.get(page)).status_code == 308


async def test_the_public_history_shows_versions_with_what_changed_and_escapes_it(open_one, client):
    desk, statement, page = open_one
    assert "/history" not in (await client.get(f"/{statement.slug}")).text
    await published(desk, page, f"We ask for a better example.\n\nSoon.\n\n{EVIL}", title="<b>Bold</b>")
    await published(desk, page, "We ask for a better example.\n\nNow.")
    await desk.post(f"{page}/notes", data={"body": EVIL, "do": "save"})
    assert f'href="/{statement.slug}/history"' in (await client.get(f"/{statement.slug}")).text
    answer = await client.get(f"/{statement.slug}/history")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<b>Bold</b>" not in answer.text
    assert "We ask for <del>an</del><ins>a better</ins> example." in bare(answer.text)
    assert "<del>Soon.</del>" in bare(answer.text)
    assert "<ins>Now.</ins>" in bare(answer.text)
    assert f'href="/{statement.slug}/versions/2"' in answer.text


async def test_a_draft_has_no_public_history(site, client):
    draft = await makers.statement(site, open=False)
    assert (await client.get(f"/{draft.slug}/history")).status_code == 404
    assert (await client.get("/no-such-statement/history")).status_code == 404


async def test_what_was_only_a_drafts_text_is_not_in_the_history(site, client):
    campaign = await makers.campaign(site)
    draft = await makers.statement(site, campaign, open=False, text="A secret first thought.")
    await statements.save(site, draft, {"body": "The public text."}, draft.version, actor=makers.ACTOR)
    await statements.open_(site, draft, actor=makers.ACTOR)
    async with await sit(site, campaign, "organiser") as desk:
        await published(desk, f"/organise/{campaign.slug}/{draft.slug}", "The public text, again.")
    told = (await client.get(f"/{draft.slug}/history")).text
    assert "secret" not in told
    assert "again" in told
