"""The pages that every campaign has without writing them: privacy, imprint, accessibility, terms (privacy.md 14)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from petitions.campaigns import actions
from petitions.campaigns.retention import CONSENT_YEARS, DAYS
from petitions.errors import NotFound
from petitions.files import actions as files
from petitions.markdown import to_html
from petitions.site import Site
from petitions.storage.store import Row
from petitions.web.attachment import inline_image
from petitions.web.page import page
from petitions.web.reading import reading


async def privacy(request: Request) -> Response:
    """What is asked, agreed to, shown, kept and for how long, from the facts in force."""
    site: Site = request.app.state.site
    campaign = await actions.find(site, request.path_params["campaign"])
    statements = await site.store.campaigns.list_statements(campaign_id=campaign.id)
    return page(
        request,
        "campaigns/privacy.html",
        campaign=campaign,
        statements=statements,
        fields=_asked(statements),
        consents=_by_statement(await site.store.campaigns.list_consents(campaign_id=campaign.id)),
        partners=campaign.partners,
        retention=campaign.retention_months,
        days=DAYS,
        consent_years=CONSENT_YEARS,
        added=to_html(campaign.additions.get("privacy", "")),
    )


async def imprint(request: Request) -> Response:
    """Who answers for these pages."""
    return await _generated(request, "imprint")


async def accessibility(request: Request) -> Response:
    """What can be expected, and whom to tell."""
    return await _generated(request, "accessibility")


async def terms(request: Request) -> Response:
    """What signing means."""
    return await _generated(request, "terms")


@reading
async def logo(request: Request) -> Response:
    """GET /campaigns/{campaign}/logo/{digest}.webp: as long as it is the campaign's."""
    site: Site = request.app.state.site
    campaign = await actions.find(site, request.path_params["campaign"])
    row = await files.get(site, campaign.logo) if campaign.logo else None
    if row is None or campaign.logo.hex() != request.path_params["digest"]:
        raise NotFound
    return inline_image(row)


async def _generated(request: Request, name: str) -> Response:
    site: Site = request.app.state.site
    campaign = await actions.find(site, request.path_params["campaign"])
    added = to_html(campaign.additions.get(name, ""))
    return page(request, f"campaigns/{name}.html", campaign=campaign, days=DAYS, added=added)


def _asked(statements: Iterable[Row]) -> list[dict[str, Any]]:
    """Each field that any of the statements asks, once; the campaign's own ones by their labels."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for statement in statements:
        for field in statement.fields:
            found.setdefault((field["name"], field.get("label", "")), field)
    return list(found.values())


def _by_statement(texts: Iterable[Row]) -> dict[Any, list[str]]:
    found: dict[Any, list[str]] = {}
    for text in texts:
        found.setdefault(text.statement_id, []).append(text.wording)
    return found
