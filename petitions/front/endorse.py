"""The page on which an organisation adds its name: a form that may bring files, for statements that are open."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.endorsements import actions, forms
from petitions.endorsements.asked import FILES
from petitions.endorsements.forms import EndorseForm
from petitions.endorsements.proof import BOOK
from petitions.errors import N_, Closed
from petitions.forms import read_fields
from petitions.front.views import PUBLIC, source_of
from petitions.motions import submissions
from petitions.proving import cookie
from petitions.questions import TRAP
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements import stamp
from petitions.storage.store import Row
from petitions.uploads import COST, LOST, Upload
from petitions.web.guard import client_ip
from petitions.web.page import NO_STORE, page, redirect, url_maker
from petitions.web.upload import read_upload

_NOTHING: Mapping[str, str] = {}


async def endorse_page(request: Request) -> Response:
    """The form: the same for everybody, but filled in for whoever's motion has passed."""
    site: Site = request.app.state.site
    row = await statements.find(site, request.path_params["statement"])
    token = request.query_params.get("submission", "")
    given = await submissions.prefill(site, row, token) if token else _NOTHING
    return _page(request, row, await _form(site, row, given), headers=NO_STORE if token else PUBLIC)


async def endorse(request: Request) -> Response:
    """The form sent: the answer can't depend on the address (signing.md §3)."""
    site: Site = request.app.state.site
    items, uploads = await read_upload(
        request, FILES
    )  # first: where the database is gone, the page gives them back
    row = await statements.find(site, request.path_params["statement"])
    form = await _form(site, row)
    typed = read_fields(items, forms.names(form))
    await throttle.spend(site, client_ip(request), COST if uploads else 1)
    if not row.is_open:
        raise Closed(actions.CLOSED)
    form = await _read(request, row, form, typed, uploads)
    if not stamp.fresh(site, row, form.text_ids, typed.get("stamp", "")):
        return _page(request, row, form, status=422, notice=_STALE)
    if form.problems:
        return _page(request, row, form, status=422)
    claim = await actions.endorse(site, row, form, ip=client_ip(request), source=source_of(request))
    if claim is None:
        return await _shown_again(request, typed)
    response = redirect(url_maker(request)("endorse_check_email", statement=row.slug))
    cookie.arm(request, response, cookie.Mark(claim.statement_id, claim.mark), BOOK)
    return response


async def _read(
    request: Request, row: Row, form: EndorseForm, typed: dict[str, str], uploads: Mapping[str, Upload]
) -> EndorseForm:
    """What was typed and sent. Files are kept of nobody who never saw the page."""
    site: Site = request.app.state.site
    if typed.get(TRAP) or not stamp.ours(site, row, form.text_ids, typed.get("stamp", "")):
        typed |= {f"{name}_kept": LOST for name in uploads}
        uploads = {}
    request.state.typed = typed.items()  # as it grows: the first file stays kept where the second has to wait
    form = await actions.keep(site, form, typed, uploads, ip=client_ip(request))
    return forms.read(form, typed, today=actions.today(site))


_STALE = N_(
    "This page was open for a long time, or the statement has changed since. "
    "What you typed is still here: please read the text once more and send it again."
)


async def _shown_again(request: Request, typed: dict[str, str]) -> Response:
    """The page as it is now, with what was typed into it before."""
    site: Site = request.app.state.site
    row = await statements.find(site, request.path_params["statement"])
    form = await actions.keep(site, await _form(site, row), typed, {})
    form = forms.read(form, typed, today=actions.today(site))
    return _page(request, row, form, status=422, notice=_STALE)


async def _form(site: Site, row: Row, given: Mapping[str, str] = _NOTHING) -> EndorseForm:
    texts = await statements.officers_consents(site, row)
    form = forms.blank(row, texts, "", given)
    form.stamp = stamp.make(site, row, [text for text in texts.values() if text.id in form.text_ids])
    return form


def _page(
    request: Request,
    row: Row,
    form: EndorseForm,
    *,
    status: int = 200,
    notice: str | None = None,
    headers: Mapping[str, str] = NO_STORE,
) -> Response:
    return page(
        request,
        "endorsements/form.html",
        status=status,
        headers=headers,
        language=row.language,
        statement=row,
        form=form,
        notice=notice,
        private=headers is NO_STORE,  # filled in, so for no search engine
    )
