"""Figure 10: the desk's search among many signatures, as an organiser's browser has it: logged in, page after page."""

import asyncio
import http.client
import random
from time import perf_counter
from urllib.parse import urlencode, urlsplit

from bench.ground import Ground
from bench.processes import check
from bench.run import Figure, Run
from petitions import addresses
from petitions.campaigns import actions as campaigns
from petitions.organisers import sessions, team

SLOWEST = 100  # milliseconds, of 95 in 100 searches
FIRST = (
    "Ada Bilal Chidi Dilys Erin Fatima Gwen Hanna Inés Jean Kaja Lena Marco Nuno Orla Petr Qadir Réka Sanne Tuğba Uma "
    "Vesna Wim Xoán Yannis Zora Aoife Bram Cerys Δώρα Emre Freya Goran Halima Ioana Juno Kofi Lior Mina Noor Oskar Pia "
    "Maria Anna Łukasz Jürgen Željko Søren Ольга محمد さくら דוד"
)
LAST = "Müller Smith Jones García Kowalski Nguyễn Петров Παππάς Example Sample Exempel Przykład"
TOWNS = "Leeds|Exeter|Köln|Łódź|São Paulo|Upper Example|Stoke-on-Trent|Αθήνα|Київ|東京|Exampleton|Sampleton"
# Surnames are made of two parts, so that some are frequent and most are not. Numbers as the tally gives them.
FILL = """
insert into signatures (statement_id, id, version, state, confirmed_at, created_at, address_key, number, name, email,
                        answers, source, display)
select $1, ('01890000-0000-7000-8000-' || lpad(to_hex(1000 + n), 12, '0'))::uuid, 1,
       case when n % least(9973, $5::integer / 10) = 0 then 'held' else 'confirmed' end, now(), now(),
       substring(uuid_send(gen_random_uuid()) for 16), 1000 + n, f || ' ' || l,
       lower(f) || '.' || n || (array['@example.org', '@mail.example.com', '@post.example.net'])[n % 3 + 1],
       jsonb_strip_nulls(jsonb_build_object('town', t, 'comment', case when n % 7 = 0 then 'Because it matters.' end,
           'postcode', case when n % 3 = 0 then (array['LS1 1AA', 'EX4 2BB', 'M1 1AE'])[n % 4 + 1] end)),
       case when n % 5 = 0 then 'flyer' when n % ($5::integer / 3) = 1 then 'rare' end, 'name'
from (
    select n, ($2::text[])[1 + floor(random() * cardinality($2::text[]))::integer] as f,
           ($3::text[])[1 + floor(power(random(), 3) * cardinality($3::text[]))::integer]
               || case when n % 2 = 0 then initcap(substr(md5(n::text), 1, 4)) else '' end as l,
           ($4::text[])[1 + floor(random() * cardinality($4::text[]))::integer] as t
    from generate_series(1, $5::integer) n) as made"""


async def searched(run: Run) -> list[Figure]:
    """10: of each kind as many."""
    ground, rows = await run.searched(), run.sizes.grow
    index = await ground.admin.fetchval(
        "select indexdef from pg_indexes where indexname = 'signatures_sought'"
    )
    await ground.admin.execute(
        "drop index signatures_sought"
    )  # made at once, afterwards, it takes a tenth of the time
    await ground.admin.execute(FILL, ground.statement.id, FIRST.split(), LAST.split(), TOWNS.split("|"), rows)
    await ground.admin.execute(index)
    await ground.rest()
    place = desk(run.page(ground), ground)
    cookie, kinds = await seat(ground), await asked(ground, run.sizes.searches)
    await asyncio.to_thread(timed, place, cookie, kinds["whole names"][:10])  # warm
    times = {
        kind: await asyncio.to_thread(timed, place, cookie, searches) for kind, searches in kinds.items()
    }
    slowest = max(times, key=lambda kind: at(times[kind], 0.95))
    everything = [took for one in times.values() for took in one]
    what = f"search among {rows:,}, p95 in ms, the slowest of {len(times)} kinds: {slowest}"
    return [
        Figure("10", what, at(times[slowest], 0.95), target=SLOWEST, most=True),
        Figure("10b", f"search among {rows:,}, in ms: p95 of all {len(everything):,}", at(everything, 0.95)),
        Figure("10c", "the same: p50", at(everything, 0.5)),
    ]


