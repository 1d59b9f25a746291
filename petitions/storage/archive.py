"""The file of a backup: a plain tar, so that `tar` and `sha256sum -c` read it without this program.

Its last member, SHA256SUMS, is the checksum of every other one: a file without it was never finished.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from petitions.errors import Refused

SUMS = "SHA256SUMS"
_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1 << 20  # bytes


class Writer:
    """Writes the members one after the other into a file that can be sought in."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sums: list[str] = []

    def add(self, name: str, content: bytes) -> None:
        with self.member(name) as write:
            write(content)

    @contextmanager
    def member(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """What to write the content with. Its length is learnt by writing: the header comes last."""
        begin, sum, length = self._file.tell(), hashlib.sha256(), 0

        def write(chunk: bytes) -> None:
            nonlocal length
            sum.update(chunk)
            length += self._file.write(chunk)

        self._file.write(bytes(_BLOCK))
        yield write
        self._file.write(bytes(-length % _BLOCK))
        end = self._file.tell()
        self._file.seek(begin)
        self._file.write(_header(name, length))
        self._file.seek(end)
        self._sums.append(f"{sum.hexdigest()}  {name}\n")

    def finish(self) -> None:
        """The checksums, the end mark of a tar, and all of it on the disk."""
        self.add(SUMS, "".join(self._sums).encode())
        self._file.write(bytes(2 * _BLOCK))
        self._file.flush()
        os.fsync(self._file.fileno())


def _header(name: str, length: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = length, 0o600, int(time.time())
    return info.tobuf(tarfile.GNU_FORMAT)  # one block, whatever the length


class Archive:
    """A file whose every byte was compared with its checksum when it was opened."""

    def __init__(self, file: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115 - the file is closed by whoever opened it
        self._members = {one.name: one for one in self._tar.getmembers() if one.isreg()}
        self._check()

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def text(self, name: str) -> str:
        return b"".join(self.chunks(name)).decode()

    def chunks(self, name: str) -> Iterator[bytes]:
        content = self._tar.extractfile(self._members[name])
        assert content is not None
        while chunk := content.read(_CHUNK):
            yield chunk

    def _check(self) -> None:
        """Raises KeyError, ValueError or an error of tarfile."""
        lines = [line.partition("  ") for line in self.text(SUMS).splitlines()]
        told = {name: sum for sum, _, name in lines}
        if told.keys() != self._members.keys() - {SUMS}:
            raise ValueError("other members than it lists")
        for name, sum in told.items():
            found = hashlib.sha256()
            for chunk in self.chunks(name):
                found.update(chunk)
            if found.hexdigest() != sum:
                raise ValueError(f"{name} was changed")


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The whole archive, or Refused with a sentence: nothing of it is used before all of it is known to be good."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise Refused(f"{path} can't be read ({error.strerror}).") from error
    with file:
        yield _whole(file, path)


def _whole(file: BinaryIO, path: Path) -> Archive:
    try:
        return Archive(file)
    except OSError as error:
        raise Refused(f"{path} can't be read ({error.strerror}).") from error
    except (tarfile.TarError, KeyError, ValueError, EOFError) as error:
        raise Refused(
            f"{path} is damaged, or no backup made by “petitions backup”: nothing was changed. "
            "Take another copy of it, or the backup before it."
        ) from error
