"""The roof: the whole site as one ASGI application. What works beside it stands in work.py."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from petitions import changes
from petitions.front.live import Hub
from petitions.routes import routes
from petitions.site import Site
from petitions.web.application import build
from petitions.web.metrics import Metrics, kept_fresh

# POSTs that other programs send, with a token as their proof (RFC 8058).
FROM_ANYWHERE = ("/unsubscribe/",)
# Asked by whatever watches this process, under any name.
ANY_HOST = ("/healthz", "/readyz", "/metrics")


def create_app(site: Site) -> Starlette:
    """The application. Its lifespan opens the store; tests that skip the lifespan open it themselves."""
    app = build(site, routes(), from_anywhere=FROM_ANYWHERE, any_host=ANY_HOST, beside=_beside)
    app.state.metrics = Metrics(site)
    return app


@asynccontextmanager
async def _beside(app: Starlette) -> AsyncIterator[None]:
    async with changes.heard(app.state.site) as app.state.changes:
        app.state.live = Hub(app.state.site, app.state.changes)
        async with kept_fresh(app):
            yield
