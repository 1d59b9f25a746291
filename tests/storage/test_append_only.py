"""What happened stays: append-only tables refuse the app's role by its rights, and everybody by a trigger."""

from __future__ import annotations

import asyncpg
import pytest

from tests import makers

TABLES = ["versions", "notes", "signature_events", "consent_texts", "consents", "audit"]
COLUMN = {"audit": "actor", "consents": "act", "consent_texts": "wording", "signature_events": "act"}


@pytest.fixture
async def app(server, database):
    connection = await asyncpg.connect(server.url("petitions_app", database))
    yield connection
    await connection.close()


@pytest.fixture
async def filled(site, client, postbox, owner):
    from petitions.statements import actions as statements

    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement)
    await statements.add_note(site, statement, "An example note.", actor=makers.ACTOR)
    await owner.execute(
        "insert into signature_events (statement_id, id, signature_id, act)"
        " select statement_id, gen_random_uuid(), id, 'changed' from signatures"
    )


@pytest.mark.parametrize("table", TABLES)
async def test_the_apps_role_may_not_change_or_delete(filled, app, table):
    column = COLUMN.get(table, "body")
    for command in (f"update {table} set {column} = 'x'", f"delete from {table}", f"truncate {table}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(command)


@pytest.mark.parametrize("table", TABLES)
async def test_with_one_role_alone_a_trigger_refuses(filled, owner, table):
    column = COLUMN.get(table, "body")
    assert await owner.fetchval(f"select count(*) from {table}") > 0
    for command in (
        f"update {table} set {column} = 'x'",
        f"delete from {table}",
        f"truncate {table} cascade",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await owner.execute(command)


async def test_the_apps_role_can_neither_drop_the_guards_nor_write_migrations(app):
    for command in (
        "drop trigger append_only on audit",
        "alter table audit disable trigger append_only",
        "insert into migrations (name, checksum) values ('x', 'x')",
        "create table mine (id integer)",
        "drop table signatures",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(command)


async def test_consents_end_only_by_their_own_function_and_not_early(filled, app, owner):
    with pytest.raises(asyncpg.RaiseError):
        await app.fetchval("select expire_consents(interval '1 day')")
    assert await app.fetchval("select expire_consents(interval '6 years')") == 0
    assert await owner.fetchval("select count(*) from consents") > 0


async def test_the_owners_switch_does_not_let_the_apps_role_through(filled, app):
    await app.execute("select set_config('petitions.owner_function', 'on', false)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("delete from audit")


async def test_no_campaign_is_made_a_demonstration_and_removed(filled, app, owner):
    for command in (
        "update campaigns set demonstration = true",
        "delete from campaigns",
        "update statements set campaign_id = gen_random_uuid()",
        "delete from statements",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(command)
    assert await app.fetchval("select remove_demonstration()") == 0
    assert await owner.fetchval("select count(*) from signatures") == 1
