"""Signatures at the desk: search among them, one's whole story, hold and release, off the public list and on again.

What is looked for comes by POST alone: names and addresses stand in no URL. Who looks at a story is not in the audit:
the list shows as much (docs/decisions/0034).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, back, say, show
from petitions.errors import N_, NotFound, Refused
from petitions.forms import read_fields
from petitions.organisers import actions as organisers
from petitions.organisers.roles import ORGANISERS
from petitions.questions import Field, judge
from petitions.signatures import holding, searching
from petitions.signatures.searching import FILTERS, LABELS
from petitions.signatures.shown import shown
from petitions.storage.store import Row
from petitions.web.body import read_form

QUEUE = 50
REASON = Field(
    "reason",
    N_("Reason"),
    kind="long",
    required=True,
    limit=holding.LONGEST_REASON,
    hint=N_("The person reads it in a letter and under “My signature”."),
    missing=N_("Say why: the person is told."),
)
Act = Callable[..., Awaitable[None]]


async def signatures(request: Request, desk: Desk) -> Response:
    """GET …/signatures: the newest, narrowed by the filters of the address."""
    query = request.query_params
    return await _listed(request, desk, {name: query.get(name, "") for name in (*FILTERS, "before")})


async def search(request: Request, desk: Desk) -> Response:
    """POST …/signatures/search: by words and the same filters."""
    typed = read_fields(await read_form(request), {*FILTERS, "text", "before"})
    return await _listed(request, desk, typed)


async def _listed(request: Request, desk: Desk, typed: dict[str, str]) -> Response:
    site, statement = desk.site, desk.statement
    typed = {name: typed.get(name, "") for name in (*FILTERS, "text", "before")}
    sought, problems = searching.read(typed, site.settings.timezone)
    async with site.store.held():
        found = await searching.search(site, statement, sought, _before(typed["before"]))
        sources = await site.store.search.list_sources(statement_id=statement.id)
        areas = await site.store.search.list_areas(statement_id=statement.id)
        held = await site.store.holding.count_held(statement_id=statement.id)
    kept = {name: typed[name] for name in FILTERS if typed[name]}
    return show(
        request,
        desk,
        "desk/signatures.html",
        status=422 if problems else 200,
        typed=typed,
        kept=kept,
        text=typed["text"].strip(),
        problems=problems,
        found=found,
        labels=LABELS,
        sources=[row.source for row in sources],
        areas=[row.area for row in areas],
        held=held,
    )


def _before(text: str) -> UUID:
    """Where the page begins; at the newest, where the text says nothing of use."""
    try:
        return UUID(text) if text else searching.NEWEST
    except ValueError:
        return searching.NEWEST


async def held(request: Request, desk: Desk) -> Response:
    """GET …/signatures/held: the queue of the held ones, the oldest first."""
    about = {"statement_id": desk.statement.id}
    rows = await desk.site.store.holding.list_held(**about, most=QUEUE)
    return show(
        request,
        desk,
        "desk/signatures_held.html",
        rows=rows,
        waiting=await desk.site.store.holding.count_held(**about),
        names=await organisers.names(desk.site, {row.actor for row in rows if row.actor}),
    )


async def signature(request: Request, desk: Desk) -> Response:
    """GET …/signatures/{id}: one signature's whole story."""
    row = await _found(request, desk)
    store, ids = desk.site.store, {"statement_ids": [desk.statement.id], "ids": [row.id]}
    async with store.held():
        consents = await store.my.list_consents(**ids)
        events = await store.my.list_events(**ids)
        letters = await store.holding.list_letters(statement_id=desk.statement.id, id=row.id)
        # Organisers write rules by network; nobody else needs to know where somebody was.
        origins = await store.my.list_origins(**ids) if desk.role in ORGANISERS else []
        names = await organisers.names(desk.site, {event.actor for event in events if event.actor})
    return show(
        request,
        desk,
        "desk/signature.html",
        row=row,
        facts=shown(desk.statement, row) if row.erased_at is None else [],
        labels=LABELS,
        consents=consents,
        events=events,
        letters=letters,
        origins=origins,
        names=names,
    )


async def hold_page(request: Request, desk: Desk) -> Response:
    """GET …/hold: what holding means, and the reason."""
    return _reason_page(request, desk, await _found(request, desk), "hold", REASON)


async def hold(request: Request, desk: Desk) -> Response:
    return await _with_reason(request, desk, "hold", holding.hold, "held")


async def unlist_page(request: Request, desk: Desk) -> Response:
    """GET …/unlist: what it means that a name is off the list, and the reason."""
    return _reason_page(request, desk, await _found(request, desk), "unlist", REASON)


async def unlist(request: Request, desk: Desk) -> Response:
    return await _with_reason(request, desk, "unlist", holding.unlist, "unlisted")


async def release(request: Request, desk: Desk) -> Response:
    """POST …/release: from the queue, or from its own page."""
    row = await _found(request, desk)
    typed = read_fields(await read_form(request), {"queue"})
    await holding.release(desk.site, desk.statement, row.id, actor=desk.actor)
    return back(request, "desk_held" if typed.get("queue") else "desk_signature", "released")


async def list_again(request: Request, desk: Desk) -> Response:
    """POST …/list: the name may stand on the list again."""
    row = await _found(request, desk)
    await holding.list_again(desk.site, desk.statement, row.id, actor=desk.actor)
    return back(request, "desk_signature", "listed")


async def _with_reason(request: Request, desk: Desk, act: str, do: Act, done: str) -> Response:
    row = await _found(request, desk)
    reason, value = judge(REASON, read_fields(await read_form(request), {"reason"}))
    if value is None:
        return _reason_page(request, desk, row, act, reason, status=422)
    try:
        await do(desk.site, desk.statement, row.id, actor=desk.actor, reason=value)
    except Refused as refused:
        return _reason_page(request, desk, row, act, reason, status=409, notice=say(desk, refused))
    return back(request, "desk_signature", done)


def _reason_page(
    request: Request, desk: Desk, row: Row, act: str, reason: Field, *, status: int = 200, **more: Any
) -> Response:
    context = {"row": row, "act": act, "reason": reason, "notice": "", **more}
    return show(request, desk, "desk/signature_reason.html", status=status, **context)


async def _found(request: Request, desk: Desk) -> Row:
    """The signature of the address, of this statement. Raises NotFound."""
    row: Row | None = await desk.site.store.holding.find(
        statement_id=desk.statement.id, id=request.path_params["id"]
    )
    if row is None:
        raise NotFound
    return row
