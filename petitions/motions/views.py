"""Pages of model motions: the list, and each with its text filled in for the visitor's kind of body."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.errors import N_, NotFound
from petitions.markdown import to_html
from petitions.motions import actions, documents, text
from petitions.motions.forms import picked, picks
from petitions.organisations import KINDS
from petitions.questions import Field, judge
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row
from petitions.web.guard import client_ip
from petitions.web.kept import hangs_on
from petitions.web.page import NO_STORE, page, site_of, url_maker
from petitions.web.reading import reading

PUBLIC = {"Cache-Control": "public, max-age=5, stale-while-revalidate=60"}
A_FILE = 2
"""What a file spends of its connection's limit."""
_NAME = N_("The body’s name")
_NAME_HINT = N_("As it should stand in the motion, such as “Exampleton branch”. Nothing is kept.")


class Filling(NamedTuple):
    """The small form above a motion as it was filled in: its questions, the clean answers by their names, and the
    meeting's day as it is to be read."""

    fields: list[Field]
    answers: Mapping[str, str]
    day: str

    @property
    def wrong(self) -> bool:
        return any(one.problem for one in self.fields)

    def fill(self, markdown: str, language: str) -> str:
        """The Markdown with these answers."""
        kind, name = self.answers["kind"], self.answers.get("name", "")
        return text.fill(markdown, kind, picked(self.answers), name, day=self.day, language=language)


@reading
async def motions(request: Request) -> Response:
    """GET /{statement}/motions: what this statement has for meetings."""
    site = site_of(request)
    statement = await statements.find(site, request.path_params["statement"])
    hangs_on(request, statement.id, [statement.closes_at] if statement.is_open else [])
    listed = await site.store.motions.list_published(statement_id=statement.id)
    return page(request, "motions/list.html", headers=PUBLIC, statement=statement, motions=listed)


@reading
async def motion(request: Request) -> Response:
    """GET /{statement}/motions/{motion}: the text for a kind of body, the query says which."""
    statement, row = await _find(request)
    return await _shown(
        request, statement, row, filling(site_of(request), statement, row, request.query_params)
    )


async def motion_file(request: Request) -> Response:
    """GET …/text.{format} with the same query. What won't do is said on the page."""
    site, format = site_of(request), request.path_params["format"]
    if format not in documents.FORMATS:
        raise NotFound
    async with site.store.reading():
        statement, row = await _find(request)
    await throttle.spend(site, client_ip(request), A_FILE)
    filled = filling(site, statement, row, request.query_params)
    if filled.wrong:
        return await _shown(request, statement, row, filled)
    body, address = filled.fill(row.body, statement.language), f"{site.settings.base_url}/{statement.slug}"
    data = await documents.file(format, row.title, body, statement, address)
    return Response(
        data,
        media_type=documents.FORMATS[format].type,
        headers={
            "Content-Disposition": f'attachment; filename="{statement.slug}-{row.slug}.{format}"',
            **NO_STORE,
        },
    )


def filling(site: Site, statement: Row, row: Row, typed: Mapping[str, str]) -> Filling:
    """The motion's form with what the query says; what is not asked is left out."""
    fields, answers = [], {}
    for one in _asked(row):
        judged, value = judge(one, typed)
        fields.append(judged)
        answers[one.name] = value or ""
    day = answers.get("meets_on")
    as_read = site.templates.environment(statement.language).filters["date"]
    return Filling(fields, answers, as_read(date.fromisoformat(day)) if day else "")


def _asked(row: Row) -> list[Field]:
    labels = [singular for singular, _ in KINDS.values()]
    both = f"{row.body}\n\n{row.notes}"
    blanks = text.blanks(both)
    fields = [Field("kind", N_("What kind of body is it?"), "choice", choices=tuple(KINDS), labels=labels)]
    if blanks & {"body", "Body"}:
        fields.append(Field("name", _NAME, hint=_NAME_HINT))
    if "date" in blanks:
        fields.append(Field("meets_on", N_("Date of the meeting"), "date"))
    return fields + picks(both)


async def _shown(request: Request, statement: Row, row: Row, filled: Filling) -> Response:
    site: Site = site_of(request)
    hangs_on(request, statement.id, [statement.closes_at] if statement.is_open else [])
    body, notes = (filled.fill(part, statement.language) for part in (row.body, row.notes))
    return page(
        request,
        "motions/show.html",
        status=422 if filled.wrong else 200,
        headers=NO_STORE if request.url.query else PUBLIC,
        statement=statement,
        motion=row,
        form=filled,
        text=await asyncio.to_thread(to_html, body),
        notes=await asyncio.to_thread(to_html, notes),
        origin=documents.closing_of(statement, f"{site.settings.base_url}/{statement.slug}")[0],
        files=_files(request, statement, row),
    )


def _files(request: Request, statement: Row, row: Row) -> list[dict[str, str]]:
    """A label and an address for each format: its button sends the answers along."""
    url, where = url_maker(request), {"statement": statement.slug, "motion": row.slug}
    return [
        {"label": one.label, "address": url("motion_file", format=name, **where)}
        for name, one in documents.FORMATS.items()
    ]


async def _find(request: Request) -> tuple[Row, Row]:
    site = site_of(request)
    statement = await statements.find(site, request.path_params["statement"])
    return statement, await actions.find(site, statement, request.path_params["motion"])
