"""Who may open what, once more and apart from the code: route × role × method, and every route walked by everybody.

A new address of the desk fails here until it has its line.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from petitions.app import create_app
from petitions.organisers.roles import ROLES
from petitions.routes import routes
from tests.conftest import browser
from tests.desk.people import seated, sit
from tests.desk.world import UUIDS, World, forms_of, world

LETTERS = {"O": "owner", "o": "organiser", "m": "moderator", "s": "stall", "r": "reader"}
TABLE = {
    (method, path): (who, *fresh)
    for method, path, who, *fresh in map(
        str.split, Path(__file__).with_name("roles.txt").read_text().splitlines()
    )
}
"""(method, path) → the roles by their letters ("any": who is logged in; "-": who is not yet), and perhaps "fresh"."""
DESK = [route for route in routes() if route.path.startswith("/organise")]
INSIDE = [route for route in DESK if hasattr(route, "roles")]
OF_CAMPAIGNS = [route for route in INSIDE if "{campaign}" in route.path]


def method_of(route) -> str:
    return "POST" if "POST" in route.methods else "GET"


def path_of(route, place: World, other: World | None = None) -> str:
    """The route's path in a campaign, with the ids of another one where that is given."""
    ids = (other or place).ids
    known = {
        "campaign": place.campaign.slug,
        "statement": place.statement.slug,
        "list": "signatories",
        "what": "people",
    }
    noun = next((word for word in NOUNS if word in route.path), None)
    values = {}
    for name in route.param_convertors:
        values[name] = known[name] if name in known else ids.get(name) or ids[NOUNS[noun]]
    return str(route.url_path_for(route.name, **values))


NOUNS = {
    "/signatures": "signature",
    "/endorsements": "endorsement",
    "/organisations": "organisation",
    "/motions": "motion",
    "/submissions": "submission",
    "/invalidations": "invalidation",
    "/reports": "report",
}


def test_every_address_has_its_line_and_every_line_an_address():
    assert {(method_of(route), route.path) for route in DESK} == set(TABLE)


@pytest.mark.parametrize("route", DESK, ids=lambda route: route.name)
def test_the_code_says_the_same_as_the_table(route):
    who, *fresh = TABLE[method_of(route), route.path]
    said = getattr(route, "roles", "-")
    assert ("any" if said is None else said if said == "-" else set(said)) == (
        who if who in ("any", "-") else {LETTERS[letter] for letter in who}
    )
    assert getattr(route, "fresh", False) == bool(fresh)


async def ask(client, route, path: str):
    """One request as a browser sends it, with nothing filled in."""
    if method_of(route) == "GET":
        return await client.get(path)
    return await client.post(path, data={"nothing": "1"})


@pytest.fixture
async def places(site, owner) -> tuple[World, World]:
    return await world(site, owner, "here"), await world(site, owner, "there")


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_opens_its_own_pages_and_no_other(site, places, role):
    here, _ = places
    app = create_app(site)
    for route in OF_CAMPAIGNS:
        async with await sit(site, here.campaign, role, app=app) as client:  # anew: some acts end the session
            answer = await ask(client, route, path_of(route, here))
        if role in route.roles:
            assert answer.status_code not in (401, 403), (route.path, answer.status_code)
            assert answer.status_code < 500, (route.path, answer.status_code)
            if route.param_convertors.keys() <= {"campaign", "statement"} and method_of(route) == "GET":
                assert answer.status_code in (200, 303, 409), (route.path, answer.status_code)
        else:
            assert answer.status_code == 403, (route.path, answer.status_code)


async def test_a_stranger_gets_to_the_log_in_and_no_further(site, places):
    here, _ = places
    async with browser(site) as client:
        for route in INSIDE:
            answer = await ask(client, route, path_of(route, here))
            if method_of(route) == "GET":
                assert answer.status_code == 303, route.path
                assert answer.headers["location"].startswith("/organise/log-in?next="), route.path
            else:
                assert answer.status_code == 401, route.path


async def test_to_the_owner_of_another_campaign_nothing_is_there(site, places):
    here, there = places
    async with await seated(site, there.organiser) as client:
        for route in OF_CAMPAIGNS:
            assert (await ask(client, route, path_of(route, here))).status_code == 404, route.path


async def test_an_organiser_without_any_role_finds_nothing(site, places):
    here, _ = places
    async with await sit(site, None) as client:
        for route in OF_CAMPAIGNS:
            assert (await ask(client, route, path_of(route, here))).status_code == 404, route.path


async def test_another_campaigns_ids_are_not_found_in_ones_own(site, owner, places):
    here, there = places
    before, app = await picture(owner, there), create_app(site)
    for route in OF_CAMPAIGNS:
        async with await seated(site, here.organiser, app=app) as client:
            if any(name not in ("campaign", "statement", "list", "what") for name in route.param_convertors):
                answer = await ask(client, route, path_of(route, here, there))
                assert answer.status_code == 404, (route.path, answer.status_code)
            if "{statement}" in route.path:
                path = path_of(route, here).replace(f"/{here.statement.slug}", f"/{there.statement.slug}")
                assert (await ask(client, route, path)).status_code == 404, path
    assert await picture(owner, there) == before


async def test_no_form_of_ones_own_desk_reaches_another_campaign(site, owner, places):
    """Every form of every page, sent with each id in it swapped for each of the other campaign's."""
    here, there = places
    before, app = await picture(owner, there), create_app(site)
    swapped = 0
    for route in OF_CAMPAIGNS:
        if method_of(route) != "GET":
            continue
        async with await seated(site, here.organiser, app=app) as client:
            page = await client.get(path_of(route, here))
        if page.status_code != 200 or "html" not in page.headers["content-type"]:
            continue
        for form in forms_of(page.text):
            for fields in foreign(form.fields, there):
                swapped += 1
                async with await seated(site, here.organiser, app=app) as client:
                    answer = await client.request(
                        form.method.upper(), form.action or str(page.url.path), data=fields
                    )
                assert answer.status_code < 500, (form.action, fields)
    assert swapped > 3
    assert await picture(owner, there) == before


def foreign(fields: dict[str, str], there: World) -> list[dict[str, str]]:
    """The fields with what looks like an id replaced, by each id of the other campaign."""
    holding = [name for name, value in fields.items() if UUIDS.search(value)]
    return [
        {**fields, **{name: UUIDS.sub(str(id), fields[name]) for name in holding}}
        for id in there.ids.values()
        if holding and isinstance(id, UUID)
    ]


async def picture(owner, place: World) -> dict[str, list[str]]:
    """All rows that belong to a campaign."""
    tables = await owner.fetch(
        "select c.table_name, c.column_name from information_schema.columns c join information_schema.tables t"
        " using (table_schema, table_name) where c.table_schema = 'public' and t.table_type = 'BASE TABLE'"
        " and c.column_name in ('statement_id', 'campaign_id')"
    )
    found = {}
    for table, column in tables:
        id = place.campaign.id if column == "campaign_id" else place.statement.id
        rows = await owner.fetch(f'select x::text from "{table}" x where {column} = $1', id)
        found[f"{table} {column}"] = sorted(row[0] for row in rows)
    own = await owner.fetch("select x::text from campaigns x where id = $1", place.campaign.id)
    return {**found, "campaign": [row[0] for row in own]}
