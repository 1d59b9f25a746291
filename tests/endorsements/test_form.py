"""The form by which an organisation endorses, over HTTP: page in, form out, rows and letters looked at."""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from PIL import Image

from petitions.endorsements import actions, asked, forms
from petitions.errors import Closed
from petitions.files.actions import Kept
from petitions.heavy import QUEUE
from petitions.motions import submissions
from petitions.proving.links import Key
from petitions.site import make_site
from petitions.statements import actions as statements
from tests import makers
from tests.conftest import browser

hidden = makers.hidden
PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


def picture() -> bytes:
    data = BytesIO()
    Image.new("RGB", (40, 20), "red").save(data, "PNG")
    return data.getvalue()


async def the_claim(owner):
    (row,) = await owner.fetch("select * from endorsements")
    return row


async def nothing_written(owner) -> bool:
    return not await owner.fetchval(
        "select (select count(*) from endorsements) + (select count(*) from outbox)"
        " + (select count(*) from attempt_origins) + (select count(*) from consents)"
    )


async def test_six_answers_are_enough(site, client, owner):
    statement = await makers.statement(site)
    answer = await makers.endorse(client, statement)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/{statement.slug}/endorse/check-your-email"
    assert answer.headers["set-cookie"].startswith("endorsements=")
    row = await the_claim(owner)
    assert (row["state"], row["via"], row["version"], row["language"]) == ("pending", "form", 1, "en")
    assert (row["name"], row["kind"], row["decided"]) == (
        "Exampleton Branch",
        "union branch",
        "branch meeting",
    )
    assert (row["officer_name"], row["officer_role"]) == ("Olive Example", "Secretary")
    assert (
        row["second_email"] is row["second_key"] is row["met_on"] is row["quorum"] is row["minutes"] is None
    )
    agreed = await owner.fetch("select purpose from consent_texts where id = any ($1)", row["consent_ids"])
    assert [one["purpose"] for one in agreed] == ["endorse"]
    (letter,) = await owner.fetch("select * from outbox")
    assert (letter["kind"], letter["subject_id"], letter["priority"]) == ("endorsement", row["id"], 0)
    assert letter["address_key"] == row["address_key"]
    assert letter["recipient"] is None
    assert (
        await owner.fetchval("select host(ip) from attempt_origins where id = $1", row["id"]) == "127.0.0.1"
    )
    assert await owner.fetchval("select count(*) from consents") == 0


EVERYTHING = {
    "parent": "Example Workers’ Union",
    "region": "Example Region",
    "code": "EX/42",
    "area": "Exampleton",
    "web_address": "branch.example.org",
    "members": "1,200",
    "members_on": "31/12/2025",
    "members_source": "Affiliation form",
    "met_on": "2026-02-15",
    "met_how": "in person",
    "present": "23",
    "quorum": "yes",
    "votes_for": "20",
    "votes_against": "1",
    "abstained": "2",
    "motion": "This branch resolves:\r\n\r\n1. to endorse.",
    "officer_phone": "020 7946 0000",
    "second_name": "Otto Example",
    "second_role": "Chair",
    "second_email": "otto@example.org",
    "wording": "Exampleton Branch (annual meeting)",
    "wants_speaker": "yes",
    "wants_coach": "yes",
    "note": "See you there.",
    "consent_logo": "yes",
    "consent_mail": "yes",
}
COLUMNS = {
    **{name: EVERYTHING[name] for name in ("parent", "region", "code", "area", "members_source", "met_how")},
    **{name: EVERYTHING[name] for name in ("officer_phone", "second_name", "second_role", "second_email")},
    **{name: EVERYTHING[name] for name in ("wording", "note")},
    "web_address": "https://branch.example.org",
    "members": 1200,
    "members_on": date(2025, 12, 31),
    "met_on": date(2026, 2, 15),
    "present": 23,
    "quorum": True,
    "votes_for": 20,
    "votes_against": 1,
    "abstained": 2,
    "motion": "This branch resolves:\n\n1. to endorse.",
    "wants": ["speaker", "coach places"],
    "logo_consent": True,
    "mail_consent": True,
    "source": "poster",
}


