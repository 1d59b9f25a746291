"""What may be done with the bodies of a campaign: found or made, compared, changed. The database refuses doubles and
circles."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any, NamedTuple
from uuid import UUID

from petitions.errors import N_, Refused
from petitions.forms import Unfit, clean_line
from petitions.ids import new_id
from petitions.organisations import KINDS
from petitions.organisations.key import key_of, plain
from petitions.organisers import actions as organisers
from petitions.site import Site
from petitions.storage.store import Conflict, Row

LIKENESS = 0.45
"""From here on two names may be the same body's: the similarity of pg_trgm, 0 to 1."""
NAME, CODE = 200, 40  # characters, as in schema.sql
PAGE_SIZE = 100
UNKNOWN = N_("There is no organisation “%(id)s”.")
PATIENCE, AGAIN = 10.0, 0.05  # seconds: how long to wait for the tree in all, and between two tries
_UNIONS = ("national union", "union region", "union branch")


async def hold_tree(site: Site, campaign_id: UUID, patience: float = PATIENCE) -> None:
    """Nobody else changes the campaign's bodies until the transaction ends; call it before any other lock. Raises
    Refused where somebody holds them for longer than `patience`, in seconds."""
    began = time.monotonic()
    while not await site.store.organisations.try_lock(campaign_id=campaign_id):
        if time.monotonic() - began > patience:
            raise Refused(
                N_("An import into this campaign is running. Nothing was done: try again when it has ended.")
            )
        await asyncio.sleep(AGAIN)


async def find_or_make(
    site: Site, campaign_id: UUID, *, parent_id: UUID | None, kind: str, name: str, code: str = ""
) -> Row:
    """The body of this key under this parent; made where there is none. Safe in parallel. Raises Refused."""
    _refuse_signs(name)
    key = key_of(name, code)
    made: Row | None = await site.store.organisations.add(
        id=new_id(),
        campaign_id=campaign_id,
        parent_id=parent_id,
        kind=kind if kind in KINDS else "other",
        name=name,
        code=code,
        key=key,
        plain_name=plain(name),
    )
    return made or await _found(site, campaign_id, parent_id, key)


async def _found(site: Site, campaign_id: UUID, parent_id: UUID | None, key: str) -> Row:
    row: Row = await site.store.organisations.find_by_key(
        campaign_id=campaign_id, parent_id=parent_id, key=key
    )
    return row


class Place(NamedTuple):
    """One body above another, by the name that was given. `body`: None where it would have to be made."""

    name: str
    kind: str
    body: Row | None


async def path(site: Site, campaign_id: UUID, *, kind: str, parent: str, region: str) -> list[Place]:
    """What a body of this kind would stand below, the highest first, by the names that it gave: the parent, wherever
    it stands in the list, and the region below it."""
    places: list[Place] = []
    for name, its_kind in _path(kind, parent, region):
        above = places[-1].body if places else None
        body = None
        if above is not None or not places:
            body = await site.store.organisations.find_above(
                campaign_id=campaign_id, parent_id=above and above.id, plain_name=plain(name)
            )
        places.append(Place(name, its_kind, body))
    return places


async def make_path(site: Site, campaign_id: UUID, places: list[Place]) -> UUID | None:
    """The id of the lowest of them; those that are not in the list are made. None: there are none."""
    above: UUID | None = None
    for place in places:
        body = place.body or await find_or_make(
            site, campaign_id, parent_id=above, kind=place.kind, name=place.name
        )
        above = body.id
    return above


def _path(kind: str, parent: str, region: str) -> list[tuple[str, str]]:
    union = kind in _UNIONS
    path = [(parent, "national union" if union else "other")] if parent else []
    if region and plain(region) != plain(parent):
        path.append((region, "union region" if union else "other"))
    return path


async def like(
    site: Site, campaign_id: UUID, name: str, code: str, *, parent_id: UUID | None = None
) -> list[Row]:
    """Bodies that may be this one, the likeliest first: those with its key (`same_key`; under `parent_id`, then
    elsewhere), then those whose names have a `likeness` of LIKENESS or more. Ten at most; each with its `parent`'s
    name."""
    rows: list[Row] = await site.store.organisations.like(
        campaign_id=campaign_id,
        parent_id=parent_id,
        key=key_of(name, code),
        plain_name=plain(name),
        least=LIKENESS,
    )
    return rows


class Asked(NamedTuple):
    """What of the list is wanted: what a search finds; "": everything."""

    q: str = ""
    page: int = 1


async def page(site: Site, campaign_id: UUID, asked: Asked) -> list[Row]:
    """One page of the tree, or of what a search finds by name or code."""
    like = re.sub(r"([%_\\])", r"\\\1", plain(asked.q)) if asked.q.strip() else None
    code = key_of("", asked.q)
    rows: list[Row] = await site.store.organisations.list_page(
        campaign_id=campaign_id,
        pattern=like and f"%{like}%",
        code=f"#%{code[1:]}%" if code.startswith("#") else None,
        most=PAGE_SIZE,
        skip=(asked.page - 1) * PAGE_SIZE,
    )
    return rows


