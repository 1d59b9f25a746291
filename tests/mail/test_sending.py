"""A letter's ordinary way: written with its cause, decided once, sent, forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from petitions.mail import outbox
from petitions.mail.delivery import deliver
from petitions.mail.letters import Decision, Drop, LetterKind, Send
from petitions.site import Site
from tests.mail.conftest import KINDS, key, plain, post, send
from tests.mail.postmaster import Postmaster


async def test_a_letter_arrives_and_its_row_forgets_whose_it_was(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    await post(mailing, address_key=key(), details={"subject": "Hello"})
    await deliver(mailing, KINDS, once=True)
    assert [(letter.to, letter.subject) for letter in postmaster] == [("ada@example.org", "Hello")]
    row = await owner.fetchrow("select * from outbox")
    assert (row["state"], row["recipient"], row["address_key"], row["details"]) == ("sent", None, None, "{}")


async def test_a_letter_whose_cause_did_not_happen_was_never_written(
    mailing: Site, postmaster: Postmaster
) -> None:
    async def cause() -> None:
        async with mailing.store.transaction():
            await post(mailing)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await cause()
    await deliver(mailing, KINDS, once=True)
    assert len(postmaster) == 0


async def test_every_letter_says_that_a_machine_wrote_it_and_whom_to_answer(
    mailing: Site, postmaster: Postmaster
) -> None:
    id = await post(mailing)
    await deliver(mailing, KINDS, once=True)
    message = postmaster[0].message
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{id}@localhost>"
    assert message["From"] == "Example Campaign <petitions@example.org>"
    assert message["Reply-To"] == "contact@example.org"
    assert message["Date"]
    assert message.get_content_type() == "multipart/alternative"


async def test_what_somebody_waits_for_leaves_before_news(mailing: Site, postmaster: Postmaster) -> None:
    for n in range(40):
        await post(mailing, f"news-{n}@example-{n}.org", priority=outbox.BULK)
    for n in range(4):
        await post(mailing, f"waits-{n}@example-{n}.org")
    await deliver(mailing, KINDS, once=True)
    places = [n for n, letter in enumerate(postmaster) if letter.to.startswith("waits")]
    assert len(postmaster) == 44
    assert max(places) < 16


async def test_four_connections_carry_all_letters(mailing: Site, postmaster: Postmaster) -> None:
    for n in range(40):
        await post(mailing, f"ada@example-{n}.org")
    await deliver(mailing, KINDS, once=True)
    assert len(postmaster) == 40
    assert postmaster.connections <= 4


async def test_all_connections_are_for_any_domain_because_one_server_takes_all(
    mailing: Site, postmaster: Postmaster
) -> None:
    postmaster.slow = 0.05
    for n in range(8):
        await post(mailing, f"ada-{n}@example.org")
    await deliver(mailing, KINDS, once=True)
    assert len(postmaster) == 8
    assert 2 < postmaster.busiest <= 4


async def test_different_domains_are_served_side_by_side(mailing: Site, postmaster: Postmaster) -> None:
    postmaster.slow = 0.05
    for n in range(8):
        await post(mailing, f"ada@example-{n}.org")
    await deliver(mailing, KINDS, once=True)
    assert 2 < postmaster.busiest <= 4


async def test_a_letter_in_any_script_arrives_as_written(mailing: Site, postmaster: Postmaster) -> None:
    subject = "Für höhere Löhne: 賃上げを、 زيادة الأجور — " + "sehr lang " * 12
    await post(mailing, "zoë@example.org", details={"subject": subject})
    await post(mailing, "ada@bücher.example.org")
    await deliver(mailing, KINDS, once=True)
    assert {letter.to: letter.subject for letter in postmaster} == {
        "zoë@example.org": subject.strip(),
        "ada@xn--bcher-kva.example.org": "An example",
    }


async def test_a_letter_that_is_decided_against_is_not_sent(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    async def never(site: Site, row: Any) -> Decision:
        return Drop()

    await post(mailing)
    await deliver(mailing, {"plain": LetterKind(decide=never, render=plain)}, once=True)
    assert len(postmaster) == 0
    assert await owner.fetchval("select (state, recipient is null)::text from outbox") == "(dropped,t)"


async def test_a_letter_that_has_nothing_to_say_any_more_is_not_sent(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    async def nothing(site: Site, row: Any) -> None:
        return None

    await post(mailing)
    await deliver(mailing, {"plain": LetterKind(decide=send, render=nothing)}, once=True)
    assert len(postmaster) == 0
    assert await owner.fetchval("select state from outbox") == "dropped"


async def test_what_was_decided_is_there_when_the_letter_is_rendered_and_when_it_was_sent(
    mailing: Site, postmaster: Postmaster
) -> None:
    seen: list[Any] = []

    async def decide(site: Site, row: Any) -> Decision:
        return Send("greeting", {"subject": "Decided"})

    async def sent(site: Site, row: Any) -> None:
        seen.append((row.decision, row.details, row.recipient))

    await post(mailing, details={"kept": 1})
    await deliver(mailing, {"plain": LetterKind(decide, plain, sent)}, once=True)
    assert postmaster[0].subject == "Decided"
    assert seen == [("greeting", {"kept": 1, "subject": "Decided"}, "ada@example.org")]


async def test_a_letter_of_an_unknown_kind_waits_for_a_worker_that_knows_it(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    await post(mailing, kind="of tomorrow")
    await deliver(mailing, KINDS, once=True)
    assert await owner.fetchval("select (state, tries)::text from outbox") == "(waiting,0)"


async def test_a_mistake_of_one_room_holds_up_nobody_else(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    async def broken(site: Site, row: Any) -> None:
        raise KeyError("ada@example.org")

    await post(mailing, kind="broken")
    await post(mailing)
    await deliver(mailing, {**KINDS, "broken": LetterKind(decide=send, render=broken)}, once=True)
    assert len(postmaster) == 1
    row = await owner.fetchrow("select * from outbox where kind = 'broken'")
    assert (row["state"], row["tries"], row["error"]) == ("waiting", 1, "KeyError")


async def test_a_letter_that_arrived_is_not_sent_again_because_its_room_stumbled(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    async def broken(site: Site, row: Any) -> None:
        raise KeyError

    await post(mailing)
    await deliver(mailing, {"plain": LetterKind(send, plain, broken)}, once=True)
    assert len(postmaster) == 1
    assert await owner.fetchval("select (state, error)::text from outbox") == "(sent,KeyError)"


async def test_lateness_is_how_long_the_oldest_letter_that_somebody_waits_for_has_waited(
    mailing: Site, owner: Any
) -> None:
    assert await outbox.late_minutes(mailing) == 0
    await post(mailing)
    assert await outbox.late_minutes(mailing) == 0
    await owner.execute("update outbox set due_since = now() - interval '7 minutes 50 seconds'")
    assert await outbox.late_minutes(mailing) == 7


async def test_news_and_letters_put_off_are_not_late(mailing: Site, owner: Any) -> None:
    await post(mailing, priority=outbox.BULK)
    deferred = await post(mailing)
    await owner.execute("update outbox set due_since = now() - interval '1 hour'")
    await owner.execute("update outbox set state = 'deferred' where id = $1", deferred)
    assert await outbox.late_minutes(mailing) == 0


async def test_a_letter_is_late_through_all_its_tries_and_pauses(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    postmaster.always = 451
    await post(mailing)
    await owner.execute("update outbox set due_since = now() - interval '5 hours', tries = 8")
    await deliver(mailing, KINDS, once=True)
    assert await owner.fetchval("select not_before > now() + interval '3 hours' from outbox")
    assert await outbox.late_minutes(mailing) == 300
    postmaster.always = None
    postmaster.senders["petitions@example.org"] = "550 5.7.1 not your address"
    await owner.execute("update outbox set not_before = now()")
    await deliver(mailing, KINDS, once=True)
    assert await owner.fetchval("select not_before > now() from outbox")
    assert await outbox.late_minutes(mailing) == 300


async def test_one_full_mailbox_makes_nobody_else_late(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    postmaster.recipients["full@example.org"] = "452 4.2.2 mailbox full"
    await post(mailing, "full@example.org")
    await owner.execute("update outbox set due_since = now() - interval '5 hours'")
    await deliver(mailing, KINDS, once=True)
    assert await outbox.late_minutes(mailing) == 0


async def test_a_letter_that_was_put_off_is_late_from_the_end_of_that(
    mailing: Site, postmaster: Postmaster, owner: Any
) -> None:
    postmaster.always = 451
    await post(mailing)
    await owner.execute(
        "update outbox set state = 'deferred', due_since = now() - interval '2 days', "
        "not_before = now() - interval '10 minutes'"
    )
    await deliver(mailing, KINDS, once=True)
    assert await outbox.late_minutes(mailing) == 10


async def test_letters_that_ended_a_month_ago_are_forgotten(mailing: Site, owner: Any) -> None:
    from petitions.mail.delivery import purge

    await post(mailing)
    await post(mailing)
    await owner.execute("update outbox set state = 'sent', ended_at = now() - interval '29 days'")
    assert await purge(mailing) == "0 letters forgotten"
    await owner.execute("update outbox set ended_at = now() - interval '31 days'")
    assert await purge(mailing) == "2 letters forgotten"
