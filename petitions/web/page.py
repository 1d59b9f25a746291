"""HTML for a visitor: `page` renders a template with what every page needs; `redirect` answers a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from petitions.settings import is_local
from petitions.site import Site
from petitions.web.assets import static_path
from petitions.web.guard import is_at_home

ACCENT = "b4232f"  # where no campaign says another
NO_STORE = {"Cache-Control": "no-store"}  # pages with a token, or with what somebody typed


def site_of(request: Request) -> Site:
    """The running site."""
    return request.app.state.site  # type: ignore[no-any-return]


def page(
    request: Request,
    name: str,
    *,
    status: int = 200,
    language: str | None = None,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """One template as a response. Its language: the one given, the statement's, the campaign's, the site's.

    Not to be stored anywhere unless `headers` say otherwise; what is public and kept, `kept.py` compresses.
    """
    site = site_of(request)
    language = language or _fact(context, "language") or site.settings.language
    context = {"status": status, **context}
    html = site.templates.render(name, language, **_surroundings(request, site, context, language))
    told = {**NO_STORE, "Content-Language": language, **(headers or {})}
    return HTMLResponse(html, status, headers=told)


def redirect(path: str, headers: Mapping[str, str] | None = None) -> Response:
    """After a form: 303, so that reloading sends nothing twice. ValueError: the path is not one of ours."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        raise ValueError("only paths of this site")
    return RedirectResponse(path, 303, headers={**NO_STORE, **(headers or {})})


def url_maker(request: Request) -> Callable[..., str]:
    """`url(name, **params)`: the path of a named route; a static file's carries its digest."""

    routes = named_routes(request.app)

    def url(name: str, /, **params: Any) -> str:
        if name == "static":
            return static_path(params["path"])
        if name == "accent":
            params["colour"] = params["colour"].lstrip("#")
        return str(routes[name].url_path_for(name, **params))

    return url


def named_routes(app: Starlette) -> dict[str, Route]:
    """The routes by their names: the router itself asks one after the other."""
    try:
        return app.state.by_name  # type: ignore[no-any-return]
    except AttributeError:
        app.state.by_name = {route.name: route for route in app.routes if isinstance(route, Route)}
        return app.state.by_name  # type: ignore[no-any-return]


def _surroundings(request: Request, site: Site, context: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {
        "url": url_maker(request),
        "language": language,
        "base_url": site.settings.base_url,
        "path": request.url.path,
        "is_local": is_local(site.settings),
        "dev_letters": not site.settings.smtp_url and is_at_home(request),  # kept for this machine to read
        "campaign": None,
        "accent": (_fact(context, "accent") or ACCENT).lstrip("#"),
        **context,
    }


def _fact(context: Mapping[str, Any], name: str) -> str | None:
    """What the page's statement says, else its campaign."""
    for noun in ("statement", "campaign"):
        value = getattr(context.get(noun), name, None)
        if value:
            return str(value)
    return None
