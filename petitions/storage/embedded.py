"""The PostgreSQL that comes with pip: started by its first user, stopped by its last, whoever dies between.

Every user holds a share of one lock, which the kernel takes back when a process dies, however it dies. Who may
enter the socket's folder may do everything: its account, and root. Run by root, the server gets a number of its
own that no user has (accounts.py); where it runs as `nobody`, whatever else does can read and change the data.
"""

import fcntl
import os
import shlex
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO
from urllib.parse import quote

import structlog

from petitions.storage.accounts import Account, EmbeddedError, account_for, entered, nameless
from petitions.storage.binaries import find_binaries, readable_binaries, version_of
from petitions.storage.server import Server, locked

__all__ = ["Embedded", "EmbeddedError", "lent_to", "start", "state_folder"]

NOT_OURS = "The folder {folder} is not ours alone: remove it, then start again."
TEND_EVERY = 2.0  # seconds
LONGEST = 90  # bytes: a socket's path may have 107, and the file's name is part of it
log = structlog.get_logger()


@dataclass(frozen=True)
class Embedded:
    """A running server, in use by this process."""

    folder: Path
    socket_folder: Path
    _server: Server = field(repr=False)
    _share: IO[bytes] = field(repr=False)
    _durable: bool = field(default=True, repr=False)
    _process: int = field(default_factory=os.getpid, repr=False)

    def url(self, role: str = "petitions_app", database: str = "petitions") -> str:
        """Roles: petitions_app, petitions_owner, and postgres, who may do everything."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def release(self) -> None:
        """Gives up this process's share; the last user stops the server. A forked child has no share."""
        if self._share.closed or self._process != os.getpid():
            return
        with self._server.alone():
            _leave(self._server, self._share)

    @contextmanager
    def tended(self) -> Iterator[None]:
        """While the block runs, a server that died is started again: of a full disk, or for want of memory."""
        over = threading.Event()
        threading.Thread(target=self._tend, args=(over,), name="database", daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def _tend(self, over: threading.Event) -> None:
        told = ""
        while not over.wait(TEND_EVERY):
            try:
                if self._revive(over):
                    log.warning("the database had died, and runs again")
                told = ""
            except (EmbeddedError, OSError) as error:
                if told != type(error).__name__:
                    log.error("the database died and does not start", error=type(error).__name__)
                told = type(error).__name__

    def _revive(self, over: threading.Event) -> bool:
        """True: it was dead, and runs again. Raises EmbeddedError, OSError."""
        with self._server.opened("start") as turn:  # who asks whether it runs, holds its lock for a moment
            if not locked(turn, fcntl.LOCK_EX) or self._share.closed or self._server.runs():
                return False
            self._server.launch(self._durable, over)
        return not over.is_set()


def start(folder: Path, *, durable: bool = True) -> Embedded:
    """Joins the server of this folder, or starts it. Not `durable`: a crash may lose everything (for tests).

    Raises EmbeddedError.
    """
    try:
        server = _prepared(folder.resolve())
        with server.alone():
            share = server.opened("users")
            try:
                locked(share, fcntl.LOCK_SH)
                server.create(durable)
                server.launch(durable)
            except BaseException:
                _leave(server, share)
                raise
    except OSError as error:
        reason = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        raise EmbeddedError(f"The database in {folder} can't be started ({reason}).") from error
    os.environ.pop("PGPORT", None)  # clients would look for a socket of another name
    return Embedded(server.data.parent, server.socket_folder, server, share, durable)


def _leave(server: Server, share: IO[bytes]) -> None:
    with share:
        if locked(share, fcntl.LOCK_EX):
            server.stop()


def state_folder(checkout: Path) -> Path:
    """`data` beside the code; elsewhere if we are root and nobody else can enter the checkout (/root)."""
    checkout = checkout.resolve()
    data = checkout / "data"
    if os.getuid() != 0 or account_for(data.resolve()).may_enter(checkout):
        return data
    return Path("/var/lib") / f"petitions-{sha256(os.fsencode(checkout)).hexdigest()[:8]}"


@dataclass(frozen=True)
class Lent:
    """To whom root lends the server of a folder. `advice`: a shell command that mends a shared account, or ""."""

    name: str
    advice: str


def lent_to(folder: Path) -> Lent | None:
    """None where the server runs as ourselves."""
    data = next((path for path in folder.glob("postgres-*") if (path / "PG_VERSION").is_file()), None)
    if os.getuid() != 0 or data is None:
        return None
    name = account_for(data).name()
    better = nameless(data)
    if name != "nobody" or better is None or better.user is None:
        return Lent(name, "")
    return Lent(name, f"chown -R {better.user}:{better.user} {shlex.quote(str(data))}*")


def _prepared(folder: Path) -> Server:
    binaries = find_binaries()
    version = version_of(binaries)
    data = folder / f"postgres-{version.partition('.')[0]}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    account = account_for(data)
    if account.user is not None:
        with entered(folder) as at:
            os.fchmod(at, stat.S_IMODE(os.fstat(at).st_mode) | 0o011)
        if not account.may_enter(folder):
            raise EmbeddedError(
                f"PostgreSQL does not run as root, and {account.name()} can't enter {folder}: "
                "choose another folder."
            )
    binaries = readable_binaries(binaries, version, account, folder)
    return Server(data, binaries, account, _socket_folder(data, account))


def _socket_folder(data: Path, account: Account) -> Path:
    """Beside the data; in /tmp where that path is no good for a socket. Never somebody else's folder."""
    folder = data.with_name(data.name + ".socket")
    if len(os.fsencode(folder)) > LONGEST or "," in str(folder):  # clients read a comma as two hosts
        folder = Path("/tmp") / f"petitions-{sha256(os.fsencode(data)).hexdigest()[:16]}"  # noqa: S108
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    try:
        with entered(folder) as at:
            found = os.fstat(at)
            ours = found.st_uid == os.getuid() or account.owns(found)
            if not ours or found.st_mode & 0o077:
                raise EmbeddedError(NOT_OURS.format(folder=folder))
            account.take(at)
    except NotADirectoryError:  # so a link is called as well
        raise EmbeddedError(NOT_OURS.format(folder=folder)) from None
    return folder
