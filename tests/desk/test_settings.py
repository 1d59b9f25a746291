"""A campaign's settings: owners alone, nothing typed is lost, and two at once learn of each other."""

from __future__ import annotations

import asyncio
import re
from html import unescape

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from petitions.campaigns import forms
from petitions.mail.letters import compose
from petitions.statements import actions as statements
from tests import makers
from tests.desk.people import organiser, seated, sit
from tests.files.made import PDF, picture


def typed_of(html: str) -> dict[str, str]:
    """What the form of a page holds, as a browser would send it."""
    form = html[html.index("data-preview") :]
    form = form[: form.index("</form>")]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        facts = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if facts.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        found[facts["name"]] = unescape(facts.get("value", ""))
    for name, text in re.findall(r'(?s)<textarea[^>]*name="(\w+)"[^>]*>\n?(.*?)</textarea>', form):
        found[name] = unescape(text)
    return found


async def save(client, campaign, typed):
    body, kind = makers.multipart(typed, {})
    return await client.post(
        f"/organise/{campaign.slug}/settings", content=body, headers={"Content-Type": kind}
    )


async def now(site, campaign):
    return await site.store.campaigns.find(slug=campaign.slug)


async def test_only_owners_see_and_change_them(site):
    campaign = await makers.campaign(site)
    for role in ("organiser", "moderator", "stall", "reader"):
        async with await sit(site, campaign, role) as client:
            assert (await client.get(f"/organise/{campaign.slug}/settings")).status_code == 403
            assert (await save(client, campaign, {"name": "Ours now"})).status_code == 403
    assert (await now(site, campaign)).name == campaign.name


async def test_an_owner_of_another_campaign_finds_nothing_there(site):
    mine, other = await makers.campaign(site), await makers.campaign(site)
    async with await sit(site, mine) as client:
        for path in ("settings", "settings/preview", "settings/logo", "settings/logo/remove"):
            answer = await client.post(f"/organise/{other.slug}/{path}", data={"name": "Ours"})
            assert answer.status_code == 404
    assert (await now(site, other)).name == other.name


async def test_it_wants_the_second_factor_fresh(site, owner):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign) as client:
        await owner.execute("update sessions set second_at = now() - interval '11 minutes'")
        assert (await client.get(f"/organise/{campaign.slug}/settings")).status_code == 303
        assert (await save(client, campaign, {"name": "Other"})).status_code == 403


async def test_saving_the_page_as_it_is_changes_nothing(site, owner):
    campaign = await makers.campaign(
        site,
        introduction="Two\n\nparagraphs",
        partners={"friends": "Friends of Examples"},
        social_links=[("Mastodon", "https://example.org/@us")],
        additions={"privacy": "We also *care*."},
    )
    async with await sit(site, campaign) as client:
        page = await client.get(f"/organise/{campaign.slug}/settings")
        before = await owner.fetchval("select count(*) from audit")
        answer = await save(client, campaign, typed_of(page.text))
    assert answer.headers["location"].endswith("?done=same")
    assert await owner.fetchval("select count(*) from audit") == before


async def test_everything_can_be_changed_and_the_audit_names_fields_alone(site, owner, client):
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign)
    new = {
        "name": "Examples Together",
        "slug": "examples-together",
        "introduction": "We ask for **more**.",
        "language": "de",
        "controller": "Examples Together e.V.",
        "postal_address": "2 Example Street\nExampleton",
        "contact_email": "office@example.org",
        "on_behalf_of": "The Examples",
        "accent": "#FFDD00",
        "sender": "post@example.org",
        "bulk_sender": "news@example.org",
        "retention_months": "9",
        "link_name_1": "Mastodon",
        "link_url_1": "example.org/@us",
        "link_url_2": "https://www.example.com/x",
        "partner_new_1": "Friends of Examples",
        "addition_imprint": "Register: **EX 1**",
    }
    async with await sit(site, campaign) as desk:
        page = await desk.get(f"/organise/{campaign.slug}/settings")
        answer = await save(desk, campaign, typed_of(page.text) | new)
        assert answer.headers["location"] == "/organise/examples-together/settings?done=saved"
        assert (await desk.get("/organise/examples-together/settings")).status_code == 200
    row = await now(site, campaign)
    assert (row.slug, row.accent, row.retention_months, row.language) == (
        "examples-together",
        "#ffdd00",
        9,
        "de",
    )
    assert row.partners == [{"key": "friends-of-examples", "name": "Friends of Examples"}]
    assert row.social_links == [
        {"name": "Mastodon", "url": "https://example.org/@us"},
        {"name": "example.com", "url": "https://www.example.com/x"},
    ]
    details = await owner.fetchval("select details::text from audit where act = 'campaign set'")
    assert "bulk_sender" in details
    assert "example" not in details
    public = (await client.get(f"/{statement.slug}")).text
    assert (
        '<a class="button quiet" href="https://example.org/@us" rel="nofollow noopener">Mastodon</a>'
        in public
    )
    assert "Friends of Examples" in public
    assert "Examples Together e.V." in public
    assert "<strong>EX 1</strong>" in (await client.get("/campaigns/examples-together/imprint")).text
    texts = await statements.consents(site, await statements.find(site, statement.slug), "en")
    assert {"partner:friends-of-examples"} <= {text.purpose for text in texts}


