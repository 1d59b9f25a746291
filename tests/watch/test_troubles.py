"""What the operator is told by letter: each trouble when it begins, once a day, and when it is over."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from petitions import jobs, tally, watch, work
from petitions.jobs import Job
from petitions.settings import Settings
from petitions.site import Site, make_site
from petitions.watch import TROUBLES, look
from tests import makers
from tests.conftest import Postbox
from tests.mail.conftest import key, post

OPERATOR = "operator@example.org"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Nothing is wrong at first, however full the disk of this machine is."""
    return replace(settings, operator_email=OPERATOR, disk_free_mb=0)


async def hours_ago(owner: Any, hours: float) -> None:
    """Time goes by for the troubles."""
    moves = ", ".join(
        f"{one} = {one} - {hours} * interval '1 hour'" for one in ("since", "seen_at", "told_at")
    )
    await owner.execute(f"update troubles set {moves}")


async def late(site: Site, owner: Any, minutes: int = 12) -> None:
    """A letter that somebody waits for, and that no worker knows how to send."""
    await post(site, kind="unknown")
    await owner.execute(
        f"update outbox set due_since = now() - interval '{minutes} minutes' where kind = 'unknown'"
    )


async def mended(owner: Any) -> None:
    await owner.execute("delete from outbox where kind = 'unknown'")


async def test_a_trouble_is_told_when_it_begins_once_a_day_and_when_it_is_over(
    site: Site, owner: Any, postbox: Postbox
) -> None:
    await late(site, owner)
    assert await look(site) == "late letters"
    assert await look(site) == "late letters"
    (began,) = await postbox.settle()
    assert (began.to, began.subject) == (OPERATOR, "Letters are running late")
    assert "for 12 minutes" in began.text
    assert "docs/trouble.md" in began.text
    assert str(began.message["From"]) == "localhost <petitions@example.org>"
    assert not re.search("unsubscribe|responsible|Promoted", began.text + began.html)
    await hours_ago(owner, 23)
    await look(site)
    assert await postbox.settle() == []
    await hours_ago(owner, 2)
    await look(site)
    (lasts,) = await postbox.settle()
    assert lasts.subject == "Still: Letters are running late"
    await mended(owner)
    assert await look(site) == "nothing is wrong"
    assert await postbox.settle() == []  # perhaps only for a moment
    await hours_ago(owner, 1)
    await look(site)
    await look(site)
    (over,) = await postbox.settle()
    assert over.subject == "Over: Letters are running late"
    assert "It began on" in over.text
    await late(site, owner)
    await look(site)
    assert [one.subject for one in await postbox.settle()] == ["Letters are running late"]


async def test_of_several_workers_one_tells(settings: Settings, site: Site, owner: Any) -> None:
    other = make_site(settings)
    await other.store.open()
    try:
        await late(site, owner)
        await asyncio.gather(*(look(one) for one in (site, other) * 4))
        assert await owner.fetchval("select count(*) from outbox where kind = 'trouble'") == 1
        await mended(owner)
        await hours_ago(owner, 1)
        await asyncio.gather(*(look(one) for one in (site, other) * 4))
        assert await owner.fetchval("select count(*) from outbox where kind = 'trouble'") == 2
    finally:
        await other.store.close()


async def test_what_could_not_be_told_while_mail_was_down_is_told_as_it_is_then(
    site: Site, owner: Any, postbox: Postbox
) -> None:
    """Two days without a mail server: three letters wait, one is sent."""
    await late(site, owner)
    await look(site)
    for _ in range(2):
        await hours_ago(owner, 25)
        await look(site)
    await mended(owner)
    await hours_ago(owner, 1)
    await look(site)
    assert await owner.fetchval("select count(*) from outbox where kind = 'trouble'") == 4
    assert [one.subject for one in await postbox.settle()] == ["Over: Letters are running late"]
    assert await owner.fetchval("select count(*) from outbox where state = 'dropped'") == 3


async def test_without_an_operator_nobody_is_written_to(settings: Settings, site: Site, owner: Any) -> None:
    quiet = replace(site, settings=replace(settings, operator_email=""))
    await late(site, owner)
    assert await look(quiet) == "late letters"
    assert await owner.fetchval("select count(*) from outbox where kind = 'trouble'") == 0
    assert await owner.fetchval("select over_at is null from troubles") is True


