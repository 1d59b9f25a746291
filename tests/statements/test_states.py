"""Draft, open, closed, archived: who may be moved where, and what each step leaves behind."""

from __future__ import annotations

import asyncio

import pytest

from petitions.errors import Closed, NotFound, Refused
from petitions.statements import actions as statements
from petitions.statements.files import parse
from tests import makers

ACTOR = makers.ACTOR


async def acts(owner, statement):
    rows = await owner.fetch(
        "select act from audit where statement_id = $1 order by happened_at, id", statement.id
    )
    return [row["act"] for row in rows]


async def test_a_draft_is_no_page(site, client):
    draft = await makers.statement(site, open=False)
    with pytest.raises(NotFound):
        await statements.find(site, draft.slug)
    assert (await client.get(f"/{draft.slug}")).status_code == 404
    assert (await client.get(f"/{draft.slug}/versions/1")).status_code == 404


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ("controller", "no controller"),
        ("postal_address", "no postal address"),
        ("contact_email", "no contact"),
    ],
)
async def test_it_does_not_open_while_the_campaign_lacks_what_the_law_asks(site, fact, words):
    campaign = await makers.campaign(site, **{fact: ""})
    draft = await makers.statement(site, campaign, open=False)
    with pytest.raises(Refused) as caught:
        await statements.open_(site, draft, actor=ACTOR)
    assert words in caught.value.sentence
    assert "petitions campaign" not in caught.value.sentence  # the desk says it too
    assert (await statements.find_for_organisers(site, draft.slug)).state == "draft"


async def test_opening_writes_the_consents_and_the_audit_together(site, owner):
    campaign = await makers.campaign(site, partners={"friends": "Friends of Examples"})
    row = await makers.statement(site, campaign, fields=["union", "town"])
    texts = await statements.consents(site, row, "en")
    assert [text.purpose for text in texts] == ["sign", "name", "union", "mail", "partner:friends"]
    assert all(text.version == 1 for text in texts)
    assert await acts(owner, row) == ["statement add", "statement open"]


async def test_a_refused_opening_leaves_nothing(site, owner):
    campaign = await makers.campaign(site, controller="")
    draft = await makers.statement(site, campaign, open=False)
    with pytest.raises(Refused):
        await statements.open_(site, draft, actor=ACTOR)
    assert await owner.fetchval("select count(*) from consent_texts") == 0
    assert await acts(owner, draft) == ["statement add"]


async def test_a_closing_date_that_is_past_keeps_it_a_draft(site):
    draft = await makers.statement(site, open=False, closes="2020-01-01 00:00:00Z")
    with pytest.raises(Refused, match="closing date is past"):
        await statements.open_(site, draft, actor=ACTOR)


async def test_close_reopen_close_archive(site, owner):
    row = await makers.statement(site)
    opened_at = row.opened_at
    row = await statements.close(site, row, actor=ACTOR)
    assert (row.state, row.is_open) == ("closed", False)
    row = await statements.reopen(site, row, actor=ACTOR)
    assert (row.state, row.is_open, row.closed_at, row.opened_at) == ("open", True, None, opened_at)
    row = await statements.close(site, row, actor=ACTOR)
    row = await statements.archive(site, row, actor=ACTOR)
    assert row.state == "archived"
    assert (await acts(owner, row))[2:] == [
        "statement close",
        "statement reopen",
        "statement close",
        "statement archive",
    ]


STEPS = {
    "open": statements.open_,
    "close": statements.close,
    "reopen": statements.reopen,
    "archive": statements.archive,
}
ALLOWED = {("draft", "open"), ("open", "close"), ("closed", "reopen"), ("closed", "archive")}


async def brought_to(site, state):
    row = await makers.statement(site, open=state != "draft")
    if state in ("closed", "archived"):
        row = await statements.close(site, row, actor=ACTOR)
    if state == "archived":
        row = await statements.archive(site, row, actor=ACTOR)
    return row


@pytest.mark.parametrize("state", ["draft", "open", "closed", "archived"])
async def test_every_other_step_is_refused_with_its_state(site, state):
    for name, step in STEPS.items():
        if (state, name) in ALLOWED:
            continue
        row = await brought_to(site, state)
        with pytest.raises(Refused) as caught:
            await step(site, row, actor=ACTOR)
        assert f"it is {state}" in caught.value.sentence
        assert (await statements.find_for_organisers(site, row.slug)).state == state


