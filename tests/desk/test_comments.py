"""The queue of comments: who may, in which order, what is judged, and what two at once do."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from tests import makers
from tests.comments import said
from tests.comments.said import WORDS
from tests.desk.people import sit


@pytest.fixture
def campaign_of(site):
    async def find(statement):
        return await site.store.campaigns.find(slug=statement.campaign_slug)

    return find


async def test_moderators_read_and_judge_and_nobody_below_them_does(site, postbox, campaign_of):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    campaign = await campaign_of(statement)
    for role in ("owner", "organiser", "moderator"):
        async with await sit(site, campaign, role) as desk:
            assert WORDS in (await said.queue(desk, statement)).text
    page = (await said.queue(await sit(site, campaign), statement)).text
    for role in ("stall", "reader"):
        async with await sit(site, campaign, role) as desk:
            assert (await said.queue(desk, statement)).status_code == 403
            assert (await said.judge(desk, statement, "approved", page=page)).status_code == 403


async def test_those_who_wait_longest_come_first_and_what_is_judged_moves_on(
    site, postbox, campaign_of, owner
):
    statement = await said.statement(site)
    for name in ("Ada", "Bea", "Cem"):
        await said.say(site, postbox, statement, f"Words of {name}", f"{name} Example")
    await owner.execute(
        "update comments set came_at = now() where id = (select id from signatures where name ~ 'Ada')"
    )
    async with await sit(site, await campaign_of(statement), "moderator") as desk:
        page = (await said.queue(desk, statement)).text
        assert re.findall(r"<p>Words of (\w+)</p>", page) == ["Bea", "Cem", "Ada"]
        answer = await said.judge(desk, statement, "approved")
        after = await desk.get(answer.headers["location"])
        assert "The comment is shown now." in after.text
        assert re.findall(r"<p>Words of (\w+)</p>", after.text) == ["Cem", "Ada"]
        assert "<p>Words of Bea</p>" in (await said.queue(desk, statement, "approved")).text
        assert (await said.queue(desk, statement, "nonsense")).status_code == 404


async def test_a_slip_is_undone_and_minds_change_at_any_time(site, postbox, campaign_of, owner):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    async with await sit(site, await campaign_of(statement), "moderator") as desk:
        await said.judge(desk, statement, "declined")
        page = (await said.queue(desk, statement)).text
        assert "You declined" in page
        last = page.split('id="last"')[1].split("</form>")[0]
        sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', last))
        path = f"/organise/{statement.campaign_slug}/{statement.slug}/comments"
        assert (await desk.post(path, data={**sent, "verdict": "waiting"})).status_code == 303
        assert await owner.fetchval("select state from comments") == "waiting"
        await said.judge(desk, statement, "declined")
        answer = await said.judge(desk, statement, "approved", state="declined")
        assert "state=declined" in answer.headers["location"]
        assert await owner.fetchval("select state from comments") == "approved"
        await said.judge(desk, statement, "declined", state="approved")
        assert WORDS not in (await desk.get(f"/{statement.slug}/comments")).text


async def test_every_verdict_is_in_the_audit_and_none_of_the_words(site, postbox, campaign_of, owner):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    async with await sit(site, await campaign_of(statement), "moderator") as desk:
        await said.judge(desk, statement, "approved")
        await said.judge(desk, statement, "declined", state="approved")
        await said.judge(desk, statement, "waiting", state="declined")
    lines = await owner.fetch("select * from audit where act ~ '^comment' order by happened_at, id")
    assert [line["act"] for line in lines] == ["comment approve", "comment decline", "comment undo"]
    assert all(line["actor"].startswith("organiser:") for line in lines)
    ids = {json.loads(line["details"])["signature"] for line in lines}
    assert ids == {str(await owner.fetchval("select id from signatures"))}
    assert WORDS not in str(lines)


async def test_what_was_read_is_what_is_approved(site, postbox, campaign_of, owner):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    async with await sit(site, await campaign_of(statement), "moderator") as desk:
        page = (await said.queue(desk, statement)).text
        await owner.execute('update signatures set answers = answers || \'{"comment": "Something vile"}\'')
        answer = await said.judge(desk, statement, "approved", page=page)
        assert answer.status_code == 409
        assert "has changed this comment since you read it" in answer.text
        assert "Something vile" in answer.text  # the queue as it is now
        assert await owner.fetchval("select state from comments") == "waiting"
        assert "Something vile" not in (await desk.get(f"/{statement.slug}")).text


async def test_who_comes_second_does_not_overrule_a_colleague_unawares(site, postbox, campaign_of, owner):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    campaign = await campaign_of(statement)
    async with await sit(site, campaign, "moderator") as one, await sit(site, campaign, "moderator") as other:
        page = (await said.queue(other, statement)).text
        await said.judge(one, statement, "declined")
        answer = await said.judge(other, statement, "approved", page=page)
        assert answer.status_code == 409
        assert "Somebody else has judged this comment meanwhile" in answer.text
        again = await said.judge(one, statement, "declined", page=page)
        assert again.status_code == 303  # a double click
    assert await owner.fetchval("select count(*) from audit where act ~ '^comment'") == 1


async def test_an_approval_beside_a_change_of_the_words_never_shows_unread_ones(
    site, postbox, campaign_of, owner
):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    async with await sit(site, await campaign_of(statement), "moderator") as desk:
        page = (await said.queue(desk, statement)).text
        for number in range(4):
            change = owner.execute(
                "update signatures set answers = answers || jsonb_build_object('comment', $1::text)",
                f"v{number}",
            )
            await asyncio.gather(change, said.judge(desk, statement, "approved", page=page))
            shown = (await desk.get(f"/{statement.slug}/comments")).text
            assert f"v{number}" not in shown
            assert WORDS not in shown
            page = (await said.queue(desk, statement)).text


async def test_another_campaigns_comments_are_not_there(site, postbox, campaign_of, owner):
    statement, elsewhere = await said.statement(site), await said.statement(site)
    sibling = await said.statement(site, await campaign_of(elsewhere))
    await said.say(site, postbox, statement)
    async with await sit(site, await campaign_of(statement), "moderator") as mine:
        page = (await said.queue(mine, statement)).text
    async with await sit(site, await campaign_of(elsewhere), "owner") as desk:
        assert (await said.queue(desk, statement)).status_code == 404
        assert (await said.judge(desk, statement, "approved", page=page)).status_code == 404
        for own in (elsewhere, sibling):  # its id under a statement of one's own
            assert (await said.judge(desk, own, "approved", page=page)).status_code == 404
    assert await owner.fetchval("select state from comments") == "waiting"


NONSENSE = [
    {},
    {"comment": "x", "digest": "00", "was": "waiting", "verdict": "approved"},
    {"digest": "zz", "was": "waiting", "verdict": "approved"},
    {"was": "nonsense"},
    {"verdict": "erased"},
    {"verdict": "approved", "state": "nonsense"},
    {
        "comment": "00000000-0000-0000-0000-000000000000",
        "digest": "",
        "was": "waiting",
        "verdict": "approved",
    },
]


async def test_nonsense_judges_nothing(site, postbox, campaign_of, owner):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    async with await sit(site, await campaign_of(statement), "moderator") as desk:
        row = (await said.queue(desk, statement)).text.split("<li data-row")[1]
        whole = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', row))
        path = f"/organise/{statement.campaign_slug}/{statement.slug}/comments"
        for sent in NONSENSE:
            answer = await desk.post(path, data={**whole, **sent} if sent else {"a": "b"})
            assert answer.status_code in (400, 404), sent
    assert await owner.fetchval("select state from comments") == "waiting"


async def test_held_signatures_wait_neither_in_the_queue_nor_in_the_overview(
    site, postbox, campaign_of, owner
):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    campaign = await campaign_of(statement)
    async with await sit(site, campaign, "moderator") as desk:
        assert "comments: 1" in makers.visible((await desk.get(f"/organise/{campaign.slug}")).text)
        await owner.execute("update signatures set state = 'held'")
        assert "comments since" not in makers.visible((await desk.get(f"/organise/{campaign.slug}")).text)
        assert "No comment waits for you" in (await said.queue(desk, statement)).text
    async with await sit(site, campaign, "reader") as desk:
        assert "Waits for you" not in (await desk.get(f"/organise/{campaign.slug}")).text


async def test_the_desk_says_why_an_approved_comment_is_not_public(site, postbox, campaign_of, owner):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    async with await sit(site, await campaign_of(statement), "moderator") as desk:
        await said.judge(desk, statement, "approved")
        assert "not public" not in (await said.queue(desk, statement, "approved")).text
        await owner.execute("update signatures set unlisted = true")
        assert "the name is off the list" in (await said.queue(desk, statement, "approved")).text
        await owner.execute("update signatures set state = 'withdrawn', unlisted = false")
        assert "the signature does not count" in (await said.queue(desk, statement, "approved")).text


async def test_the_campaign_hears_once_a_day_by_letter_what_waits(site, postbox, campaign_of, owner):
    from petitions.desk import waiting

    statement = await said.statement(site)
    assert await waiting.tell(site) == "0 campaigns told"
    await said.say(site, postbox, statement)
    assert await waiting.tell(site) == "1 campaigns told"
    assert await waiting.tell(site) == "0 campaigns told"
    (letter,) = [one for one in await postbox.settle() if one.to == "contact@example.org"]
    assert f"{statement.title}: comments: 1" in letter.text
    assert f"/organise/{statement.campaign_slug}/{statement.slug}/comments" in letter.text
    assert WORDS not in letter.text + letter.html
    await owner.execute("update facts set value = (now() - interval '25 hours')::text where name ~ '^words'")
    await owner.execute("update comments set came_at = now() - interval '26 hours'")
    assert await waiting.tell(site) == "0 campaigns told"  # nothing new
    await said.say(site, postbox, statement, "More words", "Bea Example")
    assert await waiting.tell(site) == "1 campaigns told"
    async with await sit(site, await campaign_of(statement), "moderator") as desk:
        await said.judge(desk, statement, "approved")
        await said.judge(desk, statement, "approved")
    assert not [
        one for one in await postbox.settle() if one.to == "contact@example.org"
    ]  # nothing waits any more
