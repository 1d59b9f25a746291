"""A newer version of the text: the same signature moves to it, when its signatory says so."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from petitions.statements import actions as statements
from petitions.statements.files import parse
from tests.my.ada import My


@pytest_asyncio.fixture
async def newer(my: My) -> My:
    await new_version(my)
    return my


async def new_version(my: My) -> None:
    text = f"---\ntitle: The newer example\nslug: {my.statement.slug}\n---\n\nWe ask for *another* example."
    await statements.new_version(my.site, my.statement, parse(text), actor="cli:example")


async def test_the_page_says_that_there_is_a_newer_version(newer: My):
    page = (await newer.get()).text
    assert "newer version of the text" in page
    assert f'href="/{newer.statement.slug}"' in page


async def test_the_same_row_moves_and_the_counts_follow(newer: My):
    await newer.people()
    answer = await newer.post("reconsent", version="2")
    assert answer.status_code == 303
    row = await newer.row()
    assert (row["version"], row["number"], row["state"]) == (2, 1, "confirmed")
    assert await newer.people() == 1
    counts = await newer.site.store.tally.public(statement_id=newer.statement.id)
    assert (counts.people, counts.people_earlier) == (1, 0)
    event = await newer.owner.fetchrow("select * from signature_events")
    assert (event["act"], event["from_version"], event["to_version"]) == ("reconsented", 1, 2)
    assert (await newer.ledger())[-1] == ("sign", "given", "my signature")


async def test_twice_is_once(newer: My):
    for _ in range(2):
        assert (await newer.post("reconsent", version="2")).status_code == 303
    assert await newer.events() == ["reconsented"]
    assert await newer.people() == 1


async def test_only_the_version_that_was_read_is_signed(newer: My):
    await new_version(newer)
    answer = await newer.post("reconsent", version="2")
    assert answer.status_code == 409
    assert "newest version" in answer.text
    assert (await newer.row())["version"] == 1


async def test_no_version_that_there_is_not(newer: My):
    for version in ("7", "0"):
        assert (await newer.post("reconsent", version=version)).status_code == 409
    for nonsense in ("", "-1", "two", "99999999999"):
        assert (await newer.post("reconsent", version=nonsense)).status_code == 404
    assert (await newer.row())["version"] == 1


async def test_not_while_withdrawn_or_closed(newer: My, owner: Any):
    await newer.post("withdraw")
    assert (await newer.post("reconsent", version="2")).status_code == 409
    await newer.post("restore")
    await owner.execute("update statements set state = 'closed', closed_at = now()")
    assert (await newer.post("reconsent", version="2")).status_code == 409
    assert (await newer.row())["version"] == 1
