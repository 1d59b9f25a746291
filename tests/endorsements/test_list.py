"""The public list of organisations that endorse, and their section on the statement's page."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from petitions.endorsements import LEVELS
from petitions.endorsements.listing import monogram
from petitions.ids import new_id
from petitions.organisations import KINDS
from tests import makers
from tests.endorsements import rows


@pytest_asyncio.fixture
async def statement(site: Any) -> Any:
    return await makers.statement(site)


class List:
    """The list as it is read."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer, self.html = answer, answer.text
        self.said = makers.visible(answer.text)
        main = answer.text.partition("<main")[2]
        self.names = [unescape(one) for one in re.findall(r"<b><bdi>(.*?)</bdi>", main)]
        self.kinds = re.findall(r'<h2 id="kind-\d+">(.*?)</h2>', main)
        self.groups = [unescape(one) for one in re.findall(r"<h3><a [^>]*><bdi>(.*?)</bdi>", main)]


@pytest_asyncio.fixture
async def listed(client: httpx.AsyncClient, statement: Any) -> Any:
    async def read(**query: str) -> List:
        answer = await client.get(f"/{statement.slug}/endorsements", params=query)
        assert answer.status_code == 200, answer.text
        return List(answer)

    return read


async def test_it_is_by_kind_and_by_what_bodies_belong_to_with_both_counts(
    owner, statement, listed, counting
):
    await rows.tree(owner, statement)
    await counting()
    found = await listed()
    assert found.names == [
        "Example Transport Workers’ Union",
        "Exampleton Bus Depot Branch",
        "Eastfield Trades Council",
    ]
    assert found.kinds == ["National unions", "Union branches", "Trades councils"]
    assert found.groups == ["Example Transport Workers’ Union · North Region"]
    assert "3 organisations" in found.said
    assert "All 3 National unions 1 Union branches 1 Trades councils 1" in found.said


async def test_all_kinds_stand_in_their_order(owner, statement, listed):
    for kind in sorted(KINDS):
        await rows.accepted(owner, statement, f"Example {kind}", kind=kind)
    assert [unescape(one) for one in (await listed()).kinds] == [several for _, several in KINDS.values()]


async def test_each_says_how_it_decided_its_members_its_area_its_site_and_its_level(owner, statement, listed):
    await rows.tree(owner, statement)
    found = await listed()
    assert "NR/142 annual meeting, 15 February 2026 Exampleton 420 members (1 January 2026)" in found.said
    assert "31,000 members (31 December 2025, annual return) Minutes seen by the campaign" in found.said
    site = '<a href="https://eastfield.example/" rel="noopener nofollow ugc" dir="ltr">eastfield.example</a>'
    assert site in found.html
    for meaning in LEVELS.values():  # once at a body, and once where it is explained
        assert found.said.count(meaning) == 2, meaning


async def test_what_the_campaign_wrote_stands_in_the_place_of_what_is_made(owner, statement, listed):
    await rows.accepted(
        owner, statement, "Longmoor UNI", wording="Longmoor UNI (AGM, by 88 to 3)", met_on=date(2026, 1, 2)
    )
    await rows.accepted(owner, statement, "Hallam UNI", wording="Adopted unanimously")
    found = await listed()
    assert found.names == ["Hallam UNI", "Longmoor UNI (AGM, by 88 to 3)"]
    assert "Hallam UNI Adopted unanimously · branch meeting" in found.said
    assert "Longmoor UNI (AGM, by 88 to 3) branch meeting, 2 January 2026" in found.said


async def test_a_page_in_german_says_it_in_german(site, client, owner):
    statement = await makers.statement(site, language="de")
    await rows.accepted(owner, statement, "Beispielverein", met_on=date(2026, 2, 15), members=1_200)
    said = makers.visible((await client.get(f"/{statement.slug}/endorsements")).text)
    assert "15. Februar 2026" in said
    assert "1.200" in said


async def test_only_what_was_accepted_and_stands_is_shown(owner, statement, listed):
    for state in ("pending", "confirmed", "questioned", "declined", "withdrawn", "expired", "replaced"):
        await rows.confirmed(owner, statement, f"Hidden {state}", state=state)
    shown = await rows.accepted(owner, statement, "Shown Branch")
    assert (await listed()).names == ["Shown Branch"]
    await rows.withdrawn(owner, shown)
    assert "No organisation has added its name yet" in (await listed()).said


