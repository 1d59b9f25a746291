"""Organisations and endorsements put straight into the tables by the owner's connection, for tests of what is shown.

How they really get there, the other tests of this room and the journey tell. All of it is made up.
"""

from __future__ import annotations

import hashlib
import io
import itertools
from datetime import UTC, date, datetime
from typing import Any

from PIL import Image

from petitions.ids import new_id
from petitions.organisations.key import key_of, plain

_number = itertools.count(1)
OFFICER = {"officer_name": "Olive Officer", "officer_role": "Secretary", "officer_email": "olive@example.org"}
"""Of whom nothing may ever be shown."""
BEFORE = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def organisation(
    owner: Any,
    statement: Any,
    name: str = "",
    *,
    kind: str = "union branch",
    parent: Any = None,
    code: str = "",
) -> Any:
    """A body of the statement's campaign, below `parent` (a row) if one is given; the one that is there already."""
    name = name or f"Example Branch {next(_number)}"
    return await owner.fetchrow(
        "insert into organisations (id, campaign_id, parent_id, kind, name, code, key, plain_name)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)"
        " on conflict on constraint one_organisation do update set name = excluded.name returning *",
        new_id(),
        statement.campaign_id,
        parent["id"] if parent else None,
        kind,
        name,
        code,
        key_of(name, code),
        plain(name),
    )


async def accepted(
    owner: Any,
    statement: Any,
    name: str = "",
    *,
    kind: str = "union branch",
    parent: Any = None,
    code: str = "",
    body: Any = None,
    counted: bool = True,
    **columns: Any,
) -> Any:
    """A public endorsement of a new body, or of `body`; `counted`: with its line for the tally and its event.
    `columns`: of the table. A `logo` is the digest that `picture` gives."""
    body = body or await organisation(owner, statement, name, kind=kind, parent=parent, code=code)
    row = await confirmed(
        owner,
        statement,
        body["name"],
        kind=body["kind"],
        code=body["code"],
        **{"logo_consent": "logo" in columns, **columns},
        state="accepted",
        organisation_id=body["id"],
    )
    row = await _change(owner, row, "reviewed_at = now(), accepted_at = coalesce(accepted_at, now())")
    if counted:
        await line(owner, row, 1, "accept")
        await event(owner, row, "accepted")
    return row


async def confirmed(
    owner: Any, statement: Any, name: str = "", *, kind: str = "union branch", **columns: Any
) -> Any:
    """A claim in the review queue; another `state` may be given. Nothing is counted."""
    facts: dict[str, Any] = {
        "statement_id": statement.id,
        "id": new_id(),
        "version": statement.version,
        "state": "confirmed",
        "confirmed_by": "button",
        "name": name or f"Example Branch {next(_number)}",
        "kind": kind,
        "decided": "branch meeting",
        **OFFICER,
        **columns,
    }
    values = ", ".join(f"${n}" for n in range(1, len(facts) + 1))
    row = await owner.fetchrow(
        f"insert into endorsements ({', '.join(facts)}) values ({values}) returning *", *facts.values()
    )
    return await _change(owner, row, "confirmed_at = coalesce(confirmed_at, now())")


async def withdrawn(owner: Any, endorsement: Any, *, counted: bool = True) -> Any:
    """An accepted one that is taken back."""
    row = await _change(owner, endorsement, "state = 'withdrawn', ended_at = now()")
    if counted:
        await line(owner, row, -1, "withdraw")
        await event(owner, row, "withdrawn")
    return row


async def line(owner: Any, endorsement: Any, delta: int, cause: str) -> None:
    """What waits for the tally."""
    await owner.execute(
        "insert into tally_queue (statement_id, what, delta, version, subject_id, cause)"
        " values ($1, 'organisations', $2, $3, $4, $5)",
        endorsement["statement_id"],
        delta,
        endorsement["version"],
        endorsement["id"],
        cause,
    )


async def event(owner: Any, endorsement: Any, act: str) -> None:
    """What tells the processes that keep pages."""
    await owner.execute(
        "insert into endorsement_events (statement_id, id, endorsement_id, act) values ($1, $2, $3, $4)",
        endorsement["statement_id"],
        new_id(),
        endorsement["id"],
        act,
    )


async def picture(owner: Any, colour: str = "#b4232f", size: tuple[int, int] = (240, 120)) -> bytes:
    """The digest of a logo, of one colour, as it is kept."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    data = file.getvalue()
    digest = hashlib.sha256(data).digest()
    await owner.execute(
        "insert into files (digest, type, size, width, height, data) values ($1, 'image/png', $2, $3, $4, $5)"
        " on conflict do nothing",
        digest,
        len(data),
        *size,
        data,
    )
    return digest


async def tree(owner: Any, statement: Any) -> dict[str, Any]:
    """A small tree, with everything that the list can show: the accepted endorsements by their bodies' names."""
    union = await organisation(owner, statement, "Example Transport Workers’ Union", kind="national union")
    region = await organisation(owner, statement, "North Region", kind="union region", parent=union)
    told = {"members": 31_000, "members_on": date(2025, 12, 31), "members_source": "annual return"}
    rows = [
        await accepted(owner, statement, body=union, decided="conference", minutes_seen=True, **told),
        await accepted(
            owner,
            statement,
            "Exampleton Bus Depot Branch",
            parent=region,
            code="NR/142",
            area="Exampleton",
            decided="annual meeting",
            met_on=date(2026, 2, 15),
            members=420,
            members_on=date(2026, 1, 1),
        ),
        await accepted(
            owner,
            statement,
            "Eastfield Trades Council",
            kind="trades council",
            area="Eastfield",
            web_address="https://eastfield.example/",
            second_confirmed_at=BEFORE,
            two_officers=True,
            members=7_000,
            members_on=date(2024, 6, 1),
        ),
    ]
    return {row["name"]: row for row in rows}


async def _change(owner: Any, endorsement: Any, change: str) -> Any:
    return await owner.fetchrow(
        f"update endorsements set {change} where statement_id = $1 and id = $2 returning *",
        endorsement["statement_id"],
        endorsement["id"],
    )


async def many(owner: Any, statement: Any, count: int) -> None:
    """So many accepted ones at once, without lines for the tally: branches below ten regions of one union, the
    same bodies for each statement of a campaign."""
    union = await organisation(owner, statement, "Example Union of Many", kind="national union")
    for number in range(10):
        await organisation(owner, statement, f"Region {number}", kind="union region", parent=union)
    await owner.execute(
        "insert into organisations (id, campaign_id, parent_id, kind, name, code, key, plain_name)"
        " select gen_random_uuid(), $1, p.id, 'union branch', 'Branch ' || n, 'B' || n, '#b' || n, n::text"
        " from generate_series(1, $2::integer) n join organisations p on p.key = 'region ' || n % 10"
        " where p.campaign_id = $1 on conflict do nothing",
        statement.campaign_id,
        count,
    )
    await owner.execute(
        "insert into endorsements (statement_id, id, version, state, confirmed_at, accepted_at, organisation_id,"
        " name, kind, decided, members, members_on)"
        " select $1, gen_random_uuid(), 1, 'accepted', now(), now() - random() * interval '90 days', id, name,"
        " kind, 'branch meeting', 1 + length(name), '2026-01-01' from organisations"
        " where campaign_id = $2 and kind = 'union branch' limit $3",
        statement.id,
        statement.campaign_id,
        count,
    )
