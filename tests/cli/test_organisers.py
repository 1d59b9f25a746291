"""`petitions organiser …`, and the demonstration's organisers."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest
from click.testing import CliRunner, Result

from petitions import demo, serve
from petitions.cli import main
from petitions.demo import organisers as demonstration
from petitions.organisers.roles import ROLES
from tests import makers
from tests.conftest import browser
from tests.desk.coming_in import is_in

LINK = re.compile(r"http://localhost:8000(/organise/log-in/\S+)")
OLU = "olu@example.org"
SECRET = "a secret of the command line tests"


@pytest.fixture
def run(settings, monkeypatch) -> Any:
    """`run("organiser list")`: the command in this process, on this test's own database."""
    for name in list(os.environ):
        if name.startswith(("PETITIONS_", "DATABASE_", "SMTP_", "PORT")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("DATABASE_OWNER_URL", settings.database_owner_url)
    monkeypatch.setenv("PETITIONS_SECRETS", SECRET)
    monkeypatch.setenv("PETITIONS_ADDRESS_KEY", settings.address_key.decode())

    def run(line: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, line.split())
        assert result.exit_code == code, (result.output, result.exception)
        return result

    run(
        "campaign add --slug fair --name Fair --controller Example --address 1ExampleStreet "
        "--contact contact@example.org"
    )
    return run


def test_an_organiser_is_added_listed_changed_and_removed(run):
    said = run(f"organiser add {OLU} --campaign fair --role owner").output
    assert "has the role “owner” in “fair”" in said
    assert LINK.search(said)
    run("organiser add mo@example.org --campaign fair --role reader --name Mo")
    assert "stall" in run("organiser role mo@example.org stall --campaign fair").output
    rows = json.loads(run("organiser list --campaign fair --json").output)
    assert [(row["email"], row["name"], row["role"]) for row in rows] == [
        ("mo@example.org", "Mo", "stall"),
        (OLU, "olu", "owner"),
    ]
    assert all(row["given_by"].startswith("cli:") for row in rows)
    run("organiser remove mo@example.org --campaign fair")
    assert "mo@example.org" not in run("organiser list --campaign fair").output
    assert "mo@example.org" in run("organiser list").output


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("organiser add no-address --campaign fair --role owner", "has no @"),
        (f"organiser add {OLU} --campaign none --role owner", "none"),
        (f"organiser add {OLU} --campaign fair --role owner --name http://evil.example", "addresses out"),
        (f"organiser link {OLU}", "no organiser with this address"),
        (f"organiser role {OLU} reader --campaign fair", "no organiser with this address"),
        (f"organiser remove {OLU} --campaign fair", "no organiser with this address"),
    ],
)
def test_what_can_not_be_done_is_one_sentence(run, line, sentence):
    answer = run(line, 1)
    assert sentence in answer.output
    assert "Traceback" not in answer.output


def test_a_campaign_keeps_its_last_owner(run):
    run(f"organiser add {OLU} --campaign fair --role owner")
    for line in (f"organiser remove {OLU} --campaign fair", f"organiser role {OLU} reader --campaign fair"):
        assert "at least one owner" in run(line, 1).output
    run("campaign add --slug other --name Other")
    assert "Nobody of this address" in run(f"organiser remove {OLU} --campaign other", 1).output


def test_no_list_is_an_empty_one(run):
    assert "There is no organiser yet" in run("organiser list").output


async def test_the_demonstration_has_one_organiser_of_each_role_and_its_owner_sits_down(site, client, owner):
    row = await demo.load(site, actor=makers.ACTOR)
    rows = await owner.fetch(
        "select o.email, o.name, r.role from roles r join organisers o on o.id = r.organiser_id"
    )
    assert {(one["email"], one["role"]) for one in rows} == {(f"{role}@example.org", role) for role in ROLES}
    assert all(one["name"].endswith(" Example") for one in rows)
    path = await demonstration.way_in(site, actor=makers.ACTOR)
    assert "owner@example.org" in (await client.get(path)).text
    assert (await client.post(path)).headers["location"] == "/organise"
    assert (await client.get(f"/organise/{row.campaign_slug}/team")).status_code == 200, (
        "no second factor is asked for"
    )
    await demo.remove(site)
    assert not await is_in(client)
    assert await owner.fetchval("select count(*) from organisers") == 0
    assert await demonstration.way_in(site, actor=makers.ACTOR) == ""


async def test_a_real_organisers_address_is_nobodys_way_in(site, owner):
    """Somebody real may be called owner@example.org: the demonstration then prints no link to their desk."""
    from petitions.organisers import team

    real = await makers.campaign(site)
    row = await team.add(site, demonstration.OWNER, "Olga Example")
    await team.give(site, real, row, "owner", actor=makers.ACTOR)
    await demo.load(site, actor=makers.ACTOR)
    assert await demonstration.way_in(site, actor=makers.ACTOR) == ""
    await demo.remove(site)
    assert await owner.fetchval("select count(*) from roles where organiser_id = $1", row.id) == 1


async def test_the_start_lines_say_where_the_desk_is(settings, site):
    assert await serve._places(settings) == [("Statement", "/"), ("Desk", "/organise")]
    row = await demo.load(site, actor=makers.ACTOR)
    places = await serve._places(settings)
    assert places[0] == ("Statement", f"/{row.slug}")
    async with browser(site) as client:
        assert "owner@example.org" in (await client.get(places[1][1])).text
    said: list[str] = []
    serve._say_where(settings, places, False, said.append)
    assert f"  Desk        http://localhost:8000{places[1][1]}" in said


async def test_a_public_site_prints_no_link(settings, site):
    from dataclasses import replace

    await demo.load(site, actor=makers.ACTOR)
    public = replace(settings, base_url="https://petitions.example.org")
    assert ("Desk", "/organise") in await serve._places(public)