async def test_nothing_of_officers_votes_motion_and_minutes_is_public(client, owner, statement, listed):
    secrets = {
        "officer_name": "Olive Secret",
        "officer_role": "Hidden Role",
        "officer_email": "olive@secret.example",
        "officer_phone": "020 7946 0000",
        "second_name": "Second Secret",
        "motion": "This secret branch resolves",
        "note": "a note to organisers",
    }
    logo = await rows.picture(owner)
    minutes = await rows.picture(owner, "#00ff00")
    await rows.accepted(
        owner,
        statement,
        "Open Branch",
        **secrets,
        present=4711,
        minutes=minutes,
        logo=logo,
        logo_consent=False,
    )
    for path in ("", "/endorsements", ".json"):
        text = (await client.get(f"/{statement.slug}{path}")).text
        for secret in (*secrets.values(), "4711", logo.hex(), minutes.hex()):
            assert secret not in text, path


async def test_names_are_shown_as_they_are_and_never_as_html(owner, statement, listed):
    name = "<script>alert(1)</script> & “Söhne”"
    await rows.accepted(owner, statement, name, web_address="javascript:alert(1)", area="<b>x")
    found = await listed()
    assert found.names == [name]
    assert "javascript:" not in found.html
    assert "<script>alert" not in found.html


async def test_an_endorsement_of_another_version_says_so(site, owner, statement, listed):
    await rows.accepted(owner, statement, "Early Branch")
    await makers.new_version(site, statement)
    assert "endorsed version 1 of the text" in (await listed()).said


async def test_a_logo_hangs_on_the_wall_and_who_has_none_gets_a_monogram(client, owner, statement, listed):
    digest = await rows.picture(owner, size=(320, 80))
    await rows.accepted(owner, statement, "Logo & Sons Branch", logo=digest)
    await rows.accepted(owner, statement, "The Plain Branch")
    found = await listed()
    (on_the_wall, in_the_list) = re.findall(r"<img [^>]*>", found.html)
    assert 'alt="Logo &amp; Sons Branch"' in on_the_wall
    assert 'alt=""' in in_the_list  # its name stands beside it
    for picture in (on_the_wall, in_the_list):
        assert 'width="320" height="80"' in picture
        assert 'loading="lazy"' in picture
    assert 'aria-hidden="true">PB</span>' in found.html
    address = re.findall(r'src="(/logo/[^"]+)"', found.html)[0]
    assert digest.hex() in address
    answer = await client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert "<img" not in (await listed(q="plain")).html


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Example Transport Workers", "ET"),
        ("The Union of Bakers", "UB"),
        ("ver.di", "VD"),
        ("Åland 12", "Å"),
        ("the", "T"),
        ("测试工会", "测"),
        ("12 34", "13"),
        ("!", "!"),
    ],
)
def test_a_monogram_is_of_the_first_words(name, letters):
    assert monogram(name) == letters


async def test_filters_narrow_it_and_search_engines_are_sent_to_the_whole(owner, statement, listed):
    tree = await rows.tree(owner, statement)
    union = str(tree["Example Transport Workers’ Union"]["organisation_id"])
    whole = await listed()
    assert "noindex" not in whole.html
    assert whole.html.count('aria-current="true"') == 1
    assert whole.answer.headers["cache-control"].startswith("public")
    depot, council = "Exampleton Bus Depot Branch", "Eastfield Trades Council"
    for query, names in (
        ({"kind": "trades council"}, [council]),
        ({"of": union}, ["Example Transport Workers’ Union", depot]),
        ({"of": union, "kind": "union branch"}, [depot]),
        ({"q": "EASTFIELD"}, [council]),
        ({"q": "the transport-workers"}, ["Example Transport Workers’ Union", depot]),  # which belongs to it
        ({"q": "north"}, [depot]),
        ({"q": "nr/1"}, [depot]),
        ({"q": "nr142"}, [depot]),
        ({"q": "NR 142"}, [depot]),
        ({"q": "exampleton"}, [depot]),
        ({"q": "exampleton", "kind": "trades council"}, []),
    ):
        found = await listed(**query)
        assert found.names == names, query
        assert '<meta name="robots" content="noindex">' in found.html
        assert (
            f'<link rel="canonical" href="http://localhost:8000/{statement.slug}/endorsements">' in found.html
        )
        assert found.answer.headers["cache-control"] == "no-store"
        assert ("1 organisation fits" in found.said) is (len(names) == 1)
    assert f'<option value="{union}" selected>' in (await listed(of=union)).html
    assert 'value="&#34;&gt;exampleton"' in (await listed(q='">exampleton')).html


