"""What an officer does later by their own link: correct, renew, withdraw; the list and the count follow."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions.endorsements import asked, expiring, leaving
from petitions.errors import Closed, Refused
from petitions.proving.links import Key
from tests import makers
from tests.endorsements import rows
from tests.endorsements.claims import OFFICER, accept, counted, public
from tests.endorsements.olive import (
    OTTO,
    accepted,
    acts,
    address_key,
    all_rows,
    behind_her_link,
    key,
    ledger,
    send,
    waiting,
)
from tests.endorsements.test_form import PDF, picture

TODAY = datetime.now(UTC).date()


@pytest.fixture
async def statement(site):
    return await makers.statement(site)


async def the(owner, row):
    return await owner.fetchrow("select * from endorsements where id = $1", row["id"])


async def successor(owner, row):
    return await owner.fetchrow("select * from endorsements where replaces_id = $1", row["id"])


async def test_the_form_holds_what_the_endorsement_says_and_not_the_address(
    site, client, postbox, owner, statement
):
    facts = {"area": "Exampleton", "met_on": date(2026, 2, 15), "wants": ["speaker"], "note": "Hello."}
    row = await waiting(site, owner, statement, **facts)
    olive = await behind_her_link(client, postbox, site, owner)
    page = await olive.get("/endorsement", key=key(row))
    for text in ('value="Exampleton"', 'value="2026-02-15"', "Hello.", 'value="Olive Example"'):
        assert text in page.text
    assert 'name="officer_email"' not in page.text
    assert "can’t be changed here" in page.text
    assert page.headers["cache-control"] == "no-store"


async def test_before_it_is_accepted_a_correction_changes_the_row(site, client, postbox, owner, statement):
    row = await waiting(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    answer = await olive.correct(row, area="Exampleton", votes_for="20", officer_phone="020 7946 0000")
    assert answer.headers["location"].endswith("?done=corrected")
    (now,) = await all_rows(owner)
    assert (now["area"], now["votes_for"], now["officer_phone"]) == ("Exampleton", 20, "020 7946 0000")
    assert (now["state"], now["officer_email"], now["address_key"]) == (
        "confirmed",
        OFFICER,
        address_key(site),
    )
    event = await owner.fetchrow("select act, fields from endorsement_events")
    assert (event["act"], event["fields"]) == ("changed", ["area", "officer_phone", "votes_for"])


async def test_sending_the_form_as_it_is_changes_nothing(site, client, postbox, owner, statement):
    digest = await rows.picture(owner)
    everything = {"logo": digest, "logo_consent": True, "quorum": True, "wants": ["speaker", "coach places"]}
    row = await waiting(site, owner, statement, second_email=OTTO, **everything)
    olive = await behind_her_link(client, postbox, site, owner)
    before = await makers.snapshot(owner, "endorsements", "endorsement_events", "consents", "outbox")
    assert (await olive.correct(row)).headers["location"].endswith("?done=same")
    await accept(site, row)
    await postbox.settle()
    before = await makers.snapshot(owner, "endorsements", "endorsement_events", "consents")
    assert (await olive.correct(row)).headers["location"].endswith("?done=same")
    assert await makers.snapshot(owner, "endorsements", "endorsement_events", "consents") == before


async def test_a_question_is_answered_by_a_correction_and_it_waits_again(
    site, client, postbox, owner, statement
):
    row = await waiting(site, owner, statement, state="questioned", question="Which region?")
    olive = await behind_her_link(client, postbox, site, owner)
    assert "Which region?" in (await olive.get("/endorsement", key=key(row))).text
    await olive.correct(row, parent="Example Union", region="North")
    assert (await the(owner, row))["state"] == "confirmed"
    assert await acts(owner, row) == ["answered"]


async def test_a_meeting_after_the_claim_was_made_can_be_told(site, client, postbox, owner, statement):
    row = await waiting(site, owner, statement)
    await owner.execute("update endorsements set created_at = created_at - interval '40 days'")
    olive = await behind_her_link(client, postbox, site, owner)
    assert (await olive.correct(row, met_on=TODAY.isoformat())).status_code == 303
    assert (await the(owner, row))["met_on"] == TODAY


async def test_once_accepted_private_facts_change_at_once(site, client, postbox, owner, statement, counting):
    row = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    changes = {"officer_role": "Treasurer", "officer_phone": "020 7946 0001", "wants_speaker": "yes"}
    answer = await olive.correct(row, **changes, note="Ring me.", consent_mail="yes")
    assert answer.headers["location"].endswith("?done=corrected")
    (now,) = await all_rows(owner)
    assert (now["officer_role"], now["officer_phone"], now["note"]) == (
        "Treasurer",
        "020 7946 0001",
        "Ring me.",
    )
    assert (now["wants"], now["mail_consent"], now["state"]) == (["speaker"], True, "accepted")
    assert await acts(owner, row) == ["accepted", "changed"]
    assert await ledger(owner, row) == [("officer mail", "given", "my signature")]
    assert await counted(site, owner, statement, counting) == 1


async def test_once_accepted_what_is_public_waits_and_then_takes_its_place_without_a_count(
    site, client, postbox, owner, statement, counting
):
    row = await accepted(site, owner, statement, met_on=date(2026, 2, 15))
    assert await counted(site, owner, statement, counting) == 1
    olive = await behind_her_link(client, postbox, site, owner)
    answer = await olive.correct(row, area="Newton", wording="Newton stands with us", officer_role="Chair")
    assert answer.headers["location"].endswith("?done=waits")
    old, new = await all_rows(owner)
    assert (old["area"], old["wording"], old["state"], old["officer_role"]) == ("", "", "accepted", "Chair")
    assert (new["area"], new["state"], new["via"], new["confirmed_by"]) == (
        "Newton",
        "confirmed",
        "officer",
        "officer",
    )
    assert (new["replaces_id"], new["officer_email"], new["version"]) == (old["id"], OFFICER, old["version"])
    assert await ledger(owner, new) == [("endorse", "given", "my signature")]
    listed = f"/{statement.slug}/endorsements"
    assert "Newton" not in (await client.get(listed)).text
    assert "until then, this stands" in await olive.text()
    lines = await owner.fetchval("select count(*) from tally_queue")
    await accept(site, await site.store.review.find(statement_id=new["statement_id"], id=new["id"]))
    assert await owner.fetchval("select count(*) from tally_queue") == lines
    assert (await the(owner, row))["state"] == "replaced"
    assert "Newton stands with us" in (await client.get(listed + "?of=")).text
    assert await counted(site, owner, statement, counting) == 1


async def test_a_second_correction_changes_the_one_that_waits(site, client, postbox, owner, statement):
    row = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(row, area="Newton")
    assert 'value="Newton"' in (await olive.get("/endorsement", key=key(row))).text
    await olive.correct(row, web_address="https://newton.example")
    new = await successor(owner, row)
    await olive.correct(new, members="40")
    old, new = await all_rows(owner)
    assert (new["area"], new["web_address"], new["members"]) == ("Newton", "https://newton.example", 40)
    assert old["area"] == ""
    assert await acts(owner, new) == ["confirmed", "changed", "changed"]


async def test_two_corrections_at_once_leave_one_that_waits(site, client, postbox, owner, statement):
    row = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    answers = await asyncio.gather(*(olive.correct(row, area=f"Town {n}") for n in range(5)))
    assert {answer.status_code for answer in answers} == {303}
    old, new = await all_rows(owner)
    assert (old["state"], new["state"], new["replaces_id"]) == ("accepted", "confirmed", old["id"])
    assert new["area"].startswith("Town ")


async def test_a_correction_beside_its_acceptance_is_never_lost_in_silence(
    site, client, postbox, owner, statement, counting
):
    """Either it is in what was accepted, or it waits, or the officer is told that it could not be taken."""
    row = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(row, area="Newton")
    new = await successor(owner, row)
    waits = await site.store.review.find(statement_id=new["statement_id"], id=new["id"])
    answer, taken = await asyncio.gather(
        olive.correct(row, area="Oldton"), accept(site, waits), return_exceptions=True
    )
    assert not isinstance(taken, Exception) or isinstance(taken, Refused)
    said = [one["area"] for one in await all_rows(owner) if one["state"] in ("accepted", "confirmed")]
    assert ("Oldton" in said) == (answer.status_code == 303)
    assert answer.status_code in (303, 409)
    assert await counted(site, owner, statement, counting) == 1


async def test_a_logo_is_replaced_by_a_row_that_waits_and_taken_away_at_once(
    site, client, postbox, owner, statement
):
    digest = await rows.picture(owner)
    row = await accepted(site, owner, statement, logo=digest, logo_consent=True)
    olive = await behind_her_link(client, postbox, site, owner)
    answer = await olive.correct(row, files={"logo": ("new.png", picture())})
    assert answer.headers["location"].endswith("?done=waits")
    old, new = await all_rows(owner)
    assert old["logo"] == digest
    assert new["logo"] not in (None, digest)
    await olive.correct(row, logo_drop="yes")
    old, new = await all_rows(owner)
    assert (old["logo"], new["logo"]) == (None, None)
    assert await owner.fetchval("select logo from public_endorsements") is None


async def test_the_permission_for_the_logo_ends_at_once(site, client, postbox, owner, statement):
    digest = await rows.picture(owner)
    row = await accepted(site, owner, statement, logo=digest, logo_consent=True)
    olive = await behind_her_link(client, postbox, site, owner)
    answer = await olive.correct(row, consent_logo=None)
    assert answer.headers["location"].endswith("?done=corrected")
    (now,) = await all_rows(owner)
    assert (now["logo"], now["logo_consent"]) == (digest, False)
    assert await owner.fetchval("select logo from public_endorsements") is None
    assert await ledger(owner, row) == [("logo", "withdrawn", "my signature")]
    assert (await olive.correct(row, consent_logo="yes")).headers["location"].endswith("?done=waits")
    assert await owner.fetchval("select logo from public_endorsements") is None


async def test_minutes_are_added_and_survive_an_error(site, client, postbox, owner, statement):
    row = await waiting(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    wrong = await olive.correct(row, members="many", files={"minutes": ("minutes.pdf", PDF)})
    assert wrong.status_code == 422
    assert "minutes.pdf" in wrong.text
    assert "Write a whole number" in wrong.text
    assert (await the(owner, row))["minutes"] is None
    good = await send(client, wrong.text, f"{olive.path}/endorsement", {"members": "40"})
    assert good.status_code == 303
    now = await the(owner, row)
    assert now["members"] == 40
    assert now["minutes"] == await owner.fetchval("select digest from files where type = 'application/pdf'")


async def test_a_refused_file_says_why_and_keeps_the_rest(site, client, postbox, owner, statement):
    row = await waiting(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    wrong = await olive.correct(row, area="Newton", files={"logo": ("logo.svg", b"<svg/>")})
    assert wrong.status_code == 422
    assert 'value="Newton"' in wrong.text
    assert (await the(owner, row))["area"] == ""
    assert (await olive.correct(row, files={"logo": ("logo.png", picture())})).status_code == 303


async def test_a_second_officer_newly_named_gets_a_letter_and_the_old_word_is_over(
    site, client, postbox, owner, statement
):
    confirmed = {"second_email": OTTO, "second_confirmed_at": rows.BEFORE, "two_officers": True}
    row = await waiting(site, owner, statement, **confirmed)
    olive = await behind_her_link(client, postbox, site, owner)
    postbox.clear()
    await olive.correct(row, second_name="Nora Example", second_email="nora@example.org")
    now = await the(owner, row)
    assert (now["second_confirmed_at"], now["two_officers"]) == (None, False)
    (letter,) = await postbox.settle()
    assert letter.to == "nora@example.org"
    assert "Does your organisation endorse this?" in letter.subject
    assert (await client.post(letter.link("/endorsements/second/"))).status_code == 303
    assert (await the(owner, row))["second_confirmed_at"] is not None


async def test_the_second_officer_is_not_asked_again_by_a_correction_of_something_else(
    site, client, postbox, owner, statement
):
    row = await accepted(site, owner, statement, second_email=OTTO, second_confirmed_at=rows.BEFORE)
    olive = await behind_her_link(client, postbox, site, owner)
    postbox.clear()
    await olive.correct(row, area="Newton")
    assert await postbox.settle() == []
    assert (await successor(owner, row))["second_confirmed_at"] == rows.BEFORE


async def test_the_second_officer_is_somebody_else(site, client, postbox, owner, statement):
    row = await waiting(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    answer = await olive.correct(row, second_name="Olive", second_email=OFFICER.upper())
    assert answer.status_code == 422
    assert "your own mailbox" in answer.text


async def test_another_address_that_is_sent_along_is_not_taken(site, client, postbox, owner, statement):
    row = await waiting(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(row, officer_email="mallory@example.org", area="Newton")
    now = await the(owner, row)
    assert (now["officer_email"], now["area"]) == (OFFICER, "Newton")


@pytest.mark.parametrize("state", ["accepted", "expired"])
async def test_renewing_asks_for_the_meeting_anew_and_waits(
    site, client, postbox, owner, statement, counting, state
):
    row = await accepted(site, owner, statement, met_on=date(2025, 2, 15), motion="We resolve.", present=9)
    if state == "expired":
        await owner.execute("update endorsements set expires_on = current_date")
        await expiring.expire(site)
    assert await counted(site, owner, statement, counting) == (state == "accepted")
    olive = await behind_her_link(client, postbox, site, owner)
    page = (await olive.get("/endorsement", key=key(row), renew="1")).text
    assert "2025-02-15" not in page
    assert "We resolve." not in page
    assert "has decided again" in page
    assert (await olive.correct(row, renew=True, decided="annual meeting")).status_code == 422
    answer = await olive.correct(row, renew=True, decided="annual meeting", met_on=TODAY.isoformat())
    assert answer.headers["location"].endswith("?done=waits")
    new = await successor(owner, row)
    assert (new["met_on"], new["motion"], new["present"]) == (TODAY, "", None)
    await accept(site, await site.store.review.find(statement_id=new["statement_id"], id=new["id"]))
    assert await counted(site, owner, statement, counting) == 1
    assert len(await public(owner)) == 1
    assert "renew=1" in (await olive.get()).text  # the new one; the old one is over
    assert (await olive.get()).text.count("renew=1") == 1


async def test_a_renewal_is_of_the_text_that_stands_now(site, client, postbox, owner, statement):
    row = await accepted(site, owner, statement)
    await makers.new_version(site, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(row, renew=True, decided="conference", met_on=TODAY.isoformat())
    assert (await successor(owner, row))["version"] == 2


async def test_what_does_not_stand_can_not_be_corrected_or_withdrawn(site, client, postbox, owner, statement):
    row = await waiting(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    for state in ("pending", "declined", "withdrawn", "replaced", "expired"):
        await owner.execute("update endorsements set state = $1, ended_at = now()", state)
        refused = await olive.get("/endorsement", key=key(row))
        assert refused.status_code == 409
        assert "can’t be changed as it stands now" in refused.text
        withdrawn = await client.post(f"{olive.path}/endorsement/withdraw", data={"key": key(row)})
        assert withdrawn.status_code == (303 if state == "withdrawn" else 409)
        assert (await the(owner, row))["state"] == state


async def test_withdrawing_takes_it_from_list_and_count_once_with_a_notice(
    site, client, postbox, owner, statement, counting
):
    await makers.endorse(client, statement, consent_logo="yes", consent_mail="yes")
    await postbox.settle()
    await client.get(postbox.to(OFFICER)[-1].link("/endorsements/confirm/"))
    (claim,) = await all_rows(owner)
    row = await accept(site, await site.store.review.find(statement_id=statement.id, id=claim["id"]))
    assert await counted(site, owner, statement, counting) == 1
    olive = await behind_her_link(client, postbox, site, owner)
    postbox.clear()
    answer = await olive.press("endorsement/withdraw", row)
    assert answer.headers["location"].endswith("?done=taken-back")
    now = await the(owner, row)
    assert (now["state"], now["mail_consent"], now["logo_consent"]) == ("withdrawn", False, False)
    assert now["ended_at"] is not None
    assert await counted(site, owner, statement, counting) == 0
    assert row.name not in (await client.get(f"/{statement.slug}/endorsements?of=")).text
    (letter,) = await postbox.settle()
    assert (letter.to, letter.subject) == (OFFICER, f"The endorsement is withdrawn: {statement.title}")
    assert [link for link in letter.links if "/my/" in link] == []
    await client.post(f"{olive.path}/endorsement/withdraw", data={"key": key(row)})
    assert await counted(site, owner, statement, counting) == 0
    assert await acts(owner, row) == ["confirmed", "accepted", "withdrawn"]
    assert await postbox.settle() == []
    lines = await ledger(owner, row)
    assert lines[:3] == [(one, "given", "form") for one in ("endorse", "logo", "officer mail")]
    assert lines[3:] == [(one, "withdrawn", "my signature") for one in ("endorse", "logo", "officer mail")]


async def test_what_waits_to_correct_it_is_withdrawn_with_it(
    site, client, postbox, owner, statement, counting
):
    row = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(row, area="Newton")
    await olive.press("endorsement/withdraw", row)
    assert [one["state"] for one in await all_rows(owner)] == ["withdrawn", "withdrawn"]
    assert await counted(site, owner, statement, counting) == 0
    assert await ledger(owner, await successor(owner, row)) == [
        ("endorse", "given", "my signature"),
        ("endorse", "withdrawn", "my signature"),
    ]


async def test_withdrawing_the_correction_alone_leaves_what_stands(
    site, client, postbox, owner, statement, counting
):
    row = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(row, area="Newton")
    await olive.press("endorsement/withdraw", await successor(owner, row))
    assert [one["state"] for one in await all_rows(owner)] == ["accepted", "withdrawn"]
    assert await counted(site, owner, statement, counting) == 1
    assert (await olive.correct(row, area="Oldton")).status_code == 303


async def test_withdrawing_beside_an_acceptance_leaves_count_and_list_in_agreement(
    site, client, postbox, owner, statement, counting
):
    row = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(row, area="Newton")
    new = await successor(owner, row)
    waits = await site.store.review.find(statement_id=new["statement_id"], id=new["id"])
    answer, _ = await asyncio.gather(
        client.post(f"{olive.path}/endorsement/withdraw", data={"key": key(row)}),
        accept(site, waits),
        return_exceptions=True,
    )
    assert answer.status_code in (303, 409)
    assert await counted(site, owner, statement, counting) == (0 if answer.status_code == 303 else 1)


async def test_a_closed_statements_count_stands(site, client, postbox, owner, statement, counting):
    row = await accepted(site, owner, statement)
    await makers.close(site, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    text = await olive.text()
    assert "Withdraw it" not in text
    assert "Renew it" not in text
    assert "its count stands" in text
    answer = await client.post(f"{olive.path}/endorsement/withdraw", data={"key": key(row)})
    assert answer.status_code == 409
    assert "its count stands" in answer.text
    assert (await olive.get("/endorsement", key=key(row), renew="1")).status_code == 409
    with pytest.raises(Closed):
        await leaving.withdraw(site, address_key(site), Key(row.statement_id, row.id))
    assert await counted(site, owner, statement, counting) == 1
    assert (await olive.correct(row, officer_role="Treasurer")).status_code == 303


async def test_a_page_that_was_open_too_long_changes_nothing(site, client, postbox, owner, statement):
    row = await waiting(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    answer = await olive.correct(row, area="Newton", stamp="1.x")
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    assert 'value="Newton"' in answer.text


TYPED = st.text(max_size=30) | st.sampled_from(
    ["\x00", "\ud800", "9" * 13, "2026-13-40", (TODAY + timedelta(days=3)).isoformat(), "=1", "é" * 300, OTTO]
)
NAMES = [one.name for one in asked.ALL] + [
    *("consent_logo", "consent_mail", "logo_kept", "logo_drop", "minutes_kept", "key", "renew", "stamp")
]


async def test_nothing_that_is_typed_makes_a_500(site, client, postbox, owner, statement):
    row = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    page = await olive.get("/endorsement", key=key(row))
    seen = set()

    @given(st.dictionaries(st.sampled_from(NAMES), TYPED, max_size=6))
    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    def collect(changes):
        cases.append({name: value.encode("utf-8", "replace").decode() for name, value in changes.items()})

    cases: list[dict[str, str]] = []
    collect()
    for changes in cases:
        await owner.execute("truncate throttle")
        answer = await send(client, page.text, f"{olive.path}/endorsement", dict(changes))
        seen.add(answer.status_code)
        assert answer.status_code in (303, 400, 404, 409, 422), changes
    assert {303, 422} <= seen