async def test_everything_that_is_told_stands_in_the_row_and_can_be_told_again(site, client, owner):
    statement = await makers.statement(site)
    referer = {"Referer": f"{site.settings.base_url}/{statement.slug}/endorse?from=poster"}
    files = {"minutes": ("minutes.pdf", PDF), "logo": ("logo.png", picture())}
    answer = await makers.endorse(client, statement, headers=referer, files=files, **EVERYTHING)
    assert answer.status_code == 303
    row = await the_claim(owner)
    assert {name: row[name] for name in COLUMNS} == COLUMNS
    assert row["second_key"] != row["address_key"]
    assert len(row["consent_ids"]) == 3
    kept = {one["digest"]: one for one in await owner.fetch("select * from files")}
    assert kept[row["minutes"]]["data"] == PDF
    assert kept[row["logo"]]["type"].startswith("image/")
    # As a later form shows it: read again, nothing has changed.
    again = await site.store.endorsements.find(statement_id=row["statement_id"], id=row["id"])
    texts = await statements.officers_consents(site, statement)
    given = forms.values_of(again)
    form = forms.read(forms.blank(statement, texts, "", given), given, today=date(2026, 3, 1))
    assert form.problems == []
    told = forms.facts(form)
    assert {name: told[name] for name in told if name not in asked.FILES} == {
        name: row[name] for name in told if name not in asked.FILES
    }


async def test_two_clicks_make_one_row_and_one_letter(site, client, owner):
    statement = await makers.statement(site)
    stamp = makers.stamp_of((await client.get(f"/{statement.slug}/endorse")).text)
    for _ in range(2):
        answer = await makers.endorse(client, statement, stamp=stamp, files={"minutes": ("m.pdf", PDF)})
        assert answer.status_code == 303
    assert await owner.fetchval("select count(*) from endorsements") == 1
    assert await owner.fetchval("select count(*) from outbox") == 1
    await owner.execute("update endorsements set asked_at = asked_at - interval '2 minutes'")
    await makers.endorse(client, statement, stamp=stamp, files={"minutes": ("m.pdf", PDF)})
    assert await owner.fetchval("select count(*) from endorsements") == 1
    assert await owner.fetchval("select count(*) from outbox") == 2
    await makers.endorse(client, statement, stamp=stamp, area="Elsewhere")
    assert await owner.fetchval("select count(*) from endorsements") == 2


async def test_the_answer_is_the_same_for_an_address_that_is_known_and_one_that_is_not(
    site, client, stranger, postbox
):
    statement = await makers.statement(site)
    await makers.endorse(client, statement)
    await postbox.settle()
    await client.get(postbox.to("olive@example.org")[-1].link("/endorsements/confirm/"))
    answers = []
    for email in ("olive@example.org", "new@example.org"):
        async with browser(site) as own:
            sent = await makers.endorse(own, statement, officer_email=email, area="Exampleton")
            cookie = re.sub(r"=[^;]+", "", sent.headers["set-cookie"], count=1)
            after = await own.get(sent.headers["location"])
            answers.append((sent.status_code, sent.headers["location"], cookie, sent.text, after.text))
            wrong = await makers.endorse(own, statement, officer_email=email, name="")
            answers[-1] += (re.sub(r'(stamp" value=)"[^"]+"', "", wrong.text).replace(email, ""),)
    assert answers[0] == answers[1]


