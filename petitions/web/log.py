"""The access log, and the numbers of /metrics: the route's template, never the path, and nothing about who asked."""

from __future__ import annotations

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from petitions.logs import describe
from petitions.web.metrics import metrics_of

log = structlog.get_logger("petitions.web")
_KNOWN = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLog:
    """Pure ASGI middleware: one line a request, with method, route, status and milliseconds; counted where its
    answer begins, because some stay open for minutes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.log = log.bind()  # once: it costs as much as the line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0
        # A stranger's own invention of a method is not copied into a log.
        method = scope["method"] if scope["method"] in _KNOWN else "other"

        def count() -> None:
            if metrics := metrics_of(scope):
                metrics.answered(route_of(scope), method, status, time.perf_counter() - began)

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                count()
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            if not status:
                count()
            milliseconds = round((time.perf_counter() - began) * 1000, 1)
            self.log.info("request", method=method, route=route_of(scope), status=status, ms=milliseconds)


def route_of(scope: Scope) -> str:
    """The template of the route that was matched, such as `/confirm/{token}`; `-` where none was."""
    return getattr(scope.get("route"), "path", "-")


def note_unexpected(scope: Scope, error: BaseException, reference: str) -> None:
    """An error that nobody foresaw: its class and places, under the reference that the visitor is shown."""
    log.error("unexpected error", reference=reference, route=route_of(scope), **describe(error))
    if metrics := metrics_of(scope):
        metrics.failed(error)
