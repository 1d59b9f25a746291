"""Which body a claim means: those in the list that may be it, and the one that it is bound to.

The key says so for sure (organisations/key.py); where only names are alike, an organiser says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from petitions.errors import N_, Refused
from petitions.organisations import actions as organisations
from petitions.organisations.actions import LIKENESS, Place
from petitions.organisations.key import key_of, plain
from petitions.site import Site
from petitions.storage.store import Row


class Double(NamedTuple):
    """A body that may be the claim's. `sure`: the same key under the same parent. `standing_id`: by which endorsement
    it endorses the statement now. `likeness` of the names: 0 to 1."""

    id: UUID
    name: str
    kind: str
    code: str
    parent: str | None
    likeness: float
    sure: bool
    standing_id: UUID | None


class Choice(NamedTuple):
    """What an organiser says of the body.

    `organisation_id`: it is that one. `renew`: what it gave gives way. `separate`: it is another one than those alike.
    `name`, `code`: as it is to be listed, instead of as claimed. `parent`: the id of what it belongs to, "none", or ""
    as claimed.
    """

    organisation_id: UUID | None = None
    renew: bool = False
    separate: bool = False
    name: str | None = None
    code: str | None = None
    parent: str = ""


class Unsure(Refused):
    """An organiser has to say which body it is; `doubles` are those that it may be."""

    def __init__(self, doubles: list[Double], sentence: str, **values: object) -> None:
        super().__init__(sentence, **values)
        self.doubles = doubles


async def doubles(site: Site, endorsement: Row) -> list[Double]:
    """The bodies that this claim may mean, the likeliest first."""
    return (await meant(site, endorsement))[0]


async def meant(site: Site, endorsement: Row) -> tuple[list[Double], list[Place]]:
    """The same, and what its body would stand below, as `place` has it."""
    wanted = await _wanted(site, endorsement, Choice(), make=False)
    return await _doubles(site, endorsement, wanted), list(wanted.places)


async def bind(site: Site, endorsement: Row, choice: Choice, *, actor: str) -> UUID:
    """The id of the claim's body, made where it is new; under the campaign's lock. One that is in the list only
    because others named it takes what it says of itself. Raises Unsure, Refused."""
    organisation_id = await _bind(site, endorsement, choice)
    if not await site.store.organisations.has_endorsed(id=organisation_id):
        body = await site.store.organisations.find(id=organisation_id)
        own = {
            "name": choice.name or endorsement.name,
            "kind": endorsement.kind,
            "code": choice.code or endorsement.code or body.code,
        }
        changed = {name: value for name, value in own.items() if value != body[name]}
        if changed:
            await organisations.change(site, body, actor=actor, **changed)
    return organisation_id


async def _bind(site: Site, endorsement: Row, choice: Choice) -> UUID:
    if choice.organisation_id is not None:
        given = str(choice.organisation_id)
        return _id(await organisations.find_for_organisers(site, endorsement.campaign_id, given))
    wanted = await _wanted(site, endorsement, choice, make=True)
    found = await _doubles(site, endorsement, wanted)
    sure = next((one for one in found if one.sure), None)
    alike = [one for one in found if one.sure or one.likeness >= LIKENESS]
    if sure and choice.separate:
        raise Unsure(found, SAME, name=sure.name, id=sure.id)
    if sure and (choice.renew or sure.likeness >= LIKENESS):
        return sure.id
    if choice.renew:
        return _standing(alike)
    if alike and not choice.separate:
        raise Unsure(alike, WHICH, name=wanted.name)
    _refuse_below(wanted.places)
    return _id(await organisations.find_or_make(site, endorsement.campaign_id, **wanted.columns))


async def place(site: Site, endorsement: Row) -> list[Place]:
    """What its body would stand below, the highest first, by the names that it gave."""
    return await organisations.path(
        site, endorsement.campaign_id, kind=endorsement.kind, **_above(endorsement)
    )


async def follow(site: Site, endorsement: Row, old: Row, choice: Choice, *, actor: str) -> UUID:
    """The body of the endorsement that this one corrects, brought up to what its officer changed since. Raises Refused
    where that would make it another body's double, and Unsure."""
    changed = {name: endorsement[name] for name in ("name", "kind", "code") if endorsement[name] != old[name]}
    if choice.parent:
        changed["parent_id"] = await _given_parent(site, endorsement.campaign_id, choice.parent)
    elif (endorsement.parent, endorsement.region) != (old.parent, old.region):
        places = await place(site, endorsement)
        _refuse_below(places)
        changed["parent_id"] = await organisations.make_path(site, endorsement.campaign_id, places)
    if changed:
        body = await organisations.find_for_organisers(site, old.campaign_id, str(old.organisation_id))
        await organisations.change(site, body, actor=actor, **changed)
    organisation_id: UUID = old.organisation_id
    return organisation_id


