"""Model motions at the desk: written, previewed by kind of body, published, withdrawn."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests import makers
from tests.desk.people import sit
from tests.motions import putting

TEXT = "[[Body]] notes [[union: our members | other: people]] and [[affiliation: is in / is not in]]."


@pytest.fixture
async def campaign(site):
    return await makers.campaign(site)


@pytest.fixture
async def statement(site, campaign):
    return await makers.statement(site, campaign)


@pytest.fixture
async def org(site, campaign):
    async with await sit(site, campaign, "organiser") as client:
        yield client


def here(statement, part: str = "") -> str:
    return f"/organise/{statement.campaign_slug}/{statement.slug}/motions{part}"


def typed(**over) -> dict[str, str]:
    return {
        "title": "Our motion",
        "slug": "ours",
        "body": TEXT,
        "notes": "Ask *first*.",
        "kind": "union branch",
        **over,
    }


async def test_from_an_empty_form_to_the_public_page_and_back(site, owner, statement, org, client):
    assert (await org.get(here(statement, "/new"))).status_code == 200
    kept = await org.post(here(statement), data=typed())
    one = kept.headers["location"].removesuffix("?done=kept")
    assert (await client.get(f"/{statement.slug}/motions/ours")).status_code == 404
    page = makers.visible((await org.get(one)).text)
    assert "our members" in page
    assert (await org.post(f"{one}/publish", data={"x": "y"})).status_code == 303
    assert "Our motion" in (await client.get(f"/{statement.slug}/motions/ours")).text
    again = await org.post(f"{one}/publish", data={"x": "y"})
    assert (again.status_code, "is published already" in again.text) == (409, True)
    await org.post(one, data=typed(title="Another title", slug="never"))
    (row,) = await owner.fetch("select slug, title, state from motions")
    assert tuple(row) == ("ours", "Another title", "published")
    assert "Nobody sees its page" in makers.visible((await org.get(f"{one}/withdraw")).text)
    await org.post(f"{one}/withdraw", data={"x": "y"})
    assert await owner.fetchval("select state from motions") == "withdrawn"
    acts = await owner.fetch("select act from audit where act like 'motion%' order by id")
    assert [one["act"] for one in acts] == [f"motion {a}" for a in ("add", "publish", "replace", "withdraw")]


async def test_of_two_who_write_at_once_the_second_is_told_and_loses_nothing(owner, statement, org):
    one = (await org.post(here(statement), data=typed())).headers["location"].removesuffix("?done=kept")
    read = makers.hidden((await org.get(one)).text)["read"]
    assert (await org.post(one, data=typed(read=read, body="Theirs."))).status_code == 303
    told = await org.post(one, data=typed(read=read, body="Mine."))
    assert told.status_code == 422
    assert "Somebody has changed or published it since you opened it" in makers.visible(told.text)
    assert "Mine." in told.text
    assert await owner.fetchval("select body from motions") == "Theirs."
    again = typed(read=makers.hidden(told.text)["read"], body="Mine.")
    assert (await org.post(one, data=again)).status_code == 303
    assert await owner.fetchval("select body from motions") == "Mine."


async def test_the_preview_shows_what_a_kind_of_body_reads_and_keeps_nothing(owner, statement, org):
    for kind, words in (
        ("union branch", "our members"),
        ("student union", "people"),
        ("nonsense", "our members"),
    ):
        shown = await org.post(here(statement, "/preview"), data=typed(kind=kind))
        assert shown.status_code == 200
        assert f"notes {words} and" in makers.visible(shown.text)
        assert "Ask <em>first</em>" in shown.text
    unclear = await org.post(here(statement, "/preview"), data=typed(body="a\n[[onion: x"))
    assert "Line 2" in makers.visible(unclear.text)
    assert await owner.fetchval("select count(*) from motions") == 0


@pytest.mark.parametrize(
    ("over", "told", "at"),
    [
        ({"title": ""}, "title must be", "title"),
        ({"slug": "No Slug"}, "can't be used", "slug"),
        ({"body": " "}, "The text is empty", "body"),
        ({"body": "one\n[[onion: x]]"}, "Line 2", "body"),
        ({"notes": "one\n`[[body]]`"}, "in code there can be no", "notes"),
        ({"body": "x" * 18001}, "too long", "body"),
        ({"notes": "[[affiliation: a / b / c]]"}, "answers", "notes"),
    ],
)
async def test_a_mistake_is_told_beside_its_answer_and_nothing_is_lost(owner, statement, org, over, told, at):
    answer = await org.post(here(statement), data=typed(**over))
    assert answer.status_code == 422
    assert told in makers.visible(answer.text)
    assert f'id="problem-{at}"' in answer.text
    assert "Ask *first*." in answer.text or at == "notes"
    assert await owner.fetchval("select count(*) from motions") == 0


async def test_two_who_keep_the_same_word_at_once_make_one(owner, statement, org):
    both = await asyncio.gather(*(org.post(here(statement), data=typed()) for _ in range(2)))
    assert sorted(answer.status_code for answer in both) == [303, 422]
    assert await owner.fetchval("select count(*) from motions") == 1


async def test_motions_of_another_statement_or_campaign_are_not_there(site, statement, org):
    other = await makers.statement(site)
    theirs = await putting.motion(site, other, "theirs")
    for path in (here(other, f"/{theirs.id}"), here(statement, f"/{theirs.id}")):
        assert (await org.get(path)).status_code == 404
        for act in ("", "/publish", "/withdraw"):
            assert (await org.post(path + act, data=typed())).status_code == 404
    for of in (str(theirs.id), "nothing"):
        assert (await org.post(here(statement, "/preview"), data=typed(of=of))).status_code == 404


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=some.dictionaries(
        some.sampled_from(["title", "slug", "body", "notes", "kind", "of", "state", "published_at"]),
        some.text(max_size=80)
        | some.sampled_from(["", "[[", "[[body]]", "%(x)s", "[[a: b / c]]", "--- notes ---"]),
    )
)
async def test_whatever_is_typed_is_taken_or_told(owner, statement, org, said):
    for part in ("", "/preview"):
        answer = await org.post(here(statement, part), data={"title": "x", **said})
        assert answer.status_code in (200, 303, 400, 404, 422), answer.text
    assert await owner.fetchval("select count(*) from motions where state <> 'draft'") == 0
