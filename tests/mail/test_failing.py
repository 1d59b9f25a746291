"""Mail servers that refuse, hang up or are not there: nothing is lost, nobody is hammered."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from petitions.mail import delivery
from petitions.mail.delivery import deliver
from petitions.mail.letters import LetterKind, Send
from petitions.mail.pacing import Pauses
from petitions.mail.sending import MOST_TRIES
from petitions.mail.smtp import CONNECTIONS, Patience, Transport, server, transport
from petitions.settings import Settings
from petitions.site import Site
from tests.mail.conftest import KINDS, post, sending_to
from tests.mail.postmaster import Postmaster, grumpy

NOBODY = "smtp://127.0.0.1:1?tls=none"  # nothing listens there


async def rows(owner: Any, what: str) -> list[Any]:
    return [tuple(row) for row in await owner.fetch(f"select {what} from outbox order by id")]


async def test_while_smtp_is_down_letters_wait_and_then_leave(
    settings: Settings, mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    async with sending_to(settings, NOBODY) as cut_off:
        for n in range(20):
            await post(cut_off, f"ada-{n}@example.org")
        await deliver(cut_off, KINDS, once=True)
    states = await owner.fetch("select distinct state, tries, error, claimed_until from outbox")
    assert [tuple(row) for row in states] == [("waiting", 0, None, None)]
    await deliver(mailing, KINDS, once=True)
    assert len(postmaster) == 20


async def test_while_smtp_is_down_what_was_decided_stays_decided(
    settings: Settings, mailing: Site, postmaster: Postmaster
) -> None:
    decided: list[Any] = []

    async def decide(site: Site, row: Any) -> Any:
        decided.append(row.id)
        return Send("plain")

    kinds = {"plain": LetterKind(decide, KINDS["plain"].render)}
    id = await post(mailing)
    async with sending_to(settings, NOBODY) as cut_off:
        await deliver(cut_off, kinds, once=True)
        await deliver(cut_off, kinds, once=True)
    await deliver(mailing, kinds, once=True)
    assert decided == [id]
    assert len(postmaster) == 1


async def test_a_server_that_refuses_us_is_left_alone_for_a_while(settings: Settings, owner: Any) -> None:
    async with grumpy(b"554 5.7.1 go away") as (url, calls), sending_to(settings, url) as site:
        for n in range(50):
            await post(site, f"ada@example-{n}.org")
        worker = asyncio.create_task(deliver(site, KINDS))
        await asyncio.sleep(1)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    assert 1 <= len(calls) <= 4
    states = await owner.fetch("select distinct state, tries from outbox")
    assert [tuple(row) for row in states] == [("waiting", 0)]


async def test_after_a_failure_one_letter_asks_first(settings: Settings) -> None:
    async with grumpy(b"421 too busy") as (url, calls), sending_to(settings, url) as site:
        for n in range(50):
            await post(site, f"ada@example-{n}.org")
        way = Transport(site, server(url), Pauses(0.3, 0.3))
        work = delivery.Work(site, KINDS, way)
        await work.run(once=True)
        before = len(calls)
        await asyncio.sleep(way.rest)
        await work.run(once=True)
    assert len(calls) == before + 1


async def test_a_server_that_wants_a_password_we_have_not_is_down_for_us(
    settings: Settings, postmaster: Postmaster, owner: Any
) -> None:
    url = postmaster.url.replace("smtp://", "smtp://example:example@")
    async with sending_to(settings, url) as site:
        await post(site)
        await deliver(site, KINDS, once=True)
    assert await rows(owner, "state, tries") == [("waiting", 0)]


async def test_an_address_that_does_not_exist_fails_at_once(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    postmaster.recipients["gone@example.org"] = "550 5.1.1 gone@example.org: no such mailbox"
    await post(mailing, "gone@example.org", address_key=b"0" * 16, details={"subject": "Hello"})
    await deliver(mailing, KINDS, once=True)
    assert await rows(owner, "state, error, recipient, address_key, details") == [
        ("failed", "550", None, None, "{}")
    ]


@pytest.mark.parametrize("answer", ["550 5.7.26 unauthenticated", "554 Relay access denied", "452 full"])
async def test_what_is_said_to_us_or_for_now_is_tried_again(
    mailing: Site, postmaster: Postmaster, owner: Any, answer: str
) -> None:
    postmaster.recipients["ada@example.org"] = answer
    await post(mailing)
    await deliver(mailing, KINDS, once=True)
    wait = "not_before - now() between interval '40 seconds' and interval '75 seconds'"
    assert await rows(owner, f"state, tries, error, {wait}") == [("waiting", 1, answer[:3], True)]


async def test_a_letter_tried_again_is_recognised_by_its_message_id(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    postmaster.answers.append(451)
    id = await post(mailing)
    await deliver(mailing, KINDS, once=True)
    assert len(postmaster) == 0
    await owner.execute("update outbox set not_before = now()")
    await deliver(mailing, KINDS, once=True)
    assert [letter.message["Message-ID"] for letter in postmaster] == [f"<{id}@localhost>"]


async def test_the_waits_grow_to_half_a_day_and_end_after_about_three_days(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    postmaster.always = 451
    await post(mailing)
    waits = []
    for _ in range(MOST_TRIES):
        await deliver(mailing, KINDS, once=True)
        waits.append(await owner.fetchval("select extract(epoch from not_before - now())::float from outbox"))
        await owner.execute("update outbox set not_before = now()")
    assert await rows(owner, "state, tries, error, recipient") == [("failed", MOST_TRIES, "451", None)]
    assert all(earlier < later for earlier, later in pairwise(waits[:9]))
    assert max(waits) <= 12 * 3600 * 1.2
    assert 2 * 86400 < sum(waits[:-1]) < 4.5 * 86400


async def test_a_domain_that_says_later_is_paused_and_others_are_not(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    for n in range(10):
        postmaster.recipients[f"ada-{n}@slow.example.org"] = "421 4.7.0 try later"
        await post(mailing, f"ada-{n}@slow.example.org")
        await post(mailing, f"ada-{n}@example.org")
    await deliver(mailing, KINDS, once=True)
    assert len(postmaster) == 10
    asked = [address for address in postmaster.recipients_asked if "slow" in address]
    assert 1 <= len(asked) <= CONNECTIONS
    spent = "select count(*) from outbox where state = 'waiting' and tries = 0 and not_before > now()"
    assert await owner.fetchval(spent) == 10 - len(asked)


async def test_a_domain_that_said_later_is_asked_with_one_letter_first(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    work = delivery.Work(mailing, KINDS, transport(mailing))
    work.sender.pauses = Pauses(0.2, 0.2)
    for n in range(6):
        postmaster.recipients[f"ada-{n}@slow.example.org"] = "421 4.7.0 try later"
        await post(mailing, f"ada-{n}@slow.example.org")
    await work.run(once=True)
    before = len(postmaster.recipients_asked)
    await asyncio.sleep(0.3)
    await owner.execute("update outbox set not_before = now()")
    await work.run(once=True)
    assert len(postmaster.recipients_asked) == before + 1


async def test_one_mailbox_that_says_later_stops_no_other_of_its_domain(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    postmaster.recipients["busy@example.org"] = "450 4.2.1 receiving mail at a rate that is too high"
    work = delivery.Work(mailing, KINDS, transport(mailing))
    await post(mailing, "busy@example.org")
    await work.run(once=True)
    await post(mailing, "ada@example.org")
    await work.run(once=True)
    assert [letter.to for letter in postmaster] == ["ada@example.org"]
    assert await rows(owner, "state, tries, error") == [("waiting", 1, "4.2.1"), ("sent", 0, None)]


async def test_a_server_that_takes_too_long_for_one_letter_is_not_waited_for(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    postmaster.slow = 1
    way = Transport(mailing, server(postmaster.url), patience=Patience(last=0.1))
    await post(mailing)
    await asyncio.wait_for(delivery.Work(mailing, KINDS, way).run(once=True), 0.9)
    assert await rows(owner, "state, tries, error, claimed_until") == [("waiting", 1, "uncertain", None)]


async def test_a_sender_that_the_server_refuses_spends_no_tries_and_stops_no_other(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    postmaster.senders["wrong@example.org"] = "550 5.7.1 not your address"
    await post(mailing, details={"sender": "wrong@example.org"})
    await post(mailing)
    await deliver(mailing, KINDS, once=True)
    assert [letter.sender for letter in postmaster] == ["petitions@example.org"]
    assert await rows(owner, "state, tries, not_before > now()") == [
        ("waiting", 0, True),
        ("sent", 0, False),
    ]


async def test_a_line_cut_in_the_middle_costs_one_try_and_no_other_letter(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    postmaster.answers.append("drop")
    for n in range(6):
        await post(mailing, f"ada@example-{n}.org")
    await deliver(mailing, KINDS, once=True)
    assert len(postmaster) == 5
    assert await owner.fetchval("select tries from outbox where state = 'waiting'") == 1


async def test_a_kept_connection_that_the_server_has_closed_costs_nothing(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    way = transport(mailing)
    await post(mailing)
    row = (await mailing.store.outbox.claim(kinds=["plain"], most=1, worst=9))[0]
    letter = await KINDS["plain"].render(mailing, row)
    assert letter is not None
    await way.send(letter, row.id)
    postmaster.hang_up()
    await way.send(letter, row.id)
    await way.close()
    assert len(postmaster) == 2
    assert postmaster.connections == 2


async def test_an_address_that_is_none_fails_and_goes_nowhere(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    for to in (
        "ada",
        "a b@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org,eve@example.org",
    ):
        await post(mailing, to)
    await deliver(mailing, KINDS, once=True)
    assert len(postmaster) == 0
    assert set(await rows(owner, "state, error")) == {("failed", "address")}
