"""A second PostgreSQL: a streaming standby of the one that the tests run on, made as an operator makes it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from petitions.storage.embedded import Embedded
from petitions.storage.server import Server


@dataclass
class Standby:
    server: Server

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.server.socket_folder), safe='')}"

    def start(self) -> None:
        """Returns once it can be read."""
        self.server.launch(durable=False)

    def kill(self) -> None:
        with suppress(FileNotFoundError):
            self.signal(signal.SIGKILL)
        while self.server.runs():
            time.sleep(0.02)

    def signal(self, number: int) -> None:
        """To the server and all its processes: SIGKILL as the power does, SIGSTOP as a machine that hangs."""
        pid = self._pid()
        for one in (pid, *_children(pid)):
            with suppress(ProcessLookupError):
                os.kill(one, number)

    def _pid(self) -> int:
        return int((self.server.data / "postmaster.pid").read_text().split()[0])


def _children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(word) for word in found.stdout.split()]


@contextmanager
def standby_of(primary: Embedded) -> Iterator[Standby]:
    """Running; its data are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="petitions-standby-"))
    folder.chmod(0o755)
    account, binaries = primary._server.account, primary._server.binaries
    for name in ("standby", "socket"):
        (folder / name).mkdir(mode=0o700)
        if account.user is not None:
            os.chown(folder / name, account.user, account.group or -1)
    standby = Standby(Server(folder / "standby", binaries, account, folder / "socket"))
    try:
        copied = account.run(
            [binaries / "pg_basebackup", "-D", folder / "standby", "-R", "--checkpoint=fast", "--no-sync",
             "-h", primary.socket_folder, "-U", "postgres"]
        )  # fmt: skip
        assert copied.returncode == 0, copied.stderr
        standby.start()
        yield standby
    finally:
        standby.kill()
        shutil.rmtree(folder, ignore_errors=True)