WRONG = [
    ({"name": " "}, "Please give one"),
    ({"slug": "Not One"}, "can't be used"),
    ({"contact_email": "nobody"}, "has no @"),
    ({"accent": "red"}, "write it like #b4232f"),
    ({"retention_months": "25"}, "24 at most"),
    ({"retention_months": "0"}, "1 to 24"),
    ({"language": "xx"}, "not one of this site"),
    ({"link_name_1": "Nowhere"}, "Enter its web address"),
    ({"link_url_1": "javascript:alert(1)"}, "Write a web address"),
    ({"link_url_1": "https://user@example.org"}, "Write a web address"),
    ({"partner_new_1": "x" * 201}, "too long"),
    ({"addition_terms": "x" * 10_001}, "too long"),
    ({"controller": ""}, "can be changed, not emptied"),
]


async def test_what_cant_be_taken_is_told_beside_all_that_was_typed(site):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign) as client:
        blank = typed_of((await client.get(f"/organise/{campaign.slug}/settings")).text)
        for wrong, words in WRONG:
            typed = blank | {"introduction": "A long text, just typed."} | wrong
            answer = await save(client, campaign, typed)
            assert answer.status_code == 422, wrong
            assert words in unescape(answer.text)
            assert 'id="problems"' in answer.text
            again = {name: text for name, text in typed_of(answer.text).items() if text}
            assert again == {name: text for name, text in typed.items() if text not in ("", "xx")}, wrong
    assert await now(site, campaign) == campaign


async def test_who_saves_second_is_told_and_keeps_both(site):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign) as first, await sit(site, campaign) as second:
        path = f"/organise/{campaign.slug}/settings"
        mine, theirs = typed_of((await first.get(path)).text), typed_of((await second.get(path)).text)
        assert (await save(first, campaign, mine | {"name": "First", "accent": "#005500"})).status_code == 303
        told = await save(second, campaign, theirs | {"name": "Second", "introduction": "Hello"})
        assert told.status_code == 409
        assert "They changed: name, accent colour." in makers.visible(told.text)
        again = typed_of(told.text)
        assert (again["name"], again["accent"], again["introduction"]) == ("Second", "#005500", "Hello")
        assert (await save(second, campaign, again)).status_code == 303
    row = await now(site, campaign)
    assert (row.name, row.accent, row.introduction) == ("Second", "#005500", "Hello")


async def test_of_two_at_the_same_moment_one_is_told(site):
    campaign = await makers.campaign(site)
    boss = await organiser(site, campaign)
    async with await seated(site, boss) as one, await seated(site, boss) as other:
        typed = typed_of((await one.get(f"/organise/{campaign.slug}/settings")).text)
        answers = await asyncio.gather(
            save(one, campaign, typed | {"name": "One"}), save(other, campaign, typed | {"name": "Other"})
        )
    assert sorted(answer.status_code for answer in answers) == [303, 409]


async def test_a_partners_key_never_stands_for_another(site):
    campaign = await makers.campaign(site, partners={"friends": "Friends of Examples"})
    await makers.statement(site, campaign)
    async with await sit(site, campaign) as client:
        path = f"/organise/{campaign.slug}/settings"
        typed = typed_of((await client.get(path)).text)
        await save(client, campaign, typed | {"partner_gone_friends": "yes"})
        assert (await now(site, campaign)).partners == []
        typed = typed_of((await client.get(path)).text)
        await save(client, campaign, typed | {"partner_new_1": "Friends", "partner_new_2": "Friends!"})
    assert [one["key"] for one in (await now(site, campaign)).partners] == ["friends-2", "friends-3"]


