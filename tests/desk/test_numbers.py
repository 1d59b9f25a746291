"""The numbers of a statement: they add up, they name nobody, and they never scan the signatures."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petitions import tally
from petitions.desk import charts, spans
from petitions.signatures.sources import plain_host
from petitions.storage.store import Store
from tests import makers
from tests.conftest import SQL, browser
from tests.desk.people import sit

BERLIN = ZoneInfo("Europe/Berlin")


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


async def seen(site, statement, what="", range="all", role="reader"):
    """A page of numbers, or a table of them, as somebody of the campaign gets it."""
    campaign = await site.store.campaigns.find(slug=statement.campaign_slug)
    path = f"/organise/{campaign.slug}/{statement.slug}/numbers" + (f"/{what}.csv" if what else "")
    async with await sit(site, campaign, role) as client:
        answer = await client.get(path, params={"range": range})
    assert answer.status_code == 200, answer.text
    return answer.text


async def people(site, postbox, statement, number, **fields):
    """So many sign and confirm, each in a browser of their own."""
    for nth in range(number):
        async with browser(site, peer=f"192.0.2.{nth + 1}") as client:
            email = f"{fields.get('headers', {}).get('tag', 'p')}{nth}@example.org"
            await makers.confirmed(client, postbox, statement, "Ada Example", email, **fields)


async def row(owner, query):
    return [tuple(one) for one in await owner.fetch(query)]


# ── what is counted


async def test_an_attempt_counts_once_however_many_letters_it_gets(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.sign(client, statement)
    await postbox.settle()
    id = await owner.fetchval("select id from signatures")
    for _ in range(2):
        await makers.age(owner, "signatures", id, "2 minutes")
        await client.post(f"/{statement.slug}/send-again")
        await postbox.settle()
    assert await owner.fetchval("select letters from signatures") == 3
    assert await row(owner, "select what, value from count_hours") == [("attempts", 1)]
    for public in ("tallies", "counts", "count_areas", "count_sources"):
        assert await owner.fetchval(f"select count(*) from {public}") == 0


async def test_who_signed_before_is_no_attempt_and_each_that_one_letter_lists_is(site, owner, postbox):
    statement, other = await makers.statement(site), await makers.statement(site)
    async with browser(site) as first, browser(site, peer="127.0.0.3") as second:
        await makers.confirmed(first, postbox, statement)
        await makers.sign(second, statement, name="Ada A. Example")
        await postbox.settle()
        assert await row(owner, "select what, value from count_hours order by 1") == [
            ("attempts", 1),
            ("people", 1),
        ]
        await owner.execute("update letter_caps set taken = array_fill(now(), array[10])")
        await makers.sign(second, other)
        await makers.sign(second, other, name="Ada B. Example")
        await postbox.settle()
        await owner.execute("delete from letter_caps")
        await owner.execute("update outbox set not_before = now()")
        await postbox.settle()
    listed = await owner.fetch("select what, value from count_hours where statement_id = $1", other.id)
    assert [tuple(one) for one in listed] == [("attempts", 2)]


async def test_who_confirms_before_the_letter_is_noted_as_sent_is_an_attempt_too(
    site, client, owner, postbox
):
    statement = await makers.statement(site)
    await makers.sign(client, statement)
    await postbox.settle()
    await owner.execute("update signatures set letters = 0, letter_at = null")
    await owner.execute("delete from count_hours")
    await client.get(postbox[-1].link("/confirm/"))
    await site.store.signatures.letter_sent(
        statement_id=statement.id, id=await owner.fetchval("select id from signatures"), letter=1
    )
    await postbox.settle()
    assert await row(owner, "select what, value from count_hours order by 1") == [
        ("attempts", 1),
        ("people", 1),
    ]


async def test_attempts_move_no_public_count_and_wake_nobody(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement)
    before = await owner.fetchrow("select * from tallies")
    async with browser(site, peer="127.0.0.9") as other:
        await makers.sign(other, statement, "Bea Example", "bea@example.org")
    await postbox.settle()
    assert await owner.fetchrow("select * from tallies") == before
    assert await tally.recount(site) == []


async def test_the_time_to_confirm_falls_below_the_first_step_that_is_longer(site, owner, postbox, counting):
    statement = await makers.statement(site)
    for seconds in (0, 59, 60, 299, 300, 15 * 24 * 3600, 40 * 24 * 3600):
        await owner.execute(
            "insert into tally_queue (statement_id, what, delta, version, subject_id, waited, cause) "
            "values ($1, 'people', 1, 1, gen_random_uuid(), $2, 'confirm')",
            statement.id,
            seconds,
        )
    await counting()
    found = dict(await row(owner, "select within, value from confirm_times"))
    assert found == {60: 2, 120: 1, 300: 1, 900: 1, tally.LONGER: 2}
    assert [one["people"] for one in table(await seen(site, statement, "times"))] == ["2", "1", "1", "1", "2"]
    assert "Half of them confirmed within 5 minutes." in makers.visible(await seen(site, statement))


async def test_confirming_tells_how_long_it_took(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.sign(client, statement)
    await postbox.settle()
    await owner.execute("update signatures set created_at = created_at - interval '50 minutes'")
    await client.get(postbox[-1].link("/confirm/"))
    await postbox.settle()
    assert await row(owner, "select within, value from confirm_times") == [(3600, 1)]


async def test_the_numbers_add_up_to_the_public_count(site, owner, postbox, counting):
    statement = await makers.statement(site, fields=["postcode"])
    await people(site, postbox, statement, 4, postcode="EX1 1EX")
    number = "update signatures set state = 'withdrawn' where number = 2 returning id, version"
    gone = await owner.fetchrow(number)
    await owner.execute(
        "insert into tally_queue (statement_id, what, delta, version, subject_id, area, cause) "
        "values ($1, 'people', -1, $2, $3, 'EX', 'withdraw')",
        statement.id,
        gone["version"],
        gone["id"],
    )
    await counting()
    await makers.new_version(site, statement)
    await owner.execute("update count_hours set hour = hour - interval '70 days' where what = 'people'")
    public = await site.store.tally.public(statement_id=statement.id)
    assert public.people + public.people_earlier == 3
    for range in ("hours", "days", "all"):
        rows = table(await seen(site, statement, "signatures", range))
        assert rows[0]["total"] == "3"
        if range == "all":
            assert sum(int(one["net"]) for one in rows) == 3
            assert sum(int(one["confirmed"]) for one in rows) == 4
    for what in ("areas", "sources"):
        assert sum(int(one["people"]) for one in table(await seen(site, statement, what))) == 3
    assert await tally.recount(site) == []


async def test_letters_are_kept_by_the_hour_once_the_outbox_has_forgotten_them(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement)
    await owner.execute("update outbox set state = 'failed' where kind = 'confirmed'")
    await asyncio.gather(*(tally.count_letters(site) for _ in range(3)))
    kept = "select kind, state, value from letter_hours order by 1"
    assert await row(owner, kept) == [("attempt", "sent", 1), ("confirmed", "failed", 1)]
    await owner.execute("delete from outbox")
    await tally.count_letters(site)
    assert await row(owner, kept) == [("attempt", "sent", 1), ("confirmed", "failed", 1)]
    rows = table(await seen(site, statement, "letters", "hours"))
    assert (rows[0]["sent"], rows[0]["failed"], len(rows)) == ("1", "1", 48)


async def test_letters_that_ended_while_the_job_stood_still_are_counted_when_it_runs_again(
    site, client, owner, postbox
):
    statement = await makers.statement(site)
    await makers.sign(client, statement)
    await postbox.settle()
    await owner.execute("update outbox set ended_at = ended_at - interval '5 days'")
    await tally.count_letters(site)
    await owner.execute("update outbox set ended_at = ended_at + interval '1 day'")
    await tally.count_letters(site)
    assert await owner.fetchval("select sum(value) from letter_hours") == 2


# ── sources


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("example.com", "example.com"),
        ("WWW.Example.COM", "example.com"),
        ("news.example.co.uk", "news.example.co.uk"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("example.com/path?q=secret", ""),
        ("https://example.com", ""),
        ("user@example.com", ""),
        ("localhost", ""),
        ("192.0.2.1", ""),
        ("[2001:db8::1]", ""),
        ("intranet", ""),
        ("<script>alert(1)</script>", ""),
        ("=cmd.example", ""),
        ("a" * 97 + ".com", ""),
        ("bücher.example", ""),
        ("-example.com", ""),
        ("exa\nmple.com", ""),
        ("site:example.com", ""),
    ],
)
def test_a_host_is_a_plain_name_with_a_dot(typed, host):
    assert plain_host(typed) == host


async def test_of_the_site_that_led_here_its_plain_name_alone_is_kept(site, client, owner):
    statement = await makers.statement(site)
    for typed, source in (
        ("WWW.Example.com", "site:example.com"),
        ("example.com/secret", None),
        ("'; drop table signatures", None),
        ("", None),
    ):
        answer = await makers.sign(client, statement, referrer=typed)
        assert answer.status_code == 303
        assert await owner.fetchval("select source from signatures") == source
        await owner.execute("truncate signatures")


@given(st.text())
def test_whatever_is_sent_as_a_host_is_one_or_nothing(text):
    assert re.fullmatch(r"|[a-z0-9.-]{3,100}", plain_host(text))


async def test_the_code_of_a_link_goes_before_and_another_referrer_is_no_other_attempt(site, client, owner):
    statement = await makers.statement(site)
    page = {"Referer": f"http://localhost:8000/{statement.slug}?from=poster-7"}
    await makers.sign(client, statement, referrer="example.com", headers=page)
    await makers.sign(client, statement, referrer="example.net")
    assert await row(owner, "select source from signatures") == [("poster-7",)]


async def test_what_the_script_found_survives_a_form_that_could_not_be_taken(site, client):
    statement = await makers.statement(site)
    answer = await makers.sign(client, statement, email="nobody", referrer="example.com")
    assert answer.status_code == 422
    assert makers.hidden(answer.text)["referrer"] == "example.com"


async def test_few_people_of_a_source_or_area_are_shown_together(site, owner):
    statement = await makers.statement(site)
    for source, area, value in (
        ("site:example.com", "EX", 5),
        ("poster", "AB", 2),
        ("-1+1", "CD", 1),
        ("", "", 1),
    ):
        for table_, column, what in (("count_sources", "source", source), ("count_areas", "area", area)):
            await owner.execute(
                f"insert into {table_} (statement_id, what, {column}, value) values ($1, 'people', $2, $3)",
                statement.id,
                what,
                value,
            )
    page = makers.visible(await seen(site, statement))
    assert "by a link on example.com 5" in page
    assert "not told 1" in page
    assert "2 others together 3" in page
    assert "poster" not in page
    rows = table(await seen(site, statement, "sources"))
    assert rows == [
        {"source": "site:example.com", "people": "5"},
        {"source": "", "people": "1"},
        {"source": "(others)", "people": "3"},
    ]


# ── the page


async def test_the_page_is_for_readers_and_its_pictures_are_whole(site, client, owner, postbox):
    statement = await makers.statement(site, fields=["postcode"])
    await makers.confirmed(client, postbox, statement, postcode="EX1 1EX", referrer="example.com")
    for range in ("hours", "days", "all"):
        html = await seen(site, statement, range=range)
        pictures = re.findall(r"(?s)<svg.*?</svg>", html)
        assert len(pictures) >= 4
        for one in pictures:
            root = ElementTree.fromstring(one)
            assert root.get("aria-hidden") or (root.findtext("title") and root.findtext("desc"))
        assert html.count("<details>") >= 4
        assert "style=" not in html
        assert "ada@example.org" not in html
        assert "Ada Example" not in html
    campaign = await site.store.campaigns.find(slug=statement.campaign_slug)
    for role in ("moderator", "stall"):
        async with await sit(site, campaign, role) as other:
            path = f"/organise/{campaign.slug}/{statement.slug}/numbers"
            assert (await other.get(path)).status_code == 403
            assert (await other.get(f"{path}/signatures.csv")).status_code == 403


async def test_the_statement_of_another_campaign_is_not_found_and_no_such_table_neither(site):
    mine, other = await makers.statement(site), await makers.statement(site)
    campaign = await site.store.campaigns.find(slug=mine.campaign_slug)
    async with await sit(site, campaign, "reader") as client:
        for path in (
            f"/organise/{other.campaign_slug}/{other.slug}/numbers",
            f"/organise/{campaign.slug}/{other.slug}/numbers",
            f"/organise/{campaign.slug}/{other.slug}/numbers/sources.csv",
            f"/organise/{campaign.slug}/{mine.slug}/numbers/secrets.csv",
        ):
            assert (await client.get(path)).status_code == 404, path
        odd = await client.get(f"/organise/{campaign.slug}/{mine.slug}/numbers?range=none'--")
        assert odd.status_code == 200


async def test_no_number_is_read_from_the_signatures(server, database):
    """But for those held or taken out, which have indexes of their own; and of the outbox what waits first."""
    import asyncpg

    def reads(plan):
        yield plan
        for below in plan.get("Plans", ()):
            yield from reads(below)

    store = Store(server.url("petitions_app", database), SQL)
    connection = await asyncpg.connect(server.url("petitions_owner", database))
    try:
        await connection.execute("set enable_seqscan = off; set enable_bitmapscan = off")
        await connection.execute("set plan_cache_mode = force_generic_plan")
        for query in store.namespaces["numbers"].queries.values():
            await connection.execute(f"prepare {query.name} as {query.sql}")
            nulls = ", ".join("null" for _ in set(re.findall(r"\$\d+", query.sql)))
            told = await connection.fetchval(f"explain (format json) execute {query.name}({nulls})")
            for step in reads(json.loads(told)[0]["Plan"]):
                relation = step.get("Relation Name")
                assert step["Node Type"] != "Seq Scan", (query.name, relation)
                if relation in ("signatures", "outbox"):
                    few = ("held_signatures", "signatures_set_aside", "letters_due")
                    assert step["Index Name"] in few, query.name
    finally:
        await connection.close()


# ── time and shapes


def test_in_the_hours_of_the_change_one_comes_twice_and_days_have_their_own_length():
    now = datetime(2026, 10, 25, 12, 30, tzinfo=UTC)
    hours = spans.span("hours", BERLIN, None, now)
    shown = [hours.begin(step).strftime("%d %H %Z") for step in hours.steps]
    assert len(shown) == len(set(shown)) == 48
    assert hours.shifts
    assert {"25 02 CEST", "25 02 CET"} <= set(shown)
    days = spans.span("days", BERLIN, None, now)
    assert days.since == datetime(2026, 9, 26, tzinfo=BERLIN)
    assert (days.steps[-1], len(days.steps)) == (date(2026, 10, 25), 30)


async def test_a_day_is_a_day_of_the_sites_time_zone(site, owner):
    from dataclasses import replace

    statement = await makers.statement(site)
    evening = datetime.now(BERLIN).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(minutes=30)
    for at in (evening, evening + timedelta(hours=1)):
        await owner.execute(
            "insert into count_hours values ($1, 'people', date_trunc('hour', $2::timestamptz), 1) ",
            statement.id,
            at,
        )
    object.__setattr__(site, "settings", replace(site.settings, timezone="Europe/Berlin"))
    rows = table(await seen(site, statement, "signatures", "days"))
    assert [one["net"] for one in rows[:2]] == ["1", "1"]
    assert (
        rows[0]["from"]
        == datetime.combine(evening.date() + timedelta(days=1), evening.min.time(), BERLIN).isoformat()
    )


@given(
    st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1)),
    st.integers(0, 3000),
    st.sampled_from(spans.RANGES),
)
def test_steps_go_up_to_the_present_without_a_gap(now, days, name):
    now = now.replace(tzinfo=UTC)
    span = spans.span(name, BERLIN, now - timedelta(days=days), now)
    begun = [span.begin(step) for step in span.steps]
    assert begun == sorted(begun)
    assert begun[-1] <= now
    assert len(begun) <= 500
    if name == "all":
        assert span.since <= now - timedelta(days=days)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=50))
def test_bars_stay_in_their_picture(values):
    shape = charts.columns(values, [abs(value) for value in values])
    assert 0 <= shape.zero <= charts.HEIGHT
    for bar in (*shape.filled, *shape.outlined):
        assert bar.y >= -0.02
        assert bar.y + bar.height <= charts.HEIGHT + 0.02
        assert 0 < bar.x < shape.width
