"""What goes wrong is said in the site's own look and words, and logged without anybody's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
import structlog
from structlog.testing import capture_logs

from petitions import logs
from petitions.errors import DatabaseGone, PetitionsError
from petitions.folders import SQL
from petitions.site import Site, make_site
from petitions.storage.store import Store
from petitions.web.failures import FAILURES
from tests.conftest import browser, fresh_databases, settings_of
from tests.web.conftest import WRONG, application


@pytest.mark.parametrize("what", sorted(set(WRONG) - {"surprise"}))
async def test_each_error_has_its_page(web: httpx.AsyncClient, what: str) -> None:
    error = WRONG[what]()
    assert isinstance(error, PetitionsError)
    answer = await web.get(f"/wrong/{what}")
    assert answer.status_code == FAILURES[type(error)].status
    assert "site.css" in answer.text
    assert error.sentence.replace("'", "&#39;") in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_error_stands_in_the_table() -> None:
    def leaves(kind: type[PetitionsError]) -> Iterator[type[PetitionsError]]:
        below = kind.__subclasses__()
        if not below:
            yield kind
        for one in below:
            yield from leaves(one)

    own = [kind for kind in leaves(PetitionsError) if kind.__module__ == "petitions.errors"]
    assert [kind.__name__ for kind in own if kind not in FAILURES and kind.__name__ != "Moved"] == []


@pytest.mark.parametrize(
    ("what", "seconds"), [("Throttled", "42"), ("DatabaseGone", str(DatabaseGone.retry_after))]
)
async def test_who_has_to_wait_is_told_how_long(web: httpx.AsyncClient, what: str, seconds: str) -> None:
    answer = await web.get(f"/wrong/{what}")
    assert answer.headers["Retry-After"] == seconds
    assert f"{seconds} seconds" in answer.text


async def test_a_surprise_is_named_by_a_reference_and_its_words_are_kept_to_itself(
    web: httpx.AsyncClient,
) -> None:
    with capture_logs() as lines:
        answer = await web.get("/wrong/surprise?email=ada@example.org")
    assert answer.status_code == 500
    unexpected = next(line for line in lines if line["event"] == "unexpected error")
    assert unexpected["reference"] in answer.text
    assert unexpected["error"] == "ValueError"
    assert unexpected["route"] == "/wrong/{what}"
    assert any("conftest.py" in frame for frame in unexpected["frames"])
    assert "ada@" not in json.dumps(lines) + answer.text
    assert "/wrong/surprise" not in json.dumps(lines)


async def test_a_method_that_an_address_does_not_know_is_told_so(web: httpx.AsyncClient) -> None:
    answer = await web.request("DELETE", "/my")
    assert (answer.status_code, "GET" in answer.headers["Allow"]) == (405, True)
    assert "site.css" in answer.text


async def test_the_access_log_tells_the_route_and_nothing_about_who_asked(web: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await web.get("/campaigns/secret-token?email=ada@example.org")
        await web.get("/no-such-page/ada@example.org")
        await web.request("ADA", "/my")
    told = [{key: line[key] for key in ("method", "route", "status")} for line in lines]
    assert told == [
        {"method": "GET", "route": "/campaigns/{campaign}", "status": 200},
        {"method": "GET", "route": "-", "status": 404},
        {"method": "other", "route": "/my", "status": 405},
    ]
    assert set().union(*lines) == {"event", "log_level", "method", "route", "status", "ms"}


async def test_where_even_the_failure_page_fails_the_words_are_still_there(quiet_site: Site) -> None:
    app = application(quiet_site)
    app.router.routes[:] = [route for route in app.router.routes if getattr(route, "name", "") != "home"]
    async with browser(quiet_site, app=app) as client:
        answer = await client.get("/no-such-page")
    assert answer.status_code == 404
    assert "There is no page at this address." in answer.text
    assert "Content-Security-Policy" in answer.headers


async def test_the_language_of_a_failure_is_the_sites(quiet_site: Site) -> None:
    app = application(quiet_site, language="en-XA")
    async with browser(quiet_site, app=app) as client:
        answer = await client.get("/wrong/NotFound")
    assert '<html lang="en-XA"' in answer.text
    assert "⟦Þåĝé ñöţ ƒöûñð" in answer.text
    assert answer.headers["Content-Language"] == "en-XA"


@pytest_asyncio.fixture
async def lost(server: Any, template: str) -> AsyncIterator[Site]:
    """A site whose database is gone."""
    async for name in fresh_databases(server, f"template {template} strategy file_copy"):
        site = make_site(settings_of(server, name))
        await site.store.open()
    yield site
    await site.store.close()


async def test_ready_means_that_the_database_answers(web: httpx.AsyncClient, lost: Site) -> None:
    assert (await web.get("/readyz")).text == "ok\n"
    async with browser(lost, app=application(lost)) as client:
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200


async def test_ready_means_that_the_schema_is_there(
    server: Any, empty_database: str, quiet_site: Site
) -> None:
    store = Store(server.url("petitions_app", empty_database), SQL)
    await store.open()
    bare = replace(quiet_site, store=store)
    async with browser(bare, app=application(bare)) as client:
        answer = await client.get("/readyz")
    await store.close()
    assert (answer.status_code, "petitions migrate" in answer.text) == (503, True)


def test_log_lines_keep_an_exceptions_words_to_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    import logging

    before = structlog.get_config()
    logs.configure("info")
    try:
        structlog.get_logger().info("hello", number=1)
        try:
            raise ValueError("ada@example.org")
        except ValueError:
            structlog.get_logger().exception("failed")
            logging.getLogger("library").exception("it failed for %s", "ada@example.org")
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        structlog.configure(**before)
        logging.basicConfig(force=True)
    assert "ada@" not in json.dumps(lines)
    assert [line["event"] for line in lines] == ["hello", "failed", "it failed for %s"]
    assert lines[1]["error"] == lines[2]["error"] == "ValueError"


@pytest.mark.parametrize(
    ("ready_made", "kept"),
    [
        (
            "Task exception was never retrieved\nfuture: <Task exception=ValueError('ada')>",
            "Task exception was never retrieved",
        ),
        (
            "Exception in callback remember('ada')\nhandle: <Handle remember('ada')>",
            "Exception in callback remember",
        ),
        ("Executing <Task ada> took 0.2 seconds", "Executing"),
    ],
)
def test_of_asyncios_ready_made_lines_only_the_fixed_words_are_logged(
    ready_made: str, kept: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import logging

    before = structlog.get_config()
    logs.configure("info")
    try:
        logging.getLogger("asyncio").error(ready_made, exc_info=ValueError("ada"))
        line = json.loads(capsys.readouterr().err)
    finally:
        structlog.configure(**before)
        logging.basicConfig(force=True)
    assert (line["event"], line["error"]) == (kept, "ValueError")
    assert "ada" not in json.dumps(line)
