"""Running: web processes, the background work beside them, and a stop that leaves nothing behind."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from types import FrameType

import structlog
from starlette.types import ASGIApp
from uvicorn import Config, Server
from uvicorn.supervisors import Multiprocess

from petitions import logs
from petitions.app import create_app
from petitions.demo import organisers
from petitions.errors import DatabaseGone, Refused
from petitions.organisers.actions import cli_actor
from petitions.settings import Settings, is_local
from petitions.site import bring_up, founded, make_site, missing_steps, opened
from petitions.web.metrics import in_common
from petitions.web.protocol import PatientProtocol
from petitions.work import work

GRACE = 10  # seconds that requests on their way are given when the site stops; live counts end at once
SPARE = 500  # file descriptors of a process beside those of its live counts

log = structlog.get_logger("petitions.serve")
Say = Callable[[str], None]


def serve(
    settings: Settings,
    *,
    host: str | None = None,
    port: int | None = None,
    workers: int = 1,
    with_work: bool = True,
    say: Say = print,
) -> None:
    """Serve until told to stop (Ctrl-C, SIGTERM). Without DATABASE_URL it brings its database up itself.

    Raises Refused, DatabaseGone, EmbeddedError: one sentence each.
    """
    settings = _bound(settings, host, port)
    _refuse_silence(settings)
    logs.configure(settings.log_level)
    settings = _roomy(settings)
    with _stoppable(), _listening(settings) as listener:
        settings = _bound(settings, None, listener.getsockname()[1])  # port 0 is any free one
        with founded(settings) as complete:
            _serve_until_stopped(
                complete, listener, workers, with_work=with_work, own=not settings.database_url, say=say
            )
    say("Stopped.")


def _serve_until_stopped(
    settings: Settings, listener: socket.socket, workers: int, *, with_work: bool, own: bool, say: Say
) -> None:
    asyncio.run(_prepare(settings, own=own))
    places = asyncio.run(_places(settings))
    with _working(settings) if with_work else nullcontext():
        listener.listen(2048)  # whoever clicks before the first worker is up waits, and is not refused
        _say_where(settings, places, own, say)
        _run(settings, listener, workers)


def run_work(settings: Settings, *, say: Say = print) -> None:
    """The background work alone, until told to stop. Raises as `serve` does."""
    logs.configure(settings.log_level)
    with _stoppable(), founded(settings) as complete:
        asyncio.run(_prepare(complete, own=not settings.database_url))
        say("The background work runs. Ctrl-C stops it.")
        with suppress(KeyboardInterrupt, SystemExit, asyncio.CancelledError):
            asyncio.run(_work_until_stopped(complete))
        say("Stopped.")


@dataclass(frozen=True)
class Application:
    """Makes the application in each web process; can be sent to another process."""

    settings: Settings

    def __call__(self) -> ASGIApp:
        logs.configure(self.settings.log_level)
        _follow_parent()
        return create_app(make_site(self.settings))


def _follow_parent() -> None:
    """A web process whose parent was killed would keep the port for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=follow, daemon=True).start()


def _run(settings: Settings, listener: socket.socket, workers: int) -> None:
    config = Config(
        Application(settings),
        factory=True,
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        workers=workers,
        log_config=None,
        access_log=False,  # ours tells the route, not the path
        proxy_headers=False,  # the guard reads them
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=GRACE,
    )
    try:
        if workers > 1:
            with in_common():
                Multiprocess(config, sockets=[listener]).run()
        else:
            Server(config).run(sockets=[listener])
    except (KeyboardInterrupt, SystemExit) as error:
        if isinstance(error, SystemExit) and error.code:
            raise


async def _prepare(settings: Settings, *, own: bool) -> None:
    """The schema brought up (a database of our own) or checked."""
    if own:
        await bring_up(settings)
    async with opened(make_site(settings)) as site:
        missing = await missing_steps(site)
        if missing:
            raise Refused(
                f"The database lacks {', '.join(missing)}: run `petitions migrate`, then start again."
            )


