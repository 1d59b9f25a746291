"""From "we are putting it" to the letters before and after the meeting."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest

from petitions.ids import new_id
from petitions.motions import actions, submissions
from petitions.motions.files import Draft
from petitions.proving.links import Key
from petitions.site import make_site
from petitions.tokens import pack
from tests import makers
from tests.conftest import browser
from tests.motions import putting


@pytest.fixture
async def statement(site):
    return await makers.statement(site)


@pytest.fixture
async def motion(site, statement):
    return await putting.motion(site, statement)


@pytest.fixture
async def letter(client, postbox, statement, motion):
    """The letter to an officer who filled in the form in this client's browser."""
    await putting.submit(client, statement, motion)
    await postbox.settle()
    return postbox.to("olu@example.org")[-1]


def link(letter) -> str:
    return letter.link("/motions/confirm/")


async def test_the_whole_way_to_the_announcement(site, client, owner, postbox, statement, motion):
    page = await client.get(putting.path(statement, motion))
    wording = await owner.fetchval("select wording from consent_texts where purpose = 'submit'")
    assert page.status_code == 200
    assert wording in makers.visible(page.text)
    answer = await putting.submit(client, statement, motion)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{putting.path(statement, motion)}/check-your-email"
    assert "olu@" not in (await client.get(answer.headers["location"])).text
    await postbox.settle()
    assert len(postbox) == 1
    assert await owner.fetchval("select count(*) from consents") == 0
    answer = await client.get(link(postbox[0]))
    assert answer.status_code == 303
    page = makers.visible((await client.get(answer.headers["location"])).text)
    assert "Exampleton branch" in page
    row = await owner.fetchrow("select * from submissions")
    assert (row["state"], row["wants"], row["fingerprint"]) == ("announced", ["speaker"], None)
    assert str(row["meets_on"]) == putting.day(30)
    assert str(row["cut_off_on"]) == putting.day(20)
    consent = await owner.fetchrow(
        "select t.purpose, c.act, c.via, c.subject_id from consents c join consent_texts t on t.id = c.text_id"
    )
    assert tuple(consent) == ("submit", "given", "form", row["id"])
    await postbox.settle()
    notice = postbox.to("olu@example.org")[-1]
    shown = site.templates.environment("en").filters["date"]
    assert shown(row["meets_on"]) in notice.text
    assert shown(row["cut_off_on"]) in notice.text
    assert "/motions/outcome/" in notice.text


async def test_elsewhere_the_link_only_asks_and_the_button_confirms(letter, stranger, owner):
    page = await stranger.get(link(letter))
    assert page.status_code == 200
    assert "no-store" in page.headers["cache-control"]
    for shown in ("Exampleton branch", "Olu Example", "olu@example.org", "a speaker"):
        assert shown in makers.visible(page.text)
    assert await putting.state(owner) == ["pending"]
    answer = await stranger.post(link(letter))
    assert answer.status_code == 303
    assert await putting.state(owner) == ["announced"]
    assert (await stranger.get(answer.headers["location"])).status_code == 200


async def test_a_used_link_says_no_more_than_that(letter, client, stranger, owner, postbox):
    await client.get(link(letter))
    await stranger.post(link(letter))
    page = await stranger.get(link(letter))
    assert page.status_code == 200
    assert "Exampleton branch" not in makers.visible(page.text)
    assert "Olu" not in page.text
    assert (await stranger.post(letter.link("/not-me"))).status_code == 303
    assert "nothing to delete" in (await stranger.get(letter.link("/not-me"))).text
    assert await putting.state(owner) == ["announced"]
    await postbox.settle()
    assert len(postbox) == 2


async def test_the_code_confirms_and_five_wrong_ones_spoil_it(
    letter, client, stranger, owner, statement, motion
):
    where = f"{putting.path(statement, motion)}/confirm"
    assert (await stranger.post(where, data={"code": letter.code})).status_code == 422
    for _ in range(5):
        assert (await client.post(where, data={"code": "0000000"})).status_code == 422
    assert (await client.post(where, data={"code": letter.code})).status_code == 422
    await owner.execute("update submissions set tries = 0")
    assert (await client.post(where, data={"code": letter.code})).status_code == 303
    assert await putting.state(owner) == ["announced"]


