"""An organiser's own page: name and language, where they are logged in, their campaigns; and the way out."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import PRIVATE, Desk, back, show, unseat
from petitions.errors import N_, NotFound
from petitions.forms import read_fields
from petitions.organisers import me, sessions
from petitions.organisers.roles import LABELS
from petitions.questions import Field, judge
from petitions.translations import LANGUAGES
from petitions.web.body import read_form
from petitions.web.page import redirect, url_maker

_NAME = Field("name", N_("Your name"), "name", required=True, autocomplete="name")
_LANGUAGE = Field(
    "language",
    N_("Language"),
    "choice",
    required=True,
    hint=N_("Of these pages, and of letters to you."),
    choices=tuple(LANGUAGES),
    labels=tuple(LANGUAGES.values()),
)


async def show_me(request: Request, desk: Desk) -> Response:
    """What is known of the organiser, to see and to change."""
    about = desk.session
    return await _show(
        request, desk, [_NAME._replace(value=about.name), _LANGUAGE._replace(value=about.language)]
    )


async def change(request: Request, desk: Desk) -> Response:
    """Another name, another language."""
    typed = read_fields(await read_form(request), {"name", "language"})
    name, language = judge(_NAME, typed), judge(_LANGUAGE, typed)
    if name[1] is None or language[1] is None:
        return await _show(request, desk, [name[0], language[0]])
    await me.change(desk.site, desk.session.organiser_id, name[1], language[1])
    return back(request, "desk_me", "changed")


async def end_session(request: Request, desk: Desk) -> Response:
    """One session ends, perhaps this one."""
    typed = read_fields(await read_form(request), {"session"})
    try:
        id = UUID(typed.get("session", ""))
    except ValueError:
        raise NotFound from None
    await me.end_session(desk.site, desk.session.organiser_id, id)
    return back(request, "desk_me", "ended")


async def end_others(request: Request, desk: Desk) -> Response:
    """All sessions end but this one."""
    await me.end_others(desk.site, desk.session.organiser_id, desk.session.id)
    return back(request, "desk_me", "others")


async def log_out(request: Request, desk: Desk) -> Response:
    """This session ends."""
    await me.end_session(desk.site, desk.session.organiser_id, desk.session.id, "log out")
    response = redirect(url_maker(request)("desk_log_in") + "?done=out", headers=PRIVATE)
    unseat(request, response)
    return response


async def _show(request: Request, desk: Desk, fields: list[Field]) -> Response:
    problems = [one.problem for one in fields if one.problem]
    organiser_id = desk.session.organiser_id
    return show(
        request,
        desk,
        "desk/me.html",
        status=422 if problems else 200,
        fields=fields,
        problems=problems,
        sessions=await sessions.list_of(desk.site, organiser_id),
        campaigns=await desk.site.store.organisers.list_campaigns(organiser_id=organiser_id),
        roles=LABELS,
    )
