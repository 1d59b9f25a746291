"""The page behind the link: everything held, for nobody else."""

from __future__ import annotations

from typing import Any

from tests import makers
from tests.my.ada import ADA, My, link_for


async def test_the_page_shows_every_field_and_what_is_public(my: My):
    page = (await my.get()).text
    for text in ("Ada Example", ADA, "Adaborough", "EX7 7EX", "Example Union", "Which shift?", "late"):
        assert text in page
    assert page.count("tag public") == 2  # name and town: the union was not agreed to


async def test_the_page_shows_the_exact_consents_and_their_way(my: My):
    page = (await my.get()).text
    assert "Show my name publicly under this statement" in page
    assert "on the form" in page
    assert "(wording 1)" in page


async def test_the_page_is_for_nobody_else(my: My):
    answer = await my.get()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert 'name="robots" content="noindex"' in answer.text


async def test_the_page_has_the_imprint_of_the_campaign(my: My):
    assert "Promoted by Example Campaign e.V." in (await my.get()).text


async def test_opening_the_link_changes_nothing(my: My, dump: Any):
    before = await dump()
    for part in ("", "/withdraw", "/erase"):
        assert (await my.get(part, await my.key() if part else "")).status_code == 200
    assert (await my.get("/download")).status_code == 200
    assert await dump() == before


async def test_several_statements_and_a_waiting_attempt_stand_on_one_page(my: My, postbox: Any, site: Any):
    second = await makers.statement(site, title="A second example", fields=["town"])
    await makers.sign(my.client, second, email=ADA, town="Otherton")
    page = (await my.client.get(await link_for(my.client, postbox))).text
    assert "A second example" in page
    assert "Otherton" in page
    assert "waits for you to confirm it" in page
    assert "Adaborough" in page


async def test_anothers_signature_is_not_on_the_page(my: My, postbox: Any):
    other = "grace@example.org"
    await makers.confirmed(my.client, postbox, my.statement, "Grace Example", other, postcode="EX2 2EX")
    page = await my.get()
    assert "Grace Example" not in page.text


async def test_the_connection_it_came_from_is_shown(my: My):
    assert "127.0.0.1" in (await my.get()).text


async def test_the_history_is_shown(my: My):
    await my.post("withdraw")
    await my.post("restore")
    page = (await my.get()).text
    assert "withdrawal undone" in page


async def test_the_download_says_the_same_for_machines(my: My):
    answer = await my.get("/download")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    assert [line["purpose"] for line in answer.json()["letters"]] == ["forms", "my"]
    assert answer.json()["unwanted"] == []
    (one,) = answer.json()["signatures"]
    assert (one["name"], one["email"], one["state"], one["number"]) == ("Ada Example", ADA, "confirmed", 1)
    assert one["answers"]["shift"] == "late"
    assert one["public"] == ["name", "town"]
    assert one["permissions"] == ["name"]
    assert {line["purpose"] for line in one["consents"]} == {"sign", "name"}
    assert one["statement"]["controller"] == "Example Campaign e.V."
    assert [line["origin"] for line in one["internet_addresses"]] == ["127.0.0.1"]
    assert one["confirmed_at"].endswith("+00:00")
