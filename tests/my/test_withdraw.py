"""Withdrawing and its undo: the count follows, once."""

from __future__ import annotations

import asyncio
from typing import Any

from tests import makers
from tests.conftest import browser
from tests.my.ada import ADA, ANSWERS, My

CLOSED = "update statements set state = 'closed', closed_at = now()"


async def test_withdrawing_takes_one_button_on_its_own_page(my: My):
    key = await my.key()
    assert f'value="{key}"' in (await my.get("/withdraw", key)).text
    answer = await my.post("withdraw")
    assert answer.status_code == 303
    assert "Your signature is withdrawn" in (await my.client.get(answer.headers["location"])).text


async def test_a_withdrawn_signature_does_not_count_and_is_not_shown(my: My):
    assert await my.people() == 1
    await my.post("withdraw")
    assert await my.people() == 0
    assert "Ada Example" not in (await my.client.get(f"/{my.statement.slug}/signatories")).text
    assert await my.events() == ["withdrew"]
    assert (await my.ledger())[-1] == ("sign", "withdrawn", "my signature")


async def test_a_notice_says_until_when_it_can_be_undone(my: My, postbox: Any):
    await my.post("withdraw")
    (letter,) = await postbox.settle()
    assert letter.to == ADA
    assert "withdrawn" in letter.subject
    assert "undo this until" in letter.text
    assert letter.links[0].endswith("/my")  # no acting link


async def test_no_notice_where_it_was_undone_before(my: My, postbox: Any):
    await my.post("withdraw")
    await my.post("restore")
    assert await postbox.settle() == []


async def test_withdrawing_by_turns_does_not_fill_a_mailbox(my: My, postbox: Any):
    for _ in range(7):
        await my.post("withdraw")
        await postbox.settle()
        await my.post("restore")
    assert sum("is withdrawn" in letter.subject for letter in postbox.to(ADA)) == 5


async def test_the_undo_gives_the_old_number_back(my: My):
    await my.people()
    await my.post("withdraw")
    await my.people()
    answer = await my.post("restore")
    assert answer.status_code == 303
    assert await my.people() == 1
    row = await my.row()
    assert (row["state"], row["number"], row["withdrawn_at"]) == ("confirmed", 1, None)
    assert (await my.ledger())[-1] == ("sign", "given", "my signature")


async def test_the_undo_ends_after_seven_days(my: My):
    await my.post("withdraw")
    await my.owner.execute("update signatures set withdrawn_at = now() - interval '7 days'")
    assert "Undo the withdrawal" not in (await my.get()).text
    answer = await my.post("restore")
    assert answer.status_code == 409
    assert "week to undo" in answer.text
    assert (await my.row())["state"] == "withdrawn"


async def test_the_undo_is_refused_where_the_address_signed_again(my: My, postbox: Any):
    key = await my.key()
    await my.post("withdraw")
    await postbox.settle()
    await makers.confirmed(my.client, postbox, my.statement, email=ADA, **ANSWERS)
    answer = await my.post("restore", key=key)
    assert answer.status_code == 409
    assert "signed this statement again since" in answer.text
    assert await my.people() == 1
    assert (await my.ledger())[-1] == ("sign", "given", "form")


async def test_doing_it_twice_does_nothing_more(my: My):
    for _ in range(2):
        assert (await my.post("withdraw")).status_code == 303
    assert await my.people() == 0
    for _ in range(2):
        assert (await my.post("restore")).status_code == 303
    assert await my.people() == 1
    assert await my.events() == ["withdrew", "restored"]


async def test_a_closed_statements_count_stands(my: My):
    await my.owner.execute(CLOSED)
    page = (await my.get()).text
    assert "Withdraw my signature" not in page
    assert "Its count stands" in page
    answer = await my.post("withdraw")
    assert answer.status_code == 409
    assert "erase everything" in answer.text
    assert await my.people() == 1


async def test_a_withdrawal_can_be_undone_after_closing_as_the_letter_promised(my: My):
    await my.post("withdraw")
    await my.owner.execute(CLOSED)
    assert "Undo the withdrawal" in (await my.get()).text
    assert (await my.post("restore")).status_code == 303
    assert await my.people() == 1


async def test_many_at_once_leave_the_count_that_the_rows_say(my: My):
    key = await my.key()

    async def one(n: int) -> int:
        async with browser(my.site, peer=f"10.0.{n}.1", app=my.client._transport.app) as visitor:  # type: ignore[attr-defined]
            act = "withdraw" if n % 2 else "restore"
            return (await visitor.post(f"{my.path}/{act}", data={"signature": key})).status_code

    codes = await asyncio.gather(*(one(n) for n in range(100)))
    assert set(codes) <= {303, 409}
    stands = (await my.row())["state"] == "confirmed"
    assert await my.people() == int(stands)
    events = await my.events()
    assert abs(events.count("withdrew") - events.count("restored")) == int(not stands)
    assert (await my.ledger())[-1][1] == ("given" if stands else "withdrawn")