async def test_another_letter_at_most_once_a_minute(letter, client, owner, postbox, statement, motion):
    assert (await putting.submit(client, statement, motion)).status_code == 303
    await postbox.settle()
    assert len(postbox) == 1
    assert await putting.state(owner) == ["pending"]
    for _ in range(2):
        answer = await client.post(f"{putting.path(statement, motion)}/send-again", data={"x": "y"})
        assert answer.status_code == 303
        await postbox.settle()
    assert len(postbox) == 1
    await owner.execute("update submissions set asked_at = asked_at - interval '2 minutes'")
    await client.post(f"{putting.path(statement, motion)}/send-again", data={"x": "y"})
    await postbox.settle()
    assert len(postbox) == 2


async def test_the_answer_is_the_same_for_every_address(site, owner, postbox, statement, motion):
    await makers.suppressed(site, statement, "stopped@example.org")
    async with browser(site) as one:
        await putting.announced(one, postbox, statement, motion, officer_email="known@example.org")
    answers = set()
    for address in ("newww@example.org", "known@example.org", "stopped@example.org"):
        async with browser(site) as one:
            answer = await putting.submit(one, statement, motion, officer_email=address)
            cookies = [cookie.split("=")[0] for cookie in answer.headers.get_list("set-cookie")]
            page = await one.get(answer.headers["location"])
            answers.add((answer.status_code, answer.headers["location"], answer.text, *cookies, page.text))
    assert len(answers) == 1


async def test_an_address_that_wants_no_such_letters_gets_none_and_its_plan_is_deleted(
    site, client, owner, postbox, statement, motion
):
    await makers.suppressed(site, statement, "olu@example.org")
    await putting.submit(client, statement, motion)
    await postbox.settle()
    assert len(postbox) == 0
    assert await putting.state(owner) == []
    assert await owner.fetchval("select count(*) from attempt_origins") == 0


async def test_over_the_cap_a_letter_waits_and_then_goes(client, owner, postbox, statement, motion):
    for number in range(4):
        await putting.submit(client, statement, motion, name=f"Example branch {number}")
        await postbox.settle()
    assert len(postbox) == 3
    assert await owner.fetchval("select count(*) from outbox where state = 'deferred'") == 1
    await owner.execute(
        "update letter_caps set taken = array(select one - interval '1 day' from unnest(taken) one)"
    )
    await owner.execute("update outbox set not_before = now() where state = 'deferred'")
    await postbox.settle()
    assert len(postbox) == 4
    assert (await client.get(link(postbox[-1]))).status_code == 303


async def test_not_me_deletes_what_was_typed_and_leads_to_the_choice_of_letters(letter, stranger, owner):
    where = letter.link("/not-me")
    assert (await stranger.get(where)).status_code == 200
    assert await putting.state(owner) == ["pending"]
    answer = await stranger.post(where)
    assert answer.headers["location"].startswith("/unsubscribe/")
    assert await putting.state(owner) == []
    assert await owner.fetchval("select count(*) from attempt_origins") == 0
    assert (await stranger.get(where)).status_code == 410


async def test_a_link_is_good_for_fourteen_days_and_then_offers_a_new_letter(letter, client, owner, postbox):
    await owner.execute("update submissions set asked_at = asked_at - interval '15 days'")
    assert (await client.get(link(letter))).status_code == 410
    assert (await client.post(link(letter))).status_code == 410
    assert await putting.state(owner) == ["pending"]
    assert (await client.post(f"{link(letter)}/new-letter")).status_code == 303
    await postbox.settle()
    assert (await client.get(link(postbox[-1]))).status_code == 303


async def test_what_nobody_confirms_goes_after_three_weeks(letter, site, client, owner):
    assert await submissions.purge(site) == "0 plans deleted"
    await owner.execute("update submissions set asked_at = asked_at - interval '22 days'")
    assert await submissions.purge(site) == "1 plans deleted"
    assert await owner.fetchval("select count(*) from attempt_origins") == 0
    assert (await client.get(link(letter))).status_code == 410


