"""What organisers do with what officers confirmed: each step once, told by letter, in the audit, with the count."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from petitions.endorsements import expiring, review
from petitions.errors import Refused
from petitions.organisations import actions as organisations
from tests import makers
from tests.conftest import path_of
from tests.endorsements import rows
from tests.endorsements.claims import ACTOR, OFFICER, accept, correction, counted, events, public, waiting

TODAY = datetime.now(UTC).date()


@pytest.fixture
async def statement(site):
    return await makers.statement(site)


async def state(owner, row) -> str:
    return await owner.fetchval("select state from endorsements where id = $1", row.id)


async def audit(owner) -> list[str]:
    return [
        row["act"] for row in await owner.fetch("select act from audit where act like 'endors%' order by id")
    ]


async def test_from_the_form_to_the_public_list(site, client, postbox, owner, counting):
    """The whole way, with an organiser's commands as actions."""
    statement = await makers.statement(site)
    await makers.endorse(client, statement, parent="Example Union", region="North", decided="annual meeting")
    await postbox.settle()
    await client.get(postbox.to(OFFICER)[-1].link("/endorsements/confirm/"))
    row = await review.find_for_organisers(
        site, str(await owner.fetchval("select id from endorsements"))[-8:]
    )
    await accept(site, row)
    postbox.clear()
    (letter,) = [one for one in await postbox.settle() if one.subject.startswith("The endorsement is public")]
    assert letter.to == OFFICER
    assert "Confirmed by an officer" in letter.text
    listed = await client.get(path_of(letter.link(f"/{statement.slug}/endorsements")))
    assert "Exampleton Branch" in listed.text
    assert await counted(site, owner, statement, counting) == 1
    tree = await site.store.organisations.list_tree(campaign_id=statement.campaign_id)
    assert [(one.depth, one.name, one.standing) for one in tree] == [
        (0, "Example Union", 0),
        (1, "North", 0),
        (2, "Exampleton Branch", 1),
    ]


async def test_accepted_is_public_counted_told_and_in_the_audit(site, owner, statement, counting, postbox):
    row = await waiting(site, owner, statement)
    assert await public(owner) == []
    accepted = await accept(site, row)
    assert (accepted.state, accepted.organisation) == ("accepted", "Exampleton Branch")
    assert await public(owner) == ["Exampleton Branch"]
    assert await counted(site, owner, statement, counting) == 1
    assert await events(owner) == ["accepted"]
    noted = await owner.fetchrow("select actor, details from audit where act = 'endorsement accept'")
    assert noted["actor"] == ACTOR
    assert str(row.id) in noted["details"]
    assert "Exampleton" not in noted["details"]
    assert [letter.to for letter in await postbox.settle()] == [OFFICER]


@pytest.mark.parametrize("first", ["questioned", "declined"])
async def test_what_was_questioned_or_declined_can_still_be_accepted(site, owner, statement, counting, first):
    row = await waiting(site, owner, statement, state=first, reason="why", ended_at=rows.BEFORE)
    accepted = await accept(site, row)
    assert (accepted.state, accepted.ended_at, accepted.reason) == ("accepted", None, "")
    assert await counted(site, owner, statement, counting) == 1


async def test_what_is_over_can_not_be_accepted_asked_declined_or_changed(site, owner, statement):
    for over in ("withdrawn", "expired", "replaced"):
        row = await waiting(site, owner, statement, state=over)
        for act in (
            accept(site, row),
            review.ask(site, row, "When?", actor=ACTOR),
            review.decline(site, row, "No.", actor=ACTOR),
            review.change(site, row, actor=ACTOR, featured=True),
        ):
            with pytest.raises(Refused, match=f"it is {over}"):
                await act
    assert await events(owner) == []
    assert await audit(owner) == []
    assert await owner.fetchval("select count(*) from organisations") == 0, "nothing is half written"


async def test_accepting_twice_is_refused(site, owner, statement, counting):
    row = await waiting(site, owner, statement)
    await accept(site, row)
    with pytest.raises(Refused, match="can't be accepted: it is accepted"):
        await accept(site, row)
    assert await counted(site, owner, statement, counting) == 1


async def test_a_claim_that_nobody_confirmed_is_found_by_no_organiser(site, owner, statement):
    row = await rows.confirmed(owner, statement, state="pending", confirmed_at=None)
    with pytest.raises(Refused, match="There is no endorsement"):
        await review.find_for_organisers(site, str(row["id"]))


