"""What organisers say stays with the right row; what is closed, over or corrected meanwhile is not accepted; letters
and versions follow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from petitions import addresses
from petitions.endorsements import expiring, leaving, review
from petitions.errors import Refused
from petitions.proving.links import Key
from tests import makers
from tests.endorsements.claims import ACTOR, OFFICER, accept, correction, counted, events, public, waiting

TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=20)


@pytest.fixture
async def statement(site):
    return await makers.statement(site)


async def ends_today(owner):
    await owner.execute("update endorsements set expires_on = current_date where state = 'accepted'")


async def another(site, owner, statement, name="Exampleton Branch", **columns):
    """A claim of another officer."""
    key = addresses.address_key(site.settings.address_key, "sam@example.net")
    officer = {"officer_name": "Sam Secretary", "officer_email": "sam@example.net", "address_key": key}
    return await waiting(site, owner, statement, name, **{**officer, **columns})


async def test_after_closing_nothing_expires_and_nobody_is_told(site, owner, statement, counting, postbox):
    """The count then stands (docs/states.md)."""
    await accept(site, await waiting(site, owner, statement), expires_on=SOON, tell=False)
    await makers.close(site, statement)
    assert await expiring.expire(site) == "0 endorsements expired, 0 officers told"
    assert await postbox.settle() == []
    await ends_today(owner)
    assert await expiring.expire(site) == "0 endorsements expired, 0 officers told"
    assert await counted(site, owner, statement, counting) == 1


async def test_after_closing_only_what_was_confirmed_before_is_accepted(site, owner, statement, counting):
    standing = await accept(site, await waiting(site, owner, statement, "Eastfield Society"))
    before = await waiting(site, owner, statement)
    late = await waiting(
        site, owner, statement, "Hull Teachers", confirmed_at=datetime.now(UTC) + timedelta(days=2)
    )
    change = await correction(
        site, owner, statement, standing, area="East", confirmed_at=datetime.now(UTC) + timedelta(days=2)
    )
    await makers.close(site, statement)
    await accept(site, before)
    with pytest.raises(Refused, match="is closed, and its count stands"):
        await accept(site, late)
    await accept(site, change)
    assert await public(owner) == ["Exampleton Branch", "Eastfield Society"]
    assert await counted(site, owner, statement, counting) == 2


async def test_what_is_archived_takes_only_corrections_and_what_is_anonymised_nothing(site, owner, statement):
    old = await accept(site, await waiting(site, owner, statement))
    row = await waiting(site, owner, statement, "Westfield Society")
    change = await correction(site, owner, statement, old, area="Exampleton")
    await makers.close(site, statement)
    await owner.execute("update statements set state = 'archived' where id = $1", statement.id)
    with pytest.raises(Refused, match="until it is archived"):
        await accept(site, row)
    change = await accept(site, change)
    again = await correction(site, owner, statement, change, area="Exampelton")
    await owner.execute("update statements set anonymised_at = now() where id = $1", statement.id)
    for one in (row, again):
        with pytest.raises(Refused, match="nothing is accepted any more"):
            await accept(site, one)


async def test_what_its_officer_corrected_after_it_was_read_is_not_accepted(site, owner, statement):
    row = await waiting(site, owner, statement)
    await owner.execute("update endorsements set name = 'Another Body', changed_at = now()")
    with pytest.raises(Refused, match="has corrected “Another Body” since you read it"):
        await accept(site, row)
    assert await owner.fetchval("select count(*) from organisations") == 0
    await accept(site, await review.find_for_organisers(site, str(row.id)))
    assert await public(owner) == ["Another Body"]


async def test_what_was_said_of_the_successor_comes_first(site, owner, statement):
    old = await accept(site, await waiting(site, owner, statement))
    row = await correction(site, owner, statement, old, area="Exampleton")
    await review.change(site, row, actor=ACTOR, featured=True, minutes_seen=True, expires_on=date(2099, 1, 1))
    new = await accept(site, row)
    assert (new.featured, new.minutes_seen, new.expires_on) == (True, True, date(2099, 1, 1))


async def test_a_wording_that_organisers_gave_meanwhile_stays(site, owner, statement):
    old = await accept(site, await waiting(site, owner, statement, wording="Ours"))
    row = await correction(site, owner, statement, old, area="Exampleton", wording="Ours")
    await review.change(site, old, actor=ACTOR, wording="Exampleton, by 40 to 2")
    assert (await accept(site, row)).wording == "Exampleton, by 40 to 2"


async def test_a_wording_that_the_officer_took_away_is_gone(site, owner, statement):
    old = await accept(site, await waiting(site, owner, statement, wording="Ours"))
    assert (await accept(site, await correction(site, owner, statement, old))).wording == ""


async def test_what_has_expired_gives_its_proof_and_its_day_which_is_over(site, owner, statement, counting):
    old = await accept(site, await waiting(site, owner, statement), minutes_seen=True, expires_on=SOON)
    row = await correction(site, owner, statement, old, area="Exampleton")
    await ends_today(owner)
    await expiring.expire(site)
    with pytest.raises(Refused, match="It would be over already"):
        await accept(site, row)
    new = await accept(site, row, expires_on=None)
    assert (new.minutes_seen, new.expires_on) == (True, None)
    assert await counted(site, owner, statement, counting) == 1


@pytest.mark.parametrize("day", [TODAY, date(2020, 1, 1)])
async def test_a_day_that_was_said_before_is_judged_when_it_is_accepted(site, owner, statement, day):
    row = await waiting(site, owner, statement)
    await review.change(site, row, actor=ACTOR, expires_on=day)
    with pytest.raises(Refused, match=f"{day} is not to come"):
        await accept(site, row)
    assert await public(owner) == []


async def test_who_was_told_of_a_last_day_is_not_told_again_by_a_correction(site, owner, statement, postbox):
    old = await accept(site, await waiting(site, owner, statement), expires_on=SOON)
    await expiring.expire(site)
    await accept(site, await correction(site, owner, statement, old, area="Exampleton"))
    assert (await expiring.expire(site)).endswith(" 0 officers told")


@pytest.mark.parametrize(("days", "told"), [(20, False), (30, False), (60, True)])
async def test_a_letter_promises_another_one_only_if_that_is_to_come(
    site, owner, statement, postbox, days, told
):
    await accept(site, await waiting(site, owner, statement), expires_on=TODAY + timedelta(days=days))
    (letter,) = await postbox.settle()
    assert "It stands until" in letter.text
    assert ("We write to you a month before" in letter.text) is told


async def test_another_officers_claim_has_no_proof_of_the_old_one_unless_it_names_the_day(
    site, owner, statement
):
    first = await accept(site, await waiting(site, owner, statement), minutes_seen=True)
    second = await accept(site, await another(site, owner, statement), renew=True)
    assert (first.minutes_seen, second.minutes_seen) == (True, False)
    third = await waiting(site, owner, statement, met_on=date(2026, 2, 15))
    third = await accept(site, third, renew=True, minutes_seen=True)
    fourth = await accept(site, await another(site, owner, statement, met_on=date(2026, 2, 15)), renew=True)
    assert (fourth.minutes_seen, fourth.replaces_id) == (True, third.id)


async def test_the_officer_whose_endorsement_gives_way_to_anothers_hears_of_it(
    site, owner, statement, postbox
):
    old = await accept(site, await waiting(site, owner, statement))
    await postbox.settle()
    postbox.clear()
    await accept(site, await correction(site, owner, statement, old, area="Exampleton"))
    assert [letter.to for letter in await postbox.settle()] == [OFFICER], "their own correction"
    postbox.clear()
    await accept(site, await another(site, owner, statement), renew=True)
    letters = {letter.to: letter for letter in await postbox.settle()}
    assert set(letters) == {OFFICER, "sam@example.net"}
    assert letters[OFFICER].subject.startswith("Another endorsement takes the place of yours")
    assert "contact@example.org" in letters[OFFICER].text
    assert "Sam" not in letters[OFFICER].text, "nothing of the other officer"


async def test_a_renewal_of_another_text_moves_the_count_to_its_version(site, owner, statement, counting):
    await accept(site, await waiting(site, owner, statement))
    await makers.new_version(site, statement)
    row = await accept(site, await waiting(site, owner, statement, version=2), renew=True)
    assert await counted(site, owner, statement, counting) == 1
    versions = "select version, sum(value) from counts where what = 'organisations' group by 1 having sum(value) <> 0"
    assert [tuple(one) for one in await owner.fetch(versions)] == [(2, 1)]
    await leaving.withdraw(site, row.address_key, Key(row.statement_id, row.id))
    assert await counted(site, owner, statement, counting) == 0
    assert await owner.fetch(versions) == []


async def test_what_really_gave_way_is_named(site, owner, statement):
    """A correction of one that meanwhile gave way to another."""
    first = await accept(site, await waiting(site, owner, statement))
    row = await correction(site, owner, statement, first, area="Exampleton")
    second = await accept(site, await another(site, owner, statement), renew=True)
    assert (await accept(site, row, renew=True)).replaces_id == second.id


async def test_nobody_is_asked_whose_address_is_gone(site, owner, statement, postbox):
    row = await waiting(site, owner, statement)
    await leaving.erase(site, row.address_key, Key(row.statement_id, row.id))
    await postbox.settle()
    with pytest.raises(Refused, match="We have no address of an officer of “Exampleton Branch”"):
        await review.ask(site, row, "When?", actor=ACTOR)
    assert await events(owner) == ["erased"]


async def test_a_declined_letter_says_what_is_so_of_the_old_one(site, owner, statement, postbox):
    old = await accept(site, await waiting(site, owner, statement))
    row = await correction(site, owner, statement, old, area="Exampleton")
    await postbox.settle()
    postbox.clear()
    await review.decline(site, row, "No.", actor=ACTOR)
    (letter,) = await postbox.settle()
    assert "What stood before stays as it was" in letter.text
    row = await correction(site, owner, statement, old, met_on=TODAY)
    await ends_today(owner)
    await expiring.expire(site)
    postbox.clear()
    await review.decline(site, row, "No.", actor=ACTOR)
    (letter,) = await postbox.settle()
    assert "It is not public and does not count" in letter.text
    assert "stays as it was" not in letter.text
