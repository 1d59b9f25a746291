"""`petitions statement …`: texts put up for signing, and their states."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, BinaryIO

import click

from petitions.campaigns import actions as campaigns
from petitions.commands.hints import act
from petitions.commands.running import as_json, print_json, print_table, say, sentences
from petitions.errors import Refused
from petitions.organisers.actions import cli_actor
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements.drafts import moment
from petitions.statements.files import LARGEST, Draft, closing, parse
from petitions.storage.store import Row


@click.group("statement")
def group() -> None:
    """Texts put up for signing: add, open, close …"""


@group.command("add")
@click.argument("file", type=click.File("rb"))
@click.option("--campaign", "slug", required=True, metavar="SLUG", help="The campaign that hosts it.")
@click.option("--open", "opens", is_flag=True, help="Open it for signing at once.")
def add(file: BinaryIO, slug: str, opens: bool) -> None:
    """Add a statement from FILE: front matter (title, slug, fields …), then the text in Markdown.

    It is a draft, seen by nobody, until it is opened. docs/statements.md lists what the front matter can say.

    \b
    Example:
      petitions statement add fair-pay.md --campaign fair-pay --open
    """

    draft = _draft(file)

    async def action(site: Site) -> Row:
        async with site.store.transaction():
            campaign = await campaigns.find_for_organisers(site, slug)
            row = await statements.add(site, campaign, draft, actor=cli_actor())
            return await statements.open_(site, row, actor=cli_actor()) if opens else row

    row = act(action)
    _say(row, "is open for signing" if opens else "is added as a draft: “petitions statement open” opens it")


def _step(name: str, does: Callable[..., Awaitable[Row]], what: str, done: str) -> None:
    """A command that moves one statement to another state."""

    def command(slug: str) -> None:
        async def action(site: Site) -> Row:
            return await does(site, await statements.find_for_organisers(site, slug), actor=cli_actor())

        _say(act(action), done)

    help = f"{what}\n\n\b\nExample:\n  petitions statement {name} fair-pay"
    group.command(name, help=help)(click.argument("slug")(command))


_step(
    "open",
    statements.open_,
    "Open a draft for signing: its fields and consents are fixed then.",
    "is open for signing",
)
_step("close", statements.close, "Close a statement: it stays readable and takes no signatures.", "is closed")
_step(
    "reopen",
    statements.reopen,
    "Open a closed statement again, unless its signatures were anonymised.",
    "is open for signing again",
)
_step("archive", statements.archive, "Archive a closed statement, for good.", "is archived")


@group.command("note")
@click.argument("slug")
@click.argument("text", required=False)
@click.option("--file", type=click.File("rb"), help="Take the text from a file instead.")
def note(slug: str, text: str | None, file: BinaryIO | None) -> None:
    """Add a dated note below the text of an open or closed statement, in Markdown.

    \b
    Example:
      petitions statement note fair-pay "Handed over to the example council on 1 May."
    """
    if (text is None) == (file is None):
        raise click.UsageError("Give the text of the note, or --file.")
    with sentences():
        body = _text(file) if file else str(text)

    async def action(site: Site) -> Row:
        row = await statements.find_for_organisers(site, slug)
        await statements.add_note(site, row, body, actor=cli_actor())
        return row

    _say(act(action), "has a new note")


@group.command("version")
@click.argument("slug")
@click.argument("file", type=click.File("rb"))
def version(slug: str, file: BinaryIO) -> None:
    """Give a statement a new text from FILE.

    Of a draft everything but its slug may change, of an open statement title and text alone. Who signed an
    earlier version stays with it.

    \b
    Example:
      petitions statement version fair-pay fair-pay-2.md
    """

    draft = _draft(file)

    async def action(site: Site) -> Row:
        row = await statements.find_for_organisers(site, slug)
        return await statements.new_version(site, row, draft, actor=cli_actor())

    row = act(action)
    _say(row, f"has version {row.version} of its text")


@group.command("goal")
@click.argument("slug")
@click.argument("goal", type=click.IntRange(1, 1_000_000_000), required=False)
def goal(slug: str, goal: int | None) -> None:
    """Change the goal of an open statement; without GOAL it has none. Its public history says so.

    \b
    Example:
      petitions statement goal fair-pay 2000
    """

    async def action(site: Site) -> Row:
        row = await statements.find_for_organisers(site, slug)
        await statements.set_goal(site, row, goal, actor=cli_actor())
        return row

    _say(act(action), f"has the goal {goal}" if goal else "has no goal")


@group.command("closes")
@click.argument("slug")
@click.argument("when", required=False)
def closes(slug: str, when: str | None) -> None:
    """Change when an open statement closes: a day, or a time; without WHEN it closes when you close it.

    \b
    Example:
      petitions statement closes fair-pay 2030-05-31
    """
    with sentences():
        wanted = closing(when)

    async def action(site: Site) -> Row:
        row = await statements.find_for_organisers(site, slug)
        await statements.set_closing(site, row, moment(site, wanted), actor=cli_actor())
        return row

    _say(act(action), f"closes on {wanted}" if wanted else "has no closing date")


@group.command("rename")
@click.argument("slug")
@click.argument("new_slug")
def rename(slug: str, new_slug: str) -> None:
    """Give a statement another slug; its old address redirects for ever.

    \b
    Example:
      petitions statement rename fair-pay fair-pay-for-all
    """

    async def action(site: Site) -> Row:
        row = await statements.find_for_organisers(site, slug)
        return await statements.rename(site, row, new_slug, actor=cli_actor())

    _say(act(action), "has this slug now")


@group.command("list")
@click.option("--campaign", metavar="SLUG", help="Only this campaign's.")
@as_json
def list_(campaign: str | None, wants_json: bool) -> None:
    """List the statements with their states and counts.

    \b
    Example:
      petitions statement list --campaign fair-pay --json
    """

    async def action(site: Site) -> list[dict[str, Any]]:
        slug = (await campaigns.find_for_organisers(site, campaign)).slug if campaign else None
        rows = await site.store.statements.list_for_organisers(campaign=slug)
        return [{**_facts(row), "people": row.people, "people_earlier": row.people_earlier} for row in rows]

    rows = act(action)
    if wants_json:
        print_json(rows)
        return
    names = ("slug", "state", "campaign", "people", "goal", "closes_at", "title")
    shown = [{name: row[name] for name in names} for row in rows]
    print_table(
        shown, empty="There is no statement yet: “petitions statement add --help” shows how to begin."
    )


@group.command("show")
@click.argument("slug")
@as_json
def show(slug: str, wants_json: bool) -> None:
    """Show everything about a statement: facts, field sets, versions, notes, text.

    \b
    Example:
      petitions statement show fair-pay
    """

    async def action(site: Site) -> dict[str, Any]:
        row = await statements.find_for_organisers(site, slug)
        return {
            **_facts(row),
            "fields": row.fields,
            "public": row.public_fields,
            "handover": row.handover_fields,
            "export": row.export_fields,
            "address": f"{site.settings.base_url}/{row.slug}",
            "versions": [dict(one) for one in await site.store.statements.list_versions(statement_id=row.id)],
            "notes": [dict(one) for one in await site.store.statements.list_notes(statement_id=row.id)],
            "text": row.body,
        }

    found = act(action)
    if wants_json:
        print_json(found)
        return
    for name, value in found.items():
        if name == "text":
            say(f"\n{value}")
        elif name in ("versions", "notes"):
            say(f"{name}: {len(value)}")
        else:
            say(f"{name}: {_shown(value)}")


def _facts(row: Row) -> dict[str, Any]:
    names = (
        "title",
        "kind",
        "language",
        "version",
        "addressed_to",
        "goal",
        "closes_at",
        "opened_at",
        "ended_at",
    )
    state = "closed" if row.state == "open" and not row.is_open else row.state
    return {
        "slug": row.slug,
        "campaign": row.campaign_slug,
        "state": state,
        **{one: row[one] for one in names},
    }


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(one["name"] if isinstance(one, dict) else str(one) for one in value) or "–"
    return "–" if value in (None, "") else str(value)


def _draft(file: BinaryIO) -> Draft:
    with sentences():
        return parse(file.read(LARGEST + 1))


def _text(file: BinaryIO) -> str:
    try:
        return file.read(LARGEST).decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Refused("The file is not UTF-8: save it as UTF-8.") from None


def _say(row: Row, what: str) -> None:
    say(f"“{row.slug}” {what}.")
