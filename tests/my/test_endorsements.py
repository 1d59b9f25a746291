"""The page behind the link, for officers: what they see of their endorsements and motions, take along and erase."""

from __future__ import annotations

from datetime import date
from typing import Any

from petitions.tokens import pack
from tests import makers
from tests.endorsements import rows
from tests.endorsements.claims import OFFICER, accept, counted, public
from tests.endorsements.olive import (
    OTTO,
    Olive,
    accepted,
    acts,
    address_key,
    all_rows,
    behind_her_link,
    key,
    ledger,
    waiting,
)
from tests.motions import putting
from tests.my.ada import ADA

FACTS = {"area": "Exampleton", "met_on": date(2026, 2, 15), "officer_phone": "020 7946 0000", "present": 23}
PERSONAL = (
    *("address_key", "officer_name", "officer_role", "officer_email", "officer_phone"),
    *("second_key", "second_name", "second_role", "second_email", "minutes"),
)


async def test_the_letter_is_for_officers_as_well_whatever_the_state(site, client, postbox, owner):
    statement = await makers.statement(site)
    await makers.endorse(client, statement)
    await postbox.settle()
    postbox.clear()
    await client.post("/my", data={"email": OFFICER})
    await client.post("/my", data={"email": "nobody@example.org"})
    (letter,) = await postbox.settle()
    assert letter.to == OFFICER
    page = makers.visible((await client.get(letter.link("/my/"))).text)
    assert "Your organisation’s endorsement of" in page
    assert "waits for you to confirm it" in page


async def test_the_page_shows_what_is_public_what_was_asked_and_what_was_agreed(site, client, postbox, owner):
    statement = await makers.statement(site)
    await makers.endorse(client, statement, area="Exampleton", present="23", consent_mail="yes")
    await postbox.settle()
    await client.get(postbox.to(OFFICER)[-1].link("/endorsements/confirm/"))
    await owner.execute("update endorsements set state = 'questioned', question = 'Which region?'")
    olive = await behind_her_link(client, postbox, site, owner)
    html, text = (await olive.get()).text, await olive.text()
    for shown in ("Exampleton", "23", "Which region?", "Olive Example", OFFICER, "127.0.0.1"):
        assert shown in text
    assert "What everybody will see, once it is accepted" in text
    assert "E-mail me about this campaign" in text
    assert "on the form" in text
    assert "the organisers asked you something" in text.lower()
    public, _, private = html.partition("What only the organisers see")
    assert "Exampleton" in public
    assert OFFICER not in public
    assert OFFICER in private


