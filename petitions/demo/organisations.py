"""The bodies that endorse the demonstration's statement: a tree of two unions, and others beside it.

Branches give their members although their union has given all of its own, so that one can see nobody counted twice.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

from petitions.demo.logos import Logo, draw
from petitions.endorsements import actions, forms, leaving, proof, review
from petitions.proving.links import Key
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Row
from petitions.uploads import Upload

TRANSPORT = "Example Union of Transport Workers"
TEACHERS = "Union of Sample Teachers"
SHIRE, VALLEY = "Exampleshire Region", "Sample Valley Region"
NORTH, SOUTH = "Northern Specimen Region", "Southern Specimen Region"


class Body(NamedTuple):
    """One that endorses. `ago`: days since its meeting. `members`: how many, and their source. `typed`: further
    answers. `becomes`: the state that it is left in. `marks`: what organisers say of it."""

    name: str
    kind: str
    decided: str
    ago: int
    parent: str = ""
    region: str = ""
    area: str = ""
    members: tuple[int, str] | None = None
    logo: Logo | None = None
    typed: Mapping[str, str] = {}
    becomes: str = "accepted"
    marks: Mapping[str, Any] = {}


_VOTES = {
    "present": "34",
    "quorum": "yes",
    "votes_for": "31",
    "votes_against": "1",
    "abstained": "2",
    "met_how": "in person",
}
_SECOND = {"second_name": "Sam Example", "second_role": "Chair", "second_email": "second@example.org"}

BODIES = (
    Body(
        TRANSPORT,
        "national union",
        "conference",
        120,
        members=(48_000, "annual return"),
        logo=Logo("disc", "#14532d", "EUT"),
        marks={"minutes_seen": True},
    ),
    Body(
        "Exampleton Buses Branch",
        "union branch",
        "annual meeting",
        40,
        parent=TRANSPORT,
        region=SHIRE,
        area="Exampleton",
        members=(420, "branch register"),
        logo=Logo("shield", "#b4232f", "EB"),
        typed={"code": "EX/101", **_VOTES, **_SECOND, "wants_speaker": "yes", "wants_coach": "yes"},
        marks={"two_officers": True, "featured": True},
    ),
    Body(
        "Sampleton Depot Branch",
        "union branch",
        "branch meeting",
        33,
        parent=TRANSPORT,
        region=VALLEY,
        area="Sampleton",
        members=(260, "branch register"),
        typed={"code": "SV/7", "met_how": "both"},
    ),
    Body(
        "Upper Example Drivers Branch",
        "union branch",
        "committee",
        21,
        parent=TRANSPORT,
        region=VALLEY,
        area="Upper Example",
        typed={"code": "SV/12", "met_how": "online"},
    ),
    Body(
        "Specimen-on-Sea Mechanics Branch",
        "union branch",
        "branch meeting",
        3,
        parent=TRANSPORT,
        region=SHIRE,
        area="Specimen-on-Sea",
        typed={"code": "EX/140", **_VOTES, "note": "Our meeting was the best attended for years."},
        becomes="confirmed",
    ),
    Body(
        NORTH,
        "union region",
        "committee",
        75,
        parent=TEACHERS,
        members=(6_100, "regional office"),
        logo=Logo("bar", "#1d4ed8", "UST"),
        marks={"two_officers": True},
        typed=_SECOND,
    ),
    Body(
        "Sampleton Schools Branch",
        "union branch",
        "branch meeting",
        29,
        parent=TEACHERS,
        region=NORTH,
        area="Sampleton",
        members=(340, "branch register"),
    ),
    Body(
        "Specimen-on-Sea Schools Branch",
        "union branch",
        "annual meeting",
        26,
        parent=TEACHERS,
        region=SOUTH,
        area="Specimen-on-Sea",
        members=(290, "branch register"),
        typed=_VOTES,
        marks={"minutes_seen": True},
    ),
    Body(
        "Exampleton Colleges Branch",
        "union branch",
        "officers between meetings",
        9,
        parent=TEACHERS,
        region=NORTH,
        area="Exampleton",
        becomes="questioned",
    ),
    Body(
        "Upper Example Schools Branch",
        "union branch",
        "branch meeting",
        50,
        parent=TEACHERS,
        region=SOUTH,
        area="Upper Example",
        becomes="withdrawn",
    ),
    Body(
        "Exampleton and District Example Trades Council",
        "trades council",
        "annual meeting",
        62,
        area="Exampleton",
        members=(4_300, "affiliation fees"),
        logo=Logo("ring", "#7c2d12", "TC"),
        typed={**_VOTES, "web_address": "https://trades-council.example/"},
        marks={"minutes_seen": True, "featured": True},
    ),
    Body(
        "Example Party, Exampleton Market Group",
        "party group",
        "branch meeting",
        18,
        parent="Example Party",
        area="Exampleton",
    ),
    Body(
        "Sample Party of Upper Example",
        "party group",
        "committee",
        15,
        parent="Sample Party",
        area="Upper Example",
    ),
    Body(
        "Exampleton Constituency Example Party",
        "constituency party",
        "branch meeting",
        24,
        parent="Example Party",
        area="Exampleton",
        typed=_VOTES,
    ),
    Body(
        "Students’ Union of the University of Exampleton",
        "student union",
        "annual meeting",
        47,
        area="Exampleton",
        members=(11_200, "students enrolled"),
        logo=Logo("disc", "#6d28d9", "SU"),
        marks={"minutes_seen": True},
    ),
    Body(
        "Example Friends of the Last Bus",
        "faith or community group",
        "committee",
        12,
        area="Specimen-on-Sea",
        typed={"wording": "Example Friends of the Last Bus, all eleven of us", "wants_materials": "yes"},
    ),
)

ENDORSING = sum(body.becomes == "accepted" for body in BODIES)
"""How many the public sees."""


async def endorse(site: Site, statement: Row, *, actor: str) -> None:
    """All of them, as far as each comes, as a part of the caller's transaction."""
    texts = await statements.officers_consents(site, statement)
    for number, body in enumerate(BODIES, 1):
        await _led(site, await _claimed(site, statement, texts, body, number), body, actor)


