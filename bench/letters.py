"""Figure 7: letters from the outbox to a mail server beside us, by one worker."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from bench import smtp
from bench.ground import ID_OF, Ground
from bench.processes import Sink, check, done, serving, sink
from bench.reading import person
from bench.run import Figure, Run
from petitions.mail.letters import message
from petitions.mail.smtp import CONNECTIONS
from petitions.signatures import letters

RUNS = rb"The background work runs"
# As `sign` asks for them.
ASK = f"""
insert into outbox (id, kind, campaign_id, statement_id, subject_id, address_key, language)
select gen_random_uuid(), 'attempt', $1, g.statement_id, g.id, g.address_key, g.language
from signatures g join generate_series($3::integer, $4::integer - 1) n on g.id = {ID_OF.format("n")}
where g.statement_id = $2"""
PUT_AWAY = "update outbox set state = 'dropped', ended_at = now() where state in ('waiting', 'deferred')"
SENT = """
select count(*) as sent, extract(epoch from max(ended_at) - min(ended_at))::float8 as took
from outbox where state = 'sent' and subject_id = any ($1::uuid[])"""


class Mailing:
    """Letters of one ground, to one sink; `given`: how many it should have been given by all."""

    def __init__(self, run: Run, ground: Ground, sink: Sink) -> None:
        self.run, self.ground, self.sink, self.given = run, ground, sink, 0

    async def ours(self, count: int) -> float:
        """So many asked for at once; how many a second left the outbox, from the first to the last."""
        asked = await self.ground.make("pending", count)
        ids = [person(number) for number in asked]
        statement = self.ground.statement
        await self.ground.admin.execute(ASK, statement.campaign_id, statement.id, asked.start, asked.stop)
        self.given += count
        async with asyncio.timeout(30 + count / 20):
            while (row := await self.ground.admin.fetchrow(SENT, ids))["sent"] < count:
                await asyncio.sleep(0.1)
        return float((count - 1) / max(row["took"], 1e-3))

    async def loop(self, content: bytes, count: int) -> float:
        """The same bytes again and again, by nothing but SMTP."""
        self.given += count
        return await asyncio.wrap_future(self.run.load.submit(smtp.send, self.sink.port, content, count))

    async def source(self, program: str, size: int, count: int) -> float:
        """postfix's own sender."""
        self.given += count
        sessions = ["-d", "-s", str(CONNECTIONS), "-m", str(count), "-l", str(size)]
        line = [
            program,
            *sessions,
            "-f",
            "a@example.org",
            "-t",
            "b@example.org",
            f"inet:127.0.0.1:{self.sink.port}",
        ]
        began = perf_counter()
        await done(line)
        return count / (perf_counter() - began)

    async def example(self) -> bytes:
        """The letter of one of them."""
        (number,) = await self.ground.make("pending", 1)
        key = [str(self.ground.statement.id), str(person(number))]
        row: Any = SimpleNamespace(
            decision="confirm", details={"attempts": [key], "letter": 1}, language="en", address_key=b"x" * 16
        )
        letter = await letters.ATTEMPT.render(self.ground.site, row)
        assert letter
        return message(self.ground.site, letter, uuid4())


@contextmanager
def worker(ground: Ground, port: int) -> Iterator[None]:
    """`petitions work`, its letters going to this port."""
    with serving(ground.folder, "petitions", "work", says=RUNS, SMTP_URL=f"smtp://127.0.0.1:{port}"):
        yield


async def mailed(run: Run) -> list[Figure]:
    """7 and 7b."""
    ground, count = await run.full(run.sizes.rows), max(2, run.sizes.letters // run.sizes.turns)
    await ground.admin.execute(PUT_AWAY)
    await ground.rest()
    with sink(run.folder) as server, worker(ground, server.port):
        mailing = Mailing(run, ground, server)
        content = await mailing.example()
        await mailing.ours(max(2, count // 10))
        rates = await run.in_turns(lambda: mailing.ours(count), lambda: mailing.loop(content, count))
        source = await by_postfix(mailing, len(content), count)
        taken = server.taken()
        check(taken == mailing.given, f"of {mailing.given} letters the sink got {taken}")
    what = f"letters of {len(content):,} bytes to {server.name} : a bare loop"
    return [
        Figure("7", what, *rates, 0.5),
        Figure(
            "7b", "the same : smtp-source" if source else "not measured: no smtp-source", rates[0], source
        ),
    ]


async def by_postfix(mailing: Mailing, size: int, count: int) -> float | None:
    program = shutil.which("smtp-source")
    return await mailing.source(program, size, count) if program else None
