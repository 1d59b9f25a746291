"""Many sign at the same moment: gathered into one statement, and each answered as if alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest

from petitions.errors import Closed, DatabaseGone
from petitions.settings import Settings
from petitions.signatures import actions
from petitions.signatures.actions import Attempt
from petitions.site import Site, make_site
from tests import makers
from tests.conftest import browser

ROWS = "select count(*) from signatures"
LETTERS = "select count(*) from outbox where kind = 'attempt'"
BY_TIME = ("id", "created_at", "asked_at")


async def post(client: httpx.AsyncClient, statement: Any, stamp: str, email: str) -> int:
    return (await makers.sign(client, statement, email=email, stamp=stamp)).status_code


async def stamp_of(client: httpx.AsyncClient, statement: Any) -> str:
    return makers.stamp_of((await client.get(f"/{statement.slug}")).text)


async def sign_all(site: Site, statement: Any, pairs: Sequence[tuple[str, str]]) -> list[Any]:
    """The actions themselves, all at once: what each gave or raised."""
    forms = [await makers.form(site, statement, *pair) for pair in pairs]
    asked = (actions.sign(site, statement, form, ip="192.0.2.1") for form in forms)
    return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 30)


def people(number: int) -> list[tuple[str, str]]:
    return [(f"Example Person {n}", f"person-{n}@example.org") for n in range(number)]


async def test_of_many_at_once_each_has_a_row_and_a_letter_and_the_same_attempt_has_one(
    site: Site, owner: Any
) -> None:
    statement = await makers.statement(site)
    signed = await sign_all(site, statement, people(40) * 3)
    assert len({attempt.id for attempt in signed}) == await owner.fetchval(ROWS) == 40
    assert signed[:40] == signed[40:80] == signed[80:]
    assert await owner.fetchval(LETTERS) == 40
    found = await owner.fetch("select statement_id, id, fingerprint from signatures")
    assert {Attempt(*row) for row in found} == set(signed)
    assert await owner.fetchval("select count(*) from attempt_origins") == 40
    # Within the minute: the same rows, and no second letter.
    assert set(await sign_all(site, statement, people(40))) == set(signed)
    assert await owner.fetchval(LETTERS) == 40


async def test_together_and_alone_write_the_very_same(
    site: Site, client: httpx.AsyncClient, owner: Any
) -> None:
    fields = [
        {"name": "town"},
        {"name": "union"},
        {"name": "shift", "label": "Shift", "kind": "choice", "choices": ["day", "night"]},
    ]
    campaign = await makers.campaign(site, partners={"allies": "Example Allies"})
    written = []
    for together in (False, True):
        statement = await makers.statement(site, campaign, fields=fields, public=["name", "union"])
        ticks = {f"consent_{what}": "yes" for what in ("name", "union", "mail", "partner:allies")}
        typed = [{}, {"town": "Exämpleton, “C”\\", "own_shift": "night", **ticks}]
        forms = [await makers.form(site, statement, "Ada Example", "ada@example.org", **one) for one in typed]
        asked = [actions.sign(site, statement, form, ip="2001:db8::1", source="leaflet") for form in forms]
        for answer in [asyncio.gather(*asked)] if together else asked:
            await answer
        columns = "to_jsonb(g) - 'statement_id' - 'fingerprint' - 'consent_ids'"
        sql = f"""
            select {columns} - array['id', 'created_at', 'asked_at'] || jsonb_build_object(
                'agreed', array(select purpose from consent_texts t where t.id = any (g.consent_ids)
                                order by array_position(g.consent_ids, t.id)),
                'ip', (select ip from attempt_origins o where o.id = g.id),
                'letter', (select to_jsonb(b) - 'id' - 'statement_id' - 'subject_id' - 'created_at' - 'not_before'
                           - 'due_since' from outbox b where b.subject_id = g.id))
            from signatures g where g.statement_id = $1 order by g.answers nulls first"""
        written.append([row[0] for row in await owner.fetch(sql, statement.id)])
    assert len(written[0]) == 2
    assert "night" in written[0][1]
    assert written[0] == written[1]


async def test_a_row_that_the_database_refuses_takes_no_other_with_it(site: Site, owner: Any) -> None:
    statement = await makers.statement(site)
    forms = [await makers.form(site, statement, *pair) for pair in people(20)]
    forms[7].values["name"] = "no text of the database \0 holds this"
    asked = (actions.sign(site, statement, form, ip="192.0.2.1") for form in forms)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [n for n, answer in enumerate(answers) if not isinstance(answer, Attempt)] == [7]
    assert await owner.fetchval(ROWS) == await owner.fetchval(LETTERS) == 19


async def test_an_open_and_a_closed_statement_in_one_batch(site: Site, owner: Any) -> None:
    opened, closed = await makers.statement(site), await makers.statement(site)
    pairs = [(statement, pair) for pair in people(10) for statement in (opened, closed)]
    forms = [await makers.form(site, statement, *pair) for statement, pair in pairs]
    await makers.close(site, closed)
    asked = (
        actions.sign(site, one, form, ip="192.0.2.1") for (one, _), form in zip(pairs, forms, strict=True)
    )
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(answer) for answer in answers[::2]} == {Attempt}
    assert {type(answer) for answer in answers[1::2]} == {Closed}
    assert await owner.fetchval(ROWS) == 10


async def test_closed_in_the_middle_every_303_has_its_row_and_the_others_are_told(
    site: Site, client: httpx.AsyncClient, owner: Any
) -> None:
    statement = await makers.statement(site)
    stamp = await stamp_of(client, statement)

    async def late(email: str) -> int:
        await until.wait()
        return await post(client, statement, stamp, email)

    until = asyncio.Event()
    waiting = [asyncio.create_task(late(f"late-{n}@example.org")) for n in range(20)]
    early = [asyncio.create_task(post(client, statement, stamp, f"early-{n}@example.org")) for n in range(20)]
    while not await owner.fetchval(ROWS):
        await asyncio.sleep(0.01)
    closing = asyncio.create_task(makers.close(site, statement))
    until.set()
    statuses = Counter(await asyncio.gather(*early, *waiting))
    await closing
    assert statuses.keys() <= {303, 409}
    assert await owner.fetchval(ROWS) == await owner.fetchval(LETTERS) == statuses[303]
    assert await post(client, statement, stamp, "too-late@example.org") == 409


async def test_of_many_at_once_from_one_address_exactly_the_burst_is_signed(
    settings: Settings, owner: Any
) -> None:
    site = make_site(replace(settings, ip_burst=7, ip_rate=0.01, net_burst=12, net_rate=0.02))
    await site.store.open()
    try:
        statement = await makers.statement(site)
        async with browser(site, peer="192.0.2.1") as one, browser(site, peer="192.0.2.2") as other:
            stamp = await stamp_of(one, statement)
            asked = [post(one, statement, stamp, f"one-{n}@example.org") for n in range(30)]
            assert Counter(await asyncio.gather(*asked)) == {303: 7, 429: 23}
            asked = [post(other, statement, stamp, f"other-{n}@example.org") for n in range(30)]
            assert Counter(await asyncio.gather(*asked)) == {303: 5, 429: 25}
        assert await owner.fetchval(ROWS) == await owner.fetchval(LETTERS) == 12
    finally:
        await site.store.close()


async def test_whoever_leaves_stops_nobody_else(site: Site, owner: Any) -> None:
    statement = await makers.statement(site)
    forms = [await makers.form(site, statement, *pair) for pair in people(30)]
    tasks = [asyncio.create_task(actions.sign(site, statement, form, ip="192.0.2.1")) for form in forms]
    await asyncio.sleep(0)  # all of them have asked
    for task in tasks[::3]:
        task.cancel()
    answers = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
    stayed = [answer for n, answer in enumerate(answers) if n % 3]
    assert {type(answer) for answer in stayed} == {Attempt}
    kept = {row["id"] for row in await owner.fetch("select id from signatures")}
    assert {answer.id for answer in stayed} <= kept


@pytest.mark.parametrize("pause", [0, 0.002, 0.01])
async def test_the_database_cut_off_in_the_middle_every_answer_is_honest(
    site: Site, owner: Any, pause: float
) -> None:
    killer = await asyncpg.connect(site.settings.database_url)  # who may end these: their own role
    statement = await makers.statement(site)
    forms = [await makers.form(site, statement, *pair) for pair in people(60)]

    async def sign(number: int) -> Attempt:
        await asyncio.sleep(pause * number / 10)
        return await actions.sign(site, statement, forms[number], ip="192.0.2.1")

    async def cut() -> None:
        await asyncio.sleep(pause * 3)
        await killer.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and usename = current_user and pid <> pg_backend_pid()"
        )
        await killer.close()

    tasks = [asyncio.create_task(sign(number)) for number in range(60)]
    await cut()
    answers = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
    assert {type(answer) for answer in answers} <= {Attempt, DatabaseGone}
    kept = {row["id"] for row in await owner.fetch("select id from signatures")}
    assert {answer.id for answer in answers if isinstance(answer, Attempt)} <= kept
    assert await owner.fetchval(LETTERS) == len(kept)
    # Whoever was told to try again does so: the same row where there is one, and one letter.
    again = await sign_all(site, statement, people(60))
    assert {type(answer) for answer in again} == {Attempt}
    assert await owner.fetchval(ROWS) == await owner.fetchval(LETTERS) == 60
