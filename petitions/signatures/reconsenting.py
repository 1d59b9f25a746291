"""Behind the link of a letter that asks to sign a newer version: what changed, the new text, and one button."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.errors import N_, Closed
from petitions.forms import read_fields
from petitions.markdown import to_html
from petitions.proving.links import Key
from petitions.signatures import reconsent
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements import stamp
from petitions.statements.differences import differences, shortened
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.guard import client_ip
from petitions.web.page import page, redirect, site_of, url_maker

PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "same-origin"}
STALE = N_(
    "This page was open for a long time, or the words on it have changed since. "
    "Nothing was changed: please read it once more and send it again."
)


async def reconsent_page(request: Request) -> Response:
    """GET /reconsent/{token}: it only asks."""
    return await _show(request, await reconsent.open_link(site_of(request), request.path_params["token"]))


async def reconsent_button(request: Request) -> Response:
    """The signature moves to the version that was on the page."""
    site = site_of(request)
    token = request.path_params["token"]
    signature = await reconsent.open_link(site, token)
    typed = read_fields(await read_form(request), {"version", "stamp"})
    await throttle.spend(site, client_ip(request))
    statement = await statements.of(site, signature.statement_id)
    texts = await statements.consents(site, statement, statement.language)
    version = typed.get("version", "")
    fresh = stamp.fresh(site, statement, [one.id for one in texts], typed.get("stamp", ""))
    if not fresh or version != str(statement.version):
        return await _show(request, signature, notice=STALE)
    try:
        await reconsent.agree(site, Key(signature.statement_id, signature.id), int(version), texts[0])
    except Closed as refusal:
        return await _show(request, signature, notice=refusal.sentence)
    return redirect(url_maker(request)("reconsent", token=token))


async def _show(request: Request, signature: Row, *, notice: str = "") -> Response:
    site: Site = site_of(request)
    statement = await statements.of(site, signature.statement_id)
    texts = await statements.consents(site, statement, statement.language)
    signed = await site.store.statements.find_version(statement_id=statement.id, number=signature.version)
    changes = await asyncio.to_thread(differences, signed.body, statement.body)
    return page(
        request,
        "statements/reconsent.html",
        status=409 if notice else 200,
        headers=PRIVATE,
        language=statement.language,
        statement=statement,
        signature=signature,
        signed=signed,
        changes=shortened(changes),
        text=to_html(statement.body),
        wording=texts[0].wording,
        stamp=stamp.make(site, statement, texts),
        notice=notice,
        token=request.path_params["token"],
    )
