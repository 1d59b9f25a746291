"""A statement from nothing to open, by an organiser at the desk; drafts that two edit; what is refused."""

from __future__ import annotations

import asyncio
import re
from html import unescape
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from petitions.organisers.roles import ORGANISERS, ROLES
from tests import makers
from tests.desk.people import sit

TEXT = "We ask for a *fair* example.\n\n- for all\n- soon"
FORM = {
    "title": "An example for all",
    "slug": "",
    "kind": "petition",
    "language": "en",
    "addressed_to": "The Example Council",
    "body": TEXT,
    "goal": "1,000",
    "closes_on": "2090-05-31",
    "closes_at": "18:00",
    "ask_town": "optional",
    "ask_union": "required",
    "public_name": "yes",
    "public_union": "yes",
    "handover_name": "yes",
    "handover_town": "yes",
    "export_name": "yes",
    "export_email": "yes",
    "own_0_label": "Which shift do you work?",
    "own_0_kind": "choice",
    "own_0_choices": "Early\nLate\n\nNights",
    "own_0_required": "yes",
    "own_0_export": "yes",
    "do": "save",
}


def inputs(page: str) -> dict[str, str]:
    """What the page's main form would send, as a browser has it."""
    form = max(re.findall(r"(?s)<form.*?</form>", page), key=len)
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        about = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if about.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        if "name" in about:
            found[about["name"]] = unescape(about.get("value", ""))
    for name, text in re.findall(r'(?s)<textarea[^>]* name="(\w+)"[^>]*>\n?(.*?)</textarea>', form):
        found[name] = unescape(text)
    for name, options in re.findall(r'(?s)<select[^>]* ?name="(\w+)"[^>]*>(.*?)</select>', form):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else re.search(r'value="([^"]*)"', options)[1]  # type: ignore[index]
    return found


async def drafted(client: httpx.AsyncClient, campaign: Any, **over: str) -> str:
    """A draft made at the desk; its own page."""
    answer = await client.post(f"/organise/{campaign.slug}/statements/new", data={**FORM, **over})
    assert answer.status_code == 303, makers.visible(answer.text)
    return answer.headers["location"].partition("?")[0]


async def test_an_organiser_brings_a_statement_from_nothing_to_open(site, client, owner):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign, "organiser") as desk:
        overview = (await desk.get(f"/organise/{campaign.slug}")).text
        assert f'href="/organise/{campaign.slug}/statements/new"' in overview
        empty = await desk.get(f"/organise/{campaign.slug}/statements/new")
        form = {**inputs(empty.text), **FORM}
        made = await desk.post(f"/organise/{campaign.slug}/statements/new", data=form)
        page = made.headers["location"].partition("?")[0]
        assert page == f"/organise/{campaign.slug}/an-example-for-all"
        assert "Nothing is missing" in (await desk.get(page)).text
        assert (await client.get("/an-example-for-all")).status_code == 404
        before = makers.visible((await desk.get(f"{page}/open")).text)
        assert "hands" not in before
        assert "I agree that these are handed over to The Example Council: my name, my town" in before
        button = inputs((await desk.get(f"{page}/open")).text)
        assert (await desk.post(f"{page}/open", data=button)).status_code == 303
    public = (await client.get("/an-example-for-all")).text
    assert "<em>fair</em>" in public
    assert "Which shift do you work?" in public
    row = await owner.fetchrow("select * from statements")
    assert (row["state"], row["goal"], row["public_fields"]) == ("open", 1000, ["name", "union"])
    assert row["closes_at"].isoformat() == "2090-05-31T18:00:00+00:00"
    assert row["export_fields"] == ["name", "email", "town", "union", "which-shift-do-you-work"]
    events = await owner.fetch("select act from statement_events")
    assert [event["act"] for event in events] == ["opened"]
    acts = await owner.fetch("select act, actor from audit where statement_id = $1 order by id", row["id"])
    assert [act["act"] for act in acts] == ["statement add", "statement open"]
    assert all(act["actor"].startswith("organiser:") for act in acts)


