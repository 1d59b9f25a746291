"""Keeping what was sent, handing it out, and forgetting it. The rooms say who may have what."""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, NamedTuple

from petitions.errors import N_, Throttled, TokenError
from petitions.files import MB, checks, pictures
from petitions.forms import Unfit
from petitions.site import Site
from petitions.storage.store import Row

UNBOUND = 1000 * MB  # bytes: strangers may fill no more
GOOD_FOR = 24 * 3600  # seconds that a file waits for the form it came with
QUEUE = 20  # files that wait to be looked at
AGAIN = 10  # seconds until whoever found the queue full may come again
PURPOSE = "file"
_FULL = N_("We can’t take files just now. Send the form without it: we will ask you for it.")


class Kept(NamedTuple):
    """A file that is in the store: its SHA-256, its type, its bytes."""

    digest: bytes
    type: str
    size: int


class _Desk:
    """A thread that looks at one file at a time, so that no more than one picture is in memory as pixels."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="files")
        self._waiting = 0

    async def looked_at(self, file: BinaryIO, use: str) -> pictures.Made:
        if self._waiting >= QUEUE:
            raise Throttled(AGAIN)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, _made, file, use)
        finally:
            self._waiting -= 1


_desk = _Desk()


async def put(site: Site, file: BinaryIO, use: str, *, most: int = UNBOUND) -> Kept:
    """Keep a file for "logo" or "minutes", as it is (PDF) or made anew (a picture). The same file twice is one row.
    `most`: bytes of all files that nothing confirmed refers to.

    Raises Unfit with a sentence for whoever sent it; Throttled where too many wait.
    """
    made = await _desk.looked_at(file, use)
    kept = Kept(hashlib.sha256(made.data).digest(), made.type, len(made.data))
    done = await site.store.files.put(
        **kept._asdict(), width=made.width, height=made.height, data=made.data, most=most - kept.size
    )
    if done is None:
        raise Unfit(_FULL)
    return kept


async def get(site: Site, digest: bytes) -> Row | None:
    """The file itself: type, size, width, height, data."""
    return await site.store.files.find(digest=digest)  # type: ignore[no-any-return]


async def delete(site: Site, digest: bytes) -> bool:
    """Whether it is gone now: what is referred to stays."""
    return bool(await site.store.files.delete(digest=digest))


async def purge(site: Site) -> str:
    """Job: files that nothing has referred to for a day."""
    return f"{await site.store.files.purge.patiently()} files removed"


def ticket(site: Site, kept: Kept, use: str) -> str:
    """What a form carries so that a file need not be sent again."""
    return site.tokens.make(PURPOSE, f"{use} {kept.digest.hex()} {kept.type} {kept.size}")


def redeem(site: Site, token: str, use: str) -> Kept | None:
    """The file of a ticket. None: not one of ours, too old, or for another use."""
    try:
        made_for, digest, type_, size = site.tokens.read(PURPOSE, token, max_age=GOOD_FOR).split()
    except TokenError:
        return None
    return Kept(bytes.fromhex(digest), type_, int(size)) if made_for == use else None


def _made(file: BinaryIO, use: str) -> pictures.Made:
    type_ = checks.type_of(file, use)
    if type_ == "application/pdf":
        file.seek(0)
        return pictures.Made(type_, file.read())
    return pictures.anew(file, type_, use)
