"""`petitions endorsements …`: what organisations sent, and what organisers say to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from petitions.campaigns import actions as campaigns
from petitions.commands.evidence import facts_of, show_facts
from petitions.commands.hints import act, hints
from petitions.commands.running import as_json, print_json, print_table, say, sentences
from petitions.endorsements import WAITING, review
from petitions.endorsements.doubles import Double, Unsure
from petitions.endorsements.marks import LAST_PLACE
from petitions.organisers.actions import cli_actor
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row

STATES = {
    "waiting": WAITING,
    **{one: (one,) for one in ("confirmed", "questioned", "accepted", "declined")},
    **{one: (one,) for one in ("withdrawn", "expired", "replaced")},
    "all": (*WAITING, "accepted", "declined", "withdrawn", "expired", "replaced"),
}
"""What --state takes → the states of the rows."""
DAY = click.DateTime(["%Y-%m-%d"])


class _Expires(click.ParamType[Any]):
    """A day, or none."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Any:
        if value == "none" or isinstance(value, datetime):
            return value
        return DAY.convert(value, param, context)


_MARKS: dict[str, dict[str, Any]] = {
    "--expires": {
        "metavar": "YYYY-MM-DD|none",
        "type": _Expires(),
        "help": "The first day without it, or none.",
    },
    "--feature/--no-feature featured": {"default": None, "help": "Show it on the statement's page first."},
    "--place": {
        "type": click.IntRange(0, LAST_PLACE),
        "help": "Its place among the featured ones, from 1; 0: none, the newest first.",
    },
    "--wording": {"help": "What the list says, instead of the officer's words; empty: made from the facts."},
    "--minutes-seen/--no-minutes-seen": {"default": None, "help": "Level: you have seen the minutes."},
    "--two-officers/--no-two-officers": {
        "default": None,
        "help": "Level: both officers confirmed, and you know that they are two people.",
    },
}


@click.group("endorsements")
def group() -> None:
    """What organisations sent: list, show, accept, ask …"""


def _marks(command: Callable[..., None]) -> Callable[..., None]:
    """The options of what organisers say of an endorsement."""
    for name, about in _MARKS.items():
        command = click.option(*name.split(), **about)(command)
    return command


@group.command("list")
@click.option("--statement", metavar="SLUG", help="Only this statement's.")
@click.option("--campaign", metavar="SLUG", help="Only this campaign's.")
@click.option(
    "--state", type=click.Choice(list(STATES)), default="waiting", show_default=True, help="Which of them."
)
@as_json
def list_(statement: str | None, campaign: str | None, state: str, wants_json: bool) -> None:
    """List endorsements that officers have confirmed, the one that has waited longest first.

    \b
    Example:
      petitions endorsements list --campaign fair-pay --state waiting
    """

    async def action(site: Site) -> list[Row]:
        one = await statements.find_for_organisers(site, statement) if statement else None
        host = (await campaigns.find_for_organisers(site, campaign)).slug if campaign else None
        rows: list[Row] = await site.store.review.list_queue(
            campaign=host, statement_id=one and one.id, states=list(STATES[state])
        )
        return rows

    rows = act(action)
    if wants_json:
        print_json([dict(row) for row in rows])
        return
    print_table([_line(row) for row in rows], empty="None of these.")


def _line(row: Row) -> dict[str, Any]:
    evidence = (("second officer", row.second_confirmed), ("minutes", row.has_minutes))
    return {
        "id": f"…{_short(row.id)}",
        "state": _state(row),
        "since": row.confirmed_at,
        "statement": row.statement,
        "kind": row.kind,
        "decided": row.decided,
        "met": row.met_on and row.met_on.isoformat(),
        "evidence": ", ".join(name for name, there in evidence if there) or None,
        "name": row.organisation or row.name,
    }


def _state(row: Row) -> str:
    """As organisers care: what waits from nobody whom one could ask, and what changes one that was public."""
    if row.state in WAITING and row.erased_at is not None:
        return "officer gone"
    return "correction" if row.state == "confirmed" and row.replaces_id else str(row.state)


@group.command("show")
@click.argument("id")
@as_json
def show(id: str, wants_json: bool) -> None:
    """Show all that an officer sent, how it is proven, and which bodies in the list it may be.

    The link to the minutes is good for a short time; that it was made is noted in the audit.

    \b
    Example:
      petitions endorsements show 8f31c2
    """
    found = act(lambda site: facts_of(site, id))
    if wants_json:
        print_json(found)
    else:
        show_facts(found)


