"""A public page may be read from a replica of the database (DATABASE_READ_URL)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from petitions.web.page import site_of

View = Callable[[Request], Awaitable[Response]]


def reading(view: View) -> View:
    """For views that show everybody the same and change nothing. Never for what answers a visitor's own act."""

    @wraps(view)
    async def viewed(request: Request) -> Response:
        async with site_of(request).store.reading():
            return await view(request)

    return viewed
