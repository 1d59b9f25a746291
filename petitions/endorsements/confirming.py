"""From the letter to the queue: three ways in which an officer confirms; "this wasn't me" (signing.md §4)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.endorsements import PURPOSE, proof
from petitions.endorsements.proof import BOOK, THANKED
from petitions.endorsements.shown import shown
from petitions.errors import N_, TokenExpired
from petitions.mail import suppression
from petitions.mail.hourly import slow_minutes
from petitions.mail.outbox import late_minutes
from petitions.markdown import to_html
from petitions.proving import cookie, links
from petitions.proving.cookie import Mark
from petitions.proving.grid import on_the_grid
from petitions.proving.links import Key
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.guard import client_ip
from petitions.web.page import NO_STORE, page, redirect, url_maker


async def check_email(request: Request, *, problem: str | None = None) -> Response:
    """The page after the form: the same for everybody, and where the code is typed."""
    site: Site = request.app.state.site
    statement = await statements.find(site, request.path_params["statement"])
    return page(
        request,
        "endorsements/check_email.html",
        status=422 if problem else 200,
        headers=NO_STORE,
        language=statement.language,
        statement=statement,
        code_possible=bool(_armed(request, statement)),
        late_minutes=await late_minutes(site),
        slow_minutes=await slow_minutes(site),
        problem=problem,
        per_day=site.settings.letters_per_day,
        per_month=site.settings.letters_per_month,
    )


async def enter_code(request: Request) -> Response:
    """The six digits, typed in the browser that filled in the form."""
    site: Site = request.app.state.site
    statement = await statements.find(site, request.path_params["statement"])
    fields = dict(await read_form(request))
    await throttle.spend(site, client_ip(request))
    async with on_the_grid():
        tried = await proof.enter_code(site, _armed(request, statement), fields.get("code", ""))
    if tried.key is None:
        return await check_email(request, problem=_WRONG)
    if not tried.confirmed:
        return await check_email(request, problem=_OVER)
    return _thanked(request, statement, tried.key)


# One sentence for every code that fails: a closer one would tell whether the address is known.
_WRONG = N_(
    "This code can't be used. It has to be the one of your latest letter, at most 30 minutes old, and it can be "
    "tried five times. You can also use the link in the letter, or ask for another letter."
)
_OVER = N_("This endorsement can't be confirmed any more: it is confirmed already, or its time is over.")


async def send_again(request: Request) -> Response:
    """Another letter for the newest claim of this browser."""
    site: Site = request.app.state.site
    statement = await statements.find(site, request.path_params["statement"])
    await throttle.spend(site, client_ip(request))
    async with on_the_grid():
        for one in _armed(request, statement)[:1]:
            await proof.ask_again(site, one.statement_id, mark=one.mark)
    return redirect(url_maker(request)("endorse_check_email", statement=statement.slug))


async def someone_else(request: Request) -> Response:
    """Another officer uses this device: the cookies go, the empty form comes."""
    statement = await statements.find(request.app.state.site, request.path_params["statement"])
    response = redirect(url_maker(request)("endorse", statement=statement.slug))
    cookie.disarm(request, response, BOOK, THANKED)
    return response


async def thanks(request: Request) -> Response:
    """What happens to the endorsement that this browser just confirmed."""
    site: Site = request.app.state.site
    statement = await statements.find(site, request.path_params["statement"])
    pair = cookie.thanked(request, THANKED)
    row = await proof.find(site, Key(*pair)) if pair and pair[0] == statement.id else None
    if row is None:
        return redirect(url_maker(request)("statement", statement=statement.slug))
    return page(
        request,
        "endorsements/thanks.html",
        headers=NO_STORE,
        language=statement.language,
        statement=statement,
        endorsement=row,
        per_day=site.settings.letters_per_day,
        address=f"{site.settings.base_url}/{statement.slug}",
    )


async def confirm_link(request: Request) -> Response:
    """A letter's link: confirms in the browser that filled in the form, else only asks."""
    site: Site = request.app.state.site
    key, row = await _find(site, request)
    statement = await statements.of(site, row.statement_id)
    if row.state != "pending" or not links.one_click(request, Mark(row.statement_id, row.fingerprint), BOOK):
        return await _ask(request, statement, row)
    if await proof.confirm(site, row, "link"):
        return _thanked(request, statement, key)
    return await _ask(request, statement, await _row(site, key))


