"""An application of the web service alone: its middleware around a few routes that show what a view sees."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from petitions import errors
from petitions.site import Site, make_site
from petitions.storage.embedded import Embedded
from petitions.web.accent import accent
from petitions.web.application import build
from petitions.web.assets import static
from petitions.web.body import read_form
from petitions.web.guard import client_ip, from_browser, is_at_home
from petitions.web.health import healthz, readyz
from petitions.web.page import redirect
from tests.conftest import browser, fresh_databases, settings_of

WRONG: dict[str, Callable[[], Exception]] = {
    name: getattr(errors, name)
    for name in [
        "NotFound",
        "NotAllowed",
        "Closed",
        "TokenExpired",
        "TokenInvalid",
        "TooLarge",
        "BadRequest",
        "WrongType",
        "TooSlow",
        "AddressTooLong",
        "Misdirected",
        "DatabaseGone",
    ]
} | {
    "Throttled": lambda: errors.Throttled(42),
    "Refused": lambda: errors.Refused("The goal must be a number."),
    "surprise": lambda: ValueError("ada@example.org was typed"),
}


FOOTER = ("privacy", "imprint", "accessibility", "terms")


async def seen(request: Request) -> Response:
    facts = {"ip": client_ip(request), "scheme": request.url.scheme, "from_browser": from_browser(request)}
    return JSONResponse({**facts, "at_home": is_at_home(request)})


async def form(request: Request) -> Response:
    return JSONResponse(await read_form(request))


async def wrong(request: Request) -> Response:
    raise WRONG[request.path_params["what"]]()


async def away(request: Request) -> Response:
    return redirect("/my")


async def plain(request: Request) -> Response:
    return PlainTextResponse("a page")


def routes() -> list[Route]:
    return [
        Route("/", plain, name="home"),
        Route("/my", plain, name="my"),
        Route("/campaigns/{campaign}", plain, name="campaign"),
        *(Route(f"/campaigns/{{campaign}}/{name}", plain, name=name) for name in FOOTER),
        Route("/healthz", healthz, name="healthz"),
        Route("/readyz", readyz, name="readyz"),
        Route("/static/{path:path}", static, name="static"),
        Route("/accent/{colour}.css", accent, name="accent"),
        Route("/seen", seen, methods=["GET", "POST"]),
        Route("/unsubscribe/{token}", seen, methods=["POST"]),
        Route("/form", form, methods=["POST"]),
        Route("/wrong/{what}", wrong, methods=["GET", "POST"]),
        Route("/away", away, methods=["POST"]),
    ]


def application(site: Site, **over: Any) -> Starlette:
    """The same on other settings."""
    site = replace(site, settings=replace(site.settings, **over))
    return build(site, routes(), from_anywhere=("/unsubscribe/",), any_host=("/healthz",))


@pytest_asyncio.fixture(scope="session")
async def quiet_site(server: Embedded, template: str) -> AsyncIterator[Site]:
    """One site for all tests that leave nothing in its database."""
    async for name in fresh_databases(server, f"template {template} strategy file_copy"):
        site = make_site(settings_of(server, name))
        await site.store.open()
        yield site
        await site.store.close()


@pytest.fixture
def app(quiet_site: Site) -> Starlette:
    return application(quiet_site)


@pytest_asyncio.fixture
async def web(quiet_site: Site, app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on this application."""
    async with browser(quiet_site, app=app) as client:
        yield client


@pytest_asyncio.fixture
async def bare(quiet_site: Site, app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A program that sends no header of a browser."""
    async with browser(quiet_site, app=app, headers={}) as client:
        yield client
