"""What went wrong → what people see. One table; the sentences stand with their classes in errors.py."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from html import escape
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from petitions import errors
from petitions.errors import N_, PetitionsError
from petitions.logs import describe
from petitions.translations import catalogue
from petitions.web.log import log, note_unexpected, route_of
from petitions.web.page import NO_STORE, page, site_of


class Failure(NamedTuple):
    """The status, the heading, and what to do next."""

    status: int
    title: str
    hint: str = ""


FAILURES: dict[type[Exception], Failure] = {
    errors.NotFound: Failure(404, N_("Page not found"), N_("Check the address for a missing letter.")),
    errors.NotAllowed: Failure(403, N_("Not allowed")),
    errors.LoggedOut: Failure(401, N_("Please log in again")),
    errors.SecondFactor: Failure(403, N_("Please show your second factor")),
    errors.RoleMissing: Failure(403, N_("Not allowed")),
    errors.Closed: Failure(409, N_("Closed")),
    errors.TokenExpired: Failure(410, N_("This link has expired")),
    errors.TokenInvalid: Failure(400, N_("This link does not work")),
    errors.Throttled: Failure(429, N_("Please wait a moment")),
    errors.TooLarge: Failure(413, N_("Too much to send")),
    errors.BadRequest: Failure(400, N_("We could not read this")),
    errors.WrongType: Failure(415, N_("Not a form")),
    errors.TooSlow: Failure(408, N_("That took too long")),
    errors.AddressTooLong: Failure(414, N_("Address too long")),
    errors.Misdirected: Failure(421, N_("Wrong address")),
    errors.DatabaseGone: Failure(503, N_("Back in a moment")),
    errors.Busy: Failure(503, N_("Please wait a moment")),
    errors.Refused: Failure(409, N_("Not possible")),
}
UNEXPECTED = Failure(500, N_("Something went wrong"))
METHOD = N_("This address can't be used in that way.")
REFERENCE = N_("If it happens again, tell us this reference: %(reference)s")


class Failures:
    """Pure ASGI middleware: whatever is raised inside becomes a page in the site's look."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            response = failure(Request(scope), error)
            if begun and isinstance(error, ClientDisconnect):
                return
            if begun:  # too late for a page: the server cuts the connection, so nobody takes half for whole
                raise
            await response(scope, receive, send)


def failure(request: Request, error: Exception) -> Response:
    """The page of an error. An unexpected one is logged under a reference, without what it quotes."""
    if isinstance(error, HTTPException):
        return _of_starlette(request, error)
    if isinstance(error, ClientDisconnect):  # nobody reads it any more
        return Response(status_code=400, headers=NO_STORE)
    if isinstance(error, errors.Moved):
        return _moved(request, error)
    found = _find(error)
    if found is UNEXPECTED:
        reference = secrets.token_hex(4)
        note_unexpected(request.scope, error, reference)
        return draw(request, found, PetitionsError.sentence, hint=REFERENCE, reference=reference)
    sentence = error.sentence if isinstance(error, PetitionsError) else PetitionsError.sentence
    after, link = getattr(error, "retry_after", None), getattr(error, "link", "")
    return draw(request, found, sentence, retry_after=after, link=link)


def draw(
    request: Request,
    found: Failure,
    sentence: str,
    *,
    hint: str | None = None,
    reference: str = "",
    retry_after: int | None = None,
    link: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    """failure.html; where even that fails, the same words on a plain page. `link`: where to do what is missing."""
    more = {**(headers or {}), **_for_programs(request)}
    if retry_after is not None:
        more["Retry-After"] = str(retry_after)
    if found.status in (408, 413):
        more["Connection"] = "close"  # the rest of the body is not going to be read
    try:
        language = site_of(request).settings.language
        say = catalogue(language).gettext
        context = {
            "title": say(found.title),
            "sentence": say(sentence),
            "hint": say(hint) % {"reference": reference} if hint else found.hint and say(found.hint),
            "retry_after": retry_after,
            "typed": _typed(request) if retry_after is not None or link else [],
            "link": link,
            "multipart": request.headers.get("content-type", "").lower().startswith("multipart/"),
            "home": "/",
        }
        return page(request, "failure.html", status=found.status, language=language, headers=more, **context)
    except Exception as error:
        log.error("failure page failed", **describe(error))
        return _plain(found, sentence, {**NO_STORE, **more})


def _typed(request: Request) -> Collection[tuple[str, str]]:
    """What a form brought, where trying again may help: the page offers to send it again."""
    typed: Collection[tuple[str, str]] = getattr(request.state, "typed", [])
    return typed if request.method == "POST" else []


def _moved(request: Request, error: errors.Moved) -> Response:
    """The same page under the slug of today, whatever the method."""
    parts, old = request.url.path.split("/"), request.path_params[error.space]
    place = next(number for number, part in enumerate(parts) if part.partition(".")[0] == old)
    parts[place] = error.slug + parts[place].removeprefix(old)  # /old.json too
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse("/".join(parts) + query, 308, headers=_for_programs(request))


def _for_programs(request: Request) -> dict[str, str]:
    """Scripts of others' pages may read public JSON, and where it went or why there is none as well."""
    return {"Access-Control-Allow-Origin": "*"} if route_of(request.scope).endswith(".json") else {}


def _find(error: Exception) -> Failure:
    return next((FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES), UNEXPECTED)


def _of_starlette(request: Request, error: HTTPException) -> Response:
    """The router's own: 404, and 405 with the methods that are allowed."""
    if error.status_code == 404:
        return failure(request, errors.NotFound())
    headers = dict(error.headers or {})
    if error.status_code == 405:
        return draw(request, Failure(405, N_("Not allowed")), METHOD, headers=headers)
    return draw(
        request, Failure(error.status_code, UNEXPECTED.title), PetitionsError.sentence, headers=headers
    )


def _plain(found: Failure, sentence: str, headers: dict[str, str]) -> Response:
    title = escape(found.title)
    html = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<main><h1>{title}</h1><p>{escape(sentence)}</p><p><a href="/">Home</a></p></main></html>'
    )
    return HTMLResponse(html, found.status, headers=headers)
