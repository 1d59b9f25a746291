"""What everybody sees first: home, a campaign's page, a statement's page and its form."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from petitions import throttle
from petitions.campaigns import actions as campaigns
from petitions.endorsements import listing
from petitions.errors import N_
from petitions.forms import read_fields
from petitions.front.count import next_goal, public_facts
from petitions.markdown import to_html
from petitions.proving import cookie
from petitions.shelf import LONGEST
from petitions.signatures import actions, forms, sources
from petitions.signatures.forms import SignForm
from petitions.signatures.views import share_links
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements import picture, qr, stamp
from petitions.storage.store import Row
from petitions.web.body import read_form
from petitions.web.guard import client_ip
from petitions.web.kept import hangs_on
from petitions.web.page import page, redirect, url_maker
from petitions.web.reading import reading

LATEST = 30
BODIES = 12  # organisations on a statement's page
COMMENTS = 6
PUBLIC = {"Cache-Control": "public, max-age=5, stale-while-revalidate=60"}


@reading
async def home(request: Request) -> Response:
    """The open statements; with one campaign alone, its page."""
    site: Site = request.app.state.site
    hosts = await site.store.campaigns.list_all()
    if len(hosts) == 1:
        return await _campaign(request, hosts[0])
    listed = await site.store.front.list_open()
    hangs_on(request, None, _closing(listed))
    return page(
        request, "front/home.html", headers=PUBLIC, statements=listed, counts=await _counts(site, listed)
    )


@reading
async def campaign(request: Request) -> Response:
    """A campaign's page: who it is, and its statements."""
    site: Site = request.app.state.site
    return await _campaign(request, await campaigns.find(site, request.path_params["campaign"]))


async def _campaign(request: Request, row: Row) -> Response:
    site: Site = request.app.state.site
    listed = await site.store.front.list_by_campaign(campaign_id=row.id)
    hangs_on(request, None, _closing(listed))
    return page(
        request,
        "front/campaign.html",
        headers=PUBLIC,
        language=row.language,
        campaign=row,
        introduction=to_html(row.introduction),
        statements=listed,
        counts=await _counts(site, listed),
    )


@reading
async def statement(request: Request) -> Response:
    """A statement: its text, its counts and its form, the same for every visitor."""
    site: Site = request.app.state.site
    row = await statements.find(site, request.path_params["statement"])
    hangs_on(request, row.id, _closing([row]))
    return await _statement(request, row, await _form(site, row), headers=PUBLIC)


async def sign(request: Request) -> Response:
    """The form sent: the answer can't depend on the address (signing.md §3)."""
    site: Site = request.app.state.site
    items = await read_form(request)  # first: where the database is gone, the page gives them back
    row = await statements.find(site, request.path_params["statement"])
    form = await _form(site, row)
    typed = read_fields(items, forms.names(form))
    await throttle.spend(site, client_ip(request))
    form = forms.read(form, typed)
    if row.is_open and not stamp.fresh(site, row, form.text_ids, typed.get("stamp", "")):
        return await _statement(request, row, form, status=422, notice=_STALE)
    if form.problems:
        return await _statement(request, row, form, status=422)
    source = source_of(request) or sources.of_host(site, form.referrer)
    signed = await actions.sign(site, row, form, ip=client_ip(request), source=source)
    if signed is None:
        return await _shown_again(request, items)
    response = redirect(url_maker(request)("check_email", statement=row.slug))
    cookie.arm(request, response, cookie.Mark(signed.statement_id, signed.mark))
    return response


_STALE = N_(
    "This page was open for a long time, or the statement has changed since. "
    "What you typed is still here: please read the text once more and send it again."
)


async def _shown_again(request: Request, items: list[tuple[str, str]]) -> Response:
    """The page as it is now, with what was typed into it before."""
    site: Site = request.app.state.site
    row = await statements.find(site, request.path_params["statement"])
    form = await _form(site, row)
    form = forms.read(form, read_fields(items, forms.names(form)))
    return await _statement(request, row, form, status=422, notice=_STALE)