async def test_a_file_survives_an_error_without_javascript_and_arrives(site, client, owner):
    statement = await makers.statement(site)
    files = {"minutes": ("Minutes of February.pdf", PDF), "logo": ("logo.png", picture())}
    wrong = await makers.endorse(client, statement, files=files, officer_email="olive", note="Hello")
    assert wrong.status_code == 422
    said = makers.visible(wrong.text)
    assert "Minutes of February.pdf (1 kB) is kept. Choose another file to replace it." in said
    assert "logo.png" in said
    assert await nothing_written(owner)
    kept = hidden(wrong.text)
    again = await makers.endorse(client, statement, **{**kept, "note": "Hello", "officer_role": ""})
    assert again.status_code == 422  # and it survives a second one
    kept = hidden(again.text)
    assert (await makers.endorse(client, statement, **kept)).status_code == 303
    row = await the_claim(owner)
    assert await owner.fetchval("select data from files where digest = $1", row["minutes"]) == PDF
    assert row["logo"] is not None


async def test_a_kept_file_can_be_left_out_or_replaced(site, client, owner):
    statement = await makers.statement(site)
    wrong = await makers.endorse(client, statement, files={"minutes": ("old.pdf", PDF)}, name="")
    kept = hidden(wrong.text)
    assert (await makers.endorse(client, statement, **kept, minutes_drop="yes")).status_code == 303
    assert (await the_claim(owner))["minutes"] is None
    newer = PDF.replace(b"Catalog", b"Catalogue")
    files = {"minutes": ("new.pdf", newer)}
    assert (await makers.endorse(client, statement, **kept, files=files, area="New")).status_code == 303
    digest = await owner.fetchval("select minutes from endorsements where area = 'New'")
    assert await owner.fetchval("select data from files where digest = $1", digest) == newer


async def test_a_file_that_is_refused_says_why_at_its_field_and_the_other_is_kept(site, client, owner):
    statement = await makers.statement(site)
    files = {"minutes": ("minutes.pdf", PDF), "logo": ("logo.svg", b"<svg xmlns='x'></svg>")}
    wrong = await makers.endorse(client, statement, files=files)
    assert wrong.status_code == 422
    assert 'href="#field-logo"' in wrong.text
    assert 'id="problem-logo"' in wrong.text
    kept = hidden(wrong.text)
    assert "minutes_kept" in kept
    assert "logo_kept" not in kept
    assert await nothing_written(owner)


async def test_a_bad_file_never_takes_the_place_of_a_good_one(site, client, owner):
    statement = await makers.statement(site)
    kept = hidden(
        (await makers.endorse(client, statement, files={"minutes": ("good.pdf", PDF)}, name="")).text
    )
    bad = await makers.endorse(client, statement, **kept, files={"minutes": ("bad.svg", b"<svg/>")})
    assert bad.status_code == 422
    assert 'id="problem-minutes"' in bad.text
    assert "good.pdf" in makers.visible(bad.text)
    assert (await makers.endorse(client, statement, **hidden(bad.text))).status_code == 303
    assert (await the_claim(owner))["minutes"] is not None


async def test_files_of_whoever_never_saw_the_page_or_fell_into_the_trap_are_not_kept(site, client, owner):
    statement = await makers.statement(site)
    for wrong in ({"stamp": ""}, {"stamp": "490000.x"}, {"website": "x"}):
        answer = await makers.endorse(client, statement, **wrong, files={"minutes": ("m.pdf", PDF)})
        assert answer.status_code == 422
        assert "is not kept any more. Please choose it again." in makers.visible(answer.text)
    assert await owner.fetchval("select count(*) from files") == 0


