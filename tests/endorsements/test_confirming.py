"""An officer confirms by link, button or code (signing.md §4); everything that must not; and what nobody confirms."""

from __future__ import annotations

import asyncio
import re

import pytest

from petitions.endorsements import asked
from petitions.endorsements.shown import PUBLIC
from petitions.ids import new_id
from tests import makers
from tests.conftest import browser, path_of

OFFICER = "olive@example.org"


@pytest.fixture
async def claimed(site, client, postbox):
    """(statement, letter) of a claim made in this client's browser."""
    statement = await makers.statement(site)
    await makers.endorse(client, statement)
    await postbox.settle()
    return statement, postbox[-1]


def path(letter) -> str:
    return letter.link("/endorsements/confirm/")


async def state(owner) -> list[str]:
    return [
        row["state"] for row in await owner.fetch("select state from endorsements order by created_at, id")
    ]


async def test_one_click_in_the_same_browser_confirms(claimed, client, owner):
    statement, letter = claimed
    response = await client.get(path(letter))
    assert response.status_code == 303
    assert response.headers["location"] == f"/{statement.slug}/endorse/thanks"
    assert await state(owner) == ["confirmed"]
    assert await owner.fetchval("select confirmed_by from endorsements") == "link"


async def test_a_strangers_click_only_asks_and_the_button_confirms(claimed, stranger, owner):
    _, letter = claimed
    page = await stranger.get(path(letter))
    assert page.status_code == 200
    assert "Exampleton Branch" in page.text
    assert await state(owner) == ["pending"]
    response = await stranger.post(path(letter), data={})
    assert response.status_code == 303
    assert await owner.fetchval("select confirmed_by from endorsements") == "button"
    thanks = await stranger.get(response.headers["location"])
    assert "Exampleton Branch" in makers.visible(thanks.text)


async def test_the_button_page_shows_every_answer_and_marks_what_will_be_public(
    site, client, stranger, postbox
):
    statement = await makers.statement(site)
    answers = {
        **{"parent": "Example Union", "region": "Example Region", "code": "EX/12", "area": "Exampleton"},
        **{
            "web_address": "https://branch.example",
            "met_on": "2026-02-15",
            "met_how": "online",
            "members": "1200",
        },
        **{
            "members_on": "2026-01-01",
            "members_source": "the branch's own book",
            "present": "40",
            "quorum": "yes",
        },
        **{
            "votes_for": "38",
            "votes_against": "1",
            "abstained": "1",
            "motion": "This branch endorses.\n\nIt is <so>.",
        },
        **{"officer_phone": "020 7946 0000", "wording": "The Exampleton branch", "note": "Please ring."},
        **{"second_name": "Sam Second", "second_role": "Chair", "second_email": "sam@example.org"},
        **{"wants_speaker": "yes", "wants_coach": "yes", "consent_mail": "yes"},
    }
    await makers.endorse(client, statement, **answers)
    await postbox.settle()
    page = await stranger.get(path(postbox.to(OFFICER)[-1]))
    lines = [makers.visible(line) for line in re.findall(r"(?s)<dd>.*?</dd>", page.text)]
    private = [line for line in lines if not line.endswith(" public")]
    public = [line.removesuffix(" public") for line in lines if line.endswith(" public")]
    assert public == [
        *("Exampleton Branch", "Union branch", "Example Union", "Example Region", "EX/12", "Exampleton"),
        *("https://branch.example", "branch meeting", "15 February 2026", "1,200", "1 January 2026"),
        *("the branch's own book", "The Exampleton branch"),
    ]
    assert private == [
        *(
            "online",
            "Olive Example",
            "Secretary",
            OFFICER,
            "020 7946 0000",
            "40",
            "Yes",
            "38",
            "1",
            "1",
        ),
        *(
            "This branch endorses. It is <so>.",
            "Sam Second",
            "Chair",
            "sam@example.org",
            "a speaker, places on a coach",
        ),
        "Please ring.",
    ]
    assert "E-mail me about this campaign" in page.text
    assert "This branch endorses.<br><br>It is &lt;so&gt;." in page.text
    assert "The second officer is asked whether it is true, and sees what your organisation is" in page.text


async def test_what_is_marked_public_is_what_the_public_view_has(owner):
    columns = await owner.fetch(
        "select column_name from information_schema.columns where table_name = 'public_endorsements'"
    )
    asked_for = {one.name for one in asked.ALL} - {"logo"}  # which is marked by its consent
    public = {one["column_name"] for one in columns} & asked_for
    assert public | {"region"} == PUBLIC  # a region is a body of its own, above it


