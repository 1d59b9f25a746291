"""Figure 8: the export of all signatories by its command, beside psql, in time and memory."""

import asyncio
import subprocess
from pathlib import Path
from time import perf_counter

from bench.ground import Ground
from bench.processes import LONGEST, check, environment, ours
from bench.run import Figure, Run
from petitions.signatures.export import columns
from petitions.storage.binaries import find_binaries

LOOK_EVERY = 0.02  # seconds
OWN = {  # columns of an export that aren't columns of the table
    "email": "case when mail_consent then email end",
    "mail": "case when mail_consent then 'yes' else 'no' end",
    "partners": "array_to_string(partner_consents, ' ')",
}


class Listing:
    """The lists of one ground; `peak`: the most memory of ours so far, in bytes."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.peak, self.rows = ground, 0, 0

    async def ours(self) -> float:
        """Seconds from the command to its end."""
        file = self.ground.folder / "ours.csv"
        line = ours("petitions", "export", "signatories", self.ground.statement.slug, "--out", str(file))
        return await self.timed(line, file)

    async def psql(self) -> float:
        """Seconds of the same columns by `\\copy`."""
        file = self.ground.folder / "psql.csv"
        line = [
            str(find_binaries() / "psql"),
            "-X",
            "-q",
            "-c",
            f"\\copy ({self.query()}) to '{file}' csv header",
        ]
        return await self.timed([*line, self.ground.site.settings.database_owner_url], file)

    def query(self) -> str:
        fields = {one["name"] for one in self.ground.statement.fields}
        own = OWN | {name: f"answers ->> '{name}'" for name in fields}
        taken = ", ".join(f'{own.get(name, name)} as "{name}"' for name in columns(self.ground.statement))
        where = f"statement_id = '{self.ground.statement.id}' and state = 'confirmed' and number is not null"
        return f"select {taken} from signatures where {where} order by number"

    async def timed(self, line: list[str], file: Path) -> float:
        """Seconds; the file is looked at and removed."""
        began = perf_counter()
        env = environment(self.ground.folder)
        process = subprocess.Popen(
            line, cwd=self.ground.folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            async with asyncio.timeout(LONGEST):
                while process.poll() is None:
                    self.peak = max(self.peak, memory(process.pid)) if "petitions" in line else self.peak
                    await asyncio.sleep(LOOK_EVERY)
            took = perf_counter() - began
        finally:
            process.kill()
            told = process.communicate()[1].decode()
        check(process.returncode == 0, f"no list: {told[-300:]}")
        check(lines(file) == self.rows + 1, f"{file.name} has not the {self.rows} signatories")
        file.unlink()
        return took


def memory(pid: int) -> int:
    """The most that a process has held so far, in bytes; 0 once it is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("VmHWM")), 0)


def lines(file: Path) -> int:
    with file.open("rb") as opened:
        return sum(piece.count(b"\n") for piece in iter(lambda: opened.read(1 << 20), b""))


async def listed(run: Run) -> list[Figure]:
    """8 and 8b."""
    many, few = Listing(await run.full(run.sizes.grow)), Listing(await run.none())
    many.rows, few.rows = await many.ground.counted(), await few.ground.counted()
    await few.ours()
    times = await run.in_turns(many.ours, many.psql)
    more = (many.peak - few.peak) / 1e6
    return [
        Figure("8", f"export of {many.rows:,}, in seconds : psql \\copy", *times, 1.5, most=True),
        Figure("8b", f"its memory above an export of {few.rows:,}, in MB", more, target=30, most=True),
    ]
