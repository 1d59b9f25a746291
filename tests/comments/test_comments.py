"""Comments: never public before approval, nor longer than they may be."""

from __future__ import annotations

import re
from typing import Any

from petitions.statements import actions as statements
from tests import makers
from tests.comments import said
from tests.comments.said import WORDS
from tests.conftest import browser
from tests.desk.people import sit
from tests.my.ada import link_for


async def everywhere(site: Any, statement: Any) -> str:
    """All that a stranger sees of a statement."""
    async with browser(site, peer="127.0.0.9") as client:
        paths = ("", "/comments", "/signatories", ".json")
        return "".join([(await client.get(f"/{statement.slug}{path}")).text for path in paths])


async def approved(site: Any, statement: Any) -> None:
    async with await sit(site, await _campaign(site, statement), "moderator") as desk:
        answer = await said.judge(desk, statement, "approved")
        assert answer.status_code == 303, answer.text


async def _campaign(site: Any, statement: Any) -> Any:
    return await site.store.campaigns.find(slug=statement.campaign_slug)


async def test_a_comment_is_public_once_approved_and_never_before(site, postbox):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    assert WORDS not in await everywhere(site, statement)
    await approved(site, statement)
    async with browser(site) as stranger:
        for path in (f"/{statement.slug}", f"/{statement.slug}/comments"):
            page = (await stranger.get(path)).text
            assert WORDS in page
            assert "Ada Example" in page
        assert 'content="noindex"' in (await stranger.get(f"/{statement.slug}/comments")).text


async def test_without_the_consent_a_comment_is_for_the_organisers_alone(site, postbox, owner):
    statement = await said.statement(site)
    await said.say(site, postbox, statement, consent_comment="")
    assert not await owner.fetchval("select count(*) from comments")
    assert WORDS in await owner.fetchval("select answers from signatures")


async def test_the_consent_is_asked_only_where_the_public_sees_comments(site, client, owner):
    silent = await makers.statement(site, fields=["comment"])
    page = (await client.get(f"/{silent.slug}")).text
    assert "consent_comment" not in page
    assert "Not published" in page
    assert (await client.get(f"/{silent.slug}/comments")).status_code == 404
    shown = await said.statement(site)
    page = (await client.get(f"/{shown.slug}")).text
    assert re.search(r'name="consent_comment" value="yes">', page)  # not ticked
    assert "once an organiser has read it" in page
    wordings = await owner.fetch("select statement_id from consent_texts where purpose = 'comment'")
    assert [row["statement_id"] for row in wordings] == [shown.id]


async def test_the_name_stands_there_only_where_it_is_shown_and_the_union_in_a_personal_capacity(
    site, postbox
):
    statement = await said.statement(site)
    await said.say(site, postbox, statement, consent_name="")
    await approved(site, statement)
    page = await everywhere(site, statement)
    assert WORDS in page
    assert "Ada" not in page
    assert "a signatory" in page
    await said.say(
        site, postbox, statement, "Bread and roses.", "Bea Example", union="Bakers", consent_union="yes"
    )
    await approved(site, statement)
    assert "Bakers (personal capacity)" in makers.visible(await everywhere(site, statement))


MOVES = [
    "state = 'held'",
    "state = 'invalidated'",
    "state = 'withdrawn', withdrawn_at = now()",
    "unlisted = true",
    'answers = answers || \'{"comment": "Other words"}\'',
    "answers = answers - 'comment'",
    "display_comment = false",
    "erased_at = now(), address_key = null, name = null, email = null, answers = null",
]
AS_BEFORE = (
    "update signatures set state = 'confirmed', withdrawn_at = null, unlisted = false, display_comment = true, "
    "answers = jsonb_build_object('comment', $1::text)"
)


async def test_whatever_moves_the_signature_takes_the_comment_from_the_public_at_once(site, postbox, owner):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    for move in MOVES:
        await owner.execute(AS_BEFORE, WORDS)
        await owner.execute("update comments set state = 'approved', judged_at = now()")
        assert WORDS in await everywhere(site, statement)
        await owner.execute(f"update signatures set {move}")
        page = await everywhere(site, statement)
        assert WORDS not in page, move
        assert "Other words" not in page


async def test_erasing_leaves_not_even_the_digest(site, postbox, owner):
    statement = await said.statement(site)
    email = await said.say(site, postbox, statement)
    await approved(site, statement)
    async with browser(site) as ada:
        link = await link_for(ada, postbox, email)
        key = re.search(r'name="signature" value="([^"]+)"', (await ada.get(link)).text)[1]
        assert (await ada.post(f"{link}/erase", data={"signature": key})).status_code == 303
    assert not await owner.fetchval("select count(*) from comments")
    assert not await owner.fetchval("select display_comment from signatures")


