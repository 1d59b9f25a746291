"""Ids: uuid version 7 (RFC 9562 §5.7), time-ordered so that rows of one time lie together."""

from __future__ import annotations

import os
import time
from uuid import UUID


def new_id() -> UUID:
    """A new id: 48 bits of milliseconds, the rest random."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