async def test_an_id_is_found_by_its_ending_if_that_is_long_enough_and_one_alone(site, owner, statement):
    one = await waiting(site, owner, statement)
    for text in (str(one.id), one.id.hex, one.id.hex[-6:], f"…{str(one.id)[-8:]}", str(one.id).upper()):
        assert (await review.find_for_organisers(site, text)).id == one.id
    twin = one.id.hex[:8] + ("0" if one.id.hex[8] != "0" else "1") + one.id.hex[9:]
    await rows.confirmed(owner, statement, id=twin)
    with pytest.raises(Refused, match="Several endorsements end in"):
        await review.find_for_organisers(site, one.id.hex[-6:])
    for text in ("", "12345", "%", "zzzzzz", one.id.hex + "0", "'; drop"):
        with pytest.raises(Refused, match="There is no endorsement"):
            await review.find_for_organisers(site, text)


async def test_two_officers_need_the_seconds_own_confirmation(site, owner, statement):
    row = await waiting(site, owner, statement)
    with pytest.raises(Refused, match="No second officer of “Exampleton Branch” has confirmed"):
        await accept(site, row, two_officers=True)
    with pytest.raises(Refused, match="No second officer"):
        await review.change(site, row, actor=ACTOR, two_officers=True)
    assert await state(owner, row) == "confirmed"
    both = await waiting(site, owner, statement, "Westfield Branch", second_confirmed_at=rows.BEFORE)
    await accept(site, both, two_officers=True)
    assert await owner.fetchval("select level from public_endorsements") == "two officers"


async def test_a_question_goes_out_with_a_link_and_the_newest_one_alone(site, owner, statement, postbox):
    row = await waiting(site, owner, statement)
    await review.ask(site, row, "Which meeting?", actor=ACTOR)
    await review.ask(site, row, "Which meeting,\nand on which day?", actor=ACTOR)
    (letter,) = await postbox.settle()
    assert letter.to == OFFICER
    assert "Which meeting,\nand on which day?" in letter.text.replace("\r\n", "\n")
    assert re.search(r"/endorsements/answer/\S+", letter.text)
    assert await state(owner, row) == "questioned"
    assert await events(owner) == ["questioned", "questioned"]
    with pytest.raises(Refused, match="The question is empty"):
        await review.ask(site, row, " \n ", actor=ACTOR)


async def test_a_declined_one_is_told_why_and_never_public(site, owner, statement, postbox, counting):
    row = await waiting(site, owner, statement)
    await review.decline(site, row, "The branch has not met.", actor=ACTOR)
    (letter,) = await postbox.settle()
    assert "The branch has not met." in letter.text
    assert "contact@example.org" in letter.text
    assert await public(owner) == []
    assert await counted(site, owner, statement, counting) == 0
    with pytest.raises(Refused, match="it is declined"):
        await review.decline(site, row, "Again.", actor=ACTOR)


async def test_a_letter_about_what_is_no_longer_so_stays_away(site, owner, statement, postbox):
    row = await waiting(site, owner, statement)
    await review.ask(site, row, "Which meeting?", actor=ACTOR)
    await accept(site, row)
    assert [letter.subject.split(":")[0] for letter in await postbox.settle()] == [
        "The endorsement is public"
    ]


async def test_no_letter_where_the_officers_address_is_gone_or_nobody_is_to_be_told(
    site, owner, statement, postbox
):
    await accept(site, await waiting(site, owner, statement, officer_email=None))
    await accept(site, await waiting(site, owner, statement, "Westfield Council"), tell=False)
    assert await postbox.settle() == []


async def test_these_letters_come_whatever_forms_caused_before(site, owner, statement, postbox):
    """Outside of the caps, and of the wish for no letters that forms cause."""
    await makers.suppressed(site, statement, OFFICER)
    await accept(site, await waiting(site, owner, statement))
    assert len(await postbox.settle()) == 1


async def test_marks_are_changed_and_pages_hear(site, owner, statement):
    row = await accept(site, await waiting(site, owner, statement))
    changed = await review.change(
        site,
        row,
        actor=ACTOR,
        minutes_seen=True,
        featured=True,
        wording="Exampleton, by 40 to 2",
        expires_on=TODAY,
    )
    assert (changed.minutes_seen, changed.featured, changed.expires_on) == (True, True, TODAY)
    assert await owner.fetchval("select level from public_endorsements") == "minutes"
    assert await events(owner) == ["accepted", "changed"]
    fields = await owner.fetchval("select fields from endorsement_events where act = 'changed'")
    assert fields == ["expires_on", "featured", "minutes_seen", "wording"]
    await review.change(site, row, actor=ACTOR, featured=True)
    assert await events(owner) == ["accepted", "changed"], "nothing changed, nothing told"
    assert (await review.change(site, row, actor=ACTOR, expires_on=None)).expires_on is None
    with pytest.raises(Refused, match="web and e-mail addresses"):
        await review.change(site, row, actor=ACTOR, wording="see www.example.org")


