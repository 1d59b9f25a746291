"""What is measured on: a durable database with many signatures, servers beside it, and pgbench."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bench.load import CONNECTIONS
from petitions import tally, work
from petitions.settings import SETTINGS, Settings
from petitions.site import Site
from petitions.storage.binaries import find_binaries
from petitions.storage.queries import Query

ROOT = Path(__file__).parents[1]
RANDOM = "uuid_send(gen_random_uuid())"
# Ids are ordered by time as ours are, so that neither side has the better index; ID_OF is that of a number.
NEW_ID = (
    "encode(substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)"
    f" || substring({RANDOM} from 7), 'hex')::uuid"
)
ID_OF = "('01890000-0000-7000-8000-' || lpad(to_hex(({})::bigint), 12, '0'))::uuid"
MAKE = f"""
with made as (
    insert into signatures (statement_id, id, version, state, confirmed_at, address_key, fingerprint, name, email,
                            answers, display, consent_ids)
    select $1, {ID_OF.format("n")}, 1, $2, case $2 when 'confirmed' then now() end, {RANDOM}, {RANDOM},
           'Ada Example', 'ada-' || n || '@example.org', '{{"town": "Exampleton"}}', 'name', $3::uuid[]
    from generate_series($4::integer, $5::integer - 1) n returning *)
insert into tally_queue (statement_id, what, delta, version, subject_id, cause)
select statement_id, 'people', 1, version, id, 'confirm' from made where state = 'confirmed'"""
# What the queries are given by pgbench: the same kinds of values as by the site.
SIGN = f"""address_key={RANDOM}; answers='{{{{"town": "Exampleton"}}}}'::jsonb;
consent_ids='{{{{{{agreed}}}}}}'::uuid[]; display='name'::text; display_union=false;
email='signs-' || :client_id || '-' || :k || '@example.org'; fingerprint={RANDOM}; id={NEW_ID}; ip='10.0.0.1'::inet;
key_version=1::smallint; language='en'::text; letter_id={NEW_ID}; mail_consent=false; name='Ada Example'::text;
partner_consents=null::text[]; source=null::text; statement_id='{{statement}}'::uuid; version=1"""
CONFIRM = f"""id={ID_OF.format(f":k * {CONNECTIONS} + :client_id + {{first}}")}; ledger_ids=array[{NEW_ID}, {NEW_ID}];
notice_id={NEW_ID}; statement_id='{{statement}}'::uuid; subject_key={RANDOM}; way='button'::text"""


def check(true: bool, sentence: str) -> None:
    """The bench's own check: where it fails, the figures would be false, and there are none."""
    if not true:
        sys.exit(f"bench: {sentence}")


async def counted(site: Site, statement: Any) -> int:
    """Have everything counted; the public count, once the rows say the same."""
    await tally.count(site, work.givers(site))
    row = await site.store.tally.recount(statement_id=statement.id)
    check(row.tallied == row.counted == row.found, f"the tally says {row.tallied}, the rows {row.found}")
    return int(row.tallied)


@contextmanager
def serving(folder: Path, *command: str) -> Iterator[str]:
    """A server as a process of its own; where it serves, once it says so."""
    told = {name: text for name, text in os.environ.items() if name not in SETTINGS}
    told |= {
        "PETITIONS_DATA": str(folder),
        "PETITIONS_TRUSTED_PROXIES": "127.0.0.0/8",
        "PYTHONPATH": str(ROOT),
    }
    line = [sys.executable, "-m", *command]
    with (folder / "servers.log").open("ab") as log:
        server = subprocess.Popen(line, cwd=folder, env=told, stdout=subprocess.PIPE, stderr=log)
    try:
        found = (re.search(rb"http://localhost:\d+/\S*", text) for text in server.stdout or ())
        place = next((one[0].decode() for one in found if one), "")
        check(bool(place), f"{command[0]} did not start: {(folder / 'servers.log').read_text()[-500:]}")
        yield place
    finally:
        server.terminate()
        server.communicate()


def fetched(url: str) -> bytes:
    with urlopen(url, timeout=60) as answer:
        return bytes(answer.read())


async def pgbench(settings: Settings, query: Query, values: str, *how: str) -> tuple[int, float]:
    """The query itself, prepared, one commit each: how many transactions, and how many a second."""
    given = dict(pair.strip().split("=", 1) for pair in values.split(";"))
    sql = re.sub(r"\$(\d+)", lambda found: given[query.names[int(found[1]) - 1]], query.sql)
    script = settings.data_folder / "pgbench.sql"
    script.write_text(f"\\set k :k + 1\n{sql.rstrip().rstrip(';')};\n")
    clients = ["-c", str(CONNECTIONS), "-M", "prepared", "-n", "-f", str(script), "-D", "k=-1"]
    line = [find_binaries() / "pgbench", *clients, *how, settings.database_url]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    told = re.search(r"(?s)actually processed: (\d+).* failed transactions: 0 .*tps = ([\d.]+)", done.stdout)
    if told is None or done.returncode:
        sys.exit(f"bench: pgbench failed: {done.stderr[-500:]}")
    return int(told[1]), float(told[2])
