"""The desk's search among the signatures of a statement: quick at a million, whatever is asked (decisions/0034)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from petitions import addresses
from petitions.addresses import AddressError
from petitions.errors import N_
from petitions.forms import Problem
from petitions.questions import Field, judge
from petitions.site import Site
from petitions.storage.store import Row

PAGE = 50
WORDS = 4  # that are looked for at once
LONGEST = 200  # characters of what is looked for
GLANCE = 5_000  # of the newest, looked at first: what is frequent is found there
FEW = 3_000  # found by an index, and then sorted; more are sought in order
LOOK = 20_000  # of them, looked at one after the other
FREQUENT = 10  # found at a glance: a page of them will be found in order

STANDING = ("confirmed", "held", "invalidated", "withdrawn")
STATES = (*STANDING, "pending", "superseded")
_OF_THEIR_OWN = ("held", "invalidated", "withdrawn")  # have an index in their order
NEWEST = UUID(int=2**128 - 1)
OLDEST = UUID(int=0)


@dataclass(frozen=True)
class Sought:
    """What is looked for. `text`: words or parts of them, of names, addresses and towns, or a whole address; `state`:
    "" for all that were ever confirmed; `since`, `until`: when the form was filled in."""

    text: str = ""
    state: str = ""
    source: str = ""
    area: str = ""
    comment: bool = False
    since: datetime | None = None
    until: datetime | None = None

    @property
    def words(self) -> list[str]:
        """Each has to be there; what has neither letter nor digit is nothing to go by."""
        return [word for word in self.text.split() if re.search(r"[^\W_]", word)][:WORDS]


FILTERS = ("state", "source", "area", "comment", "from", "to")
"""What may stand in an address; what is looked for never does."""
LABELS: Mapping[str, str] = {
    "confirmed": N_("Counted"),
    "held": N_("Held"),
    "invalidated": N_("Taken out of the count"),
    "withdrawn": N_("Withdrawn"),
    "pending": N_("Not confirmed yet"),
    "superseded": N_("Another one came first"),
}


def read(typed: Mapping[str, str], timezone: str) -> tuple[Sought, list[Problem]]:
    """What was typed, and what is wrong with it: that part is not looked for. Days are the site's."""
    zone, problems = ZoneInfo(timezone), list[Problem]()
    text = " ".join(typed.get("text", "").split())
    if len(text) > LONGEST:
        problems.append(Problem("text", _LONG, {"limit": LONGEST}))
    elif text and not re.search(r"[^\W_]", text):
        problems.append(Problem("text", _NO_WORD))
    state = typed.get("state", "")
    sought = Sought(
        text="" if problems else text,
        state=state if state in STATES else "",
        source=typed.get("source", "")[:100],
        area=typed.get("area", "")[:2],
        comment=bool(typed.get("comment")),
        since=_day(typed, "from", zone, problems),
        until=_day(typed, "to", zone, problems),
    )
    return sought, problems


_LONG = N_("This is too long: please use %(limit)s characters at most.")
_NO_WORD = N_("Type at least one letter or digit.")


def _day(typed: Mapping[str, str], name: str, zone: ZoneInfo, problems: list[Problem]) -> datetime | None:
    """The beginning of the day `from`, the end of the day `to`."""
    one, value = judge(Field(name, "", kind="date"), typed)
    if one.problem:
        problems.append(one.problem)
    if not value:
        return None
    day = datetime.combine(datetime.fromisoformat(value), time(), zone)
    return day + timedelta(days=1) if name == "to" else day


class Found(NamedTuple):
    """A page of signatures, newest first. `before`: where the next page begins, None at the end; `whole`: so many were
    looked at that the page ends before it is full, and there may be more further back, if False."""

    rows: Sequence[Row]
    before: UUID | None = None
    whole: bool = True


async def search(site: Site, statement: Row, sought: Sought, before: UUID = NEWEST) -> Found:
    """One page. Each step is bounded: the newest at a glance, an index where it finds few, else the newest in order."""
    if (found := await _of_address(site, statement, sought)).rows:
        return found
    asked = await _asked(site, statement, sought, before)
    found = await _in_order(site, sought, asked, GLANCE)
    if found.before is None or found.whole:
        return found
    if len(found.rows) < FREQUENT:
        async for rows in _by_index(site, sought, asked):
            return _page(rows)
    return await _in_order(site, sought, asked, LOOK)


def id_at(at: datetime) -> UUID:
    """The lowest id (uuid version 7) that can have been made at this time; they begin in 1970."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80)


async def _of_address(site: Site, statement: Row, sought: Sought) -> Found:
    """By a whole address: every attempt and signature of its mailbox, however it is spelt."""
    try:
        address = addresses.check(sought.text)
    except AddressError:
        return Found(())
    key = addresses.address_key(site.settings.address_key, address)
    states = [sought.state] if sought.state else list(STATES)
    rows = await site.store.search.list_by_address(statement_id=statement.id, address_key=key, states=states)
    return Found([row for row in rows if _fits(row, sought)])


def _fits(row: Row, sought: Sought) -> bool:
    """The time is the one of the filters that is worth a look where somebody asks for one mailbox."""
    after = sought.since is None or row.id >= id_at(sought.since)
    return after and (sought.until is None or row.id < id_at(sought.until))


async def _asked(site: Site, statement: Row, sought: Sought, before: UUID) -> dict[str, Any]:
    """What all queries share."""
    patterns = await site.store.search.list_patterns(words=sought.words) if sought.words else []
    until = id_at(sought.until) if sought.until else NEWEST
    return {
        "statement_id": statement.id,
        "patterns": [row.pattern for row in patterns],
        "sought": [row.sought for row in patterns],
        "source": sought.source or None,
        "area": sought.area or None,
        "comment": sought.comment,
        "since": id_at(sought.since) if sought.since else OLDEST,
        "before": min(before, until),
        "most": PAGE + 1,
    }


async def _in_order(site: Site, sought: Sought, asked: dict[str, Any], look: int) -> Found:
    asked = {name: value for name, value in asked.items() if name != "sought"}
    if sought.state in _OF_THEIR_OWN:
        rows = await site.store.search.list_set_aside(**asked, state=sought.state, look=look)
    else:
        rows = await site.store.search.list_in_order(**asked, states=_states(sought), look=look)
    found, stopped = [row for row in rows if row.id is not None], rows[0].stopped
    if len(found) > PAGE or stopped is None:
        return _page(found)
    return Found(found, stopped, whole=False)


async def _by_index(site: Site, sought: Sought, asked: dict[str, Any]) -> AsyncIterator[list[Row]]:
    """Everything on the page, by the first index that finds few."""
    asked = {**asked, "states": _states(sought), "few": FEW}
    words = asked.pop("sought")
    ways = [
        (sought.state == "pending", partial(site.store.search.list_waiting, **asked)),
        (
            bool(sought.source or sought.area or sought.comment),
            partial(site.store.search.list_by_facets, **asked),
        ),
        (bool(words), partial(site.store.search.list_by_words, sought=words, **asked)),
    ]
    for fits, ask in ways:
        if fits:
            rows = await ask()
            if not rows[0].many:
                yield [row for row in rows if row.id is not None]


def _states(sought: Sought) -> list[str]:
    return [sought.state] if sought.state else list(STANDING)


def _page(rows: Sequence[Row]) -> Found:
    """Of one more than a page holds."""
    return Found(rows[:PAGE], rows[PAGE - 1].id) if len(rows) > PAGE else Found(rows)
