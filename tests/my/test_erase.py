"""Erasing: what is left is a tombstone and the proof of consent without a name."""

from __future__ import annotations

import asyncio
from typing import Any

from petitions.my import actions
from petitions.tokens import pack
from tests import makers
from tests.my.ada import ADA, ANSWERS, My, address_key, link_for

CLOSED = "update statements set state = 'closed', closed_at = now()"
PERSONAL = (
    *("address_key", "name", "email", "answers", "partner_consents", "source", "fingerprint"),
    *("consent_ids", "letter_at", "opened_at"),
)


async def test_only_a_tombstone_and_the_ledger_stay(my: My, postbox: Any, dump: Any):
    key = address_key(my.site)
    await my.post("change", name="Ada Example", consent_name="yes", consent_mail="yes", **ANSWERS)
    before = await my.row()
    answer = await my.post("erase")
    assert answer.headers["location"] == "/my/erased"
    assert "Everything is erased" in (await my.client.get("/my/erased")).text
    await postbox.settle()
    row = await my.row()
    assert all(row[name] is None for name in PERSONAL)
    assert (row["id"], row["number"], row["state"]) == (before["id"], 1, "withdrawn")
    assert (row["display"], row["display_union"], row["mail_consent"]) == ("hidden", False, False)
    for name in ("created_at", "confirmed_at", "withdrawn_at", "erased_at", "asked_at"):
        assert (row[name].minute, row[name].second, row[name].microsecond) == (0, 0, 0)
    text = await dump()
    for trace in (ADA, "Ada Example", "Adaborough", "EX7 7EX", "Example Union", "127.0.0.1"):
        assert trace not in text
    caps = await my.owner.fetchval("select count(*) from letter_caps where address_key = $1", key)
    assert text.count(key.hex()) == caps  # how many letters went there lately, until the caps forget it


async def test_the_proof_of_consent_stays_and_ends_what_was_given(my: My):
    await my.post("erase")
    assert sorted(await my.ledger()) == [
        ("name", "given", "form"),
        ("name", "withdrawn", "my signature"),
        ("sign", "given", "form"),
        ("sign", "withdrawn", "my signature"),
    ]
    assert await my.owner.fetchval("select count(*) from consents where subject_key is null") == 0


async def test_while_open_the_count_goes_down_by_one(my: My):
    assert await my.people() == 1
    await my.post("erase")
    assert await my.people() == 0
    assert await my.events() == ["erased"]
    assert await my.owner.fetchval("select sum(abs(value)) from count_areas") == 0


async def test_after_closing_the_count_stays(my: My):
    await my.owner.execute(CLOSED)
    assert "its count stays as it is" in (await my.get("/erase", await my.key())).text
    await my.post("erase")
    assert (await my.row())["state"] == "confirmed"
    assert await my.people() == 1
    assert "Ada Example" not in (await my.client.get(f"/{my.statement.slug}/signatories")).text


async def test_the_erased_get_one_last_letter(my: My, postbox: Any):
    await my.post("erase")
    (letter,) = await postbox.settle()
    assert letter.to == ADA
    assert "erased" in letter.subject
    assert my.statement.title in letter.subject


async def test_the_link_dies_with_the_last_signature(my: My, postbox: Any, site: Any):
    second = await makers.statement(site)
    await makers.confirmed(my.client, postbox, second, email=ADA)
    my.path = await link_for(my.client, postbox)
    answer = await my.post("erase")
    assert "It is erased" in (await my.client.get(answer.headers["location"])).text
    last = await my.owner.fetchrow("select * from signatures where address_key is not null")
    await my.post("erase", key=pack(last["statement_id"], last["id"]))
    assert (await my.get()).status_code == 410
    assert await my.owner.fetchval("select count(*) from my_links") == 0


