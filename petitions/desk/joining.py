"""Accepting an invitation: the letter's link proves the address, a button joins the team."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.desk.door import PRIVATE
from petitions.desk.log_in import browser_of, old_of, seated, with_next
from petitions.errors import N_, TokenExpired
from petitions.forms import read_fields
from petitions.organisers import invitations, sessions
from petitions.organisers.roles import LABELS, MEANINGS
from petitions.questions import Field, judge
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.guard import client_ip
from petitions.web.page import page, redirect, site_of, url_maker

_NAME = Field(
    "name",
    N_("Your name"),
    "name",
    required=True,
    hint=N_("As the others in the team know you; it is not shown publicly."),
    autocomplete="name",
)


async def join_page(request: Request) -> Response:
    """Which campaign, which role, and one button."""
    try:
        invitation = await invitations.find(site_of(request), request.path_params["token"])
    except TokenExpired:
        return _over(request)
    return _asked(request, invitation, _NAME)


async def join(request: Request) -> Response:
    """Somebody new has a session then; somebody who was here before logs in as always."""
    site = site_of(request)
    typed = read_fields(await read_form(request), {"name"})
    await throttle.spend(site, client_ip(request))
    try:
        invitation = await invitations.find(site, request.path_params["token"])
        field, name = (_NAME, invitation.known_as) if invitation.known_as else judge(_NAME, typed)
        if name is None:
            return _asked(request, invitation, field)
        joined = await invitations.accept(
            site, invitation, name, browser=browser_of(request), old=old_of(request)
        )
    except TokenExpired:
        return _over(request)
    path = url_maker(request)("desk_campaign", campaign=joined.campaign)
    if joined.begun:
        return seated(request, joined.begun, path)
    session = await sessions.find(site, old_of(request))
    if session is not None and session.address_key == invitation.address_key:
        return redirect(path, headers=PRIVATE)
    return redirect(with_next(url_maker(request)("desk_log_in"), path) + "&done=joined", headers=PRIVATE)


def _asked(request: Request, invitation: Row, field: Field) -> Response:
    return page(
        request,
        "desk/invite.html",
        status=422 if field.problem else 200,
        headers=PRIVATE,
        language=invitation.language,
        invitation=invitation,
        role=LABELS[invitation.role],
        meaning=MEANINGS[invitation.role],
        field=field,
        token=request.path_params["token"],
    )


def _over(request: Request) -> Response:
    return page(request, "desk/invite_over.html", status=410, headers=PRIVATE, sentence=invitations.OVER)
