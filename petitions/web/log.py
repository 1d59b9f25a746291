"""The access log: the route's template, never the path, and nothing about who asked."""

from __future__ import annotations

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger("petitions.web")
_KNOWN = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLog:
    """Pure ASGI middleware: one line a request, with method, route, status and milliseconds."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        # A stranger's own invention of a method is not copied into a log.
        method = scope["method"] if scope["method"] in _KNOWN else "other"
        try:
            await self.app(scope, receive, noting)
        finally:
            milliseconds = round((time.perf_counter() - began) * 1000, 1)
            log.info("request", method=method, route=route_of(scope), status=status, ms=milliseconds)


def route_of(scope: Scope) -> str:
    """The template of the route that was matched, such as `/confirm/{token}`; `-` where none was."""
    return getattr(scope.get("route"), "path", "-")
