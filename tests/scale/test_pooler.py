"""Through PgBouncer in transaction mode: each transaction may meet another connection, and nothing is missed.

The journeys here are those of the rooms, imported, on a site whose DATABASE_URL goes through the pooler.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from petitions.app import create_app
from petitions.settings import Settings
from petitions.site import Site, bring_up, make_site
from petitions.storage.embedded import Embedded
from tests import makers
from tests.conftest import Postbox, browser
from tests.export.test_export import (  # noqa: F401
    test_a_list_broken_off_gives_its_connection_back_and_says_so,
    test_an_error_of_the_database_reaches_the_taker,
    test_one_row_says_everything_that_was_agreed_to,
)
from tests.my.conftest import dump, my, statement  # noqa: F401
from tests.my.test_change import test_a_name_and_answers_are_corrected  # noqa: F401
from tests.my.test_erase import (  # noqa: F401
    test_erasing_and_withdrawing_at_once_counts_once,
    test_only_a_tombstone_and_the_ledger_stay,
)
from tests.my.test_show import test_the_page_shows_every_field_and_what_is_public  # noqa: F401
from tests.my.test_withdraw import test_the_undo_gives_the_old_number_back  # noqa: F401
from tests.scale.pooler import CONNECTIONS, Pooler
from tests.scale.processes import Processes
from tests.signatures.test_confirming import (  # noqa: F401
    signed,
    test_a_strangers_click_only_asks_and_the_button_confirms,
    test_one_click_in_the_same_browser_confirms,
    test_the_code_confirms_in_the_browser_that_asked,
)
from tests.signatures.test_racing import (  # noqa: F401
    test_parallel_wrong_codes_never_get_more_than_five_tries,
    test_two_tallies_at_once_count_each_line_once,
    test_two_web_processes_know_the_same,
)
from tests.signatures.test_retention import test_every_job_runs_on_a_site_with_people_in_it  # noqa: F401
from tests.statements.test_states import test_versions_at_once_get_numbers_of_their_own  # noqa: F401

PEOPLE = 25
LEFT = """
select array_agg(state) from pg_stat_activity where usename = 'petitions_app' and datname = current_database()"""


@pytest.fixture
def settings(settings: Settings, pooler: Pooler, database: str) -> Settings:
    return replace(settings, database_url=pooler.url("petitions_app", database))


async def test_many_visitors_share_a_few_connections_and_leave_nothing_on_them(
    site: Site, client: httpx.AsyncClient, postbox: Postbox, server: Embedded, database: str
) -> None:
    row = await makers.statement(site)
    stamp = makers.stamp_of((await client.get(f"/{row.slug}")).text)

    async def visit(n: int) -> httpx.AsyncClient:
        own = browser(site, peer=f"192.0.2.{n}")
        answer = await makers.sign(own, row, email=f"ada-{n}@example.org", stamp=stamp)
        assert answer.status_code == 303
        return own

    browsers = await asyncio.gather(*(visit(n) for n in range(PEOPLE)))
    letters = {letter.to: letter for letter in await postbox.settle()}
    assert len(letters) == len(postbox) == PEOPLE
    links = [letters[f"ada-{n}@example.org"].link("/confirm/") for n in range(PEOPLE)]
    answers = await asyncio.gather(*(own.get(link) for own, link in zip(browsers, links, strict=True)))
    assert {answer.headers.get("location") for answer in answers} == {f"/{row.slug}/thanks"}
    await postbox.settle()
    assert (await client.get(f"/{row.slug}/count.json")).json()["people"] == PEOPLE
    look = await asyncpg.connect(server.url("postgres", database))
    left = await look.fetchval(LEFT)
    locks = await look.fetchval("select count(*) from pg_locks where locktype = 'advisory'")
    await look.close()
    assert 0 < len(left) <= CONNECTIONS
    assert set(left) == {"idle"}
    assert locks == 0


async def test_the_connections_of_the_pooler_keep_no_statements_and_no_settings(
    site: Site, client: httpx.AsyncClient, pooler: Pooler, database: str
) -> None:
    """Seen from one that a visitor's queries used before."""
    row = await makers.statement(site)
    await asyncio.gather(*(client.get(f"/{row.slug}") for _ in range(20)))
    async with site.store.copy_out():
        pass
    look = await asyncpg.connect(pooler.url("petitions_app", database), statement_cache_size=0)
    for _ in range(CONNECTIONS):
        assert await look.fetchval("select count(*) from pg_prepared_statements where name <> ''") == 0
        assert await look.fetchval("show transaction_isolation") == "read committed"
    await look.close()


async def test_changes_are_heard_on_the_direct_url(settings: Settings, site: Site) -> None:
    row = await makers.statement(site)
    other = make_site(settings)
    app = create_app(other)
    async with app.router.lifespan_context(app), browser(other, app=app) as visitor:
        for _ in range(200):
            await visitor.get(f"/{row.slug}")
            if row.id in other.shelf.statements():
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("nothing is ever remembered: it does not listen")
        await makers.close(site, row)
        for _ in range(30):
            if not makers.stamp_of((await visitor.get(f"/{row.slug}")).text):
                break
            await asyncio.sleep(0.1)
        else:
            pytest.fail("it never heard of the closing")


async def test_a_process_serves_migrates_and_works_through_it(
    settings: Settings, server: Embedded, empty_database: str, pooler: Pooler, sink: Any, tmp_path: Path
) -> None:
    sink.reset()
    settings = replace(
        settings,
        database_url=pooler.url("petitions_app", empty_database),
        database_direct_url=server.url("petitions_app", empty_database),
        database_owner_url=server.url("petitions_owner", empty_database),
    )
    processes = Processes(settings, tmp_path)
    processes.command("migrate")
    assert await bring_up(settings) == []
    site = make_site(settings)
    await site.store.open()
    row = await makers.statement(site)
    try:
        web = processes.web(with_work=True)
        processes.ready(web)
        async with processes.browser() as visitor:
            stamp = makers.stamp_of((await visitor.get(f"{web}/{row.slug}")).text)
            typed = {"name": "Ada Example", "email": "ada@example.org", "website": "", "stamp": stamp}
            assert (await visitor.post(f"{web}/{row.slug}/sign", data=typed)).status_code == 303
            for _ in range(200):
                if sink:
                    break
                await asyncio.sleep(0.1)
            assert (await visitor.get(web + sink[0].link("/confirm/"))).status_code == 303
            for _ in range(100):
                if (await visitor.get(f"{web}/{row.slug}/count.json")).json()["people"]:
                    break
                await asyncio.sleep(0.1)
            else:
                pytest.fail("never counted")
    finally:
        processes.stop()
        await site.store.close()
    assert '"error"' not in processes.logs()