async def test_a_file_that_is_lost_on_the_way_is_asked_for_and_what_was_kept_stays(settings, owner):
    """Too many forms, then too many files: the page that asks to send it again has no file, and says so."""
    tight = make_site(replace(settings, ip_burst=15, ip_rate=0.001))
    await tight.store.open()
    files = {"minutes": ("m.pdf", PDF)}
    try:
        statement = await makers.statement(tight)
        async with browser(tight) as client:
            assert (await makers.endorse(client, statement, files=files)).status_code == 303
            motion = "ж" * 20_000
            late = await makers.endorse(client, statement, name="Second", motion=motion, files=files)
            assert late.status_code == 429
            assert "A file that you chose is not" in makers.visible(late.text)
            assert 'enctype="multipart/form-data"' in late.text
            again = await send_again(client, statement, late)
            assert again.status_code == 422
            assert "is not kept any more. Please choose it again." in makers.visible(again.text)
            assert motion in again.text
            await owner.execute("truncate throttle")
            kept = hidden((await makers.endorse(client, statement, name="", files=files)).text)
            await owner.execute("truncate throttle")
            go_on = threading.Event()
            queue = [asyncio.create_task(tight.heavy.do(go_on.wait)) for _ in range(QUEUE)]
            await asyncio.sleep(0)
            logo = {"logo": ("l.png", picture())}
            busy = await makers.endorse(client, statement, **kept, name="Third", files=logo)
            go_on.set()
            await asyncio.gather(*queue)
            assert busy.status_code == 503
            assert "Many files are being looked at" in makers.visible(busy.text)
            told = hidden((await send_again(client, statement, busy)).text)
            assert "minutes_kept" in told
            assert "logo_kept" not in told
        assert await owner.fetchval("select count(*) from endorsements") == 1
    finally:
        await tight.store.close()


async def send_again(client, statement, page):
    """The button of a failure page, as a browser has it."""
    body, kind = makers.multipart(hidden(page.text), {})
    return await client.post(f"/{statement.slug}/endorse", content=body, headers={"Content-Type": kind})


async def test_a_file_that_went_meanwhile_is_asked_for_again(site, client, owner):
    statement = await makers.statement(site)
    kept = hidden((await makers.endorse(client, statement, files={"minutes": ("m.pdf", PDF)}, name="")).text)
    await owner.execute("delete from files")
    for tickets in (kept, {**kept, "minutes_kept": "made up"}, {**kept, "minutes_kept": kept["stamp"]}):
        answer = await makers.endorse(client, statement, **tickets)
        assert answer.status_code == 422
        assert "is not kept any more. Please choose it again." in makers.visible(answer.text)
        assert "minutes_kept" not in hidden(answer.text)
    assert await nothing_written(owner)


async def filled_in(site, statement) -> forms.EndorseForm:
    """A form as read, for what only the database can tell."""
    typed = {
        "name": "Exampleton Branch",
        "kind": "other",
        "decided": "committee",
        "officer_name": "Olive Example",
    }
    typed |= {"officer_role": "Chair", "officer_email": "olive@example.org"}
    texts = await statements.officers_consents(site, statement)
    form = forms.read(forms.blank(statement, texts, ""), typed, today=actions.today(site))
    assert form.problems == []
    return form


async def test_a_file_that_goes_at_the_last_moment_leaves_nothing_half_written(site, owner):
    statement = await makers.statement(site)
    form = await filled_in(site, statement)
    form.kept["minutes"] = forms.Sent(Kept(bytes(32), "application/pdf", 1), "", "m.pdf")
    assert await actions.endorse(site, statement, form, ip="192.0.2.1") is None
    assert await nothing_written(owner)


async def test_the_text_or_the_state_may_change_at_the_last_moment(site, owner):
    statement = await makers.statement(site)
    form = await filled_in(site, statement)
    await makers.new_version(site, statement)
    assert await actions.endorse(site, statement, form, ip="192.0.2.1") is None
    newer = await statements.of(site, statement.id)
    await makers.close(site, statement)
    with pytest.raises(Closed):
        await actions.endorse(site, newer, form, ip="192.0.2.1")
    assert await nothing_written(owner)


