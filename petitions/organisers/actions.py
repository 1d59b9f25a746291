"""What is noted about organisers: the audit."""

from __future__ import annotations

import os
import pwd
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from petitions.ids import new_id
from petitions.site import Site


async def note(
    site: Site,
    actor: str,
    act: str,
    *,
    campaign_id: UUID | None = None,
    statement_id: UUID | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write a line into the audit; call it inside the transaction of the act.

    `act` is room and verb ("statement open"); `details` hold ids, field names and non-personal values only.
    """
    await site.store.organisers.note(
        id=new_id(),
        actor=actor,
        act=act,
        campaign_id=campaign_id,
        statement_id=statement_id,
        details=dict(details or {}),
    )


async def names(site: Site, actors: Collection[str]) -> dict[str, str]:
    """Actor → who that is: the name of an organiser who is still known, any other actor as it is."""
    ids: dict[str, UUID] = {}
    for actor in actors:
        if actor.startswith(_ORGANISER):
            with suppress(ValueError):
                ids[actor] = UUID(actor.removeprefix(_ORGANISER))
    rows = await site.store.audit.list_names(ids=list(set(ids.values()))) if ids else []
    known = {row.id: row.name for row in rows}
    return {actor: known.get(ids.get(actor), actor) for actor in actors}


_ORGANISER = "organiser:"


def cli_actor() -> str:
    """`cli:<system user>`, as the system knows the process, whatever the environment says."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # a container may run under a number without a name
        return f"cli:{os.getuid()}"
