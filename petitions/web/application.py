"""The site as an ASGI application: what stands around the routes, from the outside in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from petitions.site import Site, opened
from petitions.web.failures import Failures
from petitions.web.guard import Guard
from petitions.web.headers import Headers
from petitions.web.kept import Kept
from petitions.web.log import AccessLog
from petitions.web.routing import Router, Table

Beside = Callable[[Starlette], AbstractAsyncContextManager[object]]


def build(
    site: Site,
    routes: Sequence[BaseRoute],
    *,
    from_anywhere: tuple[str, ...] = (),
    any_host: tuple[str, ...] = (),
    beside: Beside | None = None,
) -> Starlette:
    """The application of these routes; its lifespan opens the store, and then what runs `beside` it.
    For the two lists see `Guard`."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with opened(site), beside(app) if beside else nullcontext():
            yield
        kept.tell()

    table = Table(routes)
    kept = Kept(site, table)
    app = Starlette(
        # Starlette's own handler would answer in plain text; failures.py draws 404 and 405 as well.
        exception_handlers={HTTPException: _raise},
        # Only pure ASGI: the other kind runs views in tasks of their own, and connections are bound to tasks.
        middleware=[
            Middleware(kept.around),
            Middleware(AccessLog),
            Middleware(Headers, settings=site.settings),
            Middleware(Failures),
            Middleware(
                Guard, settings=site.settings, table=table, from_anywhere=from_anywhere, any_host=any_host
            ),
        ],
    )
    app.state.site = site
    app.state.kept = kept
    # Redirecting slashes would build an address from the Host header.
    app.router = Router(table, lifespan=lifespan, redirect_slashes=False)
    return app


async def _raise(request: Request, error: Exception) -> Response:
    raise error
