"""One PostgreSQL server on one data folder: made, launched, found, stopped.

A lock that the server and all its children inherit says whether one of them still lives: no process number,
which may name a zombie or a stranger, is believed.
"""

import fcntl
import os
import shutil
import stat
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from petitions.storage import accounts
from petitions.storage.accounts import Account, EmbeddedError

PATIENCE = 300  # seconds: recovery after a crash can take minutes
CUT_SHORT = 60  # seconds for an orderly stop
LOG_LIMIT = 10_000_000  # bytes

# Written into postgresql.conf once; whoever runs the site may change them there.
FIRST_SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Given at every start. The log tells of the server, never of what people wrote: the errors of statements,
# which quote values, reach the application alone.
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
INITDB: list[str | Path] = [
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    # For pg_trgm: it asks the C library what a letter is, whatever the provider.
    "--lc-ctype=C.UTF-8",
    "--auth-local=trust",
    "--auth-host=reject",
]
FIRST_SQL = """\
create role petitions_owner login
create role petitions_app login
create database petitions owner petitions_owner
revoke all on database petitions from public
grant connect on database petitions to petitions_app
"""
# The shell ends at once: the server is a child of the system, not ours to wait for.
LAUNCH = '"$@" </dev/null &'


@dataclass(frozen=True)
class Server:
    data: Path
    binaries: Path
    account: Account
    socket_folder: Path

    def opened(self, what: str) -> IO[bytes]:
        """A file beside the data, such as `postgres-18.log`."""
        path = self.data.with_name(f"{self.data.name}.{what}")
        flags = os.O_RDWR | os.O_APPEND | accounts.UNLINKED
        try:
            file = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
            self.account.take(file)
        except FileExistsError:
            file = os.open(path, flags)
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            os.close(file)
            raise EmbeddedError(f"{path} is no file of ours alone: remove it, then start again.")
        return os.fdopen(file, "ab")

    def alone(self) -> IO[bytes]:
        """While this file is open, nobody else starts or stops the server."""
        file = self.opened("start")
        _wait(lambda: locked(file, fcntl.LOCK_EX), "another process is starting or stopping the database")
        return file

    def runs(self) -> bool:
        with self.opened("server") as lock:
            return not locked(lock, fcntl.LOCK_EX)

    def create(self, durable: bool) -> None:
        """Aside, then renamed: a folder with this name is always whole."""
        if self.data.exists():
            return
        new = self.data.with_name(self.data.name + ".new")
        if new.exists():
            shutil.rmtree(new)
        maker = self.account.maker()
        accounts.made(new, maker)
        settings = [f"--set={name}={value}" for name, value in FIRST_SETTINGS.items()]
        haste = [] if durable else ["--no-sync"]
        self._initdb(maker, ["-D", new, *INITDB, *settings, *haste])
        flags = _flags(SETTINGS | ({} if durable else CARELESS))
        self._make(maker, [self.binaries / "postgres", "--single", "-D", new, *flags, "postgres"], FIRST_SQL)
        if maker != self.account:
            accounts.hand_over(new, maker, self.account)
        new.rename(self.data)

    def _initdb(self, maker: Account, options: list[str | Path]) -> None:
        """Where the system does not know C.UTF-8, letters are those of ASCII; “petitions check” says so."""
        try:
            self._make(maker, [self.binaries / "initdb", *options])
        except EmbeddedError as error:
            if "locale" not in str(error):
                raise
            self._make(maker, [self.binaries / "initdb", *options, "--lc-ctype=C"])

    def _make(self, maker: Account, command: list[str | Path], text: str = "") -> None:
        done = maker.run(command, text=text)
        complaints = [line for line in done.stderr.splitlines() if "ERROR:" in line or "FATAL:" in line]
        if done.returncode or complaints:
            reason = (complaints or done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise EmbeddedError(f"The database in {self.data.parent} can't be created: {reason}")

    def launch(self, durable: bool, over: threading.Event | None = None) -> None:
        """Joins it or starts it; returns once it takes connections. Once it is `over`, as soon as it can be stopped."""
        launched = False

        def ready() -> bool:
            nonlocal launched
            with self.opened("server") as lock:
                if not locked(lock, fcntl.LOCK_EX):
                    status = self._status()
                    return status == "ready" or bool(status and over and over.is_set())
                if launched:
                    raise EmbeddedError(f"PostgreSQL stopped at once; {self.data}.log says why.")
                self._begin(durable, lock.fileno())
            launched = True
            return False

        _wait(
            ready, "the database is still starting (after a crash it may need minutes to put itself in order)"
        )

    def _begin(self, durable: bool, lock: int) -> None:
        self._forget_the_dead()
        settings = SETTINGS | ({} if durable else CARELESS)
        settings["unix_socket_directories"] = '"' + str(self.socket_folder).replace('"', '""') + '"'
        server: list[str | Path] = [self.binaries / "postgres", "-D", self.data, *_flags(settings)]
        with self.opened("log") as log:
            if os.fstat(log.fileno()).st_size > LOG_LIMIT:
                log.truncate(0)
            self.account.run(["/bin/sh", "-c", LAUNCH, "sh", *server], output=log, keep=[lock])

    def _forget_the_dead(self) -> None:
        """Nobody holds the lock, so `postmaster.pid` names a zombie or a stranger: PostgreSQL would give up.

        With our number in it (told as PG_GRANDPARENT_PID) it does not, but still looks whether the shared
        memory is in use, as by a server that somebody started by hand.
        """
        rest = self._pid_lines()[1:7]
        if len(rest) == 6:
            text = "\n".join([str(os.getpid()), *rest]) + "\n"
            accounts.put(self.data, "postmaster.pid", text, self.account)
        else:
            accounts.remove(self.data, "postmaster.pid", self.account)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            accounts.remove(self.socket_folder, name, self.account)

    def _pid_lines(self) -> list[str]:
        return accounts.read(self.data, "postmaster.pid", self.account).splitlines()

    def _status(self) -> str:
        """The eighth line: starting, ready, stopping."""
        return "".join(self._pid_lines()[7:8]).strip()

    def stop(self) -> None:
        """A fast shutdown: open transactions are rolled back, nothing is left to recover. One that does not end, as
        was seen of PostgreSQL 18 told to stop in the midst of a recovery, is cut short; the next start recovers."""
        if self._told("INT") and not self._ends_within(CUT_SHORT):
            self._told("QUIT")
            _wait(lambda: not self.runs(), "the database is still stopping")

    def _told(self, signal: str) -> bool:
        lines = self._pid_lines()
        if not (lines and lines[0].isdecimal() and self.runs() and _is_postgres(int(lines[0]))):
            return False
        # As the server's account: a file of its own must not make root stop a stranger.
        self.account.run(["/bin/sh", "-c", 'kill -s "$1" "$2"', "sh", signal, lines[0]])
        return True

    def _ends_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self.runs() and time.monotonic() < until:
            time.sleep(0.02)
        return not self.runs()


def locked(file: IO[bytes], how: int) -> bool:
    """Takes the lock if it is free now."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_postgres(pid: int) -> bool:
    """Where the system tells (Linux): the number may name somebody else by now."""
    name = Path(f"/proc/{pid}/comm")
    return not Path("/proc/self").exists() or (name.exists() and name.read_text().startswith("postgres"))


def _flags(settings: dict[str, str]) -> list[str]:
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _wait(done: Callable[[], bool], what: str) -> None:
    began, told = time.monotonic(), False
    while not done():
        waited = time.monotonic() - began
        if waited > PATIENCE:
            raise EmbeddedError(f"After {PATIENCE} seconds {what}: its log lies beside the data; try again.")
        if waited > 5 and not told:
            sys.stderr.write(f"petitions: {what}, waiting …\n")
            told = True
        time.sleep(0.02)
