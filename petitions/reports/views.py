"""The page "Report this". One answer for all that is reported, and nothing public happens by it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.forms import read_fields
from petitions.reports import actions, forms
from petitions.reports.actions import Subject
from petitions.reports.forms import ReportForm
from petitions.statements import actions as statements
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.guard import client_ip
from petitions.web.page import page, redirect, site_of, url_maker
from petitions.web.reading import reading

COST = 10
"""Of the buckets of whoever reports: ten at once, then six a minute, by the usual settings."""


@reading
async def report_page(request: Request) -> Response:
    """GET /{statement}/report?what=…&id=…: what is reported, as everybody sees it, and the form."""
    statement = await statements.find(site_of(request), request.path_params["statement"])
    asked = request.query_params
    about = await actions.subject(
        site_of(request), statement, asked.get("what", "statement"), asked.get("id", "")
    )
    return _page(request, statement, about, forms.blank(about.what))


async def report(request: Request) -> Response:
    """The form sent."""
    site = site_of(request)
    typed = read_fields(await read_form(request), forms.NAMES)
    statement = await statements.find(site, request.path_params["statement"])
    await throttle.spend(site, client_ip(request), COST)
    about = await actions.subject(site, statement, typed.get("what", ""), typed.get("id", ""))
    form = forms.read(about.what, typed)
    if form.problems:
        return _page(request, statement, about, form, status=422)
    await actions.report(site, statement, about, form)
    return redirect(url_maker(request)("reported", statement=statement.slug))


@reading
async def reported(request: Request) -> Response:
    """Thanks, the same for every report."""
    statement = await statements.find(site_of(request), request.path_params["statement"])
    return page(request, "reports/thanks.html", language=statement.language, statement=statement)


def _page(
    request: Request, statement: Row, about: Subject, form: ReportForm, *, status: int = 200
) -> Response:
    return page(
        request,
        "reports/form.html",
        status=status,
        language=statement.language,
        statement=statement,
        about=about,
        form=form,
    )
