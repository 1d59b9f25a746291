"""The queue of comments: read, approve or decline, and change one's mind."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from petitions.comments import LABELS, actions
from petitions.desk.door import Desk, say, show
from petitions.desk.queues import PAGE_SIZE, PLACE, asked_page, asked_state, back_to
from petitions.errors import NotFound, Refused
from petitions.forms import read_fields
from petitions.organisers.actions import names
from petitions.web.body import read_form


async def queue(request: Request, desk: Desk) -> Response:
    """Those that wait, the oldest first; or those that were approved or declined, the latest first."""
    return await _queue(request, desk, request.query_params)


async def judge(request: Request, desk: Desk) -> Response:
    """One comment, in the words and the state that the organiser saw."""
    typed = read_fields(await read_form(request), {"comment", "digest", "was", "verdict"} | PLACE)
    try:
        id, digest = UUID(typed.get("comment", "")), bytes.fromhex(typed.get("digest", ""))
    except ValueError:
        raise NotFound from None
    was, verdict = typed.get("was", ""), typed.get("verdict", "")
    place = {**typed, "state": asked_state(typed, LABELS)}
    try:
        await actions.judge(
            desk.site, desk.statement, id, digest=digest, was=was, state=verdict, actor=desk.actor
        )
    except Refused as refused:
        return await _queue(request, desk, place, notice=say(desk, refused), status=409)
    return back_to(request, "desk_comments", place, verdict)


async def _queue(
    request: Request, desk: Desk, place: Mapping[str, str], *, notice: str = "", status: int = 200
) -> Response:
    store, about = desk.site.store, {"statement_id": desk.statement.id}
    state = asked_state(place, LABELS)
    counts = await store.comments.count_states(**about)
    number, pages = asked_page(place, counts[state])
    part = {**about, "most": PAGE_SIZE, "skip": (number - 1) * PAGE_SIZE}
    rows = await (
        store.comments.list_waiting(**part)
        if state == "waiting"
        else store.comments.list_judged(**part, state=state)
    )
    return show(
        request,
        desk,
        "desk/comments.html",
        status=status,
        state=state,
        labels=LABELS,
        counts=counts,
        rows=rows,
        page=number,
        pages=pages,
        last=await store.comments.find_last(**about, actor=desk.actor),
        who=await names(desk.site, {row.actor for row in rows if row.actor}),
        notice=notice,
    )
