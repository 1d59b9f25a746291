"""The text of an open statement at the desk: notes below it, new versions, asking signatories again."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, back, say, show
from petitions.desk.statements import LONGEST
from petitions.errors import N_, Refused
from petitions.forms import read_fields
from petitions.markdown import to_html
from petitions.signatures import reconsent
from petitions.statements import actions, files, forms
from petitions.statements.differences import differences, shortened
from petitions.statements.forms import DraftForm
from petitions.web.body import read_form

_LOOK = N_("These are the differences. Nothing is published yet.")
_ALTERED = N_("The text is not the one whose differences you saw. Here they are; nothing is published yet.")
_NEWER = N_(
    "Somebody else has published a newer version since you opened this page. What you typed is still here, compared "
    "with that one."
)


async def notes_page(request: Request, desk: Desk) -> Response:
    """The notes, and the form for another."""
    return await _notes(request, desk, "")


async def add_note(request: Request, desk: Desk) -> Response:
    typed = read_fields(await read_form(request, LONGEST), {"body", "do"})
    body = typed.get("body", "")
    if typed.get("do") != "save":
        return await _notes(request, desk, body)
    try:
        await actions.add_note(desk.site, desk.statement, body, actor=desk.actor)
    except Refused as refused:
        return await _notes(request, desk, body, status=422, sentence=say(desk, refused))
    return back(request, "desk_statement_notes", "noted")


async def preview_text(request: Request, desk: Desk) -> Response:
    """The part of the page that shows a note or a new version as everybody will see it."""
    typed = read_fields(await read_form(request, LONGEST), {"title", "body"})
    return show(
        request,
        desk,
        "desk/_statement_text.html",
        title=typed.get("title", ""),
        text=await asyncio.to_thread(to_html, typed.get("body", "")[: files.BODY]),
    )


async def version_page(request: Request, desk: Desk) -> Response:
    """The present text, to be changed."""
    statement = desk.statement
    typed = {"title": statement.title, "body": statement.body, "read": str(statement.version)}
    return await _version(request, desk, forms.title_and_body(typed))


async def publish(request: Request, desk: Desk) -> Response:
    """A new version, once its differences were seen; perhaps with a letter to those who signed an earlier one."""
    allowed = {"title", "body", "read", "seen", "ask", "do"}
    typed = read_fields(await read_form(request, LONGEST), allowed)
    form, ask = forms.title_and_body(typed), "ask" in typed
    if form.problems:
        return await _version(request, desk, form, ask=ask, status=422)
    seen = _digest(desk, form)
    if typed.get("do") != "publish" or typed.get("seen") != seen:
        notice = _ALTERED if typed.get("do") == "publish" else _LOOK
        return await _version(request, desk, form, ask=ask, seen=seen, notice=notice)
    try:
        published = await _publish(desk, form, ask)
    except Refused as refused:
        return await _version(request, desk, form, ask=ask, status=409, sentence=say(desk, refused))
    if not published:
        return await _newer(request, desk, form, ask)
    return back(request, "desk_statement", "published")


async def reconsent_page(request: Request, desk: Desk) -> Response:
    """How far the asking is, and the button that begins it."""
    return show(
        request,
        desk,
        "desk/statement_reconsent.html",
        asked=await desk.site.store.reconsent.list_of(statement_id=desk.statement.id),
        counts=await desk.site.store.tally.public(statement_id=desk.statement.id),
    )


async def ask(request: Request, desk: Desk) -> Response:
    begun = await reconsent.begin(desk.site, desk.statement, actor=desk.actor)
    return back(request, "desk_statement_reconsent", "asking" if begun else "nobody")


async def _publish(desk: Desk, form: DraftForm, ask: bool) -> bool:
    """Both in one: the version, and that they are asked. False: somebody else was first."""
    async with desk.site.store.transaction():
        row = await actions.publish(
            desk.site, desk.statement, form.facts["title"], form.facts["body"], form.read, actor=desk.actor
        )
        if row is not None and ask:
            await reconsent.begin(desk.site, row, actor=desk.actor)
    return row is not None


async def _newer(request: Request, desk: Desk, form: DraftForm, ask: bool) -> Response:
    form.read = (await actions.find_for_organisers(desk.site, desk.statement.slug)).version
    return await _version(request, desk, form, ask=ask, status=409, seen=_digest(desk, form), notice=_NEWER)


def _digest(desk: Desk, form: DraftForm) -> str:
    """Of the text whose differences are on the page, and of what it is compared with."""
    about = f"{desk.statement.id} {form.read} {form.facts['title']}\0{form.facts['body']}"
    return desk.site.tokens.digest("differences", about).hex()


async def _notes(
    request: Request, desk: Desk, body: str, *, status: int = 200, sentence: str = ""
) -> Response:
    notes = await desk.site.store.statements.list_notes(statement_id=desk.statement.id)
    return show(
        request,
        desk,
        "desk/statement_notes.html",
        status=status,
        sentence=sentence,
        notes=[
            {"at": note.created_at, "html": await asyncio.to_thread(to_html, note.body)}
            for note in reversed(notes)
        ],
        body=body,
        title="",
        text=await asyncio.to_thread(to_html, body[: files.BODY]),
    )


async def _version(
    request: Request,
    desk: Desk,
    form: DraftForm,
    *,
    ask: bool = False,
    seen: str = "",
    status: int = 200,
    **more: Any,
) -> Response:
    now = await actions.find_for_organisers(desk.site, desk.statement.slug)
    title, body = (form.fields[name].value for name in ("title", "body"))
    good = "body" in form.facts
    changes = await asyncio.to_thread(differences, now.body, form.facts["body"]) if good and seen else ()
    return show(
        request,
        desk,
        "desk/statement_version.html",
        status=status,
        statement=now,
        form=form,
        ask=ask,
        seen=seen,
        changes=shortened(changes),
        title=title,
        text=await asyncio.to_thread(to_html, body[: files.BODY]),
        counts=await desk.site.store.tally.public(statement_id=now.id),
        **{"notice": "", "sentence": "", **more},
    )