async def test_what_like_takes_for_anything_is_searched_for_as_it_is(owner, statement, listed):
    for name in ("Ten % Branch", "Under_score Branch", "Back\\slash Branch", "Plain Branch"):
        await rows.accepted(owner, statement, name)
    assert (await listed(q="%")).names == ["Ten % Branch"]
    assert (await listed(q="r_s")).names == ["Under_score Branch"]
    assert (await listed(q="\\")).names == ["Back\\slash Branch"]


async def test_a_region_is_known_by_its_name_and_the_bodies_of_others_stay_unnamed(
    site, owner, statement, listed
):
    tree = await rows.tree(owner, statement)
    region = await owner.fetchval(
        "select parent_id from organisations where id = $1",
        tree["Exampleton Bus Depot Branch"]["organisation_id"],
    )
    found = await listed(of=str(region))
    assert found.names == ["Exampleton Bus Depot Branch"]
    assert f'<option value="{region}" selected>North Region</option>' in found.html
    foreign = await rows.organisation(
        owner, await makers.statement(site), "Foreign Union", kind="national union"
    )
    campaign = await site.store.campaigns.find(slug=statement.campaign_slug)
    draft = await makers.statement(site, campaign, open=False)
    unseen = await rows.accepted(owner, draft, "Foreign Council", kind="trades council")
    gone = await rows.accepted(owner, statement, "Foreign Branch")
    await rows.withdrawn(owner, gone)
    for id in (foreign["id"], unseen["organisation_id"], gone["organisation_id"]):
        found = await listed(of=str(id))
        assert "No organisation here fits what you asked for" in found.said
        assert "Foreign" not in found.html


async def test_what_is_not_counted_yet_is_listed_and_no_total_is_said(
    client, owner, statement, listed, counting
):
    await rows.accepted(owner, statement, "First Council", kind="trades council", members=100)
    page, found = (await client.get(f"/{statement.slug}")).text, await listed()
    for html in (page, found.html):
        assert "First Council" in html
        assert "Organisations with" not in makers.visible(html)
    assert "All Trades councils 1" in found.said
    await counting()
    page, found = (await client.get(f"/{statement.slug}")).text, await listed()
    assert "All 1 Trades councils 1" in found.said
    assert "Organisations that endorse 1 organisation Organisations with 100 members" in found.said
    assert "Organisations that endorse all 1" in makers.visible(page)


async def test_the_statements_page_says_how_many_endorsed_an_earlier_text(
    site, client, owner, statement, counting
):
    await rows.accepted(owner, statement, "Early Branch")
    await counting()
    assert "earlier version" not in makers.visible((await client.get(f"/{statement.slug}")).text)
    await makers.new_version(site, statement)
    said = makers.visible((await client.get(f"/{statement.slug}")).text)
    assert "1 organisation 1 of them endorsed an earlier version of the text." in said


async def test_a_link_with_others_marks_is_everybodys_page(client, owner, statement):
    await rows.tree(owner, statement)
    answer = await client.get(f"/{statement.slug}/endorsements?fbclid=x&from=leaflet")
    assert answer.headers["cache-control"].startswith("public")
    assert "noindex" not in answer.text


@pytest.mark.parametrize("query", [{"kind": "cats"}, {"of": "x"}, {"of": str(new_id())}, {"q": "nobody"}])
async def test_a_filter_that_fits_nothing_says_so(owner, statement, listed, query):
    await rows.tree(owner, statement)
    found = await listed(**query)
    assert "No organisation here fits what you asked for. See the whole list" in found.said
    assert found.names == []


