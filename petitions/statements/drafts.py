"""What a file or a form says, as the columns of a statement."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
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
        "closes_at": moment(site, draft.closes),
    }


def moment(site: Site, closes: date | datetime | None) -> datetime | None:
    """When it closes: a day at its end, and a time without zone is meant in the site's."""
    zone = ZoneInfo(site.settings.timezone)
    if closes is None:
        return None
    if isinstance(closes, datetime):
        exact = closes if closes.tzinfo else closes.replace(tzinfo=zone)
    else:
        exact = datetime.combine(closes + timedelta(days=1), time(), tzinfo=zone)
    return exact.astimezone(UTC)


def day_and_time(site: Site, closes_at: datetime | None) -> tuple[str, str]:
    """`moment` the other way round, as a form shows it: "2030-05-31" and "18:00"; no time where it is the day's end."""
    if closes_at is None:
        return "", ""
    local = closes_at.astimezone(ZoneInfo(site.settings.timezone))
    if local.time() == time():
        return (local.date() - timedelta(days=1)).isoformat(), ""
    return local.date().isoformat(), f"{local:%H:%M}"
