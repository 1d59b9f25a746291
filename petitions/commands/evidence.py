"""What `petitions endorsements show` tells: the whole claim, its proof, whose body it may be, what comes next."""

from __future__ import annotations

from typing import Any

from petitions.commands.running import say
from petitions.endorsements import WAITING, files, review
from petitions.endorsements.compared import FILES, SAID, changes
from petitions.endorsements.doubles import Double, place
from petitions.endorsements.queue import looked
from petitions.organisations.actions import LIKENESS, Place
from petitions.organisers.actions import cli_actor
from petitions.site import Site
from petitions.storage.store import Row

_SECRET = (
    "address_key",
    "second_key",
    "second_refused_keys",
    "key_version",
    "fingerprint",
    "consent_ids",
    "tries",
    "letters",
    "reminders",
)
SECTIONS = {
    "Endorsement": (
        "id statement title version state via replaces_id confirmed_at confirmed_by changed_at erased_at language "
        "source import_source import_consent"
    ),
    **SAID,
    "Review": (
        "organisation organisation_id accepted_at two_officers minutes_seen featured place expires_on told_at "
        "question reason ended_at"
    ),
}


async def facts_of(site: Site, id: str) -> dict[str, Any]:
    """Everything about an endorsement; that somebody looked is noted in the audit, and a link to its minutes. Raises
    Refused."""
    row = await review.find_for_organisers(site, id)
    await looked(site, row, "show", actor=cli_actor())
    open = row.state in (*WAITING, "declined")
    doubles = await review.doubles(site, row) if open else []
    places = await place(site, row) if open and row.replaces_id is None else []
    events = await site.store.review.list_events(statement_id=row.statement_id, endorsement_id=row.id)
    plain = {name: value for name, value in row.items() if name not in _SECRET}
    return {
        **plain,
        **{name: row[name] is not None for name in FILES},
        "mark": review.mark(row),
        "changes": await changes(site, row),
        "place": [{"name": one.name, "kind": one.kind, "id": one.body and one.body.id} for one in places],
        "minutes_link": await _minutes(site, row),
        "events": [dict(one) for one in events],
        "doubles": [one._asdict() for one in doubles],
        "next": [{"type": line, "means": means} for line, means in _next(row, doubles, places)],
    }


async def _minutes(site: Site, row: Row) -> str | None:
    link = files.minutes_link(site, row)
    if link is not None:
        await looked(site, row, "minutes", actor=cli_actor())
    return link


def show_facts(found: dict[str, Any]) -> None:
    """For people: what is there, in the order of the form."""
    for title, names in SECTIONS.items():
        lines = [(name, found[name]) for name in names.split() if not _says_nothing(found[name])]
        if lines:
            say(f"{title}")
            for name, value in lines:
                say(f"  {name.replace('_', ' ')}: {_shown(value)}")
    if found["changes"]:
        say("What is other than before")
        for name, (was, now) in found["changes"].items():
            say(f"  {name.replace('_', ' ')}: {_shown(was)} → {_shown(now)}")
    if found["events"]:
        say("What happened")
    for event in found["events"]:
        fields = f" ({', '.join(event['fields'])})" if event["fields"] else ""
        say(f"  {event['happened_at']:%Y-%m-%d %H:%M} {event['act']} {event['actor']}{fields}".rstrip())
    _show_place(found["place"], found["name"])
    _show_doubles(found["doubles"])
    say("What to type next")
    for one in found["next"]:
        say(f"  {one['type']}")
        if one["means"]:
            say(f"      {one['means']}")


def _says_nothing(value: Any) -> bool:
    """Not 0 and not "no": those are answers."""
    return value is None or value in ("", [])


def _show_place(places: list[dict[str, Any]], name: str) -> None:
    if places:
        above = [one["name"] + ("" if one["id"] else " (would be made)") for one in places]
        say("Where it would stand")
        say(f"  {' ▸ '.join([*above, name])}")


def _show_doubles(doubles: list[dict[str, Any]]) -> None:
    if not doubles:
        return
    say("In the list already")
    for one in doubles:
        alike = "the same name or code" if one["sure"] else f"{one['likeness']:.0%} alike"
        belongs = f", belongs to {one['parent']}" if one["parent"] else ""
        stands = (
            f"endorses this statement already (…{_short(one['standing_id'])})" if one["standing_id"] else ""
        )
        does = stands or "doesn't endorse this statement"
        say(f"  {one['id']}  {one['name']} ({one['kind']}{belongs}): {alike}; {does}")


_Next = list[tuple[str, str]]
"""Commands as they may be typed, without a word that a visitor wrote, and what each means."""


def _next(row: Row, doubles: list[Double], places: list[Place]) -> _Next:
    id = _short(row.id)
    seen = f" --seen {review.mark(row)}" if review.mark(row) and row.state in WAITING else ""
    accept = f"petitions endorsements accept {id}{seen}"
    if row.state in WAITING:
        ask = [(f"petitions endorsements ask {id} TEXT", "")] if row.officer_email else []
        return [*_ways(accept, row, doubles, places), *ask, (f"petitions endorsements decline {id} TEXT", "")]
    if row.state == "declined":
        return _ways(accept, row, doubles, places)
    if row.state == "accepted":
        return [(f"petitions endorsements set {id} --help", "")]
    return [("nothing: it is over", "")]


def _ways(accept: str, row: Row, doubles: list[Double], places: list[Place]) -> _Next:
    """How it can be accepted, and what each way means."""
    if row.replaces_id is not None:
        return [(accept, "it takes the place of what it corrects" if row.old_stands else "")]
    highest = places[0].body if places else None
    parent = f" --parent {highest.id}" if highest is not None and highest.parent_id is not None else ""
    means = (
        f"a new one, below “{highest.name}”, which belongs to another itself" if highest and parent else ""
    )
    if not doubles:
        return [(accept + parent, means)]
    ways = []
    for one in doubles:
        plainly = one.sure and not one.standing_id and one.likeness >= LIKENESS
        said = "" if plainly else f" --organisation {one.id}"
        renew = " --renew" if one.standing_id else ""
        this = f"it is “{one.name}”" + (", and takes the place of what that gave" if renew else "")
        ways.append((f"{accept}{said}{renew}", this))
    named = " --name NAME" if doubles[0].sure else ""
    return [*ways, (f"{accept} --separate{named}{parent}", means or "another body")]


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _says_nothing(value):
        return "–"
    text = f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)
    return text.replace("\n", "\n    ")


def _short(id: Any) -> str:
    return str(id)[-8:]
