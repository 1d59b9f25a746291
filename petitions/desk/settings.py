"""A campaign's settings: facts, logo, partners, and what a change will do."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from petitions.campaigns import actions as campaigns
from petitions.campaigns import facts as rules
from petitions.campaigns import forms
from petitions.campaigns.actions import Overtaken
from petitions.campaigns.forms import SettingsForm
from petitions.desk.door import Desk, back, say, show
from petitions.errors import N_, Busy, Refused
from petitions.files import actions as files
from petitions.forms import Problem, Unfit, read_fields
from petitions.markdown import to_html
from petitions.statements import actions as statements
from petitions.uploads import Upload
from petitions.web import accent
from petitions.web.upload import read_upload


async def settings_page(request: Request, desk: Desk) -> Response:
    """Everything as it is."""
    return await _page(request, desk, forms.blank(desk.campaign))


async def preview(request: Request, desk: Desk) -> Response:
    """The form as typed, with what would come of it; nothing is changed."""
    return await _page(request, desk, forms.read(desk.campaign, await _typed(request, desk)))


async def save(request: Request, desk: Desk) -> Response:
    """Change what was changed on the page; nothing typed is lost where that can't be."""
    typed = await _typed(request, desk)
    form = forms.read(desk.campaign, typed)
    await _warn(desk, form)
    if form.problems:
        return await _page(request, desk, form, status=422)
    try:
        slug = await _change(desk, form)
    except Overtaken as overtaken:
        form = forms.read(overtaken.now, forms.merged(overtaken.now, form, typed))
        return await _page(request, desk, form, status=409, overtaken=overtaken)
    except Refused as refused:
        return await _page(request, desk, form, status=422, notice=say(desk, refused))
    return back(request, "desk_settings", "saved" if form.touched else "same", campaign=slug)


async def logo(request: Request, desk: Desk) -> Response:
    """Another picture for the head of the public pages."""
    _, sent = await read_upload(request, {"logo"})
    try:
        kept = await files.put(desk.site, _picture(sent).file, "logo")
    except Unfit as unfit:
        problem = Problem("logo", unfit.sentence, unfit.values)
        return await _page(request, desk, forms.blank(desk.campaign), status=422, logo_problem=problem)
    except Busy as busy:
        problem = Problem("logo", busy.sentence)
        return await _page(request, desk, forms.blank(desk.campaign), status=503, logo_problem=problem)
    finally:
        for one in sent.values():
            one.file.close()
    await campaigns.set_logo(desk.site, desk.campaign, kept, actor=desk.actor)
    return back(request, "desk_settings", "logo")


async def remove_logo(request: Request, desk: Desk) -> Response:
    """The name alone again."""
    await campaigns.set_logo(desk.site, desk.campaign, None, actor=desk.actor)
    return back(request, "desk_settings", "no_logo")


def _picture(sent: Mapping[str, Upload]) -> Upload:
    if "logo" not in sent:
        raise Unfit(N_("Choose a picture first."))
    return sent["logo"]


async def _typed(request: Request, desk: Desk) -> dict[str, str]:
    items, _ = await read_upload(request, ())  # as multipart: the long texts in any script
    return read_fields(items, forms.names(desk.campaign))


async def _change(desk: Desk, form: SettingsForm) -> str:
    """Only what was touched; the slug that it has then. Raises Refused, Overtaken."""
    facts = {name: value for name, value in form.facts.items() if name in form.touched}
    if "partners" in facts:
        facts["partners"] |= await campaigns.new_partners(desk.site, desk.campaign, form.new_partners)
    if not facts:
        return str(desk.campaign.slug)
    row = await statements.change_campaign(
        desk.site, desk.campaign, actor=desk.actor, seen=form.seen, **facts
    )
    return str(row.slug)


async def _warn(desk: Desk, form: SettingsForm) -> None:
    """What a shorter retention erases has to be wanted."""
    months = form.facts.get("retention_months")
    gone = [] if months is None else await campaigns.erased_by(desk.site, desk.campaign, months)
    if gone and not form.erase:
        form.refuse(Problem("retention_months", _ERASES, {"titles": ", ".join(f"“{r.title}”" for r in gone)}))


_ERASES = N_(
    "So short a time erases all personal data of these statements within a day, for good: %(titles)s. "
    "If you want that, tick “erase them” below."
)


async def _page(
    request: Request, desk: Desk, form: SettingsForm, *, status: int = 200, **more: Any
) -> Response:
    months = form.facts.get("retention_months", desk.campaign.retention_months)
    colour = ""
    with suppress(Refused):
        colour = rules.clean({"accent": form.fields["accent"].value})["accent"].removeprefix("#")
    context = {
        "form": form,
        "parts": forms,
        "labels": rules.LABELS,
        "looks": accent.looks(colour) if colour else [],
        "introduction": to_html(form.fields["introduction"].value),
        "months": months,
        "retention": await desk.site.store.campaigns.list_retention(
            campaign_id=desk.campaign.id, months=months
        ),
        "erases": await campaigns.erased_by(desk.site, desk.campaign, months),
        "notice": "",
        "overtaken": None,
        "logo_problem": None,
    }
    return show(request, desk, "desk/settings.html", status=status, **{**context, **more})
