"""A backup: the database at one moment, the keys and `.env` in one file; and a site made of that file again.

What must agree is compared: the file with its checksums when it is written and before it is used, the restored
rows with those that were counted, the address key with the one that the database was begun with.
"""

from __future__ import annotations

import asyncio
import json
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from petitions import keys
from petitions.errors import Refused
from petitions.folders import PACKAGE, SQL
from petitions.settings import Settings
from petitions.site import Site, bring_up, founded, make_site, opened, placed
from petitions.storage import archive, dump
from petitions.storage.archive import Archive
from petitions.storage.migrate import steps

DUMP, MANIFEST, KEYS, ENV = "database.dump", "manifest.json", "keys.env", ".env"
_TOLD = {"made_at": str, "version": str, "address_key": str, "steps": dict, "rows": dict}
FORMAT = 1
NOT_EMPTY = (
    "The database is not empty, and restoring never overwrites one. For the database that comes along: stop the "
    "site and move the data folder away (mv {data} {data}.before); for your own: drop it and create it again."
)


async def fill(site: Site, path: Path, now: datetime) -> None:
    """Write the backup into this file, then read it again. Raises Refused, DatabaseGone, EmbeddedError, OSError."""
    with path.open("r+b") as file:
        writer = archive.Writer(file)
        with writer.member(DUMP) as write:
            moment = await dump.dump(site.settings.database_owner_url, write)
        writer.add(MANIFEST, json.dumps(_manifest(site, moment, now), indent=2).encode())
        writer.add(KEYS, _keys(site.settings).encode())
        _add_env(writer)
        writer.finish()
    with archive.opened(path) as found:
        await dump.listed(found.chunks(DUMP))


def restore(settings: Settings, found: Archive) -> list[str]:
    """Make an empty database the one of the backup; what to tell people. Raises as `fill` does."""
    manifest = _manifest_of(found)
    told = _keys_of(found)
    if DUMP not in found:
        raise _lacking(DUMP)
    if settings.database_url:
        _refuse_other_keys(settings, told, manifest["address_key"])
        with founded(settings) as complete:
            asyncio.run(_restored(complete, found, manifest["rows"]))
    else:
        settings = placed(settings)
        with _keys_in_place(settings, told, manifest["address_key"]), founded(settings) as complete:
            asyncio.run(_restored(complete, found, manifest["rows"]))
    return _news(settings, found, manifest, told)


def version() -> str:
    """Of this program, installed or in a checkout."""
    try:
        return metadata.version("petitions")
    except metadata.PackageNotFoundError:
        project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())
        return str(project["project"]["version"])


async def _restored(settings: Settings, found: Archive, rows: dict[str, int]) -> None:
    url = settings.database_owner_url
    if not await dump.is_empty(url):
        raise Refused(NOT_EMPTY.format(data=settings.data_folder))
    await dump.restore(url, found.chunks(DUMP))
    there = await dump.count_rows(url)
    if wrong := sorted(name for name in rows.keys() | there.keys() if rows.get(name) != there.get(name)):
        raise Refused(
            f"Restored, but not alike: {', '.join(wrong)}. Use another backup, in an empty database."
        )
    await bring_up(settings)
    async with opened(make_site(settings)):  # looks at the address key
        pass


def _add_env(writer: archive.Writer) -> None:
    if Path(ENV).is_file():
        writer.add(ENV, Path(ENV).read_bytes())


def _manifest(site: Site, moment: dump.Moment, now: datetime) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "made_at": now.isoformat(),
        "version": version(),
        "postgresql": moment.postgresql,
        "address_key": keys.fingerprint(site.settings.address_key),
        "steps": moment.steps,
        "rows": moment.rows,
    }


def _manifest_of(found: Archive) -> dict[str, Any]:
    """Raises Refused where it is not there, not whole, or one of a newer version."""
    try:
        manifest = dict(json.loads(found.text(MANIFEST)))
        is_newer = manifest["format"] != FORMAT or manifest["steps"].keys() - {one.name for one in steps(SQL)}
        whole = is_newer or all(isinstance(manifest[name], kind) for name, kind in _TOLD.items())
        made_by = manifest["version"]
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise _lacking(MANIFEST) from error
    if is_newer:
        raise Refused(f"A newer petitions made this backup: install version {made_by}, then restore.")
    if not whole:
        raise _lacking(MANIFEST)
    return manifest


def _keys_of(found: Archive) -> dict[str, str]:
    try:
        told = dict(line.split("=", 1) for line in found.text(KEYS).splitlines() if line)
        return {name: told[name] for name in ("PETITIONS_SECRETS", "PETITIONS_ADDRESS_KEY")}
    except (KeyError, ValueError) as error:
        raise _lacking(KEYS) from error


def _lacking(name: str) -> Refused:
    return Refused(
        f"{name} is missing or damaged in this backup, though its checksums are right: nothing was changed. "
        "Take another copy of it, or the backup before it."
    )


def _keys(settings: Settings) -> str:
    """To be appended to a `.env`, whose last line may have no end."""
    values = {
        "PETITIONS_SECRETS": ",".join(settings.secrets),
        "PETITIONS_ADDRESS_KEY": settings.address_key.decode(),
    }
    return "\n" + "".join(f"{name}={value}\n" for name, value in values.items())


def _refuse_other_keys(settings: Settings, told: dict[str, str], fingerprint: str) -> None:
    if not settings.secrets or not settings.address_key:
        raise Refused(
            f"{' and '.join(told)} must be set first, to what the backup holds: tar -xOf BACKUP {KEYS} >>.env"
        )
    if keys.fingerprint(settings.address_key) != fingerprint:
        raise Refused(f"PETITIONS_ADDRESS_KEY is not the backup's. Take that one: tar -xOf BACKUP {KEYS}")


@contextmanager
def _keys_in_place(settings: Settings, told: dict[str, str], fingerprint: str) -> Iterator[None]:
    """The backup's keys in the data folder, unless the settings have them; taken away again where it fails."""
    if settings.address_key and keys.fingerprint(settings.address_key) != fingerprint:
        _refuse_other_keys(settings, told, fingerprint)
    wanted = {} if settings.secrets else {"secret": told["PETITIONS_SECRETS"]}
    wanted |= {} if settings.address_key else {"address-key": told["PETITIONS_ADDRESS_KEY"]}
    files = {settings.data_folder / name: text for name, text in wanted.items()}
    for file, text in files.items():
        if file.exists() and file.read_text().strip() != text:
            raise Refused(
                f"{file} holds another key than the backup. Move the folder of it away, then restore."
            )
    new = [file for file in files if not file.exists()]
    try:
        for file in new:
            _put(file, files[file])
        yield
    except BaseException:
        for file in new:
            file.unlink(missing_ok=True)
        raise


def _put(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(text + "\n")
            new.flush()
            os.fsync(new.fileno())
    except OSError as error:
        raise Refused(f"{file} can't be written ({error.strerror}).") from error


def _news(settings: Settings, found: Archive, manifest: dict[str, Any], told: dict[str, str]) -> list[str]:
    rows = manifest["rows"]
    news = [f"Restored: the site of {manifest['made_at']}, {sum(rows.values())} rows in {len(rows)} tables."]
    if settings.secrets and not set(told["PETITIONS_SECRETS"].split(",")) <= set(settings.secrets):
        news.append("PETITIONS_SECRETS lacks one of the backup's: the links that it signed are dead.")
    if ENV in found and not Path(ENV).exists():
        news.append(f"The settings of then are in it: tar -xf BACKUP {ENV}")
    return [*news, "“petitions check” says whether everything else is set up."]
