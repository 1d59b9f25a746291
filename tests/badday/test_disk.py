"""A full disk under the database: it is said, nothing is half written, and with room again all goes on by itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from tests.badday.place import Place, soon
from tests.badday.visitors import GONE, Crowd, Signing, Visitor
from tests.makers import stamp_of

EMBEDDED = {"DATABASE_URL": "", "DATABASE_DIRECT_URL": "", "DATABASE_OWNER_URL": ""}


@pytest_asyncio.fixture(scope="module")
async def small() -> AsyncIterator[Place]:
    """One machine as `petitions serve` makes it, its data on a disk of 160 MB; its web and work run the database."""
    disk = Path(tempfile.mkdtemp(prefix="petitions-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160m,mode=755", "tmpfs", disk], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    place = Place(disk / "data", **EMBEDDED)
    try:
        await place.open()
        place.web()
        place.work()
        await place.ready(*place.webs)
        yield place
    finally:
        await place.close()
        subprocess.run(["umount", "--lazy", disk], check=True)
        disk.rmdir()


def fill(place: Place) -> Path:
    """Everything that is left."""
    ballast = place.data.parent / "ballast"
    with ballast.open("wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(b"0" * 65536)
            file.flush()
    assert shutil.disk_usage(place.data).free == 0
    return ballast


async def test_on_a_full_disk_nobody_is_lied_to_and_with_room_again_all_goes_on(small: Place) -> None:
    crowd, web = Crowd(small), small.webs[0]
    visitor, signing = Visitor(crowd, 1), Signing(crowd, "Full")
    made = stamp_of((await visitor.get(f"{web}/{signing.slug}")).text)
    await signing.one(web, made, 0)
    ballast = fill(small)
    for first in range(1, 2000, 20):
        await asyncio.gather(*(signing.one(web, made, first + n) for n in range(20)))
        if signing.statuses[GONE] > 20:
            break
    assert set(signing.statuses) == {303, GONE}
    for path in (f"/{signing.slug}", "/healthz"):
        assert (await visitor.get(web + path)).status == 200
    # Now the log of the database itself finds no room: it gives up, and can't even recover.
    with contextlib.suppress(asyncpg.PostgresError, OSError):
        await small.rows("select pg_switch_wal()")
    for n in range(3000, 3005):
        await signing.one(web, made, n)
    await soon(20, lambda: not small.running._server.runs())
    assert (await signing.one(web, made, 3100)).status == GONE
    assert (await visitor.get(f"{web}/{signing.slug}")).status in (200, GONE)
    assert (await visitor.get(f"{web}/healthz")).status == 200
    ballast.unlink()

    async def signs_again() -> bool:
        return (await signing.one(web, made, 3200)).status == 303

    assert await soon(40, signs_again) < 30
    assert set(signing.statuses) == {303, GONE}
    await signing.check()
    told = {signing.email(name) for name in signing.told}

    async def every_letter_came() -> bool:
        # What the worker held when the database went, and what it put off, is due.
        await small.rows("update outbox set claimed_until = null, not_before = now() where state = 'waiting'")
        return told <= {letter.to for letter in list(small.sink)}

    await soon(60, every_letter_came)
    await crowd.close()


async def test_an_embedded_database_that_is_killed_is_started_again_by_those_who_use_it(small: Place) -> None:
    crowd, web = Crowd(small), small.webs[0]
    signing = Signing(crowd, "Again")
    made = stamp_of((await Visitor(crowd, 1).get(f"{web}/{signing.slug}")).text)
    os.kill(small.database_pid(), signal.SIGKILL)
    await soon(10, lambda: not small.running._server.runs())

    async def signs_again() -> bool:
        return (await signing.one(web, made, 1)).status == 303

    assert await soon(40, signs_again) < 30
    await signing.check()
    await crowd.close()
    for program in small.programs:
        program.end(signal.SIGTERM)
        assert program.process is not None
        assert program.process.returncode == 0
