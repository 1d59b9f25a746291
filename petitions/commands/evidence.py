"""What `petitions endorsements show` tells: the whole claim, its proof, whose body it may be, what comes next."""

from __future__ import annotations

from typing import Any

from petitions.commands.running import say
from petitions.endorsements import WAITING, files, review
from petitions.endorsements.doubles import Double
from petitions.organisations.actions import LIKENESS
from petitions.organisers import actions as organisers
from petitions.organisers.actions import cli_actor
from petitions.site import Site
from petitions.storage.store import Row

_SECRET = (
    "address_key",
    "second_key",
    "key_version",
    "fingerprint",
    "consent_ids",
    "tries",
    "letters",
    "reminders",
)
_FILES = ("logo", "minutes")
SECTIONS = {
    "Endorsement": (
        "id statement title state via replaces_id confirmed_at confirmed_by language source "
        "import_source import_consent"
    ),
    "Organisation, as claimed": (
        "name kind parent region code area web_address logo logo_consent members members_on members_source"
    ),
    "How it decided": (
        "decided met_on met_how present quorum votes_for votes_against abstained motion minutes minutes_link"
    ),
    "Officer": "officer_name officer_role officer_email officer_phone mail_consent",
    "Second officer": "second_name second_role second_email second_confirmed_at second_refused_at",
    "What they want": "wording wants note",
    "Review": (
        "organisation organisation_id accepted_at two_officers minutes_seen featured expires_on "
        "question reason ended_at"
    ),
}


async def facts_of(site: Site, id: str) -> dict[str, Any]:
    """Everything about an endorsement; a link to its minutes is noted in the audit. Raises Refused."""
    row = await review.find_for_organisers(site, id)
    doubles = await review.doubles(site, row) if row.state in (*WAITING, "declined") else []
    events = await site.store.review.list_events(statement_id=row.statement_id, endorsement_id=row.id)
    plain = {name: value for name, value in row.items() if name not in _SECRET}
    return {
        **plain,
        **{name: row[name] is not None for name in _FILES},
        "minutes_link": await _minutes(site, row),
        "events": [dict(one) for one in events],
        "doubles": [one._asdict() for one in doubles],
        "next": _next(row, doubles),
    }


async def _minutes(site: Site, row: Row) -> str | None:
    link = files.minutes_link(site, row)
    if link is not None:
        await organisers.note(
            site,
            cli_actor(),
            "endorsement minutes",
            campaign_id=row.campaign_id,
            statement_id=row.statement_id,
            details={"endorsement": str(row.id)},
        )
    return link


def show_facts(found: dict[str, Any]) -> None:
    """For people: what is there, in the order of the form."""
    for title, names in SECTIONS.items():
        lines = [(name, found[name]) for name in names.split() if found[name] not in (None, "", [], False)]
        if lines:
            say(f"{title}")
            for name, value in lines:
                say(f"  {name.replace('_', ' ')}: {_shown(value)}")
    if found["events"]:
        say("What happened")
    for event in found["events"]:
        fields = f" ({', '.join(event['fields'])})" if event["fields"] else ""
        say(f"  {event['happened_at']:%Y-%m-%d %H:%M} {event['act']} {event['actor']}{fields}".rstrip())
    _show_doubles(found["doubles"])
    say("What to type next")
    for line in found["next"]:
        say(f"  {line}")


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


def _next(row: Row, doubles: list[Double]) -> list[str]:
    """Commands, as they may be typed."""
    id, accept = _short(row.id), f"petitions endorsements accept {_short(row.id)}"
    if row.state in WAITING:
        asks = [f'petitions endorsements ask {id} "…"', f'petitions endorsements decline {id} "…"']
        return [*_ways(accept, row, doubles), *asks]
    if row.state == "declined":
        return _ways(accept, row, doubles)
    if row.state == "accepted":
        return [f"petitions endorsements set {id} --help"]
    return ["nothing: it is over"]


def _ways(accept: str, row: Row, doubles: list[Double]) -> list[str]:
    """How it can be accepted, and what each way means."""
    if row.replaces_id is not None or not doubles:
        return [accept]
    ways = []
    for one in doubles:
        plainly = one.sure and not one.standing_id and one.likeness >= LIKENESS
        said = "" if plainly else f" --organisation {one.id}"
        renew = " --renew" if one.standing_id else ""
        means = "it takes the place of what this body gave" if renew else "it is this body"
        ways.append(f"{accept}{said}{renew}  # {one.name}: {means}")
    named = " --name …" if doubles[0].sure else ""
    return [*ways, f"{accept} --separate{named}  # another body"]


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if value is True:
        return "yes"
    text = f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)
    return text.replace("\n", "\n    ")


def _short(id: Any) -> str:
    return str(id)[-8:]