async def test_attempts_of_the_same_address_go_with_their_letters(my: My, postbox: Any):
    key = await my.key()
    await makers.sign(my.client, my.statement, "Ada Again", ADA, postcode="EX3 3EX")
    await makers.sign(my.client, my.statement, "Grace Example", "grace@example.org", postcode="EX3 3EX")
    await my.post("erase", key=key)
    assert sorted(letter.to for letter in await postbox.settle()) == [ADA, "grace@example.org"]
    names = await my.owner.fetch("select name from signatures where name is not null")
    assert [row["name"] for row in names] == ["Grace Example"]
    assert await my.owner.fetchval("select count(*) from attempt_origins") == 1


async def test_a_waiting_attempt_alone_can_be_erased(client: Any, postbox: Any, owner: Any, statement: Any):
    await makers.sign(client, statement, email="grace@example.org", postcode="EX1 1EX")
    path = await link_for(client, postbox, "grace@example.org")
    row = await owner.fetchrow("select statement_id, id from signatures")
    answer = await client.post(f"{path}/erase", data={"signature": pack(*row)})
    assert answer.status_code == 303
    assert await owner.fetchval("select count(*) from signatures") == 0
    assert await owner.fetchval("select count(*) from attempt_origins") == 0
    assert await owner.fetchval("select count(*) from tally_queue") == 0
    assert await owner.fetchval("select count(*) from signature_events") == 0


async def test_a_letter_put_off_goes_too(my: My, postbox: Any, site: Any):
    """Over the cap of letters: the attempt waits in the address's deferred letter."""
    for n in range(4):
        await makers.sign(my.client, my.statement, f"Ada {n} Example", ADA, postcode="EX3 3EX")
        await postbox.settle()
    assert await my.owner.fetchval("select count(*) from outbox where state = 'deferred'") == 1
    key = await my.owner.fetchrow("select statement_id, id from signatures where state = 'confirmed'")
    await my.post("erase", key=pack(*key))
    assert await my.owner.fetchval("select count(*) from outbox where state = 'deferred'") == 0


async def test_a_withdrawn_signature_can_be_erased_at_once(my: My):
    await my.post("withdraw")
    await my.post("erase")
    row = await my.row()
    assert row["erased_at"] is not None
    assert row["email"] is None
    assert await my.people() == 0


async def test_a_week_after_the_withdrawal_everything_personal_goes(my: My, dump: Any, postbox: Any):
    await my.post("withdraw")
    await postbox.settle()
    assert await actions.erase_withdrawn(my.site) == "0 withdrawn signatures erased"
    await my.owner.execute("update signatures set withdrawn_at = withdrawn_at - interval '7 days'")
    assert await actions.erase_withdrawn(my.site) == "1 withdrawn signatures erased"
    assert await actions.erase_withdrawn(my.site) == "0 withdrawn signatures erased"
    assert ADA not in await dump()
    assert await my.people() == 0
    assert (await my.ledger())[-1][1] == "withdrawn"


async def test_the_purge_leaves_a_later_signature_of_the_same_address(my: My, postbox: Any):
    await my.post("withdraw")
    await postbox.settle()
    await makers.confirmed(my.client, postbox, my.statement, email=ADA, **ANSWERS)
    await makers.sign(my.client, my.statement, "Ada Again", ADA, postcode="EX3 3EX")
    await my.owner.execute("update signatures set withdrawn_at = withdrawn_at - interval '8 days'")
    await actions.erase_withdrawn(my.site)
    assert await my.people() == 1
    names = await my.owner.fetch("select name from signatures where name is not null order by name")
    assert [row["name"] for row in names] == ["Ada Again", "Ada Example"]


async def test_erasing_and_withdrawing_at_once_counts_once(my: My):
    key = await my.key()
    acts = ["erase", "withdraw", "restore"] * 10
    codes = [answer.status_code for answer in await asyncio.gather(*(my.post(act, key=key) for act in acts))]
    assert set(codes) <= {303, 404, 409, 410}
    assert await my.people() == 0
    assert await my.events() != []
    assert (await my.row())["email"] is None
