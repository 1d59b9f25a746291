"""Keeping what was sent, handing it out, and forgetting it. The rooms say who may have what."""

from __future__ import annotations

import hashlib
from typing import BinaryIO, NamedTuple

from petitions import throttle
from petitions.errors import N_, Busy, TokenError
from petitions.files import MB, checks, pictures
from petitions.forms import Unfit
from petitions.heavy import Crowded
from petitions.site import Site
from petitions.storage.store import Row

UNBOUND = 1000 * MB  # bytes: strangers may fill no more
GOOD_FOR = 24 * 3600  # seconds that a file waits for the form it came with
A_DAY = 50 * MB  # bytes: one network's share, all at once or over a day
LEAST = 100_000  # bytes that a file counts for at least: thousands of small ones are a burden too
AGAIN = 10  # seconds until whoever found the queue full may come again
PURPOSE = "file"
_LATER = N_(
    "We can’t take more files at the moment. Send the form without this one; once you have confirmed, you can add it "
    "by the link that the page “/my” mails you."
)
_QUEUE = N_("Many files are being looked at just now. Please send the form again in a few seconds.")


class Kept(NamedTuple):
    """A file that is in the store: its SHA-256, its type, its bytes."""

    digest: bytes
    type: str
    size: int


async def put(
    site: Site, file: BinaryIO, use: str, *, ip: str | None = None, most: int = UNBOUND, a_day: int = A_DAY
) -> Kept:
    """Keep a file for "logo" or "minutes", as it is (PDF) or made anew (a picture). The same file twice is one row.
    `ip`: of whoever sends it, whose network has a share of `a_day` bytes; None: one of ours. `most`: bytes of all files
    that nothing confirmed refers to.

    Raises Unfit with a sentence for whoever sent it; Busy where too many wait.
    """
    try:  # one at a time: no more than one picture is in memory as pixels
        made = await site.heavy.do(_made, file, use)
    except Crowded:
        raise Busy(AGAIN, _QUEUE) from None
    kept = Kept(hashlib.sha256(made.data).digest(), made.type, len(made.data))
    if ip and not await throttle.take(site, "files", ip, max(kept.size, LEAST), a_day):
        raise Unfit(_LATER)
    done = await site.store.files.put(
        **kept._asdict(), width=made.width, height=made.height, data=made.data, most=most, least=LEAST
    )
    if done is None:
        raise Unfit(_LATER)
    return kept


async def get(site: Site, digest: bytes) -> Row | None:
    """The file itself: type, size, width, height, data."""
    return await site.store.files.find(digest=digest)  # type: ignore[no-any-return]


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
