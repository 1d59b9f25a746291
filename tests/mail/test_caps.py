"""At most three letters a day and ten a month to one address, whoever asks; further ones are merged, never lost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from petitions.mail import caps
from petitions.mail.delivery import MOST_ATTEMPTS, deliver
from petitions.mail.letters import Decision, Defer, LetterKind, Send
from petitions.site import Site
from tests.mail.conftest import key, plain, post, sending_to
from tests.mail.postmaster import Postmaster


async def test_the_fourth_letter_of_a_day_has_to_wait_until_the_first_is_a_day_old(site: Site) -> None:
    for _ in range(3):
        assert await caps.take(site, key()) is None
    free = await caps.take(site, key())
    assert free is not None
    assert timedelta(hours=23, minutes=59) < free - datetime.now(UTC) <= timedelta(days=1)


async def test_a_day_later_there_is_one_more(site: Site, owner: Any) -> None:
    for hours in (25, 5, 1):
        await caps.take(site, key())
        await _older(owner, f"{hours} hours", only_newest=True)
    assert await caps.take(site, key()) is None
    free = await caps.take(site, key())
    assert free is not None
    assert timedelta(hours=18, minutes=59) < free - datetime.now(UTC) < timedelta(hours=19, minutes=1)


async def test_the_eleventh_letter_of_a_month_has_to_wait(site: Site, owner: Any) -> None:
    for _ in range(10):
        assert await caps.take(site, key()) is None
        await _older(owner, "2 days")
    free = await caps.take(site, key())
    assert free is not None
    assert timedelta(days=9, hours=23) < free - datetime.now(UTC) < timedelta(days=10, minutes=1)
    await _older(owner, "10 days")
    assert await caps.take(site, key()) is None


async def test_each_address_and_each_purpose_has_a_cap_of_its_own(site: Site) -> None:
    assert await caps.take(site, key(1), per_day=1) is None
    assert await caps.take(site, key(1), per_day=1) is not None
    assert await caps.take(site, key(2), per_day=1) is None
    assert await caps.take(site, key(1), "my", per_day=1) is None


async def test_a_month_may_hold_more_than_ten_where_a_campaign_wants_it(site: Site, owner: Any) -> None:
    granted = [await caps.take(site, key(), per_day=20, per_month=20) for _ in range(21)]
    assert [free is None for free in granted] == [True] * 20 + [False]


async def test_twenty_letters_asked_for_at_once_get_exactly_three(site: Site) -> None:
    answers = await asyncio.gather(*(caps.take(site, key()) for _ in range(20)))
    assert sum(answer is None for answer in answers) == 3


async def _older(owner: Any, interval: str, *, only_newest: bool = False) -> None:
    which = "nth = 1" if only_newest else "true"
    await owner.execute(
        "update letter_caps set taken = (select array_agg("
        f"case when {which} then one - $1::text::interval else one end order by nth) "
        "from unnest(taken) with ordinality as t (one, nth))",
        interval,
    )


# ── what becomes of letters over the cap


async def decide(site: Site, row: Any) -> Decision:
    """As a room does: over the cap, later, with everything that waits."""
    attempts = row.details.get("attempts") or [[str(row.statement_id), str(row.subject_id)]]
    free = await caps.take(site, row.address_key)
    if free:
        return Defer(free, {"attempts": attempts})
    return Send("merged" if len(attempts) > 1 else "one", {"attempts": attempts})


async def render(site: Site, row: Any) -> Any:
    return await plain(site, row)


CAPPED = {"plain": LetterKind(decide=decide, render=render)}


async def ask(site: Site, n: int, address: int = 1, kind: str = "plain") -> None:
    ids = {"statement_id": UUID(int=7), "subject_id": UUID(int=n)}
    await post(site, f"ada-{address}@example.org", kind=kind, address_key=key(address), **ids)


def pairs(*numbers: int) -> list[list[str]]:
    return [[str(UUID(int=7)), str(UUID(int=n))] for n in numbers]


async def deferred(owner: Any) -> list[Any]:
    import json

    rows = await owner.fetch("select details, not_before from outbox where state = 'deferred'")
    return [json.loads(row["details"])["attempts"] for row in rows]


async def test_letters_over_the_cap_become_one_that_lists_them_all(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    for n in range(1, 7):
        await ask(mailing, n)
        await deliver(mailing, CAPPED, once=True)
    assert len(postmaster) == 3
    assert await deferred(owner) == [pairs(4, 5, 6)]
    assert await owner.fetchval("select count(*) from outbox where state = 'waiting'") == 0


async def test_the_deferred_letter_is_decided_anew_when_it_is_due(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    for n in range(1, 6):
        await ask(mailing, n)
    await deliver(mailing, CAPPED, once=True)
    await owner.execute("update outbox set not_before = now() where state = 'deferred'")
    await deliver(mailing, CAPPED, once=True)
    assert len(postmaster) == 3, "the cap still holds"
    assert len(await deferred(owner)) == 1
    await _older(owner, "1 day")
    await owner.execute("update outbox set not_before = now() where state = 'deferred'")
    await deliver(mailing, CAPPED, once=True)
    assert len(postmaster) == 4
    ended = await owner.fetch("select decision from outbox where state = 'sent'")
    assert sorted(row["decision"] for row in ended) == ["merged", "one", "one", "one"]
    assert await deferred(owner) == []


async def test_the_same_attempt_is_listed_once_where_it_was_asked_for_last(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    for _ in range(3):
        await caps.take(mailing, key())
    for n in (1, 2, 3, 1):
        await ask(mailing, n)
        await deliver(mailing, CAPPED, once=True)
    assert await deferred(owner) == [pairs(2, 3, 1)]


async def test_however_many_are_asked_for_the_newest_of_each_statement_stays_listed(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    for _ in range(3):
        await caps.take(mailing, key())
    await ask(mailing, 1)
    await deliver(mailing, CAPPED, once=True)
    await owner.execute(
        "update outbox set details = jsonb_build_object('attempts', jsonb_build_array("
        "jsonb_build_array('another', 'old'), jsonb_build_array('another', 'new')) || "
        "(select jsonb_agg(jsonb_build_array('flooded', n)) from generate_series(1, 600) n))"
    )
    for n in (1, 2):
        await ask(mailing, n)
        await deliver(mailing, CAPPED, once=True)
    listed = (await deferred(owner))[0]
    assert len(listed) == MOST_ATTEMPTS
    assert listed[0] == ["another", "new"]
    assert listed[-3:] == [["flooded", 600], *pairs(1, 2)]


async def test_attempts_that_come_while_the_deferred_letter_is_decided_get_a_new_one(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    others: list[asyncio.Task[None]] = []
    later = datetime.now(UTC) + timedelta(hours=1)

    async def put_off(site: Site, row: Any) -> Decision:
        return Defer(later, {"attempts": pairs(row.subject_id.int)})

    async def send_now(site: Site, row: Any) -> Decision:
        await asyncio.create_task(ask(mailing, 2, kind="other"))  # outside of our transaction
        others.append(
            asyncio.create_task(deliver(mailing, {"other": LetterKind(put_off, render)}, once=True))
        )
        await asyncio.sleep(0.3)  # it has to wait for us now: we hold the letter that it merges into
        return Send("merged", {"attempts": row.details["attempts"]})

    async def sent(site: Site, row: Any) -> None:
        said.append(row.details["attempts"])

    said: list[Any] = []
    await ask(mailing, 1)
    await deliver(mailing, {"plain": LetterKind(put_off, render)}, once=True)
    await owner.execute("update outbox set not_before = now()")
    await deliver(mailing, {"plain": LetterKind(send_now, render, sent)}, once=True)
    await asyncio.gather(*others)
    assert said == [pairs(1)]
    assert await deferred(owner) == [pairs(2)]


async def test_nothing_is_lost_whatever_the_order_of_merging_and_sending(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    said: list[str] = []

    async def sent(site: Site, row: Any) -> None:
        said.extend(pair[1] for pair in row.details["attempts"])

    kinds = {"plain": LetterKind(decide, render, sent)}
    for n in range(1, 13):
        await ask(mailing, n)
        if n % 3 == 0:
            await owner.execute("update outbox set not_before = now() where state = 'deferred'")
            await asyncio.gather(*(deliver(mailing, kinds, once=True) for _ in range(2)))
            await _older(owner, "10 hours")
    waiting = [pair[1] for listed in await deferred(owner) for pair in listed]
    late = await owner.fetch("select subject_id from outbox where state = 'waiting'")
    assert sorted(said + waiting + [str(row[0]) for row in late]) == [str(UUID(int=n)) for n in range(1, 13)]


async def test_addresses_wait_apart(mailing: Site, postmaster: Postmaster, owner: Any) -> None:
    for address in (1, 2):
        for _ in range(3):
            await caps.take(mailing, key(address))
        await ask(mailing, address, address)
        await ask(mailing, address + 10, address)
    await deliver(mailing, CAPPED, once=True)
    assert sorted(sorted(listed) for listed in await deferred(owner)) == [pairs(1, 11), pairs(2, 12)]


async def test_a_letter_that_is_due_and_new_ones_of_its_address_do_not_lock_each_other_out(
    settings: Any, mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    """One holds its own row and wants the cap; the others hold the cap and want that row."""
    said: list[str] = []

    async def slowly(site: Site, row: Any) -> Decision:
        await asyncio.sleep(0.02)
        decision = await decide(site, row)
        await asyncio.sleep(0.02)
        return decision

    async def sent(site: Site, row: Any) -> None:
        said.extend(pair[1] for pair in row.details["attempts"])

    kinds = {"plain": LetterKind(slowly, render, sent)}
    async with sending_to(settings, postmaster.url) as other:
        for start in range(1, 31, 10):
            for n in range(start, start + 10):
                await ask(mailing, n)
            await owner.execute("update outbox set not_before = now() where state = 'deferred'")
            await asyncio.gather(*(deliver(site, kinds, once=True) for site in (mailing, other) * 2))
    waiting = [pair[1] for listed in await deferred(owner) for pair in listed]
    assert sorted(said + waiting) == sorted(str(UUID(int=n)) for n in range(1, 31))
    assert await owner.fetchval("select count(*) from outbox where error is not null or tries > 0") == 0
