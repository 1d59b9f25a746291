"""Invalidations at the desk: a rule, what it would do, and how far it has come; its undoing."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, back, say, show
from petitions.errors import NotFound, Refused
from petitions.forms import read_fields
from petitions.organisers import actions as organisers
from petitions.questions import Field, judge
from petitions.signatures import invalidating, rules
from petitions.signatures.rules import REASON, RuleForm
from petitions.storage.store import Row
from petitions.web.body import read_form


async def invalidations(request: Request, desk: Desk) -> Response:
    """GET …/invalidations: all of them."""
    rows = await desk.site.store.invalidations.list_of_statement(statement_id=desk.statement.id)
    names = await organisers.names(desk.site, {row.actor for row in rows})
    return show(request, desk, "desk/invalidations.html", rows=rows, names=names)


async def new(request: Request, desk: Desk) -> Response:
    """GET …/invalidations/new: the conditions of a rule."""
    return _new(request, desk, rules.blank())


async def preview(request: Request, desk: Desk) -> Response:
    """POST …/invalidations/preview: what the rule would do; `edit`: back to its conditions as typed."""
    typed = read_fields(await read_form(request), {*rules.NAMES, "reason", "edit"})
    form = rules.read(typed, desk.site.settings.timezone)
    if form.problems or typed.get("edit"):
        form = replace(form, problems=[] if typed.get("edit") else form.problems)
        return _new(request, desk, form, typed.get("reason", ""))
    return await _previewed(request, desk, form, REASON._replace(value=typed.get("reason", "")))


async def begin(request: Request, desk: Desk) -> Response:
    """POST …/invalidations: save the rule and carry it out."""
    typed = read_fields(await read_form(request), {*rules.NAMES, "reason"})
    form = rules.read(typed, desk.site.settings.timezone)
    if form.problems:
        return _new(request, desk, form, typed.get("reason", ""))
    reason, value = judge(REASON, typed)
    if value is None:
        return await _previewed(request, desk, form, reason, status=422)
    try:
        id = await invalidating.begin(desk.site, desk.statement, form.rule, value, actor=desk.actor)
    except Refused as refused:
        return await _previewed(request, desk, form, reason, status=409, notice=say(desk, refused))
    return back(request, "desk_invalidation", "begun", id=id)


async def invalidation(request: Request, desk: Desk) -> Response:
    """GET …/invalidations/{id}: the rule, and how far it has come."""
    row = await _found(request, desk)
    return show(
        request,
        desk,
        "desk/invalidation.html",
        row=row,
        labels={one.name: one.label for one in rules.FIELDS},
        names=await organisers.names(desk.site, {row.actor, row.undone_by or ""} - {""}),
    )


async def undo(request: Request, desk: Desk) -> Response:
    """POST …/invalidations/{id}/undo."""
    row = await _found(request, desk)
    await invalidating.undo(desk.site, desk.statement, row.id, actor=desk.actor)
    return back(request, "desk_invalidation", "undoing")


def _new(request: Request, desk: Desk, form: RuleForm, reason: str = "") -> Response:
    """The conditions as typed; a reason that was written already comes along."""
    status = 422 if form.problems else 200
    return show(request, desk, "desk/invalidation_new.html", status=status, form=form, reason=reason)


async def _previewed(
    request: Request, desk: Desk, form: RuleForm, reason: Field, *, status: int = 200, notice: str = ""
) -> Response:
    return show(
        request,
        desk,
        "desk/invalidation_preview.html",
        status=status,
        form=form,
        preview=await invalidating.preview(desk.site, desk.statement, form.rule),
        reason=reason,
        notice=notice,
    )


async def _found(request: Request, desk: Desk) -> Row:
    """The invalidation of the address, of this statement. Raises NotFound."""
    row: Row | None = await desk.site.store.invalidations.find(
        statement_id=desk.statement.id, id=request.path_params["id"]
    )
    if row is None:
        raise NotFound
    return row
