"""The reference of what is written: pgbench runs our own queries, prepared, one commit each."""

import re
from pathlib import Path

from bench.ground import ID_OF, NEW_ID, RANDOM
from bench.load import CONNECTIONS
from bench.processes import check, done
from petitions.settings import Settings
from petitions.storage.binaries import find_binaries
from petitions.storage.queries import Query

# What the queries are given: the same kinds of values as by the site. `nth`: of this run of pgbench, from 0.
NTH = f":k * {CONNECTIONS} + :client_id"
SIGN = f"""address_key={RANDOM}; answers='{{{{"town": "Exampleton"}}}}'::jsonb;
consent_ids='{{{{{{agreed}}}}}}'::uuid[]; display='name'::text; display_union=false; display_comment=false;
email='ada-' || :client_id || '-' || :k || '@example.org'; fingerprint={RANDOM}; id={{id}}; ip='10.0.0.1'::inet;
key_version=1::smallint; language='en'::text; letter_id={NEW_ID}; mail_consent=false; name='Ada Example'::text;
partner_consents=null::text[]; source=null::text; statement_id='{{statement}}'::uuid; version=1"""
CONFIRM = f"""id={{id}}; ledger_ids=array[{NEW_ID}, {NEW_ID}]; notice_id={NEW_ID};
statement_id='{{statement}}'::uuid; subject_key={RANDOM}; way='button'::text"""


def person(first: int) -> str:
    """SQL for the id of the next of the people whose numbers begin here."""
    return ID_OF.format(f"{NTH} + {first}")


async def pgbench(settings: Settings, query: Query, values: str, each: int, durable: bool = True) -> float:
    """So many transactions by each of 32 clients; how many a second. Not `durable`: commits wait for no disk."""
    given = dict(pair.strip().split("=", 1) for pair in values.split(";"))
    sql = re.sub(r"\$(\d+)", lambda found: given[query.names[int(found[1]) - 1]], query.sql)
    script = settings.data_folder / "pgbench.sql"
    script.write_text(f"\\set k :k + 1\n{sql.rstrip().rstrip(';')};\n")
    options = f"-n -M prepared -c {CONNECTIONS} -t {each} -D k=-1".split()
    line: list[str | Path] = [find_binaries() / "pgbench", *options, "-f", script, settings.database_url]
    said = await done(line, **({} if durable else {"PGOPTIONS": "-c synchronous_commit=off"}))
    told = re.search(r"(?s)actually processed: (\d+)/.* failed transactions: 0 .*tps = ([\d.]+)", said)
    check(told is not None, f"pgbench had failures: {said[-500:]}")
    assert told
    check(int(told[1]) == each * CONNECTIONS, f"pgbench did {told[1]} of {each * CONNECTIONS} transactions")
    return float(told[2])