@reading
async def count_json(request: Request) -> Response:
    """The public counts for anybody's page; people and organisations are never added up."""
    site: Site = request.app.state.site
    row = await statements.find(site, request.path_params["statement"])
    hangs_on(request, row.id, _closing([row]))
    counts = await site.store.tally.public(statement_id=row.id)
    return JSONResponse(
        public_facts(row, counts),
        headers={"Cache-Control": "public, max-age=5", "Access-Control-Allow-Origin": "*"},
    )


async def _form(site: Site, row: Row) -> SignForm:
    """Blank, the same for everybody for an hour."""

    async def make() -> tuple[UUID, SignForm, float]:
        texts = await statements.consents(site, row, row.language)
        return row.id, forms.blank(row, texts, stamp.make(site, row, texts)), site.store.shelf_life(LONGEST)

    form: SignForm = await site.shelf.get(("form", row.id, row.version, stamp.hour()), make)
    return form


def _closing(rows: list[Row]) -> list[datetime | None]:
    """When the open ones of these statements close by themselves."""
    return [row.closes_at for row in rows if row.is_open]


async def _counts(site: Site, listed: list[Row]) -> dict[object, Row]:
    rows = await site.store.tally.list_public(statement_ids=[row.id for row in listed])
    return {row.statement_id: row for row in rows}


async def _statement(
    request: Request,
    row: Row,
    form: SignForm,
    *,
    status: int = 200,
    notice: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    site: Site = request.app.state.site
    counts = await site.store.tally.public(statement_id=row.id)
    notes = await site.store.statements.list_notes(statement_id=row.id)
    return page(
        request,
        "front/statement.html",
        status=status,
        headers=headers or {"Cache-Control": "no-store"},
        language=row.language,
        statement=row,
        text=to_html(row.body),
        notes=[{"created_at": note.created_at, "html": to_html(note.body)} for note in notes],
        counts=counts,
        goal=next_goal(row, counts),
        form=form,
        notice=notice,
        **await _signatories(site, row, counts),
        **await _endorsements(site, row),
        comments=await _comments(site, row),
        versions=await site.store.statements.list_versions(statement_id=row.id),
        has_history=await site.store.statements.has_history(statement_id=row.id),
        corrections=await site.store.invalidations.list_public(statement_id=row.id),
        share=share_links(site, row),
        picture=picture.words(site, row, counts),
        qr=qr.inline(f"{site.settings.base_url}/{row.slug}"),
    )


async def _signatories(site: Site, row: Row, counts: Row) -> dict[str, Any]:
    """The newest of those who agreed to be named, and how many signed besides."""
    latest = await site.store.signatures.list_signatories(statement_id=row.id, most=LATEST, skip=0)
    return {
        "signatories": latest,
        "more": max(0, counts.people + counts.people_earlier - len(latest)),
    }


async def _comments(site: Site, row: Row) -> list[Row]:
    """Those that organisers approved last."""
    if "comment" not in row.public_fields:
        return []
    found: list[Row] = await site.store.comments.list_page(statement_id=row.id, most=COMMENTS, skip=0)
    return found


async def _endorsements(site: Site, row: Row) -> dict[str, Any]:
    """The organisations that the page shows, and whether there are model motions."""
    newest = await site.store.listing.list_newest(statement_id=row.id, most=BODIES)
    bodies = [one for one in newest if one.id is not None]
    members = await listing.affiliated_members(site, row.id) if bodies else None
    return {
        "bodies": bodies,
        "members": members,
        "earlier": await listing.of_earlier_versions(site, row) if bodies else 0,
        "motions": newest[0].motions,
        **listing.FACES,
    }


def source_of(request: Request) -> str | None:
    """The `?from=` code of the page that held the form, read from its own-origin Referer."""
    told = request.headers.get("referer")
    if not told:
        return None
    try:
        referer = urlsplit(told)
    except ValueError:  # not an address at all
        return None
    if referer.netloc != request.headers.get("host"):
        return None
    code = parse_qs(referer.query[:1000]).get("from", [""])[0]
    return code if qr.SOURCE.fullmatch(code) else None
