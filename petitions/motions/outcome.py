"""Pages behind "how did it go?": what came of a motion, and from there to the endorsement. A link only asks."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.errors import N_, TokenExpired
from petitions.forms import read_fields
from petitions.motions import forms, submissions
from petitions.motions.forms import OutcomeForm
from petitions.motions.pipeline import said
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.guard import client_ip
from petitions.web.page import redirect, site_of, url_maker
from petitions.web.upload import read_upload


async def outcome(request: Request) -> Response:
    """ "How did it go?", or what was said already: a link only asks."""
    row = await _outcome_row(request)
    return await _outcome(request, row, forms.said(row))


async def outcome_post(request: Request) -> Response:
    """The answer: where it passed, on to the endorsement, filled in already."""
    site = site_of(request)
    items, _ = await read_upload(request, ())
    typed = read_fields(items, {"outcome", "amended"})
    row = await _outcome_row(request)
    await throttle.spend(site, client_ip(request))
    form = forms.read_outcome(row, typed)
    if form.problems:
        return await _outcome(request, row, form, status=422)
    answered = await submissions.answer(site, row, form)
    if answered is None:
        raise TokenExpired(_LATE)
    if answered.state in ("passed", "amended") and (statement := await _open(site, answered)):
        return redirect(_endorse(request, statement, answered))
    return redirect(url_maker(request)("outcome", token=request.path_params["token"]))


async def days_post(request: Request) -> Response:
    """The meeting is on another day."""
    site = site_of(request)
    typed = read_fields(await read_form(request), {"meets_on", "cut_off_on"})
    row = await _outcome_row(request)
    await throttle.spend(site, client_ip(request))
    if row.state == "announced":
        form = forms.read_days(row, typed)
        if form.problems:
            return await _outcome(request, row, form, status=422)
        await submissions.move(site, row, form)
    return redirect(url_maker(request)("outcome", token=request.path_params["token"]))


_LATE = N_("It can be answered until 60 days after the meeting.")


async def _outcome_row(request: Request) -> Row:
    """The submission of an outcome link while it can be answered. Raises TokenInvalid, TokenExpired."""
    site = site_of(request)
    row = await submissions.find(site, submissions.read_outcome_token(site, request.path_params["token"]))
    if row is None or not row.answerable:
        raise TokenExpired(_LATE)
    return row


async def _outcome(request: Request, row: Row, form: OutcomeForm, *, status: int = 200) -> Response:
    statement = await _open(site_of(request), row)
    passed = row.state in ("passed", "amended")
    endorse = _endorse(request, statement, row) if passed and statement else None
    template = "outcome" if row.state == "announced" else "answered"
    return await said(
        request, template, row, status=status, form=form, endorse=endorse, open=statement is not None
    )


async def _open(site: Site, row: Row) -> Row | None:
    """The submission's statement, while it can be endorsed."""
    statement = await statements.of(site, row.statement_id)
    return statement if statement.is_open else None


def _endorse(request: Request, statement: Row, row: Row) -> str:
    """The form of an endorsement, filled in where the officer's details are there still."""
    form = url_maker(request)("endorse", statement=statement.slug)
    if row.erased_at is not None:
        return form
    return f"{form}?submission={submissions.prefill_token(site_of(request), row)}"
