"""A whole database out and in again: PostgreSQL's own pg_dump and pg_restore, and how many rows each table has.

They run beside us and speak through pipes; a password reaches them by the environment, where `ps` shows nothing.
"""

from __future__ import annotations

import asyncio
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import asyncpg

from petitions.errors import DatabaseGone, Refused
from petitions.storage.accounts import EmbeddedError
from petitions.storage.binaries import find_binaries

_CHUNK = 1 << 18  # bytes
_TABLES = """
select c.oid::regclass::text from pg_class c
where c.relnamespace = to_regnamespace('public') and c.relkind = 'r' and c.relpersistence = 'p' order by 1"""
_EMPTY = """
select not exists (select from pg_class where relnamespace = to_regnamespace('public'))
   and not exists (select from pg_proc where pronamespace = to_regnamespace('public'))"""
_OWNS = "select pg_has_role(relowner, 'usage') from pg_class where oid = to_regclass('public.migrations')"


class Moment(NamedTuple):
    """What a dump holds: rows of each table, names and checksums of the migrations, the server's version."""

    rows: dict[str, int]
    steps: dict[str, str]
    postgresql: str


async def dump(url: str, write: Callable[[bytes], None]) -> Moment:
    """The database as the owner sees it at one moment, in pg_dump's custom format; nobody waits for it.

    Raises Refused, DatabaseGone, EmbeddedError.
    """
    async with (
        _connected(url) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        if not await connection.fetchval(_OWNS):
            raise Refused("A backup is made by the owner of the tables: set DATABASE_OWNER_URL.")
        snapshot = await connection.fetchval("select pg_export_snapshot()")
        moment = await _moment(connection)
        options = ["--format=custom", "--no-unlogged-table-data", f"--snapshot={snapshot}"]
        async with _running("pg_dump", [*options, *_to(url)], url) as process:
            while chunk := await process.stdout.read(_CHUNK):
                write(chunk)
    return moment


async def restore(url: str, chunks: Iterable[bytes]) -> None:
    """A dump into an empty database, as its owner and in one transaction. Raises as `dump` does."""
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    async with _running("pg_restore", [*options, *_to(url)], url) as process:
        await _feed(process, chunks)


async def listed(chunks: Iterable[bytes]) -> None:
    """Raises Refused where pg_restore can't read what the dump says it contains."""
    async with _running("pg_restore", ["--list"], "") as process:
        reading = asyncio.create_task(process.stdout.read())
        await _feed(process, chunks)
        await reading


async def count_rows(url: str) -> dict[str, int]:
    """Of each table, for the owner."""
    async with _connected(url) as connection:
        return await _rows(connection)


async def is_empty(url: str) -> bool:
    async with _connected(url) as connection:
        return bool(await connection.fetchval(_EMPTY))


async def _moment(connection: Any) -> Moment:
    steps = await connection.fetch("select name, checksum from migrations order by name")
    version = await connection.fetchval("show server_version")
    return Moment(await _rows(connection), {row["name"]: row["checksum"] for row in steps}, version)


async def _rows(connection: Any) -> dict[str, int]:
    names = [row[0] for row in await connection.fetch(_TABLES)]
    return {name: await connection.fetchval(f"select count(*) from {name}") for name in names}  # noqa: S608


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseGone(f"The database does not answer: {type(error).__name__}.") from error
    try:
        yield connection
    except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
        raise DatabaseGone("The database went away in the middle of it.") from error
    finally:
        connection.terminate()


@asynccontextmanager
async def _running(program: str, arguments: list[str], url: str) -> AsyncIterator[Any]:
    """The program, until it is done. Raises Refused with the reason that it tells; killed if the block is left."""
    path = find_binaries() / program
    environment = {**os.environ, "LC_ALL": "C", **_password(url)}
    try:
        process = await asyncio.create_subprocess_exec(
            path, *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment, start_new_session=True
        )
    except OSError as error:
        raise EmbeddedError(f"{path} can't be run ({error.strerror}): is PG_BIN right?") from error
    complaints = asyncio.create_task(process.stderr.read())  # type: ignore[union-attr]
    try:
        yield process
        if await process.wait():
            raise Refused(f"{program} failed: {_reason(await complaints)}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await complaints


async def _feed(process: Process, chunks: Iterable[bytes]) -> None:
    """What it no longer wants to read is no error of ours: it says why when it ends."""
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):
        for chunk in chunks:
            process.stdin.write(chunk)
            await process.stdin.drain()
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.close()
        await process.stdin.wait_closed()


def _reason(complaints: bytes) -> str:
    """The first line alone: those that follow quote rows."""
    lines = [line for line in complaints.decode(errors="replace").splitlines() if "error:" in line]
    return lines[0].partition("error: ")[2][:300] if lines else "it did not say why."


def _to(url: str) -> list[str]:
    """The database without its password. Put together by hand: urlunsplit drops the // before no host."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    user = f"{quote(unquote(parts.username), safe='')}@" if parts.username else ""
    query = urlencode(
        [(name, value) for name, value in parse_qsl(parts.query) if name != "password"], quote_via=quote
    )
    return ["--no-password", f"--dbname={parts.scheme}://{user}{place}{parts.path}{query and '?'}{query}"]


def _password(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    given = unquote(parts.password) if parts.password else dict(parse_qsl(parts.query)).get("password")
    return {"PGPASSWORD": given} if given else {}