async def test_persons_and_officers_have_one_link(site, client, postbox, owner):
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement, "Olive Example", OFFICER)
    await waiting(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    text = await olive.text()
    assert "You are signatory number 1" in text
    assert "Exampleton Branch" in text
    copy = (await olive.get("/download")).json()
    assert [len(copy[name]) for name in ("signatures", "endorsements", "submissions")] == [1, 1, 0]


async def test_the_copy_holds_all_of_it(site, client, postbox, owner):
    statement = await makers.statement(site)
    digest = await rows.picture(owner)
    row = await accepted(site, owner, statement, logo=digest, logo_consent=True, **FACTS)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(row, consent_mail="yes")
    answer = await olive.get("/download")
    assert OFFICER in answer.text
    (one,) = answer.json()["endorsements"]
    assert (one["as"], one["state"], one["organisation"]) == ("officer", "accepted", "Exampleton Branch")
    assert (one["met_on"], one["present"], one["officer_phone"]) == ("2026-02-15", 23, "020 7946 0000")
    assert one["statement"]["controller"] == "Example Campaign e.V."
    assert (one["files"], one["logo_consent"]) == (["logo"], True)
    assert {"name", "area", "met_on"} <= set(one["public"])
    assert "officer_phone" not in one["public"]
    assert [line["purpose"] for line in one["consents"]] == ["officer mail"]
    assert [event["act"] for event in one["history"]] == ["accepted", "changed"]


async def test_looking_changes_nothing(site, client, postbox, owner):
    statement = await makers.statement(site)
    row = await accepted(site, owner, statement, second_email=OTTO)
    olive = await behind_her_link(client, postbox, site, owner)
    tables = ("endorsements", "endorsement_events", "consents", "outbox", "tally_queue", "submissions")
    before = await makers.snapshot(owner, *tables)
    for part in ("/endorsement", "/endorsement/withdraw", "/endorsement/erase"):
        assert (await olive.get(part, key=key(row))).status_code == 200
    await olive.get("/download")
    assert await makers.snapshot(owner, *tables) == before


async def test_nobodys_key_opens_anothers(site, client, postbox, owner):
    statement = await makers.statement(site)
    hers = await accepted(site, owner, statement)
    adas = await waiting(
        site, owner, statement, name="Other Branch", officer_email=ADA, address_key=address_key(site, ADA)
    )
    await putting.announced(client, postbox, statement, await putting.motion(site, statement))
    plan = await owner.fetchrow("select * from submissions")
    olive = await behind_her_link(client, postbox, site, owner)
    assert "Other Branch" not in (await olive.get()).text
    mixed = pack(adas.statement_id, hers.id)[:-1]
    before = await makers.snapshot(owner, "endorsements", "submissions", "endorsement_events")
    for theirs in (key(adas), key(plan), pack(makers.nobody(), adas.id), pack(adas.id), mixed, "x", ""):
        for part in (
            *("endorsement", "endorsement/withdraw", "endorsement/erase"),
            *("submission/erase",),
        ):
            assert (await olive.get(f"/{part}", key=theirs)).status_code == 404, part
            answer = await client.post(f"{olive.path}/{part}", data={"key": theirs})
            assert answer.status_code == 404, part
    assert await makers.snapshot(owner, "endorsements", "submissions", "endorsement_events") == before


async def test_erasing_leaves_the_bodys_endorsement_and_the_proof(site, client, postbox, owner, counting):
    statement = await makers.statement(site)
    digest = await rows.picture(owner)
    facts = {**FACTS, "minutes": digest, "note": "Ring 020 7946 0000.", "logo": digest, "logo_consent": True}
    row = await accepted(site, owner, statement, second_email=OTTO, minutes_seen=True, **facts)
    other = await accepted(
        site, owner, statement, name="Other Branch", officer_email=ADA, address_key=b"x" * 16
    )
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(row, consent_mail="yes")
    await postbox.settle()
    postbox.clear()
    before = dict(await owner.fetchrow("select * from endorsements where id = $1", other.id))
    assert (await olive.press("endorsement/erase", row)).headers["location"] == "/my/erased"
    now = await owner.fetchrow("select * from endorsements where id = $1", row.id)
    assert [now[name] for name in PERSONAL] == [None] * len(PERSONAL)
    assert (now["state"], now["note"], now["mail_consent"], now["logo"]) == ("accepted", "", False, digest)
    assert now["erased_at"] is not None
    assert (await acts(owner, row))[-1] == "erased"
    assert (await ledger(owner, row))[-1] == ("officer mail", "withdrawn", "my signature")
    assert dict(await owner.fetchrow("select * from endorsements where id = $1", other.id)) == before
    assert await public(owner) == ["Exampleton Branch", "Other Branch"]
    assert await counted(site, owner, statement, counting) == 2
    (letter,) = await postbox.settle()
    assert (letter.to, letter.subject) == (OFFICER, f"Your details are erased: {statement.title}")
    assert "Exampleton Branch" in letter.text
    assert (await olive.get()).status_code == 410
    left = "\n".join([str(one) for one in await owner.fetch("select outbox::text from outbox")])
    assert OFFICER not in left


async def test_erasing_takes_the_details_from_its_corrections_too(site, client, postbox, owner):
    statement = await makers.statement(site)
    first = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(first, area="Newton")
    second = (await all_rows(owner))[-1]
    await accept(site, await site.store.review.find(statement_id=second["statement_id"], id=second["id"]))
    await olive.correct(second, area="Oldton")
    assert (await olive.press("endorsement/erase", second)).headers["location"] == "/my/erased"
    states = [(one["state"], one["officer_email"]) for one in await all_rows(owner)]
    assert states == [("replaced", None), ("accepted", None), ("confirmed", None)]


async def test_erasing_what_nobody_confirmed_deletes_it(site, client, postbox, owner):
    statement = await makers.statement(site)
    await makers.endorse(client, statement, second_name="Otto", second_email=OTTO)
    olive = await behind_her_link(client, postbox, site, owner)
    (row,) = await all_rows(owner)
    await olive.press("endorsement/erase", row)
    assert await all_rows(owner) == []
    assert await owner.fetchval("select count(*) from attempt_origins") == 0


async def test_erasing_works_after_closing_and_twice_does_nothing_more(
    site, client, postbox, owner, counting
):
    statement = await makers.statement(site)
    row = await accepted(site, owner, statement)
    other = await waiting(site, owner, statement, name="Other Branch")
    await makers.close(site, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    assert (await olive.press("endorsement/erase", row)).headers["location"].endswith("?done=erased")
    again = await client.post(f"{olive.path}/endorsement/erase", data={"key": key(row)})
    assert again.status_code == 404
    assert await acts(owner, row) == ["accepted", "erased"]
    assert await counted(site, owner, statement, counting) == 1
    assert "Other Branch" in (await olive.get()).text
    assert (await olive.press("endorsement/erase", other)).headers["location"] == "/my/erased"


async def second(site: Any, client: Any, postbox: Any, owner: Any, **columns: Any) -> tuple[Any, Olive]:
    statement = await makers.statement(site)
    row = await accepted(site, owner, statement, second_email=OTTO, **{**FACTS, **columns})
    return row, await behind_her_link(client, postbox, site, owner, OTTO)


async def test_a_second_officer_sees_what_they_were_asked_about_and_no_more(site, client, postbox, owner):
    row, otto = await second(site, client, postbox, owner, note="Between us.")
    text = await otto.text()
    for shown in ("Exampleton Branch", "Olive Example", "Otto Example", OTTO, "did not confirm"):
        assert shown in text
    copy = await otto.get("/download")
    assert copy.json()["endorsements"][0]["as"] == "second officer"
    for hidden in (OFFICER, "020 7946 0000", "Between us."):
        assert hidden not in text
        assert hidden not in copy.text
    for part in ("", "/withdraw"):
        assert (await otto.get(f"/endorsement{part}", key=key(row))).status_code == 404
        assert (
            await client.post(f"{otto.path}/endorsement{part}", data={"key": key(row)})
        ).status_code == 404


async def test_a_second_officer_who_knows_nothing_of_it_is_forgotten(site, client, postbox, owner):
    row, otto = await second(site, client, postbox, owner)
    assert (await otto.press("endorsement/erase", row)).headers["location"] == "/my/erased"
    now = await owner.fetchrow("select * from endorsements where id = $1", row.id)
    assert (now["second_key"], now["second_name"], now["second_email"]) == (None, None, None)
    assert now["second_refused_at"] is not None
    assert (now["officer_email"], now["state"], now["erased_at"]) == (OFFICER, "accepted", None)
    assert (await acts(owner, row))[-1] == "second refused"


async def test_a_second_officer_takes_their_details_out_and_their_word_stays(site, client, postbox, owner):
    row, otto = await second(site, client, postbox, owner, second_confirmed_at=rows.BEFORE, two_officers=True)
    await owner.execute("update endorsements set two_officers = true")
    await otto.press("endorsement/erase", row)
    now = await owner.fetchrow("select * from endorsements where id = $1", row.id)
    assert (now["second_name"], now["second_refused_at"]) == (None, None)
    assert await owner.fetchval("select level from public_endorsements") == "two officers"
    assert (await acts(owner, row))[-1] == "erased"
    assert [letter.to for letter in await postbox.settle()] == [OTTO]


async def test_a_motion_that_is_put_stands_there_and_its_officer_can_go(site, client, postbox, owner):
    statement = await makers.statement(site)
    motion = await putting.motion(site, statement)
    await putting.announced(client, postbox, statement, motion)
    plan = await owner.fetchrow("select * from submissions")
    email = plan["officer_email"]
    olive = await behind_her_link(client, postbox, site, owner, email)
    text = await olive.text()
    assert plan["name"] in text
    assert "You told the organisers that you are putting it" in text
    (one,) = (await olive.get("/download")).json()["submissions"]
    assert (one["name"], one["meets_on"]) == (plan["name"], plan["meets_on"].isoformat())
    postbox.clear()
    assert (await olive.press("submission/erase", plan)).headers["location"] == "/my/erased"
    now = await owner.fetchrow("select * from submissions")
    assert (now["officer_email"], now["officer_name"], now["address_key"]) == (None, None, None)
    assert (now["state"], now["name"]) == ("announced", plan["name"])
    assert (await ledger(owner, plan))[-1] == ("submit", "withdrawn", "my signature")
    assert [letter.to for letter in await postbox.settle()] == [email]
