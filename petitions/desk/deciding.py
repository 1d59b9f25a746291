"""What is done with an endorsement at the desk: accept, ask, decline, change what is said of it, end it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, back, own_path, say, show
from petitions.desk.endorsements import found, whole
from petitions.endorsements import actions, deciding, review
from petitions.endorsements.doubles import Unsure
from petitions.errors import NotFound, Refused
from petitions.forms import read_fields
from petitions.questions import judge
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.page import redirect

QUEUE = "desk_endorsements"


async def accept(request: Request, desk: Desk) -> Response:
    """POST …/accept: the whole form, or one key in the queue, which says nothing but what was read."""
    typed = read_fields(await read_form(request), deciding.NAMES | {"next"})
    row = await found(request, desk)
    form = deciding.read(await deciding.blank(desk.site, row), typed)
    if form.problems:
        return await whole(request, desk, row, form)
    try:
        review.refuse_unread(row, typed.get("seen", ""))
        choice = await deciding.choice(desk.site, row, form)
        said = {**choice, **deciding.marks(form)}
        await review.accept(desk.site, row, actor=desk.actor, tell=form.tell, **said)
    except Unsure as unsure:
        return await whole(
            request, desk, row, form.refuse(unsure, "body" if unsure.doubles else "parent"), unsure.doubles
        )
    except Refused as refused:
        return await whole(request, desk, await found(request, desk), form.refuse(refused))
    return _on(request, typed.get("next", ""), "accepted")


async def marks(request: Request, desk: Desk) -> Response:
    """POST …/marks: what is said of one that stands."""
    typed = read_fields(await read_form(request), deciding.NAMES)
    row = await found(request, desk)
    form = deciding.read(await deciding.blank(desk.site, row), {**typed, "marks": "yes"})
    if form.problems:
        return await whole(request, desk, row, form)
    try:
        await review.change(desk.site, row, actor=desk.actor, **deciding.marks(form))
    except Refused as refused:
        return await whole(request, desk, await found(request, desk), form.refuse(refused))
    return back(request, "desk_endorsement", "changed")


async def ask_page(request: Request, desk: Desk) -> Response:
    """GET …/ask: what they are to be asked."""
    return _words(request, desk, await found(request, desk), "ask")


async def ask(request: Request, desk: Desk) -> Response:
    """POST …/ask: the question leaves by letter, with a link to answer."""
    row, text = await found(request, desk), (await _typed(request)).get("text", "")
    try:
        await review.ask(desk.site, row, text, actor=desk.actor)
    except Refused as refused:
        return _words(request, desk, row, "ask", text, say(desk, refused))
    return back(request, QUEUE, "asked")


async def decline_page(request: Request, desk: Desk) -> Response:
    """GET …/decline: what it does, and why."""
    return _words(request, desk, await found(request, desk), "decline")


async def decline(request: Request, desk: Desk) -> Response:
    """POST …/decline: it is not public; the officer is told why."""
    row, typed = await found(request, desk), await _typed(request)
    try:
        review.refuse_unread(row, typed.get("seen", ""))
        await review.decline(desk.site, row, typed.get("text", ""), actor=desk.actor)
    except Refused as refused:
        now = await found(request, desk)
        return _words(request, desk, now, "decline", typed.get("text", ""), say(desk, refused))
    return back(request, QUEUE, "declined")


async def end_page(request: Request, desk: Desk) -> Response:
    """GET …/end: on which day one that stands is to leave the list."""
    return _ending(request, desk, await found(request, desk))


async def end(request: Request, desk: Desk) -> Response:
    """POST …/end: the day is its first one without it; with today's it is gone within the hour."""
    row = await found(request, desk)
    typed = read_fields(await read_form(request), {"expires_on"})
    field, day = judge(deciding.LAST_DAY._replace(required=True), typed)
    if not day:
        return _ending(request, desk, row, field=field)
    try:
        await review.change(desk.site, row, actor=desk.actor, expires_on=deciding.value(field, day))
    except Refused as refused:
        return _ending(request, desk, row, field=field, problem=say(desk, refused))
    return back(request, "desk_endorsement", "ends")


async def _typed(request: Request) -> dict[str, str]:
    return read_fields(await read_form(request), {"text", "seen"})


def _words(request: Request, desk: Desk, row: Row, what: str, text: str = "", problem: str = "") -> Response:
    """The page on which a question or a reason is written."""
    status = 422 if problem else 200
    return show(
        request,
        desk,
        "desk/endorsement_words.html",
        status=status,
        row=row,
        what=what,
        seen=review.mark(row),
        text=text,
        problem=problem,
        limit=review.WORDS,
    )


def _ending(request: Request, desk: Desk, row: Row, *, field: object = None, problem: str = "") -> Response:
    if row.state != "accepted":
        raise NotFound
    status = 422 if field is not None else 200
    today = deciding.LAST_DAY._replace(value=str(actions.today(desk.site)), required=True)
    return show(
        request,
        desk,
        "desk/endorsement_end.html",
        status=status,
        row=row,
        field=field or today,
        problem=problem,
    )


def _on(request: Request, next: str, done: str) -> Response:
    """Back to the queue as it was narrowed."""
    if not next:
        return back(request, QUEUE, done)
    path = own_path(next)
    return redirect(f"{path}{'&' if '?' in path else '?'}done={done}")