async def test_a_page_of_an_older_text_comes_again_with_everything_in_it(site, client, owner):
    statement = await makers.statement(site)
    stamp = makers.stamp_of((await client.get(f"/{statement.slug}/endorse")).text)
    await makers.new_version(site, statement)
    files = {"minutes": ("m.pdf", PDF)}
    stale = await makers.endorse(client, statement, stamp=stamp, files=files, note="Still here")
    assert stale.status_code == 422
    assert "the statement has changed since" in makers.visible(stale.text)
    assert "Still here" in stale.text
    assert await nothing_written(owner)
    carried = hidden(stale.text)
    assert carried["stamp"] != stamp
    assert (await makers.endorse(client, statement, **carried)).status_code == 303
    assert (await the_claim(owner))["version"] == 2
    for strange in ("", "x", "1.2", "999999999.x", "é"):
        assert (await makers.endorse(client, statement, stamp=strange)).status_code == 422


async def test_a_closed_statement_says_so_and_a_draft_is_nowhere(site, client, owner):
    statement = await makers.statement(site)
    stamp = makers.stamp_of((await client.get(f"/{statement.slug}/endorse")).text)
    await makers.close(site, statement)
    page = await client.get(f"/{statement.slug}/endorse")
    assert page.status_code == 200
    assert "takes no more endorsements" in makers.visible(page.text)
    assert "<form" not in page.text
    sent = await makers.endorse(client, statement, stamp=stamp, files={"minutes": ("m.pdf", PDF)})
    assert sent.status_code == 409
    assert "takes no more endorsements" in makers.visible(sent.text)
    assert not await owner.fetchval("select count(*) from files")
    draft = await makers.statement(site, open=False)
    assert (await client.get(f"/{draft.slug}/endorse")).status_code == 404
    assert (await makers.endorse(client, draft, stamp=stamp)).status_code == 404
    assert await nothing_written(owner)


async def test_files_cost_ten_times_as_much_and_what_was_typed_is_kept(settings, owner):
    tight = make_site(replace(settings, ip_burst=22, ip_rate=0.001))
    await tight.store.open()
    try:
        statement = await makers.statement(tight)
        async with browser(tight) as client:
            files = {"minutes": ("m.pdf", PDF)}
            wrong = await makers.endorse(client, statement, files=files, name="", note="Keep me")
            assert wrong.status_code == 422
            kept = hidden(wrong.text)
            assert (await makers.endorse(client, statement, **kept)).status_code == 303
            assert (await makers.endorse(client, statement, files=files, area="A")).status_code == 303
            await makers.endorse(client, statement, area="B")
            full = await makers.endorse(client, statement, **kept, note="Keep me", area="C")
            assert full.status_code == 429
            assert hidden(full.text)["note"] == "Keep me"
            assert hidden(full.text)["minutes_kept"] == kept["minutes_kept"]
            assert await owner.fetchval("select count(*) from endorsements") == 3
            # What that page sends again is another type of form.
            await owner.execute("truncate throttle")
            again = await client.post(f"/{statement.slug}/endorse", data=hidden(full.text))
            assert again.status_code == 303
            assert await owner.fetchval("select minutes from endorsements where area = 'C'") is not None
    finally:
        await tight.store.close()


async def test_what_is_optional_is_folded_until_it_is_answered_or_wrong(site, client):
    statement = await makers.statement(site)
    assert "<details open" not in (await client.get(f"/{statement.slug}/endorse")).text
    for fields in ({"present": "x"}, {"note": "Hello"}, {"consent_logo": "yes"}, {"wants_speaker": "yes"}):
        page = await makers.endorse(client, statement, **{"name": "", **fields})
        assert page.text.count("<details open") == 1, fields
        assert "Hello" not in fields.values() or "Hello</textarea>" in page.text
    kept = await makers.endorse(client, statement, name="", files={"logo": ("l.png", picture())})
    assert kept.text.count("<details open") == 1


