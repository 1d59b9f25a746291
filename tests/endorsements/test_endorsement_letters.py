"""Which letters the worker sends to officers, what they say, and when they wait (signing.md §3, §7)."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions import addresses
from petitions.endorsements import PURPOSE, proof
from petitions.proving import code as codes
from petitions.proving.links import Key
from tests import makers
from tests.conftest import browser

OFFICER = "olive@example.org"
TYPED = {
    **{"parent": "Typed Union", "region": "Typed Region", "code": "TYPED1", "area": "Typedton"},
    **{"web_address": "https://typed.example", "members_source": "typed source", "motion": "typed motion"},
    **{"wording": "typed wording", "note": "typed note", "officer_role": "Typed Role"},
    **{"second_name": "Sam Typed", "second_role": "typed chair", "second_email": "typed@example.org"},
}


def path(letter) -> str:
    return letter.link("/endorsements/confirm/")


async def claim(site, client, postbox, statement=None, **fields):
    """(statement, letter) of a claim made in this client's browser."""
    statement = statement or await makers.statement(site)
    await makers.endorse(client, statement, **fields)
    await postbox.settle()
    return statement, (postbox.to(OFFICER) or [None])[-1]


async def imported(owner, statement) -> None:
    """A row as an import leaves it that has its officers written to."""
    await owner.execute(
        "with row as (insert into endorsements (statement_id, id, version, via, name, kind, decided, address_key,"
        " officer_name, officer_role, officer_email, import_source) values ($1, $2, 1, 'import', 'Imported Branch',"
        " 'union branch', 'committee', $3, 'Ida Imported', 'Chair', 'ida@example.org', 'a list') returning *)"
        " insert into outbox (id, kind, campaign_id, statement_id, subject_id, address_key)"
        " select gen_random_uuid(), 'endorsement', $4, statement_id, id, address_key from row",
        statement.id,
        makers.nobody(),
        addresses.address_key(b"an address key of the tests, 32 characters or more", "ida@example.org"),
        statement.campaign_id,
    )


async def test_letters_hold_no_typed_text_but_names(site, client, stranger, postbox):
    _, letter = await claim(site, client, postbox, **TYPED)
    await client.get(path(letter))
    await postbox.settle()
    assert len(postbox) == 3
    for one in postbox:
        assert "typed" not in (one.subject + one.text + one.html).lower()
        assert "Exampleton Branch" in one.text
        assert "Exampleton Branch" in one.html


async def test_the_letter_has_its_code_in_the_preview_and_the_notice_comes_even_over_the_cap(
    site, client, owner, postbox
):
    statement, letter = await claim(site, client, postbox)
    assert letter.subject == f"Please confirm the endorsement: {statement.title}"
    assert letter.code in letter.html.split('class="preview"')[1].split("</div>")[0]
    assert "good until" in letter.text
    assert letter.link("/not-me").startswith(path(letter))
    await owner.execute("update letter_caps set taken = array[now(), now(), now()]")
    await client.get(path(letter))
    (notice,) = await postbox.settle()
    assert notice.to == OFFICER
    assert notice.subject == f"We have your endorsement: {statement.title}"
    assert "It waits for the campaign’s organisers" in " ".join(notice.text.split())
    assert "second officer" not in notice.text
    assert notice.link("/my") == "/my"
    assert "/endorsements/" not in notice.text


async def test_an_address_that_wants_no_letters_gets_none_and_its_claim_is_deleted(
    site, client, owner, postbox
):
    statement = await makers.statement(site)
    await makers.suppressed(site, statement, OFFICER)
    answer = await makers.endorse(client, statement, **TYPED)
    assert answer.headers["location"] == f"/{statement.slug}/endorse/check-your-email"
    await postbox.settle()
    assert len(postbox) == 0
    for table in ("endorsements", "attempt_origins"):
        assert await owner.fetchval(f"select count(*) from {table}") == 0
    assert await owner.fetchval("select count(*) from outbox where state in ('waiting', 'deferred')") == 0


