"""What monitoring reads at /metrics: numbers of this process, or of all web processes of one `serve`.

Several web processes share a port, and whoever asks meets one of them: so each writes its numbers into files of a
folder (PROMETHEUS_MULTIPROC_DIR, made by serve.py), and each answers for all (docs/decisions/0019). Labels are routes,
methods, states and kinds: never anything that a visitor typed.
"""

from __future__ import annotations

import asyncio
import hmac
import os
from collections import Counter as Tally
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope

from petitions.errors import NotFound
from petitions.site import Site
from petitions.web.guard import is_at_home
from petitions.web.measured import Measured
from petitions.web.page import NO_STORE, site_of

FRESH = 2.0  # seconds: how old another process's numbers may be
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_OF_THE_PROCESS = ("process_resident_memory_bytes", "process_start_time_seconds", "process_open_fds")

log = structlog.get_logger("petitions.web")
disable_created_metrics()  # type: ignore[no-untyped-call] # a second series for each, which nobody asks for


class Metrics:
    """The numbers of one process, in a registry of its own."""

    def __init__(self, site: Site) -> None:
        self.measured = Measured(site)
        self.registry = own = CollectorRegistry()
        self._folder = os.environ.get(_FOLDER)
        labels = ["route", "method", "status"]
        self._requests = Counter("petitions_requests", "Answers, by route template.", labels, registry=own)
        self._seconds = Histogram(
            "petitions_request_seconds",
            "Seconds until an answer began (pages kept ready are not measured).",
            ["route"],
            buckets=_BUCKETS,
            registry=own,
        )
        self._errors = Counter(
            "petitions_unexpected_errors", "Failures that nobody foresaw, by class.", ["error"], registry=own
        )
        self._streams = _gauge("petitions_live_streams", "Open live counts.", own)
        self._kept = _gauge("petitions_kept_things", "Pages and facts kept in memory.", own)
        self._connections = Gauge(
            "petitions_database_connections",
            "Connections to the database: most, open, and those in use.",
            ["state"],
            registry=own,
            multiprocess_mode="livesum",
        )
        self._process = {name: _gauge(name, "Of one process.", own, "liveall") for name in _OF_THE_PROCESS}
        self._reader = ProcessCollector(registry=None)
        self._hits: Tally[tuple[str, int]] = Tally()
        self._found: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """One answer began; status 0: none ever did."""
        kind = route, method, status
        if kind not in self._found:  # looking them up by label costs more than counting
            self._found[kind] = self._requests.labels(*map(str, kind)), self._seconds.labels(route)
        requests, histogram = self._found[kind]
        requests.inc()
        histogram.observe(seconds)

    def failed(self, error: BaseException) -> None:
        """An error that nobody foresaw."""
        self._errors.labels(type(error).__name__).inc()

    def refresh(self, app: Starlette) -> None:
        """Take over what others of this process count by themselves."""
        kept, live = getattr(app.state, "kept", None), getattr(app.state, "live", None)
        if kept is not None:
            self._take_hits(kept.hits)
        self._kept.set(app.state.site.shelf.size())
        self._streams.set(live.open if live is not None else 0)
        most, opened, idle = app.state.site.store.connections.sizes()
        for state, number in (("most", most), ("open", opened), ("used", opened - idle)):
            self._connections.labels(state).set(number)
        for family in self._reader.collect():
            if family.name in self._process:
                self._process[family.name].set(family.samples[0].value)

    def text(self) -> bytes:
        """In Prometheus's format: this process, or all that share the folder."""
        if not self._folder:
            return generate_latest(self.registry)
        _forget_dead(Path(self._folder))
        whole = CollectorRegistry()
        MultiProcessCollector(whole, self._folder)  # type: ignore[no-untyped-call]
        return generate_latest(whole)

    def _take_hits(self, hits: Mapping[tuple[str, int], int]) -> None:
        """Answers that were ready and never reached the middleware: (route, status) → how many until now."""
        for (route, status), number in list(hits.items()):
            new = number - self._hits[route, status]
            self._hits[route, status] = number
            if new > 0:
                self._requests.labels(route, "GET", str(status)).inc(new)


@contextmanager
def in_common() -> Iterator[None]:
    """Web processes that are started inside answer for each other. The library reads this when it is imported."""
    with TemporaryDirectory(prefix="petitions-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[_FOLDER]


def metrics_of(scope: Scope) -> Metrics | None:
    """Those of the application that answers; None: it keeps none."""
    return getattr(scope["app"].state, "metrics", None) if "app" in scope else None


@asynccontextmanager
async def kept_fresh(app: Starlette) -> AsyncIterator[None]:
    """While the block runs, this process's numbers are there for whichever process is asked."""

    async def refresh() -> None:
        while True:
            app.state.metrics.refresh(app)
            await asyncio.sleep(FRESH)

    running = asyncio.create_task(refresh())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def metrics(request: Request) -> Response:
    """GET /metrics: with the token of the settings; where there is none, to this machine alone."""
    token = site_of(request).settings.metrics_token
    if token and not _holds(request, token):
        headers = {**NO_STORE, "WWW-Authenticate": 'Bearer realm="metrics"'}
        return PlainTextResponse("PETITIONS_METRICS_TOKEN, please\n", 401, headers=headers)
    if not token and not is_at_home(request):
        raise NotFound
    own: Metrics = request.app.state.metrics
    own.refresh(request.app)
    text = own.text() + await own.measured.text()
    return Response(text, headers={**NO_STORE, "Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def _holds(request: Request, token: str) -> bool:
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), token.encode())


def _gauge(name: str, about: str, registry: CollectorRegistry, mode: str = "livesum") -> Gauge:
    return Gauge(name, about, registry=registry, multiprocess_mode=mode)  # type: ignore[arg-type]


def _forget_dead(folder: Path) -> None:
    """The gauges of processes that are gone; what they counted stays counted."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, PermissionError):  # or its number is another user's by now
            with suppress(FileNotFoundError):  # another process was quicker
                mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
