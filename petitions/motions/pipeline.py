"""Pages of the pipeline: "we are putting it", and its confirmation by letter. All of it is private."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.errors import N_, TokenExpired
from petitions.forms import read_fields
from petitions.mail import suppression
from petitions.mail.hourly import slow_minutes
from petitions.mail.outbox import late_minutes
from petitions.motions import PURPOSE, actions, forms, submissions
from petitions.motions.forms import SubmitForm
from petitions.organisations import KINDS
from petitions.proving import cookie, links
from petitions.proving.cookie import Mark
from petitions.proving.grid import on_the_grid
from petitions.proving.links import Key
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements import stamp
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.guard import client_ip
from petitions.web.page import page, redirect, site_of, url_maker

BOOK = "submissions"
"""The cookie of the plans that this browser sent."""
DONE = "submitted"
"""The cookie of the one that it just confirmed."""


async def submit(request: Request) -> Response:
    """The form; the query has what was answered to read the motion."""
    statement, motion = await _find(request)
    form = await _form(site_of(request), statement, motion, request.query_params)
    return _submit(request, statement, motion, form)


async def submit_post(request: Request) -> Response:
    """The form sent: the answer can't depend on the address (signing.md §3)."""
    site = site_of(request)
    items = await read_form(request)  # first: where the database is gone, the page gives them back
    statement, motion = await _find(request)
    form = await _form(site, statement, motion, {})
    typed = read_fields(items, form.names)
    await throttle.spend(site, client_ip(request))
    form = forms.read(form, typed, today=await submissions.today(site))
    if statement.is_open and not stamp.fresh(site, statement, [form.act.id], typed.get("stamp", "")):
        return _submit(request, statement, motion, form, status=422, notice=_STALE)
    if form.problems:
        return _submit(request, statement, motion, form, status=422)
    submitted = await submissions.submit(site, statement, motion, form, ip=client_ip(request))
    response = redirect(_url(request, "submit_check_email"))
    cookie.arm(request, response, Mark(submitted.statement_id, submitted.mark), BOOK)
    return response


_STALE = N_(
    "This page was open for a long time, or the statement has changed since. "
    "What you typed is still here: please look at it once more and send it again."
)


async def check_email(request: Request, *, problem: str | None = None) -> Response:
    """The page after the form: the same for everybody, and where the code is typed."""
    site = site_of(request)
    statement, motion = await _known(request)
    return page(
        request,
        "motions/check_email.html",
        status=422 if problem else 200,
        statement=statement,
        motion=motion,
        code_possible=bool(_armed(request, statement)),
        late_minutes=await late_minutes(site),
        slow_minutes=await slow_minutes(site),
        problem=problem,
        per_day=site.settings.letters_per_day,
        per_month=site.settings.letters_per_month,
    )


async def enter_code(request: Request) -> Response:
    """The six digits, typed in the browser that sent the form."""
    site = site_of(request)
    statement, _ = await _known(request)
    fields = dict(await read_form(request))
    await throttle.spend(site, client_ip(request))
    async with on_the_grid():
        key = await submissions.enter_code(site, _armed(request, statement), fields.get("code", ""))
    if key is None:
        return await check_email(request, problem=_WRONG)
    return await _announced(request, key)


# One sentence for every code that fails: a closer one would tell whether the address is known.
_WRONG = N_(
    "This code can't be used. It has to be the one of your latest letter, at most 30 minutes old, and it can be "
    "tried five times. You can also use the link in the letter, or ask for another letter."
)


async def send_again(request: Request) -> Response:
    """Another letter for the newest plan of this browser."""
    site = site_of(request)
    statement, _ = await _known(request)
    await throttle.spend(site, client_ip(request))
    async with on_the_grid():
        for mark in _armed(request, statement)[:1]:
            await submissions.ask_again(site, mark)
    return redirect(_url(request, "submit_check_email"))


async def someone_else(request: Request) -> Response:
    """Another officer uses this device: the cookies go, the empty form comes."""
    _, motion = await _known(request)
    response = redirect(_there(request, motion, "submit"))
    cookie.disarm(request, response, BOOK, DONE)
    return response


async def confirm_link(request: Request) -> Response:
    """A letter's link: confirms in the browser that sent the form, else only asks."""
    site = site_of(request)
    key, row = await _row(request)
    mark = Mark(row.statement_id, row.fingerprint)
    if row.state == "pending" and row.link_good and links.one_click(request, mark, BOOK):
        if await submissions.confirm(site, row):
            return await _announced(request, key)
        key, row = await _row(request)
    return await _asked(request, row)


async def confirm_button(request: Request) -> Response:
    """The button on that page."""
    site = site_of(request)
    await throttle.spend(site, client_ip(request))
    key, row = await _row(request)
    if await submissions.confirm(site, row):
        return await _announced(request, key)
    return await _asked(request, (await _row(request))[1])