async def test_what_was_saved_stands_in_the_form_again_and_is_saved_without_a_change(site, owner):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign, "organiser") as desk:
        page = await drafted(desk, campaign)
        form = inputs((await desk.get(f"{page}/edit")).text)
        assert (form["title"], form["body"], form["closes_at"]) == (FORM["title"], TEXT, "18:00")
        assert (form["ask_union"], form["ask_town"], form["ask_job"]) == ("required", "optional", "")
        assert form["own_0_choices"] == "Early\nLate\nNights"
        before = await owner.fetchrow("select * from statements")
        assert (await desk.post(f"{page}/edit", data={**form, "do": "save"})).status_code == 303
        after = await owner.fetchrow("select * from statements")
        assert dict(before) == dict(after)


async def test_the_preview_is_the_public_page_and_changes_nothing(site, client, owner):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign, "organiser") as desk:
        evil = "Hello <script>alert(1)</script> ![x](https://evil.example/x.png) [a](javascript:alert(1))"
        answer = await desk.post(f"/organise/{campaign.slug}/statements/preview", data={**FORM, "body": evil})
        assert '<section id="preview"' in answer.text
        assert "<script>" not in answer.text
        assert "evil.example" not in answer.text
        assert "javascript:" not in re.sub(r">[^<]*<", "><", answer.text)
        assert "<html" not in answer.text
        drawn = await desk.post(f"/organise/{campaign.slug}/statements/new", data={**FORM, "do": "preview"})
        assert drawn.status_code == 200
        assert "<em>fair</em>" in drawn.text
        assert inputs(drawn.text)["body"] == TEXT
    assert await owner.fetchval("select count(*) from statements") == 0


PROBLEMS = [
    ({"title": " "}, "Give it a title"),
    ({"title": "x" * 201}, "too long"),
    ({"title": "x\u202ey"}, "seen"),
    ({"body": ""}, "Write the text"),
    ({"body": "a\x07b"}, "control character"),
    ({"body": "x" * 100_001}, "too long"),
    ({"title": "!!!", "slug": ""}, "slug is needed"),
    ({"slug": "Fair Pay"}, "can't be used"),
    ({"slug": "organise"}, "kept for the site"),
    ({"kind": "poem"}, "Choose one"),
    ({"language": "xx"}, "Choose one"),
    ({"goal": "0"}, "1 or more"),
    ({"goal": "many"}, "whole number"),
    ({"closes_on": "2001-01-01"}, "past"),
    ({"closes_on": "yesterday"}, "Write the day"),
    ({"closes_at": "25:00"}, "Write the time"),
    ({"closes_on": "", "closes_at": "18:00"}, "Which day"),
    ({"own_0_choices": "Early"}, "at least two answers"),
    ({"own_0_choices": "Early\nEarly"}, "same choice twice"),
    ({"own_0_label": ""}, "Write the question"),
    ({"own_0_kind": "text"}, "need the kind"),
    ({"own_0_kind": "knot", "own_0_choices": ""}, "kind of"),
    ({"own_0_key": "Bad Key"}, "field"),
    ({"own_0_key": "email"}, "used by the form itself"),
]


async def test_a_problem_is_said_beside_its_field_and_nothing_typed_is_lost(site):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign, "organiser") as desk:
        for nth, (over, words) in enumerate(PROBLEMS):
            typed = {**FORM, "title": f"Example {nth}", **over}
            answer = await desk.post(f"/organise/{campaign.slug}/statements/new", data=typed)
            assert answer.status_code == 422, over
            assert 'id="problems"' in answer.text
            assert words in makers.visible(answer.text), over
            kept = inputs(answer.text)
            for name in ("title", "body", "goal", "closes_on", "closes_at", "own_0_label", "own_0_choices"):
                assert kept[name].split() == typed[name].split(), (over, name)


async def test_a_draft_is_saved_as_far_as_it_is_good(site, owner):
    campaign = await makers.campaign(site)
    taken = await makers.statement(site)
    async with await sit(site, campaign, "organiser") as desk:
        page = await drafted(desk, campaign)
        form = inputs((await desk.get(f"{page}/edit")).text)
        wrong = {**form, "title": "Another title", "goal": "none", "slug": taken.slug, "do": "save"}
        answer = await desk.post(f"{page}/edit", data=wrong)
        assert answer.status_code == 422
        assert "What is good is saved" in answer.text
        kept = inputs(answer.text)
        assert (kept["goal"], kept["slug"]) == ("none", taken.slug)
        row = await owner.fetchrow("select * from statements_now where campaign_id = $1", campaign.id)
        assert (row["title"], row["goal"], row["slug"]) == ("Another title", 1000, "an-example-for-all")
        mended = {**kept, "goal": "7", "slug": "another-slug", "do": "save"}
        saved = await desk.post(f"{page}/edit", data=mended)
        assert saved.headers["location"].startswith(f"/organise/{campaign.slug}/another-slug/edit")
        assert (await desk.get(f"{page}/edit")).status_code == 308