async def test_a_retention_that_erases_at_once_has_to_be_wanted(site, owner):
    campaign = await makers.campaign(site, retention_months=12)
    statement = await makers.statement(site, campaign, title="Long over")
    await makers.close(site, statement)
    await owner.execute("update statements set closed_at = now() - interval '8 months'")
    async with await sit(site, campaign) as client:
        page = await client.get(f"/organise/{campaign.slug}/settings")
        assert "Long over" in page.text
        typed = typed_of(page.text) | {"retention_months": "6"}
        told = await save(client, campaign, typed)
        assert told.status_code == 422
        assert "erases all personal data of these statements within a day" in told.text
        assert (await now(site, campaign)).retention_months == 12
        assert (await save(client, campaign, typed | {"erase": "yes"})).status_code == 303
    assert (await now(site, campaign)).retention_months == 6


async def test_the_preview_shows_colour_introduction_and_dates_and_changes_nothing(site):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign) as client:
        typed = {"accent": "#ffee00", "introduction": "With *weight*", "retention_months": "3"}
        answer = await client.post(f"/organise/{campaign.slug}/settings/preview", data=typed)
    assert answer.status_code == 200
    part = answer.text[answer.text.index('id="preview"') :]
    assert "<em>weight</em>" in part
    assert "it is darkened to #" in part
    assert "What 3 months mean" in part
    assert await now(site, campaign) == campaign


async def test_the_logo_stands_in_the_head_of_public_pages_and_nobody_purges_it(site, client, owner):
    from petitions.files import actions as files

    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign)
    path = f"/organise/{campaign.slug}/settings/logo"
    async with await sit(site, campaign) as desk:
        body, kind = makers.multipart({}, {"logo": ("logo.png", picture("PNG"))})
        answer = await desk.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code == 303
        await owner.execute("update files set put_at = put_at - interval '3 days'")
        await files.purge(site)
        for page in (
            f"/{statement.slug}",
            f"/campaigns/{campaign.slug}",
            f"/campaigns/{campaign.slug}/imprint",
        ):
            html = (await client.get(page)).text
            found = re.search(
                rf'<img src="(/campaigns/{campaign.slug}/logo/[0-9a-f]+.webp)" alt="{campaign.name}">', html
            )
            assert found, page
        shown = await client.get(found[1])
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
        assert (await desk.post(f"{path}/remove")).status_code == 303
        assert (await client.get(found[1])).status_code == 404
        await files.purge(site)
    assert await owner.fetchval("select count(*) from files") == 0


async def test_a_logo_that_is_none_is_told(site):
    campaign = await makers.campaign(site)
    async with await sit(site, campaign) as desk:
        for name, content in (("minutes.pdf", PDF), ("", b""), ("logo.svg", b"<svg/>")):
            body, kind = makers.multipart({}, {"logo": (name, content)})
            answer = await desk.post(
                f"/organise/{campaign.slug}/settings/logo", content=body, headers={"Content-Type": kind}
            )
            assert answer.status_code == 422
            assert 'href="#field-logo"' in answer.text


async def test_letters_to_many_leave_from_their_own_sender(site):
    campaign = await makers.campaign(site, sender="post@example.org", bulk_sender="news@example.org")
    row = await statements.find(site, (await makers.statement(site, campaign)).slug)
    about = {
        "language": "en",
        "to": "ada@example.org",
        "address_key": b"k" * 16,
        "statement": row,
        "name": "Ada",
    }
    for host in (row, campaign):
        one = compose(
            site, "signatures/confirmed", campaign=host, number=1, my="https://example.org/my", **about
        )
        many = compose(
            site,
            "signatures/confirmed",
            campaign=host,
            bulk=True,
            number=1,
            my="https://example.org/my",
            **about,
        )
        assert (one.sender, many.sender) == ("post@example.org", "news@example.org")


async def test_whatever_is_typed_the_answer_is_a_page_and_nothing_is_half_written(site, owner):
    campaign = await makers.campaign(site, partners={"friends": "Friends"})
    loop = asyncio.get_running_loop()
    fields = sorted(forms.names(campaign) - {"seen"})
    text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
    likely = st.sampled_from(
        ["", "7", "#ffffff", "yes", "de", "a@example.org", "https://example.org", "x" * 300]
    )

    async def one(client, typed):
        path = f"/organise/{campaign.slug}/settings"
        typed = typed_of((await client.get(path)).text) | typed
        before = await now(site, campaign)
        body, kind = makers.multipart(typed, {})
        answer = await client.post(path, content=body, headers={"Content-Type": kind})
        assert answer.status_code in (303, 422)
        if answer.status_code == 422:
            assert await now(site, campaign) == before
        preview = await client.post(f"{path}/preview", data=typed)
        assert preview.status_code == 200

    async with await sit(site, campaign) as client:

        @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.dictionaries(st.sampled_from(fields), text | likely, max_size=12))
        def drive(typed):
            typed.pop("slug", None)
            asyncio.run_coroutine_threadsafe(one(client, typed), loop).result(60)

        await asyncio.to_thread(drive)
