"""What a file says, as the columns of a statement."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from petitions.errors import N_, Refused
from petitions.site import Site
from petitions.statements.files import Draft
from petitions.storage.store import Row


def refuse_changes(statement: Row, draft: Draft, facts: dict[str, Any]) -> None:
    """What a file of a new version says besides title and text must be what stands already. Raises Refused."""
    names = {"public": "public_fields", "handover": "handover_fields", "export": "export_fields"}
    for key in sorted(draft.given - {"title", "slug"}):
        column = {**names, "closes": "closes_at"}.get(key, key)
        if facts[column] != statement[column]:
            raise Refused(
                N_("A new version changes title and text alone: “%(key)s” was fixed when “%(slug)s” opened."),
                key=key,
                slug=statement.slug,
            )


def columns(site: Site, draft: Draft, language: str) -> dict[str, Any]:
    """The columns of `statements` that a file says; `language` where it names none."""
    return {
        "kind": draft.kind,
        "language": draft.language or language,
        "addressed_to": draft.addressed_to,
        "goal": draft.goal,
        "fields": draft.fields,
        "public_fields": draft.public,
        "handover_fields": draft.handover,
        "export_fields": draft.export,
        "closes_at": _moment(site, draft),
    }


def _moment(site: Site, draft: Draft) -> datetime | None:
    """A day closes at its end, and a time without zone is meant in the site's."""
    zone = ZoneInfo(site.settings.timezone)
    if draft.closes is None:
        return None
    if isinstance(draft.closes, datetime):
        moment = draft.closes if draft.closes.tzinfo else draft.closes.replace(tzinfo=zone)
    else:
        moment = datetime.combine(draft.closes + timedelta(days=1), time(), tzinfo=zone)
    return moment.astimezone(UTC)
