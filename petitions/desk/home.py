"""The desk's first page, and a campaign's: what waits, what stands."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, back, show
from petitions.errors import N_
from petitions.organisers.roles import LABELS, MODERATORS, sees_drafts
from petitions.storage.store import Row


async def home(request: Request, desk: Desk) -> Response:
    """The campaigns of this organiser; where there is one, straight to it."""
    campaigns = await desk.site.store.organisers.list_campaigns(organiser_id=desk.session.organiser_id)
    if len(campaigns) == 1:
        return back(request, "desk_campaign", campaign=campaigns[0].slug)
    return show(request, desk, "desk/home.html", campaigns=campaigns, roles=LABELS)


async def overview(request: Request, desk: Desk) -> Response:
    """The campaign's statements with their counts, and what waits for a decision."""
    statements = await desk.site.store.statements.list_of_campaign(
        campaign_id=desk.campaign.id, drafts=sees_drafts(desk.role)
    )
    return show(
        request,
        desk,
        "desk/overview.html",
        statements=statements,
        waiting=await _waiting(desk),
        queues=QUEUES,
    )


QUEUES = {
    "desk_endorsements": N_("endorsements"),
    "desk_comments": N_("comments"),
    "desk_reports": N_("reports"),
}
"""Route → what waits there."""


async def _waiting(desk: Desk) -> dict[UUID, dict[str, Row]]:
    """Statement id → route → how many wait and since when; for those who may look at the queues."""
    if desk.role not in MODERATORS:
        return {}
    store, found = desk.site.store, defaultdict[UUID, dict[str, Row]](dict)
    counts = {
        "desk_endorsements": store.review.count_waiting,
        "desk_comments": store.comments.count_waiting,
        "desk_reports": store.reports.count_waiting,
    }
    for route, count in counts.items():
        for row in await count(campaign_id=desk.campaign.id):
            found[row.statement_id][route] = row
    return found
