"""How a command runs: settings, database, site; one sentence and exit code 1 where something is refused."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from petitions import logs
from petitions.errors import DatabaseGone, PetitionsError, Refused
from petitions.settings import Settings, load
from petitions.site import Site, bring_up, founded, make_site, missing_steps, opened
from petitions.storage.embedded import EmbeddedError

T = TypeVar("T")
as_json = click.option("--json", "wants_json", is_flag=True, help="Print JSON.")


def act(action: Callable[[Site], Awaitable[T]]) -> T:
    """Run an action on the site. A database of our own is started and brought up first."""
    with sentences(), stoppable():
        settings = load()
        logs.configure("warning")
        with founded(settings) as complete:
            return asyncio.run(_acted(complete, action, own=not settings.database_url))


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM and SIGHUP (the terminal is gone) leave every block, as Ctrl-C does: a broken export is noted, its file
    removed, a database of our own stopped. Under nohup, which has SIGHUP ignored, the command goes on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    if before[signal.SIGHUP] == signal.SIG_IGN:
        del before[signal.SIGHUP]
    for number in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _acted(settings: Settings, action: Callable[[Site], Awaitable[T]], *, own: bool) -> T:
    if own:
        await bring_up(settings)
    async with opened(make_site(settings)) as site:
        await whole(site)
        return await action(site)


async def whole(site: Site) -> None:
    """The schema is up to date. Raises Refused, saying what to run."""
    if missing := await missing_steps(site):
        raise Refused(f"The database lacks {', '.join(missing)}: run “petitions migrate” first.")


@contextmanager
def sentences() -> Iterator[None]:
    """Errors that a person can mend end the command with their sentence; others are bugs and say where."""
    try:
        yield
    except DatabaseGone as error:
        told = error.sentence if error.sentence != DatabaseGone.sentence else "The database does not answer."
        raise click.ClickException(f"{told} Does it run, and is DATABASE_URL right?") from error
    except PetitionsError as error:
        raise click.ClickException(printable(error.sentence)) from error
    except EmbeddedError as error:
        raise click.ClickException(printable(str(error))) from error


def say(text: str, *, err: bool = False) -> None:
    """Print for people."""
    click.echo(printable(text), err=err)


def printable(text: str) -> str:
    """What organisers and signatories typed, without what would command the terminal or turn its writing."""
    kept = "\n\u200c\u200d"  # joiners belong to words
    return "".join(
        one if one.isprintable() or one in kept else " " if one.isspace() else "\ufffd" for one in text
    )


def print_json(value: Any) -> None:
    """For programs: times as ISO 8601, ids as text."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_plain)
    click.echo("".join(one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text))


def _plain(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def print_table(rows: Sequence[Mapping[str, Any]], *, empty: str) -> None:
    """For people: columns side by side, the names of the first row's keys above."""
    if not rows:
        say(empty)
        return
    lines = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else str(value).replace("\n", " ")
