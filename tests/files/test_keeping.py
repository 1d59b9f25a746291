"""How long a file stays: its ticket, what refers to it, how much strangers may leave here."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import asyncpg
import pytest

from petitions.errors import Busy
from petitions.files import actions
from petitions.forms import Unfit
from petitions.heavy import QUEUE
from petitions.site import Site
from petitions.storage.embedded import Embedded
from tests import makers
from tests.endorsements import rows
from tests.files.made import PDF, picture

OLD = "update files set put_at = now() - interval '26 hours'"


async def put(site: Site, data: bytes = PDF, use: str = "minutes", **over: Any) -> actions.Kept:
    return await actions.put(site, io.BytesIO(data), use, **over)


async def test_a_ticket_stands_for_its_file_and_its_use_alone(site: Site) -> None:
    kept = await put(site)
    ticket = actions.ticket(site, kept, "minutes")
    assert actions.redeem(site, ticket, "minutes") == kept
    assert actions.redeem(site, ticket, "logo") is None
    for wrong in ("", "x", ticket[:-1], ticket + "x", "x" * 1000, "é", site.tokens.make("elsewhere", "x")):
        assert actions.redeem(site, wrong, "minutes") is None


async def test_what_nothing_refers_to_goes_after_a_day(site: Site, owner: Any) -> None:
    kept = await put(site)
    await owner.execute("update files set put_at = now() - interval '24 hours'")
    assert await actions.purge(site) == "0 files removed"
    await owner.execute(OLD)
    assert await actions.purge(site) == "1 files removed"
    assert await actions.get(site, kept.digest) is None


@pytest.mark.parametrize("column", ["logo", "minutes"])
async def test_what_is_referred_to_stays(site: Site, owner: Any, column: str) -> None:
    kept = await put(site, picture("PNG"), column)
    statement = await makers.statement(site)
    claim = await rows.confirmed(owner, statement, **{column: kept.digest})
    await owner.execute(OLD)
    assert await actions.purge(site) == "0 files removed"
    await owner.execute("delete from endorsements where id = $1", claim["id"])
    assert await actions.purge(site) == "1 files removed"


async def test_a_claim_that_is_just_being_written_never_loses_its_file(
    site: Site, owner: Any, server: Embedded, database: str
) -> None:
    kept = await put(site)
    statement = await makers.statement(site)
    await owner.execute(OLD)
    other = await asyncpg.connect(server.url("petitions_owner", database))
    try:
        async with other.transaction():
            await rows.confirmed(other, statement, minutes=kept.digest)
            assert await actions.purge(site) == "0 files removed"
    finally:
        await other.close()
    assert await actions.purge(site) == "0 files removed"
    assert (
        await owner.fetchval("select count(*) from endorsements e join files f on f.digest = e.minutes") == 1
    )


async def test_a_file_that_comes_again_while_it_is_purged_stays(
    site: Site, owner: Any, server: Embedded, database: str
) -> None:
    kept = await put(site)
    await owner.execute(OLD)
    other = await asyncpg.connect(server.url("petitions_owner", database))
    try:
        async with other.transaction():
            await other.execute("delete from files where digest = $1", kept.digest)
            again = asyncio.create_task(put(site))
            while not await owner.fetchval("select count(*) from pg_locks where not granted"):
                assert not again.done()
                await asyncio.sleep(0.01)
        assert await again == kept
    finally:
        await other.close()
    assert await actions.get(site, kept.digest) is not None


async def test_strangers_can_leave_only_so_much_here(site: Site, owner: Any) -> None:
    statement = await makers.statement(site)
    kept = await put(site)
    most = 2 * actions.LEAST - 1
    with pytest.raises(Unfit, match="Send the form without this one"):
        await put(site, PDF + b"\n", most=most)
    await owner.execute("update files set put_at = now() - interval '20 hours'")
    assert await put(site, most=1) == kept, "it is here already"
    assert await owner.fetchval("select put_at < now() - interval '19 hours' from files"), (
        "and goes when it was to go"
    )
    pending = await rows.confirmed(owner, statement, minutes=kept.digest, state="pending", confirmed_by=None)
    with pytest.raises(Unfit):
        await put(site, PDF + b"\n", most=most)
    await owner.execute("update endorsements set state = 'confirmed' where id = $1", pending["id"])
    await put(site, PDF + b"\n", most=most)
    assert await owner.fetchval("select count(*) from files") == 2


async def test_files_that_come_at_once_are_looked_at_in_turn_and_only_so_many_wait(
    site: Site, owner: Any
) -> None:
    sent = [picture("PNG", (20 + n, 20)) for n in range(QUEUE + 5)]
    kept = await asyncio.gather(*(put(site, one, "logo") for one in sent), return_exceptions=True)
    assert [type(one) for one in kept] == [actions.Kept] * QUEUE + [Busy] * 5
    assert await owner.fetchval("select count(*) from files") == QUEUE


async def test_an_address_and_its_network_have_a_share_of_the_room(site: Site) -> None:
    """A small file counts as one of 100 KB, a picture as what is kept of it; one that is refused costs nothing."""
    a_day = 3 * actions.LEAST
    for n in range(3):
        await put(site, PDF + b"\n" * n, ip="192.0.2.1", a_day=a_day)
        with pytest.raises(Unfit, match="damaged"):
            await put(site, picture("PNG")[:60], ip="192.0.2.1", a_day=a_day)
    with pytest.raises(Unfit, match="Send the form without this one"):
        await put(site, PDF + b"\n" * 3, ip="192.0.2.1", a_day=a_day)
    for n in range(9):
        await put(site, PDF + b"\0" * n, ip=f"192.0.2.{2 + n}", a_day=a_day)
    with pytest.raises(Unfit):
        await put(site, PDF + b"\0" * 9, ip="192.0.2.99", a_day=a_day)
    await put(site, PDF + b"\0" * 9, ip="198.51.100.1", a_day=a_day)
