"""Every route against its rule: who holds nothing gets nothing, and no method or input makes a 500."""

from __future__ import annotations

import pytest
from starlette.convertors import UUIDConvertor

from petitions.desk.table import COMMAND
from petitions.routes import ANYONE, COOKIE, LETTER, LOOPBACK, MONITORING, ORGANISER_LINK, routes
from petitions.tokens import pack
from tests import makers
from tests.conftest import browser
from tests.motions import putting

TABLE = routes()
SAMPLES = {
    "token": "x",
    "campaign": "x",
    "statement": "x",
    "path": "site.css",
    "colour": "b4232f",
    "number": 1,
    "format": "txt",
    "motion": "x",
    "digest": "00" * 32,
    "ext": "webp",
    "what": "x",
}
NAMES = [route.name for route in TABLE]


def path_to(route, **over):
    from uuid import uuid4

    ids = {name: uuid4() for name, one in route.param_convertors.items() if isinstance(one, UUIDConvertor)}
    values = {name: {**SAMPLES, **ids, **over}.get(name, "x") for name in route.param_convertors}
    return str(route.url_path_for(route.name, **values))


@pytest.mark.parametrize("name", NAMES)
async def test_every_route_has_a_known_rule_and_one_way_in(name):
    route = next(one for one in TABLE if one.name == name)
    rules = {ANYONE, LETTER, COOKIE, LOOPBACK, MONITORING, ORGANISER_LINK, COMMAND}
    assert hasattr(route, "roles") or route.rule in rules
    assert route.methods in ({"GET", "HEAD"}, {"POST"})


async def test_without_its_letter_no_link_opens_anything(site, client):
    for route in (one for one in TABLE if one.rule in (LETTER, ORGANISER_LINK, COMMAND)):
        for token in ("x", "a.b.c", site.tokens.make("elsewhere", pack(makers.nobody())), "%00", "é"):
            method = "POST" if "POST" in route.methods else "GET"
            response = await client.request(
                method, path_to(route, token=token), data={"a": "b"} if method == "POST" else None
            )
            assert response.status_code in (400, 410), (route.path, token, response.status_code)


async def test_without_its_cookie_a_browser_confirms_and_is_thanked_for_nothing(
    site, client, stranger, owner
):
    statement = await makers.statement(site)
    await putting.motion(site, statement, SAMPLES["motion"])
    await makers.sign(client, statement)
    for route in (one for one in TABLE if one.rule == COOKIE):
        method = "POST" if "POST" in route.methods else "GET"
        data = {"code": "000000"} if method == "POST" else None
        response = await stranger.request(method, path_to(route, statement=statement.slug), data=data)
        assert response.status_code in (303, 422), route.path
    assert await owner.fetchval("select state from signatures") == "pending"


async def test_letters_are_nobodys_where_mail_is_set_up(site, client):
    for route in (one for one in TABLE if one.rule == LOOPBACK):
        assert (await client.get(path_to(route))).status_code == 404


async def test_no_post_of_another_site_is_taken(site, client):
    for route in (one for one in TABLE if "POST" in one.methods and one.name != "unsubscribe_button"):
        for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            response = await client.post(path_to(route), data={"a": "b"}, headers=foreign)
            assert response.status_code == 403, route.path
    async with browser(site, headers={"Origin": "https://elsewhere.example"}) as old:
        for route in (one for one in TABLE if "POST" in one.methods and one.name != "unsubscribe_button"):
            assert (await old.post(path_to(route), data={"a": "b"})).status_code == 403, route.path


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_other_methods_are_refused_in_the_sites_look(site, client, method):
    for route in TABLE:
        response = await client.request(method, path_to(route))
        assert response.status_code in (404, 405), route.path


async def test_get_on_an_act_and_post_on_a_page_are_refused(site, client):
    acts = {route.path for route in TABLE if "POST" in route.methods}
    pages = {route.path for route in TABLE if "GET" in route.methods}
    for route in TABLE:
        if route.path in acts - pages:
            assert (await client.get(path_to(route))).status_code == 405, route.path
        if route.path in pages - acts:
            response = await client.post(path_to(route), data={"a": "b"})
            assert response.status_code in (404, 405), route.path


async def test_every_page_answers_head_without_a_body_and_without_effect(site, client, postbox, owner):
    statement = await makers.statement(site)
    await makers.sign(client, statement)
    before = await makers.snapshot(owner, "signatures", "outbox", "tally_queue")
    for route in (one for one in TABLE if "GET" in one.methods):
        response = await client.head(
            path_to(route, statement=statement.slug, campaign=statement.campaign_slug)
        )
        assert response.status_code < 500, route.path
        assert response.content == b""
    assert before == await makers.snapshot(owner, "signatures", "outbox", "tally_queue")