ODD = some.text(max_size=300) | some.sampled_from(
    ["%", "\0", "\\", "'", "٣", "ß", "\ud800", "%00", "9" * 400]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.dictionaries(some.sampled_from(["kind", "of", "q", "page", "x"]), ODD, max_size=4))
@example({"q": "\0"})
@example({"of": "0" * 32, "q": "_%"})
async def test_nothing_that_can_be_asked_makes_it_fail(client, owner, statement, query):
    query = {name: text.encode("utf-8", "surrogatepass") for name, text in query.items()}
    answer = await client.get(f"/{statement.slug}/endorsements", params=query)
    assert answer.status_code in (200, 400, 404, 414), query


async def test_a_hundred_a_page_with_the_headings_again_and_the_filters_kept(
    client, owner, statement, listed
):
    await rows.many(owner, statement, 101)
    first = await listed()
    assert len(first.names) == 100
    assert "Page 1 of 2" in first.said
    second = await listed(page="2")
    assert len(second.names) == 1
    assert second.kinds == ["Union branches"]
    assert second.groups == [first.groups[-1]] == ["Example Union of Many · Region 9"]
    assert "noindex" in second.html
    assert f'rel="prev" href="/{statement.slug}/endorsements"' in second.html
    assert set(first.names).isdisjoint(second.names)
    narrowed = await listed(kind="union branch", q="branch")
    assert f'href="/{statement.slug}/endorsements?kind=union+branch&amp;q=branch&amp;page=2"' in narrowed.html
    for page in ("0", "-1", "3", "x", "9" * 30, "1e3", "²"):
        answer = await client.get(f"/{statement.slug}/endorsements", params={"page": page})
        assert answer.status_code == 404, page


async def test_a_closed_statement_keeps_its_list_and_takes_no_more(site, client, owner, statement, listed):
    await rows.tree(owner, statement)
    await makers.close(site, statement)
    found = await listed()
    assert len(found.names) == 3
    page = (await client.get(f"/{statement.slug}")).text
    assert "Eastfield Trades Council" in page
    for text in (found.html, page):
        assert f'/{statement.slug}/endorse"' not in text


async def test_a_draft_has_no_list(site, client):
    draft = await makers.statement(site, open=False)
    assert (await client.get(f"/{draft.slug}/endorsements")).status_code == 404


async def test_the_statements_page_shows_twelve_the_featured_first_then_the_newest(
    client, owner, statement, counting
):
    for number in range(14):
        await rows.accepted(owner, statement, f"Branch No {number:02}", featured=number in (0, 2))
    await counting()
    page = (await client.get(f"/{statement.slug}")).text
    names = re.findall(r"<b><bdi>(Branch No \d\d)</bdi>", page)
    newest = [f"Branch No {number:02}" for number in (2, 0, *range(13, 2, -1))]
    assert names == newest[:12]
    said = makers.visible(page)
    assert "Organisations that endorse all 14" in said
    assert f'href="/{statement.slug}/endorsements"' in page
    assert page.count(f'href="/{statement.slug}/endorse"') == 2
    assert "Do you speak for an organisation?" in said


async def test_model_motions_are_offered_once_one_is_published(client, owner, statement):
    motion = new_id()
    await owner.execute(
        "insert into motions (statement_id, id, slug, state, title, body)"
        " values ($1, $2, 'fares', 'draft', 'Fares', 'This branch resolves')",
        statement.id,
        motion,
    )
    path = f"/{statement.slug}"
    assert "Put a model motion" not in (await client.get(path)).text
    await owner.execute("update motions set state = 'published', published_at = now()")
    assert f'href="{path}/motions">Put a model motion' in (await client.get(path)).text


async def test_where_nobody_endorses_the_first_is_invited_and_after_closing_nobody(site, client, statement):
    said = makers.visible((await client.get(f"/{statement.slug}")).text)
    assert "Yours can be the first. Add your organisation" in said
    await makers.close(site, statement)
    assert "Organisations" not in makers.visible((await client.get(f"/{statement.slug}")).text)
