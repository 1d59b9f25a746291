"""The audit as owners read it: who did what and when, newest first. It can be narrowed and taken, never changed.

Owners alone: it says what each of the team did, and which lists they took; organisers see of the latter what they need
for mending them on the page of exports.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import PRIVATE, Desk, show
from petitions.desk.sentences import ACTS, NOUNS
from petitions.errors import N_, BadRequest
from petitions.forms import read_fields
from petitions.organisers import actions as organisers
from petitions.organisers.exporting import Listed, Taken, written
from petitions.questions import Field, judge
from petitions.site import Site
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.download import download

PAGE = 100
COLUMNS = ("happened_at", "act", "statement", "actor", "organiser", "details", "id")
FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
FILTERS = ("noun", "who", "about", "since", "until")


class Sifted(NamedTuple):
    """The form above the lines as it was filled in, and what the database is asked for."""

    fields: list[Field]
    answers: Mapping[str, str]
    asked: Mapping[str, Any]


async def show_audit(request: Request, desk: Desk) -> Response:
    """GET /organise/{campaign}/audit: a page of lines, the newest first."""
    typed = read_fields(request.query_params.multi_items(), {*FILTERS, "before"})
    sifted = await _sift(desk, typed)
    wrong = any(one.problem for one in sifted.fields)
    before = _id(typed.get("before", ""))
    rows = await _lines(desk, sifted, before) if not wrong else []
    older = urlencode({**_told(sifted), "before": str(rows[PAGE - 1].id)}) if len(rows) > PAGE else ""
    rows = rows[:PAGE]
    return show(
        request,
        desk,
        "desk/audit.html",
        status=422 if wrong else 200,
        fields=sifted.fields,
        told=_told(sifted),
        lines=rows,
        older=older,
        newest=before is None,
        acts=ACTS,
        names=await organisers.names(desk.site, _actors(rows)),
        hidden=HIDDEN,
    )


async def take_audit(request: Request, desk: Desk) -> Response:
    """POST the same: those lines as a file. That it was taken is a line itself."""
    typed = read_fields(await read_form(request), {*FILTERS, "format"})
    format = typed.pop("format", "csv")
    sifted = await _sift(desk, typed)
    if format not in FORMATS or any(one.problem for one in sifted.fields):
        raise BadRequest
    details = {"format": format, **_told(sifted)}
    await organisers.note(desk.site, desk.actor, "audit take", campaign_id=desk.campaign.id, details=details)
    chunks = _file(desk.site, desk.campaign, sifted, format)
    response = await download(chunks, filename=f"{desk.campaign.slug}-audit.{format}", type=FORMATS[format])
    response.headers.update(PRIVATE)
    return response


HIDDEN = ("organiser", "export")
"""Ids that the page says in another way, or that nobody can look up."""


def _file(site: Site, campaign: Row, sifted: Sifted, format: str) -> AsyncGenerator[bytes, None]:
    listed = Listed(
        "audit",
        site.store.audit.take,
        COLUMNS,
        {"campaign_id": campaign.id, **sifted.asked},
        typed=("actor", "organiser", "details"),
        times=("happened_at",),
    )
    return written(site, listed, Taken(), format=format)


async def _lines(desk: Desk, sifted: Sifted, before: UUID | None) -> list[Row]:
    """One more than a page, where there is one."""
    rows: list[Row] = await desk.site.store.audit.list_page(
        campaign_id=desk.campaign.id, before=before, most=PAGE + 1, **sifted.asked
    )
    return rows


async def _sift(desk: Desk, typed: Mapping[str, str]) -> Sifted:
    """What won't do is left out of what is asked, and said beside its field."""
    judged = [judge(one, typed) for one in await _questions(desk)]
    answers = {one.name: value or "" for one, value in judged}
    zone = ZoneInfo(desk.site.settings.timezone)
    asked = {
        "noun": answers["noun"] or None,
        "actor": answers["who"] or None,
        "statement_id": UUID(answers["about"]) if answers["about"] else None,
        "since": _midnight(answers["since"], zone),
        "until": _midnight(answers["until"], zone, 1),
    }
    return Sifted([one for one, _ in judged], answers, asked)


async def _questions(desk: Desk) -> list[Field]:
    store, where = desk.site.store, {"campaign_id": desk.campaign.id}
    nouns = [row.noun for row in await store.audit.list_nouns(**where)]
    actors = [row.actor for row in await store.audit.list_actors(**where)]
    names = await organisers.names(desk.site, actors)
    statements = await store.statements.list_of_campaign(**where, drafts=True)
    return [
        _choice("noun", N_("What"), nouns, [NOUNS.get(noun, noun) for noun in nouns]),
        _choice("who", N_("Who"), actors, [names[actor] for actor in actors]),
        _choice(
            "about", N_("Statement"), [str(row.id) for row in statements], [row.title for row in statements]
        ),
        Field("since", N_("From"), "date"),
        Field("until", N_("Until, this day included"), "date"),
    ]


def _choice(name: str, label: str, values: list[str], labels: list[str]) -> Field:
    return Field(name, label, "choice", choices=values, labels=labels, own=name != "noun")


def _told(sifted: Sifted) -> dict[str, str]:
    return {name: value for name, value in sifted.answers.items() if value}


def _actors(rows: list[Row]) -> set[str]:
    """Who acted, and whom an act was about."""
    about = {f"organiser:{row.details['organiser']}" for row in rows if "organiser" in row.details}
    return about | {row.actor for row in rows}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise BadRequest from None


def _midnight(day: str, zone: ZoneInfo, later: int = 0) -> datetime | None:
    if not day:
        return None
    return datetime.combine(date.fromisoformat(day) + timedelta(days=later), time(), tzinfo=zone)