async def _places(settings: Settings) -> list[tuple[str, str]]:
    """Where to click, a word and a path each: what is open for signing, and the desk. While there is a demonstration
    on this machine alone, its owner's desk opens by itself: with a link that is good once."""
    async with opened(make_site(settings)) as site:
        open_now = [row.slug for row in await site.store.front.list_open()][:5]
        desk = await organisers.way_in(site, actor=cli_actor()) if is_local(settings) else ""
    return [*(("Statement", f"/{slug}") for slug in open_now or [""]), ("Desk", desk or "/organise")]


def _say_where(settings: Settings, places: list[tuple[str, str]], own: bool, say: Say) -> None:
    say("Petitions runs. Ctrl-C stops it.")
    for word, path in places:
        say(f"  {word:<11} {settings.base_url}{path}")
    if not settings.smtp_url:
        say(f"  Letters     {settings.base_url}/dev/letters")
    if own:
        say(f"  Data        {settings.data_folder.resolve()}")
    sys.stdout.flush()


def _bound(settings: Settings, host: str | None, port: int | None) -> Settings:
    """With what the command line says; a base URL that only followed from the port follows it on."""
    follows = settings.base_url == f"http://localhost:{settings.port}"
    settings = replace(settings, host=host or settings.host, port=settings.port if port is None else port)
    return replace(settings, base_url=f"http://localhost:{settings.port}") if follows else settings


def _refuse_silence(settings: Settings) -> None:
    if not is_local(settings) and not settings.smtp_url:
        raise Refused(
            "SMTP_URL must be set, because PETITIONS_BASE_URL is public: without it no letter would reach "
            "anybody. For example SMTP_URL=smtp://user:password@mail.example.org:587?tls=starttls"
        )


def _roomy(settings: Settings) -> Settings:
    """Each live count holds a file descriptor, and systems allow a process 1,024 unless it asks for more: with as
    many as may be had, and no more live counts than fit."""
    wanted = settings.live_streams + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return settings
    log.warning("fewer live counts: too few file descriptors", wanted=wanted, allowed=soft)
    return replace(settings, live_streams=max(0, soft - SPARE))


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Bound before anything is started, so that a taken port costs nothing."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise Refused(
            f"Port {settings.port} of {settings.host} can't be used ({os.strerror(error.errno or 0)}). "
            f"Choose another one, such as PORT={min(settings.port + 1, 65535)}."
        ) from None
    try:
        yield listener
    finally:
        listener.close()


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM ends the process like Ctrl-C, by leaving every block. uvicorn raises the signal again when it is
    done; by its default that would kill us with the database still running."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _working(settings: Settings) -> Iterator[None]:
    """The background work in a thread with a loop of its own: requests never wait for it, and web processes
    that come and go don't stop it."""
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[None]]] = []
    begun = threading.Event()

    async def main() -> None:
        task = asyncio.ensure_future(_work_for_ever(settings))
        running.append((asyncio.get_running_loop(), task))
        begun.set()
        await asyncio.gather(task, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(main()), name="work")
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        loop, task = running[0]
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


async def _work_until_stopped(settings: Settings) -> None:
    """SIGTERM cancels it, as asyncio does at Ctrl-C. Raised in the midst of the loop, SystemExit would tear a
    connection out of whoever holds it, and closing the pool would wait for that one for ever."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    before = signal.signal(signal.SIGTERM, lambda number, frame: loop.call_soon_threadsafe(task.cancel))
    try:
        await _work_for_ever(settings)
    finally:
        signal.signal(signal.SIGTERM, before)


async def _work_for_ever(settings: Settings) -> None:
    """A database that is not there yet, or no more, or not as it should be, is waited for."""
    while True:
        try:
            async with opened(make_site(settings)) as site:
                await work(site)
        except DatabaseGone:
            log.warning("the work waits for the database")
        except Exception as error:  # unseen it would end, and no letter be sent any more
            log.error("the work can't begin", **logs.describe(error))
        await asyncio.sleep(5)