async def test_the_code_confirms_in_the_browser_that_asked(claimed, client, owner):
    statement, letter = claimed
    assert re.fullmatch(r"\d{6}", letter.code)
    assert letter.code not in letter.subject
    typed = f"{letter.code[:3]} {letter.code[3:]}"
    response = await client.post(f"/{statement.slug}/endorse/confirm", data={"code": typed})
    assert response.status_code == 303
    assert await owner.fetchval("select confirmed_by from endorsements") == "code"
    assert await owner.fetchval("select coalesce(sum(tries), 0) from code_tries") == 0
    again = await client.post(f"/{statement.slug}/endorse/confirm", data={"code": typed})
    assert again.status_code == 422


async def test_a_code_needs_the_cookie_its_thirty_minutes_and_one_of_the_days_ten_wrong_tries(
    claimed, client, stranger, owner
):
    statement, letter = claimed

    async def refused(one) -> bool:
        answer = await one.post(f"/{statement.slug}/endorse/confirm", data={"code": letter.code})
        return answer.status_code == 422

    assert await refused(stranger)
    await owner.execute("update endorsements set letter_at = letter_at - interval '31 minutes'")
    assert await refused(client)
    await owner.execute("update endorsements set letter_at = now()")
    await owner.execute(
        "insert into code_tries (address_key, tries) select address_key, 10 from endorsements"
    )
    assert await refused(client)
    assert await state(owner) == ["pending"]


async def test_five_wrong_codes_and_the_right_one_is_refused(claimed, client, owner):
    statement, letter = claimed
    wrong = "000000" if letter.code != "000000" else "111111"
    for code in [*[wrong] * 5, letter.code]:
        answer = await client.post(f"/{statement.slug}/endorse/confirm", data={"code": code})
        assert answer.status_code == 422
    assert await state(owner) == ["pending"]


async def test_prefetching_with_the_cookie_changes_nothing(claimed, client, owner):
    _, letter = claimed
    for headers in (
        {"Sec-Purpose": "prefetch;prerender"},
        {"X-Moz": "prefetch"},
        {"Sec-Fetch-Dest": "image"},
    ):
        assert (await client.get(path(letter), headers=headers)).status_code == 200
    assert (await client.head(path(letter))).status_code == 200
    assert await state(owner) == ["pending"]


async def test_a_scanner_that_opens_every_link_changes_nothing(claimed, stranger, owner):
    _, letter = claimed
    tables = ("endorsements", "outbox", "suppressions", "consents", "endorsement_events")
    before = await makers.snapshot(owner, *tables)
    for link in letter.links:
        assert (await stranger.get(path_of(link))).status_code == 200
    assert await makers.snapshot(owner, *tables) == before


async def test_two_browsers_confirm_at_once_and_it_happens_once(claimed, site, stranger, owner):
    _, letter = claimed
    async with browser(site, peer="127.0.0.3") as other, browser(site, peer="127.0.0.4") as third:
        visits = (one.post(path(letter), data={}) for one in (stranger, other, third))
        answers = await asyncio.gather(*visits)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 303]
    assert await state(owner) == ["confirmed"]
    assert await owner.fetch("select act from endorsement_events") == [("confirmed",)]
    assert await owner.fetchval("select count(*) from outbox where kind = 'endorsement received'") == 1
    assert await owner.fetchval("select count(*) from consents") == 1


async def test_a_strangers_later_visit_says_only_that_it_is_confirmed(claimed, client, stranger, owner):
    _, letter = claimed
    await client.get(path(letter))
    before = await makers.snapshot(owner, "endorsements", "outbox", "endorsement_events")
    for answer in (await stranger.get(path(letter)), await stranger.post(path(letter), data={})):
        assert answer.status_code == 200
        assert "This endorsement was confirmed" in answer.text
        assert "Exampleton Branch" not in answer.text
        assert "Olive" not in answer.text
    assert await makers.snapshot(owner, "endorsements", "outbox", "endorsement_events") == before