async def test_no_more_than_five_claims_of_an_address_are_mailed_and_one_is_reminded_of(
    site, client, owner, postbox
):
    """However often somebody types in another's address."""
    statement = await makers.statement(site)
    for n in range(7):
        await makers.endorse(client, statement, name=f"Example Branch {n}")
    for _ in range(4):  # as the days go by
        await owner.execute("truncate letter_caps")
        await owner.execute("update outbox set not_before = now() where state = 'deferred'")
        await postbox.settle()
    assert len(postbox) == proof.MOST_MAILED
    await owner.execute("update endorsements set letter_at = letter_at - interval '25 hours'")
    assert await proof.remind(site) == "1 reminders"
    await owner.execute("truncate letter_caps")
    await postbox.settle()
    assert "Example Branch 4" in postbox[-1].text
    await client.post(path(postbox[0]), data={})
    await owner.execute("update outbox set not_before = now() where state = 'deferred'")
    await postbox.settle()
    assert len([letter for letter in postbox if letter.code]) == proof.MOST_MAILED + 1


async def test_over_the_cap_letters_wait_alone_and_each_comes_later(site, client, owner, postbox):
    statement = await makers.statement(site)
    for n in range(5):
        await makers.endorse(client, statement, name=f"Example Branch {n}")
    await postbox.settle()
    assert len(postbox) == 3
    deferred = await owner.fetch(
        "select e.asked_at = o.not_before from outbox o join endorsements e"
        " on e.id = o.subject_id where o.state = 'deferred'"
    )
    assert deferred == [(True,), (True,)]
    assert (await client.post(f"/{statement.slug}/endorse/send-again", data={})).status_code == 303
    assert await owner.fetchval("select count(*) from outbox") == 5  # none more while one is put off
    await owner.execute("delete from letter_caps")
    await owner.execute("update outbox set not_before = now() where state = 'deferred'")
    assert len(await postbox.settle()) == 2
    for letter in postbox:
        assert (await client.get(path(letter))).status_code == 303
    assert await owner.fetchval("select count(*) from endorsements where state = 'confirmed'") == 5


async def test_an_address_kept_over_its_cap_never_keeps_a_claim_for_ever(site, client, owner, postbox):
    statement = await makers.statement(site)
    for n in range(4):
        await makers.endorse(client, statement, name=f"Example Branch {n}")
    await owner.execute("update endorsements set created_at = created_at - interval '50 days'")
    await postbox.settle()
    put_off = "select e.asked_at <= now() from outbox o join endorsements e on e.id = o.subject_id"
    assert await owner.fetchval(f"{put_off} where o.state = 'deferred'")


async def test_reminders_come_after_a_day_and_after_five_and_never_a_third(site, client, owner, postbox):
    await claim(site, client, postbox)
    for days, due in ((0, 0), (1, 1), (3, 0), (1, 1), (5, 0)):
        await owner.execute(
            "update endorsements set letter_at = letter_at - $1::integer * interval '1 day',"
            " asked_at = asked_at - $1::integer * interval '1 day'",
            days,
        )
        assert await proof.remind(site) == f"{due} reminders"
        await owner.execute("delete from letter_caps")
        assert len(await postbox.settle()) == due
        await owner.execute("update endorsements set letter_at = letter_at - interval '1 minute'")
    reminder = postbox[-1]
    assert reminder.subject.startswith("The endorsement is not confirmed yet")
    assert (await client.get(path(reminder))).status_code == 303


async def test_no_reminder_without_a_letter_after_closing_or_for_what_was_filled_in_again_or_confirmed(
    site, client, owner, postbox
):
    statement = await makers.statement(site)
    older = "update endorsements set letter_at = now() - interval '2 days' where letter_at is not null"
    await makers.endorse(client, statement)
    await owner.execute("update endorsements set asked_at = asked_at - interval '2 days'")
    assert await proof.remind(site) == "0 reminders"  # no letter went yet
    (first,) = await postbox.settle()
    await owner.execute(older)
    await makers.endorse(client, statement, name="EXAMPLETON BRANCH", note="again")
    assert await proof.remind(site) == "0 reminders"
    await postbox.settle()
    await owner.execute(older)
    await makers.close(site, statement)
    assert await proof.remind(site) == "0 reminders"
    await owner.execute("update statements set state = 'open', closed_at = null")
    await client.get(path(first))
    assert await proof.remind(site) == "0 reminders"
    await owner.execute("delete from endorsements where state = 'confirmed'")
    assert await proof.remind(site) == "1 reminders"