async def _claimed(site: Site, statement: Row, texts: Mapping[str, Row], body: Body, number: int) -> Row:
    """Through the form, and confirmed by its officer."""
    today = actions.today(site)
    typed = _answers(body, number, today)
    form = forms.read(forms.blank(statement, texts, ""), typed, today=today)
    logo = draw(body.logo) if body.logo else b""
    uploads = {"logo": Upload("logo.png", len(logo), io.BytesIO(logo))} if logo else {}
    form = await actions.keep(site, form, typed, uploads)
    claim = await actions.endorse(site, statement, form, ip=f"192.0.2.{200 + number}")
    if form.problems or claim is None:
        raise ValueError(f"the demonstration's {body.name}: {form.problems}")
    key = Key(claim.statement_id, claim.id)
    await proof.confirm(site, await _found(site, key), "button")
    if "second_email" in typed:
        await site.store.endorsements.ask_second(statement_id=key.statement_id, id=key.id)
        await proof.confirm_second(site, await _found(site, key))
    return await _found(site, key)


async def _led(site: Site, row: Row, body: Body, actor: str) -> None:
    """To the state that it is left in."""
    found = await review.find_for_organisers(site, str(row.id))
    if body.becomes == "questioned":
        question = "Were there enough of you for a decision between meetings? Your rules should say."
        await review.ask(site, found, question, actor=actor)
    elif body.becomes != "confirmed":
        await review.accept(site, found, actor=actor, tell=False, separate=True, **body.marks)
    if body.becomes == "withdrawn":
        await leaving.withdraw(site, row.address_key, Key(row.statement_id, row.id))


async def _found(site: Site, key: Key) -> Row:
    row = await proof.find(site, key)
    if row is None:
        raise ValueError("an endorsement of the demonstration is gone")
    return row


def _answers(body: Body, number: int, today: date) -> dict[str, str]:
    """What its officer types into the form."""
    typed = {
        "name": body.name,
        "kind": body.kind,
        "parent": body.parent,
        "region": body.region,
        "area": body.area,
        "decided": body.decided,
        "met_on": (today - timedelta(days=body.ago)).isoformat(),
        "officer_name": f"Officer{number} Example",
        "officer_role": "Secretary",
        "officer_email": f"officer{number}@example.org",
        **body.typed,
    }
    if body.members:
        members, source = body.members
        typed |= {"members": str(members), "members_source": source, "members_on": f"{today.year - 1}-12-31"}
    return typed | ({"consent_logo": "yes"} if body.logo else {})
