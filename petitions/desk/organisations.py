"""The bodies of a campaign at the desk: the tree, one of them, those that may be one, and merging."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, back, say, show
from petitions.errors import N_, NotFound, Refused
from petitions.forms import Problem, read_fields
from petitions.organisations import KINDS, actions, merging
from petitions.organisations.actions import Asked
from petitions.questions import Field, judge
from petitions.storage.store import Row
from petitions.web.body import read_form

_LABELS = tuple(one for one, _ in KINDS.values())
ASKED = (
    Field("name", N_("Name"), "text", required=True, limit=actions.NAME),
    Field("code", N_("Branch number or code"), "text", limit=actions.CODE),
    Field("kind", N_("Kind"), "choice", required=True, choices=tuple(KINDS), labels=_LABELS),
    Field(
        "parent",
        N_("What it belongs to"),
        "text",
        limit=actions.NAME,
        hint=N_("The name of an organisation in this list, or its id. Empty: nothing."),
    ),
)
WAS = "was_"
"""Before a name: the field that carries what it was when the form was read."""


async def organisations(request: Request, desk: Desk) -> Response:
    """GET …/organisations: the tree; with ?q= what has it in its name or code."""
    asked = Asked(request.query_params.get("q", "")[:100].replace("\0", ""), _page(request.query_params))
    rows = await actions.page(desk.site, desk.campaign.id, asked)
    if not rows and asked.page > 1:
        raise NotFound
    found = rows[0].found if rows else 0
    return show(
        request,
        desk,
        "desk/organisations.html",
        rows=rows,
        asked=asked,
        found=found,
        pages=-(-found // actions.PAGE_SIZE),
        kinds=_kinds(),
    )


async def doubles(request: Request, desk: Desk) -> Response:
    """GET …/organisations/doubles: pairs that may be one body."""
    pairs = await desk.site.store.organisations.list_doubles(
        campaign_id=desk.campaign.id, least=merging.LIKENESS
    )
    return show(request, desk, "desk/organisation_doubles.html", pairs=pairs, kinds=_kinds())


async def organisation(request: Request, desk: Desk) -> Response:
    """GET …/organisations/{id}: what it is called, what it belongs to, what it gave."""
    row = await _found(request, desk)
    listed = await _listed(desk, row)
    return await _whole(request, desk, row, [one._replace(value=listed[one.name]) for one in ASKED], listed)


async def change(request: Request, desk: Desk) -> Response:
    """POST …/organisations/{id}: every page that shows it follows. What the form left as it was read stays as it is by
    now: somebody else may have changed that."""
    typed = read_fields(
        await read_form(request), {name for one in ASKED for name in (one.name, WAS + one.name)}
    )
    row = await _found(request, desk)
    was = {name: typed.get(WAS + name, now) for name, now in (await _listed(desk, row)).items()}
    judged = [judge(one, typed) for one in ASKED]
    fields = [one for one, _ in judged]
    problems = [one.problem for one in fields if one.problem]
    if not problems:
        try:
            facts = {one.name: value or "" for one, value in judged if value != was[one.name]}
            if "parent" in facts:
                facts["parent_id"] = await _parent_id(desk, facts.pop("parent"))
            await actions.change(desk.site, row, actor=desk.actor, **facts)
            return back(request, "desk_organisation", "changed")
        except Refused as refused:
            problems = [Problem("", refused.pattern, refused.values)]
    return await _whole(request, desk, row, fields, was, problems)


async def merge_page(request: Request, desk: Desk) -> Response:
    """GET …/organisations/{id}/merge?into=: what would move, or which one it is."""
    return await _merging(request, desk, await _found(request, desk), request.query_params.get("into", ""))


async def merge(request: Request, desk: Desk) -> Response:
    """POST …/organisations/{id}/merge: it is the other one; nobody can part them again."""
    into = read_fields(await read_form(request), {"into"}).get("into", "")
    row = await _found(request, desk)
    try:
        kept = await actions.find_for_organisers(desk.site, desk.campaign.id, into)
        await merging.merge(desk.site, row, kept, actor=desk.actor)
    except Refused as refused:
        return await _merging(request, desk, row, into, refused)
    return back(request, "desk_organisation", "merged", id=kept.id)


async def remove_page(request: Request, desk: Desk) -> Response:
    """GET …/organisations/{id}/remove: what it does."""
    return show(request, desk, "desk/organisation_remove.html", row=await _found(request, desk), problem="")


async def remove(request: Request, desk: Desk) -> Response:
    """POST …/organisations/{id}/remove: one that nothing refers to."""
    row = await _found(request, desk)
    try:
        await actions.remove(desk.site, row, actor=desk.actor)
    except Refused as refused:
        problem = say(desk, refused)
        return show(request, desk, "desk/organisation_remove.html", status=422, row=row, problem=problem)
    return back(request, "desk_organisations", "removed")


async def _found(request: Request, desk: Desk) -> Row:
    """The body of the address, in this campaign. Raises NotFound."""
    try:
        return await actions.find_for_organisers(desk.site, desk.campaign.id, str(request.path_params["id"]))
    except Refused:
        raise NotFound from None


async def _above(desk: Desk, row: Row) -> Row | None:
    if row.parent_id is None:
        return None
    return await actions.find_for_organisers(desk.site, desk.campaign.id, str(row.parent_id))


async def _listed(desk: Desk, row: Row) -> dict[str, str]:
    """The answers of ASKED as they are."""
    above = await _above(desk, row)
    return {**{name: row[name] for name in ("name", "code", "kind")}, "parent": above.name if above else ""}


async def _parent_id(desk: Desk, text: str) -> Any:
    """The id of what was named, None where nothing was. Raises Refused."""
    return (await actions.find_named(desk.site, desk.campaign.id, text)).id if text else None


async def _whole(
    request: Request,
    desk: Desk,
    row: Row,
    fields: list[Field],
    was: Mapping[str, str],
    problems: list[Problem] | None = None,
) -> Response:
    site = desk.site
    alike = await actions.like(desk.site, desk.campaign.id, row.name, row.code, parent_id=row.parent_id)
    return show(
        request,
        desk,
        "desk/organisation.html",
        status=422 if problems else 200,
        row=row,
        above=await _above(desk, row),
        fields_=fields,
        was=was,
        problems=problems or [],
        endorsements=await site.store.organisations.list_of(organisation_id=row.id),
        below=await site.store.organisations.list_below(organisation_id=row.id),
        alike=[one for one in alike if one.id != row.id],
        suggested=await site.store.organisations.list_above(campaign_id=desk.campaign.id),
        kinds=_kinds(),
    )


async def _merging(
    request: Request, desk: Desk, row: Row, into: str, refused: Refused | None = None
) -> Response:
    """Which one it is, by name or id; once that is known, what would move."""
    kept, moved = None, None
    if into and refused is None:
        try:
            kept = await actions.find_named(desk.site, desk.campaign.id, into)
            moved = await merging.preview(desk.site, row, kept)
        except Refused as error:
            refused = error
    return show(
        request,
        desk,
        "desk/organisation_merge.html",
        status=422 if refused else 200,
        row=row,
        into=into,
        kept=kept,
        moved=moved,
        kinds=_kinds(),
        problem=say(desk, refused) if refused else "",
    )


def _page(query: Mapping[str, str]) -> int:
    page = query.get("page", "1")
    if not (page.isascii() and page.isdigit() and 0 < len(page) < 6 and int(page)):
        raise NotFound
    return int(page)


def _kinds() -> dict[str, str]:
    return {kind: one for kind, (one, _) in KINDS.items()}
