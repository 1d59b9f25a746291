"""Behind the letter's link, for officers: correct and renew an endorsement, withdraw it, erase their details; and the
page under a question of the organisers, which has a link of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from petitions import throttle
from petitions.endorsements import actions, answering, forms, leaving
from petitions.endorsements import officer as endorsed
from petitions.endorsements.asked import FILES
from petitions.endorsements.forms import EndorseForm
from petitions.errors import N_, Closed, NotFound, TokenExpired
from petitions.files import actions as files
from petitions.forms import read_fields
from petitions.my import actions as my
from petitions.my import officer
from petitions.my.officer import HeldEndorsement, HeldSubmission
from petitions.my.views import PRIVATE, STALE, back, linked
from petitions.proving.links import Key
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements import stamp
from petitions.storage.store import Row
from petitions.uploads import COST, Upload
from petitions.web.attachment import attachment
from petitions.web.body import read_form
from petitions.web.guard import client_ip
from petitions.web.page import page, redirect, site_of, url_maker
from petitions.web.upload import read_upload

_NOTHING: Mapping[str, str] = {}

Items = list[tuple[str, str]]


class Typed(NamedTuple):
    """A form that was sent: as read, or why it can't be taken (`notice`)."""

    form: EndorseForm
    notice: str = ""

    @property
    def good(self) -> bool:
        return not self.notice and not self.form.problems


@linked
async def correct_page(request: Request, address_key: bytes) -> Response:
    """The form with what the endorsement says; `?renew=1`: without the meeting."""
    site = site_of(request)
    key, renew = request.query_params.get("key", ""), bool(request.query_params.get("renew"))
    row = await endorsed.find(site, address_key, officer.read_key(key))
    _refuse(row, renew)
    statement = await statements.of(site, row.statement_id)
    form = await endorsed.form_of(site, statement, row, renew=renew)
    return _correct_page(request, row, statement, Typed(form), key, renew)


@linked
async def correct(request: Request, address_key: bytes) -> Response:
    """The form sent: changed at once, or waiting for the organisers."""
    site = site_of(request)
    items, uploads = await _read_files(request)
    asked = read_fields(items, {"key", "renew"})
    key, renew = asked.get("key", ""), bool(asked.get("renew"))
    row = await endorsed.find(site, address_key, officer.read_key(key))
    _refuse(row, renew)
    statement = await statements.of(site, row.statement_id)
    form = await endorsed.form_of(site, statement, row, renew=renew)
    typed = await _read(request, statement, row, form, items, uploads, renew=renew)
    typed = typed._replace(form=await endorsed.heeding(site, row, typed.form))
    if not typed.good:
        return _correct_page(request, row, statement, typed, key, renew)
    done = await endorsed.correct(site, address_key, officer.read_key(key), typed.form, renew=renew)
    return back(request, {"changed": "corrected", "waits": "waits"}.get(done, "same"))


@linked
async def withdraw_page(request: Request, address_key: bytes) -> Response:
    """What withdrawing means, and one button."""
    return await _endorsement(request, address_key, "my/withdraw_endorsement.html", own=True)


@linked
async def withdraw(request: Request, address_key: bytes) -> Response:
    await leaving.withdraw(site_of(request), address_key, await _key(request))
    return back(request, "taken-back")


@linked
async def file(request: Request, address_key: bytes) -> Response:
    """The minutes or the logo that the officer sent, to be saved."""
    site, which = site_of(request), request.query_params.get("which", "")
    row = await endorsed.find(site, address_key, officer.read_key(request.query_params.get("key", "")))
    digest = row[which] if which in FILES and row.state != "pending" else None
    found = await files.get(site, digest) if digest is not None else None
    if found is None:
        raise NotFound
    return attachment(found, f"{which}-{row.id.hex[-8:]}")


@linked
async def erase_page(request: Request, address_key: bytes) -> Response:
    """What goes, what stays, and one button; the second officer's own."""
    return await _endorsement(request, address_key, "my/erase_endorsement.html", own=False)


@linked
async def erase(request: Request, address_key: bytes) -> Response:
    """Back to what is left, as after erasing a signature."""
    return _left(request, await my.erase_office(site_of(request), address_key, await _key(request)))


@linked
async def erase_submission_page(request: Request, address_key: bytes) -> Response:
    """Of a plan to put a motion."""
    found = await officer.everything(site_of(request), address_key)
    return _one(request, "my/erase_submission.html", found.submissions)


@linked
async def erase_submission(request: Request, address_key: bytes) -> Response:
    return _left(request, await my.erase_submission(site_of(request), address_key, await _key(request)))


async def answer_page(request: Request) -> Response:
    """The organisers' question above the form; afterwards what became of it."""
    site = site_of(request)
    row = await _asked(site, request)
    statement = await statements.of(site, row.statement_id)
    if row.state not in answering.STATES:
        return _answer_page(request, row, statement, None)
    form = answering.form_of(await endorsed.form_of(site, statement, row), row)
    return _answer_page(request, row, statement, Typed(form))


