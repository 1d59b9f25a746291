"""All figures, in the order in which they are measured: what needs more rows comes later."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter

from bench import counting, letters, lists, reading, searching, space, taking, writing
from bench.processes import fetched, serving
from bench.run import Figure, Run

Measure = Callable[[Run], Awaitable[list[Figure]]]


async def second_start(run: Run) -> list[Figure]:
    """12: its database is stopped first."""
    ground = await run.none()
    await run.leave()
    began = perf_counter()
    with serving(ground.folder, "petitions", "serve", "--port", "0") as page:
        await asyncio.to_thread(fetched, page)
        took = perf_counter() - began
    return [Figure("12", "second start to the first page, in seconds", took, target=3, most=True)]


FIGURES: dict[tuple[str, ...], Measure] = {
    ("1",): reading.page,
    ("1b",): reading.page_by_nginx,
    ("1c",): reading.page_in_change,
    ("3",): reading.count,
    ("4",): writing.sign,
    ("4b",): writing.sign_on_slow_disk,
    ("5",): writing.confirm,
    ("7", "7b"): letters.mailed,
    ("9", "9b"): counting.tallied,
    ("9c",): counting.behind,
    ("13", "13b"): reading.organisations,
    ("2",): reading.page_of_many,
    ("6",): writing.sign_among_many,
    ("8", "8b"): lists.listed,
    ("8c",): taking.by_web,
    ("10", "10b", "10c"): searching.searched,
    ("11", "11b", "11c", "11d", "11e"): space.stored,
    ("12",): second_start,
    ("14", "14b"): taking.handed_over,
}
NAMES = sorted(
    (name for names in FIGURES for name in names), key=lambda name: (int(name.rstrip("abcde")), name)
)


async def measured(run: Run, only: list[str]) -> list[Figure]:
    """Those of `only`, in the order of their names."""
    figures: list[Figure] = []
    for names, measure in FIGURES.items():
        if set(names) & set(only):
            print(f"measuring {', '.join(names)} …", file=sys.stderr, flush=True)
            figures += await measure(run)
    return sorted((one for one in figures if one.id in only), key=lambda one: NAMES.index(one.id))
