"""`./run bench`: one table, and JSON for programs. Exit code 1 where the bench's own checks fail."""

import argparse
import asyncio
import json
import multiprocessing
import signal
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from bench.figures import NAMES, measured
from bench.processes import Wrong
from bench.record import DAY, record
from bench.run import QUICK, Figure, Run, Sizes
from bench.table import about, table
from petitions import logs


def main() -> None:
    options = read_options()
    logs.configure("error")
    with tempfile.TemporaryDirectory(prefix="petitions-bench-") as folder:
        Path(folder).chmod(0o711)  # the database's account has to pass
        facts = about(Path(folder))
        try:
            figures = asyncio.run(measure(Path(folder), options))
        except asyncio.CancelledError:
            sys.exit("bench: stopped")
        except (Wrong, TimeoutError) as error:
            sys.exit(f"bench: {error or 'something took far too long'}")
    print(f"{facts['commit']}; {facts['machine']}\n\n{table(figures)}")
    if options.json:
        plain = [figure.plain() for figure in figures]
        options.json.write_text(json.dumps({**facts, "figures": plain}, indent=2) + "\n")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description="What the site can bear, measured.")
    whole = Sizes()
    parser.add_argument(
        "--only", type=chosen, default=NAMES, metavar="IDS", help="some figures, as in 4,4b,5"
    )
    parser.add_argument(
        "--quick", action="store_true", help="tiny: shows that the bench works, and nothing else"
    )
    parser.add_argument("--rows", type=int, help=f"confirmed signatures to begin with [{whole.rows}]")
    parser.add_argument(
        "--grow", type=int, help=f"the same for 2, 6 and 8; 10000000 takes long [{whole.grow}]"
    )
    parser.add_argument("--seconds", type=float, help=f"for each side of a figure [{whole.seconds}]")
    parser.add_argument(
        "--record",
        type=float,
        nargs="?",
        const=100,
        metavar="PEAK",
        help="instead: the day of a record, in three minutes, with so many signs a second at its height [100]",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    return parser.parse_args()


def chosen(text: str) -> list[str]:
    unknown = set(text.split(",")) - set(NAMES)
    if unknown:
        raise argparse.ArgumentTypeError(f"there are {', '.join(NAMES)}")
    return text.split(",")


def sizes(options: argparse.Namespace) -> Sizes:
    told = {name: getattr(options, name) for name in ("rows", "grow", "seconds")}
    return replace(
        QUICK if options.quick else Sizes(), **{name: one for name, one in told.items() if one is not None}
    )


async def measure(folder: Path, options: argparse.Namespace) -> list[Figure]:
    task = asyncio.current_task()
    assert task
    # Every block is left: no server is left behind.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as load:
        async with AsyncExitStack() as stack:
            run = Run(folder, sizes(options), load, stack)
            if options.record:
                return await record(run, options.record, options.seconds or DAY)
            return await measured(run, options.only)


if __name__ == "__main__":
    main()
