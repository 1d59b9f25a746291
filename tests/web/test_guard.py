"""Who may ask for what: other sites' forms, foreign hosts, proxies that are believed and those that are not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from starlette.types import Message

from petitions.site import Site
from tests.conftest import browser
from tests.web.conftest import application

OURS = "http://localhost:8000"

ORIGINS: list[tuple[Mapping[str, str], int, bool]] = [
    ({"Sec-Fetch-Site": "same-origin"}, 200, True),
    ({"Sec-Fetch-Site": "none"}, 200, True),
    ({"Sec-Fetch-Site": "same-site"}, 403, True),
    ({"Sec-Fetch-Site": "cross-site"}, 403, True),
    ({"Sec-Fetch-Site": "odd"}, 403, True),
    ({"Sec-Fetch-Site": ""}, 403, True),
    ({"Sec-Fetch-Site": "cross-site", "Origin": OURS}, 403, True),
    ({"Sec-Fetch-Site": "same-origin", "Origin": OURS}, 200, True),
    ({"Origin": OURS}, 200, True),
    ({"Origin": "http://LOCALHOST:8000"}, 200, True),
    ({"Origin": "https://localhost:8000"}, 403, True),
    ({"Origin": "http://localhost:8001"}, 403, True),
    ({"Origin": "http://localhost"}, 403, True),
    ({"Origin": "http://localhost:8000.example.org"}, 403, True),
    ({"Origin": "http://evil.example.org"}, 403, True),
    ({"Origin": "null"}, 403, True),
    ({"Origin": "http://["}, 403, True),
    ({"Origin": "http://[::1"}, 403, True),
    ({"Origin": ""}, 403, True),
    ({}, 200, False),
    ({"Referer": "http://evil.example.org/"}, 200, False),
]


@pytest.mark.parametrize(("headers", "status", "from_browser"), ORIGINS)
async def test_a_post_from_another_site_is_refused(
    bare: httpx.AsyncClient, headers: Mapping[str, str], status: int, from_browser: bool
) -> None:
    answer = await bare.post("/seen", headers=headers)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["from_browser"] is from_browser


async def test_a_page_may_be_asked_for_from_anywhere(bare: httpx.AsyncClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.org"}
    assert (await bare.get("/seen", headers=headers)).status_code == 200


async def test_unsubscribing_in_one_click_may_come_from_anywhere(bare: httpx.AsyncClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example.org"}
    assert (await bare.post("/unsubscribe/token", headers=headers)).status_code == 200


async def test_under_the_other_name_of_this_machine_its_own_forms_work(bare: httpx.AsyncClient) -> None:
    headers = {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000"}
    assert (await bare.post("/seen", headers=headers)).status_code == 200


LOCAL_HOSTS = {
    "localhost:8000": 200,
    "LOCALHOST": 200,
    "127.0.0.1:8123": 200,
    "[::1]:8000": 200,
    "petitions.example.org": 421,
    "localhost.example.org": 421,
    "localhost:8000@evil.example.org": 400,
    "localhost/evil": 400,
    "evil example": 400,
    "": 400,
    "localhost:8000:9": 400,
}
PUBLIC_HOSTS = {
    "petitions.example.org": 200,
    "petitions.example.org:443": 200,
    "Petitions.Example.org.": 200,
    "petitions.example.org:8000": 421,
    "localhost": 421,
    "127.0.0.1": 421,
    "evil.example.org": 421,
}


@pytest.mark.parametrize(("host", "status"), LOCAL_HOSTS.items())
async def test_on_ones_own_machine_only_its_own_names_are_answered(
    web: httpx.AsyncClient, host: str, status: int
) -> None:
    assert (await web.get("/", headers={"Host": host})).status_code == status


@pytest.mark.parametrize(("host", "status"), PUBLIC_HOSTS.items())
async def test_a_public_site_answers_under_its_own_name_alone(
    quiet_site: Site, host: str, status: int
) -> None:
    app = application(quiet_site, base_url="https://petitions.example.org")
    async with browser(quiet_site, app=app, base_url="https://petitions.example.org") as client:
        assert (await client.get("/", headers={"Host": host})).status_code == status
        assert (await client.get("/healthz", headers={"Host": host})).status_code == 200


async def test_two_hosts_are_no_host(web: httpx.AsyncClient) -> None:
    headers = [("Host", "localhost:8000"), ("Host", "localhost:8000")]
    request = httpx.Request("GET", "http://localhost:8000/", headers=headers)
    assert (await web.send(request)).status_code == 400


PROXY = "10.0.0.1"
PROXIES: list[tuple[str, dict[str, str], str, str]] = [
    ("192.0.2.9", {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}, "192.0.2.9", "http"),
    (PROXY, {}, PROXY, "http"),
    (PROXY, {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}, "198.51.100.7", "https"),
    (PROXY, {"X-Forwarded-For": "203.0.113.1, 198.51.100.7"}, "198.51.100.7", "http"),
    (PROXY, {"X-Forwarded-For": "203.0.113.1, 198.51.100.7, 10.0.0.2"}, "198.51.100.7", "http"),
    (PROXY, {"X-Forwarded-For": "10.0.0.3, 10.0.0.2"}, "10.0.0.3", "http"),
    (PROXY, {"X-Forwarded-For": "198.51.100.7, unknown"}, PROXY, "http"),
    (PROXY, {"X-Forwarded-For": "198.51.100.7:4711"}, "198.51.100.7", "http"),
    (PROXY, {"X-Forwarded-For": "[2001:db8::7]:4711"}, "2001:db8::7", "http"),
    (PROXY, {"X-Forwarded-For": "2001:db8::7"}, "2001:db8::7", "http"),
    (PROXY, {"X-Forwarded-For": "::ffff:198.51.100.7"}, "198.51.100.7", "http"),
    ("::ffff:10.0.0.1", {"X-Forwarded-For": "198.51.100.7"}, "198.51.100.7", "http"),
    (PROXY, {"X-Forwarded-For": "' or 1=1; --"}, PROXY, "http"),
    (PROXY, {"X-Forwarded-For": ""}, PROXY, "http"),
    (PROXY, {"X-Forwarded-Proto": "javascript"}, PROXY, "http"),
    (PROXY, {"X-Forwarded-Proto": "http, https"}, PROXY, "https"),
    ("/run/socket", {}, "0.0.0.0", "http"),
]


@pytest.mark.parametrize(("peer", "headers", "ip", "scheme"), PROXIES)
async def test_only_trusted_proxies_say_who_asks(
    quiet_site: Site, peer: str, headers: dict[str, str], ip: str, scheme: str
) -> None:
    app = application(quiet_site, trusted_proxies=(ip_network("10.0.0.0/24"),))
    async with browser(quiet_site, app=app, peer=peer, headers=headers) as client:
        facts = (await client.get("/seen")).json()
    assert (facts["ip"], facts["scheme"]) == (ip, scheme)


HOMES: list[tuple[str, dict[str, Any], dict[str, str], bool]] = [
    ("127.0.0.1", {}, {}, True),
    ("::1", {}, {"Host": "[::1]:8000"}, True),
    ("192.0.2.9", {}, {}, False),
    ("127.0.0.1", {"host": "0.0.0.0"}, {}, False),
    ("127.0.0.1", {}, {"X-Forwarded-For": "192.0.2.9"}, False),
    ("127.0.0.1", {}, {"Forwarded": "for=192.0.2.9"}, False),
    ("127.0.0.1", {"base_url": "http://petitions.example.org"}, {"Host": "petitions.example.org"}, False),
]


@pytest.mark.parametrize(("peer", "over", "headers", "at_home"), HOMES)
async def test_only_the_developer_before_the_machine_is_at_home(
    quiet_site: Site, peer: str, over: dict[str, Any], headers: dict[str, str], at_home: bool
) -> None:
    async with browser(quiet_site, app=application(quiet_site, **over), peer=peer, headers=headers) as client:
        assert (await client.get("/seen")).json()["at_home"] is at_home


async def test_a_form_that_never_ends_is_given_up(quiet_site: Site) -> None:
    app = application(quiet_site, receive_seconds=0.05)
    answer = await _slow_post(app, b"name=Ad")
    assert answer == 408


async def test_a_form_that_grows_beyond_the_limit_is_cut_off(quiet_site: Site) -> None:
    app = application(quiet_site, max_body=1024)
    answer = await _slow_post(app, b"x" * 1025)
    assert answer == 413


async def _slow_post(app: Any, first: bytes) -> int:
    """A body of which only the first piece ever comes."""
    pieces = [first]

    async def receive() -> Message:
        if not pieces:
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": pieces.pop(), "more_body": True}

    statuses: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/form",
        "raw_path": b"/form",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "headers": [(b"host", b"localhost:8000"), (b"content-type", b"application/x-www-form-urlencoded")],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }
    await app(scope, receive, send)
    return statuses[0]
