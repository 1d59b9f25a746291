"""The link under an organisers' question: answer, correct, and later what became of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from petitions.endorsements import ANSWER, review
from petitions.proving import links
from petitions.proving.links import Key
from petitions.tokens import pack, unpack
from tests import makers
from tests.conftest import SECRET
from tests.endorsements.claims import ACTOR, OFFICER, accept
from tests.endorsements.olive import OTTO, acts, all_rows, ledger, send, waiting
from tests.endorsements.test_files import Earlier
from tests.endorsements.test_form import PDF


@pytest.fixture
async def asked(site: Any, owner: Any, postbox: Any) -> tuple[Any, str]:
    """A claim that was asked about, and the path of its letter's link."""
    statement = await makers.statement(site)
    row = await waiting(site, owner, statement, note="An old note.")
    await review.ask(site, row, "Which region is it in?", actor=ACTOR)
    (letter,) = await postbox.settle()
    assert letter.to == OFFICER
    return row, urlsplit(letter.link("/endorsements/answer/")).path


async def answered(client: Any, path: str, **changes: Any) -> Any:
    page = await client.get(path)
    assert page.status_code == 200
    return await send(client, page.text, path, changes)


async def test_the_question_stands_above_the_form_and_opening_it_changes_nothing(client, owner, asked):
    before = await makers.snapshot(owner, "endorsements", "endorsement_events")
    page = await client.get(asked[1])
    assert "Which region is it in?" in page.text
    assert "Your answer" in page.text
    assert "An old note." not in page.text
    assert 'value="Olive Example"' in page.text
    assert 'name="officer_email"' not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert await makers.snapshot(owner, "endorsements", "endorsement_events") == before


async def test_an_answer_goes_to_the_organisers_with_what_was_corrected(
    client, stranger, owner, asked, postbox
):
    row, path = asked
    answer = await answered(stranger, path, note="In the North.", region="North", consent_mail="yes")
    assert answer.status_code == 303
    assert "Thank you for your answer" in (await stranger.get(answer.headers["location"])).text
    (now,) = await all_rows(owner)
    assert (now["state"], now["note"], now["region"]) == ("confirmed", "In the North.", "North")
    assert await acts(owner, row) == ["questioned", "answered"]
    assert await ledger(owner, row) == [("officer mail", "given", "my signature")]
    assert (await answered(client, path, area="Newton")).status_code == 303
    (now,) = await all_rows(owner)
    assert (now["area"], now["note"]) == ("Newton", "In the North.")
    assert await acts(owner, row) == ["questioned", "answered", "changed"]


async def test_a_correction_alone_is_an_answer_and_the_note_stays_but_nothing_at_all_is_none(
    client, owner, asked
):
    row, path = asked
    empty = await answered(client, path)
    assert empty.status_code == 422
    assert "Write an answer" in empty.text
    assert await acts(owner, row) == ["questioned"]
    assert (await answered(client, path, region="North")).status_code == 303
    (now,) = await all_rows(owner)
    assert (now["state"], now["region"], now["note"]) == ("confirmed", "North", "An old note.")


async def test_files_answer_a_question_too_and_survive_an_error(client, owner, asked):
    _, path = asked
    wrong = await answered(
        client, path, note="Here they are.", members="x", files={"minutes": ("minutes.pdf", PDF)}
    )
    assert wrong.status_code == 422
    assert "Here they are." in wrong.text
    assert "minutes.pdf" in wrong.text
    assert (await send(client, wrong.text, path, {"members": ""})).status_code == 303
    (now,) = await all_rows(owner)
    assert (now["minutes"] is not None, now["note"]) == (True, "Here they are.")