SAME = N_(
    "“%(name)s” (%(id)s) has the same name or code under the same parent: another organisation needs another name, "
    "code or parent."
)
WHICH = N_(
    "“%(name)s” may be in the list already: say whether it is one of these, and whether it takes the place of what "
    "that one gave, or that it is another."
)
NOTHING = N_(
    "Nothing like it endorses this statement now, or several do: say which one it takes the place of."
)
BELOW = N_(
    "“%(name)s” (%(id)s) belongs to another organisation itself: say whether it is the one that is meant, or what "
    "this one belongs to."
)


def _refuse_below(places: Sequence[Place]) -> None:
    """A name alone may mean another body than one that somewhere below another has it. Raises Unsure."""
    highest = places[0].body if places else None
    if highest is not None and highest.parent_id is not None:
        raise Unsure([], BELOW, name=highest.name, id=highest.id)


class _Wanted(NamedTuple):
    """The body as it would be made. `missing`: what it belongs to is not in the list, so it can't be either."""

    parent_id: UUID | None
    kind: str
    name: str
    code: str
    missing: bool = False
    path: frozenset[str] = frozenset()  # the plain names above it
    places: Sequence[Place] = ()

    @property
    def columns(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("parent_id", "kind", "name", "code")}


async def _wanted(site: Site, endorsement: Row, choice: Choice, *, make: bool) -> _Wanted:
    named = organisations.clean({k: v for k in ("name", "code") if (v := getattr(choice, k)) is not None})
    above = _above(endorsement)
    wanted = _Wanted(
        parent_id=None,
        kind=endorsement.kind,
        name=named.get("name", endorsement.name),
        code=named.get("code", endorsement.code),
        path=frozenset(plain(one) for one in above.values() if one),
    )
    if choice.parent:
        return wanted._replace(parent_id=await _given_parent(site, endorsement.campaign_id, choice.parent))
    wanted = wanted._replace(places=await place(site, endorsement))
    if not make and any(one.body is None for one in wanted.places):
        return wanted._replace(missing=True)
    parent_id = await organisations.make_path(site, endorsement.campaign_id, list(wanted.places))
    return wanted._replace(parent_id=parent_id)


async def _given_parent(site: Site, campaign_id: UUID, text: str) -> UUID | None:
    return None if text == "none" else _id(await organisations.find_for_organisers(site, campaign_id, text))


def _above(endorsement: Row) -> dict[str, Any]:
    """Parent and region as claimed, without those that repeat the body's own name."""
    own = plain(endorsement.name)
    return {
        name: "" if plain(endorsement[name]) == own else endorsement[name] for name in ("parent", "region")
    }


async def _doubles(site: Site, endorsement: Row, wanted: _Wanted) -> list[Double]:
    """Never what the body belongs to: a branch is named like its union."""
    key = key_of(wanted.name, wanted.code)
    alike = await organisations.like(
        site, endorsement.campaign_id, wanted.name, wanted.code, parent_id=wanted.parent_id
    )
    rows = [row for row in alike if row.same_key or row.plain_name not in wanted.path]
    standing = await _standing_of(site, endorsement, [row.id for row in rows])
    found = [
        Double(
            **{name: row[name] for name in ("id", "name", "kind", "code", "parent", "likeness")},
            sure=not wanted.missing and row.key == key and row.parent_id == wanted.parent_id,
            standing_id=standing.get(row.id),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: not one.sure)


async def _standing_of(site: Site, endorsement: Row, ids: list[UUID]) -> dict[UUID, UUID]:
    rows = await site.store.review.list_standing(statement_id=endorsement.statement_id, organisation_ids=ids)
    return {row.organisation_id: row.id for row in rows if row.id != endorsement.id}


def _standing(alike: list[Double]) -> UUID:
    """The one of them that endorses the statement. Raises Unsure where there is no such one."""
    standing = [one for one in alike if one.standing_id]
    if len(standing) != 1:
        raise Unsure(alike, NOTHING)
    return standing[0].id


def _id(body: Row) -> UUID:
    id: UUID = body.id
    return id