async def test_a_token_of_another_purpose_is_refused(letter, site, owner, client):
    row = await owner.fetchrow("select statement_id, id from submissions")
    for purpose in ("submission outcome", "signature", "endorsement", "submission prefill"):
        token = site.tokens.make(purpose, pack(row["statement_id"], row["id"]))
        assert (await client.get(f"/motions/confirm/{token}")).status_code == 400
    token = site.tokens.make("submission", pack(row["statement_id"], row["id"]))
    assert (await client.get(f"/motions/outcome/{token}")).status_code == 400
    assert await putting.state(owner) == ["pending"]


async def test_a_closed_statement_and_a_withdrawn_motion_take_none(site, client, owner, statement, motion):
    page = await client.get(putting.path(statement, motion))
    stamp = makers.stamp_of(page.text)
    await actions.withdraw(site, statement, motion.slug, actor=makers.ACTOR)
    assert (await putting.submit(client, statement, motion, stamp=stamp)).status_code == 404
    await actions.publish(site, statement, motion.slug, actor=makers.ACTOR)
    await makers.close(site, statement)
    assert (await putting.submit(client, statement, motion, stamp=stamp)).status_code == 409
    assert "stamp" not in (await client.get(putting.path(statement, motion))).text
    assert await putting.state(owner) == []


DUE = [
    # days to the meeting, to the cut-off; whether a reminder is due
    (30, 20, False),
    (30, 8, False),
    (30, 7, True),
    (30, 1, True),
    (30, 0, False),
    (30, -3, False),
    (4, None, False),
    (3, None, True),
    (1, None, True),
    (0, None, False),
]


async def test_the_reminder_comes_in_time_and_once(site, client, owner, postbox, statement, motion):
    await putting.announced(client, postbox, statement, motion)
    postbox.clear()
    for meets, cut_off, due in DUE:
        await owner.execute(
            "update submissions set reminded_at = null, meets_on = $1::text::date, cut_off_on = $2::text::date",
            putting.day(meets),
            putting.day(cut_off) if cut_off is not None else None,
        )
        assert await submissions.remind(site) == f"{int(due)} reminders, 0 questions", (meets, cut_off)
        assert await submissions.remind(site) == "0 reminders, 0 questions"
        await postbox.settle()
    assert len(postbox) == sum(due for _, _, due in DUE)
    assert "/motions/outcome/" in postbox[0].text
    assert f"/{statement.slug}/motions/{motion.slug}" in postbox[0].text


async def test_closed_statements_and_later_days_take_no_reminders_place(
    site, client, owner, postbox, statement, motion
):
    plans = [("a@example.org", 6), ("b@example.org", 3), ("c@example.org", 5)]
    over = await makers.statement(site)
    old = await putting.motion(site, over)
    for number in range(3):
        await putting.announced(
            client, postbox, over, old, officer_email=f"x{number}@example.org", cut_off_on=putting.day(1)
        )
    for address, ahead in plans:
        days = {"cut_off_on": putting.day(ahead)}
        await putting.announced(client, postbox, statement, motion, officer_email=address, **days)
    await makers.close(site, over)
    await site.store.submissions.remind(most=2, letter_ids=[new_id(), new_id()], zone="UTC")
    found = await owner.fetch("select officer_email from submissions where reminded_at is not null")
    assert {row["officer_email"] for row in found} == {"b@example.org", "c@example.org"}


COMES = [
    # days to the meeting, to the cut-off; to the reminder
    (30, 20, 13),
    (30, 3, 0),
    (30, 0, None),
    (30, None, 27),
    (2, None, 0),
    (0, None, None),
]