async def test_what_began_before_there_was_an_operator_is_told_at_once_and_never_only_its_end(
    settings: Settings, site: Site, owner: Any, postbox: Postbox
) -> None:
    quiet = replace(site, settings=replace(settings, operator_email=""))
    await late(site, owner)
    await look(quiet)
    await hours_ago(owner, 1)
    for _ in range(2):
        await look(site)
    assert [one.subject for one in await postbox.settle()] == ["Still: Letters are running late"]
    await mended(owner)
    await hours_ago(owner, 1)
    await look(site)
    assert [one.subject for one in await postbox.settle()] == ["Over: Letters are running late"]
    await late(site, owner)
    await look(quiet)
    await mended(owner)
    await hours_ago(owner, 1)
    await look(site)
    assert await postbox.settle() == []
    await late(site, owner)
    await look(quiet)
    await look(site)
    assert [one.subject for one in await postbox.settle()] == ["Still: Letters are running late"]


async def test_a_disk_that_fills_up(settings: Settings, site: Site, postbox: Postbox) -> None:
    small = replace(site, settings=replace(settings, disk_free_mb=10_000_000))
    assert await look(small) == "disk"
    (letter,) = await postbox.settle()
    assert letter.subject == "The disk is filling up"
    assert "10000000 should be" in letter.text
    assert await look(replace(site, settings=replace(settings, disk_free_mb=1))) == "nothing is wrong"


async def test_backups_that_grow_old_or_fail(settings: Settings, site: Site) -> None:
    async def note(fact: str, hours: float) -> None:
        moment = datetime.now(UTC) - timedelta(hours=hours)
        await site.store.facts.note(name=fact, value=moment.isoformat())

    assert await look(site) == "nothing is wrong"  # there never was one
    await note("backup", 25)
    assert await look(site) == "nothing is wrong"
    await note("backup failed", 24)
    assert await look(site) == "failed backup"
    await note("backup", 27)
    assert await look(site) == "old backup, failed backup"
    assert "old" not in await look(replace(site, settings=replace(settings, backup_hours=0)))
    await note("backup", 1)
    assert await look(site) == "nothing is wrong"


async def test_a_look_that_stumbles_does_not_hide_the_others(
    site: Site, owner: Any, postbox: Postbox
) -> None:
    await site.store.facts.note(name="backup", value="some day")
    await site.store.facts.note(name=watch.RECOUNT, value="2")
    assert await look(site) == "recount"
    assert [one.subject for one in await postbox.settle()] == ["A count differs from its signatures"]


async def test_a_recount_that_differs(site: Site, owner: Any, client: Any, postbox: Postbox) -> None:
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement)
    assert await work.JOBS["recount"].act(site) == "all counts agree"
    assert await look(site) == "nothing is wrong"
    await owner.execute("update counts set value = 7")
    await work.JOBS["recount"].act(site)
    assert await look(site) == "recount"
    await owner.execute("update counts set value = 1")
    await work.JOBS["recount"].act(site)
    assert await look(site) == "nothing is wrong"
    assert await tally.recount(site) == []


async def test_a_job_that_keeps_failing(site: Site, owner: Any, postbox: Postbox) -> None:
    async def fail(site: Site) -> str:
        raise ZeroDivisionError("ada@example.org")

    async def run(act: Any) -> None:
        await owner.execute("update jobs set next_run = now()")
        await jobs.run_due(site, {"example": Job(timedelta(minutes=1), act)})

    for _ in range(2):
        await run(fail)
    assert await look(site) == "nothing is wrong"
    await run(fail)
    assert await look(site) == "jobs"
    (letter,) = await postbox.settle()
    assert "It has failed each time of late: example." in letter.text
    await run(watch.look)
    assert await look(site) == "nothing is wrong"


async def test_letters_that_fail_in_bulk(site: Site, owner: Any) -> None:
    for state, number in (("sent", 39), ("failed", 9)):
        for n in range(number):
            id = await post(site, address_key=key(n + 1))
            await site.store.outbox.end(id=id, state=state, decision=None, error=None)
    assert await look(site) == "nothing is wrong"
    id = await post(site)
    await site.store.outbox.end(id=id, state="failed", decision=None, error="550")
    assert await look(site) == "failing letters"
    await owner.execute("update outbox set ended_at = ended_at - interval '1 hour'")
    assert await look(site) == "nothing is wrong"


@pytest.mark.parametrize("name", TROUBLES)
def test_each_letter_leads_to_its_heading_in_the_docs(name: str) -> None:
    headings = re.findall(r"(?m)^## (.+)$", (ROOT / "docs" / "trouble.md").read_text())
    title = TROUBLES[name].title
    assert title in headings
    assert f"“{title}”" in TROUBLES[name].advice


async def test_each_number_is_in_the_docs(client: Any) -> None:
    text = (ROOT / "docs" / "trouble.md").read_text()
    await client.get("/healthz")
    told = re.findall(r"(?m)^# TYPE (\S+)", (await client.get("/metrics")).text)
    assert len(told) > 15
    assert [name for name in told if f"`{name}`" not in text] == []