async def new_letter(request: Request) -> Response:
    """From a link that ran out: another letter to the same address."""
    site = site_of(request)
    _, row = await _row(request)
    await throttle.spend(site, client_ip(request))
    if row.fingerprint is not None:
        await submissions.ask_again(site, Mark(row.statement_id, row.fingerprint))
    statement = await statements.of(site, row.statement_id)
    return redirect(
        url_maker(request)("submit_check_email", statement=statement.slug, motion=row.motion_slug)
    )


async def not_me_page(request: Request) -> Response:
    """ "This wasn't me": one button."""
    _, row = await _row(request)
    return await said(request, "not_me", row)


async def not_me(request: Request) -> Response:
    """What was typed is deleted; then the page that asks whether letters shall stop."""
    site = site_of(request)
    key, row = await _row(request)
    await throttle.spend(site, client_ip(request))
    address_key = await submissions.not_me(site, key)
    if address_key is None:
        return redirect(url_maker(request)("submission_not_me", token=request.path_params["token"]))
    statement = await statements.of(site, row.statement_id)
    token = suppression.token(site, address_key, statement.campaign_id)
    return redirect(url_maker(request)("unsubscribe", token=token))


async def submitted(request: Request) -> Response:
    """What this browser just announced, with its days as we understand them."""
    statement, motion = await _known(request)
    pair = cookie.thanked(request, DONE)
    row = await submissions.find(site_of(request), Key(*pair)) if pair else None
    if row is None or row.motion_id != motion.id or row.state == "pending":
        return redirect(_there(request, motion, "motion"))
    kind = KINDS[row.kind][0]
    return page(request, "motions/submitted.html", statement=statement, submission=row, kind=kind)


_GONE = N_(
    "What this link belonged to was deleted. If you are putting the motion, please fill in the form again."
)


async def _find(request: Request) -> tuple[Row, Row]:
    """The statement and its published motion. Raises NotFound, Moved."""
    site = site_of(request)
    statement = await statements.find(site, request.path_params["statement"])
    return statement, await actions.find(site, statement, request.path_params["motion"])


async def _known(request: Request) -> tuple[Row, Row]:
    """The same with a motion that was withdrawn since the form was filled in. Raises NotFound, Moved."""
    site = site_of(request)
    statement = await statements.find(site, request.path_params["statement"])
    return statement, await actions.find_known(site, statement, request.path_params["motion"])


def _there(request: Request, motion: Row, name: str) -> str:
    """This page of the motion; where it is withdrawn, the list of those that are there."""
    if motion.state == "published":
        return _url(request, name)
    return url_maker(request)("motions", statement=request.path_params["statement"])


async def _form(site: Site, statement: Row, motion: Row, given: Mapping[str, str]) -> SubmitForm:
    act = (await statements.officers_consents(site, statement))["submit"]
    return forms.blank(act, stamp.make(site, statement, [act]), motion.body, given)


def _submit(
    request: Request,
    statement: Row,
    motion: Row,
    form: SubmitForm,
    *,
    status: int = 200,
    notice: str | None = None,
) -> Response:
    return page(
        request,
        "motions/submit.html",
        status=status,
        statement=statement,
        motion=motion,
        form=form,
        notice=notice,
    )


def _armed(request: Request, statement: Row) -> list[Mark]:
    return [mark for mark in cookie.armed(request, BOOK) if mark.statement_id == statement.id]


async def _row(request: Request) -> tuple[Key, Row]:
    """The submission of a confirmation link. Raises TokenInvalid, TokenExpired: purged, or never there."""
    site = site_of(request)
    key = links.read(site, PURPOSE, request.path_params["token"])
    row = await submissions.find(site, key)
    if row is None:
        raise TokenExpired(_GONE)
    return key, row


async def _announced(request: Request, key: Key) -> Response:
    site = site_of(request)
    row = await submissions.find(site, key)
    assert row is not None
    statement = await statements.of(site, row.statement_id)
    response = redirect(url_maker(request)("submitted", statement=statement.slug, motion=row.motion_slug))
    cookie.thank(request, response, key, DONE)
    return response


async def _asked(request: Request, row: Row) -> Response:
    """The page behind a confirmation link, by what it may still do."""
    if row.state != "pending":
        return await said(request, "confirmed", row)
    if not row.link_good:
        return await said(request, "expired", row, status=410)
    return await said(request, "confirm", row)


async def said(request: Request, template: str, row: Row, *, status: int = 200, **more: Any) -> Response:
    """A page of the pipeline behind a letter's link, about one submission."""
    return page(
        request,
        f"motions/{template}.html",
        status=status,
        statement=await statements.of(site_of(request), row.statement_id),
        submission=row,
        kind=KINDS[row.kind][0],
        token=request.path_params["token"],
        **more,
    )


def _url(request: Request, name: str) -> str:
    return url_maker(request)(name, **request.path_params)
