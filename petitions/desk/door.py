"""Who may come to the desk: the session's cookie, the role in the campaign, the second factor. Deny by default.

Every view of the desk gets a `Desk`: the campaign and the statement of the address are looked up here, within each
other, so that no view can meet those of another campaign. Ids further back (of a signature, a comment …) a view
looks up within `desk.statement` or `desk.campaign`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from petitions.campaigns import actions as campaigns
from petitions.errors import (
    DatabaseGone,
    LoggedOut,
    NotFound,
    PetitionsError,
    Refused,
    RoleMissing,
    SecondFactor,
)
from petitions.organisers import sessions
from petitions.organisers.roles import sees_drafts
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row
from petitions.translations import catalogue
from petitions.web.body import MULTIPART, form_type, once_read, read_form
from petitions.web.guard import SAFE
from petitions.web.page import named_routes, page, redirect, site_of, url_maker
from petitions.web.route import Line
from petitions.web.upload import read_upload

PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
COOKIE = "session"
HOME = "/organise"
LONGEST, MOST = 400_000, 300  # bytes of an answer, and answers, that are kept where the door stops a form
_OURS = re.compile(r"/organise(/[a-z0-9/_-]*(\.csv)?)?(\?[A-Za-z0-9=&_.%+/-]*)?")


@dataclass(frozen=True)
class Desk:
    """Who sits at the desk, and before what. `session`: see sessions.find. `role`: in `campaign`, "" without one."""

    site: Site
    session: Row
    role: str = ""
    _campaign: Row | None = None
    _statement: Row | None = None

    @property
    def campaign(self) -> Row:
        """The campaign of the address."""
        assert self._campaign is not None, "this address names no campaign"
        return self._campaign

    @property
    def statement(self) -> Row:
        """The statement of the address, a draft too: a row of statements_now."""
        assert self._statement is not None, "this address names no statement"
        return self._statement

    @property
    def actor(self) -> str:
        """As the audit names them."""
        return f"organiser:{self.session.organiser_id}"

    @property
    def language(self) -> str:
        return str(self.session.language)


View = Callable[[Request, Desk], Awaitable[Response]]


def admitted(
    view: View, roles: Collection[str] | None, *, fresh: bool = False, early: bool = False
) -> Callable[[Request], Awaitable[Response]]:
    """The view behind the door. `roles`: None where the address belongs to no campaign. `fresh`: the second factor
    was shown within ten minutes. `early`: open before it was shown at all; with `fresh`, only to who has none yet.

    Raises LoggedOut, SecondFactor, RoleMissing, NotFound.
    """

    async def opened(request: Request) -> Response:
        admit = partial(_admit, request, roles, fresh=fresh, early=early)
        try:
            desk = await admit()
            # A form that is held back while a session ends, or a role is taken, must not count afterwards.
            once_read(request, admit)
            return await view(request, desk)
        except Refused as refused:
            return show(request, desk, "desk/refused.html", status=409, sentence=say(desk, refused))
        except (LoggedOut, SecondFactor, DatabaseGone) as error:
            return await _stopped(request, error)

    return opened


def show(request: Request, desk: Desk, template: str, *, status: int = 200, **context: Any) -> Response:
    """A page of the desk, in the organiser's language and never kept.

    Templates extend desk/_frame.html and get `desk`, `may(route)` (whether the role may open it) and `done` (the word
    of `?done=`) besides what every page has.
    """
    routes = named_routes(request.app)

    def may(name: str) -> bool:
        route = routes[name]
        assert isinstance(route, Line), "the desk's addresses stand in its table"
        roles = route.roles
        return roles is None or desk.role in roles

    surroundings = {
        "desk": desk,
        "may": may,
        "done": request.query_params.get("done", ""),
        "campaign": desk._campaign,
        "statement": desk._statement,
    }
    return page(
        request,
        template,
        status=status,
        language=desk.language,
        headers=PRIVATE,
        **{**surroundings, **context},
    )


def back(request: Request, name: str, done: str = "", **params: Any) -> Response:
    """After an act: 303 to a page of the desk by its route's name, which says what was `done` (a word).

    `params`: of the path, where they are not those of this request."""
    known = {**request.path_params, **params}
    wanted = {key: known[key] for key in named_routes(request.app)[name].param_convertors}
    path = url_maker(request)(name, **wanted)
    return redirect(f"{path}?done={done}" if done else path, headers=PRIVATE)


def say(desk: Desk, error: PetitionsError | Refused) -> str:
    """What an error says, in the organiser's language."""
    if isinstance(error, Refused):
        words = catalogue(desk.language).gettext
        values = {
            name: words(str(value)) if name == "state" else value for name, value in error.values.items()
        }
        return words(error.pattern) % values if values else words(error.pattern)
    return catalogue(desk.language).gettext(error.sentence)