async def test_the_page_under_a_question_has_no_address_phone_or_second_officer(site, client, owner, postbox):
    """A letter is easily handed on; what the page does not show, it does not change either."""
    statement = await makers.statement(site)
    row = await waiting(site, owner, statement, officer_phone="020 7946 0000", second_email=OTTO)
    await review.ask(site, row, "Which region?", actor=ACTOR)
    (letter,) = await postbox.settle()
    path = urlsplit(letter.link("/endorsements/answer/")).path
    page = await client.get(path)
    for hidden in (OFFICER, "020 7946 0000", OTTO, "Otto Example", "second_name", "officer_phone"):
        assert hidden not in page.text, hidden
    typed = {"note": "North.", "second_email": "nora@example.org", "second_name": "N", "officer_phone": ""}
    assert (await answered(client, path, **typed)).status_code == 303
    (now,) = await all_rows(owner)
    assert (now["note"], now["second_email"], now["second_name"]) == ("North.", OTTO, "Otto Example")
    assert (now["officer_phone"], now["officer_email"]) == ("020 7946 0000", OFFICER)
    assert await postbox.settle() == []


async def test_the_link_is_for_its_own_question_and_not_for_a_later_one(site, client, owner, asked, postbox):
    row, path = asked
    await review.ask(site, row, "And which area?", actor=ACTOR)
    old = await client.get(path)
    assert old.status_code == 410
    assert "And which area?" not in old.text
    assert (await client.post(path, data={"note": "x"})).status_code == 410
    new = urlsplit((await postbox.settle())[-1].link("/endorsements/answer/")).path
    assert "And which area?" in (await client.get(new)).text
    await review.decline(site, row, "Not yours.", actor=ACTOR)
    assert "Not yours." in (await client.get(path)).text


async def test_afterwards_the_link_says_what_became_of_it(site, client, owner, asked):
    row, path = asked
    page = await client.get(path)
    await accept(site, row)
    assert "The endorsement is accepted" in (await client.get(path)).text
    late = await send(client, page.text, path, {"note": "Too late."})
    assert late.status_code == 409
    assert "The endorsement is accepted" in late.text
    told = {
        "declined": "was declined",
        "withdrawn": "is withdrawn",
        "expired": "has ended",
        "replaced": "newer",
    }
    for state, sentence in told.items():
        await owner.execute(
            "update endorsements set state = $1, ended_at = now(), reason = 'Not yours.'", state
        )
        text = makers.visible((await client.get(path)).text)
        assert sentence in text
        assert ("Not yours." in text) == (state == "declined")
    assert (await all_rows(owner))[0]["note"] == "An old note."


async def test_the_link_is_good_for_thirty_days_and_for_this_alone(site, client, owner, asked):
    row, path = asked
    token = path.rpartition("/")[2]
    other = links.make(site, "endorsement", Key(row.statement_id, row.id))
    assert (await client.get(f"/endorsements/answer/{other}")).status_code == 400
    assert (await client.get(f"/endorsements/confirm/{token}")).status_code == 400
    short = links.make(site, ANSWER, Key(row.statement_id, row.id))
    assert (await client.get(f"/endorsements/answer/{short}")).status_code == 400
    ids = unpack(site.tokens.read(ANSWER, token, max_age=60))
    gone = site.tokens.make(ANSWER, pack(row.statement_id, makers.nobody(), ids[2]))
    assert (await client.get(f"/endorsements/answer/{gone}")).status_code == 410
    signer = Earlier([SECRET], salt=f"petitions.{ANSWER}")
    for days, status in ((29, 200), (31, 410)):
        signer.seconds = days * 86400
        made = signer.sign(pack(*ids)).decode()
        assert (await client.get(f"/endorsements/answer/{made}")).status_code == status


async def test_once_the_details_are_erased_the_link_is_dead(client, owner, asked):
    await owner.execute(
        "update endorsements set address_key = null, officer_name = null, officer_role = null,"
        " officer_email = null, erased_at = now()"
    )
    assert (await client.get(asked[1])).status_code == 410
    assert (await client.post(asked[1], data={"note": "x"})).status_code == 410
