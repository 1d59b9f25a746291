"""The audit as owners read it: whole, narrowed, taken, and never changed, by whatever way."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from pathlib import Path

import asyncpg
import pytest

from petitions.desk.audit import PAGE
from petitions.desk.sentences import ACTS
from petitions.ids import new_id
from petitions.organisers import actions as organisers
from petitions.organisers.roles import ROLES
from petitions.routes import routes
from tests import makers
from tests.desk.people import organiser, seated, sit

ROOT = Path(__file__).parent.parent.parent


def place(campaign):
    return f"/organise/{campaign.slug}/audit"


async def test_only_owners_read_it(site):
    campaign = await makers.campaign(site)
    for role in ROLES:
        async with await sit(site, campaign, role) as client:
            wanted = 200 if role == "owner" else 403
            assert (await client.get(place(campaign))).status_code == wanted
            assert (await client.post(place(campaign), data={"format": "csv"})).status_code == wanted


async def test_it_tells_who_did_what_in_sentences_the_newest_first_and_of_this_campaign_alone(site):
    campaign, other = await makers.campaign(site), await makers.campaign(site)
    statement = await makers.statement(site, campaign)
    await makers.statement(site, other, title="Elsewhere")
    boss = await organiser(site, campaign, "owner", name="Bea Boss")
    await organisers.note(
        site,
        f"organiser:{boss.id}",
        "team role",
        campaign_id=campaign.id,
        details={"organiser": str(boss.id), "role": "reader"},
    )
    await organisers.note(site, "job", "something unheard of", campaign_id=campaign.id)
    async with await seated(site, boss) as client:
        page = makers.visible((await client.get(place(campaign))).text)
    assert "Bea Boss Gave somebody a role : Bea Boss" in page.replace("role:", "role :")
    assert f"cli:example Opened a statement {statement.title}" in page
    assert "job something unheard of" in page
    assert "Elsewhere" not in page
    assert (
        page.index("something unheard")
        < page.index("Opened a statement")
        < page.index("Founded the campaign")
    )


async def test_filters_stand_in_the_address_and_hold_together(site, owner):
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign)
    async with await sit(site, campaign) as client:

        async def acts(**query):
            return re.findall(
                r'<th scope="row">\s*([^<]*?)\s*<', (await client.get(place(campaign), params=query)).text
            )

        whole = await acts()
        assert {"Founded the campaign", "Opened a statement", "Added a statement"} <= set(whole)
        assert set(await acts(noun="statement")) == {"Opened a statement", "Added a statement"}
        assert await acts(noun="campaign", who="cli:example") == ["Founded the campaign"]
        assert set(await acts(about=str(statement.id))) == {"Opened a statement", "Added a statement"}
        assert await acts(until="2020-01-01") == []
        assert await acts(since="2020-01-01") == whole
        page = await client.get(place(campaign), params={"since": "never"})
        assert page.status_code == 422
        assert (await client.get(place(campaign), params={"who": "organiser:x"})).status_code == 422
        assert (await client.get(place(campaign), params={"before": "x"})).status_code == 400


async def test_pages_go_on_where_the_last_one_ended_even_among_lines_of_one_moment(site, owner):
    campaign = await makers.campaign(site)
    await owner.executemany(
        "insert into audit (id, campaign_id, actor, act, happened_at)"
        " values ($1, $2, 'job', 'test line', '2026-01-01')",
        [(new_id(), campaign.id) for _ in range(2 * PAGE)],
    )
    seen, path = [], f"{place(campaign)}?noun=test"
    async with await sit(site, campaign) as client:
        while path:
            page = (await client.get(path)).text
            seen.append(re.findall(r'id="line-([0-9a-f-]+)"', page))
            more = re.search(r'rel="next" href="([^"]+)"', page)
            path = more and more[1].replace("&amp;", "&")
    assert [len(page) for page in seen] == [PAGE, PAGE]
    assert len({id for page in seen for id in page}) == 2 * PAGE


async def test_a_line_of_another_campaign_is_no_place_to_begin(site, owner):
    mine, other = await makers.campaign(site), await makers.campaign(site)
    line = await owner.fetchval("select id from audit where campaign_id = $1 limit 1", other.id)
    async with await sit(site, mine) as client:
        page = await client.get(place(mine), params={"before": str(line)})
    assert "No line fits." in page.text


async def test_it_can_be_taken_with_a_fresh_second_factor_and_that_is_a_line_itself(site, owner):
    campaign = await makers.campaign(site)
    await makers.statement(site, campaign, slug="fair-pay")
    await organisers.note(
        site, "=1+1", "campaign set", campaign_id=campaign.id, details={"fields": ["imprint"]}
    )
    async with await sit(site, campaign) as client:
        answer = await client.post(place(campaign), data={"format": "csv"})
        lines = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        found = await client.post(place(campaign), data={"format": "jsonl", "noun": "statement"})
        await owner.execute("update sessions set second_at = now() - interval '11 minutes'")
        assert (await client.post(place(campaign), data={"format": "csv"})).status_code == 403
    assert {"campaign add", "statement open", "audit take"} <= {line["act"] for line in lines}
    assert {line["statement"] for line in lines} == {"", "fair-pay"}
    assert "'=1+1" in {line["actor"] for line in lines}
    assert [json.loads(line)["act"] for line in found.text.splitlines()] == [
        "statement add",
        "statement open",
    ]
    taken = "select details from audit where act = 'audit take' order by happened_at, id"
    noted = [json.loads(row["details"]) for row in await owner.fetch(taken)]
    assert noted == [{"format": "csv"}, {"format": "jsonl", "noun": "statement"}]


@pytest.mark.parametrize(
    "command", ["update audit set act = 'x'", "delete from audit", "truncate audit", "drop table audit"]
)
async def test_the_apps_role_can_not_change_it(site, command):
    await makers.campaign(site)
    async with site.store.held() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(command)


async def test_no_address_of_the_desk_changes_a_line_that_is_there(site, owner):
    """Every POST of the desk, with the fields that its forms have: lines come, none goes, none changes."""
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign)
    await organisers.note(
        site, "cli:example", "campaign set", campaign_id=campaign.id, details={"fields": []}
    )
    lines = {row["id"]: str(row) for row in await owner.fetch("select * from audit")}
    line = next(iter(lines))
    typed = {"id": str(line), "act": "x", "actor": "x", "details": "{}", "audit": str(line), "format": "csv"}
    posts = [route for route in routes() if hasattr(route, "roles") and route.methods == {"POST"}]
    async with await sit(site, campaign) as client:
        for route in posts:
            path = re.sub(r"\{\w+:uuid\}", str(line), route.path)
            path = path.replace("{campaign}", campaign.slug).replace("{statement}", statement.slug)
            path = re.sub(r"\{\w+(:\w+)?\}", "x", path)
            if "log-out" in path or "sessions" in path:
                continue
            await client.post(path, data=typed)
        for method in ("PUT", "PATCH", "DELETE"):
            assert (await client.request(method, place(campaign))).status_code == 405
    after = {row["id"]: str(row) for row in await owner.fetch("select * from audit")}
    assert {id: after.get(id) for id in lines} == lines


def test_no_query_of_ours_changes_or_deletes_a_line():
    text = "\n".join(file.read_text() for file in (ROOT / "sql" / "queries").glob("*.sql"))
    assert re.findall(r"(?i)\b(?:update|delete\s+from|truncate)\s+audit\b", text) == []
    assert len(re.findall(r"(?i)\binsert\s+into\s+audit\b", text)) == 1


def test_every_act_that_a_campaign_can_have_is_said_in_a_sentence():
    """Of the calls of `organisers.note` that name the act as it is."""
    acts = set()
    for file in (ROOT / "petitions").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "organisers.note":
                named = [one.arg for one in node.keywords]
                if "campaign_id" in named and len(node.args) > 2 and isinstance(node.args[2], ast.Constant):
                    acts.add(node.args[2].value)
    assert len(acts) > 5
    assert acts <= ACTS.keys()


async def test_names_are_those_of_organisers_and_others_stay_as_they_are(site):
    row = await organiser(site, None, name="Ada Example")
    actors = [f"organiser:{row.id}", f"organiser:{makers.nobody()}", "organiser:x", "cli:root", "job"]
    assert await organisers.names(site, actors) == {
        **{actor: actor for actor in actors},
        actors[0]: "Ada Example",
    }
