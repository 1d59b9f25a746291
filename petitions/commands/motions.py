"""`petitions motions …`: model texts for bodies to adopt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, BinaryIO

import click

from petitions.commands.hints import act
from petitions.commands.running import as_json, print_json, print_table, say, sentences
from petitions.motions import actions as motions
from petitions.motions.files import parse
from petitions.motions.text import questions
from petitions.organisers.actions import cli_actor
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements.files import LARGEST
from petitions.storage.store import Row

of_statement = click.option(
    "--statement", "statement", required=True, metavar="SLUG", help="The statement that it is for."
)


@click.group("motions")
def group() -> None:
    """Model motions: texts for branches, parties and student unions to adopt."""


@group.command("add")
@click.argument("file", type=click.File("rb"))
@of_statement
@click.option("--publish", "publishes", is_flag=True, help="Publish it at once.")
@click.option("--replace", "replaces", is_flag=True, help="Give the motion of this slug another text.")
def add(file: BinaryIO, statement: str, publishes: bool, replaces: bool) -> None:
    """Add a model motion from FILE: front matter (title, slug), then its text in Markdown with choices.

    It is a draft, seen by nobody, until it is published. docs/motions.md tells how to write one.

    \b
    Example:
      petitions motions add buses-motion.md --statement public-buses --publish
    """
    with sentences():
        draft = parse(file.read(LARGEST + 1))

    async def action(site: Site) -> Row:
        does = motions.replace if replaces else motions.add
        async with site.store.transaction():
            of = await statements.find_for_organisers(site, statement)
            row = await does(site, of, draft, actor=cli_actor())
            if publishes and row.state != "published":
                row = await motions.publish(site, of, row.slug, actor=cli_actor())
        return row

    row = act(action)
    if row.state == "published":
        _say(row, "is published")
    else:
        _say(row, f"is kept, as a {row.state} motion: “petitions motions publish” shows it to everybody")
    for one in questions(f"{row.body}\n\n{row.notes}"):
        say(f"It asks for “{one.name}”: {' / '.join(one.answers)}")


def _step(name: str, does: Callable[..., Awaitable[Row]], what: str, done: str) -> None:
    """A command that moves one motion to another state."""

    def command(slug: str, statement: str) -> None:
        async def action(site: Site) -> Row:
            of = await statements.find_for_organisers(site, statement)
            return await does(site, of, slug, actor=cli_actor())

        _say(act(action), done)

    help = f"{what}\n\n\b\nExample:\n  petitions motions {name} buses --statement public-buses"
    group.command(name, help=help)(click.argument("slug")(of_statement(command)))


_step("publish", motions.publish, "Show a motion to everybody.", "is published")
_step(
    "withdraw",
    motions.withdraw,
    "Show a published motion to nobody any more. Plans of bodies to put it stay.",
    "is withdrawn",
)


@group.command("list")
@of_statement
@as_json
def list_(statement: str, wants_json: bool) -> None:
    """List the motions of a statement with their states.

    \b
    Example:
      petitions motions list --statement public-buses --json
    """

    async def action(site: Site) -> list[dict[str, Any]]:
        of = await statements.find_for_organisers(site, statement)
        rows = await site.store.motions.list_for_organisers(statement_id=of.id)
        return [{name: value for name, value in row.items() if name != "id"} for row in rows]

    rows = act(action)
    if wants_json:
        print_json(rows)
        return
    print_table(rows, empty="There is no motion yet: “petitions motions add --help” shows how to begin.")


@group.command("show")
@click.argument("slug")
@of_statement
@as_json
def show(slug: str, statement: str, wants_json: bool) -> None:
    """Show a motion as it was written: facts, text with its choices, notes.

    \b
    Example:
      petitions motions show buses --statement public-buses
    """

    async def action(site: Site) -> dict[str, Any]:
        of = await statements.find_for_organisers(site, statement)
        row = await motions.find_for_organisers(site, of, slug)
        names = ("slug", "title", "state", "created_at", "published_at", "body", "notes")
        address = f"{site.settings.base_url}/{of.slug}/motions/{row.slug}"
        return {"statement": of.slug, "address": address, **{name: row[name] for name in names}}

    found = act(action)
    if wants_json:
        print_json(found)
        return
    texts = [found.pop(name) for name in ("body", "notes")]
    for name, value in found.items():
        say(f"{name}: {'–' if value is None else value}")
    for text in filter(None, texts):
        say(f"\n{text}")


def _say(row: Row, what: str) -> None:
    say(f"“{row.slug}” {what}.")
