"""Migrations: in order, once, each whole or not at all; never one that was changed afterwards."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from petitions.errors import Refused
from petitions.storage.migrate import migrate, missing

GRANTS = "grant usage on schema public to {app};"


@pytest.fixture
def sql(tmp_path):
    """A folder like sql/, as it was at the first release."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "schema.sql").write_text("create table things (id integer primary key);")
    (tmp_path / "grants.sql").write_text(GRANTS)
    return tmp_path


def add(sql, name, text, schema=None):
    (sql / "migrations" / name).write_text(text)
    if schema:
        (sql / "schema.sql").write_text(schema)


@pytest.fixture
async def url(server, empty_database):
    return server.url("petitions_owner", empty_database)


async def column_names(url):
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(
        "select column_name from information_schema.columns where table_name = 'things'"
    )
    await connection.close()
    return sorted(row["column_name"] for row in rows)


async def test_a_living_database_gets_the_missing_steps_in_order(sql, url):
    assert await migrate(url, sql) == ["schema.sql"]
    add(sql, "0001_name.sql", "alter table things add name text;")
    add(sql, "0002_kind.sql", "update things set name = 'x'; alter table things add kind text;")
    assert await missing(url, sql) == ["0001_name.sql", "0002_kind.sql"]
    assert await migrate(url, sql) == ["0001_name.sql", "0002_kind.sql"]
    assert await migrate(url, sql) == []
    assert await column_names(url) == ["id", "kind", "name"]


async def test_an_empty_database_gets_the_schema_and_all_steps_marked_done(sql, url):
    add(
        sql,
        "0001_name.sql",
        "alter table things add name text;",
        "create table things (id integer, name text);",
    )
    assert await migrate(url, sql) == ["schema.sql"]
    assert await missing(url, sql) == []
    assert await column_names(url) == ["id", "name"]


async def test_a_step_that_fails_leaves_nothing_of_itself_and_can_be_tried_again(sql, url):
    await migrate(url, sql)
    add(sql, "0001_half.sql", "alter table things add name text; select 1 / 0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(url, sql)
    assert await column_names(url) == ["id"]
    add(sql, "0001_half.sql", "alter table things add name text;")
    assert await migrate(url, sql) == ["0001_half.sql"]


async def test_a_step_changed_after_it_was_applied_is_refused(sql, url):
    await migrate(url, sql)
    add(sql, "0001_name.sql", "alter table things add name text;")
    await migrate(url, sql)
    add(sql, "0001_name.sql", "alter table things add title text;")
    with pytest.raises(Refused, match="changed"):
        await migrate(url, sql)


async def test_an_index_is_built_concurrently_outside_a_transaction(sql, url):
    await migrate(url, sql)
    add(sql, "0001_index.sql", "-- no-transaction\ncreate index concurrently by_id on things (id);")
    assert await migrate(url, sql) == ["0001_index.sql"]


async def test_ten_migrations_at_once_apply_each_step_once(sql, url):
    add(
        sql,
        "0001_name.sql",
        "alter table things add name text;",
        "create table things (id integer, name text);",
    )
    applied = await asyncio.gather(*(migrate(url, sql) for _ in range(10)))
    assert sorted(applied, key=len)[-1] == ["schema.sql"]
    assert sum(map(len, applied)) == 1
