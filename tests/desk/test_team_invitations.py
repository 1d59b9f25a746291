"""Invitations: a letter, seven days, once; it tells nobody who is known here, and opens nobody's old desk."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions.organisers import invitations, me, team
from petitions.tokens import pack
from tests import makers
from tests.conftest import browser
from tests.desk.coming_in import is_in
from tests.desk.people import organiser, seated, sit

NEW = "new@example.org"


@pytest.fixture
async def campaign(site):
    return await makers.campaign(site, name="Fair Example")


@pytest.fixture
async def boss(site, campaign):
    return await organiser(site, campaign, "owner", name="Bo Example")


async def invited(site, campaign, boss, postbox, email=NEW, role="moderator"):
    """The link of an invitation's letter."""
    async with await seated(site, boss) as client:
        await client.post(f"/organise/{campaign.slug}/team/invite", data={"email": email, "role": role})
    await postbox.settle()
    return postbox.to(email)[-1].link("/organise/invite/")


async def test_somebody_new_is_invited_says_a_name_and_sits_at_the_desk(
    site, campaign, boss, client, postbox, owner
):
    link = await invited(site, campaign, boss, postbox)
    letter = postbox.to(NEW)[0]
    assert "Fair Example" in letter.subject
    assert "moderator" in letter.text
    assert "unsubscribe" in letter.text
    page = await client.get(link)
    assert "Fair Example" in page.text
    answer = await client.post(link, data={"name": "Nia Example"})
    assert answer.headers["location"] == f"/organise/{campaign.slug}"
    assert (await client.get(answer.headers["location"])).status_code == 200
    row = await owner.fetchrow(
        "select o.name, o.email, r.role, r.given_by from organisers o join roles r on r.organiser_id = o.id "
        "where email = $1",
        NEW,
    )
    assert tuple(row) == ("Nia Example", NEW, "moderator", f"organiser:{boss.id}")
    acts = [
        line["act"]
        for line in await owner.fetch("select act from audit where campaign_id = $1 order by id", campaign.id)
    ]
    assert acts[-2:] == ["team invite", "team join"]


async def test_the_answer_does_not_tell_whether_the_address_is_known(site, campaign, boss, owner):
    await organiser(site, await makers.campaign(site), email="known@example.org")
    answers = set()
    for email in ("known@example.org", NEW):
        async with await seated(site, boss) as client:
            answer = await client.post(
                f"/organise/{campaign.slug}/team/invite", data={"email": email, "role": "reader"}
            )
            page = (await client.get(answer.headers["location"])).text
            answers.add((answer.status_code, answer.headers["location"], "on its way" in page))
            await owner.execute("delete from invitations")
    assert len(answers) == 1


async def test_somebody_known_joins_and_logs_in_as_always(site, campaign, boss, client, postbox):
    """A letter that is good for a week in any browser must not open a desk that somebody has already."""
    known = await organiser(
        site, await makers.campaign(site), "reader", email="known@example.org", name="Kim Example"
    )
    link = await invited(site, campaign, boss, postbox, "known@example.org")
    assert "Kim Example" in (await client.get(link)).text
    answer = await client.post(link, data={"name": "Somebody Else"})
    assert answer.headers["location"] == f"/organise/log-in?next=/organise/{campaign.slug}&done=joined"
    assert "You are in the team" in (await client.get(answer.headers["location"])).text
    assert not await is_in(client)
    async with await seated(site, known) as theirs:
        assert (await theirs.get(f"/organise/{campaign.slug}")).status_code == 200
        assert "Kim Example" in (await theirs.get("/organise/me")).text


async def test_somebody_who_is_logged_in_goes_on_to_the_campaign(site, campaign, boss, postbox):
    known = await organiser(site, await makers.campaign(site), "reader", email="known@example.org")
    link = await invited(site, campaign, boss, postbox, "known@example.org")
    async with await seated(site, known) as client:
        answer = await client.post(link, data={"name": ""})
        assert answer.headers["location"] == f"/organise/{campaign.slug}"
        assert (await client.get(answer.headers["location"])).status_code == 200


