"""The unsubscribe page, and, for newcomers without SMTP, the letters that were kept."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from petitions.errors import NotFound
from petitions.forms import read_fields
from petitions.mail import suppression
from petitions.site import Site
from petitions.web.body import read_form
from petitions.web.guard import is_at_home
from petitions.web.page import page, redirect, site_of

ONE_CLICK = "List-Unsubscribe"  # RFC 8058 §3.1: mail programs POST this field, with the value "One-Click"


async def unsubscribe_page(request: Request) -> Response:
    """The letters that an address gets; looking changes nothing, mail scanners look at every link."""
    return await _choices(request, saved="saved" in request.query_params)


async def unsubscribe(request: Request) -> Response:
    """Exactly the ticked scopes from now on. From a mail program (RFC 8058): no letters of this campaign."""
    site = site_of(request)
    address_key, campaign_id = suppression.read_token(site, request.path_params["token"])
    fields = read_fields(await read_form(request), {ONE_CLICK, *suppression.SCOPES})
    if ONE_CLICK in fields:
        await suppression.suppress(site, address_key, "campaign", campaign_id)
        return await _choices(request, saved=True)
    chosen = fields.keys() & set(suppression.SCOPES)
    await suppression.choose(site, address_key, campaign_id, chosen)
    return redirect(f"{request.url.path}?saved=1")


async def _choices(request: Request, *, saved: bool) -> Response:
    site = site_of(request)
    address_key, campaign_id = suppression.read_token(site, request.path_params["token"])
    campaign = await site.store.mail.find_campaign(id=campaign_id)
    if campaign is None:
        raise NotFound
    return page(
        request,
        "mail/unsubscribe.html",
        campaign=campaign,
        campaign_name=campaign.name,
        scopes=await suppression.in_force(site, address_key, campaign_id),
        saved=saved,
    )


async def kept_letters(request: Request) -> Response:
    """The letters kept because there is no SMTP, newest first; for the person at this machine alone."""
    site = _workshop(request)
    return page(request, "mail/letters.html", letters=await site.store.outbox.list_kept())


async def kept_letter(request: Request) -> Response:
    """One kept letter: its text and its links."""
    site = _workshop(request)
    found = await site.store.outbox.find_kept(id=request.path_params["id"])
    if found is None:
        raise NotFound
    links = dict.fromkeys(re.findall(r"https?://\S+", found.text))
    return page(request, "mail/letter.html", letter=found, links=list(links))


def _workshop(request: Request) -> Site:
    site = site_of(request)
    if site.settings.smtp_url or not is_at_home(request):
        raise NotFound
    return site
