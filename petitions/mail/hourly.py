"""`MAIL_PER_HOUR`: one bucket in the database paces the letters of all workers (docs/decisions/0020)."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from petitions.mail.outbox import WAITED_FOR
from petitions.site import Site

LONGEST_QUEUE = 7 * 24  # hours' worth of letters that are counted for the page: nobody plans further


@dataclass(frozen=True)
class Pace:
    """One letter every `gap` seconds, after up to `burst` at once. All but what people wait for stays in the
    lower half of the bucket, so that there is always room for somebody who comes now."""

    gap: float
    burst: int

    @property
    def longest(self) -> float:
        """Seconds until a full bucket is empty."""
        return self.gap * self.burst

    @property
    def lower(self) -> int:
        return max(1, self.burst // 2)

    def room(self, priority: int) -> int:
        """How many letters of this priority may have left at once."""
        return self.burst if priority == WAITED_FOR else self.lower


def pace(per_hour: int) -> Pace | None:
    """At most `per_hour` letters in any 60 minutes, whenever they begin: the burst is part of them. 0: no limit."""
    if not per_hour:
        return None
    burst = min(per_hour, max(2, per_hour // 10), 100)
    return Pace(3600 / (per_hour - burst + 1), burst)


async def free(site: Site, pace: Pace) -> tuple[int, int]:
    """How many letters may leave now: such as people wait for, and any. What can't be in the bucket is taken out
    first: it comes from a slower setting, or from before the database's clock was set back."""
    level = await _level(site)
    if level > pace.longest:
        await site.store.outbox.cut_pace(longest=pace.longest)
    taken = ceil(min(level, pace.longest) / pace.gap)
    return max(0, pace.burst - taken), max(0, pace.lower - taken)


async def take(site: Site, pace: Pace, priority: int) -> bool:
    """Count one letter, right before it leaves; False: not now."""
    return bool(await site.store.outbox.take_from_pace(gap=pace.gap, room=pace.room(priority)))


async def give_back(site: Site, pace: Pace) -> None:
    """Count one letter less: the server was down and has not seen it."""
    await site.store.outbox.give_back_to_pace(gap=pace.gap)


async def slow_minutes(site: Site) -> int:
    """How long a letter written now waits for its turn, in whole minutes; under two minutes, or without limit: 0."""
    per_hour = site.settings.mail_per_hour
    measure = pace(per_hour)
    if measure is None:
        return 0
    waiting = await site.store.outbox.count_waited_for(most=per_hour * LONGEST_QUEUE)
    seconds = (waiting - measure.burst) * measure.gap + min(await _level(site), measure.longest)
    return int(seconds // 60) if seconds >= 120 else 0


async def _level(site: Site) -> float:
    """Seconds until the bucket is empty."""
    level: float = await site.store.outbox.level_of_pace()
    return level
