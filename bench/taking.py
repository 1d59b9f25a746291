"""Figures 8c and 14: a list as a browser takes it at the desk, and the hand-over document; in time and memory."""

import asyncio
import re
import urllib.request
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

from bench.ground import Ground
from bench.lists import memory
from bench.processes import LONGEST, check, environment, ours, running
from bench.run import Figure, Run
from petitions.desk.handover import document, format_of
from petitions.organisers import sessions, team
from petitions.organisers.exporting import Taken
from petitions.signatures.export import columns

ACTOR = "cli:bench"
LOOK_EVERY = 0.02  # seconds


async def at_the_desk(ground: Ground) -> dict[str, str]:
    """The headers of an owner's browser that has just shown its second factor."""
    site = ground.site
    organiser = await team.add(site, "bench@example.org", "Olu Example")
    campaign = await site.store.campaigns.find(slug=ground.statement.campaign_slug)
    await team.give(site, campaign, organiser, "owner", actor=ACTOR)
    begun = await sessions.begin(site, organiser.id, way="letter", second=True)
    return {"Cookie": f"session={begun.token}", "Sec-Fetch-Site": "same-origin"}


def taken(address: str, headers: dict[str, str], typed: dict[str, str]) -> int:
    """Lines of the list, read as it comes."""
    request = urllib.request.Request(address, urlencode(typed).encode(), headers)
    with urllib.request.urlopen(request, timeout=LONGEST) as answer:
        return sum(piece.count(b"\n") for piece in iter(lambda: answer.read(1 << 20), b""))


async def by_web(run: Run) -> list[Figure]:
    """8c."""
    ground = await run.full(run.sizes.grow)
    rows, headers = await ground.counted(), await at_the_desk(ground)
    typed = {"chosen": "yes", "format": "csv"} | {f"take_{one}": "yes" for one in columns(ground.statement)}
    line = ours("petitions", "serve", "--port", "0", "--no-work")
    with running(line, ground.folder, environment(ground.folder)) as process:
        told = (re.search(rb"http://localhost:\d+", text) for text in process.stdout or ())
        place = next(found[0].decode() for found in told if found)
        slugs = f"{ground.statement.campaign_slug}/{ground.statement.slug}"
        address = f"{place}/organise/{slugs}/exports/signatories"
        one_day = {**typed, "since": "2000-01-01", "until": "2000-01-01"}
        check(await asyncio.to_thread(taken, address, headers, one_day) == 1, "a list of nobody has lines")
        before, began = memory(process.pid), perf_counter()
        lines = await asyncio.to_thread(taken, address, headers, typed)
        took, more = perf_counter() - began, (memory(process.pid) - before) / 1e6
    check(lines == rows + 1, f"the desk gave {lines} lines of {rows} signatories")
    what = f"memory of the web process above a list of nobody: {rows:,} as CSV in {took:.1f} s, in MB"
    return [Figure("8c", what, more, target=30, most=True)]


async def handed_over(run: Run) -> list[Figure]:
    """14 and 14b."""
    ground, peak = await run.named(), 0
    began = perf_counter()
    making = asyncio.create_task(made(ground, run.folder))
    while not making.done():
        peak = max(peak, typesetter())
        await asyncio.sleep(LOOK_EVERY)
    size, names = await making
    took = perf_counter() - began
    check(names == await ground.counted(), f"{names} names stand in the document")
    what = f"hand-over document of {names:,} names, {size / 1e6:.1f} MB, in seconds"
    return [
        Figure("14", what, took, target=30, most=True),
        Figure("14b", "most memory of the process that sets it, in MB", peak / 1e6, target=700, most=True),
    ]


async def made(ground: Ground, folder: Path) -> tuple[int, int]:
    """Bytes and names of the document of the statement that is handed over."""
    statement = await ground.site.store.statements.find_by_id(id=ground.statement.id)
    told, size = Taken(), 0
    format = await format_of(ground.site, statement)
    async for chunk in document(ground.site, statement, told, actor=ACTOR, format=format, folder=folder):
        size += len(chunk)
    return size, told.rows or 0


def typesetter() -> int:
    """The most that a process which sets a document has held so far, in bytes."""
    peaks: list[Any] = [0]
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"typeset.py" in place.read_bytes():
                peaks.append(memory(int(place.parent.name)))
        except OSError:
            continue
    return int(max(peaks))
