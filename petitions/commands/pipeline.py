"""`petitions motions pipeline` and `petitions motions calendar`: who puts a motion, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from petitions.campaigns import actions as campaigns
from petitions.commands.exports import written
from petitions.commands.running import act, as_json, print_json, print_table, say, sentences
from petitions.motions import calendar as meetings
from petitions.motions.calendar import STATES, Pipeline
from petitions.organisers.actions import cli_actor
from petitions.site import Site
from petitions.statements import actions as statements


@click.command("pipeline")
@click.option("--statement", metavar="SLUG", help="The meetings of this statement.")
@click.option("--campaign", metavar="SLUG", help="Those of all statements of this campaign.")
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=14,
    show_default=True,
    help="So many days ahead, and back.",
)
@click.option("--state", type=click.Choice(STATES), help="Only those of this state.")
@as_json
def pipeline(
    statement: str | None, campaign: str | None, days: int, state: str | None, wants_json: bool
) -> None:
    """Show the bodies that put a motion: next meetings, and what came of past ones.

    Tactics and officers' details are sensitive: who took this list is noted in the audit. “×2” marks a meeting that
    was told twice (the same kind and name on the same day).

    \b
    Example:
      petitions motions pipeline --statement fair-pay --days 30
    """
    if (statement is None) == (campaign is None):
        raise click.UsageError("Give either --statement or --campaign.")

    async def action(site: Site) -> Pipeline:
        where = await _where(site, statement, campaign)
        return await meetings.pipeline(site, where, days=days, state=state, actor=cli_actor())

    found = act(action)
    if wants_json:
        print_json(found._asdict())
    else:
        _print(found, days)


async def _where(site: Site, statement: str | None, campaign: str | None) -> dict[str, Any]:
    if campaign is not None:
        row = await campaigns.find_for_organisers(site, campaign)
        return {"statement_id": None, "campaign_id": row.id}
    found = await statements.find_for_organisers(site, str(statement))
    return {"statement_id": found.id, "campaign_id": None}


def _print(found: Pipeline, days: int) -> None:
    say(f"The next {days} days, from {found.today}:")
    print_table(_lines(found.next), empty="No meeting.")
    say(f"\nThe last {days} days:")
    print_table(_lines(found.past), empty="No meeting.")
    if any(row["amended"] for row in (*found.next, *found.past)):
        say("\n“--json” has the texts that were passed with changes.")
    say("\nIn all: " + ", ".join(f"{count} {state}" for state, count in found.counts.items()) + ".")


def _lines(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [_line(row) for row in rows]


def _line(row: Mapping[str, Any]) -> dict[str, str]:
    officer = (row["officer_name"], row["officer_role"], row["officer_email"])
    return {
        "date": str(row["meets_on"]),
        "cut-off": str(row["cut_off_on"] or "–"),
        "state": row["state"],
        "body": row["name"] + (f" ×{row['told']}" if row["told"] > 1 else ""),
        "kind": row["kind"],
        "parent": row["parent"] or "–",
        "motion": f"{row['statement']}/{row['motion']}",
        "wants": ", ".join(row["wants"]) or "–",
        "officer": ", ".join(one for one in officer if one) or "–",
    }


@click.command("calendar")
@click.option("--statement", metavar="SLUG", required=True, help="The meetings of this statement.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file, such as meetings.ics; it is replaced.",
)
def calendar(statement: str, out: Path) -> None:
    """Write the meetings to come, and the last days for motions, into a calendar file (.ics).

    It names bodies and motions, and no officer: calendars get shared. Even so it shows tactics; keep it among
    organisers. Who took it is noted in the audit. A later file brings a calendar up to date.

    \b
    Example:
      petitions motions calendar --statement fair-pay --out meetings.ics
    """

    async def action(site: Site) -> tuple[bytes, int]:
        row = await statements.find_for_organisers(site, statement)
        return await meetings.calendar(site, row, actor=cli_actor())

    data, count = act(action)
    try:
        with sentences(), written(out) as file:
            file.write(data)
    except OSError as error:
        raise click.ClickException(f"{out} could not be written ({error.strerror or error}).") from error
    say(f"{count} {'meeting is' if count == 1 else 'meetings are'} in {out}.", err=True)


commands = (pipeline, calendar)
