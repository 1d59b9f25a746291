"""A statement at the desk: its own page, and the form of a draft with its preview."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, back, say, show
from petitions.errors import N_, Refused
from petitions.forms import Problem
from petitions.statements import actions, forms
from petitions.statements.forms import DraftForm
from petitions.statements.previewing import START, drawn
from petitions.storage.store import Row
from petitions.web.body import read_form

LONGEST = 400_000  # bytes: 100,000 characters of whatever script
MOST = 250  # inputs: twenty questions of the campaign's own have some 170
_NEEDED = ("title", "slug", "body")
_PARTLY = N_("What is good is saved. The rest stays as it was, until you have mended it here.")
_MINE = N_(
    "Somebody else has saved this draft since you opened it. Nothing of yours is saved yet, and nothing is lost: "
    "compare below, then save again to put yours in its place."
)


async def one_page(request: Request, desk: Desk) -> Response:
    """One statement: its state, its counts, what it lacks to open, what can be done with it."""
    site, statement = desk.site, desk.statement
    texts = await actions.consents(site, statement, statement.language)
    return show(
        request,
        desk,
        "desk/statement.html",
        counts=await site.store.tally.public(statement_id=statement.id),
        lacking=actions.lacking(statement),
        past=actions.is_past(statement),
        wordings=[text.wording for text in texts],
        asked=await site.store.reconsent.list_of(statement_id=statement.id),
        notes=len(await site.store.statements.list_notes(statement_id=statement.id)),
    )


async def new_page(request: Request, desk: Desk) -> Response:
    """The empty form."""
    return await _form(request, desk, forms.blank(desk.campaign))


async def add(request: Request, desk: Desk) -> Response:
    """A new draft, as soon as it has a title, a text and an address; what else is wrong is mended in it."""
    form, do = await _typed(request, desk)
    if do != "save":
        return await _form(request, desk, form)
    facts = {**START, "language": desk.campaign.language, **form.facts}
    if any(name not in facts for name in _NEEDED):
        return await _form(request, desk, form, status=422)
    try:
        statement = await actions.create(desk.site, desk.campaign, facts, actor=desk.actor)
    except Refused as refused:
        _at(form, "slug", refused)
        return await _form(request, desk, form, status=422)
    if form.problems:
        form.read = statement.version
        return await _form(request, desk, form, statement, status=422, notice=_PARTLY)
    return back(request, "desk_statement", "added", statement=statement.slug)


async def edit_page(request: Request, desk: Desk) -> Response:
    """A draft as it stands. What is open has no form any more."""
    if desk.statement.state != "draft":
        return back(request, "desk_statement")
    return await _form(request, desk, forms.of(desk.site, desk.statement), desk.statement)


async def save(request: Request, desk: Desk) -> Response:
    """A draft is saved as far as it is good. Of two who did it at once the second sees both."""
    form, do = await _typed(request, desk)
    if do != "save":
        return await _form(request, desk, form, desk.statement)
    try:
        saved = await actions.save(desk.site, desk.statement, form.facts, form.read, actor=desk.actor)
    except Refused as refused:
        return await _form(request, desk, form, desk.statement, status=409, sentence=say(desk, refused))
    if saved.statement is None:
        return await _both(request, desk, form)
    if saved.slug_refused:
        _at(form, "slug", saved.slug_refused)
    if form.problems:
        form.read = saved.statement.version
        return await _form(request, desk, form, saved.statement, status=422, notice=_PARTLY)
    return back(request, "desk_statement_edit", "saved", statement=saved.statement.slug)


async def preview_new(request: Request, desk: Desk) -> Response:
    """The part of the page that shows a draft which is not there yet."""
    form, _ = await _typed(request, desk)
    return show(
        request, desk, "desk/_statement_preview.html", seen=await drawn(desk.campaign, None, form.facts)
    )


async def preview_draft(request: Request, desk: Desk) -> Response:
    """The same of a draft."""
    form, _ = await _typed(request, desk)
    seen = await drawn(desk.campaign, desk.statement, form.facts)
    return show(request, desk, "desk/_statement_preview.html", seen=seen)


async def _typed(request: Request, desk: Desk) -> tuple[DraftForm, str]:
    return forms.read(desk.site, await read_form(request, LONGEST, MOST))


async def _both(request: Request, desk: Desk, form: DraftForm) -> Response:
    """What was typed, beside what somebody else has saved meanwhile."""
    theirs = await actions.find_for_organisers(desk.site, desk.statement.slug)
    form.read = theirs.version
    other = forms.of(desk.site, theirs)
    differ = [
        (field, form.fields[name])
        for name, field in other.fields.items()
        if field.value != form.fields[name].value
    ]
    return await _form(request, desk, form, theirs, status=409, notice=_MINE, differ=differ)


def _at(form: DraftForm, name: str, refused: Refused) -> None:
    problem = Problem(name, refused.pattern, refused.values)
    form.fields[name] = form.fields[name]._replace(problem=problem)
    form.problems.append(problem)


async def _form(
    request: Request,
    desk: Desk,
    form: DraftForm,
    statement: Row | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> Response:
    """`notice` (untranslated), `sentence` (as it is): what is said above the form."""
    context = {"notice": "", "sentence": "", "differ": (), **more}
    return show(
        request,
        desk,
        "desk/statement_edit.html",
        status=status,
        statement=statement,
        form=form,
        asked=form.asked.shown(),
        problems=form.problems if status == 422 else [],
        seen=await drawn(desk.campaign, statement, form.facts),
        zone=desk.site.settings.timezone,
        **context,
    )
