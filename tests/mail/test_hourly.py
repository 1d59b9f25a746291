"""MAIL_PER_HOUR: one pace for all workers, and whoever waits goes first."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from petitions.mail import delivery, hourly, outbox
from petitions.mail.delivery import deliver
from petitions.mail.hourly import pace
from petitions.settings import Settings
from petitions.site import Site, make_site
from tests import makers
from tests.conftest import browser
from tests.mail.conftest import KINDS, post
from tests.mail.postmaster import Postmaster

AHEAD = "update throttle set full_at = full_at - $1::float8 * interval '1 second' where bucket = 'letters'"


def paced(settings: Settings, postmaster: Postmaster, per_hour: int) -> Site:
    return make_site(replace(settings, smtp_url=postmaster.url, mail_per_hour=per_hour))


@pytest.mark.parametrize("per_hour", [1, 2, 3, 10, 20, 100, 999, 20_000])
def test_no_hour_has_more_than_allowed_and_nearly_all_of_it_can_be_used(per_hour: int) -> None:
    measure = pace(per_hour)
    assert measure is not None
    at, empty_at, sent = 0.0, 0.0, []
    for _ in range(2 * per_hour):  # as fast as the bucket lets letters go
        at = max(at, empty_at - (measure.burst - 1) * measure.gap)
        empty_at = max(empty_at, at) + measure.gap
        sent.append(at)
    for n, begin in enumerate(sent):
        if n + per_hour < len(sent):
            assert sent[n + per_hour] - begin >= 3600 - 1e-6
    assert sum(one < 3600 for one in sent) >= 0.9 * per_hour


def test_no_limit_is_no_pace() -> None:
    assert pace(0) is None


async def test_two_workers_together_never_send_more_than_allowed(
    settings: Settings, postmaster: Postmaster, owner: Any
) -> None:
    one, two = paced(settings, postmaster, 36_000), paced(settings, postmaster, 36_000)
    measure = pace(36_000)
    assert measure is not None
    await one.store.open()
    await two.store.open()
    try:
        for n in range(150):
            await post(one, f"ada-{n}@example.org")
        began = time.monotonic()
        workers = [asyncio.create_task(deliver(site, KINDS)) for site in (one, two)]
        while time.monotonic() - began < 10 and len(postmaster) < 110:
            await asyncio.sleep(0.05)
            allowed = measure.burst + (time.monotonic() - began) / measure.gap + 1
            assert postmaster.seen <= allowed
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        assert len(postmaster) >= 110
        assert len({letter.to for letter in postmaster}) == len(postmaster)
    finally:
        await one.store.close()
        await two.store.close()


async def test_news_never_use_up_what_somebody_who_comes_now_needs(
    settings: Settings, postmaster: Postmaster, owner: Any
) -> None:
    site = paced(settings, postmaster, 100)  # ten at once, five of them news
    measure = pace(100)
    assert measure is not None
    await site.store.open()
    try:
        for n in range(40):
            await post(site, f"news-{n}@example.org", priority=outbox.BULK)
        await deliver(site, KINDS, once=True)
        assert len(postmaster) == 5
        for n in range(7):
            await post(site, f"waits-{n}@example.org")
        await deliver(site, KINDS, once=True)
        assert [letter.to[:5] for letter in postmaster[5:]] == ["waits"] * 5
        await owner.execute(AHEAD, measure.gap * 2)
        await deliver(site, KINDS, once=True)
        assert [letter.to[:5] for letter in postmaster[10:]] == ["waits"] * 2
        await owner.execute(AHEAD, measure.gap * 6)
        await deliver(site, KINDS, once=True)
        assert [letter.to[:4] for letter in postmaster[12:]] == ["news"]
        left = await owner.fetchrow(
            "select max(tries), count(claimed_until) from outbox where state = 'waiting'"
        )
        assert tuple(left) == (0, 0)
    finally:
        await site.store.close()


async def test_a_letter_that_loses_the_race_for_the_last_place_costs_no_try(
    settings: Settings, postmaster: Postmaster, owner: Any
) -> None:
    site = paced(settings, postmaster, 2)
    await site.store.open()
    try:
        for n in range(6):
            await post(site, f"ada-{n}@example.org")
        works = [delivery.Work(site, KINDS, delivery.transport(site)) for _ in range(3)]
        await asyncio.gather(*(work.run(once=True) for work in works))
        assert len(postmaster) == 2
        rows = await owner.fetch(
            "select tries, claimed_until, not_before <= now() from outbox where state = 'waiting'"
        )
        assert [tuple(row) for row in rows] == [(0, None, True)] * 4
    finally:
        await site.store.close()


async def test_a_faster_setting_counts_from_the_restart(
    settings: Settings, postmaster: Postmaster, owner: Any
) -> None:
    slow, fast = paced(settings, postmaster, 2), paced(settings, postmaster, 36_000)
    for site in (slow, fast):
        await site.store.open()
    try:
        for n in range(9):
            await post(slow, f"ada-{n}@example.org")
        await deliver(slow, KINDS, once=True)
        assert len(postmaster) == 2
        await deliver(fast, KINDS, once=True)  # what the slow one left is cut to a full bucket of this one
        await owner.execute(AHEAD, 10)
        await deliver(fast, KINDS, once=True)
        assert len(postmaster) == 9
    finally:
        for site in (slow, fast):
            await site.store.close()


async def test_a_clock_that_was_set_back_stops_no_letters(
    settings: Settings, postmaster: Postmaster, owner: Any
) -> None:
    site = paced(settings, postmaster, 36_000)
    await site.store.open()
    try:
        await post(site)
        await deliver(site, KINDS, once=True)
        await owner.execute(AHEAD, -86_400)
        assert await hourly.slow_minutes(site) == 0
        await post(site)
        await deliver(site, KINDS, once=True)
        assert len(postmaster) == 1, "the bucket may be full: nothing else is known of it"
        await owner.execute(AHEAD, 5)
        await deliver(site, KINDS, once=True)
        assert len(postmaster) == 2
    finally:
        await site.store.close()


async def test_while_the_server_is_down_nothing_is_counted(settings: Settings, owner: Any) -> None:
    site = make_site(replace(settings, smtp_url="smtp://127.0.0.1:1?tls=none", mail_per_hour=100))
    await site.store.open()
    try:
        for n in range(20):
            await post(site, f"ada-{n}@example.org")
        await deliver(site, KINDS, once=True)
        assert await owner.fetchval("select full_at <= now() from throttle where bucket = 'letters'")
    finally:
        await site.store.close()


async def test_the_page_tells_how_long_the_queue_takes(
    settings: Settings, postmaster: Postmaster, owner: Any
) -> None:
    site = paced(settings, postmaster, 100)
    await site.store.open()
    try:
        statement = await makers.statement(site)
        page = f"/{statement.slug}/check-your-email"
        async with browser(site) as client:
            assert "Letters leave slowly" not in (await client.get(page)).text
            for n in range(41):
                await post(site, f"ada-{n}@example.org")
            await post(site, priority=outbox.BULK)
            await deliver(site, KINDS, once=True)
            # ten have left; 31 wait, one every 39.6 s
            assert await hourly.slow_minutes(site) == 20
            assert "yours may take about 20 minutes" in makers.visible((await client.get(page)).text)
            for n in range(200):
                await post(site, f"eve-{n}@example.org")
            assert "yours may take about 2 hours" in makers.visible((await client.get(page)).text)
            await owner.execute("update outbox set due_since = now() - interval '9 hours'")
            assert "running late: about 540 minutes" in makers.visible((await client.get(page)).text)
    finally:
        await site.store.close()
