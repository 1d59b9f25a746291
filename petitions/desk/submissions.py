"""The pipeline of motions at the desk: who puts one and when, as a list and a calendar; and what came of it, told by
telephone. Tactics are sensitive: who looked is in the audit."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import PRIVATE, Desk, back, show
from petitions.errors import NotFound, Refused
from petitions.forms import Problem, read_fields
from petitions.motions import calendar as meetings
from petitions.motions import forms, submissions
from petitions.motions.forms import OutcomeForm
from petitions.organisations import KINDS, WANTS
from petitions.proving.links import Key
from petitions.storage.store import Row
from petitions.web.upload import read_upload

DAYS = (7, 14, 30, 90, 365)
"""So many days ahead and back."""
BY_ORGANISERS = ("passed", "amended", "fell", "not reached")


async def pipeline(request: Request, desk: Desk) -> Response:
    """GET …/submissions: next week's meetings, and what came of the last; the query says how far."""
    days, state = _asked(request.query_params)
    where = {"statement_id": desk.statement.id, "campaign_id": None}
    found = await meetings.pipeline(desk.site, where, days=days, state=state or None, actor=desk.actor)
    return show(
        request,
        desk,
        "desk/submissions.html",
        found=found,
        days=days,
        state=state,
        spans=DAYS,
        states=meetings.STATES,
        kinds={kind: one for kind, (one, _) in KINDS.items()},
        wants=WANTS,
    )


async def calendar(request: Request, desk: Desk) -> Response:
    """GET …/submissions/calendar: the meetings to come, without officers, for a calendar program."""
    data, _ = await meetings.calendar(desk.site, desk.statement, actor=desk.actor)
    name = f'attachment; filename="{desk.statement.slug}-meetings.ics"'
    return Response(data, media_type="text/calendar", headers={**PRIVATE, "Content-Disposition": name})


async def submission(request: Request, desk: Desk) -> Response:
    """GET …/submissions/{id}: one plan, and what came of it."""
    row = await _found(request, desk)
    await submissions.looked(desk.site, row, actor=desk.actor)
    return _form(request, desk, row, forms.said(row))


async def answer(request: Request, desk: Desk) -> Response:
    """POST …/submissions/{id}: what its officer told."""
    items, _ = await read_upload(request, ())
    row = await _found(request, desk)
    form = forms.read_outcome(row, read_fields(items, {"outcome", "amended"}))
    if form.problems:
        return _form(request, desk, row, form, form.problems)
    try:
        await submissions.answer_for(desk.site, row, form, actor=desk.actor)
    except Refused as refused:
        return _form(request, desk, row, form, [Problem("", refused.pattern, refused.values)])
    return back(request, "desk_submission", "answered")


async def _found(request: Request, desk: Desk) -> Row:
    """The plan of the address, which its officer confirmed. Raises NotFound."""
    row = await submissions.find(desk.site, Key(desk.statement.id, request.path_params["id"]))
    if row is None or row.state == "pending":
        raise NotFound
    return row


def _form(
    request: Request, desk: Desk, row: Row, form: OutcomeForm, problems: list[Problem] | None = None
) -> Response:
    return show(
        request,
        desk,
        "desk/submission.html",
        status=422 if problems else 200,
        row=row,
        form=_without_taking_back(form),
        problems=problems or [],
        kinds={kind: one for kind, (one, _) in KINDS.items()},
        wants=WANTS,
    )


def _without_taking_back(form: OutcomeForm) -> OutcomeForm:
    labels = [forms.OUTCOMES[one] for one in BY_ORGANISERS]
    form.outcome = form.outcome._replace(choices=BY_ORGANISERS, labels=labels)
    return form


def _asked(query: Mapping[str, str]) -> tuple[int, str]:
    days, state = query.get("days", ""), query.get("state", "")
    return (
        int(days) if days in {str(one) for one in DAYS} else 7,
        state if state in meetings.STATES else "",
    )
