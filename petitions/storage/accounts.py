"""Which system user runs PostgreSQL, and how root handles the folders that it lends to that user.

PostgreSQL refuses to run as root. Whoever acts under the account that root chooses for it owns the data, so
root chooses one that nothing else runs under; and since a server that was taken over could put links to
anything into its folders at any moment, root follows none there, and judges what it opened, not its name.
"""

import errno
import grp
import os
import pwd
import stat
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

# Of all numbers these alone are given to nothing: https://systemd.io/UIDS-GIDS/
NUMBERS = range(60578, 61184)
NO_ACCOUNT = (
    "PostgreSQL does not run as root, and root can't become {name} here: "
    "start as an ordinary user, or set DATABASE_URL."
)
UNLINKED = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


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
                umask=0o077,
            )
        except OSError as error:
            # Not the program failed, but the change of user before it.
            if self.user is not None and error.errno in (errno.EPERM, errno.EINVAL):
                raise EmbeddedError(NO_ACCOUNT.format(name=self.name())) from error
            raise

    def name(self) -> str:
        """As messages call it; its number where it has no name."""
        user = os.getuid() if self.user is None else self.user
        try:
            return pwd.getpwuid(user).pw_name
        except KeyError:
            return f"user {user}"

    def owns(self, found: os.stat_result) -> bool:
        return found.st_uid == (os.getuid() if self.user is None else self.user)

    def take(self, file: int) -> None:
        """Makes this account the owner of an open file or folder."""
        if self.user is not None and self.group is not None:
            os.fchown(file, self.user, self.group)

    def may_enter(self, folder: Path) -> bool:
        return self.run(["/bin/sh", "-c", 'cd "$1"', "sh", folder]).returncode == 0

    def maker(self) -> "Account":
        """Who makes the first files: `initdb` works for nobody without a name."""
        with suppress(KeyError):
            if self.user is not None:
                pwd.getpwuid(self.user)
            return self
        return _named()


def account_for(data: Path) -> Account:
    """Ourselves; as root the owner of the data that is there already, else a number that nobody has."""
    owner = data.lstat() if os.path.lexists(data) else None
    if owner and not stat.S_ISDIR(owner.st_mode):
        raise EmbeddedError(f"{data} is no folder: set PETITIONS_DATA to the folder around the real one.")
    if os.getuid() != 0:
        if owner and owner.st_uid != os.getuid():
            raise EmbeddedError(f"The database in {data} belongs to another user: start as that user.")
        return Account()
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    return nameless(data) or _named()


def nameless(data: Path) -> Account | None:
    """The number for this data: no user or group has it. None where root can't become it (small containers)."""
    begin = int.from_bytes(sha256(os.fsencode(data)).digest()[:4]) % len(NUMBERS)
    number = next(number for number in (*NUMBERS[begin:], *NUMBERS[:begin]) if _is_free(number))
    account = Account(number, number)
    try:
        account.run(["/bin/sh", "-c", ":"])
    except EmbeddedError:
        return None
    return account


def _is_free(number: int) -> bool:
    for find in (pwd.getpwuid, grp.getgrgid):
        with suppress(KeyError):
            find(number)
            return False
    return True


def _named() -> Account:
    """`postgres`, who runs nothing else, or else `nobody`."""
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            return Account(found.pw_uid, found.pw_gid)
    raise EmbeddedError(
        "PostgreSQL does not run as root, and there is no user `nobody` here: start as an ordinary user."
    )


@contextmanager
def entered(folder: Path) -> Iterator[int]:
    """The folder itself, open; an OSError where a link has its name."""
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | UNLINKED)
    try:
        yield at
    finally:
        os.close(at)


@contextmanager
def lent(folder: Path, account: Account) -> Iterator[int]:
    """A folder of this account, open. Raises EmbeddedError where it is somebody else's."""
    with entered(folder) as at:
        if not account.owns(os.fstat(at)):
            raise EmbeddedError(
                f"The folder {folder} does not belong to {account.name()}, who runs PostgreSQL."
            )
        yield at


def made(folder: Path, account: Account) -> None:
    """A new folder, for this account alone."""
    folder.mkdir(mode=0o700)
    with entered(folder) as at:
        if os.fstat(at).st_uid != os.getuid():
            raise EmbeddedError(f"Somebody else put another folder in the place of {folder}.")
        account.take(at)


def read(folder: Path, name: str, account: Account) -> str:
    """A small text in a lent folder; "" where the account has no such file."""
    try:
        with lent(folder, account) as at:
            file = os.open(name, os.O_RDONLY | UNLINKED, dir_fd=at)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return ""
        raise
    with os.fdopen(file, errors="replace") as text:
        found = os.fstat(file)
        return text.read(8192) if stat.S_ISREG(found.st_mode) and account.owns(found) else ""


def put(folder: Path, name: str, text: str, account: Account) -> None:
    """A new file in a lent folder; what had its name is gone."""
    remove(folder, name, account)
    with lent(folder, account) as at:
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | UNLINKED, 0o600, dir_fd=at)
    with os.fdopen(file, "w") as new:
        account.take(file)
        new.write(text)


def remove(folder: Path, name: str, account: Account) -> None:
    with lent(folder, account) as at, suppress(FileNotFoundError):
        os.unlink(name, dir_fd=at)


def hand_over(folder: Path, giver: Account, taker: Account) -> None:
    """Everything below, to another account. Raises EmbeddedError where other things than the giver's plain
    files lie there."""
    for _, _, names, at in os.fwalk(folder, follow_symlinks=False):
        for name in names:
            file = os.open(name, os.O_RDONLY | UNLINKED, dir_fd=at)
            try:
                _give(file, giver, taker)
            finally:
                os.close(file)
        _give(at, giver, taker)


def _give(file: int, giver: Account, taker: Account) -> None:
    found = os.fstat(file)
    # A second name of a file may stand anywhere.
    plain = stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1)
    if not plain or not giver.owns(found):
        raise EmbeddedError("Somebody meddled with the new database while it was made: start again.")
    taker.take(file)