async def test_a_reminder_that_is_late_is_dropped_once_it_is_confirmed(site, client, owner, postbox):
    _, letter = await claim(site, client, postbox)
    await owner.execute("update endorsements set letter_at = letter_at - interval '2 days'")
    assert await proof.remind(site) == "1 reminders"
    await client.get(path(letter))
    assert [one.subject.split(":")[0] for one in await postbox.settle()] == ["We have your endorsement"]


async def test_a_reminder_waits_while_the_cap_is_reached_and_asks_no_second_one(site, client, owner, postbox):
    await claim(site, client, postbox)
    await owner.execute("update letter_caps set taken = array[now(), now(), now()]")
    await owner.execute("update endorsements set letter_at = letter_at - interval '2 days'")
    await proof.remind(site)
    assert await postbox.settle() == []
    assert await owner.fetchval("select count(*) from outbox where state = 'deferred'") == 1


async def test_an_imports_officer_is_told_that_the_campaign_entered_it_and_confirms_by_the_button(
    site, owner, stranger, postbox
):
    statement = await makers.statement(site)
    await imported(owner, statement)
    (letter,) = await postbox.settle()
    said = " ".join(letter.text.split())
    assert "you did not fill in a form" in said
    assert "the campaign has noted that Imported Branch endorses" in said
    assert letter.code == ""  # no page is open to type it into
    page = await stranger.get(path(letter))
    assert "The campaign entered this" in page.text
    assert (await stranger.post(path(letter), data={})).status_code == 303
    assert await owner.fetchval("select state from endorsements") == "confirmed"
    (notice,) = await postbox.settle()
    assert "Imported Branch" in notice.text


async def test_an_imports_officer_gets_a_new_letter_and_can_say_not_me(site, owner, stranger, postbox):
    statement = await makers.statement(site)
    await imported(owner, statement)
    (letter,) = await postbox.settle()
    await owner.execute("update endorsements set asked_at = asked_at - interval '15 days'")
    assert (await stranger.get(path(letter))).status_code == 410
    await stranger.post(f"{path(letter)}/new-letter", data={})
    (newer,) = await postbox.settle()
    await stranger.post(newer.link("/not-me"), data={})
    assert await owner.fetchval("select count(*) from endorsements") == 0


async def test_check_your_email_is_the_same_page_whatever_the_address_is(site, client, stranger, postbox):
    statement = await makers.statement(site)
    await makers.suppressed(site, statement, "stopped@example.org")
    pages = []
    for email in ("new@example.org", "stopped@example.org"):
        async with browser(site) as one:
            answer = await makers.endorse(one, statement, officer_email=email)
            await postbox.settle()
            pages.append((await one.get(answer.headers["location"])).text)
    assert pages[0] == pages[1]
    assert "example.org" not in makers.visible(pages[0]).replace("contact@example.org", "")
    assert 'name="code"' in pages[0]
    assert 'name="code"' not in (await stranger.get(f"/{statement.slug}/endorse/check-your-email")).text


async def test_whatever_is_typed_as_a_code_is_answered_with_a_sentence(site, client, postbox):
    statement, _ = await claim(site, client, postbox)
    for typed in ("", "١٢٣٤٥٦", "1" * 5000, "\u202e12", "'; drop table"):
        answer = await client.post(f"/{statement.slug}/endorse/confirm", data={"code": typed})
        assert answer.status_code == 422
        assert "This code can" in answer.text


@given(st.text(max_size=30))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_text_is_a_code_but_its_six_digits(site, typed):
    key = Key(makers.nobody(), makers.nobody())
    digits = codes.make(site, PURPOSE, key, 1)
    seen = "".join(one for one in typed if one in "0123456789")
    assert codes.matches(site, PURPOSE, key, 1, typed) == (seen == digits)
    assert codes.matches(site, PURPOSE, key, 1, f" {digits[:3]} {digits[3:]} ")
