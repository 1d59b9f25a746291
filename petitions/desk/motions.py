"""Model motions at the desk: written with a preview for each kind of body, published, withdrawn."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, back, say, show
from petitions.errors import N_, NotFound, Refused
from petitions.forms import Problem, read_fields
from petitions.markdown import to_html
from petitions.motions import actions, files, text
from petitions.motions.files import Draft, Wrong
from petitions.organisations import KINDS
from petitions.storage.store import Row
from petitions.web.upload import read_upload

NAMES = ("of", "read", "title", "slug", "body", "notes", "kind")


@dataclass
class Written:
    """A motion as it is typed. `of`: the id of the one that is changed, "" for a new one; `read`: its mark when it was
    opened; `kind`: of the preview."""

    of: str = ""
    read: str = ""
    title: str = ""
    slug: str = ""
    body: str = ""
    notes: str = ""
    kind: str = "union branch"
    problems: list[Problem] = field(default_factory=list)


async def motions(request: Request, desk: Desk) -> Response:
    """GET …/motions: all of this statement, drafts too."""
    rows = await desk.site.store.motions.list_for_organisers(statement_id=desk.statement.id)
    return show(request, desk, "desk/motions.html", motions=rows)


async def new(request: Request, desk: Desk) -> Response:
    """GET …/motions/new: an empty form."""
    return await _form(request, desk, None, Written())


async def add(request: Request, desk: Desk) -> Response:
    """POST …/motions: a draft, seen by nobody until it is published."""
    form = await _read(request)
    try:
        row = await actions.add(desk.site, desk.statement, _draft(form), actor=desk.actor)
    except Refused as refused:
        return await _form(request, desk, None, _wrong(form, refused))
    return back(request, "desk_motion", "kept", id=row.id)


async def motion(request: Request, desk: Desk) -> Response:
    """GET …/motions/{id}: its text to be changed, as it is read, and what else may be done with it."""
    row = await _found(desk, request.path_params["id"])
    form = Written(str(row.id), row.mark, row.title, row.slug, row.body, row.notes)
    return await _form(request, desk, row, form)


async def replace(request: Request, desk: Desk) -> Response:
    """POST …/motions/{id}: another title, text and notes."""
    row, form = await _found(desk, request.path_params["id"]), await _read(request)
    form.of, form.slug = str(row.id), row.slug
    try:
        await actions.replace(
            desk.site, desk.statement, _draft(form), read=form.read or None, actor=desk.actor
        )
    except Refused as refused:
        if refused.pattern == actions.NEWER:
            form.read = row.mark
        return await _form(request, desk, row, _wrong(form, refused))
    return back(request, "desk_motion", "kept")


async def preview(request: Request, desk: Desk) -> Response:
    """POST …/motions/preview: the form as typed, with its text for a kind of body; nothing is kept."""
    form = await _read(request)
    row = await _found(desk, _id(form.of)) if form.of else None
    if row is not None:
        form.slug = row.slug
    return await _form(request, desk, row, form)


async def publish(request: Request, desk: Desk) -> Response:
    """POST …/motions/{id}/publish: everybody sees it."""
    row = await _found(desk, request.path_params["id"])
    await actions.publish(desk.site, desk.statement, row.slug, actor=desk.actor)
    return back(request, "desk_motion", "published")


async def withdraw_page(request: Request, desk: Desk) -> Response:
    """GET …/motions/{id}/withdraw: what it does."""
    row = await _found(desk, request.path_params["id"])
    told = await desk.site.store.motions.count_submissions(statement_id=row.statement_id, id=row.id)
    return show(request, desk, "desk/motion_withdraw.html", motion=row, told=told)


async def withdraw(request: Request, desk: Desk) -> Response:
    """POST …/motions/{id}/withdraw: nobody sees it any more."""
    row = await _found(desk, request.path_params["id"])
    await actions.withdraw(desk.site, desk.statement, row.slug, actor=desk.actor)
    return back(request, "desk_motion", "withdrawn")


async def _found(desk: Desk, id: UUID) -> Row:
    return await actions.find_by_id(desk.site, desk.statement, id)


async def _read(request: Request) -> Written:
    """A motion may be longer than other forms' answers."""
    items, _ = await read_upload(request, ())
    typed = read_fields(items, set(NAMES))
    of, read, title, slug, body, notes, kind = (typed.get(name, "") for name in NAMES)
    return Written(of, read, title, slug, body, notes, kind if kind in KINDS else "union branch")


def _draft(form: Written) -> Draft:
    return files.written(form.slug.strip(), form.title, form.body, form.notes)


def _wrong(form: Written, refused: Refused) -> Written:
    part = refused.part if isinstance(refused, Wrong) else "slug" if refused.pattern == actions.TAKEN else ""
    form.problems = [Problem(part, refused.pattern, refused.values)]
    return form


async def _form(request: Request, desk: Desk, row: Row | None, form: Written) -> Response:
    return show(
        request,
        desk,
        "desk/motion.html",
        status=422 if form.problems else 200,
        motion=row,
        form=form,
        kinds={kind: one for kind, (one, _) in KINDS.items()},
        limits={"title": files.TITLE, "body": files.BODY, "notes": files.NOTES},
        **await _shown(desk, form),
    )


async def _shown(desk: Desk, form: Written) -> Mapping[str, Any]:
    """The text as a body of this kind reads it; or what is wrong with it."""
    language = desk.statement.language
    try:
        if max(len(form.body) - files.BODY, len(form.notes) - files.NOTES) > 0:
            raise Refused(N_("The text is too long for a preview."))
        filled = [text.fill(part, form.kind, {}, "", language=language) for part in (form.body, form.notes)]
    except Refused as refused:
        return {"text": "", "advice": "", "unclear": say(desk, refused)}
    body, notes = [await asyncio.to_thread(to_html, part) for part in filled]
    return {"text": body, "advice": notes, "unclear": ""}


def _id(of: str) -> UUID:
    try:
        return UUID(of)
    except ValueError:
        raise NotFound from None
