"""Brings a database's schema up: empty → schema.sql whole; alive → the missing steps, in order."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import asyncpg

from petitions.errors import DatabaseGone, Refused

_LOCK = 0x7065_7469  # "peti": the advisory lock of this program's migrations
_TABLE = """
create table if not exists migrations (
    name text primary key, checksum text not null, applied_at timestamptz not null default now()
)"""


def steps(sql: Path) -> list[Path]:
    """The migration files in order."""
    return sorted((sql / "migrations").glob("[0-9]*.sql"))


async def migrate(url: str, sql: Path, *, app_role: str | None = None) -> list[str]:
    """Bring the schema up as the owner; the names of what was applied.

    `app_role` gets the rights of grants.sql where it is another role than the owner.
    Raises Refused where an applied step was changed afterwards, DatabaseGone without a connection.
    """
    connection = await _connect(url)
    try:
        await _lock(connection)
        applied = await _bring_up(connection, sql)
        if app_role and app_role != await connection.fetchval("select current_user"):
            quoted = '"' + app_role.replace('"', '""') + '"'
            await connection.execute((sql / "grants.sql").read_text().replace("{app}", quoted))
        return applied
    except asyncpg.InsufficientPrivilegeError as error:
        raise Refused(
            "The role that migrates may not create or change the tables: set DATABASE_OWNER_URL to their owner's."
        ) from error
    finally:
        await connection.close()


async def missing(url: str, sql: Path) -> list[str]:
    """What `migrate` would apply now; changes nothing."""
    connection = await _connect(url)
    try:
        if not await connection.fetchval("select to_regclass('migrations') is not null"):
            return ["schema.sql"]
        done = {row["name"] for row in await connection.fetch("select name from migrations")}
        return [step.name for step in steps(sql) if step.name not in done]
    finally:
        await connection.close()


async def _connect(url: str) -> Any:
    try:
        return await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseGone(f"The database does not answer: {type(error).__name__}.") from error


async def _lock(connection: Any) -> None:
    # Polled: waiting inside pg_advisory_lock would deadlock with CREATE INDEX CONCURRENTLY.
    for _ in range(600):
        if await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
            return
        await asyncio.sleep(0.1)
    raise Refused("Another migration has been running for a minute. Wait for it, then try again.")


async def _bring_up(connection: Any, sql: Path) -> list[str]:
    empty = not await connection.fetchval("select to_regclass('migrations') is not null")
    if empty:
        async with connection.transaction():
            await connection.execute(_TABLE)
            await connection.execute((sql / "schema.sql").read_text())
            for step in steps(sql):
                await _mark(connection, step)
        return ["schema.sql"]
    done = {row["name"]: row["checksum"] for row in await connection.fetch("select * from migrations")}
    applied = []
    for step in steps(sql):
        if step.name not in done:
            await _apply(connection, step)
            applied.append(step.name)
        elif done[step.name] != _checksum(step):
            raise Refused(f"{step.name} was changed after it had been applied. Add a new step instead.")
    return applied


async def _apply(connection: Any, step: Path) -> None:
    text = _read(step)
    if text.startswith("-- no-transaction"):
        await connection.execute(text)
        await _mark(connection, step)
        return
    async with connection.transaction():
        await connection.execute(text)
        await _mark(connection, step)


async def _mark(connection: Any, step: Path) -> None:
    await connection.execute(
        "insert into migrations (name, checksum) values ($1, $2)", step.name, _checksum(step)
    )


def _read(step: Path) -> str:
    return step.read_text(encoding="utf-8")


def _checksum(step: Path) -> str:
    return hashlib.sha256(step.read_bytes()).hexdigest()
