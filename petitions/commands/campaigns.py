"""`petitions campaign …`: who hosts statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO

import click

from petitions.campaigns import actions as campaigns
from petitions.commands.running import act, as_json, print_json, print_table, say
from petitions.organisers.actions import cli_actor
from petitions.site import Site
from petitions.statements import actions as statements

# Option, fact, help. The same for `add` and `set`.
_FACTS = (
    ("--controller", "controller", "Legal name of the data controller, for imprint and privacy."),
    ("--address", "postal_address", "The controller's postal address."),
    ("--contact", "contact_email", "E-mail address that people can write to; replies to letters go there."),
    ("--on-behalf-of", "on_behalf_of", "For the imprint, where it is promoted for somebody else."),
    ("--language", "language", "Language of its pages, such as en."),
    ("--accent", "accent", "Colour of its pages, such as #b4232f."),
    ("--sender", "sender", "From address of its letters; without it the site's."),
    ("--bulk-sender", "bulk_sender", "From address of letters to many; without it the same."),
)


def _facts(command: Callable[..., Any]) -> Callable[..., Any]:
    for option, fact, help in reversed(_FACTS):
        command = click.option(option, fact, help=help)(command)
    command = click.option(
        "--introduction-file",
        "introduction",
        type=click.File(encoding="utf-8"),
        help="File with the text of its page, in Markdown.",
    )(command)
    command = click.option(
        "--partner",
        "partners",
        multiple=True,
        metavar="KEY=NAME",
        help="A partner with a consent of its own.",
    )(command)
    command = click.option(
        "--link", "social_links", multiple=True, metavar="NAME=URL", help="Where else people can follow it."
    )(command)
    return click.option(
        "--retention", "retention_months", type=int, help="Months that signatures are kept after closing."
    )(command)


@click.group("campaign")
def group() -> None:
    """Who hosts statements: add, list, set."""


@group.command("add")
@click.option("--slug", required=True, help="The word for its address: /campaigns/SLUG.")
@click.option("--name", required=True, help="Its name, as people read it.")
@_facts
def add(**given: Any) -> None:
    """Add a campaign.

    Controller, address and contact can come later by “campaign set”, but no statement opens without them.

    \b
    Example:
      petitions campaign add --slug fair-pay --name "Fair Pay" --controller "Fair Pay Example Ltd" \\
        --address "1 Example Street, Exampleton" --contact contact@example.org
    """

    async def action(site: Site) -> str:
        row = await campaigns.add(site, actor=cli_actor(), **_given(given))
        return f"Campaign “{row.slug}” is added: {site.settings.base_url}/campaigns/{row.slug}"

    say(act(action))


@group.command("set")
@click.argument("slug")
@click.option("--slug", "new_slug", help="Another slug; the old address redirects for ever.")
@click.option("--name", help="Its name, as people read it.")
@click.option("--no-partners", is_flag=True, help="No partners any more.")
@click.option("--no-links", is_flag=True, help="No links to follow any more.")
@_facts
def set_(slug: str, new_slug: str | None, no_partners: bool, no_links: bool, **given: Any) -> None:
    """Change what is said about a campaign; the rest stays.

    \b
    Example:
      petitions campaign set fair-pay --contact office@example.org
    """
    facts = _given(given) | ({"slug": new_slug} if new_slug else {})
    facts |= ({"partners": {}} if no_partners else {}) | ({"social_links": []} if no_links else {})
    if not facts:
        raise click.UsageError("Say what to change (--help lists it).")

    async def action(site: Site) -> str:
        campaign = await campaigns.find_for_organisers(site, slug)
        row = await statements.change_campaign(site, campaign, actor=cli_actor(), **facts)
        return f"Campaign “{row.slug}” is changed."

    say(act(action))


@group.command("list")
@as_json
def list_(wants_json: bool) -> None:
    """List the campaigns.

    \b
    Example:
      petitions campaign list --json
    """
    rows = act(lambda site: site.store.campaigns.list_all())
    if wants_json:
        print_json([dict(row) | {"logo": row.logo and row.logo.hex()} for row in rows])
        return
    shown = [
        {
            "slug": row.slug,
            "name": row.name,
            "statements": row.statements,
            "open": row.open_statements,
            "controller": row.controller or None,
            "note": "demonstration" if row.demonstration else "",
        }
        for row in rows
    ]
    print_table(shown, empty="There is no campaign yet: “petitions campaign add --help” shows how to begin.")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """The facts that the line names, ready for the action."""
    facts = {name: value for name, value in options.items() if value is not None and value != ()}
    if "introduction" in facts:
        facts["introduction"] = _read(facts["introduction"])
    if "partners" in facts:
        facts["partners"] = dict(_pair(text, "--partner") for text in facts["partners"])
    if "social_links" in facts:
        facts["social_links"] = [_pair(text, "--link") for text in facts["social_links"]]
    return facts


def _read(file: TextIO) -> str:
    try:
        return file.read().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise click.ClickException("The introduction is not UTF-8: save the file as UTF-8.") from None


_LIKE = {
    "--partner": "write it as KEY=NAME, such as union=Example Union",
    "--link": "write it as NAME=URL, such as Mastodon=https://example.org/@us",
}


def _pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(_LIKE[option], param_hint=option)
    return key.strip(), value.strip()
