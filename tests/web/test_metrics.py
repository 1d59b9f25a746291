"""What monitoring reads: who may, what it says, and that nothing personal is in it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import httpx
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import Request
from starlette.routing import Route

from petitions import work
from petitions.app import create_app
from petitions.routes import routes
from petitions.site import Site, make_site
from petitions.web.application import build
from petitions.web.measured import Measured
from petitions.web.metrics import Metrics, _forget_dead, kept_fresh
from tests import makers
from tests.conftest import browser, settings_of
from tests.mail.conftest import post

SHOWN = {"Authorization": "Bearer a-token-of-the-tests"}
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def value(found: Samples, name: str, /, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


async def read(client: Any, **headers: str) -> Samples:
    answer = await client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return samples(answer.text)


@pytest_asyncio.fixture
async def client(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on a site that asks its database each time."""
    async with asking(site) as client:
        yield client


def asking(site: Site, **over: float) -> httpx.AsyncClient:
    app = create_app(site)
    app.state.metrics.measured = Measured(site, **{"keep": 0, "share": 0, **over})
    return browser(site, app=app)


async def test_with_a_token_in_the_settings_only_its_holder_reads_them(site: Site) -> None:
    guarded = replace(site, settings=replace(site.settings, metrics_token="a-token-of-the-tests"))
    async with browser(guarded) as client:
        for wrong in (
            {},
            {"Authorization": "Bearer another"},
            {"Authorization": "Basic a-token-of-the-tests"},
        ):
            answer = await client.get("/metrics", headers=wrong)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert "petitions_" not in answer.text
        assert (await client.get("/metrics?token=a-token-of-the-tests")).status_code == 401
    async with browser(guarded, peer="192.0.2.7", base_url="http://192.0.2.1:8000") as scraper:
        assert (await scraper.get("/metrics", headers=SHOWN)).status_code == 200


async def test_without_one_they_are_for_this_machine_alone(site: Site) -> None:
    async with browser(site) as home:
        assert (await home.get("/metrics")).status_code == 200
        assert (await home.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})).status_code == 404
        assert (await home.get("/metrics", headers={"Host": "petitions.example.org"})).status_code == 404
    async with browser(site, peer="192.0.2.7") as away:
        assert (await away.get("/metrics")).status_code == 404


async def test_requests_are_told_by_route_method_and_status(site: Site, client: Any) -> None:
    await client.get("/confirm/a-token")
    await client.get("/no/such/page")
    await client.request("BREW", "/my")
    found = await read(client)
    count = "petitions_requests_total"
    assert value(found, count, route="/confirm/{token}", method="GET", status="400") == 1
    assert value(found, count, route="-", method="GET", status="404") == 1
    assert value(found, count, route="/my", method="other", status="405") == 1
    assert value(found, "petitions_request_seconds_count", route="/confirm/{token}") == 1
    assert (value(found, "process_resident_memory_bytes") or 0) > 10**7
    assert value(found, "petitions_database_connections", state="most") == site.settings.database_connections
    assert value(found, "petitions_live_streams") == 0


async def test_a_failure_that_nobody_foresaw_is_told_by_its_class(site: Site) -> None:
    async def broken(request: Request) -> None:
        raise ZeroDivisionError("ada@example.org")

    app = build(site, [Route("/broken", broken), *routes()])
    app.state.metrics = Metrics(site)
    async with browser(site, app=app) as client:
        assert (await client.get("/broken")).status_code == 500
        found = await read(client)
    assert value(found, "petitions_unexpected_errors_total", error="ZeroDivisionError") == 1
    assert value(found, "petitions_requests_total", route="/broken", method="GET", status="500") == 1


async def test_letters_counts_jobs_backup_and_disk_are_told(
    site: Site, client: Any, owner: Any, postbox: Any, counting: Any
) -> None:
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement, email="ada@example.org")
    await makers.sign(client, statement, email="bob@example.org")
    await post(site, kind="plain", priority=5)
    await owner.execute("update outbox set due_since = now() - interval '3 minutes' where kind = 'plain'")
    await owner.execute(
        "insert into jobs (name, every, last_run, failures) values ('example', '1 day', now() - interval '1 hour', 2)"
    )
    await site.store.facts.note(name="backup", value="2026-01-02T03:04:05+00:00")
    found = await read(client)
    assert value(found, "petitions_outbox_letters", kind="attempt", state="waiting") == 1
    oldest = value(found, "petitions_outbox_oldest_seconds", kind="plain", state="waiting")
    assert 180 <= (oldest or 0) < 240
    assert value(found, "petitions_letters_ended_last_hour", kind="attempt", state="sent") == 1
    assert value(found, "petitions_counted", what="people") == 1
    assert value(found, "petitions_attempts_recent", state="confirmed", within="2h") == 1
    assert value(found, "petitions_attempts_recent", state="unconfirmed", within="24h") == 1
    assert value(found, "petitions_tally_queue_lines") == 0
    assert 3600 <= (value(found, "petitions_job_last_run_age_seconds", name="example") or 0) < 3700
    assert value(found, "petitions_job_failures", name="example") == 2
    assert (value(found, "petitions_backup_age_seconds") or 0) > 86400
    assert (value(found, "petitions_disk_free_bytes") or 0) > 0
    assert value(found, "petitions_schema_up_to_date") == value(found, "petitions_database_up") == 1


async def test_what_waits_for_the_tally_is_told_with_its_age(site: Site, client: Any, owner: Any) -> None:
    statement = await makers.statement(site)
    await owner.execute(
        "insert into tally_queue (statement_id, what, delta, version, subject_id, cause, happened_at) "
        "values ($1, 'people', 1, 1, $1, 'confirm', now() - interval '1 minute')",
        statement.id,
    )
    found = await read(client)
    assert value(found, "petitions_tally_queue_lines") == 1
    assert 60 <= (value(found, "petitions_tally_oldest_seconds") or 0) < 90
    await work.work_once(site)
    assert value(await read(client), "petitions_tally_queue_lines") == 0


