"""Campaigns: facts that are cleaned or refused, slugs that stay, an audit without values."""

from __future__ import annotations

import asyncio

import pytest

from petitions.campaigns import actions as campaigns
from petitions.campaigns.slugs import RESERVED, check_slug
from petitions.errors import Moved, NotFound, Refused
from petitions.statements import actions as statements
from tests import makers

ACTOR = makers.ACTOR


async def test_it_is_added_with_its_slug_and_its_audit(site, owner):
    row = await makers.campaign(site, slug="fair-pay", accent="#00FF7f")
    assert (await campaigns.find(site, "fair-pay")).id == row.id
    assert row.accent == "#00ff7f"
    audit = await owner.fetchrow("select * from audit where campaign_id = $1", row.id)
    assert (audit["act"], audit["actor"]) == ("campaign add", ACTOR)
    assert "Example Street" not in audit["details"]
    assert "postal_address" in audit["details"]


async def test_of_two_at_once_one_gets_the_slug(site, owner):
    results = await asyncio.gather(
        *(makers.campaign(site, slug="fair-pay") for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(result, Refused) for result in results) == 2
    assert await owner.fetchval("select count(*) from campaigns") == 1
    assert await owner.fetchval("select count(*) from audit") == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"slug": "Fair Pay"}, "can't be used"),
        ({"slug": "fair--pay"}, "can't be used"),
        ({"slug": "-fair"}, "can't be used"),
        ({"slug": "fair_pay"}, "can't be used"),
        ({"slug": "fair.pay"}, "can't be used"),
        ({"slug": "fäir"}, "can't be used"),
        ({"slug": ""}, "is needed"),
        ({"slug": "x" * 81}, "too long"),
        ({"slug": "unsubscribe"}, "is kept"),
        ({"name": ""}, "name can't be taken"),
        ({"name": "x" * 201}, "too long"),
        ({"name": "two\nlines"}, "one line"),
        ({"contact_email": "nobody"}, "has no @"),
        ({"sender": "a@b"}, "sender"),
        ({"accent": "red"}, "accent colour"),
        ({"language": "xx"}, "not one of this site's"),
        ({"retention_months": 25}, "1 to 24"),
        ({"retention_months": 0}, "1 to 24"),
        ({"partners": {"Bad Key": "x"}}, "partner key"),
        ({"partners": {"key": ""}}, "partners can't be taken"),
        ({"bulk_sender": "a@b"}, "sender of letters to many"),
        ({"social_links": [("Us", "javascript:alert(1)")]}, "Write a web address"),
        ({"social_links": [("Us", "")]}, "Enter its web address"),
        ({"social_links": [("Us", "https://example.org")] * 13}, "12 at most"),
        ({"additions": {"privacy": "x" * 10_001}}, "too long"),
    ],
)
async def test_a_bad_fact_is_refused_with_a_sentence(site, owner, facts, words):
    with pytest.raises(Refused) as caught:
        await makers.campaign(site, **facts)
    assert words in caught.value.sentence
    assert await owner.fetchval("select count(*) from campaigns") == 0


async def test_a_change_touches_only_what_it_names_and_the_audit_no_values(site, owner):
    row = await makers.campaign(site)
    changed = await campaigns.change(site, row, actor=ACTOR, contact_email="office@example.org")
    assert changed.contact_email == "office@example.org"
    assert (changed.name, changed.postal_address) == (row.name, row.postal_address)
    details = await owner.fetchval("select details::text from audit where act = 'campaign set'")
    assert details == '{"fields": ["contact_email"]}'


@pytest.mark.parametrize("fact", ["controller", "postal_address", "contact_email"])
async def test_what_the_law_asks_is_never_emptied(site, fact):
    with pytest.raises(Refused, match="not emptied"):
        await campaigns.change(site, await makers.campaign(site), actor=ACTOR, **{fact: " "})


async def test_an_old_slug_redirects_with_all_its_pages(site, client):
    row = await makers.campaign(site, slug="camp")
    await campaigns.change(site, row, actor=ACTOR, slug="new-camp")
    with pytest.raises(Moved):
        await campaigns.find(site, "camp")
    for page in ("", "/privacy", "/imprint"):
        answer = await client.get(f"/campaigns/camp{page}")
        assert (answer.status_code, answer.headers["location"]) == (308, f"/campaigns/new-camp{page}")
    with pytest.raises(Refused, match="is taken"):
        await makers.campaign(site, slug="camp")


async def test_campaigns_and_statements_have_slugs_of_their_own(site):
    campaign = await makers.campaign(site, slug="fair-pay")
    row = await makers.statement(site, campaign, slug="fair-pay")
    assert (await statements.find(site, "fair-pay")).id == row.id


async def test_nothing_is_found_where_nothing_is(site):
    with pytest.raises(NotFound):
        await campaigns.find(site, "nowhere")
    with pytest.raises(Refused, match="There is no campaign"):
        await campaigns.find_for_organisers(site, "nowhere")


PLANNED = """
confirm unsubscribe my campaigns organise healthz readyz metrics dev static accent api embed embeds motions events
materials updates speakers paper sheets ledger follow groups contact places admin about help privacy imprint terms
accessibility sign login log-in files hooks feeds search count share qr og
"""


@pytest.mark.parametrize("word", PLANNED.split())
def test_the_words_of_planned_rooms_are_kept(word):
    assert word in RESERVED
    with pytest.raises(Refused):
        check_slug(word)


@pytest.mark.parametrize("word", ["robots.txt", "favicon.ico"])
def test_file_names_are_no_slugs(word):
    with pytest.raises(Refused):
        check_slug(word)