async def test_the_form_tells_browsers_what_goes_where(site, client):
    page = (await client.get(f"/{(await makers.statement(site)).slug}/endorse")).text

    def tag(name: str) -> str:
        return re.search(rf'<(?:input|select|textarea) [^>]*\bname="{name}"[^>]*>', page)[0]

    assert 'enctype="multipart/form-data"' in page
    for name, word in {"officer_name": "name", "officer_email": "email", "officer_phone": "tel",
                       "name": "organization", "officer_role": "organization-title",
                       "second_email": "off"}.items():  # fmt: skip
        assert f'autocomplete="{word}"' in tag(name), name
    assert 'inputmode="numeric"' in tag("present")
    assert 'accept=".pdf,.png,.jpg,.jpeg,.webp,image/*,application/pdf"' in tag("minutes")
    assert "pdf" not in tag("logo")
    required = set(re.findall(r'name="(\w+)"[^>]*\srequired', page))
    assert required == {"name", "kind", "decided", "officer_name", "officer_role", "officer_email"}


@pytest.mark.parametrize(("zone", "status"), [("Pacific/Kiritimati", 303), ("Pacific/Pago_Pago", 422)])
async def test_today_is_where_the_site_is(settings, zone, status):
    """A day that has begun in one of these zones has never begun in the other."""
    local = make_site(replace(settings, timezone=zone))
    await local.store.open()
    try:
        statement = await makers.statement(local)
        async with browser(local) as client:
            ahead = datetime.now(ZoneInfo("Pacific/Kiritimati")).date().isoformat()
            assert (await makers.endorse(client, statement, met_on=ahead)).status_code == status
    finally:
        await local.store.close()


async def test_a_motion_that_passed_fills_the_form_in(site, client, owner):
    statement = await makers.statement(site)
    motion, plan = makers.nobody(), makers.nobody()
    await owner.execute(
        "insert into motions (statement_id, id, slug, state, title, body)"
        " values ($1, $2, 'example', 'published', 'Example', 'We endorse.')",
        statement.id,
        motion,
    )
    await owner.execute(
        "insert into submissions (statement_id, id, motion_id, state, name, kind, parent, meets_on, amended,"
        " wants, officer_name, officer_role, officer_email) values ($1, $2, $3, 'amended', 'Exampleton Branch',"
        " 'union branch', 'Example Union', '2026-02-15', 'We endorse it & more.', '{speaker}', 'Olive Example',"
        " 'Chair', 'olive@example.org')",
        statement.id,
        plan,
        motion,
    )
    row = await submissions.find(site, Key(statement.id, plan))
    page = f"/{statement.slug}/endorse?submission={submissions.prefill_token(site, row)}"
    filled_in = await client.get(page)
    assert filled_in.headers["cache-control"] == "no-store"
    for value in ("Exampleton Branch", "Example Union", "2026-02-15"):
        assert f'value="{value}"' in filled_in.text, value
    assert "Olive Example" not in filled_in.text  # the link may be handed on
    assert "We endorse it &amp; more.</textarea>" in filled_in.text
    assert re.search(r'name="wants_speaker" value="yes" checked', filled_in.text)
    assert '<option value="union branch" selected>' in filled_in.text
    for token in ("x", "a.b.c", "é" * 100):
        blank = await client.get(f"/{statement.slug}/endorse?submission={token}")
        assert blank.status_code == 200
        assert "Exampleton Branch" not in blank.text


async def test_while_the_database_is_gone_what_was_typed_is_kept_with_the_tickets(
    server, database, site, client
):
    statement = await makers.statement(site)
    wrong = await makers.endorse(client, statement, files={"minutes": ("m.pdf", PDF)}, name="")
    kept = hidden(wrong.text)
    postgres = await asyncpg.connect(server.url("postgres", "postgres"))
    await postgres.execute(f"alter database {database} with allow_connections false")
    await postgres.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", database
    )
    answer = await makers.endorse(client, statement, **kept, note="Keep me")
    await postgres.close()
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert hidden(answer.text)["note"] == "Keep me"
    assert hidden(answer.text)["minutes_kept"] == kept["minutes_kept"]
