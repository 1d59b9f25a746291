"""Commands about the site itself: serve, work, migrate, demo, check, routes, suppression."""

from __future__ import annotations

import asyncio

import click

from petitions import addresses, demo, serve
from petitions.commands.checks import check
from petitions.commands.running import act, as_json, print_json, print_table, say, sentences, whole
from petitions.folders import SQL
from petitions.mail import suppression
from petitions.organisers import actions as organisers
from petitions.routes import routes
from petitions.settings import Settings, load
from petitions.site import Site, bring_up, founded, make_site, opened
from petitions.storage.migrate import missing


@click.command("serve")
@click.option("--host", help="Network address to listen on.  [PETITIONS_HOST]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.  [PORT]")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Web processes.")
@click.option("--no-work", is_flag=True, help="Leave the background work to “petitions work”.")
@click.option("--demo", "wants_demo", is_flag=True, help="Load the demonstration if the database is empty.")
def serve_(host: str | None, port: int | None, workers: int, no_work: bool, wants_demo: bool) -> None:
    """Serve the site until Ctrl-C or SIGTERM.

    The background work runs beside it, unless told otherwise.

    \b
    Example:
      petitions serve --port 8001
    """
    with sentences():
        settings = load()
        with founded(settings) as complete:
            if wants_demo:
                asyncio.run(_fill(complete, own=not settings.database_url))
            serve.serve(
                settings, host=host, port=port, workers=workers, with_work=not no_work, say=click.echo
            )


async def _fill(settings: Settings, *, own: bool) -> None:
    if own:
        await bring_up(settings)
    async with opened(make_site(settings)) as site:
        await whole(site)
        if not await site.store.campaigns.list_all():
            await demo.load(site, actor=organisers.cli_actor())


@click.command("work")
def work() -> None:
    """Do the background work alone.

    Letters, counts, timed jobs. Run as many as you like.

    \b
    Example:
      petitions work
    """
    with sentences():
        serve.run_work(load(), say=click.echo)


@click.command("migrate")
@click.option(
    "--check", "only_check", is_flag=True, help="Change nothing; exit code 1 where something is missing."
)
def migrate(only_check: bool) -> None:
    """Bring the database's schema up.

    As the role of DATABASE_OWNER_URL; the role of DATABASE_URL gets its rights.

    \b
    Example:
      petitions migrate --check
    """
    with sentences(), founded(load()) as settings:
        if only_check:
            lacking = asyncio.run(missing(settings.database_owner_url, SQL))
            if lacking:
                raise click.ClickException(f"Missing: {', '.join(lacking)}. “petitions migrate” applies it.")
            click.echo("The schema is up to date.")
            return
        applied = asyncio.run(bring_up(settings))
    click.echo(f"Applied: {', '.join(applied)}." if applied else "The schema was up to date.")


@click.command("demo")
@click.option("--remove", is_flag=True, help="Remove every demonstration campaign with all its traces.")
def demo_(remove: bool) -> None:
    """Load a demonstration campaign, or remove it. Its people and bodies are made up.

    \b
    Example:
      petitions demo --remove
    """
    if remove:
        gone = act(demo.remove)
        click.echo("The demonstration is removed." if gone else "There was no demonstration.")
        return

    async def action(site: Site) -> str:
        row = await demo.load(site, actor=organisers.cli_actor())
        return f"{site.settings.base_url}/{row.slug}"

    say(f"The demonstration is here: {act(action)}")


@click.command("routes")
@as_json
def routes_(wants_json: bool) -> None:
    """List every address of the site and who may use it.

    \b
    Example:
      petitions routes --json
    """
    rows = [
        {
            "method": "POST" if "POST" in (route.methods or ()) else "GET",
            "path": route.path,
            "who": getattr(route, "rule", ""),
            "name": route.name,
        }
        for route in routes()
    ]
    if wants_json:
        print_json(rows)
    else:
        print_table(rows, empty="There are no routes.")


@click.command("retention")
@as_json
def retention(wants_json: bool) -> None:
    """List the closed statements whose personal data will be erased, and when. Changes nothing.

    \b
    Example:
      petitions retention
    """

    async def action(site: Site) -> list[dict[str, object]]:
        rows = await site.store.signatures.list_retention()
        return [{"statement": row.slug, "due": row.due, "people": row.people} for row in rows]

    rows = act(action)
    if wants_json:
        print_json(rows)
    else:
        print_table(rows, empty="No closed statement waits for its retention date.")


@click.group("suppression")
def suppressions() -> None:
    """Addresses that asked for no letters: lift."""


@suppressions.command("lift")
@click.argument("email")
def lift(email: str) -> None:
    """Let letters go to an address again, at its owner's wish. The audit names no address.

    \b
    Example:
      petitions suppression lift ada@example.org
    """

    async def action(site: Site) -> int:
        key = addresses.address_key(site.settings.address_key, address)
        async with site.store.transaction():
            rows = await suppression.lift_all(site, key)
            for row in rows:
                await organisers.note(
                    site,
                    organisers.cli_actor(),
                    "suppression lift",
                    campaign_id=row.campaign_id,
                    details={"scope": row.scope},
                )
        return len(rows)

    try:
        address = addresses.check(email)
    except addresses.AddressError as error:
        raise click.ClickException(error.sentence % error.values) from error
    lifted = act(action)
    click.echo(
        "Letters may go to this address again." if lifted else "Nothing was suppressed for this address."
    )


commands = [serve_, work, migrate, demo_, check, routes_, retention, suppressions]
