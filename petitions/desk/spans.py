"""The time that numbers are shown for: hours, days or weeks in the site's time zone, summer time or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
RANGES = ("hours", "days", "all")
HOURS, DAYS = 48, 30
MOST_DAYS = 120  # of everything: with more, weeks

Step = datetime | date
"""The beginning of an hour, or a day; of a week its Monday."""


@dataclass(frozen=True)
class Span:
    """`unit`: hour, day or week, as date_trunc has it. `steps`: each one, the first to the present."""

    name: str
    unit: str
    zone: ZoneInfo
    steps: list[Step]

    @property
    def since(self) -> datetime:
        """When it begins."""
        return self.begin(self.steps[0])

    @property
    def shifts(self) -> bool:
        """Hours in which the clocks are changed: one comes twice."""
        return self.unit == "hour" and len({self.begin(step).utcoffset() for step in self.steps}) > 1

    def begin(self, step: Step) -> datetime:
        """The moment at which a step begins, in the zone."""
        if isinstance(step, datetime):
            return step.astimezone(self.zone)
        return datetime.combine(step, time(), tzinfo=self.zone)


def span(name: str, zone: ZoneInfo, first: datetime | None, now: datetime) -> Span:
    """`first`: of everything that is known, for "all". `now`: the end. Both aware."""
    if name == "hours":
        last = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return Span(name, "hour", zone, [last - HOUR * back for back in _down(HOURS)])
    today = now.astimezone(zone).date()
    if name == "days":
        return Span(name, "day", zone, [today - DAY * back for back in _down(DAYS)])
    begun = min(first or now, now).astimezone(zone).date()
    if (today - begun).days < MOST_DAYS:
        return Span(name, "day", zone, [today - DAY * back for back in _down((today - begun).days + 1)])
    monday, begun = today - DAY * today.weekday(), begun - DAY * begun.weekday()
    return Span(name, "week", zone, [monday - WEEK * back for back in _down((monday - begun).days // 7 + 1)])


def _down(count: int) -> range:
    """count - 1 … 0."""
    return range(count - 1, -1, -1)