async def test_a_reminder_is_promised_for_its_day_or_not_at_all(
    site, client, owner, postbox, statement, motion
):
    shown = site.templates.environment("en").filters["date"]
    for number, (meets, cut_off, comes) in enumerate(COMES):
        days = {"meets_on": putting.day(meets), "cut_off_on": "" if cut_off is None else putting.day(cut_off)}
        address = f"officer{number}@example.org"
        await putting.announced(client, postbox, statement, motion, officer_email=address, **days)
        page = (await client.get(f"/{statement.slug}/motions/{motion.slug}/submitted")).text
        notice = postbox.to(address)[-1].text
        assert ("We remind you" in page, "We remind you" in notice) == (comes is not None,) * 2, (
            meets,
            cut_off,
        )
        if comes is not None:
            day = shown(date.fromisoformat(putting.day(comes)))
            assert f"We remind you once, on {day}." in makers.visible(page)
            assert f"We remind you on {day}, once." in notice
    closes = "update statements set closes_at = now() + interval '10 days'"
    await owner.execute(closes)
    row = await owner.fetchrow(
        "select statement_id, id from submissions where officer_email = 'officer0@example.org'"
    )
    assert (await submissions.find(site, Key(*row))).reminds_on is None


async def test_a_motion_that_is_withdrawn_meanwhile_keeps_its_officers_on_their_way(
    site, client, stranger, owner, postbox, statement, motion
):
    await putting.submit(client, statement, motion, cut_off_on=putting.day(3))
    await actions.withdraw(site, statement, motion.slug, actor=makers.ACTOR)
    here = f"/{statement.slug}/motions/{motion.slug}"
    assert (await client.get(f"{here}/submit/check-your-email")).status_code == 200
    assert (await client.post(f"{here}/submit/send-again", data={"a": "b"})).status_code == 303
    await postbox.settle()
    assert (await client.post(f"{here}/submit/confirm", data={"code": "000000"})).status_code == 422
    answer = await client.get(link(postbox[-1]))
    page = await client.get(answer.headers["location"])
    assert page.status_code == 200
    await submissions.remind(site)
    await postbox.settle()
    assert len(postbox) == 3
    for text in (page.text, *(letter.text + letter.html for letter in postbox)):
        assert f'{here}"' not in text
        assert f"{here}\r" not in text
    answer = await stranger.get(f"{here}/submitted")
    assert answer.headers["location"] == f"/{statement.slug}/motions"
    await actions.add(site, statement, Draft("draft", "A draft", "Text", ""), actor=makers.ACTOR)
    assert (await client.get(f"/{statement.slug}/motions/draft/submitted")).status_code == 404


async def test_someone_else_on_this_device_begins_anew(letter, client, statement, motion):
    here = putting.path(statement, motion)
    assert f"{here}/someone-else" in (await client.get(f"{here}/check-your-email")).text
    answer = await client.post(f"{here}/someone-else", data={"a": "b"})
    assert (answer.status_code, answer.headers["location"]) == (303, here)
    assert f"{here}/someone-else" not in (await client.get(f"{here}/check-your-email")).text
    assert (await client.post(f"{here}/confirm", data={"code": letter.code})).status_code == 422


async def test_where_letters_leave_slowly_or_late_the_page_says_which(
    site, client, owner, postbox, statement, motion
):
    page = f"{putting.path(statement, motion)}/check-your-email"
    for number in range(4):
        await putting.submit(client, statement, motion, officer_email=f"officer{number}@example.org")
    hurried = replace(site, settings=replace(site.settings, mail_per_hour=1))
    async with browser(hurried) as slow:
        assert "yours may take about" in (await slow.get(page)).text
    await owner.execute("update outbox set due_since = now() - interval '5 hours'")
    text = (await client.get(page)).text
    assert "running late" in text
    assert "yours may take" not in text


async def test_two_workers_in_parallel_remind_and_ask_once(
    site, settings, client, owner, postbox, statement, motion
):
    for number in range(4):
        await putting.announced(
            client, postbox, statement, motion, officer_email=f"officer{number}@example.org", cut_off_on=""
        )
    other = make_site(settings)
    await other.store.open()
    try:
        for left, kind in ((2, "submission reminder"), (-1, "submission question")):
            await owner.execute(
                "update submissions set meets_on = (now() at time zone 'UTC')::date + $1::int", left
            )
            await asyncio.gather(*(submissions.remind(one) for one in (site, other) * 3))
            assert await owner.fetchval("select count(*) from outbox where kind = $1", kind) == 4
    finally:
        await other.store.close()