async def test_it_is_no_way_into_anothers_session(site, campaign, boss, postbox, owner):
    link = await invited(site, campaign, boss, postbox)
    async with await sit(site, await makers.campaign(site), "reader") as client:
        token = client.cookies["session"]
        await client.post(link, data={"name": "Nia Example"})
        assert "Nia Example" in (await client.get("/organise/me")).text
    async with browser(site) as thief:
        thief.cookies.set("session", token, domain="localhost.local")
        assert not await is_in(thief)


async def test_it_is_accepted_once_also_where_two_do_at_once(
    site, campaign, boss, client, stranger, postbox, owner
):
    link = await invited(site, campaign, boss, postbox)
    answers = await asyncio.gather(
        client.post(link, data={"name": "Nia Example"}), stranger.post(link, data={"name": "Nia Example"})
    )
    assert sorted(answer.status_code for answer in answers) == [303, 410]
    assert (await client.get(link)).status_code == 410
    assert (await client.post(link, data={"name": "Nia Example"})).status_code == 410
    assert await owner.fetchval("select count(*) from sessions where organiser_id <> $1", boss.id) == 1


async def test_who_accepts_waits_for_whoever_changes_the_team(site, campaign, boss, client, owner):
    """Else the two wait for each other, each with what the other needs: the invitation, and the campaign."""
    await invitations.invite(site, campaign, NEW, "owner", actor=f"organiser:{boss.id}")
    link = invitations.path(site, await owner.fetchval("select id from invitations"))
    async with asyncio.timeout(20), owner.transaction():
        await owner.execute("select from campaigns where id = $1 for update", campaign.id)
        accepting = asyncio.create_task(client.post(link, data={"name": "Nia Example"}))
        while not await owner.fetchval("select count(*) from pg_locks where not granted"):
            await asyncio.sleep(0.01)
        await owner.execute("update invitations set ended_at = now() where ended_at is null")
    assert (await accepting).status_code == 410
    assert await owner.fetchval("select count(*) from organisers where email = $1", NEW) == 0


async def test_get_and_head_accept_nothing(site, campaign, boss, client, postbox, owner):
    link = await invited(site, campaign, boss, postbox)
    for _ in range(2):
        assert (await client.get(link)).status_code == 200
        assert (await client.head(link)).status_code == 200
    assert await owner.fetchval("select count(*) from organisers where email = $1", NEW) == 0


async def test_one_that_is_taken_back_is_over(site, campaign, boss, client, postbox, owner):
    link = await invited(site, campaign, boss, postbox)
    id = await owner.fetchval("select id from invitations")
    other = await makers.campaign(site)
    async with await sit(site, other, "owner") as foreign:
        answer = await foreign.post(f"/organise/{other.slug}/team/invitations/{id}/take-back")
        assert answer.status_code == 404
    async with await seated(site, boss) as desk:
        assert NEW in (await desk.get(f"/organise/{campaign.slug}/team")).text
        answer = await desk.post(f"/organise/{campaign.slug}/team/invitations/{id}/take-back")
        assert answer.headers["location"].endswith("done=taken-back")
        assert NEW not in (await desk.get(f"/organise/{campaign.slug}/team")).text
        assert (
            await desk.post(f"/organise/{campaign.slug}/team/invitations/{id}/take-back")
        ).status_code == 404
    assert (await client.get(link)).status_code == 410
    assert (await client.post(link, data={"name": "Nia Example"})).status_code == 410


async def test_seven_days(site, campaign, boss, client, postbox, owner):
    link = await invited(site, campaign, boss, postbox)
    await owner.execute("update invitations set created_at = created_at - interval '167 hours'")
    assert (await client.get(link)).status_code == 200
    await owner.execute("update invitations set created_at = created_at - interval '1 hour'")
    assert (await client.get(link)).status_code == 410
    assert (await client.post(link, data={"name": "Nia Example"})).status_code == 410
    await owner.execute("update invitations set created_at = created_at - interval '30 days'")
    assert (await me.forget(site)).startswith("1 ")


