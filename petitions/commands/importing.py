"""`petitions endorsements import`: lists of endorsements that a campaign kept elsewhere."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import BinaryIO

import click

from petitions.commands.running import act, as_json, print_json, say
from petitions.endorsements import importing
from petitions.endorsements.judging import Outcome
from petitions.organisers.actions import cli_actor
from petitions.site import Site
from petitions.statements import actions as statements

_DID = {
    "accepted": "public",
    "pending": "hidden until confirmed",
    "known": "known already",
    "refused": "refused",
}


@click.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--statement", required=True, metavar="SLUG", help="The statement that they endorse.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and do nothing.")
@click.option(
    "--mail", is_flag=True, help="Write to the officers: each confirms, and can say that it is wrong."
)
@click.option("--source", default="", help="Where the list is from, for rows that don't say it.")
@click.option("--consent", default="", help="How the organisations agreed to be listed, likewise.")
@as_json
def import_(
    file: BinaryIO, statement: str, dry_run: bool, mail: bool, source: str, consent: str, wants_json: bool
) -> None:
    """Import endorsements from FILE, a CSV file whose first row names the columns (docs/organisers.md).

    A row stays hidden until the officer confirms, unless its column minutes_seen says yes: then the campaign has seen
    the minutes, and it is public. Nobody is written to without --mail. Rows that can't be taken are told and left
    out, and the exit code is 1 then.

    \b
    Example:
      petitions endorsements import list.csv --statement fair-pay --dry-run
    """

    async def action(site: Site) -> list[Outcome]:
        row = await statements.find_for_organisers(site, statement)
        given = {"source": source, "consent": consent}
        lines = importing.read(file, row, given)
        return await importing.run(
            site, row, lines, actor=cli_actor(), given=given, mail=mail, dry_run=dry_run
        )

    outcomes = act(action)
    if wants_json:
        print_json([_facts(one) for one in outcomes])
    else:
        _print(outcomes, dry_run, mail)
    sys.exit(1 if any(one.did == "refused" for one in outcomes) else 0)


def _facts(one: Outcome) -> dict[str, object]:
    return {"row": one.row, "did": one.did, "name": one.name, "text": one.text, "columns": list(one.columns)}


def _print(outcomes: Sequence[Outcome], dry_run: bool, mail: bool) -> None:
    for one in outcomes:
        say(f"row {one.row}: {one.text}")
    did = Counter(one.did for one in outcomes)
    counts = ", ".join(f"{did[name]} {words}" for name, words in _DID.items())
    say(f"{len(outcomes)} rows: {counts}.")
    if dry_run:
        say("Nothing was done: this is what would happen.")
    elif not mail and did["pending"]:
        say("Nobody was written to: the same command with --mail does it.")