async def test_confirming_writes_the_consents_that_were_given_and_the_event(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.endorse(client, statement, consent_mail="yes")
    assert await owner.fetchval("select count(*) from consents") == 0
    await postbox.settle()
    await client.get(path(postbox[-1]))
    rows = await owner.fetch(
        "select t.purpose, c.act, c.via, c.subject_id = e.id and length(c.subject_key) = 16 as mine"
        " from consents c join consent_texts t on t.id = c.text_id, endorsements e order by 1"
    )
    assert rows == [("endorse", "given", "form", True), ("officer mail", "given", "form", True)]
    assert await owner.fetch("select act, actor from endorsement_events") == [("confirmed", "")]
    assert await owner.fetchval("select fingerprint is null and consent_ids is null from endorsements")
    assert await owner.fetchval("select count(*) from tally_queue") == 0


async def test_one_officer_confirms_for_several_bodies(site, client, owner, postbox):
    statement = await makers.statement(site)
    for name in ("Exampleton Branch", "Exampleton Trades Council"):
        await makers.endorse(client, statement, name=name)
    await postbox.settle()
    for letter in postbox.to(OFFICER):
        assert (await client.get(path(letter))).status_code == 303
    assert await state(owner) == ["confirmed", "confirmed"]


async def test_a_link_is_good_for_fourteen_days_and_then_offers_a_new_letter(claimed, client, owner, postbox):
    _, letter = claimed
    await owner.execute("update endorsements set asked_at = asked_at - interval '15 days'")
    assert (await client.get(path(letter))).status_code == 410
    assert (await client.post(path(letter), data={})).status_code == 410
    assert await state(owner) == ["pending"]
    for _ in range(2):  # twice in a minute is once
        assert (await client.post(f"{path(letter)}/new-letter", data={})).status_code == 303
    assert len(await postbox.settle()) == 1
    assert (await client.get(path(postbox[-1]))).status_code == 303
    assert await state(owner) == ["confirmed"]


async def test_send_again_sends_one_letter_a_minute_with_a_code_of_its_own_and_none_for_a_stranger(
    claimed, client, stranger, owner, postbox
):
    statement, letter = claimed
    again = f"/{statement.slug}/endorse/send-again"
    assert (await client.post(again, data={})).status_code == 303
    assert await postbox.settle() == []
    await owner.execute("update endorsements set asked_at = asked_at - interval '2 minutes'")
    assert (await stranger.post(again, data={})).status_code == 303
    assert await postbox.settle() == []
    await client.post(again, data={})
    (newer,) = await postbox.settle()
    wanted = f"/{statement.slug}/endorse/confirm"
    if letter.code != newer.code:
        assert (await client.post(wanted, data={"code": letter.code})).status_code == 422
    assert (await client.post(wanted, data={"code": newer.code})).status_code == 303


async def test_confirming_works_until_a_day_after_closing(claimed, client, site, owner):
    statement, letter = claimed
    await makers.close(site, statement)
    await owner.execute("update statements set closed_at = closed_at - interval '25 hours'")
    assert (await client.get(path(letter))).status_code == 410
    assert (await client.post(path(letter), data={})).status_code == 410
    await owner.execute("update statements set closed_at = closed_at + interval '2 hours'")
    assert (await client.get(path(letter))).status_code == 303
    assert await state(owner) == ["confirmed"]


async def test_not_me_deletes_the_claim_with_its_letters_and_leads_to_the_suppression_page(
    claimed, stranger, owner
):
    _, letter = claimed
    await owner.execute("update endorsements set asked_at = asked_at - interval '2 minutes'")
    await stranger.post(f"{path(letter)}/new-letter", data={})
    page = await stranger.get(letter.link("/not-me"))
    assert page.status_code == 200
    assert await state(owner) == ["pending"]
    response = await stranger.post(letter.link("/not-me"), data={})
    assert response.status_code == 303
    assert (await stranger.get(response.headers["location"])).status_code == 200
    assert response.headers["location"].startswith("/unsubscribe/")
    assert await state(owner) == []
    assert await owner.fetchval("select count(*) from attempt_origins") == 0
    assert await owner.fetchval("select count(*) from outbox where state = 'waiting'") == 0
    assert (await stranger.get(path(letter))).status_code == 410


async def test_not_me_deletes_every_claim_that_waits_for_the_address_but_nobody_elses(
    claimed, client, stranger, owner, postbox
):
    statement, letter = claimed
    await client.get(path(letter))
    for name in ("A", "B", "C"):
        await makers.endorse(client, statement, name=f"Example Branch {name}")
    await makers.endorse(client, statement, officer_email="other@example.org")
    await postbox.settle()
    asking = [one for one in postbox.to(OFFICER) if one.code]
    page = await stranger.get(asking[-1].link("/not-me"))
    assert "every endorsement of this statement that waits for you" in makers.visible(page.text)
    await stranger.post(asking[-1].link("/not-me"), data={})
    left = await owner.fetch("select state, officer_email from endorsements order by state")
    assert left == [("confirmed", OFFICER), ("pending", "other@example.org")]
    assert await owner.fetchval("select count(*) from attempt_origins") == 2


async def test_a_claim_is_not_kept_for_ever_by_asking_for_letters(claimed, client, owner):
    statement, letter = claimed
    for days, letters in ((44, 2), (46, 2)):
        await owner.execute(
            "update endorsements set created_at = now() - $1 * interval '1 day', asked_at = now() - interval '1 hour'",
            days,
        )
        await client.post(f"/{statement.slug}/endorse/send-again", data={})
        assert await owner.fetchval("select count(*) from outbox") == letters, days
    await owner.execute("update endorsements set asked_at = now() - interval '15 days'")
    assert "is being deleted" in makers.visible((await client.get(path(letter))).text)


async def test_not_me_after_confirming_deletes_nothing(claimed, client, stranger, owner):
    _, letter = claimed
    await client.get(path(letter))
    answer = await stranger.post(letter.link("/not-me"), data={})
    page = await stranger.get(answer.headers["location"])
    assert "nothing to delete" in page.text
    assert await state(owner) == ["confirmed"]


async def test_someone_else_on_this_device_clears_the_cookies(claimed, client, owner):
    statement, letter = claimed
    response = await client.post(f"/{statement.slug}/endorse/someone-else", data={})
    assert response.headers["location"] == f"/{statement.slug}/endorse"
    assert (await client.get(path(letter))).status_code == 200
    assert await state(owner) == ["pending"]


async def test_a_tampered_link_is_refused(claimed, client, owner):
    _, letter = claimed
    token = path(letter).rsplit("/", 1)[-1]
    for other in (token[:-1], f"x{token}", token.swapcase(), "a" * 600):
        for room in ("confirm", "second"):
            assert (await client.get(f"/endorsements/{room}/{other}")).status_code == 400
    assert await state(owner) == ["pending"]


async def test_a_token_of_another_purpose_or_row_is_refused(site, claimed, client, owner):
    from petitions.tokens import pack

    row = await owner.fetchrow("select statement_id, id from endorsements")
    for purpose in ("my", "signature", "unsubscribe", "second officer", "endorsements"):
        token = site.tokens.make(purpose, pack(row["statement_id"], row["id"]))
        assert (await client.post(f"/endorsements/confirm/{token}", data={})).status_code == 400
    nobody = site.tokens.make("endorsement", pack(row["statement_id"], new_id()))
    for act in ("", "/new-letter", "/not-me"):
        assert (await client.post(f"/endorsements/confirm/{nobody}{act}", data={})).status_code == 410
    assert await state(owner) == ["pending"]


async def test_pages_with_tokens_are_never_stored_nor_sent_as_referrer(claimed, stranger):
    _, letter = claimed
    for part in (path(letter), letter.link("/not-me")):
        page = await stranger.get(part)
        assert "no-store" in page.headers["cache-control"]
        assert page.headers["referrer-policy"] == "same-origin"
        assert "noindex" in page.text


async def test_thanks_needs_its_cookie_and_says_what_happens_now(claimed, client, stranger):
    statement, letter = claimed
    await client.get(path(letter))
    thanks = await client.get(f"/{statement.slug}/endorse/thanks")
    said = makers.visible(thanks.text)
    assert "organisers check it" in said
    assert "second officer" not in said
    assert (await stranger.get(f"/{statement.slug}/endorse/thanks")).status_code == 303


async def test_a_newer_text_is_pointed_out_and_the_endorsed_one_is_confirmed(claimed, site, stranger, owner):
    statement, letter = claimed
    await makers.new_version(site, statement)
    page = await stranger.get(path(letter))
    assert "newer version" in page.text
    assert "undersigned" in page.text
    await stranger.post(path(letter), data={})
    assert await owner.fetchval("select version from endorsements where state = 'confirmed'") == 1


async def test_what_nobody_confirms_is_purged_with_its_origin(claimed, client, site, owner):
    from petitions.endorsements import proof

    _, letter = claimed
    await owner.execute("update endorsements set asked_at = asked_at - interval '20 days'")
    assert await proof.purge(site) == "0 claims deleted"
    await owner.execute("update endorsements set asked_at = asked_at - interval '2 days'")
    assert await proof.purge(site) == "1 claims deleted"
    assert await owner.fetchval("select count(*) from attempt_origins") == 0
    assert (await client.get(path(letter))).status_code == 410


async def test_after_closing_it_is_purged_within_eight_days_but_never_what_is_confirmed(
    claimed, client, site, owner
):
    from petitions.endorsements import proof

    statement, letter = claimed
    await makers.endorse(client, statement, name="Exampleton Trades Council")
    assert (await client.get(path(letter))).status_code == 303
    await owner.execute(
        "update endorsements set asked_at = now() - interval '400 days' where state = 'confirmed'"
    )
    await makers.close(site, statement)
    await owner.execute("update statements set closed_at = closed_at - interval '7 days'")
    assert await proof.purge(site) == "0 claims deleted"
    await owner.execute("update statements set closed_at = closed_at - interval '25 hours'")
    assert await proof.purge(site) == "1 claims deleted"
    assert await state(owner) == ["confirmed"]


async def test_an_import_that_was_never_mailed_is_kept_for_ninety_days(claimed, site, owner):
    from petitions.endorsements import proof

    move = "update endorsements set via = 'import', letters = 0, asked_at = asked_at - interval"
    await owner.execute(f"{move} '89 days'")
    assert await proof.purge(site) == "0 claims deleted"
    await owner.execute(f"{move} '2 days'")
    assert await proof.purge(site) == "1 claims deleted"
