"""Several workers without a coordinator, and workers that stop, are stopped, or are killed."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from petitions.mail import caps
from petitions.mail.delivery import Work, deliver
from petitions.mail.letters import Decision, Defer, LetterKind, Send
from petitions.mail.smtp import CONNECTIONS, Transport, server, transport
from petitions.settings import Settings
from petitions.site import Site
from tests.mail.conftest import KINDS, key, plain, post, sending_to
from tests.mail.postmaster import Postmaster

HERE = Path(__file__).parents[2]


async def test_two_workers_never_send_a_letter_twice(
    settings: Settings, mailing: Site, postmaster: Postmaster
) -> None:
    for n in range(80):
        await post(mailing, f"ada-{n}@example-{n % 9}.org")
    async with sending_to(settings, postmaster.url) as other:
        await asyncio.gather(deliver(mailing, KINDS, once=True), deliver(other, KINDS, once=True))
    assert sorted(letter.to for letter in postmaster) == sorted(
        f"ada-{n}@example-{n % 9}.org" for n in range(80)
    )


async def test_the_letters_of_a_killed_worker_are_sent_by_the_next_after_five_minutes(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    await post(mailing)
    assert len(await mailing.store.outbox.claim(kinds=["plain"], most=5, worst=9)) == 1
    await deliver(mailing, KINDS, once=True)
    assert len(postmaster) == 0
    await owner.execute("update outbox set claimed_until = claimed_until - interval '5 minutes'")
    await deliver(mailing, KINDS, once=True)
    assert len(postmaster) == 1


async def test_a_letter_that_another_worker_took_meanwhile_is_not_sent_twice(
    settings: Settings, mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    """The first one waits for a connection until its lease is over."""
    slow = Transport(mailing, server(postmaster.url))
    async with AsyncExitStack() as taken:
        for _ in range(CONNECTIONS):
            await taken.enter_async_context(slow.place())
        await post(mailing)
        first = asyncio.create_task(Work(mailing, KINDS, slow).run(once=True))
        while not await owner.fetchval("select exists (select from outbox where decision is not null)"):
            await asyncio.sleep(0.01)
        await owner.execute("update outbox set claimed_until = now() - interval '1 second'")
        await deliver(mailing, KINDS, once=True)
        assert len(postmaster) == 1
    await first
    assert len(postmaster) == 1
    assert await owner.fetchval("select (state, tries, error is null)::text from outbox") == "(sent,0,t)"


async def test_a_letter_is_handed_over_with_a_whole_lease(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    nearly_over = "update outbox set claimed_until = now() + interval '5 seconds' returning claimed_until"
    postmaster.slow = 0.3
    id = await post(mailing)
    await mailing.store.outbox.claim(kinds=["plain"], most=1, worst=9)
    until = await owner.fetchval(nearly_over)
    row = await mailing.store.outbox.decide(id=id, claimed_until=until, decision="plain", details={})
    work = Work(mailing, KINDS, transport(mailing))
    handing_over = asyncio.create_task(work._letter(row))
    while not postmaster.busy:
        await asyncio.sleep(0.01)
    assert await owner.fetchval("select claimed_until > now() + interval '4 minutes' from outbox")
    await handing_over
    await work.run(once=True)
    assert await owner.fetchval("select state from outbox") == "sent"


async def test_a_worker_killed_between_handing_over_and_noting_it_repeats_one_letter_recognisably(
    settings: Settings, mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    id = await post(mailing)
    script = [sys.executable, "-m", "tests.mail.killed_worker", settings.database_url, postmaster.url]
    worker = await asyncio.create_subprocess_exec(*script, cwd=HERE)
    assert await asyncio.wait_for(worker.wait(), 30) == -signal.SIGKILL
    assert len(postmaster) == 1
    assert await owner.fetchval("select (state, decision)::text from outbox") == "(waiting,plain)"
    await owner.execute("update outbox set claimed_until = now()")
    await deliver(mailing, KINDS, once=True)
    await deliver(mailing, KINDS, once=True)
    assert [letter.message["Message-ID"] for letter in postmaster] == [f"<{id}@localhost>"] * 2


async def test_a_worker_that_is_told_to_stop_finishes_what_is_on_its_way(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    postmaster.slow = 0.3
    await post(mailing)
    worker = asyncio.create_task(deliver(mailing, KINDS))
    while not postmaster.busy:
        await asyncio.sleep(0.01)
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert len(postmaster) == 1
    assert await owner.fetchval("select state from outbox") == "sent"


async def test_a_worker_that_waits_finds_a_new_letter_within_a_second(
    mailing: Site, postmaster: Postmaster
) -> None:
    worker = asyncio.create_task(deliver(mailing, KINDS))
    await asyncio.sleep(0.05)
    await post(mailing)
    for _ in range(100):
        if len(postmaster):
            break
        await asyncio.sleep(0.01)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert len(postmaster) == 1


async def test_a_decision_that_comes_too_late_spends_nothing(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    async def slow(site: Site, row: Any) -> Decision:
        await caps.take(site, row.address_key)
        await owner.execute(
            "update outbox set claimed_until = now() + interval '1 hour'"
        )  # somebody else's now
        return Send("plain")

    await post(mailing, address_key=key())
    await deliver(mailing, {"plain": LetterKind(decide=slow, render=plain)}, once=True)
    assert len(postmaster) == 0
    assert await owner.fetchval("select count(*) from letter_caps") == 0
    assert (
        await owner.fetchval("select (state, tries, decision is null)::text from outbox") == "(waiting,0,t)"
    )


async def test_a_letter_taken_back_while_it_is_decided_is_not_sent(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    async def decide(site: Site, row: Any) -> Decision:
        await owner.execute("delete from outbox")
        return Defer(row.created_at)

    await post(mailing, address_key=key())
    await deliver(mailing, {"plain": LetterKind(decide=decide, render=plain)}, once=True)
    assert len(postmaster) == 0
    assert await owner.fetchval("select count(*) from outbox") == 0


async def test_what_a_decision_changes_is_undone_when_it_fails(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    async def decide(site: Site, row: Any) -> Decision:
        await caps.take(site, row.address_key)
        raise RuntimeError

    await post(mailing, address_key=key())
    await deliver(mailing, {"plain": LetterKind(decide=decide, render=plain)}, once=True)
    assert await owner.fetchval("select count(*) from letter_caps") == 0
    assert (
        await owner.fetchval("select (state, tries, error)::text from outbox") == "(waiting,1,RuntimeError)"
    )
