"""What moves a statement at the desk: open, close, reopen, archive; its goal, its closing date, its address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, back, say, show
from petitions.errors import Refused
from petitions.forms import read_fields
from petitions.questions import Field
from petitions.statements import actions, drafts, forms
from petitions.statements.previewing import drawn
from petitions.storage.store import Row
from petitions.web.body import read_form

Step = Callable[..., Awaitable[Row]]


async def open_page(request: Request, desk: Desk) -> Response:
    """What everybody will see, what is fixed from then on, what is missing; one button."""
    return show(
        request,
        desk,
        "desk/statement_open.html",
        seen=await drawn(desk.campaign, desk.statement, {}),
        lacking=actions.lacking(desk.statement),
        past=actions.is_past(desk.statement),
    )


async def open_draft(request: Request, desk: Desk) -> Response:
    typed = read_fields(await read_form(request), {"read"})
    read = typed.get("read", "")
    version = int(read) if read.isascii() and read.isdigit() and len(read) < 10 else 0
    await actions.open_(desk.site, desk.statement, actor=desk.actor, read=version)
    return back(request, "desk_statement", "opened")


async def close_page(request: Request, desk: Desk) -> Response:
    """What closing does; one button."""
    return show(request, desk, "desk/statement_step.html", step="close")


async def close(request: Request, desk: Desk) -> Response:
    return await _step(request, desk, actions.close, "closed")


async def reopen_page(request: Request, desk: Desk) -> Response:
    """What reopening does; one button."""
    return show(request, desk, "desk/statement_step.html", step="reopen")


async def reopen(request: Request, desk: Desk) -> Response:
    return await _step(request, desk, actions.reopen, "reopened")


async def archive_page(request: Request, desk: Desk) -> Response:
    """What archiving does, for good; one button."""
    return show(request, desk, "desk/statement_step.html", step="archive")


async def archive(request: Request, desk: Desk) -> Response:
    return await _step(request, desk, actions.archive, "archived")


async def dates_page(request: Request, desk: Desk) -> Response:
    """The goal and the closing date of an open statement, a form each."""
    return _dates(request, desk, {})


async def set_goal(request: Request, desk: Desk) -> Response:
    typed = read_fields(await read_form(request), {"goal"})
    field, goal = forms.goal(typed)
    if field.problem:
        return _dates(request, desk, {"goal": field}, status=422)
    try:
        await actions.set_goal(desk.site, desk.statement, goal, actor=desk.actor)
    except Refused as refused:
        return _dates(request, desk, {"goal": field}, status=409, sentence=say(desk, refused))
    return back(request, "desk_statement_dates", "goal")


async def set_closing(request: Request, desk: Desk) -> Response:
    typed = read_fields(await read_form(request), {"closes_on", "closes_at"})
    fields, moment = forms.closing(desk.site, typed)
    if any(field.problem for field in fields.values()):
        return _dates(request, desk, fields, status=422)
    try:
        await actions.set_closing(desk.site, desk.statement, moment, actor=desk.actor)
    except Refused as refused:
        return _dates(request, desk, fields, status=409, sentence=say(desk, refused))
    return back(request, "desk_statement_dates", "closing")


async def slug_page(request: Request, desk: Desk) -> Response:
    """Another address; the old one redirects for ever."""
    return _slug(request, desk, desk.statement.slug)


async def rename(request: Request, desk: Desk) -> Response:
    slug = read_fields(await read_form(request), {"slug"}).get("slug", "").strip()
    try:
        statement = await actions.rename(desk.site, desk.statement, slug, actor=desk.actor)
    except Refused as refused:
        return _slug(request, desk, slug, status=422, sentence=say(desk, refused))
    return back(request, "desk_statement", "renamed", statement=statement.slug)


async def _step(request: Request, desk: Desk, step: Step, done: str) -> Response:
    await step(desk.site, desk.statement, actor=desk.actor)
    return back(request, "desk_statement", done)


def _slug(request: Request, desk: Desk, slug: str, *, status: int = 200, sentence: str = "") -> Response:
    return show(request, desk, "desk/statement_slug.html", status=status, slug=slug, sentence=sentence)


def _dates(
    request: Request, desk: Desk, typed: Mapping[str, Field], *, status: int = 200, sentence: str = ""
) -> Response:
    """`typed`: the questions as they were sent; the others as they stand."""
    day, hour = drafts.day_and_time(desk.site, desk.statement.closes_at)
    stand: dict[str, Any] = {
        "goal": forms.GOAL._replace(value=str(desk.statement.goal or "")),
        "closes_on": forms.CLOSES_ON._replace(value=day),
        "closes_at": forms.CLOSES_AT._replace(value=hour),
    }
    problems = [field.problem for field in typed.values() if field.problem]
    return show(
        request,
        desk,
        "desk/statement_dates.html",
        status=status,
        sentence=sentence,
        problems=problems,
        zone=desk.site.settings.timezone,
        **{**stand, **typed},
    )