async def confirm_button(request: Request) -> Response:
    """The button on that page."""
    site: Site = request.app.state.site
    key = links.read(site, PURPOSE, request.path_params["token"])
    await throttle.spend(site, client_ip(request))
    async with site.store.held():
        row = await _row(site, key)
        confirmed = await proof.confirm(site, row, "button")
    statement = await statements.of(site, row.statement_id)
    if confirmed:
        return _thanked(request, statement, key)
    return await _ask(request, statement, await _row(site, key))


async def new_letter(request: Request) -> Response:
    """A link that ran out: send a new letter to the same address."""
    site: Site = request.app.state.site
    key, row = await _find(site, request)
    await throttle.spend(site, client_ip(request))
    await proof.ask_again(site, key.statement_id, id=key.id)
    statement = await statements.of(site, row.statement_id)
    return redirect(url_maker(request)("endorse_check_email", statement=statement.slug))


async def not_me_page(request: Request) -> Response:
    """ "This wasn't me": one button."""
    site: Site = request.app.state.site
    _, row = await _find(site, request)
    statement = await statements.of(site, row.statement_id)
    return page(
        request,
        "endorsements/not_me.html",
        headers=NO_STORE,
        language=statement.language,
        statement=statement,
        pending=row.state == "pending",
        token=request.path_params["token"],
    )


async def not_me(request: Request) -> Response:
    """The claim is deleted; then the page that asks whether letters shall stop."""
    site: Site = request.app.state.site
    key, row = await _find(site, request)
    await throttle.spend(site, client_ip(request))
    address_key = await proof.not_me(site, key)
    if address_key is None:
        return redirect(url_maker(request)("endorsement_not_me", token=request.path_params["token"]))
    statement = await statements.of(site, row.statement_id)
    token = suppression.token(site, address_key, statement.campaign_id)
    return redirect(url_maker(request)("unsubscribe", token=token))


def _armed(request: Request, statement: Row) -> list[Mark]:
    return [mark for mark in cookie.armed(request, BOOK) if mark.statement_id == statement.id]


async def _find(site: Site, request: Request) -> tuple[Key, Row]:
    """The claim of a letter's link. Raises TokenInvalid, TokenExpired: purged, or never there."""
    key = links.read(site, PURPOSE, request.path_params["token"])
    return key, await _row(site, key)


async def _row(site: Site, key: Key) -> Row:
    row = await proof.find(site, key)
    if row is None:
        raise TokenExpired(_GONE)
    return row


_GONE = N_(
    "What this link belonged to was deleted. If your organisation wants to add its name, please fill in the "
    "form again."
)


def _thanked(request: Request, statement: Row, key: Key) -> Response:
    response = redirect(url_maker(request)("endorse_thanks", statement=statement.slug))
    cookie.thank(request, response, key, THANKED)
    return response


async def _ask(request: Request, statement: Row, row: Row) -> Response:
    """The page behind a link, by the state of its claim."""
    about = {"headers": NO_STORE, "language": statement.language, "statement": statement}
    if row.state != "pending":
        return page(request, "endorsements/confirmed.html", **about)
    about["token"] = request.path_params["token"]
    if not row.link_good:
        about |= {"closed": not row.in_time, "can_renew": row.in_time and row.can_ask_again}
        return page(request, "endorsements/expired.html", status=410, **about)
    return await _button(request, row, about)


async def _button(request: Request, row: Row, about: dict[str, Any]) -> Response:
    site: Site = request.app.state.site
    statement = about["statement"]
    version = await site.store.statements.find_version(statement_id=row.statement_id, number=row.version)
    texts = await site.store.endorsements.list_agreed(
        statement_id=row.statement_id, ids=row.consent_ids or []
    )
    return page(
        request,
        "endorsements/confirm.html",
        imported=row.via == "import",
        second=row.second_key is not None,
        shown=shown(statement, row),
        consents=[text.wording for text in texts],
        newer=row.version != statement.version,
        title=version.title,
        text=to_html(version.body),
        **about,
    )
