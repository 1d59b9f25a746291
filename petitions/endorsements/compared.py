"""What a correction or renewal says otherwise than what it would take the place of, for whoever reviews it."""

from __future__ import annotations

from typing import Any

from petitions.site import Site
from petitions.storage.store import Row

SAID = {
    "Organisation, as claimed": (
        "name kind parent region code area web_address logo logo_consent members members_on members_source"
    ),
    "How it decided": (
        "decided met_on met_how present quorum votes_for votes_against abstained motion minutes minutes_link"
    ),
    "Officer": "officer_name officer_role officer_email officer_phone mail_consent",
    "Second officer": "second_name second_role second_email second_confirmed_at second_refused_at",
    "What they want": "wording wants note",
}
"""What officers say: heading → names of columns."""
FILES = ("logo", "minutes")


async def changes(site: Site, row: Row) -> dict[str, tuple[Any, Any]]:
    """What this one says otherwise than the one that it corrects or renews: name → was, is. Of files, whether there is
    one; of another one than before, "another". Nothing for one that stands for itself."""
    if row.replaces_id is None:
        return {}
    old = await site.store.review.find(statement_id=row.statement_id, id=row.replaces_id)
    there = set(row.keys())
    names = [name for line in SAID.values() for name in line.split() if name in there]
    changed = {name: (old[name], row[name]) for name in names if old[name] != row[name]}
    for name in set(FILES) & set(changed):
        was, now = (one is not None for one in changed[name])
        changed[name] = (was, "another" if was and now else now)
    return changed