async def change(site: Site, organisation: Row, *, actor: str, **facts: Any) -> Row:
    """Change name, kind, code or parent_id; the key follows, and pages that name it hear. Raises Refused: another body
    is that one, or it would stand above itself."""
    given = clean(facts)
    async with site.store.transaction():
        await hold_tree(site, organisation.campaign_id)
        now = await find_for_organisers(site, organisation.campaign_id, str(organisation.id))
        whole = {name: given.get(name, now[name]) for name in ("parent_id", "kind", "name", "code")}
        changed = sorted(name for name, value in whole.items() if value != now[name])
        if not changed:
            return now
        if "parent_id" in changed and whole["parent_id"]:
            await _refuse_circle(site, now, whole["parent_id"])
        row = await _write(site, now, whole)
        await _tell(site, row, actor, changed)
    return row


async def _write(site: Site, now: Row, whole: dict[str, Any]) -> Row:
    key = key_of(whole["name"], whole["code"])
    try:
        async with site.store.transaction():
            row: Row = await site.store.organisations.change(
                id=now.id, key=key, plain_name=plain(whole["name"]), **whole
            )
    except Conflict:
        other = await _found(site, now.campaign_id, whole["parent_id"], key)
        raise Refused(
            N_("“%(name)s” (%(id)s) has this name or code under the same parent already."),
            name=other.name,
            id=other.id,
        ) from None
    return row


async def _refuse_circle(site: Site, organisation: Row, parent_id: UUID) -> None:
    """In a sentence, under the lock; the database's trigger no_circle would refuse it too."""
    await find_for_organisers(site, organisation.campaign_id, str(parent_id))
    if await site.store.organisations.is_below(id=parent_id, above=organisation.id):
        raise Refused(N_("“%(name)s” would stand above itself."), name=organisation.name)


async def _tell(site: Site, organisation: Row, actor: str, changed: list[str]) -> None:
    for one in await site.store.organisations.list_standing(organisation_id=organisation.id):
        await site.store.organisations.note_changed(
            statement_id=one.statement_id, id=new_id(), endorsement_id=one.id, actor=actor, fields=changed
        )
    await site.store.organisations.tell_below(organisation_id=organisation.id)
    await organisers.note(
        site,
        actor,
        "organisation set",
        campaign_id=organisation.campaign_id,
        details={"organisation": str(organisation.id), "fields": changed},
    )


def clean(facts: dict[str, Any]) -> dict[str, Any]:
    """What an organiser typed. Raises Refused."""
    given = dict(facts)
    try:
        for name, limit in (("name", NAME), ("code", CODE)):
            if name in given:
                given[name] = clean_line(given[name], limit)
    except Unfit as error:
        raise Refused(error.sentence, **error.values) from error
    if given.get("name") == "":
        raise Refused(N_("An organisation needs a name."))
    if "name" in given:
        _refuse_signs(given["name"])
    if "kind" in given and given["kind"] not in KINDS:
        raise Refused(N_("“%(kind)s” is no kind of organisation."), kind=given["kind"])
    return given


def _refuse_signs(name: str) -> None:
    if not any(one.isalnum() for one in name):
        raise Refused(
            N_("“%(name)s” is no name of an organisation: it has no letter and no digit."), name=name
        )


async def remove(site: Site, organisation: Row, *, actor: str) -> None:
    """Take a body off the list to which nothing refers: no endorsement, none below it. Raises Refused."""
    async with site.store.transaction():
        await hold_tree(site, organisation.campaign_id)
        if await site.store.organisations.remove(id=organisation.id) is None:
            raise Refused(
                N_("“%(name)s” has endorsements, or other organisations belong to it: it stays."),
                name=organisation.name,
            )
        await organisers.note(
            site,
            actor,
            "organisation remove",
            campaign_id=organisation.campaign_id,
            details={"organisation": str(organisation.id)},
        )


async def find_for_organisers(site: Site, campaign_id: UUID, text: str) -> Row:
    """The body of this id in this campaign. Raises Refused."""
    try:
        row: Row | None = await site.store.organisations.find(id=UUID(text))
    except ValueError:
        row = None
    if row is None or row.campaign_id != campaign_id:
        raise Refused(UNKNOWN, id=text)
    return row


async def find_named(site: Site, campaign_id: UUID, text: str) -> Row:
    """The one body of this name, code or id in this campaign. Raises Refused: there is none, or there are several."""
    try:
        return await find_for_organisers(site, campaign_id, str(UUID(text)))
    except ValueError:
        pass
    name = clean({"name": text})["name"]
    found = await site.store.organisations.list_named(
        campaign_id=campaign_id, plain_name=plain(name), key=key_of("", name) or plain(name)
    )
    if not found:
        raise Refused(N_("No organisation in the list is called “%(name)s”."), name=name)
    if len(found) > 1:
        raise Refused(
            N_(
                "Several organisations are called “%(name)s”: give the id of the one (at the end of its page)."
            ),
            name=name,
        )
    row: Row = found[0]
    return row
