"""The list of signatories that an organiser takes: the fields that were agreed to and nothing else."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from petitions.organisers.exporting import Listed, Taken, export
from petitions.site import Site
from petitions.storage.store import Row

TIMES = ("confirmed_at",)


def columns(statement: Row) -> list[str]:
    """What an export of this statement holds: its own columns, and the fields fixed when it opened."""
    asked = [field["name"] for field in statement.fields]
    person = [name for name in ("name", "email", *asked) if name in statement.export_fields]
    partners = ["partners"] if statement.partners else []
    return ["number", *person, "confirmed_at", "version", "display", "mail", *partners, "source"]


def signatories(site: Site, statement: Row, taken: Taken, **options: Any) -> AsyncGenerator[bytes, None]:
    """The confirmed signatories in the order of their numbers. `options` and errors: as of `export`."""
    listed = Listed(
        "signatories",
        site.store.export.signatories,
        columns(statement),
        {"statement_id": statement.id},
        typed=("name", "email", "source"),
        times=TIMES,
        answers={field["name"] for field in statement.fields},
    )
    return export(site, statement, listed, taken, **options)