async def test_a_change_before_acceptance_is_no_public_event(site, owner, statement):
    row = await waiting(site, owner, statement)
    await review.change(site, row, actor=ACTOR, minutes_seen=True)
    assert await events(owner) == []
    assert (await accept(site, row)).minutes_seen is True


async def test_what_has_reached_its_day_leaves_list_and_count(site, owner, statement, counting):
    stays = await accept(site, await waiting(site, owner, statement), expires_on=TODAY + timedelta(days=1))
    goes = await accept(site, await waiting(site, owner, statement, "Westfield Council"))
    await review.change(site, goes, actor=ACTOR, expires_on=TODAY)
    assert await counted(site, owner, statement, counting) == 2
    assert (await expiring.expire(site)).startswith("1 endorsements expired")
    assert (await expiring.expire(site)).startswith("0 endorsements expired")
    assert await public(owner) == [stays.name]
    assert await counted(site, owner, statement, counting) == 1
    assert (await events(owner))[-1] == "expired"
    with pytest.raises(Refused, match="over already"):
        await accept(site, await waiting(site, owner, statement, "Eastfield"), expires_on=TODAY)


async def test_an_officer_is_told_a_month_before_and_once_for_each_last_day(site, owner, statement, postbox):
    row = await accept(site, await waiting(site, owner, statement), expires_on=TODAY + timedelta(days=31))
    await postbox.settle()
    await expiring.expire(site)
    assert await postbox.settle() == []
    await review.change(site, row, actor=ACTOR, expires_on=TODAY + timedelta(days=30))
    for _ in range(2):
        await expiring.expire(site)
    (letter,) = await postbox.settle()
    assert letter.subject.startswith("The endorsement is about to end")
    assert "/my" in letter.text
    last = TODAY + timedelta(days=29)
    assert f"{last.day} {last:%B %Y}" in letter.text
    await review.change(site, row, actor=ACTOR, expires_on=TODAY + timedelta(days=20))
    await expiring.expire(site)
    assert len(await postbox.settle()) == 1


async def test_who_is_renewing_already_is_not_told(site, owner, statement, postbox):
    row = await accept(
        site, await waiting(site, owner, statement), expires_on=TODAY + timedelta(days=9), tell=False
    )
    await correction(site, owner, statement, row, met_on=TODAY)
    await expiring.expire(site)
    assert await postbox.settle() == []


async def test_a_correction_takes_the_place_of_what_it_corrects_and_counts_nothing(
    site, owner, statement, counting
):
    old = await accept(
        site, await waiting(site, owner, statement, area="Exampelton"), minutes_seen=True, featured=True
    )
    assert await counted(site, owner, statement, counting) == 1
    lines = await owner.fetchval("select count(*) from tally_queue")
    new = await accept(site, await correction(site, owner, statement, old, area="Exampleton"))
    assert await owner.fetchval("select count(*) from tally_queue") == lines
    assert (await state(owner, old), new.state) == ("replaced", "accepted")
    assert await owner.fetchval("select area from public_endorsements") == "Exampleton"
    assert (new.minutes_seen, new.featured) == (True, True), "the same decision, so the same proof"
    assert await counted(site, owner, statement, counting) == 1
    assert sorted(await events(owner)) == ["accepted", "accepted", "replaced"]


async def test_another_decision_has_to_be_proven_anew(site, owner, statement):
    old = await accept(
        site,
        await waiting(site, owner, statement),
        minutes_seen=True,
        featured=True,
        expires_on=date(2099, 1, 1),
    )
    new = await accept(site, await correction(site, owner, statement, old, met_on=TODAY))
    assert (new.minutes_seen, new.featured, new.expires_on) == (False, True, None)


