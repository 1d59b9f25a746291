"""From the letter to the signature: the three ways to confirm, and "this wasn't me" (signing.md §4)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.errors import N_, TokenExpired
from petitions.mail import suppression
from petitions.mail.hourly import slow_minutes
from petitions.mail.outbox import late_minutes
from petitions.markdown import to_html
from petitions.proving import cookie, links
from petitions.proving.cookie import Mark
from petitions.proving.grid import on_the_grid
from petitions.proving.links import Key
from petitions.signatures import PURPOSE, actions
from petitions.signatures.actions import Outcome
from petitions.signatures.shown import shown
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
        "signatures/check_email.html",
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
        tried = await actions.enter_code(site, _armed(request, statement), fields.get("code", ""))
    if tried.key is None:
        return await check_email(request, problem=_WRONG)
    if tried.outcome is Outcome.OVER:
        return await check_email(request, problem=_OVER)
    return await _answered(request, statement, tried.key, tried.outcome)


# One sentence for every code that fails: a closer one would tell whether the address is known.
_WRONG = N_(
    "This code can't be used. It has to be the one of your latest letter, at most 30 minutes old, and it can be "
    "tried five times. You can also use the link in the letter, or ask for another letter."
)
_OVER = N_("This signature can't be confirmed any more: it is confirmed already, or its time is over.")


async def send_again(request: Request) -> Response:
    """Another letter for the newest attempt of this browser."""
    site: Site = request.app.state.site
    statement = await statements.find(site, request.path_params["statement"])
    await throttle.spend(site, client_ip(request))
    async with on_the_grid():
        for mark in _armed(request, statement)[:1]:
            await actions.ask_again(site, mark)
    return redirect(url_maker(request)("check_email", statement=statement.slug))


async def someone_else(request: Request) -> Response:
    """Another person signs on this device: the cookie goes, the empty form comes."""
    statement = await statements.find(request.app.state.site, request.path_params["statement"])
    response = redirect(url_maker(request)("statement", statement=statement.slug) + "#sign")
    cookie.disarm(request, response)
    return response


async def confirm_link(request: Request) -> Response:
    """A letter's link: confirms in the browser that filled in the form, else only asks."""
    site: Site = request.app.state.site
    key, row = await _find(site, request)
    statement = await statements.of(site, row.statement_id)
    if row.state == "pending" and row.link_good and links.one_click(request, _mark(row)):
        return await _answered(request, statement, key, await actions.confirm(site, row, "link"))
    if row.state == "pending" and request.method == "GET":
        await site.store.signatures.open_link(statement_id=row.statement_id, id=row.id)
    return await _ask(request, statement, row)


async def confirm_button(request: Request) -> Response:
    """The button on that page."""
    site: Site = request.app.state.site
    key = links.read(site, PURPOSE, request.path_params["token"])
    await throttle.spend(site, client_ip(request))
    async with site.store.held():
        row = await _row(site, key)
        outcome = await actions.confirm(site, row, "button")
    statement = await statements.of(site, row.statement_id)
    if outcome is Outcome.OVER:
        return await _ask(request, statement, await _row(site, key))
    return await _answered(request, statement, key, outcome)


async def new_letter(request: Request) -> Response:
    """A link that ran out: send a new letter to the same address."""
    site: Site = request.app.state.site
    _, row = await _find(site, request)
    await throttle.spend(site, client_ip(request))
    await actions.ask_again(site, _mark(row))
    statement = await statements.of(site, row.statement_id)
    return redirect(url_maker(request)("check_email", statement=statement.slug))


async def not_me_page(request: Request) -> Response:
    """ "This wasn't me": one button."""
    site: Site = request.app.state.site
    _, row = await _find(site, request)
    statement = await statements.of(site, row.statement_id)
    return page(
        request,
        "signatures/not_me.html",
        headers=NO_STORE,
        language=statement.language,
        statement=statement,
        pending=row.state == "pending",
        token=request.path_params["token"],
    )


async def not_me(request: Request) -> Response:
    """The attempt is deleted; then the page that asks whether letters shall stop."""
    site: Site = request.app.state.site
    key, row = await _find(site, request)
    await throttle.spend(site, client_ip(request))
    address_key = await actions.not_me(site, key)
    if address_key is None:
        return redirect(url_maker(request)("not_me", token=request.path_params["token"]))
    statement = await statements.of(site, row.statement_id)
    token = suppression.token(site, address_key, statement.campaign_id)
    return redirect(url_maker(request)("unsubscribe", token=token))


def _armed(request: Request, statement: Row) -> list[Mark]:
    return [mark for mark in cookie.armed(request) if mark.statement_id == statement.id]


def _mark(row: Row) -> Mark:
    return Mark(row.statement_id, row.fingerprint)


async def _find(site: Site, request: Request) -> tuple[Key, Row]:
    """The attempt of a letter's link. Raises TokenInvalid, TokenExpired: purged, or never there."""
    key = links.read(site, PURPOSE, request.path_params["token"])
    return key, await _row(site, key)


async def _row(site: Site, key: Key) -> Row:
    row: Row | None = await site.store.signatures.find(statement_id=key.statement_id, id=key.id)
    if row is None:
        raise TokenExpired(_GONE)
    return row


_GONE = N_("What this link belonged to was deleted. If you want to sign, please fill in the form again.")


async def _answered(request: Request, statement: Row, key: Key, outcome: Outcome | None) -> Response:
    if outcome is Outcome.CONFIRMED:
        response = redirect(url_maker(request)("thanks", statement=statement.slug))
        cookie.thank(request, response, key)
        return response
    if outcome is Outcome.ALREADY:
        site: Site = request.app.state.site
        standing = await actions.standing(site, await _row(site, key))
        return _said(request, "signatures/already.html", statement, standing)
    return _said(request, "signatures/confirmed.html", statement, "confirmed")


async def _ask(request: Request, statement: Row, row: Row) -> Response:
    """The page behind a link, by the state of its attempt."""
    site: Site = request.app.state.site
    token = request.path_params["token"]
    language = statement.language
    if row.state != "pending":
        template = "signatures/already.html" if row.state == "superseded" else "signatures/confirmed.html"
        return _said(request, template, statement, await actions.standing(site, row))
    if not row.link_good:
        return page(
            request,
            "signatures/expired.html",
            status=410,
            headers=NO_STORE,
            language=language,
            statement=statement,
            token=token,
            can_renew=row.in_time,
        )
    return await _button(request, statement, row, token)


def _said(request: Request, template: str, statement: Row, standing: str) -> Response:
    """`standing`: the state of the signature that stands; "" where none does."""
    return page(
        request,
        template,
        headers=NO_STORE,
        language=statement.language,
        statement=statement,
        stands=standing == "confirmed",
        set_aside=standing in ("held", "invalidated"),
    )


async def _button(request: Request, statement: Row, row: Row, token: str) -> Response:
    site: Site = request.app.state.site
    version = await site.store.statements.find_version(statement_id=statement.id, number=row.version)
    texts = await site.store.signatures.list_agreed(statement_id=statement.id, ids=row.consent_ids or [])
    return page(
        request,
        "signatures/confirm.html",
        headers=NO_STORE,
        language=statement.language,
        statement=statement,
        signature=row,
        shown=shown(statement, row),
        consents=[text.wording for text in texts],
        newer=row.version != statement.version,
        title=version.title,
        text=to_html(version.body),
        token=token,
    )
