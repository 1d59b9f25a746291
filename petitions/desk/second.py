"""The second factor: shown at the desk's door, and again for what needs it fresh."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import PRIVATE, Desk, own_path, seat, show
from petitions.errors import N_, LoggedOut, Refused
from petitions.forms import Problem, read_fields
from petitions.organisers import factors, passkeys
from petitions.questions import Field
from petitions.web.body import read_form
from petitions.web.page import redirect, url_maker

EITHER = N_("The six digits from your app, or a recovery code")
RECOVERY = N_("A recovery code")


async def second_page(request: Request, desk: Desk) -> Response:
    """One question: the passkey, or the code. Who has neither sets one up."""
    then = own_path(request.query_params.get("next", ""))
    if not desk.session.has_factor:
        path = url_maker(request)("desk_factors")
        return redirect(f"{path}?next={quote(then, safe='/')}", headers=PRIVATE)
    return await _asked(request, desk, then)


async def show_second(request: Request, desk: Desk) -> Response:
    """It was shown: on to where they wanted to go, in a session with a new cookie."""
    typed = read_fields(await read_form(request), {"code", "credential", "next"})
    then = own_path(typed.get("next", ""))
    try:
        token = await _shown(desk, typed)
    except Refused as refused:
        field = "" if typed.get("credential") else "code"
        return await _asked(request, desk, then, Problem(field, refused.pattern, refused.values))
    except LoggedOut as over:
        request.state.typed = []  # a code is nothing to be sent again
        over.link = f"{url_maker(request)('desk_log_in')}?next={quote(then, safe='/')}"
        raise
    answer = redirect(then, headers=PRIVATE)
    seat(request, answer, token)
    return answer


async def second_options(request: Request, desk: Desk) -> Response:
    """What the page's script asks the browser's passkeys with."""
    return asked_by_script(await factors.ask_passkey(desk.site, desk.session))


def asked_by_script(json: str) -> Response:
    """An answer for passkeys.js."""
    return Response(json, headers=PRIVATE, media_type="application/json")


async def _shown(desk: Desk, typed: dict[str, str]) -> str:
    if typed.get("credential"):
        return await factors.show_passkey(desk.site, desk.session, typed["credential"])
    return await factors.show_code(desk.site, desk.session, typed.get("code", ""))


async def _asked(request: Request, desk: Desk, then: str, problem: Problem | None = None) -> Response:
    held = await factors.held(desk.site, desk.session.organiser_id)
    label = EITHER if held.about.totp_since else RECOVERY
    of_code = problem if problem and problem.field == "code" else None
    field = Field("code", label, required=True, autocomplete="one-time-code", limit=20, problem=of_code)
    return show(
        request,
        desk,
        "desk/second.html",
        status=422 if problem else 200,
        field=field,
        problem=problem,
        by_passkey=bool(held.passkeys) and passkeys.host(desk.site) is not None,
        by_app=bool(held.about.totp_since),
        then=then,
    )
