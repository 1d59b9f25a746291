"""What ends with an endorsement, what a second officer takes out, and what renewing is where one waits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from petitions.commands import evidence
from petitions.endorsements import expiring, review
from tests import makers
from tests.endorsements import rows
from tests.endorsements.claims import ACTOR, OFFICER, accept
from tests.endorsements.olive import OTTO, accepted, acts, all_rows, behind_her_link, key, ledger, waiting
from tests.endorsements.test_officer import successor, the

TODAY = datetime.now(UTC).date()


@pytest.fixture
async def statement(site):
    return await makers.statement(site)


async def mails(site, statement):
    """What the list for organisers says of letters, by state."""
    found = site.store.export.endorsements
    return [
        (one["state"], one["mail"])
        for one in await found(statement_id=statement.id, accepted_only=False, of_kind=None)
    ]


async def test_a_replaced_ones_permissions_end_and_its_successors_stand(
    site, client, postbox, owner, statement
):
    first = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(first, consent_mail="yes", area="Newton")
    second = await successor(owner, first)
    await accept(site, await review.find_for_organisers(site, str(second["id"])))
    assert ((await the(owner, first))["mail_consent"], (await the(owner, second))["mail_consent"]) == (
        False,
        True,
    )
    assert await ledger(owner, first) == [
        ("officer mail", "given", "my signature"),
        ("officer mail", "withdrawn", "end"),
    ]
    assert ("officer mail", "withdrawn", "end") not in await ledger(owner, second)
    assert sorted(await mails(site, statement)) == [("accepted", "yes"), ("replaced", "no")]
    assert "This ended on" in (await olive.get()).text


async def test_a_declined_or_expired_ones_permissions_end_with_it(site, client, postbox, owner, statement):
    declined = await waiting(site, owner, statement)
    ends = await accepted(site, owner, statement, name="Other Branch")
    olive = await behind_her_link(client, postbox, site, owner)
    for row in (declined, ends):
        await olive.correct(row, consent_mail="yes")
    await review.decline(site, await review.find_for_organisers(site, str(declined.id)), "No.", actor=ACTOR)
    await owner.execute("update endorsements set expires_on = current_date where state = 'accepted'")
    await expiring.expire(site)
    for row in (declined, ends):
        assert (await the(owner, row))["mail_consent"] is False
        assert (await ledger(owner, row))[-1] == ("officer mail", "withdrawn", "end")
    assert sorted(await mails(site, statement)) == [("declined", "no"), ("expired", "no")]


async def test_a_second_officer_goes_from_the_whole_chain_and_is_not_named_there_again(
    site, client, postbox, owner, statement
):
    first = await accepted(site, owner, statement, second_email=OTTO)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(first, area="Newton")
    otto = await behind_her_link(client, postbox, site, owner, OTTO)
    assert (await otto.press("endorsement/erase", first)).headers["location"] == "/my/erased"
    for row in await all_rows(owner):
        assert (row["second_key"], row["second_name"], row["second_email"]) == (None, None, None)
        assert row["second_refused_at"] is not None
        assert (await acts(owner, row))[-1] == "second refused"
    again = await olive.correct(first, second_name="Otto", second_email=OTTO.upper())
    assert again.status_code == 422
    assert "did not know of the endorsement" in again.text
    assert (
        await olive.correct(first, second_name="Nora", second_email="nora@example.org")
    ).status_code == 303
    await olive.press("endorsement/erase", first)
    assert [one["second_refused_keys"] for one in await all_rows(owner)] == [[], []]


async def test_a_second_officer_sees_a_claim_only_once_its_own_officer_has_confirmed(
    site, client, postbox, owner, statement
):
    await makers.endorse(client, statement, second_name="Otto", second_role="Chair", second_email=OTTO)
    await postbox.settle()
    await client.post("/my", data={"email": OTTO})
    assert [one for one in await postbox.settle() if one.to == OTTO] == []
    await client.get(postbox.to(OFFICER)[-1].link("/endorsements/confirm/"))
    otto = await behind_her_link(client, postbox, site, owner, OTTO)
    assert "Confirmed by" in await otto.text()


async def test_renewing_while_a_correction_waits_makes_it_a_renewal(site, client, postbox, owner, statement):
    row = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(row, area="Newton")
    await makers.new_version(site, statement)
    waits = await successor(owner, row)
    assert waits["version"] == 1
    answer = await olive.correct(row, renew=True, decided="conference", met_on=TODAY.isoformat())
    assert answer.headers["location"].endswith("?done=waits")
    now = await successor(owner, row)
    assert (now["id"], now["version"], now["met_on"]) == (waits["id"], 2, TODAY)
    assert [line[:2] for line in await ledger(owner, now)] == [("endorse", "given")] * 2


async def test_what_was_renewed_already_is_not_renewed_once_more(site, client, postbox, owner, statement):
    row = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    page = await olive.get("/endorsement", key=key(row), renew="1")
    await owner.execute("update endorsements set expires_on = current_date")
    await expiring.expire(site)
    await olive.correct(row, renew=True, decided="conference", met_on=TODAY.isoformat())
    new = await successor(owner, row)
    await accept(site, await review.find_for_organisers(site, str(new["id"])))
    assert page.status_code == 200
    assert (await olive.get("/endorsement", key=key(row), renew="1")).status_code == 409
    late = await client.post(f"{olive.path}/endorsement", data={"key": key(row), "renew": "yes"})
    assert late.status_code == 409
    assert len(await all_rows(owner)) == 2


async def test_erasing_blanks_what_may_name_people_and_files_can_be_fetched_before(
    site, client, postbox, owner, statement
):
    digest = await rows.picture(owner)
    row = await waiting(site, owner, statement, motion="Moved by Ada.", note="Ring me.", minutes=digest)
    await review.ask(site, row, "Dear Olive, who is Ada?", actor=ACTOR)
    olive = await behind_her_link(client, postbox, site, owner)
    assert "which=minutes" in (await olive.get()).text
    sent = await olive.get("/endorsement/file", key=key(row), which="minutes")
    assert sent.status_code == 200
    assert sent.headers["content-disposition"].startswith("attachment")
    assert sent.content == await owner.fetchval("select data from files where digest = $1", digest)
    for wrong in ({"which": "logo"}, {"which": "address_key"}, {"which": "minutes", "key": "x"}):
        assert (await olive.get("/endorsement/file", **{"key": key(row), **wrong})).status_code == 404
    await olive.press("endorsement/erase", row)
    now = await the(owner, row)
    assert [now[name] for name in ("motion", "note", "question", "reason")] == [""] * 4
    assert now["minutes"] is None


async def test_the_page_that_erases_a_correction_names_what_it_corrects(
    site, client, postbox, owner, statement
):
    row = await accepted(site, owner, statement)
    olive = await behind_her_link(client, postbox, site, owner)
    await olive.correct(row, area="Newton")
    page = makers.visible((await olive.get("/endorsement/erase", key=key(await successor(owner, row)))).text)
    assert "your details go from that one too" in page
    assert "it stays public and counts" in page


async def test_whoever_looks_at_an_endorsement_stands_in_the_audit(site, owner, statement):
    row = await waiting(site, owner, statement)
    for times in (1, 2):
        await evidence.facts_of(site, str(row.id))
        noted = await owner.fetch("select details from audit where act = 'endorsement show'")
        assert len(noted) == times
    assert str(row.id) in noted[0]["details"]