def own_path(text: str) -> str:
    """The text, where it is a path of the desk to go on to; else the desk itself."""
    return text if _OURS.fullmatch(text) and "//" not in text else HOME


def cookie_name(site: Site) -> str:
    """Only the desk has a session cookie; over HTTPS no other host or subdomain can set it."""
    return f"__Host-{COOKIE}" if site.settings.base_url.startswith("https:") else COOKIE


def seat(request: Request, response: Response, token: str) -> None:
    """Give the browser its session."""
    site = site_of(request)
    response.set_cookie(
        cookie_name(site),
        token,
        max_age=sessions.LONGEST * 24 * 3600,
        path="/",
        secure=site.settings.base_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def unseat(request: Request, response: Response) -> None:
    """Take it away."""
    site = site_of(request)
    secure = site.settings.base_url.startswith("https:")
    response.delete_cookie(cookie_name(site), path="/", secure=secure, httponly=True, samesite="lax")


async def _admit(request: Request, roles: Collection[str] | None, *, fresh: bool, early: bool) -> Desk:
    site = site_of(request)
    session = await sessions.find(site, request.cookies.get(cookie_name(site), ""))
    if session is None:
        raise LoggedOut
    if not early and session.second_at is None and (session.is_owner or session.has_factor):
        raise SecondFactor
    desk = await _before(request, site, session, roles)
    if fresh and not session.is_fresh and (session.has_factor or not early):
        raise SecondFactor
    return desk


async def _before(request: Request, site: Site, session: Row, roles: Collection[str] | None) -> Desk:
    """The desk with the campaign and statement of the address. One of another campaign is not found; a wrong role in
    one's own is told so."""
    if roles is None:
        return Desk(site, session)
    campaign = await campaigns.find(site, request.path_params["campaign"])
    role = await site.store.organisers.find_role(campaign_id=campaign.id, organiser_id=session.organiser_id)
    if role is None:
        raise NotFound
    if role not in roles:
        raise RoleMissing
    slug = request.path_params.get("statement")
    statement = None
    if slug is not None:
        statement = await statements.find_of_campaign(site, campaign, slug, drafts=sees_drafts(role))
    return Desk(site, session, role, campaign, statement)


async def _stopped(request: Request, error: LoggedOut | SecondFactor | DatabaseGone) -> Response:
    """A page goes to the log-in or to the second factor, and comes back. What a form brought is kept on the page that
    says so: do the one in another tab, then send it again."""
    if request.method not in SAFE and not hasattr(request.state, "typed"):
        with suppress(PetitionsError):
            await _keep(request)
    if isinstance(error, DatabaseGone):
        raise error
    path = url_maker(request)("desk_second" if isinstance(error, SecondFactor) else "desk_log_in")
    if request.method in SAFE:
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return redirect(f"{path}?next={quote(own_path(wanted), safe='/')}", headers=PRIVATE)
    error.link = error.link or path
    raise error


async def _keep(request: Request) -> None:
    """Read the form for the page that gives it back."""
    kind, _ = form_type(request)
    await (read_upload(request, ()) if kind == MULTIPART else read_form(request, LONGEST, MOST))
