"""The file `.env`: what a person wrote in it stays, and nobody else can read it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from petitions.errors import Refused


def values(file: Path) -> dict[str, str]:
    """What the file says now, read as the settings are (Starlette's Config): the last line of a name counts."""
    found = (_pair(line) for line in _lines(file))
    return dict(pair for pair in found if pair)


def write(file: Path, changes: Mapping[str, str]) -> Path | None:
    """Set these names and leave every other line as it is; where the file was before, or None if there was none.

    Whole or not at all; 0600, but who owned the file owns it still, and its group reads it where it alone did (as an
    account that serves does). Raises Refused: a value that a line can't hold, a file that is not text or not ours.
    """
    file = file.resolve()  # a link stays a link
    lines = _lines(file)
    for name, value in changes.items():
        places = [n for n, line in enumerate(lines) if (_pair(line) or ("", ""))[0] == name]
        if places:
            lines[places[-1]] = f"{name}={_quoted(name, value)}"
        else:
            lines.append(f"{name}={_quoted(name, value)}")
    try:
        kept = _kept(file)
        _put(file, "\n".join([*lines, ""]).encode())
    except OSError as error:
        how = "Run this as the account that the folder belongs to, or as root."
        raise Refused(f"{file} can't be written: {error.strerror}. {how}") from None
    return kept


def _kept(file: Path) -> Path | None:
    if not file.exists():
        return None
    kept = file.with_name(f"{file.name}.{time.strftime('%Y%m%d-%H%M%S')}.old")
    _put(kept, file.read_bytes())
    return kept


def _put(file: Path, content: bytes) -> None:
    handle, new = tempfile.mkstemp(dir=file.parent, prefix=".env-")  # 0600 from birth
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            _as_before(handle, file)
            os.fsync(handle)
        os.replace(new, file)
    except BaseException:
        Path(new).unlink(missing_ok=True)
        raise


def _as_before(handle: int, file: Path) -> None:
    if not file.exists():
        return
    before = file.stat()
    with suppress(PermissionError):  # who may not give it away keeps it, and alone
        os.fchown(handle, before.st_uid, before.st_gid)
        if before.st_mode & 0o044 == 0o040:
            os.fchmod(handle, 0o640)


def _lines(file: Path) -> list[str]:
    try:
        if not file.exists():
            return []
        text = file.read_text(encoding="utf-8")  # every kind of line end is one, as for Config
    except OSError as error:
        raise Refused(f"{file} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Refused(f"{file} is not UTF-8: save it as UTF-8.") from None
    return text.removesuffix("\n").split("\n") if text else []


def _pair(line: str) -> tuple[str, str] | None:
    line = line.strip()
    if "=" not in line or line.startswith("#"):
        return None
    name, value = (part.strip() for part in line.split("=", 1))
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return name, value


def _quoted(name: str, value: str) -> str:
    """As it is where that is read back the same, else between quotes: the outer pair is all that is taken off."""
    if any(one in value for one in "\r\n\0"):
        raise Refused(f"{name} must be one line.")
    return value if _pair(f"{name}={value}") == (name, value) else f'"{value}"'
