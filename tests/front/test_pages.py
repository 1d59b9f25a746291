"""The public door: what everybody sees, cacheable and without a cookie."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from petitions.front.views import next_goal
from petitions.statements import actions as statements
from tests import makers


async def test_home_lists_open_statements_and_with_one_campaign_is_its_page(site, client):
    campaign = await makers.campaign(site)
    first = await makers.statement(site, campaign)
    draft = await makers.statement(site, campaign, open=False)
    page = await client.get("/")
    assert campaign.name in page.text
    assert first.slug in page.text
    assert draft.slug not in page.text
    other = await makers.statement(site)
    page = await client.get("/")
    assert first.slug in page.text
    assert other.slug in page.text


async def test_a_statements_page_is_the_same_for_everybody_and_sets_no_cookie(
    site, client, stranger, postbox
):
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement)
    mine, theirs = await client.get(f"/{statement.slug}"), await stranger.get(f"/{statement.slug}")
    assert mine.content == theirs.content
    assert "set-cookie" not in mine.headers
    assert "public" in mine.headers["cache-control"]


async def test_a_draft_and_an_unknown_statement_are_not_found(site, client):
    draft = await makers.statement(site, open=False)
    for path in (
        f"/{draft.slug}",
        f"/{draft.slug}/count.json",
        f"/{draft.slug}/signatories",
        "/nothing-here",
    ):
        assert (await client.get(path)).status_code == 404


async def test_count_json_is_small_cacheable_and_open_to_every_page(site, client, postbox):
    statement = await makers.statement(site, goal=100)
    await makers.confirmed(client, postbox, statement)
    response = await client.get(f"/{statement.slug}/count.json")
    assert {key: value for key, value in response.json().items() if key != "at"} == {
        "people": 1,
        "organisations": 0,
        "goal": 100,
        "open": True,
    }
    assert len(response.content) < 150
    assert response.headers["access-control-allow-origin"] == "*"
    assert "public" in response.headers["cache-control"]


async def test_only_those_who_agreed_are_listed_and_the_union_in_a_personal_capacity(
    site, client, owner, postbox
):
    statement = await makers.statement(site, fields=["town", "union", "role"])
    people = [
        ("Hidden Example", {"union": "Hidden Union"}),
        ("Shown Example", {"consent_name": "yes", "union": "Secret Union", "town": "Exampleton"}),
        (
            "Union Example",
            {"consent_name": "yes", "consent_union": "yes", "union": "Example Union", "role": "Steward"},
        ),
    ]
    for number, (name, fields) in enumerate(people):
        await makers.confirmed(
            client, postbox, statement, name=name, email=f"p{number}@example.org", **fields
        )
    for path in (f"/{statement.slug}", f"/{statement.slug}/signatories"):
        text = makers.visible((await client.get(path)).text)
        assert "Hidden Example" not in text
        assert "Hidden Union" not in text
        assert "Secret Union" not in text
        assert "Shown Example" in text
        assert "Example Union" in text
        assert "(personal capacity)" in text
    page = await client.get(f"/{statement.slug}/signatories")
    assert "noindex" in page.text or "noindex" in page.headers.get("x-robots-tag", "")


@pytest.mark.parametrize("page", ["0", "-1", "2", "x", "9" * 30, "1e3", "²"])
async def test_pages_of_the_list_that_are_none_are_not_found(site, client, page):
    statement = await makers.statement(site)
    assert (await client.get(f"/{statement.slug}/signatories", params={"page": page})).status_code == 404


async def test_a_closed_statement_shows_its_count_and_no_form(site, client, postbox):
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement)
    await makers.close(site, statement)
    page = await client.get(f"/{statement.slug}")
    assert page.status_code == 200
    assert 'name="email"' not in page.text


async def test_the_controller_the_imprint_and_privacy_stand_at_the_form(site, client):
    statement = await makers.statement(site)
    text = (await client.get(f"/{statement.slug}")).text
    assert makers.visible(text).count(statement.controller) >= 2
    assert f"/campaigns/{statement.campaign_slug}/privacy" in text
    assert f"/campaigns/{statement.campaign_slug}/imprint" in text


async def test_markdown_of_a_statement_is_safe(site, client):
    text = "Hello <script>alert(1)</script> [x](javascript:alert(1)) ![p](https://elsewhere.example/p.png)"
    statement = await makers.statement(site, text=text)
    page = (await client.get(f"/{statement.slug}")).text
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page
    assert "<img" not in page


async def test_the_earlier_version_is_counted_apart(site, client, postbox):
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement)
    await makers.new_version(site, statement)
    counts = await site.store.tally.public(statement_id=statement.id)
    assert (counts.people, counts.people_earlier) == (0, 1)
    assert "earlier" in makers.visible((await client.get(f"/{statement.slug}")).text)


async def test_only_versions_that_could_be_signed_are_linked(site, client, owner):
    statement = await makers.statement(site, open=False)
    await makers.new_version(site, statement, "A draft's second text.")
    await statements.open_(site, statement, actor=makers.ACTOR)
    await owner.execute("update statements set opened_at = opened_at + interval '1 millisecond'")
    assert "/versions/" not in (await client.get(f"/{statement.slug}")).text
    await makers.new_version(site, statement)
    page = await client.get(f"/{statement.slug}")
    assert f"/{statement.slug}/versions/2" in page.text
    assert f"/{statement.slug}/versions/1" not in page.text
    assert (await client.get(f"/{statement.slug}/versions/2")).status_code == 200


async def test_without_a_database_the_page_says_so_and_the_form_is_kept(site, client, server, database):
    statement = await makers.statement(site)
    postgres = await asyncpg.connect(server.url("postgres", "postgres"))
    await postgres.execute(f"alter database {database} with allow_connections false")
    await postgres.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", database
    )
    try:
        page = await client.get(f"/{statement.slug}")
        assert page.status_code == 503
        assert int(page.headers["retry-after"]) > 0
        data = {"name": "Kept Example", "email": "kept@example.org", "stamp": "x"}
        answer = await client.post(f"/{statement.slug}/sign", data=data)
        assert answer.status_code == 503
        assert "Kept Example" in answer.text
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
    finally:
        await postgres.execute(f"alter database {database} with allow_connections true")
        await postgres.close()
    assert (await client.get(f"/{statement.slug}")).status_code == 200


async def test_fifty_visitors_at_once_are_all_served(site, client):
    statement = await makers.statement(site)
    answers = await asyncio.gather(*(client.get(f"/{statement.slug}") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}


def test_the_next_goal_is_always_ahead():
    class Counted:
        def __init__(self, goal, people):
            self.goal, self.people = goal, people

    for goal in (1, 7, 100, 1000):
        for people in (0, 1, 99, 100, 5000, 1_000_000):
            row = Counted(goal, people)
            assert next_goal(row, row) > people
    assert next_goal(Counted(None, 5), Counted(None, 5)) is None
