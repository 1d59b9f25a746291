"""Where the files lie that are not Python: at the top of a checkout, inside an installed wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent
_SHARE = PACKAGE / "_share"


def _find(name: str) -> Path:
    packed = _SHARE / name
    return packed if packed.is_dir() else PACKAGE.parent / name


TEMPLATES = _find("templates")
SQL = _find("sql")
STATIC = PACKAGE / "web" / "static"
