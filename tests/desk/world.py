"""A campaign with one of everything that the desk has an address for, and the forms of its pages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any, NamedTuple
from uuid import UUID

from petitions.ids import new_id
from petitions.site import Site
from tests import makers
from tests.desk.people import organiser
from tests.endorsements import rows
from tests.motions import putting


class World(NamedTuple):
    """`ids`: what an id in a path may mean → that of this campaign; also "token" and the like."""

    campaign: Any
    statement: Any
    organiser: Any
    ids: dict[str, Any]


async def world(site: Site, owner: Any, name: str) -> World:
    """One of everything, in the tables. Addresses of people are made up of `name`."""
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign, fields=["town", "comment"], public=["name", "comment"])
    boss = await organiser(site, campaign, "owner", f"{name}-owner@example.org")
    ids = {
        "signature": await _signature(owner, statement, f"{name}@example.org"),
        "endorsement": (await rows.confirmed(owner, statement, f"{name} branch", state="confirmed"))["id"],
        "standing": (await rows.accepted(owner, statement, f"{name} trades council"))["id"],
        "motion": (await putting.motion(site, statement)).id,
        "organiser": (await organiser(site, campaign, "reader")).id,
        "invitation": new_id(),
        "invalidation": new_id(),
        "report": new_id(),
        "export": new_id(),
        "submission": new_id(),
        "passkey": new_id(),
    }
    ids["organisation"] = await owner.fetchval(
        "select organisation_id from endorsements where id = $1", ids["standing"]
    )
    for table, columns, values in _ROWS:
        marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
        facts = {
            **ids,
            "campaign": campaign.id,
            "statement": statement.id,
            "boss": boss.id,
            **_FIXED,
            "email": f"{name}-x@example.org",
        }
        await owner.execute(
            f"insert into {table} ({columns}) values ({marks})", *[facts[value] for value in values]
        )
    return World(campaign, statement, boss, ids)


async def _signature(owner: Any, statement: Any, email: str) -> UUID:
    id = new_id()
    await owner.execute(
        "insert into signatures (statement_id, id, version, number, state, display, name, email, answers, address_key,"
        " confirmed_at) values ($1, $2, 1, 1, 'confirmed', 'name', 'Ada Example', $3,"
        ' \'{"comment": "Well said."}\', $4, now())',
        statement.id,
        id,
        email,
        id.bytes,
    )
    return id


_FIXED: dict[str, Any] = {
    "digest": b"d" * 32,
    "key": b"k" * 16,
    "reader": "reader",
    "actor": makers.ACTOR,
    "rule": '{"name": "zzz"}',
    "words": "some words",
    "none": 0,
    "spam": "spam",
    "on-statement": "statement",
    "list": "signatories",
    "csv": "csv",
    "fields": ["number"],
    "other": "other",
}
_ROWS = (
    (
        "invitations",
        "id, campaign_id, address_key, email, role, given_by",
        ("invitation", "campaign", "key", "email", "reader", "actor"),
    ),
    (
        "invalidations",
        "statement_id, id, actor, rule, reason, found",
        ("statement", "invalidation", "actor", "rule", "words", "none"),
    ),
    ("reports", "statement_id, id, subject, reason", ("statement", "report", "on-statement", "spam")),
    (
        "exports",
        "statement_id, id, actor, list, format, fields",
        ("statement", "export", "actor", "list", "csv", "fields"),
    ),
    ("comments", "statement_id, id, digest", ("statement", "signature", "digest")),
)


class Form(NamedTuple):
    action: str
    method: str
    fields: dict[str, str]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.forms.append(Form(facts.get("action", ""), facts.get("method", "get").lower(), {}))
        elif tag in ("input", "button", "option") and self.forms and _sent(facts):
            self.forms[-1].fields.setdefault(facts["name"], facts.get("value", ""))


def _sent(facts: dict[str, str]) -> bool:
    """Whether a field goes along untouched."""
    ticked = facts.get("type") not in ("checkbox", "radio", "submit", "file") or "checked" in facts
    return bool(facts.get("name")) and ticked


def forms_of(html: str) -> list[Form]:
    """The forms of a page as they would be sent untouched."""
    parser = _Forms()
    parser.feed(html)
    return parser.forms


UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")
