"""Endorsements from a CSV file at the desk: what the file would do, then, the same file sent again, done."""

from __future__ import annotations

import hashlib
from collections import Counter
from io import BytesIO

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, say, show
from petitions.endorsements import importing, judging
from petitions.endorsements.judging import Outcome
from petitions.errors import N_, Refused
from petitions.forms import read_fields
from petitions.uploads import LARGEST_FILE, Upload
from petitions.web.upload import read_upload

MOST = 500
"""Rows: somebody waits for the page. More, by command."""
NAMES = frozenset({"source", "consent", "mail", "seen"})


async def import_page(request: Request, desk: Desk) -> Response:
    """GET …/endorsements/import: the file, where it is from, how they agreed."""
    return _page(request, desk, {})


async def import_file(request: Request, desk: Desk) -> Response:
    """POST …/endorsements/import: tells what the file would do; sent again as it was, it is done."""
    items, files = await read_upload(request, ("file",))
    typed = read_fields(items, NAMES)
    try:
        data = _data(files)
        given = {name: typed.get(name, "").strip() for name in ("source", "consent")}
        mark = _mark(data, str(desk.statement.id), *given.values(), typed.get("mail", ""))
        lines = importing.read(BytesIO(data), desk.statement, given, MOST)
        done = typed.get("seen") == mark
        outcomes = await importing.run(
            desk.site,
            desk.statement,
            lines,
            actor=desk.actor,
            given=given,
            mail=bool(typed.get("mail")),
            dry_run=not done,
        )
    except Refused as refused:
        return _page(request, desk, typed, problem=say(desk, refused))
    return _page(request, desk, {**typed, "seen": mark}, outcomes=outcomes, done=done)


def _mark(data: bytes, *said: str) -> str:
    """Names the file, and for which statement and what is said of it: only what was shown is done."""
    return hashlib.sha256(hashlib.sha256(data).digest() + "\0".join(said).encode()).hexdigest()[:16]


def _data(files: dict[str, Upload]) -> bytes:
    found = files.get("file")
    if found is None:
        raise Refused(N_("Choose a file."))
    if found.size > LARGEST_FILE:
        raise Refused(N_("The file has more than %(most)s MB: divide it."), most=LARGEST_FILE // 1_000_000)
    with found.file:
        return found.file.read()


def _page(
    request: Request,
    desk: Desk,
    typed: dict[str, str],
    *,
    problem: str = "",
    outcomes: list[Outcome] | None = None,
    done: bool = False,
) -> Response:
    return show(
        request,
        desk,
        "desk/endorsement_import.html",
        status=422 if problem else 200,
        typed=typed,
        problem=problem,
        outcomes=outcomes,
        did=Counter(one.did for one in outcomes or ()),
        imported=done,
        required=judging.REQUIRED,
        columns=judging.columns(desk.statement),
        most=MOST,
    )
