"""When officers' details go by themselves: after a statement's retention, and 30 days after an endorsement ended."""

from __future__ import annotations

import json

from petitions.campaigns.retention import DAYS
from petitions.work import JOBS
from tests import makers
from tests.endorsements import rows
from tests.endorsements.claims import counted, public
from tests.endorsements.olive import OTTO, accepted, acts, all_rows, waiting
from tests.endorsements.test_members import scanned

PERSONAL = (
    *("address_key", "officer_name", "officer_role", "officer_email", "officer_phone"),
    *("second_key", "second_name", "second_role", "second_email", "minutes"),
)


async def forget(site) -> str:
    return await JOBS["forget officers"].act(site)


async def test_thirty_days_after_its_end_the_officers_of_an_endorsement_go(site, owner):
    statement = await makers.statement(site)
    digest = await rows.picture(owner)
    for n, state in enumerate(("declined", "withdrawn", "replaced", "expired")):
        for age in (DAYS["ended"] - 1, DAYS["ended"] + 1):
            row = await waiting(
                site,
                owner,
                statement,
                name=f"Branch {n} {age}",
                second_email=OTTO,
                minutes=digest,
                note="Ring me.",
                officer_phone="020 7946 0000",
            )
            await owner.execute(
                "update endorsements set state = $2, ended_at = now() - make_interval(days => $3) where id = $1",
                row.id,
                state,
                age,
            )
    standing = [await accepted(site, owner, statement), await waiting(site, owner, statement, name="Waits")]
    assert await forget(site) == "officers of 4 endorsements forgotten"
    for row in await all_rows(owner):
        gone = row["name"].endswith(" 31")
        assert (row["erased_at"] is not None) == gone, row["name"]
        assert all(row[name] is None for name in PERSONAL) == gone
        assert (row["note"] == "") == (gone or row["id"] in [one.id for one in standing])
        assert (await acts(owner, row) == ["erased"]) == gone
    assert await forget(site) == "officers of 0 endorsements forgotten"


async def test_after_a_statements_retention_all_go_and_the_public_facts_and_counts_stay(
    site, client, owner, counting
):
    statement = await makers.statement(site)
    other = await makers.statement(site)
    digest = await rows.picture(owner)
    columns = {"logo": digest, "logo_consent": True, "minutes": digest, "second_email": OTTO}
    kept = await accepted(site, owner, statement, minutes_seen=True, members=40, **columns)
    await waiting(site, owner, statement, name="Waits still")
    elsewhere = await accepted(site, owner, other)
    shown = await makers.snapshot(owner, "public_endorsements", "organisations")
    await makers.close(site, statement)
    await owner.execute(
        "update statements set closed_at = now() - interval '7 months' where id = $1", statement.id
    )
    await JOBS["anonymise"].act(site)
    assert await forget(site) == "officers of 2 endorsements forgotten"
    for row in await all_rows(owner):
        assert all(row[name] is None for name in PERSONAL) == (row["id"] != elsewhere.id)
    assert await makers.snapshot(owner, "public_endorsements", "organisations") == shown
    assert await counted(site, owner, statement, counting) == 1 or len(await public(owner)) == 2
    assert (await site.store.tally.public(statement_id=statement.id)).organisations == 1
    assert (await acts(owner, kept))[-1] == "erased"
    noted = await owner.fetchrow("select actor, details from audit where act = 'officers forgotten'")
    assert (noted["actor"], json.loads(noted["details"])) == ("job", {"erased": 2})


async def test_the_privacy_page_says_what_is_kept_of_officers_and_how_long(site, client):
    statement = await makers.statement(site)
    page = await client.get(f"/campaigns/{statement.campaign_slug}/privacy")
    words = makers.visible(page.text)
    assert "Officers of organisations" in words
    assert f"has ended, {DAYS['ended']} days after that" in words
    assert f"plan that is never confirmed: {DAYS['pending']} days after" in words
    assert "from the campaign’s own records" in words
    assert "Officers’ details, motion and minutes: until 6 months after the statement closes" in words


async def test_the_motion_and_what_organisers_wrote_go_with_the_officers(site, owner):
    statement = await makers.statement(site)
    said = {"motion": "Moved by Ada.", "question": "Who is Ada?", "reason": "Not yours."}
    row = await waiting(site, owner, statement, **said)
    await owner.execute("update endorsements set state = 'declined', ended_at = now() - interval '31 days'")
    assert await forget(site) == "officers of 1 endorsements forgotten"
    (now,) = await all_rows(owner)
    assert [now[name] for name in said] == [""] * 3
    assert now["name"] == row.name


async def test_whose_officers_are_forgotten_is_found_among_many_that_are(site, owner):
    """What went long ago is not read again by each run of the job."""
    statement = await makers.statement(site)
    await owner.execute(
        "insert into endorsements (statement_id, id, version, state, name, kind, decided, ended_at, erased_at) "
        "select $1, gen_random_uuid(), 1, 'declined', 'Branch', 'other', 'committee', "
        "now() - interval '60 days', now() from generate_series(1, 3000)",
        statement.id,
    )
    await waiting(site, owner, statement)
    await makers.close(site, statement)
    await owner.execute("update statements set anonymised_at = now() where id = $1", statement.id)
    await owner.execute("analyze endorsements")
    query = site.store.officers.queries["forget_officers"]
    assert await scanned(owner, query, {"event_ids": [makers.nobody() for _ in range(10)]}) < 100
    assert (await all_rows(owner))[-1]["erased_at"] is not None
