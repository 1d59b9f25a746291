"""The desk's search: finds what a simple look finds, and every question has its plan."""

from __future__ import annotations

import asyncio
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions.errors import PetitionsError
from petitions.signatures import rules, searching
from petitions.signatures.searching import FEW, GLANCE, Sought, search
from tests import makers

FILL = """
insert into signatures (statement_id, id, version, state, confirmed_at, address_key, name, email, number, answers,
                        source)
select $1, ('01890000-0000-7000-8000-' || lpad(to_hex($3::integer + n), 12, '0'))::uuid, 1,
       case when n % 400 = 0 then 'held' else 'confirmed' end, now(),
       substring(sha256(($3::integer + n)::text::bytea) for 16),
       (array['Ada', 'Zoë', 'Łukasz', 'Ольга', '王伟'])[n % 5 + 1] || ' Example' || n,
       'a' || n || '@example.org', $3::integer + n,
       case n % 7 when 0 then '{"comment": "So.", "town": "Köln"}' when 1 then '{"postcode": "EX4 1AA"}'
                  else '{}' end::jsonb,
       case when n % 3 = 0 then 'flyer' when n in (5, 7) then 'rare' end
from generate_series(1, $2::integer) n"""


async def filled(site, owner, rows, start=0):
    statement = await makers.statement(
        site, fields=[{"name": "town"}, {"name": "comment"}, {"name": "postcode"}]
    )
    await owner.execute(FILL, statement.id, rows, start)
    await owner.execute("vacuum analyze signatures")
    return statement


async def test_what_is_rare_among_many_is_found_however_old_it_is(site, owner):
    other = await filled(site, owner, 300, start=100_000)
    statement = await filled(site, owner, GLANCE + 2 * FEW)
    last = GLANCE + 2 * FEW
    for sought, ends in {
        Sought("example17 a17@"): {"17"},
        Sought("a171@example.org zoë"): {"171"},
        Sought("171@example.org"): {
            "171",
            "1171",
            "2171",
            "3171",
            "4171",
            "5171",
            "6171",
            "7171",
            "8171",
            "9171",
            "10171",
        },
        Sought("a17@example.org"): {"17"},
        Sought("zoe example161"): {"161", "1611", "1616"},
        Sought(source="rare"): {"5", "7"},
        Sought("example7", source="rare"): {"7"},
        Sought("example", source="rare", area="EX"): set(),
        Sought(state="held", text="example400"): {"400", "4000"},
        Sought(state="held", text="example401"): set(),
        Sought("example17", comment=True, area="EX"): set(),
    }.items():
        found = await search(site, statement, sought)
        names = {row.name.partition("Example")[2] for row in found.rows}
        assert names == ends, sought
        assert found.whole
    for sought in (
        Sought("example"),
        Sought(),
        Sought("e"),
        Sought(source="flyer"),
        Sought("王伟"),
        Sought("example", area="EX"),
    ):
        found = await search(site, statement, sought)
        assert len(found.rows) == 50, sought
        assert found.rows[0].id > found.rows[-1].id
        assert found.before == found.rows[-1].id
        assert max(row.number for row in found.rows) <= last
    assert len((await search(site, other, Sought(source="rare"))).rows) == 2


async def test_each_question_has_its_index(site, owner):
    statement = await filled(site, owner, 3000)
    store = site.store.search
    common = {"statement_id": statement.id, "since": searching.OLDEST, "before": searching.NEWEST, "most": 51}
    asked = {**common, "patterns": ["%example17%"], "source": None, "area": None, "comment": False}
    states = list(searching.STANDING)
    await owner.execute("set enable_seqscan = off")  # which three thousand rows would get
    for query, more, index in (
        (store.list_by_words, {"states": states, "few": 100, "sought": ["%example17%"]}, "signatures_sought"),
        (store.list_by_facets, {"states": states, "few": 100, "source": "rare"}, "signatures_sought"),
        (store.list_in_order, {"states": states, "look": 100}, "signatures_pkey"),
        (store.list_set_aside, {"state": "held", "look": 100}, "signatures_set_aside"),
        (store.list_waiting, {"states": ["pending"], "few": 100}, ""),
    ):
        values = {**asked, **more}
        for mode in ("force_generic_plan", "force_custom_plan"):
            await owner.execute(f"set plan_cache_mode = {mode}")
            prepared = await owner.prepare(query.sql)
            plan = str(await prepared.explain(*(values[name] for name in query.names)))
            assert index in plan, (query.name, mode, plan)
            assert "Seq Scan" not in plan, (query.name, mode)
    await owner.execute("set plan_cache_mode = auto")
    plan = await owner.fetch(
        "explain select * from signatures where statement_id = $1 and address_key = $2"
        " and state in ('confirmed', 'held', 'invalidated')",
        statement.id,
        b"x" * 16,
    )
    assert "one_standing_signature" in str(plan)


