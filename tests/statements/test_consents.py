"""The wordings: plain, complete, written down when a statement opens and whenever they change."""

from __future__ import annotations

from petitions.statements import actions as statements
from tests import makers

ACTOR = makers.ACTOR


async def wordings(site, row):
    return {text.purpose: text for text in await statements.consents(site, row, row.language)}


async def test_the_act_of_signing_names_controller_opinion_union_and_hand_over(site):
    campaign = await makers.campaign(site, controller="Example Controller Ltd")
    row = await makers.statement(
        site,
        campaign,
        addressed_to="The Example Council",
        fields=["union", "postcode"],
        handover=["name", "postcode"],
    )
    sign = (await wordings(site, row))["sign"].wording
    for words in (
        "I sign this statement",
        "I agree that Example Controller Ltd processes",
        "political opinion",
        "that I belong to a union",
        "handed over to The Example Council: my name, my postcode",
        "I can take this back at any time",
    ):
        assert words in sign


async def test_without_union_fields_the_union_is_not_spoken_of(site):
    row = await makers.statement(site, fields=["town"])
    texts = await wordings(site, row)
    assert "union" not in texts
    assert "union" not in texts["sign"].wording
    assert "handed over" not in texts["sign"].wording  # it is addressed to nobody


async def test_the_public_name_says_what_is_shown_with_it(site):
    row = await makers.statement(
        site, fields=["town", "job", "union"], public=["name", "town", "job", "union"]
    )
    texts = await wordings(site, row)
    assert "my town, my job" in texts["name"].wording
    assert "my union" in texts["union"].wording
    assert "(personal capacity)" in texts["union"].wording


async def test_a_changed_controller_means_a_new_version_of_what_names_it(site, owner):
    campaign = await makers.campaign(site)
    row = await makers.statement(site, campaign)
    before = await wordings(site, row)
    await statements.change_campaign(site, campaign, actor=ACTOR, controller="Another Example Ltd")
    row = await statements.find(site, row.slug)
    after = await wordings(site, row)
    assert (after["sign"].version, after["name"].version) == (2, 1)
    assert "Another Example Ltd" in after["sign"].wording
    assert before["name"].id == after["name"].id
    assert await owner.fetchval("select count(*) from consent_texts where purpose = 'sign'") == 2


async def test_the_old_wording_comes_back_with_the_old_name(site, owner):
    campaign = await makers.campaign(site, controller="First Example Ltd")
    row = await makers.statement(site, campaign)
    first = (await wordings(site, row))["sign"]
    for name in ("Second Example Ltd", "First Example Ltd"):
        await statements.change_campaign(site, campaign, actor=ACTOR, controller=name)
    row = await statements.find(site, row.slug)
    assert (await wordings(site, row))["sign"].id == first.id


async def test_a_partner_that_left_is_asked_for_no_more(site):
    campaign = await makers.campaign(site, partners={"friends": "Friends of Examples"})
    row = await makers.statement(site, campaign)
    assert "partner:friends" in await wordings(site, row)
    await statements.change_campaign(site, campaign, actor=ACTOR, partners={})
    row = await statements.find(site, row.slug)
    assert "partner:friends" not in await wordings(site, row)


async def test_they_stand_in_the_statements_language(site):
    row = await makers.statement(site, language="de")
    texts = await statements.consents(site, row, "de")
    assert [text.purpose for text in texts] == ["sign", "name", "mail"]
    assert await statements.consents(site, row, "en") == []


async def test_a_custom_field_is_named_by_its_own_label(site):
    row = await makers.statement(
        site,
        addressed_to="The Example Council",
        fields=[{"name": "shift", "label": "Your shift"}],
        handover=["name", "shift"],
    )
    assert "my name, “Your shift”" in (await wordings(site, row))["sign"].wording
