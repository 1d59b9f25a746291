"""`petitions backup` and `petitions restore`: where the file goes, what is kept, what is noted."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import click

from petitions import backup, logs
from petitions.commands.running import act, say, sentences, stoppable
from petitions.errors import DatabaseGone, Refused
from petitions.settings import load
from petitions.site import Site
from petitions.storage import archive

_NAME = "petitions-{:%Y%m%d-%H%M%S}.backup"
_PATTERN = "petitions-????????-??????.backup"
_UNFINISHED = ".unfinished"
_DAY = 86400  # seconds
_PIPE = Path("-")


@click.command("backup")
@click.argument("target", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--keep", type=click.IntRange(1), help="In a folder: keep this many, remove older ones.")
def backup_(target: Path, keep: int | None) -> None:
    """Write database and keys into one file, while the site runs.

    TARGET is a folder (the file is named after the time), a file, or - for standard output. What was written is
    read again and compared. The file holds names, addresses and keys: keep it as you keep those.

    \b
    Example:
      petitions backup /var/backups/petitions --keep 30
    """
    with sentences():
        if keep and not target.is_dir():
            raise Refused(f"--keep wants a folder that exists; {target} is none.")
        told = act(lambda site: _noted(site, target, keep))
    say(told, err=True)


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Make an empty database the one of a backup.

    Everything is compared before anything is touched: checksums, the address key, whether the database is empty.
    Without DATABASE_URL it makes the data folder with its keys, too.

    \b
    Example:
      petitions restore petitions-20270131-031500.backup
    """
    with sentences(), stoppable():
        logs.configure("warning")
        with archive.opened(file) as found:
            news = backup.restore(load(), found)
    for one in news:
        say(one)


async def _noted(site: Site, target: Path, keep: int | None) -> str:
    """Writes. When it was made, or came to nothing, is a fact that the operator's letters go by (measured.py)."""
    now = await site.store.checks.now()
    try:
        path = _path(site, target, now)
        told = await _written(site, path, now, piped=target == _PIPE)
    except Exception:
        with suppress(DatabaseGone):
            await site.store.facts.note(name="backup failed", value=now.isoformat())
        raise
    await site.store.facts.note(name="backup", value=now.isoformat())
    await site.store.facts.forget(name="backup failed")
    if keep:
        _remove_old(path, keep)
    return told


async def _written(site: Site, path: Path, now: datetime, *, piped: bool) -> str:
    _remove_unfinished(path.parent)
    try:
        with _unfinished(path) as new:
            await backup.fill(site, new, now)
            size = new.stat().st_size / 1e6
            if piped:
                _pipe(new)
                return f"{size:.1f} MB written to standard output."
            _name_it(new, path)
    except OSError as error:
        raise Refused(f"The backup can't be written into {path.parent} ({error.strerror}).") from error
    return f"{path}: {size:.1f} MB, read again and compared."


def _path(site: Site, target: Path, now: datetime) -> Path:
    """Where it is written. Raises Refused where that can't be."""
    if target == _PIPE:
        if sys.stdout.isatty():
            raise Refused("A backup is nothing for a terminal: pipe it into a program or a file.")
        target = _aside(site)
    path = target / _NAME.format(now) if target.is_dir() else target
    if path.exists() and not path.is_file():
        raise Refused(f"{path} is no file: name a folder, a file, or - for standard output.")
    return path


def _aside(site: Site) -> Path:
    """Where there is room for all of it: beside the data. /tmp is memory on many machines."""
    data = site.settings.data_folder
    return data if os.access(data, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    """A new file beside it, for its owner alone; gone when the block ends."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=_UNFINISHED)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _pipe(file: Path) -> None:
    try:
        with file.open("rb") as written:
            while chunk := written.read(1 << 20):
                sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise Refused(f"Standard output does not take the backup ({error.strerror}).") from error


def _name_it(new: Path, path: Path) -> None:
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove_old(new: Path, keep: int) -> None:
    """The names sort by time, but the new one is the newest whatever they say."""
    others = sorted(set(new.parent.glob(_PATTERN)) - {new}, reverse=True)
    for old in others[keep - 1 :]:
        old.unlink(missing_ok=True)


def _remove_unfinished(folder: Path) -> None:
    """What a killed backup left behind goes after a day."""
    for left in folder.glob(f"{_PATTERN}.*{_UNFINISHED}"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _DAY:
                left.unlink()


commands = [backup_, restore]
