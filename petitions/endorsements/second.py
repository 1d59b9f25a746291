"""The second officer's link: it only asks, and one button confirms or says "I don't know of this".

It belongs to whom it was mailed to: where another second officer is named meanwhile, it says that it isn't needed.
"""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.endorsements import proof
from petitions.endorsements.proof import STANDING
from petitions.endorsements.shown import claimed
from petitions.errors import N_, TokenExpired
from petitions.mail import suppression
from petitions.statements import actions as statements
from petitions.storage.store import Row
from petitions.web.guard import client_ip
from petitions.web.page import NO_STORE, page, redirect, site_of, url_maker


class Asked(NamedTuple):
    """The endorsement of a link, and whether whom the link was mailed to is still named there."""

    row: Row
    named: bool

    @property
    def unanswered(self) -> bool:
        return self.named and self.row.second_confirmed_at is None and self.row.second_refused_at is None

    @property
    def waits(self) -> bool:
        """Whether it asks them still, be it by another letter."""
        return self.unanswered and self.row.state in STANDING and self.row.in_time


async def second_page(request: Request) -> Response:
    """What is claimed, and the button; afterwards what came of it."""
    asked = await _find(request)
    if not asked.waits:
        return await _say(request, asked, "endorsements/second_done.html")
    if not asked.row.second_link_good:
        return await _say(request, asked, "endorsements/second_expired.html", status=410)
    return await _say(request, asked, "endorsements/second.html")


async def second_button(request: Request) -> Response:
    """Confirmed, once; whatever else happened meanwhile is said by the same page."""
    asked = await _find(request)
    await throttle.spend(site_of(request), client_ip(request))
    if asked.named:
        await proof.confirm_second(site_of(request), asked.row)
    return _back(request, "second")


async def new_letter(request: Request) -> Response:
    """A link that ran out: a new letter to the same address."""
    asked = await _find(request)
    await throttle.spend(site_of(request), client_ip(request))
    if asked.named:
        await proof.ask_second_again(site_of(request), asked.row)
    return _back(request, "second", "?sent=1")


async def not_me_page(request: Request) -> Response:
    """ "I don't know of this": one button."""
    asked = await _find(request)
    template = "endorsements/second.html" if asked.unanswered else "endorsements/second_done.html"
    return await _say(request, asked, template, refusing=True)


async def not_me(request: Request) -> Response:
    """They are forgotten; then the page that asks whether letters shall stop."""
    site = site_of(request)
    asked = await _find(request)
    await throttle.spend(site, client_ip(request))
    address_key = await proof.refuse_second(site, asked.row) if asked.named else None
    if address_key is None:
        return _back(request, "second")
    statement = await statements.of(site, asked.row.statement_id)
    token = suppression.token(site, address_key, statement.campaign_id)
    return redirect(url_maker(request)("unsubscribe", token=token))


async def _find(request: Request) -> Asked:
    """Raises TokenInvalid, TokenExpired: too old, or the endorsement was deleted."""
    row, named = await proof.find_second(site_of(request), request.path_params["token"])
    if row is None:
        raise TokenExpired(_GONE)
    return Asked(row, named)


_GONE = N_("What this link belonged to was deleted.")


def _back(request: Request, name: str, query: str = "") -> Response:
    return redirect(url_maker(request)(name, token=request.path_params["token"]) + query)


async def _say(
    request: Request, asked: Asked, template: str, *, status: int = 200, refusing: bool = False
) -> Response:
    statement = await statements.of(site_of(request), asked.row.statement_id)
    return page(
        request,
        template,
        status=status,
        headers=NO_STORE,
        language=statement.language,
        statement=statement,
        endorsement=asked.row,
        named=asked.named,
        unanswered=asked.unanswered,
        claimed=claimed(asked.row),
        refusing=refusing,
        sent=bool(request.query_params.get("sent")),
        token=request.path_params["token"],
    )
