"""The pages that a campaign has without writing them."""

from __future__ import annotations

import re

import pytest

from petitions.campaigns.retention import CONSENT_YEARS, DAYS
from petitions.folders import SQL
from petitions.statements import actions as statements
from tests import makers

PAGES = ("privacy", "imprint", "accessibility", "terms")


@pytest.mark.parametrize("page", PAGES)
async def test_each_page_answers_and_names_the_campaign(site, client, page):
    campaign = await makers.campaign(site, on_behalf_of="The Examples of Exampleton")
    answer = await client.get(f"/campaigns/{campaign.slug}/{page}")
    assert answer.status_code == 200
    words = makers.visible(answer.text)
    assert "Example Campaign e.V." in words
    assert "on behalf of The Examples of Exampleton" in words


@pytest.mark.parametrize("page", PAGES)
async def test_each_page_works_while_the_campaign_is_being_set_up(site, client, page):
    campaign = await makers.campaign(site, controller="", postal_address="", contact_email="")
    assert (await client.get(f"/campaigns/{campaign.slug}/{page}")).status_code == 200


async def test_an_unknown_campaign_has_no_pages(client):
    assert (await client.get("/campaigns/nowhere/privacy")).status_code == 404


async def test_privacy_says_what_is_in_force(site, client):
    campaign = await makers.campaign(site, retention_months=9, partners={"friends": "Friends of Examples"})
    row = await makers.statement(
        site,
        campaign,
        addressed_to="The Example Council",
        fields=["town", "union", {"name": "shift", "label": "Your shift"}],
        handover=["name", "town"],
    )
    await makers.statement(site, campaign, title="A secret draft", open=False)
    page = (await client.get(f"/campaigns/{campaign.slug}/privacy")).text
    words = makers.visible(page)
    for expected in (
        "contact@example.org",
        "1 Example Street",
        "Your shift",
        row.title,
        "The Example Council gets, at the hand-over name, town",
        "until 9 months after the statement closes",
        "Friends of Examples",
        f"{DAYS['pending']} days after its last letter, then it is deleted",
        f"{DAYS['ip']} days; then only a shortened form",
        f"{CONSENT_YEARS} years",
        "http://localhost:8000",
    ):
        assert expected in words
    for text in await statements.consents(site, row, "en"):
        assert text.wording in words
    assert "secret draft" not in words
    assert 'href="/my"' in page


async def test_markup_in_facts_stays_text(site, client):
    campaign = await makers.campaign(
        site, controller="<b>Example</b> & Co", postal_address="<i>1</i>\nExampleton"
    )
    page = (await client.get(f"/campaigns/{campaign.slug}/imprint")).text
    assert "&lt;b&gt;Example&lt;/b&gt; &amp; Co" in page
    assert "<b>Example" not in page


def test_the_days_are_those_of_the_queries():
    sql = " ".join(file.read_text() for file in sorted((SQL / "queries").glob("*.sql")))
    for days in (DAYS["link"], DAYS["pending"], DAYS["undo"], DAYS["unwritten"]):
        assert re.search(rf"interval '{days} days'", sql), days
