"""Files as a form brings them: what is known of one before anybody has looked into it."""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

LARGEST_FILE = 10_000_000  # bytes kept of a file: of a larger one the rest is read and dropped
COST = 10  # what a form with files spends of its connection's limit, where one without spends 1
LOST = "lost"
"""Stands for a file where its ticket would, as long as it is not kept: no ticket, so whoever sends it again is told."""


class Upload(NamedTuple):
    """A file as sent. `filename` is what the sender's machine calls it: to be shown to them, never to be believed.
    `size`: the bytes that came, of which `file` holds one more than LARGEST_FILE at most."""

    filename: str
    size: int
    file: BinaryIO
