"""Figure 11: bytes in the database for each confirmed signature, on rows that went the real way."""

from bench.ground import ID_OF, Ground
from bench.load import CONNECTIONS
from bench.pgbench import CONFIRM, SIGN, person, pgbench
from bench.processes import check
from bench.run import Figure, Run

SEARCH = "signatures_sought"  # an index of `signatures`, told by itself
WAVE = 1_024  # people who are on their way at the same time, at most; a vacuum after them
WAY = (  # what happens to an attempt, and what each query is given
    ("sign", SIGN),
    ("letter_sent", "id={id}; letter=1::smallint; statement_id='{statement}'::uuid"),
    ("open_link", "id={id}; statement_id='{statement}'::uuid"),
    ("confirm", CONFIRM),
)
BESIDE = {
    "signatures": "11",
    "consents": "11b",
    "outbox": "11c",
    "attempt_origins_rest": "11d",
    SEARCH: "11e",
}
# Ids in the order in which people come, as ours are: pgbench's clients are far apart from each other.
IN_ORDER = """
create schema bench create sequence people;
grant usage on schema bench to petitions_app;
grant usage on sequence bench.people to petitions_app"""
ENDED = """
update outbox set state = 'sent', decision = 'confirm', ended_at = now(), address_key = null
where state = 'waiting' and statement_id = $1"""


async def stored(run: Run) -> list[Figure]:
    """11, and what lies beside: the ledger of consents, letters and addresses for 30 days."""
    ground = await run.none()
    each = max(1, min(run.sizes.people, WAVE) // CONNECTIONS)
    waves = max(1, run.sizes.people // WAVE)
    await ground.admin.execute(IN_ORDER)
    await ground.admin.execute(ENDED, ground.statement.id)
    await ground.rest()
    people, before = await ground.counted(), await sizes(ground)
    for _ in range(waves):
        await wave(ground, each)
    more, after = await ground.counted() - people, await sizes(ground)
    everybody = each * CONNECTIONS * waves
    check(more == everybody, f"of {everybody} people {more} were counted")
    return [told(table, (after[table] - before[table]) / more) for table in BESIDE]


def told(table: str, each: float) -> Figure:
    name = "the search's index" if table == SEARCH else f"{table.removesuffix('_rest')}"
    what = f"bytes of {name} for each confirmed{', with indexes' if table != SEARCH else ''}"
    return Figure(BESIDE[table], what, each, target=500 if table == "signatures" else None, most=True)


async def wave(ground: Ground, each: int) -> None:
    """They sign, are written to, open the link, confirm, are counted: each step by all, as on a busy day."""
    numbers = ground.numbers(each * CONNECTIONS)
    agreed = ",".join(map(str, await ground.agreed()))
    await ground.admin.execute(f"alter sequence bench.people restart with {numbers.start}")
    for name, values in WAY:
        id = ID_OF.format("nextval('bench.people')") if name == "sign" else person(numbers.start)
        given = values.format(agreed=agreed, statement=ground.statement.id, id=id)
        query = ground.site.store.signatures.queries[name]
        await pgbench(ground.site.settings, query, given, each, durable=False)
    await ground.counted()
    await ground.admin.execute(ENDED, ground.statement.id)
    await ground.admin.execute("vacuum")


async def sizes(ground: Ground) -> dict[str, int]:
    query = "select pg_table_size($1::regclass) + pg_indexes_size($1::regclass)"
    found = {table: int(await ground.admin.fetchval(query, table)) for table in BESIDE}
    return found | {"signatures": found["signatures"] - found[SEARCH]}
