"""The list of endorsements that an organiser takes: bodies, evidence, officers and where each came from."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from petitions.organisers.exporting import Listed, Taken, export
from petitions.site import Site
from petitions.storage.store import Row

STATES = ("accepted", "all")
"""Which ones: the public ones, or all that anybody but the visitor himself has vouched for (sql/queries/export.sql)."""

_BODY = ("name", "kind", "parent", "code", "path")
_STANDING = ("wording", "level", "state", "version")
_EVIDENCE = (
    "decided",
    "met_on",
    "met_how",
    "present",
    "quorum",
    "votes_for",
    "votes_against",
    "abstained",
    "motion",
    "minutes",
    "logo",
)
_ABOUT = ("members", "members_on", "members_source", "area", "web_address", "wants", "note")
_OFFICERS = (
    "officer_name",
    "officer_role",
    "officer_email",
    "officer_phone",
    "mail",
    "second_name",
    "second_role",
    "second_email",
)
_TIMES = ("confirmed_at", "second_confirmed_at", "accepted_at", "ended_at")
_ORIGIN = ("via", "import_source", "import_consent", "source")

COLUMNS = (*_BODY, *_STANDING, *_EVIDENCE, *_ABOUT, *_OFFICERS, *_TIMES, "expires_on", *_ORIGIN)
DAYS = ("met_on", "members_on", "expires_on")
TYPED = (
    "name",
    "parent",
    "code",
    "path",
    "wording",
    "motion",
    "members_source",
    "area",
    "web_address",
    "note",
    *(one for one in _OFFICERS if one != "mail"),
    "import_source",
    "import_consent",
    "source",
)


def endorsements(
    site: Site, statement: Row, taken: Taken, *, state: str = "accepted", **options: Any
) -> AsyncGenerator[bytes, None]:
    """The endorsements as the tree has them. `state`: of STATES; `options` and errors: as of `export`."""
    listed = Listed(
        "endorsements",
        site.store.export.endorsements,
        COLUMNS,
        {"statement_id": statement.id, "accepted_only": state == "accepted"},
        typed=TYPED,
        times=_TIMES,
        days=DAYS,
    )
    return export(site, statement, listed, taken, **options)
