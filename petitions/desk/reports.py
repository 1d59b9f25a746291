"""The queue of reports: what is reported as it is now, ways to act on it, done or dismissed with a reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from petitions.comments import LABELS as COMMENTS
from petitions.comments import actions as comments
from petitions.desk.door import Desk, say, show
from petitions.desk.queues import PAGE_SIZE, PLACE, asked_page, asked_state, back_to
from petitions.errors import N_, NotFound, Refused
from petitions.forms import Problem, Unfit, read_fields
from petitions.organisers.actions import names
from petitions.reports import HOLD, REASONS, WORDS, actions
from petitions.web.body import read_form

STATES = {"waiting": N_("waiting"), "ended": N_("dealt with")}


async def queue(request: Request, desk: Desk) -> Response:
    """Those that wait, the oldest first; or those that have ended, the latest first."""
    return await _queue(request, desk, request.query_params)


async def end(request: Request, desk: Desk) -> Response:
    """Done or dismissed, with a reply or without."""
    typed = read_fields(await read_form(request), {"reply", "verdict"} | PLACE)
    id, verdict, reply = request.path_params["id"], typed.get("verdict", ""), typed.get("reply", "")
    place = {**typed, "state": asked_state(typed, STATES)}
    try:
        answered = await actions.end(
            desk.site, desk.statement, id, state=verdict, reply=reply, actor=desk.actor
        )
    except Unfit as unfit:
        problem = Problem(f"reply-{id}", unfit.sentence, unfit.values)
        return await _queue(request, desk, place, wrong=(id, reply, problem), status=422)
    except Refused as refused:
        return await _queue(
            request, desk, place, wrong=(id, reply, None), notice=say(desk, refused), status=409
        )
    return back_to(request, "desk_reports", place, "answered" if answered else verdict)


async def put_back(request: Request, desk: Desk) -> Response:
    """It waits again."""
    typed = read_fields(await read_form(request), PLACE)
    await actions.put_back(desk.site, desk.statement, request.path_params["id"], actor=desk.actor)
    return back_to(request, "desk_reports", typed, "back")


async def decline_comment(request: Request, desk: Desk) -> Response:
    """The comment that is reported, in the words that stand beside the button; the report waits on."""
    typed = read_fields(await read_form(request), {"digest", "was"} | PLACE)
    report = await actions.find(desk.site, desk.statement, request.path_params["id"])
    try:
        digest = bytes.fromhex(typed.get("digest", ""))
    except ValueError:
        raise NotFound from None
    if report.subject != "comment":
        raise NotFound
    await comments.judge(
        desk.site,
        desk.statement,
        report.subject_id,
        digest=digest,
        was=typed.get("was", ""),
        state="declined",
        actor=desk.actor,
    )
    return back_to(request, "desk_reports", typed, "declined")


async def _queue(
    request: Request,
    desk: Desk,
    place: Mapping[str, str],
    *,
    wrong: tuple[UUID, str, Problem | None] | None = None,
    notice: str = "",
    status: int = 200,
) -> Response:
    """`wrong`: the report whose form is drawn as it was sent, what was typed, and what is wrong with that."""
    return show(
        request,
        desk,
        "desk/reports.html",
        status=status,
        states=STATES,
        reasons=REASONS,
        comment_states=COMMENTS,
        wrong=wrong,
        notice=notice,
        limit=WORDS,
        hold=HOLD,
        **await _listed(desk, place),
    )


async def _listed(desk: Desk, place: Mapping[str, str]) -> dict[str, Any]:
    """One page of the reports of a state, and who judged them."""
    store, about = desk.site.store, {"statement_id": desk.statement.id}
    state = asked_state(place, STATES)
    counts = await store.reports.count_states(**about)
    number, pages = asked_page(place, counts[state])
    rows = await store.reports.list_page(
        **about, waiting=state == "waiting", most=PAGE_SIZE, skip=(number - 1) * PAGE_SIZE
    )
    return {
        "state": state,
        "counts": counts,
        "rows": rows,
        "page": number,
        "pages": pages,
        "last": await store.reports.find_last(**about, actor=desk.actor),
        "who": await names(desk.site, {row.actor for row in rows if row.actor}),
    }
