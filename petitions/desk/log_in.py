"""How an organiser comes in: by a letter to their address, or by a link made on this machine.

Where to go on to (`next`) travels in the address and the letter's link, as a path of the desk and nothing else.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from petitions import addresses, throttle
from petitions.addresses import AddressError
from petitions.desk.browsers import browser_name
from petitions.desk.door import PRIVATE, cookie_name, own_path, seat
from petitions.errors import N_, TokenExpired
from petitions.forms import Problem, read_fields
from petitions.mail.hourly import slow_minutes
from petitions.mail.outbox import late_minutes
from petitions.organisers import log_in
from petitions.organisers.sessions import Begun
from petitions.proving import cookie, links
from petitions.proving.cookie import Mark
from petitions.proving.grid import on_the_grid
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.guard import client_ip
from petitions.web.page import page, redirect, site_of, url_maker

BOOK = "log-ins"
"""The cookie that names the log-ins asked for in this browser."""

# One sentence for every code that fails: a closer one would tell whether the address is known.
_WRONG = N_(
    "This code can't be used. It has to be the one of the letter that this browser asked for last, at most 15 minutes "
    "old, and it can be tried five times. You can also open the link in the letter in this browser, or ask for another "
    "letter."
)


async def log_in_page(request: Request) -> Response:
    """The form that takes an address."""
    return _form(request, _next(request.query_params.get("next", "")))


async def ask(request: Request) -> Response:
    """One answer for all addresses, by construction: only the worker looks whether it is an organiser's."""
    site = site_of(request)
    typed = read_fields(await read_form(request), {"email", "next"})
    next = _next(typed.get("next", ""))
    ip = client_ip(request)
    await throttle.spend(site, ip)
    try:
        address = addresses.check(typed.get("email", ""))
    except AddressError as error:
        problem = Problem("email", error.sentence, error.values)
        return _form(request, next, typed.get("email", ""), [problem])
    mark = secrets.token_bytes(16)
    near = throttle.near_of(site, ip)
    await log_in.ask(site, address, mark, next, language=site.settings.language, near=near)
    response = redirect(with_next(url_maker(request)("desk_log_in_sent"), next), headers=PRIVATE)
    cookie.arm(request, response, Mark(log_in.NOBODY, mark), BOOK)
    return response


async def sent(request: Request) -> Response:
    """What happens now, true for every address, and where the code is typed."""
    return await _sent(request, _next(request.query_params.get("next", "")))


async def enter_code(request: Request) -> Response:
    """The six digits, typed in the browser that asked for the letter."""
    site = site_of(request)
    typed = read_fields(await read_form(request), {"code", "next"})
    next = _next(typed.get("next", ""))
    await throttle.spend(site, client_ip(request))
    async with on_the_grid():
        begun = await log_in.enter_code(
            site, _marks(request), typed.get("code", ""), browser=browser_of(request), old=old_of(request)
        )
    return await _sent(request, next, problem=_WRONG) if begun is None else seated(request, begun, next)


async def link_page(request: Request) -> Response:
    """A log-in's link: a letter's lets in where it was asked for, and nowhere else; a command's asks with a button."""
    site, next = site_of(request), _next(request.query_params.get("next", ""))
    try:
        row = await log_in.find(site, request.path_params["token"])
        if row.way == "letter" and links.one_click(request, Mark(log_in.NOBODY, row.mark), BOOK):
            return await _use(request, row, next)
    except TokenExpired:
        return _over(request)
    template = "desk/log_in_button.html" if row.way == "command" else "desk/log_in_elsewhere.html"
    return page(request, template, headers=PRIVATE, language=row.language, log_in=row)


async def link_button(request: Request) -> Response:
    """The button of a command's link; a letter's has none."""
    site = site_of(request)
    await throttle.spend(site, client_ip(request))
    try:
        row = await log_in.find(site, request.path_params["token"])
        if row.way == "command":
            return await _use(request, row, "")
    except TokenExpired:
        return _over(request)
    return page(request, "desk/log_in_elsewhere.html", status=403, headers=PRIVATE, language=row.language)


def seated(request: Request, begun: Begun, next: str) -> Response:
    """The browser gets its session, and goes on."""
    response = redirect(own_path(next), headers=PRIVATE)
    seat(request, response, begun.token)
    cookie.disarm(request, response, BOOK)
    return response


def browser_of(request: Request) -> str:
    """What the browser is called in the list of sessions."""
    return browser_name(request.headers.get("user-agent", ""))


def old_of(request: Request) -> str:
    """The token of the session that the browser has, if any: a new one ends it."""
    return request.cookies.get(cookie_name(site_of(request)), "")


def with_next(path: str, next: str) -> str:
    """The path, with where to go on to from there."""
    return f"{path}?next={quote(next, safe='/')}" if next else path


async def _use(request: Request, row: Row, next: str) -> Response:
    site = site_of(request)
    begun = await log_in.use(site, row.id, browser=browser_of(request), old=old_of(request))
    return seated(request, begun, next)


def _next(text: str) -> str:
    """A path of the desk to go on to, or "": none was asked for, or none of ours."""
    return own_path(text) if text else ""


def _marks(request: Request) -> list[bytes]:
    """The log-ins that this browser asked for, newest first."""
    return [mark.mark for mark in cookie.armed(request, BOOK)]


def _form(request: Request, next: str, value: str = "", problems: Sequence[Problem] = ()) -> Response:
    return page(
        request,
        "desk/log_in.html",
        status=422 if problems else 200,
        headers=PRIVATE,
        next=next,
        value=value,
        problems=problems,
        done=request.query_params.get("done", ""),
    )


async def _sent(request: Request, next: str, problem: str = "") -> Response:
    site = site_of(request)
    return page(
        request,
        "desk/log_in_sent.html",
        status=422 if problem else 200,
        headers=PRIVATE,
        next=next,
        problem=problem,
        code_possible=bool(_marks(request)),
        minutes=log_in.MINUTES,
        per_day=log_in.FROM_ONE_A_DAY,
        late_minutes=await late_minutes(site),
        slow_minutes=await slow_minutes(site),
    )


def _over(request: Request) -> Response:
    return page(request, "desk/log_in_over.html", status=410, headers=PRIVATE)
