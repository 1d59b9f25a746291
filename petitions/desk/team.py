"""A campaign's team: who is in it, invitations, other roles, and the ways out."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.desk.door import PRIVATE, Desk, back, show, unseat
from petitions.errors import N_, Refused
from petitions.forms import Problem, read_fields
from petitions.organisers import actions as organisers
from petitions.organisers import invitations, team
from petitions.organisers.roles import LABELS, MEANINGS, ROLES
from petitions.questions import Field, judge
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.guard import client_ip
from petitions.web.page import redirect, url_maker

_EMAIL = Field("email", N_("E-mail address"), "email", required=True, limit=254)
_ROLE = Field(
    "role", N_("Role"), "choice", required=True, choices=ROLES, labels=[LABELS[role] for role in ROLES]
)


async def show_team(request: Request, desk: Desk) -> Response:
    """Everybody in the team, and the invitations that wait."""
    return await _show(request, desk, [_EMAIL, _ROLE])


async def invite(request: Request, desk: Desk) -> Response:
    """Ask somebody into the team, by letter."""
    typed = read_fields(await read_form(request), {"email", "role"})
    await throttle.spend(desk.site, client_ip(request))
    (email, address), (role, chosen) = judge(_EMAIL, typed), judge(_ROLE, typed)
    if address is None or chosen is None:
        return await _show(request, desk, [email, role])
    try:
        await invitations.invite(desk.site, desk.campaign, address, chosen, actor=desk.actor)
    except Refused as refused:
        problem = Problem("email", refused.pattern, refused.values)
        return await _show(request, desk, [email._replace(problem=problem), role])
    return back(request, "desk_team", "invited")


async def take_back(request: Request, desk: Desk) -> Response:
    """An invitation that waits is over."""
    await invitations.take_back(desk.site, desk.campaign, request.path_params["invitation"], actor=desk.actor)
    return back(request, "desk_team", "taken-back")


async def member(request: Request, desk: Desk) -> Response:
    """Somebody of the team: another role, or out of it."""
    return await _member(request, desk)


async def change_role(request: Request, desk: Desk) -> Response:
    """Another role; their sessions end."""
    typed = read_fields(await read_form(request), {"role"})
    role, chosen = judge(_ROLE, typed)
    if chosen is None:
        return await _member(request, desk, role)
    await team.change(desk.site, desk.campaign, _organiser(request), chosen, actor=desk.actor)
    return back(request, "desk_team", "changed")


async def remove(request: Request, desk: Desk) -> Response:
    """Out of the team; their sessions end."""
    await team.remove(desk.site, desk.campaign, _organiser(request), actor=desk.actor)
    return back(request, "desk_team", "removed")


async def leave_page(request: Request, desk: Desk) -> Response:
    """What leaving means, and one button."""
    return show(request, desk, "desk/team_leave.html")


async def leave(request: Request, desk: Desk) -> Response:
    """Out of the team oneself, and out of the desk."""
    await team.leave(desk.site, desk.campaign, desk.session.organiser_id)
    response = redirect(url_maker(request)("desk_log_in") + "?done=left", headers=PRIVATE)
    unseat(request, response)
    return response


def _organiser(request: Request) -> UUID:
    id: UUID = request.path_params["organiser"]
    return id


async def _show(request: Request, desk: Desk, fields: list[Field]) -> Response:
    problems = [one.problem for one in fields if one.problem]
    members: list[Row] = await desk.site.store.organisers.list_team(campaign_id=desk.campaign.id)
    waiting: list[Row] = await desk.site.store.organisers.list_invitations(
        campaign_id=desk.campaign.id, good=invitations.DAYS
    )
    return show(
        request,
        desk,
        "desk/team.html",
        status=422 if problems else 200,
        team=members,
        invitations=waiting,
        names=await organisers.names(desk.site, {one.given_by for one in [*members, *waiting]}),
        fields=fields,
        problems=problems,
        roles=LABELS,
        meanings=MEANINGS,
        days=invitations.DAYS,
    )


async def _member(request: Request, desk: Desk, field: Field | None = None) -> Response:
    found = await team.find(desk.site, desk.campaign, _organiser(request))
    return show(
        request,
        desk,
        "desk/team_member.html",
        status=422 if field else 200,
        member=found,
        field=field or _ROLE._replace(value=found.role),
        problems=[field.problem] if field else [],
        roles=LABELS,
        meanings=MEANINGS,
    )