async def test_days_are_those_of_the_sites_time_zone(
    site, settings, client, owner, postbox, statement, motion
):
    """At any moment it is another day in one of these two zones, 26 hours apart, than in the other."""
    await putting.announced(client, postbox, statement, motion)
    early, late = (
        make_site(replace(settings, timezone=zone)) for zone in ("Pacific/Kiritimati", "Etc/GMT+12")
    )
    await early.store.open()
    await late.store.open()
    try:
        day = await submissions.today(late)
        assert await submissions.today(early) > day
        await owner.execute("update submissions set meets_on = $1, cut_off_on = null", day)
        assert await submissions.remind(late) == "0 reminders, 0 questions"
        assert await submissions.remind(early) == "0 reminders, 1 questions"
    finally:
        await early.store.close()
        await late.store.close()


async def test_who_stopped_letters_since_is_neither_reminded_nor_asked(
    site, client, owner, postbox, statement, motion
):
    await putting.announced(client, postbox, statement, motion, cut_off_on=putting.day(3))
    await makers.suppressed(site, statement, "olu@example.org", "campaign")
    postbox.clear()
    assert await submissions.remind(site) == "1 reminders, 0 questions"
    await postbox.settle()
    assert len(postbox) == 0


async def test_letters_hold_no_typed_text_but_names_and_dates(
    site, client, owner, postbox, statement, motion
):
    secret = {"parent": "Zebra Union", "area": "Zebraville", "officer_role": "zebra keeper"}
    await putting.announced(client, postbox, statement, motion, cut_off_on=putting.day(2), **secret)
    await submissions.remind(site)
    await putting.move(owner, -31)
    await submissions.remind(site)
    await postbox.settle()
    assert len(postbox) == 4
    for letter in postbox:
        assert "zebra" not in (letter.text + letter.html + letter.subject).lower()
        assert ("Exampleton branch" in letter.text) == (letter is not postbox[0])


async def test_nothing_of_it_is_public(site, client, stranger, postbox, statement, motion):
    await putting.announced(
        client, postbox, statement, motion, name="Zebra branch", officer_name="Zebra Example"
    )
    pages = [
        "",
        "/signatories",
        ".json",
        "/count.json",
        "/motions",
        f"/motions/{motion.slug}",
        "/endorsements",
    ]
    for page in [f"/{statement.slug}{one}" for one in pages] + ["/", f"/campaigns/{statement.campaign_slug}"]:
        answer = await stranger.get(page)
        assert answer.status_code == 200, page
        assert "Zebra" not in answer.text


async def test_officers_details_go_in_time_and_the_counts_stay(
    site, client, owner, postbox, statement, motion
):
    outcome = await putting.announced(client, postbox, statement, motion)
    await client.post(outcome, data={"outcome": "fell"})
    await putting.announced(client, postbox, statement, motion, officer_email="two@example.org")
    assert await submissions.erase(site) == "details of 0 officers erased"
    await owner.execute("update submissions set answered_at = answered_at - interval '31 days'")
    assert await submissions.erase(site) == "details of 1 officers erased"
    await putting.move(owner, -121)
    assert await submissions.erase(site) == "details of 1 officers erased"
    for row in await owner.fetch("select * from submissions"):
        personal = (
            "address_key",
            "officer_name",
            "officer_role",
            "officer_email",
            "consent_ids",
            "fingerprint",
        )
        assert [row[name] for name in personal] == [None] * 6
        assert row["name"] == "Exampleton branch"
    assert sorted(await putting.state(owner)) == ["announced", "fell"]
    assert await owner.fetchval("select count(*) from attempt_origins") == 0
    await putting.announced(client, postbox, statement, motion, officer_email="three@example.org")
    await owner.execute("update statements set anonymised_at = now()")
    assert await submissions.erase(site) == "details of 1 officers erased"
