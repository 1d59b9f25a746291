"""One letter for several attempts: whatever becomes of one of them, the others still get their letter."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from petitions.mail.delivery import deliver
from petitions.settings import Settings
from petitions.signatures import actions
from petitions.site import Site
from petitions.tokens import pack
from petitions.work import LETTERS
from tests import makers
from tests.conftest import browser, path_of
from tests.mail.conftest import sending_to
from tests.my.ada import ADA, link_for

FULL = "update letter_caps set taken = array[now(), now(), now()] where purpose = 'forms'"
NEXT_DAY = (
    "update letter_caps set taken = array(select now() - interval '25 hours' from generate_series(1, 3))",
    "update outbox set not_before = now() where state = 'deferred'",
)
NOBODY = "smtp://127.0.0.1:1?tls=none"


async def next_day(owner: Any) -> None:
    for step in NEXT_DAY:
        await owner.execute(step)


async def flood(site: Site, statement: Any, name: str) -> None:
    """Sixty attempts for Ada's address, each with another name."""
    for n in range(60):
        form = await makers.form(site, statement, f"{name} {n}", ADA)
        await actions.sign(site, statement, form, ip="127.0.0.1")


@pytest.mark.parametrize("act", ["confirm", "not me", "erase"])
async def test_what_happens_to_one_attempt_leaves_the_letter_to_the_others(
    settings: Settings, site: Site, client: httpx.AsyncClient, postbox: Any, owner: Any, act: str
) -> None:
    first, second = await makers.statement(site), await makers.statement(site)
    await makers.sign(client, first, email=ADA)
    await postbox.settle()
    link = path_of(postbox.to(ADA)[-1].link("/confirm/"))
    attempt = await owner.fetchrow("select statement_id, id from signatures")
    mine = await link_for(client, postbox)
    await owner.execute(FULL)
    await owner.execute("update signatures set asked_at = asked_at - interval '2 minutes'")
    await makers.sign(client, first, email=ADA, name="Ada Sibling" if act == "confirm" else "Ada Example")
    await postbox.settle()  # put off
    await makers.sign(client, second, email=ADA)
    await postbox.settle()  # merged into it
    await next_day(owner)
    async with sending_to(settings, NOBODY) as cut_off:  # decided, but the mail server is away
        await deliver(cut_off, LETTERS, once=True)
    assert await owner.fetchval("select decision from outbox where state = 'waiting'") == "merged"
    match act:
        case "confirm":
            answer = await client.get(link)
        case "not me":
            answer = await client.post(f"{link}/not-me")
        case _:
            key = pack(attempt["statement_id"], attempt["id"])
            answer = await client.post(f"{mine}/erase", data={"signature": key})
    assert answer.status_code == 303
    gone = await owner.fetchval(
        "select not exists (select from signatures where statement_id = $1 and state = 'pending')", first.id
    )
    assert gone
    postbox.clear()
    await postbox.settle()
    letters = [letter for letter in postbox.to(ADA) if second.title in letter.text]
    assert len([letter for letter in letters if "/confirm/" in letter.text]) == 1


async def test_a_flood_of_one_statement_hides_nobodys_signature_of_another(
    site: Site, postbox: Any, owner: Any
) -> None:
    flooded, other = await makers.statement(site), await makers.statement(site)
    await flood(site, flooded, "Earlier Example")
    await postbox.settle()
    async with browser(site) as client:
        await makers.sign(client, other, email=ADA, name="Ada Herself")
    await postbox.settle()
    await flood(site, flooded, "Later Example")
    await postbox.settle()
    postbox.clear()
    await next_day(owner)
    await postbox.settle()
    (letter,) = postbox.to(ADA)
    assert "Ada Herself" in letter.text
    assert letter.text.count("/confirm/") == 2 * 100  # to confirm it, to delete it
    assert "only the newest are listed" in letter.text
    newest = letter.text.index("Later Example 59")
    assert newest < letter.text.index("Ada Herself") < letter.text.index("Later Example 58")