async def answer(request: Request) -> Response:
    """What was said goes to the organisers, with what was corrected."""
    site = site_of(request)
    row = await _asked(site, request)
    items, uploads = await _read_files(request)
    statement = await statements.of(site, row.statement_id)
    if row.state not in answering.STATES:
        return _answer_page(request, row, statement, None, status=409)
    form = answering.form_of(await endorsed.form_of(site, statement, row), row)
    told = answering.withheld(row)
    typed = await _read(request, statement, row, form, items, uploads, note=row.note, told=told)
    if not typed.good:
        return _answer_page(request, row, statement, typed, status=422)
    try:
        done = await endorsed.correct(site, row.address_key, Key(row.statement_id, row.id), typed.form)
    except Closed:  # decided meanwhile: the page says what became of it
        done = "decided"
    if not done and row.state == "questioned":
        return _answer_page(request, row, statement, Typed(answering.unanswered(typed.form)), status=422)
    return redirect(url_maker(request)("answer", token=request.path_params["token"]) + "?done=1")


async def _read_files(request: Request) -> tuple[Items, dict[str, Upload]]:
    """The form, and files that are read from nobody who sends too much."""
    site, ip = site_of(request), client_ip(request)
    await throttle.spend(site, ip)
    items, uploads = await read_upload(request, FILES)
    if uploads:
        await throttle.spend(site, ip, COST - 1)
    return items, uploads


async def _read(
    request: Request,
    statement: Row,
    row: Row,
    form: EndorseForm,
    items: Items,
    uploads: dict[str, Upload],
    *,
    renew: bool = False,
    note: str = "",
    told: Mapping[str, str] = _NOTHING,
) -> Typed:
    """`note`: what stands there already, where no answer was written; `told`: what the page does not ask."""
    site = site_of(request)
    typed = read_fields(items, forms.names(form) | {"key", "renew"})
    request.state.typed = typed.items()  # as it grows: the first file stays kept where the second has to wait
    form = await actions.keep(site, form, typed, uploads, ip=client_ip(request))
    if not typed.get("note", "").strip():
        typed["note"] = note
    form = endorsed.read(form, row, {**typed, **told}, today=actions.today(site), renew=renew)
    fresh = stamp.fresh(site, statement, form.text_ids, typed.get("stamp", ""))
    return Typed(form) if fresh else Typed(form, STALE)


def _refuse(row: Row, renew: bool) -> None:
    """Raises Closed where there is nothing to correct or renew: the database judges again."""
    if renew and not row.is_open:
        raise Closed(endorsed.CLOSED)
    if renew and row.renewed:
        raise Closed(endorsed.NOT_STANDING)
    if row.state not in (("accepted", "expired") if renew else ("confirmed", "questioned", "accepted")):
        raise Closed(endorsed.NOT_STANDING)


def _correct_page(
    request: Request, row: Row, statement: Row, typed: Typed, key: str, renew: bool
) -> Response:
    return page(
        request,
        "my/endorsement.html",
        status=200 if typed.good else 422,
        headers=PRIVATE,
        language=statement.language,
        statement=statement,
        endorsement=row,
        form=endorsed.shown(typed.form),
        notice=typed.notice,
        key=key,
        renew=renew,
        token=request.path_params["token"],
    )


def _answer_page(
    request: Request, row: Row, statement: Row, typed: Typed | None, *, status: int = 200
) -> Response:
    return page(
        request,
        "my/answer.html",
        status=status,
        headers=PRIVATE,
        language=statement.language,
        statement=statement,
        endorsement=row,
        form=endorsed.shown(typed.form, answering.WITHHELD) if typed else None,
        notice=typed.notice if typed else "",
        done=bool(request.query_params.get("done")) and row.state == "confirmed",
        token=request.path_params["token"],
    )


async def _asked(site: Site, request: Request) -> Row:
    """The endorsement that a question was about. Raises TokenInvalid, TokenExpired: too old, nobody's any more, or the
    organisers have asked again since."""
    key, question = answering.read(site, request.path_params["token"])
    found = await site.store.endorsements.find(statement_id=key.statement_id, id=key.id)
    if found is None or found.address_key is None:
        raise TokenExpired(_ERASED)
    if not answering.is_about(found, question):
        raise TokenExpired(_ASKED_AGAIN)
    return await endorsed.find(site, found.address_key, key)


_ASKED_AGAIN = N_("The organisers have asked something else since: please use the link in their last letter.")
_ERASED = N_("What was held about you with this endorsement is erased.")


async def _endorsement(request: Request, address_key: bytes, template: str, *, own: bool) -> Response:
    """A page about one endorsement, named in the query; `own`: the officer's alone."""
    found = await officer.everything(site_of(request), address_key)
    return _one(request, template, [one for one in found.endorsements if one.own or not own])


def _one(
    request: Request, template: str, found: Sequence[HeldEndorsement] | Sequence[HeldSubmission]
) -> Response:
    key = request.query_params.get("key", "")
    for held in found:
        if held.key == key:
            return page(
                request,
                template,
                headers=PRIVATE,
                language=held.statement.language,
                statement=held.statement,
                held=held,
                key=key,
                token=request.path_params["token"],
            )
    raise NotFound


async def _key(request: Request) -> Key:
    """The row that a form of one button names. Raises NotFound, Throttled."""
    items = await read_form(request)
    await throttle.spend(site_of(request), client_ip(request))
    return officer.read_key(read_fields(items, {"key"}).get("key", ""))


def _left(request: Request, gone: bool) -> Response:
    """`gone`: nothing is held any more, so the link is dead."""
    return redirect(request.app.url_path_for("my_erased")) if gone else back(request, "erased")