async def test_an_anonymised_statement_never_reopens(site, owner):
    row = await makers.statement(site)
    await statements.close(site, row, actor=ACTOR)
    await owner.execute("update statements set anonymised_at = now() where id = $1", row.id)
    with pytest.raises(Refused, match="can't reopen"):
        await statements.reopen(site, await statements.find_for_organisers(site, row.slug), actor=ACTOR)
    with pytest.raises(Refused):  # even for a caller who looked before that
        await statements.reopen(site, row, actor=ACTOR)


async def test_of_two_at_once_one_closes_it(site, owner):
    row = await makers.statement(site)
    results = await asyncio.gather(
        *(statements.close(site, row, actor=ACTOR) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(result, Refused) for result in results) == 3
    assert (await acts(owner, row)).count("statement close") == 1


async def test_a_closing_date_closes_by_itself_and_reopening_takes_it_away(site, client, owner):
    row = await makers.statement(site, closes="2099-01-01 00:00:00Z")
    await owner.execute("update statements set closes_at = now() - interval '1 minute' where id = $1", row.id)
    now = await statements.find(site, row.slug)
    assert (now.state, now.is_open) == ("open", False)
    assert (await makers.sign(client, row, stamp="x")).status_code in (409, 422)
    reopened = await statements.reopen(site, now, actor=ACTOR)
    assert (reopened.is_open, reopened.closes_at) == (True, None)


async def test_the_job_closes_what_is_due_as_from_its_date(site, owner):
    row = await makers.statement(site, closes="2099-01-01 00:00:00Z")
    await owner.execute("update statements set closes_at = now() - interval '1 hour' where id = $1", row.id)
    assert await statements.close_due(site) == "1 statements closed"
    now = await statements.find(site, row.slug)
    assert (now.state, now.closed_at) == ("closed", now.closes_at)
    assert await owner.fetchval("select actor from audit where act = 'statement close'") == "job"
    assert await statements.close_due(site) == "0 statements closed"


async def test_a_day_ends_in_the_sites_time_zone(settings):
    from dataclasses import replace

    from petitions.site import make_site

    site = make_site(replace(settings, timezone="Europe/London"))
    await site.store.open()
    row = await makers.statement(site, closes="2030-05-31")
    await site.store.close()
    assert row.closes_at.isoformat() == "2030-05-31T23:00:00+00:00"


async def test_nobody_signs_what_is_closed(site, client):
    row = await makers.statement(site)
    stamp = makers.stamp_of((await client.get(f"/{row.slug}")).text)
    await statements.close(site, row, actor=ACTOR)
    assert (await makers.sign(client, row, stamp=stamp)).status_code == 409
    with pytest.raises(Closed):
        raise Closed


async def test_a_note_is_dated_and_shown_below_the_text(site, client, owner):
    row = await makers.statement(site)
    await statements.add_note(site, row, "Handed over **today**.\n\n<script>x</script>", actor=ACTOR)
    page = (await client.get(f"/{row.slug}")).text
    assert "<strong>today</strong>" in page
    assert "<script>x" not in page
    assert (await acts(owner, row))[-1] == "statement note"


@pytest.mark.parametrize(
    ("text", "words"), [("  ", "empty"), ("x" * 10_001, "too long"), ("\x07", "control")]
)
async def test_a_bad_note_is_refused(site, text, words):
    with pytest.raises(Refused, match=words):
        await statements.add_note(site, await makers.statement(site), text, actor=ACTOR)


async def test_a_draft_takes_no_note_and_the_audit_no_text(site, owner):
    with pytest.raises(Refused, match="takes no notes"):
        await statements.add_note(site, await makers.statement(site, open=False), "x", actor=ACTOR)
    row = await makers.statement(site)
    await statements.add_note(site, row, "A note about Ada Example", actor=ACTOR)
    assert "Ada" not in str(await owner.fetch("select * from audit"))


def draft(
    front="", text="We ask for a *better* example.", head="title: Example\nslug: {slug}\n", slug="example"
):
    return parse(f"---\n{head.format(slug=slug)}{front}---\n\n{text}")


async def test_a_new_version_leaves_the_old_one_readable(site, client):
    row = await makers.statement(site)
    row = await statements.new_version(site, row, draft(slug=row.slug), actor=ACTOR)
    assert (row.version, row.title) == (2, "Example")
    now = (await client.get(f"/{row.slug}")).text
    assert "<em>better</em>" in now
    old = await client.get(f"/{row.slug}/versions/1")
    assert old.status_code == 200
    assert "<em>example</em>" in old.text
    assert "There is a newer version" in old.text
    assert "There is a newer version" not in (await client.get(f"/{row.slug}/versions/2")).text
    assert (await client.get(f"/{row.slug}/versions/3")).status_code == 404
    assert (await client.get(f"/{row.slug}/versions/{2**40}")).status_code == 404


async def test_a_new_version_changes_nothing_but_the_text(site):
    row = await makers.statement(site, fields=["town"], goal=100)
    for front, key in [
        ("goal: 200\n", "goal"),
        ("fields: [town, union]\n", "fields"),
        ("closes: 2031-01-01\n", "closes"),
    ]:
        with pytest.raises(Refused, match=f"“{key}” was fixed"):
            await statements.new_version(site, row, draft(front, slug=row.slug), actor=ACTOR)
    assert (await statements.find(site, row.slug)).version == 1
    same = draft("fields: [town]\ngoal: 100\n", slug=row.slug)
    assert (await statements.new_version(site, row, same, actor=ACTOR)).version == 2


async def test_a_file_for_another_statement_is_refused(site):
    row = await makers.statement(site)
    with pytest.raises(Refused, match="not for"):
        await statements.new_version(site, row, draft(slug="another-one"), actor=ACTOR)


async def test_a_draft_may_change_in_everything_and_its_first_words_stay_unseen(site, client):
    row = await makers.statement(site, open=False, text="A first thought.")
    await statements.new_version(site, row, draft("goal: 7\nfields: [union]\n", slug=row.slug), actor=ACTOR)
    row = await statements.open_(site, row, actor=ACTOR)
    assert (row.goal, row.fields[0]["name"], row.public_fields) == (7, "union", ["name", "union"])
    assert (await client.get(f"/{row.slug}/versions/1")).status_code == 404
    assert (await client.get(f"/{row.slug}/versions/2")).status_code == 200


async def test_a_closed_statement_takes_no_version(site):
    row = await makers.statement(site)
    await statements.close(site, row, actor=ACTOR)
    with pytest.raises(Refused, match="takes no new version: it is closed"):
        await statements.new_version(site, row, draft(slug=row.slug), actor=ACTOR)


async def test_versions_at_once_get_numbers_of_their_own(site, owner):
    row = await makers.statement(site)
    await asyncio.gather(
        *(
            statements.new_version(site, row, draft(slug=row.slug, text=f"Text {n}"), actor=ACTOR)
            for n in range(4)
        )
    )
    numbers = await owner.fetch("select number from versions where statement_id = $1 order by number", row.id)
    assert [one["number"] for one in numbers] == [1, 2, 3, 4, 5]


async def test_the_app_can_neither_change_nor_delete_a_text(site, owner):
    import asyncpg

    await makers.statement(site)
    for command in (
        "update versions set body = 'x'",
        "delete from versions",
        "update consent_texts set wording = ''",
    ):
        async with site.store.held() as connection:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(command)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):  # the owner meets the trigger
            await owner.execute(command)


async def test_an_old_slug_redirects_for_ever_with_path_and_query(site, client):
    row = await makers.statement(site)
    await statements.rename(site, row, "renamed-example", actor=ACTOR)
    moved = await client.get(f"/{row.slug}?from=poster")
    assert (moved.status_code, moved.headers["location"]) == (308, "/renamed-example?from=poster")
    deep = await client.get(f"/{row.slug}/versions/1")
    assert deep.headers["location"] == "/renamed-example/versions/1"
    assert (await client.get("/renamed-example")).status_code == 200


async def test_an_old_slug_can_not_be_taken_by_another_but_by_its_own(site):
    row = await makers.statement(site)
    renamed = await statements.rename(site, row, "renamed-example", actor=ACTOR)
    with pytest.raises(Refused, match="is taken"):
        await makers.statement(site, slug=row.slug)
    back = await statements.rename(site, renamed, row.slug, actor=ACTOR)
    assert back.slug == row.slug
    assert (await statements.find(site, row.slug)).id == row.id