async def test_a_newer_one_replaces_the_older(site, campaign, boss, client, postbox, owner):
    older = await invited(site, campaign, boss, postbox, role="owner")
    newer = await invited(site, campaign, boss, postbox, role="reader")
    assert (await client.get(older)).status_code == 410
    await client.post(newer, data={"name": "Nia Example"})
    assert (
        await owner.fetchval("select role from roles where given_by = $1", f"organiser:{boss.id}") == "reader"
    )


async def test_whoever_leaves_ownership_leaves_no_invitation_behind(site, campaign, boss, client, postbox):
    link = await invited(site, campaign, boss, postbox, role="owner")
    second = await organiser(site, campaign, "owner")
    await team.change(site, campaign, boss.id, "reader", actor=f"organiser:{second.id}")
    assert (await client.get(link)).status_code == 410


async def test_who_got_another_role_meanwhile_keeps_it(site, campaign, boss, client, postbox, owner):
    link = await invited(site, campaign, boss, postbox, role="reader")
    row = await organiser(site, campaign, "owner", email=NEW)
    assert (await client.post(link, data={"name": ""})).status_code == 303
    assert await owner.fetchval("select role from roles where organiser_id = $1", row.id) == "owner"


async def test_who_is_in_the_team_is_not_invited_and_what_was_typed_stays(site, campaign, boss, owner):
    await organiser(site, campaign, "reader", email="in@example.org")
    async with await seated(site, boss) as client:
        path = f"/organise/{campaign.slug}/team/invite"
        for typed in (
            {"email": "IN@example.org", "role": "stall"},
            {"email": "no address", "role": "stall"},
            {"email": "a@example.org", "role": "admin"},
            {"email": "", "role": ""},
        ):
            answer = await client.post(path, data=typed)
            assert answer.status_code == 422
            assert f'value="{typed["email"]}"' in answer.text
            assert 'id="problems"' in answer.text
    assert await owner.fetchval("select count(*) from invitations") == 0
    assert await owner.fetchval("select count(*) from outbox") == 0


async def test_who_wants_no_letters_gets_none_and_nobody_gets_many(site, campaign, boss, postbox):
    await makers.suppressed(site, await makers.statement(site, campaign), "never@example.org")
    async with await seated(site, boss) as client:
        for email in ("never@example.org", *[NEW] * 5):
            await client.post(
                f"/organise/{campaign.slug}/team/invite", data={"email": email, "role": "reader"}
            )
            await postbox.settle()
    assert [len(postbox.to(one)) for one in ("never@example.org", NEW)] == [0, 3]


async def test_a_changed_or_foreign_token_opens_nothing(site, campaign, boss, client, postbox):
    link = await invited(site, campaign, boss, postbox)
    log_in = site.tokens.make("log-in", site.tokens.read("invitation", link.rsplit("/", 1)[1], max_age=60))
    for token in ("x", log_in, site.tokens.make("invitation", pack(boss.id, boss.id))):
        assert (await client.get(f"/organise/invite/{token}")).status_code == 400
        assert (await client.post(f"/organise/invite/{token}", data={"name": "x"})).status_code == 400
    assert (await client.get(invitations.path(site, makers.nobody()))).status_code == 410


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["email", "role", "name", "organiser", "campaign_id"]), st.text(max_size=40)
    )
)
async def test_whatever_is_typed_makes_no_error(site, campaign, boss, owner, typed):
    await owner.execute("delete from throttle")
    await invitations.invite(site, campaign, NEW, "reader", actor=makers.ACTOR)
    link = invitations.path(
        site, await owner.fetchval("select id from invitations where ended_at is null and email = $1", NEW)
    )
    async with await seated(site, boss) as client:
        for path in ("invite", f"{makers.nobody()}/role"):
            answer = await client.post(f"/organise/{campaign.slug}/team/{path}", data={"x": "", **typed})
            assert answer.status_code in (303, 400, 404, 422)
    async with browser(site) as client:
        assert (await client.post(link, data={"x": "", **typed})).status_code in (303, 400, 422)
    await owner.execute("delete from invitations")
    await owner.execute(
        "delete from roles where organiser_id in (select id from organisers where email = $1)", NEW
    )
