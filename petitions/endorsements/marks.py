"""What organisers say of an endorsement: its marks, and which of them stay when one takes another's place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from petitions.errors import N_, Refused
from petitions.forms import Unfit, clean_line
from petitions.site import Site
from petitions.storage.store import Row

MARKS = ("two_officers", "minutes_seen", "featured", "place", "wording", "expires_on")
"""Columns of the table."""
WORDING = 200
"""Most characters of a public wording."""
LAST_PLACE = 99
"""Among the featured ones the places are 1 to this."""
_CLEARED = ("place", "expires_on")  # for which None says something: no place, no end
DECISION = (
    *("decided", "met_on", "met_how", "present", "quorum", "votes_for", "votes_against", "abstained"),
    *("motion", "minutes"),
)
"""What a body decided, and how: columns of the table."""


def clean(marks: Mapping[str, Any]) -> dict[str, Any]:
    """What an organiser said; None says nothing, but of a place and of an end that there is none. Raises Refused."""
    if unknown := set(marks) - set(MARKS):
        raise TypeError(f"no marks: {sorted(unknown)}")
    given = {name: value for name, value in marks.items() if value is not None or name in _CLEARED}
    try:
        if "wording" in given:
            given["wording"] = clean_line(given["wording"], WORDING)
    except Unfit as error:
        raise Refused(error.sentence, **error.values) from error
    if given.get("place") is not None and not 1 <= given["place"] <= LAST_PLACE:
        raise Refused(N_("A place is a number from 1 to %(last)s."), last=LAST_PLACE)
    return given


def whole(row: Row, given: Mapping[str, Any]) -> dict[str, Any]:
    """All marks of `row` with what is given. Raises Refused."""
    return _placed({name: given.get(name, row[name]) for name in MARKS}, given)


def _placed(marks: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Who is not featured has no place. Raises Refused where one was given."""
    if marks["featured"]:
        return marks
    if given.get("place"):
        raise Refused(
            N_("Only featured organisations have a place: feature it too, or leave the place empty.")
        )
    return {**marks, "place": None}


async def carried(site: Site, row: Row, old: Row | None, said: Mapping[str, Any]) -> dict[str, Any]:
    """With what `row` is accepted: what is said now, else its own marks, else those of `old`, in whose place it comes.

    Last day and proof only where the decision is the same; and proof only of `old` itself corrected, or of one meeting
    by its day. A wording that organisers gave to `old` meanwhile stays. `told_at`: the officer knows of that last day.
    """
    marks = {name: row[name] for name in MARKS}
    if old is not None:
        marks["featured"], marks["place"] = row.featured or old.featured, row.place or old.place
        if await _worded_since(site, old, row):
            marks["wording"] = old.wording
        if all(row[name] == old[name] for name in DECISION):
            marks["expires_on"] = row.expires_on or old.expires_on
            marks |= _proof(row, old)
    marks = _placed({**marks, **said}, said)
    known = old is not None and marks["expires_on"] == old.expires_on
    return {**marks, "told_at": old.told_at if old is not None and known else None}


def _proof(row: Row, old: Row) -> dict[str, bool]:
    if row.replaces_id != old.id and row.met_on is None:
        return {}
    second = row.second_confirmed_at is not None and row.second_key == old.second_key
    return {
        "minutes_seen": row.minutes_seen or old.minutes_seen,
        "two_officers": row.two_officers or (old.two_officers and second),
    }


async def _worded_since(site: Site, old: Row, row: Row) -> bool:
    since: bool = await site.store.review.set_since(
        statement_id=old.statement_id, id=old.id, since=row.created_at, field="wording"
    )
    return since
