"""The list of signatories that an organiser takes: the fields that were agreed to and nothing else."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from datetime import datetime
from typing import Any, NamedTuple

from petitions.organisers.exporting import Listed, Taken, export
from petitions.site import Site
from petitions.storage.copy import counted
from petitions.storage.store import Row

TIMES = ("confirmed_at",)
ALWAYS = "number"
"""The column that no list lacks: by it a list is mended when somebody withdraws."""


class Narrowed(NamedTuple):
    """Who is in the list; None: whoever. `since`, `until` (not itself): when they confirmed. `mail`: True for those
    alone who agreed to letters and have not stopped them. `source` and `area`: "" for those who told none."""

    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    area: str | None = None
    mail: bool | None = None
    display: str | None = None

    def told(self) -> dict[str, Any]:
        """As it is noted: no value of a person."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in self._asdict().items()
            if value is not None
        }


EVERYBODY = Narrowed()


def columns(statement: Row) -> list[str]:
    """What an export of this statement holds: its own columns, and the fields fixed when it opened."""
    asked = [field["name"] for field in statement.fields]
    person = [name for name in ("name", "email", *asked) if name in statement.export_fields]
    partners = ["partners"] if statement.partners else []
    return [ALWAYS, *person, "confirmed_at", "version", "display", "mail", *partners, "source"]


def signatories(
    site: Site,
    statement: Row,
    taken: Taken,
    *,
    fields: Collection[str] | None = None,
    narrowed: Narrowed = EVERYBODY,
    **options: Any,
) -> AsyncGenerator[bytes, None]:
    """The confirmed signatories in the order of their numbers. `fields`: which of the columns, by default all; what
    is none of them is never given. `options` and errors: as of `export`."""
    return export(site, statement, listed(site, statement, fields, narrowed), taken, **options)


def listed(
    site: Site, statement: Row, fields: Collection[str] | None = None, narrowed: Narrowed = EVERYBODY
) -> Listed:
    """What the list is."""
    taken = [name for name in columns(statement) if fields is None or name in fields or name == ALWAYS]
    return Listed(
        "signatories",
        site.store.export.signatories,
        taken,
        {"statement_id": statement.id, **narrowed._asdict()},
        typed=[name for name in ("name", "email", "source") if name in taken],
        times=[name for name in TIMES if name in taken],
        answers={field["name"] for field in statement.fields},
        filters=narrowed.told(),
    )


async def number(site: Site, statement: Row, narrowed: Narrowed) -> Row:
    """`rows`: how many are in it; `email`: in how many rows stands an address."""
    query = site.store.export.signatories
    return await counted(site.store, query, "email", statement_id=statement.id, **narrowed._asdict())
