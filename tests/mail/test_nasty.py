"""Servers that misbehave at every step: no letter is lost, and none comes twice but where SMTP can't tell."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from petitions.mail.delivery import Work
from petitions.mail.pacing import Pauses
from petitions.mail.smtp import CONNECTIONS, Patience, Transport, server
from petitions.settings import Settings
from petitions.site import Site
from tests.mail.conftest import KINDS, post, sending_to
from tests.mail.nasty import STEPS, Nasty
from tests.mail.postmaster import Postmaster

SCALED = Patience(answer=0.25, last=2, before=5)


def work_for(site: Site, nasty: Nasty, patience: Patience = SCALED, **over: Any) -> Work:
    work = Work(site, KINDS, Transport(site, server(nasty.url), Pauses(0.02, 0.02), patience), **over)
    work.sender.pauses = Pauses(0.02, 0.02)
    return work


async def until_all_have_left(site: Site, owner: Any, work: Work) -> None:
    for _ in range(40):
        await work.run(once=True)
        if not await owner.fetchval("select count(*) from outbox where state = 'waiting'"):
            return
        await asyncio.sleep(0.05)
        await owner.execute("update outbox set not_before = now() where claimed_until is null")
    raise AssertionError(await owner.fetch("select state, tries, error, claimed_until from outbox"))


@pytest.mark.parametrize(
    "trick",
    [
        "hang",
        "drop",
        "endless",
        b"421 4.3.2 closing",
        b"450 4.7.1 later",
        b"whatever",
        b"\xff\xfe 8-bit",
        b"250",
        b"599-",
    ],
    ids=str,
)
async def test_whatever_it_does_at_each_step_every_letter_arrives(
    settings: Settings, owner: Any, trick: str | bytes
) -> None:
    steps = [step for step in STEPS if not (trick == b"250" and step in ("banner", "data", "middle"))]
    if isinstance(trick, bytes):
        steps = [step for step in steps if step != "middle"]  # nobody listens there
    nasty = Nasty(**dict.fromkeys(steps, trick))
    patience = Patience(answer=0.25, last=0.25, before=5)
    async with nasty.open(), sending_to(settings, nasty.url) as site:
        ids = [await post(site, f"ada@example-{n}.org") for n in range(8)]
        await until_all_have_left(site, owner, work_for(site, nasty, patience))
    assert nasty.tricks == {}, "every trick was played"
    times = Counter(nasty.letters)
    wanted = {f"<{id}@localhost>" for id in ids}
    assert set(times) <= wanted
    if trick == b"250":  # said at the end it is all that the protocol asks for
        assert len(wanted - set(times)) <= 1
    else:
        assert set(times) == wanted
    twice = [id for id, n in times.items() if n > 1]
    assert len(twice) == (1 if trick in ("hang", "drop") else 0), (
        "only where the answer to the last dot was lost"
    )
    assert max(times.values()) <= 2
    assert await owner.fetchval("select max(tries) from outbox where state = 'sent'") <= 3


async def test_a_letter_that_is_accepted_late_is_sent_once(settings: Settings, owner: Any) -> None:
    """Scaled: it takes twice as long as any other answer may, and the lease of the letter is renewed meanwhile."""
    nasty = Nasty(dot="slow")
    leases = set()
    async with nasty.open(), sending_to(settings, nasty.url) as site:
        await post(site)
        work = asyncio.create_task(work_for(site, nasty, renew=0.05).run(once=True))
        while not work.done():
            leases.add(await owner.fetchval("select claimed_until from outbox"))
            await asyncio.sleep(0.02)
        await work
    assert len(nasty.letters) == 1
    assert await owner.fetchval("select (state, tries)::text from outbox") == "(sent,0)"
    assert len(leases - {None}) > 4
    assert Patience().last >= 600, "RFC 5321 §4.5.3.2.6"


async def test_one_that_hangs_holds_up_no_other_letter(settings: Settings, owner: Any) -> None:
    nasty = Nasty(rcpt="hang")
    async with nasty.open(), sending_to(settings, nasty.url) as site:
        for n in range(9):
            await post(site, f"ada@example-{n}.org")
        work = asyncio.create_task(work_for(site, nasty, Patience(answer=2)).run())
        for _ in range(100):
            if len(nasty.letters) == 8:
                break
            await asyncio.sleep(0.02)
        assert len(nasty.letters) == 8
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    assert await owner.fetchval("select count(*) from outbox where state = 'waiting'") == 1


async def test_answers_that_drip_are_waited_for(settings: Settings, owner: Any) -> None:
    nasty = Nasty()
    nasty.drip = 0.005
    async with nasty.open(), sending_to(settings, nasty.url) as site:
        for n in range(CONNECTIONS):
            await post(site, f"ada@example-{n}.org")
        await work_for(site, nasty, Patience(answer=3, last=3)).run(once=True)
    assert len(nasty.letters) == CONNECTIONS


async def test_answers_that_drip_for_ever_are_not(settings: Settings, owner: Any) -> None:
    nasty = Nasty()
    nasty.drip = 0.02
    async with nasty.open(), sending_to(settings, nasty.url) as site:
        await post(site)
        await work_for(site, nasty, Patience(answer=3, before=0.2)).run(once=True)
    assert await owner.fetchval("select (state, tries, error)::text from outbox") == '(waiting,1,"too slow")'


class Tarpit(Postmaster):
    """Says nothing to who names a recipient of tarpit.example, after so many times "later"."""

    def __init__(self, laters: int) -> None:
        super().__init__()
        self.laters = laters

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.endswith("@tarpit.example"):
            self.laters -= 1
            if self.laters >= 0:
                return "450 4.7.1 later"
            await asyncio.sleep(3600)
        return await super().handle_RCPT(server, session, envelope, address, options)


@pytest.mark.parametrize("laters", [0, CONNECTIONS])
async def test_a_domain_that_says_nothing_holds_up_no_letter_for_long(
    settings: Settings, owner: Any, laters: int
) -> None:
    """Scaled: an answer may take a second. 80 letters ahead of ours; the domain is doubted before, or not yet."""
    async with Tarpit(laters).open() as postmaster, sending_to(settings, postmaster.url) as site:
        for n in range(80):
            await post(site, f"ada-{n}@tarpit.example")
        way = Transport(site, server(postmaster.url), patience=Patience(answer=1))
        work = Work(site, KINDS, way)
        work.sender.pauses = Pauses(1, 1)
        working = asyncio.create_task(work.run())
        while postmaster.laters >= 0:
            await asyncio.sleep(0.02)
        for n in range(3):  # whenever it comes
            began = time.monotonic()
            await post(site, f"eve-{n}@example.org")
            while len(postmaster) == n:
                assert time.monotonic() - began < 20
                await asyncio.sleep(0.02)
            assert time.monotonic() - began < 2.5
        working.cancel()
        for hand in work._hands:
            hand.cancel()
        await asyncio.gather(working, return_exceptions=True)


@pytest.mark.parametrize("trick", ["hang", "drop", b"whatever"], ids=str)
async def test_a_letter_whose_last_answer_never_comes_is_sent_twice_at_most(
    settings: Settings, owner: Any, trick: str | bytes
) -> None:
    nasty = Nasty()
    async with nasty.open(), sending_to(settings, nasty.url) as site:
        id = await post(site)
        work = work_for(site, nasty, Patience(answer=0.25, last=0.1))
        for also in ({}, {"rcpt": b"451 4.3.0 not now"}, {}, {}):  # an error between changes nothing
            nasty.tricks = {"dot": trick, **also}
            await work.run(once=True)
            await asyncio.sleep(0.03)
            await owner.execute("update outbox set not_before = now()")
    assert nasty.letters == ([] if isinstance(trick, bytes) else [f"<{id}@localhost>"] * 2)
    assert nasty.commands.count("data") == 2
    assert await owner.fetchval("select (state, tries, error)::text from outbox") == "(sent,2,uncertain)"
    assert await owner.fetchval("select recipient from outbox") is None


async def test_without_the_encryption_that_was_asked_for_nothing_is_said(
    settings: Settings, owner: Any
) -> None:
    nasty = Nasty()
    async with nasty.open():
        url = nasty.url.replace("tls=none", "tls=starttls").replace("smtp://", "smtp://ada:secret@")
        async with sending_to(settings, url) as site:
            await post(site)
            work = Work(site, KINDS, Transport(site, server(url), Pauses(0.02, 0.02), SCALED))
            await work.run(once=True)
    assert set(nasty.commands) <= {"ehlo", "quit"}
    assert await owner.fetchval("select (state, tries)::text from outbox") == "(waiting,0)"


@pytest.mark.parametrize("step", ["rcpt", "data", "dot"])
async def test_a_no_for_ever_ends_that_letter_alone(settings: Settings, owner: Any, step: str) -> None:
    nasty = Nasty(**{step: b"550 5.1.1 no such mailbox"})
    async with nasty.open(), sending_to(settings, nasty.url) as site:
        for n in range(3):
            await post(site, f"ada@example-{n}.org")
        await work_for(site, nasty).run(once=True)
    states = await owner.fetch("select state, error from outbox order by state")
    assert [tuple(row) for row in states] == [("failed", "550"), ("sent", None), ("sent", None)]
    assert len(nasty.letters) == 2