def bare(text: str) -> str:
    """Without case and the accents of Latin and Greek: what a reader takes to be the same."""
    return "".join(
        one for one in unicodedata.normalize("NFKD", text.lower()) if not 0x300 <= ord(one) <= 0x36F
    )


LETTERS = st.text(st.sampled_from("aAéÉöñÅçzŽüб王ξ %_\\'-.1½ﬁ"), min_size=1, max_size=12)


async def test_whatever_is_typed_is_answered_and_finds_whoever_has_it_in_the_name(site, owner):
    statement = await makers.statement(site)
    loop = asyncio.get_running_loop()
    names = ["Ada Éöñ", "Žüb Åçz", "б王 ξaé", "100% Aa", "O'Aé-Bö", "A_b \\c"]
    for n, name in enumerate(names, 1):
        await owner.execute(FILL, statement.id, 1, n)
        await owner.execute("update signatures set name = $1 where number = $2", name, n + 1)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(LETTERS, st.text(max_size=30).filter(lambda text: "\0" not in text)))
    def drive(text):
        asyncio.run_coroutine_threadsafe(_typed(site, statement, names, text), loop).result(60)

    await asyncio.to_thread(drive)


async def _typed(site, statement, names, text):
    sought, problems = searching.read({"text": text, "from": text, "state": text, "area": text[:1]}, "UTC")
    assert sought.since is None or problems == [] or sought.text == "" or problems
    sought, problems = searching.read({"text": text}, "Europe/Berlin")
    try:
        found = {row.name for row in (await search(site, statement, sought)).rows}
    except (UnicodeEncodeError, PetitionsError):
        return
    if not problems and len(sought.text.split()) <= searching.WORDS:
        for name in names:
            if sought.words and all(
                len(bare(w)) >= 3 and w.isalnum() and bare(w) in bare(name) for w in sought.words
            ):
                assert name in found, (text, name)
    assert found <= set(names)


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ({"from": "1900-01-01"}, 1),
        ({"to": "1969-12-31"}, 0),
        ({"from": "2199-12-31"}, 0),
        ({"to": "2199-12-31"}, 1),
    ],
)
async def test_days_long_before_and_after_everything_are_days_too(site, owner, days, found):
    statement = await makers.statement(site)
    await owner.execute(FILL, statement.id, 1, 1)
    sought, problems = searching.read(days, "Pacific/Kiritimati")
    assert problems == []
    assert len((await search(site, statement, sought)).rows) == found


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(rules.NAMES)), st.text(max_size=40)))
def test_a_rule_is_read_or_says_what_is_wrong(typed):
    form = rules.read(typed, "Europe/London")
    assert bool(form.rule) != bool(form.problems)
    assert {one.name for one in form.fields} == rules.NAMES
    assert all(problem.field in rules.NAMES for problem in form.problems)
    assert set(rules.kinds(form.rule)) <= rules.NAMES


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        ({"domain": "@Bücher.example.org"}, {"domains": ["bücher.example.org", "xn--bcher-kva.example.org"]}),
        ({"network": "192.0.2.77/24"}, {"network": "192.0.2.0/24"}),
        ({"network": "2001:db8::1"}, {"network": "2001:db8::1/128"}),
        ({"from": "2026-07-01 12:00"}, {"from": "2026-07-01T11:00:00+00:00"}),
        ({"name": "  Ann  "}, {"name": "Ann"}),
    ],
)
def test_rules_are_kept_in_one_spelling(typed, rule):
    assert rules.read(typed, "Europe/London").rule == rule
