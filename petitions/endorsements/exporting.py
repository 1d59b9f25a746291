"""The list of endorsements that an organiser takes: bodies, evidence, officers and where each came from."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from typing import Any

from petitions.errors import N_
from petitions.organisers.exporting import Listed, Taken, export
from petitions.site import Site
from petitions.storage.copy import counted
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

GROUPS = {
    "body": (N_("The organisation: name, kind, what it belongs to"), _BODY),
    "standing": (N_("Wording, level, state, version"), _STANDING),
    "evidence": (N_("How it decided: day, votes, motion, minutes"), _EVIDENCE),
    "about": (N_("Members, area, website, what it wants, its note to you"), _ABOUT),
    "officers": (N_("Officers: names, roles, e-mail addresses, phone number"), _OFFICERS),
    "times": (N_("Times: confirmed, accepted, ended, last day"), (*_TIMES, "expires_on")),
    "origin": (N_("Where it came from"), _ORIGIN),
}
"""What can be left out of a list: a label and the columns. The body never is."""
COLUMNS = tuple(name for _, columns in GROUPS.values() for name in columns)
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
    site: Site,
    statement: Row,
    taken: Taken,
    *,
    state: str = "accepted",
    kind: str | None = None,
    groups: Collection[str] | None = None,
    **options: Any,
) -> AsyncGenerator[bytes, None]:
    """The endorsements as the tree has them. `state`: of STATES; `kind`: of organisations.KINDS; `groups`: of GROUPS,
    by default all; `options` and errors: as of `export`."""
    return export(site, statement, listed(site, statement, state, kind, groups), taken, **options)


def listed(
    site: Site, statement: Row, state: str, kind: str | None, groups: Collection[str] | None
) -> Listed:
    """What the list is."""
    columns = [
        column
        for name, (_, of_it) in GROUPS.items()
        if groups is None or name in groups or name == "body"
        for column in of_it
    ]
    return Listed(
        "endorsements",
        site.store.export.endorsements,
        columns,
        {"statement_id": statement.id, "accepted_only": state == "accepted", "of_kind": kind},
        typed=[name for name in TYPED if name in columns],
        times=[name for name in _TIMES if name in columns],
        days=DAYS,
        filters={"state": state, **({"kind": kind} if kind else {})},
    )


async def number(site: Site, statement: Row, state: str, kind: str | None) -> Row:
    """`rows`: how many are in it; `officer_email`: in how many rows stands an officer's address."""
    query, accepted = site.store.export.endorsements, state == "accepted"
    where = {"statement_id": statement.id, "accepted_only": accepted, "of_kind": kind}
    return await counted(site.store, query, "officer_email", **where)
