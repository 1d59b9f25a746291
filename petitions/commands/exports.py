"""`petitions export …`: lists that an organiser takes, into a file that nobody else can read."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click

from petitions.commands.running import act
from petitions.desk import handover
from petitions.endorsements import exporting
from petitions.errors import Refused
from petitions.organisers.actions import cli_actor
from petitions.organisers.exporting import FORMATS, Taken
from petitions.signatures import export as signatures
from petitions.site import Site
from petitions.statements import actions as statements


@click.group("export")
def group() -> None:
    """Lists to take: signatories, endorsements, the hand-over document."""


T = TypeVar("T", bound=Callable[..., None])
_OPTIONS = (
    click.argument("statement"),
    click.option(
        "--format",
        "kind",
        type=click.Choice(FORMATS),
        default="csv",
        show_default=True,
        help="The kind of file: CSV, JSON Lines or XLSX.",
    ),
    click.option(
        "--out",
        type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
        help="The file; without it, or with -, stdout.",
    ),
    click.option(
        "--bom", is_flag=True, help="Begin CSV with a byte order mark, as some spreadsheets want it."
    ),
)


def _options(command: T) -> T:
    """What every export takes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@group.command("signatories")
@_options
def signatories(statement: str, kind: str, out: Path | None, bom: bool) -> None:
    """Take the confirmed signatories of a statement as a list, noted in the audit.

    It holds the fields that were fixed when the statement opened, and e-mail addresses only of those who
    agreed to letters. Treat the file as what it is: political opinions of people.

    \b
    Example:
      petitions export signatories fair-pay --format xlsx --out signatories.xlsx
    """
    _take(signatures.signatories, "signatories", statement, kind, out, bom)


@group.command("endorsements")
@_options
@click.option(
    "--state",
    type=click.Choice(exporting.STATES),
    default="accepted",
    show_default=True,
    help="The public ones, or with those that wait or have ended.",
)
def endorsements(statement: str, kind: str, out: Path | None, bom: bool, state: str) -> None:
    """Take the organisations that endorse a statement as a list with all evidence, noted in the audit.

    It names officers, their addresses and phone numbers: those are for writing to them about the endorsement, and
    about the campaign only where the column mail says yes.

    \b
    Example:
      petitions export endorsements fair-pay --state all --format xlsx --out endorsements.xlsx
    """
    _take(exporting.endorsements, "endorsements", statement, kind, out, bom, state=state)


@group.command("handover")
@click.argument("statement")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file: .pdf, or .zip where there are more than 20,000 names.",
)
def handover_(statement: str, out: Path) -> None:
    """Make the document for the addressee: text, counts, organisations, and the names of those who agreed.

    More than 20,000 names come as several volumes in a ZIP file.

    \b
    Example:
      petitions export handover fair-pay --out fair-pay.pdf
    """

    async def action(site: Site) -> Taken:
        row = await statements.find_for_organisers(site, statement)
        format = await handover.format_of(site, row)
        if out.suffix != f".{format}":
            raise Refused(
                f"This document is a {format.upper()} file: name it {out.with_suffix(f'.{format}')}."
            )
        taken = Taken()
        given: dict[str, Any] = {"actor": cli_actor(), "format": format, "folder": out.parent}
        with written(out) as file:
            async with aclosing(handover.document(site, row, taken, **given)) as chunks:
                async for chunk in chunks:
                    file.write(chunk)
        return taken

    _say(action, "names")


def _say(action: Callable[[Site], Awaitable[Taken]], what: str) -> None:
    try:
        taken = act(action)
    except OSError as error:
        raise click.ClickException(f"The list could not be written ({error.strerror or error}).") from error
    click.echo(f"{taken.rows} {what}, {taken.bytes} bytes.", err=True)


def _take(
    list_: Callable[..., AsyncGenerator[bytes, None]],
    what: str,
    statement: str,
    kind: str,
    out: Path | None,
    bom: bool,
    **options: str,
) -> None:
    out = None if out == Path("-") else out
    _check(kind, out, bom)

    async def action(site: Site) -> Taken:
        row = await statements.find_for_organisers(site, statement)
        taken = Taken()
        given = {**options, "actor": cli_actor(), "format": kind, "bom": bom, "folder": out and out.parent}
        with written(out) as file:
            async with aclosing(list_(site, row, taken, **given)) as chunks:
                show = _progress(taken)
                async for chunk in chunks:
                    file.write(chunk)
                    show()
        return taken

    _say(action, what)


def _check(kind: str, out: Path | None, bom: bool) -> None:
    """What can be told before anything is read. Raises UsageError."""
    if bom and kind != "csv":
        raise click.UsageError("Only CSV can begin with a byte order mark: leave out --bom.")
    if kind == "xlsx" and out is None and sys.stdout.isatty():
        raise click.UsageError(
            "XLSX is no text for a screen: name a file with --out, such as --out list.xlsx."
        )


@contextmanager
def written(out: Path | None) -> Iterator[BinaryIO]:
    """stdout, or a file that appears under its name only when it is whole; for its owner alone."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    if not out.parent.is_dir():
        raise Refused(f"There is no folder {out.parent}.")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _progress(taken: Taken) -> Callable[[], None]:
    """To be called after each chunk: says on stderr, once a second, how far it is."""
    last = time.monotonic()

    def show() -> None:
        nonlocal last
        if time.monotonic() - last >= 1:
            last = time.monotonic()
            click.echo(f"{taken.read / 1e6:.1f} MB …", err=True)

    return show
