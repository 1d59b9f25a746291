"""The queue of endorsements, one of them whole, and its files: who reads here decides in `deciding.py`."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, show
from petitions.endorsements import LEVELS, WAITING, deciding, queue, shown
from petitions.endorsements.compared import changes
from petitions.endorsements.deciding import Deciding
from petitions.endorsements.doubles import Double
from petitions.endorsements.queue import Claim
from petitions.endorsements.shown import Shown
from petitions.errors import N_, NotFound
from petitions.files import actions as files
from petitions.organisations import KINDS
from petitions.organisers import actions as organisers
from petitions.storage.store import Row
from petitions.web.attachment import attachment

FILES = ("minutes", "logo")
_LABELS = {
    N_("Name of your organisation"): N_("Name of the organisation"),
    N_("How did you meet?"): N_("How did they meet?"),
    N_("Your name"): N_("Officer"),
    N_("Your role in the organisation"): N_("Role of the officer"),
    N_("E-mail"): N_("E-mail of the officer"),
    N_("Phone"): N_("Phone of the officer"),
    N_("What you would like from us"): N_("What they would like"),
}
"""The form's questions to an officer → as organisers read them."""


async def endorsements(request: Request, desk: Desk) -> Response:
    """GET …/endorsements: what waits, the longest first, with all that decides; the query narrows it."""
    asked = queue.read(request.query_params)
    page = await queue.page(desk.site, desk.statement.id, asked)
    if not page.claims and asked.page > 1:  # its last one was decided just now
        asked = asked._replace(page=1)
        page = await queue.page(desk.site, desk.statement.id, asked)
    return show(
        request,
        desk,
        "desk/endorsements.html",
        asked=asked,
        queue=page,
        here_again=_address(request),
        states=queue.STATES,
        proofs=queue.PROOFS,
        kinds={kind: one for kind, (one, _) in KINDS.items()},
        levels=LEVELS,
    )


async def endorsement(request: Request, desk: Desk) -> Response:
    """GET …/endorsements/{id}: everything that is claimed, what happened, and the form to decide."""
    row = await found(request, desk)
    await queue.looked(desk.site, row, "show", actor=desk.actor)
    return await whole(request, desk, row, await deciding.blank(desk.site, row))


async def whole(
    request: Request,
    desk: Desk,
    row: Row,
    form: Deciding,
    doubles: list[Double] | None = None,
) -> Response:
    """That page with a form as it was typed; `doubles`: what the review asks about besides."""
    claim = await queue.whole(desk.site, row)
    claim = claim._replace(doubles=_joined(claim.doubles, doubles or []))
    store = desk.site.store
    events = await store.review.list_events(statement_id=row.statement_id, endorsement_id=row.id)
    return show(
        request,
        desk,
        "desk/endorsement.html",
        status=422 if form.problems else 200,
        claim=claim,
        row=row,
        form=form,
        opens=row.state in (*WAITING, "declined"),
        facts=[_told(one) for one in shown.shown(desk.statement, row)],
        changes=await changes(desk.site, row),
        before=await _before(desk, claim),
        above=await store.organisations.list_above(campaign_id=desk.campaign.id),
        events=events,
        names=await organisers.names(desk.site, {one.actor for one in events}),
        states=queue.STATES,
        kinds={kind: one for kind, (one, _) in KINDS.items()},
    )


async def file(request: Request, desk: Desk) -> Response:
    """GET …/endorsements/{id}/minutes or /logo: to be saved; a page of ours may show the logo."""
    row, what = await found(request, desk), request.url.path.rpartition("/")[2]
    kept = await files.get(desk.site, row[what]) if what in FILES and row[what] else None
    if kept is None:
        raise NotFound
    if what == "minutes":
        await queue.looked(desk.site, row, "minutes", actor=desk.actor)
    return attachment(kept, f"{what}-{row.id.hex[-8:]}")


async def found(request: Request, desk: Desk) -> Row:
    """The endorsement of the address. Raises NotFound."""
    return await queue.find(desk.site, desk.statement.id, request.path_params["id"])


def _told(one: Shown) -> Shown:
    return one._replace(label=_LABELS.get(one.label, one.label))


def _joined(known: list[Double], asked: list[Double]) -> list[Double]:
    ids = {one.id for one in known}
    return [*known, *(one for one in asked if one.id not in ids)]


async def _before(desk: Desk, claim: Claim) -> list[Row]:
    """What the bodies that it may mean, or the one that it is bound to, gave earlier."""
    ids = {one.id for one in claim.doubles} | {claim.row.organisation_id}
    rows: list[Row] = await desk.site.store.review.list_of_body(
        statement_id=claim.row.statement_id, id=claim.row.id, organisation_ids=list(ids - {None})
    )
    return rows


def _address(request: Request) -> str:
    """This page with its filters, to come back to."""
    kept: list[Any] = [(name, value) for name, value in request.query_params.multi_items() if name != "done"]
    return str(request.url.replace(query="").include_query_params(**dict(kept)).replace(scheme="", netloc=""))
