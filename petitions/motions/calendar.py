"""The meetings to come, for organisers alone: as a list, and as a calendar file (RFC 5545)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from icalendar import Calendar, Event

from petitions.errors import N_
from petitions.mail.letters import mail_domain
from petitions.motions import submissions
from petitions.organisations.key import plain
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.store import Row
from petitions.translations import catalogue

STATES = ("announced", "passed", "amended", "fell", "not reached", "withdrawn")
"""What organisers see: what nobody confirmed is not theirs."""
COUNTED = ("announced", "unanswered", *STATES[1:])
"""Unanswered: announced, and the meeting is over."""
_MEETING = N_("%(body)s: motion “%(motion)s”")
_CUT_OFF = N_("Last day for motions: %(body)s")
_FAR = date(9999, 12, 31)


class Pipeline(NamedTuple):
    """`next` from today on, `past` before; `counts`: each of COUNTED → how many in all."""

    today: date
    next: list[dict[str, Any]]
    past: list[dict[str, Any]]
    counts: dict[str, int]


async def pipeline(
    site: Site, where: Mapping[str, Any], *, days: int, state: str | None, actor: str
) -> Pipeline:
    """The meetings of so many days ahead and back, with whom to write to; noted in the audit.

    `where`: statement_id and campaign_id, one of them None. `state`: these alone.
    """
    span = timedelta(days=days)
    async with site.store.transaction():
        today = await submissions.today(site)
        listed = {**where, "first": today - span, "last": today + span, "state": state}
        rows = await site.store.submissions.list_meetings(**listed)
        counts = await site.store.submissions.count_states(**where, zone=site.settings.timezone)
        await organisers.note(site, actor, "motions pipeline", **where, details={"meetings": len(rows)})
    meetings = _meetings(rows)
    found = {row.state: row.submissions for row in counts}
    return Pipeline(
        today,
        [one for one in meetings if one["meets_on"] >= today],
        [one for one in meetings if one["meets_on"] < today],
        {one: found.get(one, 0) for one in COUNTED},
    )


def _meetings(rows: list[Row]) -> list[dict[str, Any]]:
    """The rows, each with how often its meeting was told: the same kind and name on the same day is one meeting."""
    told = Counter(map(_meeting, rows))
    return [{**row, "told": told[_meeting(row)]} for row in rows]


def _meeting(row: Row) -> tuple[str, str, date]:
    return row.kind, plain(row.name), row.meets_on


async def calendar(site: Site, statement: Row, *, actor: str) -> tuple[bytes, int]:
    """The meetings and cut-offs to come as .ics, and how many meetings it holds; noted in the audit.

    Body and motion only: calendars are shared, and who puts a motion is nobody else's business.
    """
    where = {"statement_id": statement.id, "campaign_id": None}
    async with site.store.transaction():
        today = await submissions.today(site)
        rows = await site.store.submissions.list_meetings(**where, first=today, last=_FAR, state="announced")
        await organisers.note(
            site,
            actor,
            "motions calendar",
            campaign_id=statement.campaign_id,
            statement_id=statement.id,
            details={"meetings": len(rows)},
        )
    return _ics(site, statement, rows, today), len(rows)


def _ics(site: Site, statement: Row, rows: list[Row], today: date) -> bytes:
    whole = Calendar()
    whole.add("prodid", f"-//{mail_domain(site)}//petitions//")
    whole.add("version", "2.0")
    whole.add("x-wr-calname", statement.title)
    for row in rows:
        whole.add_component(_event(site, statement, row, "meeting", row.meets_on, _MEETING))
        if row.cut_off_on and row.cut_off_on >= today:
            whole.add_component(_event(site, statement, row, "cut-off", row.cut_off_on, _CUT_OFF))
    return bytes(whole.to_ical())


def _event(site: Site, statement: Row, row: Row, what: str, day: date, summary: str) -> Event:
    """A whole day; the same meeting has the same UID in each file, so that a calendar replaces it."""
    say = catalogue(statement.language).gettext
    names = {"body": row.name, "motion": row.motion_title}
    event = Event()
    event.add("uid", f"{row.id}-{what}@{mail_domain(site)}")
    event.add("dtstamp", row.confirmed_at)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", say(summary) % names)
    event.add("description", say(_MEETING) % names)
    event.add("transp", "TRANSPARENT")
    return event
