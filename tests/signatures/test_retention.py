"""What goes, when, and what stays: purge, reminders, retention (privacy.md 6, signing.md §4.6)."""

from __future__ import annotations

from petitions import jobs, tally, work
from petitions.signatures import actions
from tests import makers


async def test_retention_erases_the_people_of_a_closed_statement_and_keeps_its_count(
    site, client, owner, postbox
):
    statement = await makers.statement(site, fields=["town"])
    await makers.confirmed(
        client, postbox, statement, email="ada@example.org", town="Exampleton", consent_name="yes"
    )
    await makers.close(site, statement)
    await owner.execute("update statements set closed_at = closed_at - interval '7 months'")
    due = await site.store.signatures.list_retention()
    assert [(row.slug, row.people) for row in due] == [(statement.slug, 1)]
    await jobs.run_due(site, {"anonymise": work.JOBS["anonymise"]})
    row = await owner.fetchrow("select * from signatures")
    personal = ("address_key", "name", "email", "answers", "partner_consents", "source", "fingerprint")
    assert all(row[column] is None for column in personal)
    assert row["state"] == "confirmed"
    assert row["confirmed_at"].minute == 0
    counts = await site.store.tally.public(statement_id=statement.id)
    assert counts.people == 1
    assert await tally.recount(site) == []
    assert await owner.fetchval("select details ->> 'erased' from audit where act = 'anonymised'") == "1"
    assert "Ada" not in (await client.get(f"/{statement.slug}/signatories")).text


async def test_an_open_or_lately_closed_statement_is_left_alone(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement)
    assert await actions.anonymise(site) == []
    await makers.close(site, statement)
    assert await actions.anonymise(site) == []
    assert await owner.fetchval("select name is not null from signatures")


async def test_two_reminders_at_most_after_one_day_and_after_five(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.sign(client, statement, email="ada@example.org")
    await postbox.settle()
    assert await actions.remind(site) == "0 reminders"
    await owner.execute("update signatures set letter_at = letter_at - interval '25 hours'")
    assert await actions.remind(site) == "1 reminders"
    assert await actions.remind(site) == "0 reminders"
    await postbox.settle()
    assert len(postbox) == 2
    assert postbox[-1].link("/confirm/")
    await owner.execute("update signatures set letter_at = letter_at - interval '5 days'")
    assert await actions.remind(site) == "1 reminders"
    await owner.execute("update signatures set letter_at = letter_at - interval '5 days'")
    assert await actions.remind(site) == "0 reminders"


async def test_a_reminder_goes_for_the_newest_attempt_alone_and_never_where_one_stands(
    site, client, owner, postbox
):
    statement = await makers.statement(site)
    await makers.sign(client, statement, name="Ada One", email="ada@example.org")
    await makers.sign(client, statement, name="Ada Two", email="ada@example.org")
    await makers.confirmed(client, postbox, statement, name="Bo Example", email="bo@example.org")
    await owner.execute("update signatures set letter_at = coalesce(letter_at, now()) - interval '2 days'")
    assert await actions.remind(site) == "1 reminders"
    assert await owner.fetchval("select name from signatures where reminders = 1") == "Ada Two"


async def test_addresses_become_networks_after_thirty_days(site, client, owner):
    statement = await makers.statement(site)
    await makers.sign(client, statement, email="ada@example.org")
    await jobs.tend_origins(site)
    await owner.execute("update attempt_origins set day = day - 31")
    assert await jobs.tend_origins(site) == "1 addresses truncated"
    assert await owner.fetchval("select count(*) from attempt_origins") == 0
    assert str(await owner.fetchval("select network from attempt_networks")) == "127.0.0.0/24"


async def test_every_job_runs_on_a_site_with_people_in_it(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement)
    await jobs.run_due(site, work.JOBS)
    results = dict(await owner.fetch("select name, result from jobs"))
    assert results.keys() == work.JOBS.keys()
    assert not [result for result in results.values() if result.startswith("failed")]
    await jobs.run_due(site, work.JOBS)
    assert await owner.fetchval("select count(*) from jobs where next_run > now()") == len(results)


async def test_a_full_cap_does_not_keep_an_attempt_for_ever(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.sign(client, statement, email="ada@example.org")
    id = await owner.fetchval("select id from signatures")
    for _ in range(4):
        until = await owner.fetchval("select now() + interval '29 days'")
        await site.store.signatures.put_off(statement_id=statement.id, id=id, until=until)
        await owner.execute(
            "update signatures set created_at = created_at - interval '29 days',"
            " asked_at = asked_at - interval '29 days'"
        )
    assert await actions.purge(site) == "1 attempts deleted"


async def test_one_address_that_is_refused_does_not_make_all_mail_late(site, client, owner, postbox, sink):
    from petitions.mail import outbox

    statement = await makers.statement(site)
    await makers.sign(client, statement, email="grey@grey.example.org")
    sink.answers = [451]
    await postbox.settle()
    await owner.execute("update outbox set due_since = due_since - interval '2 days'")
    assert await outbox.late_minutes(site) > 0
    await makers.sign(client, statement, email="ada@example.org")
    await postbox.settle()
    assert postbox.to("ada@example.org")
    assert await outbox.late_minutes(site) == 0


async def test_what_a_stranger_typed_shows_the_address_owner_no_foreign_connection(
    site, client, owner, postbox
):
    from petitions import addresses
    from petitions.my import held

    statement = await makers.statement(site)
    await makers.sign(client, statement, email="ada@example.org")
    key = addresses.address_key(site.settings.address_key, "ada@example.org")
    [item] = await held.everything(site, key)
    assert item.origins == []
    await postbox.settle()
    await client.get(postbox[-1].link("/confirm/"))
    [item] = await held.everything(site, key)
    assert [row.origin for row in item.origins] == ["127.0.0.1"]