async def _my(site: Any, postbox: Any, email: str, **typed: str) -> str:
    """Open "My signature", save the form with this in it, and see the page again."""
    async with browser(site) as client:
        link = await link_for(client, postbox, email)
        page = (await client.get(link)).text
        if typed:
            form = {name: value for name, value in {**makers.hidden(page), **typed}.items() if value}
            answer = await client.post(f"{link}/change", data=form)
            assert answer.status_code == 303, makers.visible(answer.text)
            page = (await client.get(link)).text
        return makers.visible(page)


async def test_my_signature_says_where_the_comment_stands_and_other_words_wait_again(site, postbox, owner):
    statement = await said.statement(site)
    email = await said.say(site, postbox, statement)
    assert "an organiser reads it first" in await _my(site, postbox, email)
    await approved(site, statement)
    same = {"name": "Ada Example", "consent_name": "yes", "consent_comment": "yes"}
    assert "Your comment is shown publicly" in await _my(site, postbox, email)
    for hidden, words in (
        ("unlisted = true", "not public either"),
        ("state = 'held'", "while your signature is held"),
    ):
        await owner.execute(f"update signatures set {hidden}")
        await owner.execute("delete from letter_caps")
        page = await _my(site, postbox, email)
        assert words in page
        assert "reads it first" not in page
        await owner.execute("update signatures set unlisted = false, state = 'confirmed'")
    await owner.execute("delete from letter_caps")
    assert "reads it first" in await _my(site, postbox, email, comment="Better words", **same)
    page = await everywhere(site, statement)
    assert WORDS not in page
    assert "Better words" not in page
    async with await sit(site, await _campaign(site, statement), "moderator") as desk:
        await said.judge(desk, statement, "declined")
    assert "do not show your comment" in await _my(site, postbox, email)
    await owner.execute("delete from letter_caps")
    await _my(site, postbox, email, comment="Better words", name="Ada Example", consent_name="yes")
    assert not await owner.fetchval("select count(*) from comments")
    last = await owner.fetchrow(
        "select t.purpose, c.act from consents c join consent_texts t on t.id = c.text_id order by c.given_at desc"
    )
    assert tuple(last) == ("comment", "withdrawn")


async def test_withdrawing_hides_and_restoring_shows_again_what_was_approved(site, postbox, owner):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    await approved(site, statement)
    await owner.execute("update signatures set state = 'withdrawn', withdrawn_at = now()")
    assert WORDS not in await everywhere(site, statement)
    await owner.execute("update signatures set state = 'confirmed', withdrawn_at = null")
    assert WORDS in await everywhere(site, statement)


async def test_a_comment_of_an_unconfirmed_signature_waits_for_nobody(site, client, owner):
    statement = await said.statement(site)
    await makers.sign(client, statement, comment=WORDS, consent_comment="yes")
    assert not await owner.fetchval("select count(*) from comments")


async def test_the_kept_page_follows_an_approval(site, postbox, owner):
    """What each process looks at every five seconds is another text after it."""
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    before = await site.store.changes.list_editions(statement_ids=[statement.id])
    await approved(site, statement)
    after = await site.store.changes.list_editions(statement_ids=[statement.id])
    assert before[0].edition != after[0].edition


async def test_fifty_stand_on_a_page_and_no_link_says_when_somebody_signed(site, postbox, owner):
    statement = await said.statement(site)
    await said.say(site, postbox, statement, "Number 0.")
    for number in range(1, 51):
        await owner.execute(
            "insert into signatures (statement_id, id, version, state, confirmed_at, number, display_comment, answers)"
            " values ($1, gen_random_uuid(), 1, 'confirmed', now(), 100 + $2::integer, true,"
            " jsonb_build_object('comment', 'Number ' || $2::text || '.'))",
            statement.id,
            number,
        )
    await owner.execute("update signatures set state = state")
    await owner.execute("update comments set state = 'approved', judged_at = now()")
    assert await owner.fetchval("select count(*) from comments where state = 'approved'") == 51
    ids = [str(row["id"]) for row in await owner.fetch("select id from signatures")]
    async with browser(site) as stranger:
        first = (await stranger.get(f"/{statement.slug}/comments")).text
        assert first.count("<blockquote") == 50
        assert (await stranger.get(f"/{statement.slug}/comments?page=2")).text.count("<blockquote") == 1
        assert not [id for id in ids if id in first]
        for wrong in ("0", "3", "x", "%C2%B2", "99999999999"):
            assert (await stranger.get(f"/{statement.slug}/comments?page={wrong}")).status_code == 404


async def test_words_stay_words(site, postbox):
    statement = await said.statement(site)
    await said.say(site, postbox, statement, '<script>alert("x")</script> & more')
    await approved(site, statement)
    page = await everywhere(site, statement)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


async def test_a_version_or_a_closing_changes_nothing_about_it(site, postbox):
    statement = await said.statement(site)
    await said.say(site, postbox, statement)
    await approved(site, statement)
    await makers.close(site, await statements.find_for_organisers(site, statement.slug))
    assert WORDS in await everywhere(site, statement)
