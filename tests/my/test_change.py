"""Changing what is shown, what is allowed and what was answered."""

from __future__ import annotations

from typing import Any

from petitions.campaigns import actions as campaigns
from petitions.statements import actions as statements
from tests import makers
from tests.my.ada import ANSWERS, My

AS_IT_IS = {"name": "Ada Example", "consent_name": "yes", **ANSWERS}
CLOSED = "update statements set state = 'closed', closed_at = now()"


async def change(my: My, **fields: Any) -> Any:
    return await my.post("change", **{name: value for name, value in {**AS_IT_IS, **fields}.items() if value})


async def test_a_name_and_answers_are_corrected(my: My):
    answer = await change(my, name="Ada L. Example", town="Otherton", own_shift="early")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(my.path)
    row = await my.row()
    assert row["name"] == "Ada L. Example"
    assert '"Otherton"' in row["answers"]
    assert '"shift": "early"' in row["answers"]
    assert "Your changes are saved" in (await my.client.get(answer.headers["location"])).text


async def test_the_history_names_fields_and_never_values(my: My):
    await change(my, name="Ada L. Example", town="Otherton", consent_mail="yes")
    event = await my.owner.fetchrow("select * from signature_events")
    assert event["act"] == "changed"
    assert set(event["fields"]) == {"name", "town", "mail_consent"}
    assert "Otherton" not in str(event)


async def test_a_permission_given_is_a_line_in_the_ledger(my: My):
    await change(my, **{"consent_mail": "yes", "consent_union": "yes", "consent_partner:partner": "yes"})
    row = await my.row()
    assert row["mail_consent"]
    assert row["display_union"]
    assert row["partner_consents"] == ["partner"]
    assert sorted((await my.ledger())[2:]) == [
        ("mail", "given", "my signature"),
        ("partner:partner", "given", "my signature"),
        ("union", "given", "my signature"),
    ]


async def test_a_permission_taken_back_is_a_line_in_the_ledger(my: My):
    await change(my, consent_name="")
    assert (await my.row())["display"] == "hidden"
    assert (await my.ledger())[-1] == ("name", "withdrawn", "my signature")
    assert "Ada Example" not in (await my.client.get(f"/{my.statement.slug}/signatories")).text


async def test_the_ledger_line_carries_the_words_in_force_and_the_same_subject(my: My, site: Any):
    await statements.change_campaign(
        site,
        await campaigns.find(site, my.statement.campaign_slug),
        actor="cli:example",
        name="Renamed Example",
    )
    await change(my, consent_mail="yes")
    line = await my.owner.fetchrow(
        "select t.wording, c.subject_key from consents c join consent_texts t on t.id = c.text_id "
        "where t.purpose = 'mail'"
    )
    assert "Renamed Example" in line["wording"]
    assert await my.owner.fetchval("select count(distinct subject_key) from consents") == 1


async def test_a_partner_no_longer_asked_about_can_be_taken_back(my: My, site: Any):
    await change(my, **{"consent_partner:partner": "yes"})
    await my.owner.execute("update campaigns set partners = '[]'")
    assert "Example Partner" in (await my.get()).text
    await change(my)
    assert (await my.row())["partner_consents"] is None
    assert (await my.ledger())[-1] == ("partner:partner", "withdrawn", "my signature")


async def test_what_is_not_said_differently_is_not_an_event(my: My):
    lines = await my.ledger()
    await change(my)
    assert await my.events() == []
    assert await my.ledger() == lines


async def test_a_problem_is_shown_beside_its_field_and_nothing_changes(my: My):
    answer = await change(my, name="http://example.org", postcode="", town="Otherton")
    assert answer.status_code == 422
    assert f'href="#field-{await my.key()}-name"' in answer.text
    assert f'href="#field-{await my.key()}-postcode"' in answer.text
    assert "Otherton" in answer.text
    assert (await my.row())["name"] == "Ada Example"


async def test_only_the_statements_own_fields_and_choices_are_taken(my: My):
    assert (await change(my, own_shift="never")).status_code == 422
    await change(my, job="Example job", email="other@example.org", state="held", number="7")
    row = await my.row()
    assert "Example job" not in row["answers"]
    assert row["email"] == "ada@example.org"
    assert row["number"] == 1


async def test_a_corrected_place_moves_the_count_of_areas(my: My):
    assert await my.people() == 1
    await change(my, postcode="OX2 2AA")
    assert await my.people() == 1
    areas = await my.owner.fetch("select area, value from count_areas order by area")
    assert [tuple(row) for row in areas] == [("EX", 0), ("OX", 1)]
    await my.post("withdraw")
    assert await my.people() == 0
    assert await my.owner.fetchval("select sum(abs(value)) from count_areas") == 0


async def test_after_closing_all_of_it_still_changes_and_the_count_stays(my: My):
    await my.owner.execute(CLOSED)
    assert (await change(my, name="Ada L. Example", consent_name="")).status_code == 303
    row = await my.row()
    assert (row["name"], row["display"]) == ("Ada L. Example", "hidden")
    assert await my.people() == 1


async def test_anothers_signature_can_not_be_changed(my: My, postbox: Any):
    await makers.confirmed(
        my.client, postbox, my.statement, "Grace Example", "grace@example.org", postcode="EX2 2EX"
    )
    other = await my.key()  # the newest row is Grace's
    for act in ("change", "withdraw", "restore", "erase"):
        answer = await my.post(act, key=other, version="1", **AS_IT_IS)
        assert answer.status_code == 404
    assert (await my.post("reconsent", key=other, version="1")).status_code == 404
    assert (await my.row())["name"] == "Grace Example"
    for part in ("/withdraw", "/erase"):
        assert (await my.get(part, other)).status_code == 404
    for nonsense in ("x", "AAAA", "é"):
        assert (await my.post("withdraw", key=nonsense)).status_code == 404
