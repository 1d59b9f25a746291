"""The desk's first page, and a campaign's: what waits, what stands."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, back, show
from petitions.organisers.roles import LABELS


async def home(request: Request, desk: Desk) -> Response:
    """The campaigns of this organiser; where there is one, straight to it."""
    campaigns = await desk.site.store.organisers.list_campaigns(organiser_id=desk.session.organiser_id)
    if len(campaigns) == 1:
        return back(request, "desk_campaign", campaign=campaigns[0].slug)
    return show(request, desk, "desk/home.html", campaigns=campaigns, roles=LABELS)


async def overview(request: Request, desk: Desk) -> Response:
    """The campaign's statements with their counts, and what waits for a decision."""
    statements = await desk.site.store.statements.list_of_campaign(campaign_id=desk.campaign.id)
    return show(request, desk, "desk/overview.html", statements=statements)