@group.command("accept")
@click.argument("id")
@click.option("--organisation", type=click.UUID, metavar="ID", help="It is this body in the list.")
@click.option("--renew", is_flag=True, help="It takes the place of what the body gave before.")
@click.option("--separate", is_flag=True, help="It is another body than those alike.")
@click.option("--name", help="The new body's name in the list, instead of the claimed one.")
@click.option("--code", help="Its branch number or code.")
@click.option("--parent", default="", metavar="ID|none", help="What it belongs to, or none.")
@click.option(
    "--seen",
    default="",
    metavar="MARK",
    help="What you have read: “show” tells it where the officer corrected it.",
)
@_marks
def accept(
    id: str, organisation: UUID | None, renew: bool, separate: bool, seen: str, **options: Any
) -> None:
    """Accept an endorsement: it is public from then on and counts, and its officer gets a letter.

    It is bound to one body. Where the list has the same one, or one that may be it, say which it is. What its officer
    has corrected since it came is only accepted with the mark that “show” tells: so nobody accepts what nobody read.

    \b
    Example:
      petitions endorsements accept 8f31c2 --minutes-seen
      petitions endorsements accept 8f31c2 --renew
      petitions endorsements accept 8f31c2 --separate --name "Example Branch (North)"
    """
    if (organisation or renew) and separate:
        raise click.UsageError("--separate makes a new body: leave out --organisation and --renew.")
    if organisation and (options["name"] or options["code"] or options["parent"]):
        raise click.UsageError(
            "A body that is in the list keeps its name: “petitions organisations set” changes it."
        )
    options = _said(options) | {"organisation_id": organisation, "renew": renew, "separate": separate}

    async def action(site: Site) -> Row | Unsure:
        row = await review.find_for_organisers(site, id)
        review.refuse_unread(row, seen)
        try:
            return await review.accept(site, row, actor=cli_actor(), **options)
        except Unsure as unsure:
            return unsure

    done = act(action)
    if isinstance(done, Unsure):
        _tell_doubles(done)
    else:
        place = ", in the place of what stood before" if done.took_place else ""
        say(f"“{done.organisation}” endorses “{done.title}”. It is public now{place}.")


def _tell_doubles(unsure: Unsure) -> None:
    """Those that it may be, then the refusal."""
    print_table([_double(one) for one in unsure.doubles], empty="No body in the list is like it.")
    with sentences(), hints():
        raise unsure


def _double(one: Double) -> dict[str, Any]:
    return {
        "organisation": one.id,
        "alike": "same" if one.sure else f"{one.likeness:.0%}",
        "endorses": f"…{_short(one.standing_id)}" if one.standing_id else None,
        "kind": one.kind,
        "code": one.code or None,
        "belongs to": one.parent,
        "name": one.name,
    }


@group.command("ask")
@click.argument("id")
@click.argument("text")
def ask(id: str, text: str) -> None:
    """Ask the officer something: a letter with your words, and a link to answer and to correct.

    \b
    Example:
      petitions endorsements ask 8f31c2 "On which day did the branch meet?"
    """
    row = _step(id, lambda site, row: review.ask(site, row, text, actor=cli_actor()))
    say(f"The officer of “{row.name}” is asked.")


@group.command("decline")
@click.argument("id")
@click.argument("reason")
def decline(id: str, reason: str) -> None:
    """Decline an endorsement that waits, with a reason that its officer gets by letter.

    \b
    Example:
      petitions endorsements decline 8f31c2 "The branch tells us that it has not decided yet."
    """
    row = _step(id, lambda site, row: review.decline(site, row, reason, actor=cli_actor()))
    name = row.organisation or row.name
    what = f"What the officer of “{name}” changed" if row.old_stands else f"The endorsement of “{name}”"
    stays = " What stood before stays public." if row.old_stands else ""
    letter = "" if row.officer_email else " No letter leaves: we have no address of an officer."
    say(f"{what} is declined.{stays}{letter}")


@group.command("set")
@click.argument("id")
@_marks
def set_(id: str, **options: Any) -> None:
    """Change what you say of an endorsement: levels, wording, whether it is featured, its last day.

    \b
    Example:
      petitions endorsements set 8f31c2 --minutes-seen --feature
      petitions endorsements set 8f31c2 --expires 2027-06-30
    """
    marks = _said(options)
    if not marks:
        raise click.UsageError("Say what to change: --help lists it.")
    row = _step(id, lambda site, row: review.change(site, row, actor=cli_actor(), **marks))
    say(f"The endorsement of “{row.organisation or row.name}” is changed.")


def _step(id: str, does: Callable[[Site, Row], Awaitable[Row]]) -> Row:
    async def action(site: Site) -> Row:
        return await does(site, await review.find_for_organisers(site, id))

    return act(action)


def _said(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as the review takes them: no end and no place are None."""
    given = {name: value for name, value in options.items() if value is not None}
    if "expires" in given:
        day = given.pop("expires")
        given["expires_on"] = day.date() if isinstance(day, datetime) else None
    if given.get("place") == 0:
        given["place"] = None
    return given


def _short(id: Any) -> str:
    return str(id)[-8:]
