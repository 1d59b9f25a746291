"""The two keys of a site with a database of its own: made on the first start, kept in the data folder."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from dataclasses import replace
from pathlib import Path

from petitions.errors import N_, Refused
from petitions.settings import Settings

OTHER_KEY = N_(
    "PETITIONS_ADDRESS_KEY is not the key that this database was begun with: with another one, people could "
    "sign twice and nobody could be recognised. Put the first key back (it belongs to the backup)."
)


def complete(settings: Settings) -> Settings:
    """Settings with both keys. Without DATABASE_URL missing ones are made and kept; else they are required.

    Raises Refused.
    """
    if settings.secrets and settings.address_key:
        return settings
    if settings.database_url:
        name = "PETITIONS_ADDRESS_KEY" if settings.secrets else "PETITIONS_SECRETS"
        raise Refused(
            f"{name} must be set, because DATABASE_URL is: 32 characters or more, kept for as long as the "
            'database. One way to make it: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
    signing = settings.secrets or tuple(_kept(settings.data_folder / "secret").split(","))
    key = settings.address_key or _kept(settings.data_folder / "address-key").encode()
    return replace(settings, secrets=signing, address_key=key)


def fingerprint(address_key: bytes) -> str:
    """Tells two keys apart and gives neither away: SHA-256 of an HMAC of a constant, in hex."""
    return hashlib.sha256(hmac.digest(address_key, b"petitions address key", "sha256")).hexdigest()


def _kept(file: Path) -> str:
    """The text of a key file; made whole or not at all, and by one of several processes alone."""
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".key-")  # 0600 from birth
        try:
            with os.fdopen(handle, "w") as new:
                new.write(secrets.token_urlsafe(32) + "\n")
                new.flush()
                os.fsync(new.fileno())
            _name_it(name, file)
        finally:
            os.unlink(name)
    text = file.read_text().strip()
    if len(text) < 32:
        raise Refused(f"The key in {file} is damaged. Put it back from the backup.")
    return text


def _name_it(name: str, file: Path) -> None:
    try:
        os.link(name, file)  # unlike a rename, never replaces a key that another process just made
    except FileExistsError:
        return
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
