"""The second officer's link: it only asks, and one button confirms or says "I don't know of this"."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.endorsements import SECOND, proof
from petitions.endorsements.proof import STANDING
from petitions.endorsements.shown import claimed
from petitions.errors import N_, TokenExpired
from petitions.mail import suppression
from petitions.proving import links
from petitions.proving.links import Key
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row
from petitions.web.guard import client_ip
from petitions.web.page import NO_STORE, page, redirect, url_maker


async def second_page(request: Request) -> Response:
    """What is claimed, and the button; afterwards what came of it."""
    site: Site = request.app.state.site
    _, row = await _find(site, request)
    return await _say(request, row)


async def second_button(request: Request) -> Response:
    """Confirmed, once; whatever else happened meanwhile is said by the same page."""
    site: Site = request.app.state.site
    key, _ = await _find(site, request)
    await throttle.spend(site, client_ip(request))
    await proof.confirm_second(site, key)
    return redirect(url_maker(request)("second", token=request.path_params["token"]))


async def not_me_page(request: Request) -> Response:
    """ "I don't know of this": one button."""
    site: Site = request.app.state.site
    _, row = await _find(site, request)
    return await _say(request, row, refusing=True)


async def not_me(request: Request) -> Response:
    """They are forgotten; then the page that asks whether letters shall stop."""
    site: Site = request.app.state.site
    key, row = await _find(site, request)
    await throttle.spend(site, client_ip(request))
    address_key = await proof.refuse_second(site, key)
    if address_key is None:
        return redirect(url_maker(request)("second", token=request.path_params["token"]))
    statement = await statements.of(site, row.statement_id)
    token = suppression.token(site, address_key, statement.campaign_id)
    return redirect(url_maker(request)("unsubscribe", token=token))


async def _find(site: Site, request: Request) -> tuple[Key, Row]:
    """The endorsement of a letter's link. Raises TokenInvalid, TokenExpired: it was deleted."""
    key = links.read(site, SECOND, request.path_params["token"])
    row = await proof.find(site, key)
    if row is None:
        raise TokenExpired(_GONE)
    return key, row


_GONE = N_("What this link belonged to was deleted.")


async def _say(request: Request, row: Row, *, refusing: bool = False) -> Response:
    site: Site = request.app.state.site
    statement = await statements.of(site, row.statement_id)
    open_ = row.second_key is not None and row.second_confirmed_at is None
    asks = open_ and (refusing or row.state in STANDING)
    return page(
        request,
        "endorsements/second.html" if asks else "endorsements/second_done.html",
        headers=NO_STORE,
        language=statement.language,
        statement=statement,
        endorsement=row,
        claimed=claimed(row),
        refusing=refusing,
        token=request.path_params["token"],
    )
