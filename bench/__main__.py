"""`./run bench`: one table, and JSON for programs. Exit code 1 where the bench's own checks fail."""

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import asyncpg

from bench.figures import Bench, Figure, figure
from bench.ground import MAKE, ROOT, counted, fetched, serving
from petitions import demo, logs
from petitions.settings import Settings
from petitions.site import bring_up, founded, make_site, opened


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench", description="What the site can bear, measured.")
    parser.add_argument("--rows", type=int, default=100_000, help="confirmed signatures to begin with")
    parser.add_argument("--seconds", type=float, default=4, help="for each side of a figure")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # leaves every block: no server is left behind
    logs.configure("error")
    facts = about()
    with tempfile.TemporaryDirectory(prefix="petitions-bench-") as folder:
        figures = asyncio.run(measure(Path(folder), options.rows, options.seconds))
    print(f"{facts['machine']}; {options.rows:,} signatures to begin with\n\n{table(figures)}")
    if options.json:
        options.json.write_text(json.dumps({**facts, "figures": figures}, indent=2) + "\n")


async def measure(folder: Path, rows: int, seconds: float) -> list[Figure]:
    """On the demonstration's statement, with so many signatures more."""
    own, spawn = Settings(data_folder=folder), multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as load, founded(own) as settings:
        await bring_up(settings)
        owner = await asyncpg.connect(settings.database_owner_url)
        async with opened(make_site(settings)) as site:
            statement = await demo.load(site, actor="cli:bench")
            await owner.execute(MAKE, statement.id, "confirmed", None, 0, rows)
            await counted(site, statement)
            await owner.execute("vacuum analyze")
            web = serving(folder, "petitions", "serve", "--port", "0", "--no-work")
            with web as page, serving(folder, "bench.fixed") as fixed:
                figures = await Bench(site, owner, page, fixed, load, seconds).figures()
        await owner.close()
    began = time.perf_counter()
    with serving(folder, "petitions", "serve", "--port", "0") as page:
        fetched(page)
        took = time.perf_counter() - began
    return [*figures, figure("12", "second start to the first page, in seconds", took, None, 3)]


def table(figures: list[Figure]) -> str:
    lines = [f"{'#':3}{'what : reference':52}{'value':>10}{'reference':>10}{'ratio':>10}{'target':>10}  met"]
    for one in figures:
        numbers = [one[name] for name in ("value", "reference", "ratio", "target")]
        cells = ["–" if n is None else f"{n:,.0f}" if n >= 100 else f"{n:.3g}" for n in numbers]
        cells[3] = f"{'≤' if one['ratio'] is None else '≥'} {cells[3]}"
        told = "".join(f"{cell:>10}" for cell in cells)
        lines.append(f"{one['id']:3}{one['what']:52}{told}  {'yes' if one['met'] else 'no'}")
    return "\n".join(lines)


def about() -> dict[str, str]:
    """What the figures depend on; the commit with a `+` where it has changes that are not committed."""
    line = ["git", "-C", str(ROOT), "describe", "--always", "--exclude=*", "--dirty=+"]
    commit = subprocess.run(line, capture_output=True, text=True, check=False).stdout.strip()
    system = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return {"commit": commit or "unknown", "machine": f"{system}, load {os.getloadavg()[0]:.1f} before"}


if __name__ == "__main__":
    main()
