"""Organisations in a real browser: a branch endorses on a phone, a second officer confirms, a motion passes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from petitions.endorsements import review
from petitions.site import Site
from tests import makers
from tests.browser.tour import Visitor
from tests.files.made import PDF
from tests.motions import putting

pytestmark = pytest.mark.browser
OFFICER, SECOND = "olive@example.org", "sam@example.org"


@pytest_asyncio.fixture
async def statement(site: Site) -> Any:
    return await makers.statement(site)


@pytest_asyncio.fixture
async def phone(chromium: Browser, site: Site, postbox: Any) -> AsyncIterator[Visitor]:
    """A small screen, and a browser that runs no scripts."""
    size: Any = {"width": 390, "height": 844}
    visitor = await Visitor.arrive(
        chromium, site.settings.base_url, postbox.settle, viewport=size, java_script_enabled=False
    )
    yield visitor
    await visitor.context.close()


async def accept(site: Site, owner: Any, **marks: Any) -> None:
    """What the organisers do with the one that waits."""
    id = await owner.fetchval("select id from endorsements where state = 'confirmed'")
    row = await review.find_for_organisers(site, str(id))
    await review.accept(site, row, actor=makers.ACTOR, **marks)


async def headed(page: Page, words: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(words)


async def test_a_branch_secretary_endorses_on_a_phone_without_scripts(
    phone: Visitor, statement: Any, site: Site, postbox: Any, owner: Any, tmp_path: Path
) -> None:
    minutes = tmp_path / "minutes.pdf"
    minutes.write_bytes(PDF)
    page = await phone.go(f"/{statement.slug}")
    await page.get_by_role("link", name="Add your organisation").click()
    await headed(page, "Add your organisation’s name")
    await page.get_by_label("Name of your organisation").fill("Exampleton Branch")
    await page.get_by_label("Kind of organisation").select_option(label="Union branch")
    await page.get_by_label("branch meeting").check()
    await page.get_by_label("Your role in the organisation").fill("Secretary")
    await page.get_by_label("E-mail", exact=True).fill(OFFICER)
    await page.get_by_text("Votes, motion and minutes").click()
    await page.get_by_label("Minutes, or an extract of them").set_input_files(minutes)
    await phone.press("Add our name")

    problems = page.get_by_role("alert")
    await expect(problems.get_by_role("listitem")).to_have_text(["Enter your name."])
    await expect(page.locator("#kept-minutes")).to_contain_text("minutes.pdf")
    await expect(page.get_by_label("Name of your organisation")).to_have_value("Exampleton Branch")
    await page.get_by_label("Your name").fill("Olive Example")
    await phone.press("Add our name")
    await headed(page, "Check your e-mail")

    await phone.go(postbox.to(OFFICER)[-1].link("/endorsements/confirm/"))
    await headed(page, "The endorsement is confirmed")
    kept = await owner.fetchval("select data from endorsements e join files f on f.digest = e.minutes")
    assert kept == PDF

    here = f"/{statement.slug}/endorsements"
    await phone.go(here)
    await expect(page.locator("main")).not_to_contain_text("Exampleton Branch")
    await accept(site, owner, minutes_seen=True)
    await postbox.settle()
    await page.reload()  # for this browser's cache the page is still new
    body = page.get_by_role("listitem").filter(has_text="Exampleton Branch")
    await expect(body).to_contain_text("Minutes seen by the campaign")
    await expect(page.locator("main")).not_to_contain_text("Olive")
    await phone.go(f"/{statement.slug}")
    await page.reload()
    await expect(page.locator("main")).to_contain_text("Exampleton Branch")
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


async def test_a_second_officer_confirms_elsewhere_and_the_list_says_so(
    ada: Visitor, chromium: Browser, statement: Any, site: Site, postbox: Any, owner: Any
) -> None:
    page = await ada.go(f"/{statement.slug}/endorse")
    await ada.answer(
        name="Exampleton Branch", kind="union branch", decided="committee", officer_name="Olive Example"
    )
    await ada.answer(officer_role="Secretary", officer_email=OFFICER)
    await ada.answer(second_name="Sam Example", second_email=SECOND)
    await ada.press("Add our name")
    assert not postbox.to(SECOND)
    await ada.go(postbox.to(OFFICER)[-1].link("/endorsements/confirm/"))
    await headed(page, "The endorsement is confirmed")
    await postbox.settle()

    sam = await Visitor.arrive(chromium, ada.base, postbox.settle)
    theirs = await sam.go(postbox.to(SECOND)[-1].link("/endorsements/second/"))
    await expect(theirs.locator(".facts")).to_contain_text("Exampleton Branch")
    assert await owner.fetchval("select second_confirmed_at from endorsements") is None
    await sam.press("Yes, this is true")
    await headed(theirs, "Confirmed by a second officer")
    await accept(site, owner, two_officers=True)
    await postbox.settle()
    await sam.go(f"/{statement.slug}/endorsements")
    body = theirs.get_by_role("listitem").filter(has_text="Exampleton Branch")
    await expect(body).to_contain_text("Confirmed by two officers")
    await sam.context.close()


async def test_a_motion_is_put_passes_and_leads_to_the_endorsement_filled_in(
    ada: Visitor, statement: Any, site: Site, postbox: Any, owner: Any
) -> None:
    await putting.motion(site, statement)
    page = await ada.go(f"/{statement.slug}")
    await page.get_by_role("link", name="Put a model motion").click()
    await page.get_by_role("link", name="An example motion").click()
    await ada.answer(kind="union branch")
    await ada.press("Show this text")
    await expect(page.locator("#motion")).to_contain_text("Our members agree.")
    await page.get_by_role("button", name="We are putting it").click()
    await expect(page.locator("[name=kind]")).to_have_value("union branch")
    await ada.answer(name="Exampleton Branch", meets_on=putting.day(30), officer_name="Olive Example")
    await ada.answer(officer_email=OFFICER)
    await ada.press("We are putting it")
    await headed(page, "Check your e-mail")
    await ada.go(postbox.to(OFFICER)[-1].link("/motions/confirm/"))
    await headed(page, "Thank you for putting it")
    await postbox.settle()

    await putting.move(owner, -31)
    await ada.go(postbox.to(OFFICER)[-1].link("/motions/outcome/"))
    await headed(page, "How did it go?")
    await ada.answer(outcome="passed")
    await ada.press("Tell the organisers")
    await headed(page, "Add your organisation’s name")
    filled = {"name": "Exampleton Branch", "met_on": putting.day(-1), "officer_email": ""}
    for name, value in filled.items():
        await expect(page.locator(f"main form [name={name}]")).to_have_value(value)
    await expect(page.locator("[name=motion]")).to_have_value(
        "Exampleton Branch resolves to endorse the example.\n\nOur members agree."
    )
    await ada.answer(officer_name="Olive Example", officer_role="Secretary", officer_email=OFFICER)
    await ada.press("Add our name")
    await ada.go(postbox.to(OFFICER)[-1].link("/endorsements/confirm/"))
    await headed(page, "The endorsement is confirmed")


async def test_after_a_mistake_the_summary_has_the_focus_and_leads_into_a_folded_part(
    ada: Visitor, statement: Any
) -> None:
    page = await ada.go(f"/{statement.slug}/endorse")
    await ada.answer(votes_for="many")
    await ada.press("Add our name")
    problems = page.get_by_role("alert")
    await expect(problems).to_be_focused()
    assert (await page.title()).startswith("Error: ")
    await page.keyboard.press("Tab")
    await expect(problems.get_by_role("link").first).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Name of your organisation")).to_be_focused()
    await problems.get_by_role("link", name="Write a whole number").press("Enter")
    await expect(page.get_by_label("Votes for")).to_be_focused()
    for name in ("name", "officer_name", "officer_email", "votes_for"):
        await expect(page.locator(f"main form [name={name}]")).to_have_attribute("aria-invalid", "true")
