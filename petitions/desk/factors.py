"""An organiser's own second factors: passkeys, codes from an app, recovery codes; how they are set up and removed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import HOME, PRIVATE, Desk, back, own_path, seat, show
from petitions.desk.second import asked_by_script
from petitions.errors import N_, NotFound, Refused
from petitions.forms import NAME_LIMIT, Problem, read_fields
from petitions.organisers import factors, passkeys, totp
from petitions.organisers.factors import Added
from petitions.questions import Field, judge
from petitions.web.body import read_form
from petitions.web.page import redirect

NAME = Field(
    "name",
    N_("Name of this passkey"),
    required=True,
    limit=NAME_LIMIT,
    hint=N_("So that you know it again: “laptop”, “blue key”."),
    missing=N_("Give the passkey a name."),
)
CODE = Field(
    "code", N_("The six digits that the app shows"), required=True, autocomplete="one-time-code", limit=20
)


async def factors_page(request: Request, desk: Desk) -> Response:
    """What they hold, and what they may set up."""
    held = await factors.held(desk.site, desk.session.organiser_id)
    then, host = own_path(request.query_params.get("next", "")), passkeys.host(desk.site)
    return show(request, desk, "desk/factors.html", held=held, host=host, then=then, needed=then != HOME)


async def new_passkey_page(request: Request, desk: Desk) -> Response:
    """The name of a passkey, and the button that has the browser make it."""
    return _new_passkey(request, desk, NAME, own_path(request.query_params.get("next", "")))


async def new_passkey_options(request: Request, desk: Desk) -> Response:
    """What the page's script has the browser make a passkey of."""
    return asked_by_script(await factors.ask_new_passkey(desk.site, desk.session))


async def add_passkey(request: Request, desk: Desk) -> Response:
    """The browser made one."""
    typed = read_fields(await read_form(request), {"name", "credential", "next"})
    then = own_path(typed.get("next", ""))
    field, name = judge(NAME, typed)
    if not name:
        return _new_passkey(request, desk, field, then, field.problem)
    try:
        added = await factors.add_passkey(desk.site, desk.session, name, typed.get("credential", ""))
    except Refused as refused:
        return _new_passkey(request, desk, field, then, Problem("", refused.pattern, refused.values))
    return _added(request, desk, added, then)


async def passkey_page(request: Request, desk: Desk) -> Response:
    """One passkey: its name, and what its removal does."""
    return await _passkey(request, desk, None)


async def rename_passkey(request: Request, desk: Desk) -> Response:
    field, name = judge(NAME, read_fields(await read_form(request), {"name"}))
    if not name:
        return await _passkey(request, desk, field)
    await factors.rename_passkey(desk.site, desk.session, request.path_params["passkey"], name)
    return back(request, "desk_factors", "renamed")


async def remove_passkey(request: Request, desk: Desk) -> Response:
    await factors.remove_passkey(desk.site, desk.session, request.path_params["passkey"])
    return back(request, "desk_factors", "removed")


async def codes_page(request: Request, desk: Desk) -> Response:
    """The picture for an app, which counts once a code of it was typed; or the app that is set up."""
    return await _codes(request, desk, own_path(request.query_params.get("next", "")))


async def add_codes(request: Request, desk: Desk) -> Response:
    """A code of the app was typed."""
    typed = read_fields(await read_form(request), {"begun", "code", "next"})
    then, begun = own_path(typed.get("next", "")), typed.get("begun", "")
    try:
        added = await factors.add_codes(desk.site, desk.session, begun, typed.get("code", ""))
    except Refused as refused:
        problem = Problem("code", refused.pattern, refused.values)
        return await _codes(request, desk, then, begun, problem)
    return _added(request, desk, added, then)


async def remove_codes(request: Request, desk: Desk) -> Response:
    await factors.remove_codes(desk.site, desk.session)
    return back(request, "desk_factors", "removed")


async def renew_recovery(request: Request, desk: Desk) -> Response:
    """New recovery codes, on a page to print: shown this once, so no other page can follow."""
    codes = await factors.renew_recovery(desk.site, desk.session)
    return show(request, desk, "desk/factors_recovery.html", codes=codes, then=HOME)


def _added(request: Request, desk: Desk, added: Added, then: str) -> Response:
    """On to where they wanted to go; the first of all brings recovery codes, which are shown before."""
    if added.codes:
        answer = show(request, desk, "desk/factors_recovery.html", codes=added.codes, then=then)
    elif then != HOME:
        answer = redirect(then, headers=PRIVATE)
    else:
        answer = back(request, "desk_factors", "added")
    seat(request, answer, added.token)
    return answer


def _new_passkey(
    request: Request, desk: Desk, field: Field, then: str, problem: Problem | None = None
) -> Response:
    return show(
        request,
        desk,
        "desk/factors_new_passkey.html",
        status=422 if problem else 200,
        field=field,
        problem=problem,
        host=passkeys.host(desk.site),
        then=then,
    )


async def _passkey(request: Request, desk: Desk, field: Field | None) -> Response:
    id: UUID = request.path_params["passkey"]
    row = await desk.site.store.organisers.find_passkey(organiser_id=desk.session.organiser_id, id=id)
    if row is None:
        raise NotFound
    shown = field or NAME._replace(value=row.name)
    context: dict[str, Any] = {"passkey": row, "field": shown, "status": 422 if field else 200}
    return show(request, desk, "desk/factors_passkey.html", **context)


async def _codes(
    request: Request, desk: Desk, then: str, begun: str = "", problem: Problem | None = None
) -> Response:
    held = await factors.held(desk.site, desk.session.organiser_id)
    begun, secret = _secret(desk, begun)
    return show(
        request,
        desk,
        "desk/factors_codes.html",
        status=422 if problem else 200,
        since=held.about.totp_since,
        begun=begun,
        picture=totp.picture(totp.uri(desk.site, secret, desk.session.email)),
        groups=[secret[i : i + 4] for i in range(0, len(secret), 4)],
        field=CODE._replace(problem=problem),
        problem=problem,
        then=then,
    )


def _secret(desk: Desk, begun: str) -> tuple[str, str]:
    """The secret that the page showed before; another one where that can't be used any more."""
    try:
        return begun, factors.secret_of(desk.site, desk.session, begun)
    except Refused:
        fresh = factors.begin_codes(desk.site, desk.session)
        return fresh, factors.secret_of(desk.site, desk.session, fresh)