def desk(page: str, ground: Ground) -> str:
    """Where the statement's signatures stand at the desk."""
    return f"{page.rpartition('/')[0]}/organise/{ground.statement.campaign_slug}/{ground.statement.slug}/signatures"


def at(times: list[float], part: float) -> float:
    """A percentile, in milliseconds."""
    return sorted(times)[min(len(times) - 1, int(len(times) * part))] * 1e3


async def seat(ground: Ground) -> str:
    """The cookie of an organiser who is logged in."""
    organiser = await team.add(ground.site, "organiser@example.org", "Orla Example")
    campaign = await campaigns.find(ground.site, ground.statement.campaign_slug)
    await team.give(ground.site, campaign, organiser, "organiser", actor="cli:bench")
    return (await sessions.begin(ground.site, organiser.id, way="command", second=True)).token


Search = tuple[str, dict[str, str], str]
"""Filters of the address, what is typed, and what the page has to show."""


async def asked(ground: Ground, count: int) -> dict[str, list[Search]]:
    """So many of each kind; each for somebody who is there, or a page that can't be empty."""
    rows = await ground.admin.fetch(
        "select id::text, name, email, answers ->> 'town' as town, source from signatures where number >= 1000"
        " order by random() limit $1",
        count,
    )
    secret = ground.site.settings.address_key
    keys = [(row["id"], addresses.address_key(secret, row["email"])) for row in rows]
    await ground.admin.executemany("update signatures set address_key = $2 where id = $1::text::uuid", keys)
    seed = random.Random(1)
    pieces = [row["name"].split()[-1] for row in rows]
    return {
        "whole names": [("", {"text": row["name"]}, f"<bdi>{row['name'].split()[0]} ") for row in rows],
        "addresses": [("", {"text": row["email"]}, row["id"]) for row in rows],
        "parts of addresses": [
            ("", {"text": row["email"].partition("@")[0] + "@"}, row["id"]) for row in rows
        ],
        "parts of names, towns": [
            ("", {"text": seed.choice([piece[1:5], row["town"][:6], piece[:2], piece])}, "/signatures/0189")
            for piece, row in zip(pieces, rows, strict=True)
        ],
        "filters": [
            (
                seed.choice(["source=rare", "state=held", "source=flyer&comment=yes", "area=EX", ""]),
                {},
                "/signatures/0189",
            )
            for _ in rows
        ],
        "words and filters": [
            (
                "",
                {"text": row["name"].split()[0], "source": row["source"] or ""},
                f"<bdi>{row['name'].split()[0]} ",
            )
            for row in rows
        ],
    }


def timed(place: str, cookie: str, searches: list[Search]) -> list[float]:
    """Seconds of each, one after the other over one connection."""
    parts = urlsplit(place)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    return [once(connection, parts.path, cookie, one) for one in searches]


def once(connection: http.client.HTTPConnection, path: str, cookie: str, one: Search) -> float:
    query, typed, shown = one
    head = {"Cookie": f"session={cookie}", "Sec-Fetch-Site": "same-origin"}
    began = perf_counter()
    if typed:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{path}/search", urlencode(typed), head | kind)
    else:
        connection.request("GET", f"{path}?{query}", headers=head)
    answer = connection.getresponse()
    text = answer.read().decode()
    took = perf_counter() - began
    check(answer.status == 200 and shown in text, f"{query} {typed}: {answer.status}, without {shown}")
    return took