async def test_a_correction_of_the_body_changes_the_body(site, owner, statement):
    old = await accept(
        site, await waiting(site, owner, statement, "Exampelton Branch", parent="Example Union")
    )
    changed = {"name": "Exampleton Branch", "kind": "union region", "code": "NR/1", "region": "North"}
    new = await accept(site, await correction(site, owner, statement, old, **changed))
    assert new.organisation_id == old.organisation_id
    body = await site.store.organisations.find(id=new.organisation_id)
    assert (body.name, body.kind, body.code) == ("Exampleton Branch", "union region", "NR/1")
    assert (await site.store.organisations.find(id=body.parent_id)).name == "North"


async def test_what_an_organiser_called_the_body_stays_unless_the_officer_changes_it(site, owner, statement):
    old = await accept(site, await waiting(site, owner, statement, "exampleton branch"))
    body = await site.store.organisations.find(id=old.organisation_id)
    await organisations.change(site, body, actor=ACTOR, name="Exampleton Branch (North)")
    await accept(site, await correction(site, owner, statement, old, area="Exampleton"))
    assert await public(owner) == ["Exampleton Branch (North)"]


async def test_a_correction_that_would_make_a_double_is_refused_whole(site, owner, statement):
    await accept(site, await waiting(site, owner, statement, "Westfield Council"))
    old = await accept(site, await waiting(site, owner, statement))
    row = await correction(site, owner, statement, old, name="The Westfield Council")
    with pytest.raises(Refused, match=r"“Westfield Council” .* has this name or code"):
        await accept(site, row)
    assert (await state(owner, old), await state(owner, row)) == ("accepted", "confirmed")


async def test_a_correction_of_what_ended_meanwhile_counts_again(site, owner, statement, counting):
    old = await accept(site, await waiting(site, owner, statement))
    row = await correction(site, owner, statement, old)
    await rows.withdrawn(owner, {"statement_id": old.statement_id, "id": old.id, "version": old.version})
    assert await counted(site, owner, statement, counting) == 0
    assert (await accept(site, row)).organisation_id == old.organisation_id
    assert await counted(site, owner, statement, counting) == 1


async def test_a_correction_stays_with_its_body(site, owner, statement):
    old = await accept(site, await waiting(site, owner, statement))
    with pytest.raises(Refused, match="it stays that organisation's"):
        await accept(site, await correction(site, owner, statement, old), separate=True)


async def test_a_campaign_hears_once_a_day_that_something_waits(site, owner, statement, postbox):
    async def told() -> list[str]:
        await expiring.tell_waiting(site)
        return [letter.subject for letter in await postbox.settle()]

    assert await told() == []
    row = await waiting(site, owner, statement, "Sinister Example Branch")
    assert await told() == ["Endorsements that wait for you: 1"]
    letter = postbox[-1]
    assert letter.to == "contact@example.org"
    assert f"{statement.title}: 1" in letter.text
    assert "Sinister" not in letter.text, "nothing that a visitor typed"
    await waiting(site, owner, statement, "Westfield Council")
    assert await told() == [], "not twice a day"
    day_goes_by = (
        "update facts set value = (value::timestamptz - interval '25 hours')::text"
        " where name like 'endorsements%'"
    )
    await owner.execute(day_goes_by)
    assert await told() == ["Endorsements that wait for you: 2"]
    await owner.execute("update endorsements set confirmed_at = confirmed_at - interval '2 days'")
    await owner.execute(day_goes_by)
    assert await told() == [], "nothing new came"
    await rows.event(owner, row, "answered")
    assert await told() == ["Endorsements that wait for you: 2"]


async def test_a_campaign_is_told_nothing_of_what_was_decided_before_the_letter_left(
    site, owner, statement, postbox
):
    row = await waiting(site, owner, statement)
    await expiring.tell_waiting(site)
    await review.decline(site, row, "No.", actor=ACTOR)
    assert [letter.to for letter in await postbox.settle()] == [OFFICER]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.text(max_size=250), some.text(max_size=60))
async def test_nothing_that_an_organiser_types_breaks_anything(site, owner, typed, name):
    """Taken as words, or refused in a sentence, and then nothing is written."""
    statement = await makers.statement(site)
    row = await waiting(site, owner, statement)
    for act in (
        lambda: review.ask(site, row, typed, actor=ACTOR),
        lambda: review.change(site, row, actor=ACTOR, wording=typed),
        lambda: accept(site, row, separate=True, name=name, code=typed[:50]),
        lambda: review.find_for_organisers(site, typed),
    ):
        before = await owner.fetchrow("select * from endorsements where id = $1", row.id)
        try:
            await act()
        except Refused:
            assert await owner.fetchrow("select * from endorsements where id = $1", row.id) == before
