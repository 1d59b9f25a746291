"""What a run tells: the machine, and its figures for people."""

import os
import platform
import subprocess
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.processes import ROOT
from bench.run import Figure

FSYNCS = 100
WIDTH = 66


def about(folder: Path) -> dict[str, str]:
    """What the figures depend on; the commit with a `+` where it has changes that are not committed."""
    line = ["git", "-C", str(ROOT), "describe", "--always", "--exclude=*", "--dirty=+"]
    commit = subprocess.run(line, capture_output=True, text=True, check=False).stdout.strip()
    system = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    load, disk = f"load {os.getloadavg()[0]:.1f} before", f"fsync {fsync(folder) * 1e3:.2f} ms"
    return {"commit": commit or "unknown", "machine": f"{system}, {load}, {disk}"}


def fsync(folder: Path) -> float:
    """Seconds of writing 8 KB to the disk, as a commit does."""
    times = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(FSYNCS):
            began = perf_counter()
            file.write(b"x" * 8192)
            os.fdatasync(file.fileno())
            times.append(perf_counter() - began)
    return median(times)


def table(figures: list[Figure]) -> str:
    head = "".join(f"{name:>10}" for name in ("value", "reference", "ratio", "target"))
    wide = max((len(one.id) for one in figures), default=0) + 1
    return "\n".join(
        [f"{'#':{wide}}{'what : reference':{WIDTH}}{head}  met", *(line(one, wide) for one in figures)]
    )


def line(one: Figure, wide: int) -> str:
    numbers = [cell(number) for number in (one.value, one.reference, one.ratio)]
    target = "report" if one.target is None else f"{'≤' if one.most else '≥'} {cell(one.target)}"
    met = {None: "–", True: "yes", False: "no"}[one.met]
    return f"{one.id:{wide}}{one.what:{WIDTH}}{''.join(f'{text:>10}' for text in [*numbers, target])}  {met}"


def cell(number: float | None) -> str:
    return "–" if number is None else f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
