"""Makers of the pipeline: a motion, and an officer who puts it, all made the way people make them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from petitions.motions import actions
from petitions.motions.files import Draft
from tests import makers

BODY = "[[Body]] resolves to endorse the example.\n\n[[union: Our members agree. | other: We agree.]]"


async def motion(site: Any, statement: Any, slug: str = "example-motion", **over: str) -> Any:
    """A published model motion."""
    facts = {"title": "An example motion", "body": BODY, "notes": "", **over}
    await actions.add(site, statement, Draft(slug, **facts), actor=makers.ACTOR)
    return await actions.publish(site, statement, slug, actor=makers.ACTOR)


def day(ahead: int) -> str:
    """So many days from today (the site's time zone is UTC), as a browser sends it."""
    return (date.today() + timedelta(days=ahead)).isoformat()


def typed(**over: str) -> dict[str, str]:
    """What an officer of a branch types."""
    facts = {
        "name": "Exampleton branch",
        "kind": "union branch",
        "parent": "Example Union",
        "area": "Exampleton",
        "meets_on": day(30),
        "cut_off_on": day(20),
        "officer_name": "Olu Example",
        "officer_role": "secretary",
        "officer_email": "olu@example.org",
        "wants_speaker": "yes",
        "website": "",
    }
    return {name: value for name, value in {**facts, **over}.items() if value is not None}


def path(statement: Any, motion: Any) -> str:
    return f"/{statement.slug}/motions/{motion.slug}/submit"


async def submit(client: Any, statement: Any, motion: Any, **over: str) -> Any:
    """Fill in the form and send it: the page first, for its stamp."""
    where = path(statement, motion)
    stamp = over.pop("stamp", None)
    if stamp is None:
        stamp = makers.stamp_of((await client.get(where)).text)
    return await client.post(where, data=typed(stamp=stamp, **over))


async def announced(client: Any, postbox: Any, statement: Any, motion: Any, **over: str) -> str:
    """Submit, follow the letter's link in the same browser; the path of the outcome link in the notice."""
    await submit(client, statement, motion, **over)
    await postbox.settle()
    address = over.get("officer_email", "olu@example.org")
    answer = await client.get(postbox.to(address)[-1].link("/motions/confirm/"))
    assert answer.status_code == 303, answer.text
    await postbox.settle()
    return str(postbox.to(address)[-1].link("/motions/outcome/"))


async def state(owner: Any) -> list[str]:
    return [row["state"] for row in await owner.fetch("select state from submissions order by created_at")]


async def move(owner: Any, days: int) -> None:
    """The days of all meetings move: by -10 a meeting comes ten days nearer."""
    await owner.execute(
        "update submissions set meets_on = meets_on + $1::int, cut_off_on = cut_off_on + $1::int", days
    )