async def test_nothing_in_them_is_about_a_person(site: Site, client: Any, postbox: Any) -> None:
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement, name="Ada Lovelace", email="ada@example.org")
    await client.post("/my", data={"email": "ada@example.org"})
    letters = await postbox.settle()
    link = letters[-1].link("/my/")
    await client.get(link)
    text = (await client.get("/metrics")).text
    for one in ("ada", "Lovelace", "example.org", link, link.rsplit("/", 1)[-1], "127.0.0", statement.slug):
        assert one not in text, one
    assert 'route="/my/{token}"' in text


async def test_without_a_database_the_process_still_tells_of_itself(
    client: Any, server: Any, database: str
) -> None:
    assert value(await read(client), "petitions_database_up") == 1
    await client.get("/healthz")
    postgres = await asyncpg.connect(server.url("postgres", "postgres"))
    await postgres.execute(f"alter database {database} allow_connections false")
    await postgres.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", database
    )
    await postgres.close()
    found = await asyncio.wait_for(read(client), 10)
    assert value(found, "petitions_database_up") == 0
    assert value(found, "petitions_requests_total", route="/healthz", method="GET", status="200") == 1
    assert value(found, "petitions_counted", what="people") is None


async def test_a_database_that_does_not_answer_is_waited_for_only_shortly(site: Site, owner: Any) -> None:
    async with asking(site, patience=0.5) as client:
        async with owner.transaction():
            await owner.execute("lock table outbox in access exclusive mode")
            assert value(await read(client), "petitions_database_up") == 0
        assert value(await read(client), "petitions_database_up") == 1


async def test_nor_one_that_hangs_so_that_nothing_asked_of_it_can_be_taken_back(
    site: Site, owner: Any
) -> None:
    postmaster = int(Path(f"/proc/{owner.get_server_pid()}/stat").read_text().rpartition(")")[2].split()[1])
    async with asking(site, patience=0.5) as client:
        assert value(await read(client), "petitions_database_up") == 1
        async with owner.transaction():
            await owner.execute("lock table outbox in access exclusive mode")
            os.kill(postmaster, signal.SIGSTOP)
            try:
                for _ in range(2):
                    assert value(await asyncio.wait_for(read(client), 5), "petitions_database_up") == 0
            finally:
                os.kill(postmaster, signal.SIGCONT)
        assert value(await read(client), "petitions_database_up") == 1


def test_gauges_of_a_process_whose_number_is_another_users_by_now_are_forgotten() -> None:
    with TemporaryDirectory() as folder:
        gauge, root = Path(folder) / "gauge_livesum_1.db", os.geteuid() == 0
        gauge.touch()
        os.chmod(folder, 0o777)
        if root:
            os.setresuid(65534, 65534, 0)
        try:
            _forget_dead(Path(folder))
        finally:
            if root:
                os.setresuid(0, 0, 0)
        assert not gauge.exists()


async def test_an_old_schema_is_told_and_not_stumbled_over(server: Any, empty_database: str) -> None:
    site = make_site(settings_of(server, empty_database))
    await site.store.open()
    try:
        async with browser(site) as client:
            found = await read(client)
    finally:
        await site.store.close()
    assert value(found, "petitions_schema_up_to_date") == 0
    assert value(found, "petitions_database_up") == 1


async def test_the_database_is_asked_once_for_many_readers(site: Site, client: Any) -> None:
    async with browser(site) as kept:
        assert 'kind="plain"' not in (await kept.get("/metrics")).text
        await post(site, kind="plain", priority=5)
        assert 'kind="plain"' not in (await kept.get("/metrics")).text
    assert 'kind="plain"' in (await client.get("/metrics")).text


async def test_pages_that_were_ready_are_counted_too(site: Site) -> None:
    app = create_app(site)
    app.state.kept.hits["/{statement}", 200] += 5
    async with kept_fresh(app), browser(site, app=app) as client:
        app.state.kept.hits["/{statement}", 200] += 2
        found = await read(client)
        again = await read(client)
    for one in (found, again):
        assert value(one, "petitions_requests_total", route="/{statement}", method="GET", status="200") == 7


async def test_no_query_reads_a_big_table_whole(site: Site, owner: Any) -> None:
    """With a month of letters and many signatures there, as PostgreSQL plans it."""
    statement = await makers.statement(site)
    await owner.execute(
        "insert into outbox (id, kind, state, ended_at) select gen_random_uuid(), 'plain', 'sent', "
        "now() - n * interval '1 minute' from generate_series(1, 20000) n"
    )
    await owner.execute(
        "insert into signatures (statement_id, id, state, version, created_at) select $1, gen_random_uuid(), "
        "'withdrawn', 1, now() - n * interval '1 minute' from generate_series(1, 20000) n",
        statement.id,
    )
    await owner.execute(
        "insert into count_hours (statement_id, what, hour, value) select $1, 'people', "
        "date_trunc('hour', now()) - n * interval '1 hour', 1 from generate_series(1, 20000) n",
        statement.id,
    )
    await owner.execute("insert into tallies (statement_id) values ($1)", statement.id)
    await owner.execute("analyze outbox, signatures, count_hours, tallies")
    for query in site.store.namespaces["metrics"].queries.values():
        plan = "\n".join(row[0] for row in await owner.fetch(f"explain {query.sql}"))
        for table in ("outbox", "signatures", "count_hours"):
            assert f"Seq Scan on {table}" not in plan, plan
