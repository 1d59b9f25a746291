"""The running site: everything a view or a command needs, handed over and never global."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from petitions import keys
from petitions.errors import Refused
from petitions.folders import SQL
from petitions.gathering import Gatherings
from petitions.heavy import Heavy
from petitions.settings import Settings
from petitions.shelf import Shelf
from petitions.storage import embedded
from petitions.storage.migrate import migrate, steps
from petitions.storage.store import Store
from petitions.templating import Templates
from petitions.tokens import Tokens


@dataclass(frozen=True)
class Site:
    settings: Settings
    store: Store
    tokens: Tokens
    templates: Templates
    shelf: Shelf
    gatherings: Gatherings = field(default_factory=Gatherings)
    heavy: Heavy = field(default_factory=Heavy)


def make_site(settings: Settings) -> Site:
    """The site of complete settings; its store is not open yet."""
    pooled = settings.database_direct_url not in ("", settings.database_url)
    store = Store(
        settings.database_url,
        SQL,
        replica=settings.database_read_url,
        size=settings.database_connections,
        statement_cache=0 if pooled else 100,  # PgBouncer in transaction mode knows no prepared statements
    )
    return Site(
        settings, store, Tokens(settings.secrets), Templates(settings.timezone), Shelf(holds=store.holds)
    )


def placed(settings: Settings) -> Settings:
    """With the folder where a database of our own really lies: root may have to choose another one."""
    if settings.data_folder != Settings().data_folder:
        return settings
    return replace(settings, data_folder=embedded.state_folder(Path.cwd()))


@contextmanager
def founded(settings: Settings) -> Iterator[Settings]:
    """Settings made complete: without DATABASE_URL the database of our own runs while the block does.

    Raises Refused, EmbeddedError.
    """
    if settings.database_url:
        yield keys.complete(settings)
        return
    settings = placed(settings)
    running = embedded.start(settings.data_folder)
    try:
        complete = replace(
            keys.complete(settings),
            database_url=running.url("petitions_app"),
            database_direct_url=running.url("petitions_app"),
            database_owner_url=running.url("petitions_owner"),
        )
        with running.tended():
            yield complete
    finally:
        running.release()


@asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Site]:
    """The site with its store open. Raises DatabaseGone; Refused where the address key is another one."""
    await site.store.open()
    try:
        if await site.store.facts.has_schema():
            await check_address_key(site)
        yield site
    finally:
        await site.store.close()


async def bring_up(settings: Settings) -> list[str]:
    """Migrates as the owner, and gives the role of DATABASE_URL its rights; the names of what was applied."""
    return await migrate(settings.database_owner_url, SQL, app_role=_role(settings.database_url))


async def check_address_key(site: Site) -> None:
    """The first key that a database meets is its own for ever. Raises Refused for any other."""
    mine = keys.fingerprint(site.settings.address_key)
    await site.store.facts.keep(name="address key", value=mine)
    if await site.store.facts.find(name="address key") != mine:
        raise Refused(keys.OTHER_KEY)


async def missing_steps(site: Site) -> list[str]:
    """What `migrate` has still to apply, judged over the open store. Raises DatabaseGone."""
    if not await site.store.facts.has_schema():
        return ["schema.sql"]
    done = {row.name for row in await site.store.facts.list_migrations()}
    return [step.name for step in steps(SQL) if step.name not in done]


def _role(url: str) -> str | None:
    name = urlsplit(url).username
    return unquote(name) if name else None