async def test_questions_are_added_moved_and_removed_without_javascript(site):
    campaign = await makers.campaign(site)
    address = f"/organise/{campaign.slug}/statements/new"
    async with await sit(site, campaign, "organiser") as desk:
        page = (await desk.post(address, data={**FORM, "do": "more"})).text
        second = {"own_1_label": "Night bus?", "own_1_kind": "tick"}
        page = (await desk.post(address, data={**inputs(page), **second, "do": "up-1"})).text
        form = inputs(page)
        assert (form["own_0_label"], form["own_1_label"]) == ("Night bus?", FORM["own_0_label"])
        assert form["own_2_label"] == ""
        page = (await desk.post(address, data={**form, "do": "remove-1"})).text
        assert (inputs(page)["own_0_label"], inputs(page)["own_1_label"]) == ("Night bus?", "")
        for nonsense in ("remove-99", "up--1", "down-x", "remove-²", "wave-0"):
            assert (await desk.post(address, data={**form, "do": nonsense})).status_code == 200


async def test_of_two_who_edit_a_draft_the_second_is_told_and_loses_nothing(site, owner):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign, "organiser") as ada, await sit(site, campaign, "owner") as ben:
        page = await drafted(ada, campaign)
        form = {**inputs((await ada.get(f"{page}/edit")).text), "do": "save"}
        hers = {**form, "title": "Ada's title", "body": "Ada's text."}
        his = {**form, "title": "Ben's title", "body": "Ben's text."}
        assert (await ada.post(f"{page}/edit", data=hers)).status_code == 303
        told = await ben.post(f"{page}/edit", data=his)
        assert told.status_code == 409
        assert "Somebody else has saved this draft" in makers.visible(told.text)
        assert "Ada's text." in unescape(told.text)
        assert inputs(told.text)["body"] == "Ben's text."
        assert await owner.fetchval("select title from statements_now") == "Ada's title"
        again = {**inputs(told.text), "do": "save"}
        assert (await ben.post(f"{page}/edit", data=again)).status_code == 303
        assert await owner.fetchval("select title from statements_now") == "Ben's title"
        texts = [row["body"] for row in await owner.fetch("select body from versions")]
        assert "Ada's text." in texts


async def test_of_many_at_once_one_is_saved(site, owner):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign, "organiser") as desk:
        page = await drafted(desk, campaign)
        form = {**inputs((await desk.get(f"{page}/edit")).text), "do": "save"}
        answers = await asyncio.gather(
            *(desk.post(f"{page}/edit", data={**form, "title": f"Title {n}"}) for n in range(4))
        )
        assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]


async def test_a_draft_that_was_opened_meanwhile_keeps_what_is_typed(site):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign, "organiser") as desk:
        page = await drafted(desk, campaign)
        form = inputs((await desk.get(f"{page}/edit")).text)
        await desk.post(f"{page}/open", data={"read": form["read"]})
        answer = await desk.post(f"{page}/edit", data={**form, "body": "Another text.", "do": "save"})
        assert answer.status_code == 409
        assert "no draft any more" in makers.visible(answer.text)
        assert inputs(answer.text)["body"] == "Another text."
        assert (await desk.get(f"{page}/edit")).status_code == 303


async def test_nobody_opens_a_text_that_they_have_not_seen(site, owner):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign, "organiser") as desk:
        page = await drafted(desk, campaign)
        seen = inputs((await desk.get(f"{page}/open")).text)
        form = inputs((await desk.get(f"{page}/edit")).text)
        await desk.post(f"{page}/edit", data={**form, "body": "Something else.", "do": "save"})
        answer = await desk.post(f"{page}/open", data=seen)
        assert answer.status_code == 409
        assert "changed this draft since" in makers.visible(answer.text)
        assert await owner.fetchval("select state from statements") == "draft"


