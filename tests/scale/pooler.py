"""PgBouncer in transaction mode before the PostgreSQL that the tests run on: a process of our own, on a socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from petitions.storage.embedded import Embedded

CONNECTIONS = 3  # to a database, for as many clients as come: nobody finds the one again that he had
CONFIGURATION = """
[databases]
* = host={server} port=5432
[pgbouncer]
unix_socket_dir = {folder}
listen_addr =
listen_port = 5432
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {connections}
min_pool_size = 0
max_client_conn = 200
server_idle_timeout = 5
logfile = {folder}/log
"""


@dataclass
class Pooler:
    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.folder), safe='')}"

    def started(self) -> bool:
        assert self.process.poll() is None, (self.folder / "log").read_text()
        return (self.folder / ".s.PGSQL.5432").exists()


def program() -> str:
    """Skips the test where there is none."""
    found = shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if found is None:
        pytest.skip("no pgbouncer here: apt-get install pgbouncer")
    return found


@contextmanager
def pooler_of(server: Embedded) -> Iterator[Pooler]:
    """Under the server's account: it refuses root, and may enter the socket's folder."""
    command, account = program(), server._server.account
    folder = Path(tempfile.mkdtemp(prefix="petitions-pooler-"))
    files = {
        "users": '"petitions_app" ""\n"petitions_owner" ""\n"postgres" ""\n',
        "configuration": CONFIGURATION.format(
            server=server.socket_folder, folder=folder, connections=CONNECTIONS
        ),
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    for path in (folder, *(folder / name for name in files)):
        if account.user is not None:
            os.chown(path, account.user, account.group or -1)
    process = subprocess.Popen(
        [command, "--quiet", folder / "configuration"],
        user=account.user, group=account.group, extra_groups=None if account.user is None else [],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    pooler = Pooler(folder, process)
    try:
        while not pooler.started():
            time.sleep(0.02)
        yield pooler
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
