"""Asking for the link, and the pages behind it. Every act answers 303 back to the link's page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import wraps

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from petitions import addresses, throttle
from petitions.addresses import AddressError
from petitions.errors import N_, Closed, NotFound, TokenExpired
from petitions.forms import Problem, read_fields
from petitions.my import LINKS_A_DAY, actions, held, officer
from petitions.my.download import portable
from petitions.my.held import Held
from petitions.signatures import forms
from petitions.statements import stamp
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.guard import client_ip
from petitions.web.page import page, redirect, site_of

PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "same-origin"}
DONE = ("changed", "withdrawn", "restored", "moved", "erased", "corrected", "waits", "same", "taken-back")
"""What the page may say was just done."""

STALE = N_(
    "This page was open for a long time, or the words on it have changed since. "
    "Nothing was changed: please read it once more and send it again."
)

Linked = Callable[[Request, bytes], Awaitable[Response]]


def linked(view: Linked) -> Callable[[Request], Awaitable[Response]]:
    """A view behind the letter's link: it gets the address key, or the visitor a page that offers a new link.

    What a rule forbids is said on the link's own page, where the other acts stand.
    """

    @wraps(view)
    async def opened(request: Request) -> Response:
        try:
            address_key = await actions.open_link(site_of(request), request.path_params["token"])
        except TokenExpired:
            return page(request, "my/expired.html", status=410, headers=PRIVATE)
        try:
            return await view(request, address_key)
        except Closed as refusal:
            return await _show(request, address_key, notice=refusal.sentence, status=409)

    return opened


async def ask_page(request: Request) -> Response:
    """The form that takes an address."""
    return _ask_page(request, "", [])


async def ask(request: Request) -> Response:
    """One answer for all addresses, by construction: only the worker looks whether it is known."""
    site = site_of(request)
    typed = read_fields(await read_form(request), {"email"}).get("email", "")
    await throttle.spend(site, client_ip(request))
    try:
        address = addresses.check(typed)
    except AddressError as error:
        return _ask_page(request, typed, [Problem("email", error.sentence, error.values)])
    await actions.ask(site, address, site.settings.language)
    return redirect(request.app.url_path_for("my_asked"))


async def asked(request: Request) -> Response:
    """What happens now, true for every address."""
    return page(request, "my/asked.html", headers=PRIVATE, per_day=LINKS_A_DAY)


@linked
async def show(request: Request, address_key: bytes) -> Response:
    """Everything held for the address."""
    done = request.query_params.get("done", "")
    return await _show(request, address_key, done=done if done in DONE else "")


@linked
async def change(request: Request, address_key: bytes) -> Response:
    """What is shown and allowed, as the form says it now."""
    site = site_of(request)
    items = await read_form(request)
    await throttle.spend(site, client_ip(request))
    item = held.one(await held.everything(site, address_key), _signature(items))
    if item.form is None:
        raise NotFound
    typed = read_fields(items, forms.names(item.form))
    form = forms.read(item.form, typed)
    if not stamp.fresh(site, item.statement, form.text_ids, typed.get("stamp", "")):
        form.problems.append(Problem("", STALE))
    if form.problems:
        return await _show(request, address_key, wrong=replace(item, form=form), status=422)
    await actions.change(site, address_key, held.read_key(item.key), form)
    return back(request, "changed")


@linked
async def withdraw_page(request: Request, address_key: bytes) -> Response:
    """What withdrawing means, and one button."""
    return await _one(request, address_key, "my/withdraw.html")


@linked
async def withdraw(request: Request, address_key: bytes) -> Response:
    await actions.withdraw(site_of(request), address_key, await _key(request))
    return back(request, "withdrawn")


@linked
async def restore(request: Request, address_key: bytes) -> Response:
    await actions.restore(site_of(request), address_key, await _key(request))
    return back(request, "restored")


@linked
async def reconsent(request: Request, address_key: bytes) -> Response:
    """From an earlier version to the one that was on the page."""
    site = site_of(request)
    items = await read_form(request)
    await throttle.spend(site, client_ip(request))
    item = held.one(await held.everything(site, address_key), _signature(items))
    typed = read_fields(items, {"version", "stamp"})
    version = typed.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 6):
        raise NotFound
    if item.form is None or not stamp.fresh(site, item.statement, item.form.text_ids, typed.get("stamp", "")):
        return await _show(request, address_key, notice=STALE, status=409)
    await actions.reconsent(site, address_key, held.read_key(item.key), int(version), item.form.act)
    return back(request, "moved")


@linked
async def erase_page(request: Request, address_key: bytes) -> Response:
    """What erasing means, and one button."""
    return await _one(request, address_key, "my/erase.html")


@linked
async def erase(request: Request, address_key: bytes) -> Response:
    """Back to what is left; where nothing is, the link is dead and the last page says so."""
    if await actions.erase(site_of(request), address_key, await _key(request)):
        return redirect(request.app.url_path_for("my_erased"))
    return back(request, "erased")


async def erased(request: Request) -> Response:
    """Nothing is held any more."""
    return page(request, "my/erased.html", headers=PRIVATE)


@linked
async def download(request: Request, address_key: bytes) -> Response:
    """The same as a file for machines."""
    site = site_of(request)
    signed, offices = await held.everything(site, address_key), await officer.everything(site, address_key)
    found = await portable(site, address_key, signed, offices)
    name = {"Content-Disposition": 'attachment; filename="my-signatures.json"'}
    return JSONResponse(found, headers={**PRIVATE, **name})


def _ask_page(request: Request, value: str, problems: list[Problem]) -> Response:
    status = 422 if problems else 200
    return page(request, "my/ask.html", status=status, headers=PRIVATE, value=value, problems=problems)


async def _show(
    request: Request,
    address_key: bytes,
    *,
    wrong: Held | None = None,
    notice: str = "",
    done: str = "",
    status: int = 200,
) -> Response:
    found = await held.everything(site_of(request), address_key)
    offices = await officer.everything(site_of(request), address_key)
    about = [*(item.statement for item in found), *offices.statements]
    shown = [wrong if wrong and wrong.key == item.key else item for item in found]
    return page(
        request,
        "my/show.html",
        status=status,
        headers=PRIVATE,
        language=about[0].language if about else None,
        statement=_imprint(about),
        signatures=shown,
        endorsements=offices.endorsements,
        submissions=offices.submissions,
        problems=wrong.form.problems if wrong and wrong.form else [],
        wrong_key=wrong.key if wrong else "",
        notice=notice,
        done=done,
        token=request.path_params["token"],
    )


async def _one(request: Request, address_key: bytes, template: str) -> Response:
    """A page about one signature, named in the query."""
    found = await held.everything(site_of(request), address_key)
    item = held.one(found, request.query_params.get("signature", ""))
    return page(
        request,
        template,
        headers=PRIVATE,
        language=item.statement.language,
        statement=item.statement,
        signature=item.signature,
        held=item,
        key=item.key,
        token=request.path_params["token"],
    )


async def _key(request: Request) -> held.Key:
    """The signature that a form of one button names. Raises NotFound, Throttled."""
    items = await read_form(request)
    await throttle.spend(site_of(request), client_ip(request))
    return held.read_key(_signature(items))


def _signature(items: list[tuple[str, str]]) -> str:
    return read_fields(items, {"signature"}).get("signature", "")


def _imprint(statements: list[Row]) -> Row | None:
    """The statement whose campaign stands in the page's imprint, where all are of one campaign."""
    one_campaign = len({one.campaign_id for one in statements}) == 1
    return statements[0] if one_campaign else None


def back(request: Request, done: str) -> Response:
    """To the link's page, which says what was just done."""
    path = request.app.url_path_for("my_signatures", token=request.path_params["token"])
    return redirect(f"{path}?done={done}")