async def test_what_the_campaign_lacks_is_said_and_no_button_stands_there(site):
    campaign = await makers.campaign(site, postal_address="")
    async with await sit(site, campaign, "organiser") as desk:
        page = await drafted(desk, campaign)
        told = makers.visible((await desk.get(f"{page}/open")).text)
        assert "postal address" in told
        assert "Open it for signing" not in told
        refused = await desk.post(f"{page}/open", data={"read": "1"})
        assert refused.status_code == 409
        assert "no postal address" in refused.text
        assert "petitions campaign" not in refused.text


async def test_a_closing_date_that_is_past_is_said_before_it_opens(site, owner):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign, "organiser") as desk:
        page = await drafted(desk, campaign)
        await owner.execute("update statements set closes_at = now() - interval '1 day'")
        assert "closing date is past" in makers.visible((await desk.get(page)).text)
        assert 'name="read"' not in (await desk.get(f"{page}/open")).text
        assert (await desk.post(f"{page}/open", data={"read": "1"})).status_code == 409


async def test_a_long_text_of_any_script_gets_through(site, owner):
    campaign = await makers.campaign(site)
    text = "Мы просим. " * 8_000
    async with await sit(site, campaign, "organiser") as desk:
        await drafted(desk, campaign, body=text)
    assert await owner.fetchval("select length(body) from versions") == len(text.strip())


async def test_only_organisers_write_and_only_in_their_own_campaign(site, owner):
    mine, other = await makers.campaign(site), await makers.campaign(site)
    draft = await makers.statement(site, mine, open=False)
    for role in ROLES:
        async with await sit(site, mine, role) as desk:
            expected = 200 if role in ORGANISERS else 403
            for path in ("statements/new", f"{draft.slug}/edit", f"{draft.slug}/open", f"{draft.slug}/notes"):
                answer = await desk.get(f"/organise/{mine.slug}/{path}")
                assert answer.status_code == expected, (role, path)
    async with await sit(site, other, "owner") as desk:
        for host in (mine.slug, other.slug):
            for path in ("", "/edit", "/open", "/version", "/reconsent", "/dates"):
                assert (await desk.get(f"/organise/{host}/{draft.slug}{path}")).status_code == 404
            for path in ("/edit", "/open", "/close", "/address", "/notes", "/dates/goal", "/preview"):
                answer = await desk.post(f"/organise/{host}/{draft.slug}{path}", data=FORM)
                assert answer.status_code == 404, path
    assert await owner.fetchval("select state from statements") == "draft"


async def test_a_form_brings_nothing_that_it_does_not_name(site, owner):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign, "organiser") as desk:
        page = await drafted(desk, campaign, state="open", campaign_id=str(campaign.id), version="9")
        assert page
    row = await owner.fetchrow("select * from statements")
    assert (row["state"], row["version"]) == ("draft", 1)


@pytest.fixture
async def writing(site):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign, "organiser") as desk:
        yield desk, campaign, await drafted(desk, campaign)


anything = some.text(max_size=60) | some.sampled_from(
    ["save", "preview", "more", "yes", "choice", "tick", "required", "2090-01-01", "9" * 40, "a\nb", "-1"]
)
fields = some.dictionaries(
    some.sampled_from(sorted({*FORM, "read", "own_1_label", "own_1_kind", "own_20_label"})), anything
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=fields)
async def test_whatever_is_typed_is_answered_and_nothing_half_written(writing, owner, typed):
    desk, campaign, page = writing
    before = {row["id"]: row["state"] for row in await owner.fetch("select id, state from statements")}
    for path in (f"/organise/{campaign.slug}/statements/new", f"{page}/edit", f"{page}/preview"):
        answer = await desk.post(path, data={**FORM, **typed})
        assert answer.status_code in (200, 303, 400, 409, 422), answer.status_code
        if answer.status_code == 303 and path == f"{page}/edit":
            page = answer.headers["location"].partition("?")[0].removesuffix("/edit")
    rows = await owner.fetch(
        "select s.id, s.state, n.title from statements s left join statements_now n on n.id = s.id"
    )
    assert all(row["title"] and row["state"] == "draft" for row in rows)
    assert before.keys() <= {row["id"] for row in rows}
