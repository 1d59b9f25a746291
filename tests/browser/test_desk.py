"""Each role's way through the desk, in a real browser: an owner, organiser, moderator, reader and the stall.

The organiser goes it twice: with JavaScript, and without.
"""

from __future__ import annotations

import csv
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from petitions.site import Site
from tests import makers
from tests.browser.test_desk_queue import at_the_desk
from tests.conftest import Postbox
from tests.desk.people import organiser

pytestmark = pytest.mark.browser
OWNER, NEW = "olu@example.org", "mo@example.org"
Arrive = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture
async def arrive(chromium: Browser, site: Site) -> AsyncIterator[Arrive]:
    """Somebody's browser; all are closed at the end."""
    contexts = []

    async def new(*, scripts: bool = True) -> Page:
        context = await chromium.new_context(base_url=site.settings.base_url, java_script_enabled=scripts)
        context.set_default_timeout(10_000)
        contexts.append(context)
        return await context.new_page()

    yield new
    for context in contexts:
        await context.close()


@pytest_asyncio.fixture
async def campaign(site: Site) -> Any:
    return await makers.campaign(site)


async def comes_in(page: Page, postbox: Postbox, email: str) -> None:
    """By the letter, in the browser that asked for it."""
    await page.goto("/organise")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_role("button", name="Mail me the letter").click()
    await expect(page.get_by_label("code")).to_be_visible()
    await postbox.settle()
    await page.goto(postbox.to(email)[-1].link("/organise/log-in/"))


async def sets_up_an_app(page: Page) -> None:
    """From the page that asks for a second factor: the secret is typed into an app, its code here."""
    await page.get_by_role("link", name="Set up an app").click()
    app = pyotp.TOTP((await page.locator(".secret").inner_text()).replace(" ", ""))
    await page.get_by_label("The six digits").fill(app.now())
    await page.get_by_role("button", name="Use this app").click()
    await expect(page.locator(".recovery li")).to_have_count(10)
    await page.get_by_role("link", name="I have kept them, go on").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_an_owner_comes_in_by_letter_and_brings_somebody_into_the_team(
    site: Site, arrive: Arrive, campaign: Any, postbox: Postbox, scripts: bool
) -> None:
    await organiser(site, campaign, "owner", OWNER)
    page = await arrive(scripts=scripts)
    await comes_in(page, postbox, OWNER)
    await sets_up_an_app(page)
    await page.get_by_role("link", name="Team").click()
    await page.get_by_label("E-mail address").fill(NEW)
    await page.locator("[name=role][value=moderator]").check()
    await page.get_by_role("button", name="Send the invitation").click()
    await expect(page.get_by_role("status")).to_be_visible()
    await postbox.settle()
    other = await arrive(scripts=scripts)
    await other.goto(postbox.to(NEW)[-1].link("/organise/invite/"))
    await other.get_by_label("Your name").fill("Mo Example")
    await other.get_by_role("button", name="Join the team").click()
    await expect(other.get_by_role("navigation", name="Campaign")).to_contain_text("Overview")
    await expect(other.get_by_role("link", name="Team")).to_have_count(0)
    await page.reload()
    await expect(page.get_by_role("main")).to_contain_text("Mo Example")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_an_organiser_opens_a_statement_and_takes_its_list(
    site: Site, arrive: Arrive, campaign: Any, postbox: Postbox, scripts: bool
) -> None:
    """docs/desk.md, "In five minutes", step by step."""
    await organiser(site, campaign, "organiser", NEW)
    page = await arrive(scripts=scripts)
    await comes_in(page, postbox, NEW)
    await page.get_by_role("link", name="New statement").click()
    await page.get_by_label("Title").fill("A crossing at the school")
    await page.get_by_label("Text", exact=True).fill("We ask for a *safe* crossing.")
    if scripts:
        await expect(page.locator("#preview em")).to_have_text("safe")
    else:
        await page.get_by_role("button", name="Preview").click()
        await expect(page.locator("#preview em")).to_have_text("safe")
    await page.get_by_role("button", name="Save the draft").click()
    await page.get_by_role("link", name="Open it for signing …").click()
    await page.get_by_role("button", name="Open it for signing").click()
    await expect(page.get_by_role("status")).to_have_text("It is open: everybody can sign it.")
    await _somebody_signs(site, arrive, postbox, "/a-crossing-at-the-school")
    await page.get_by_role("link", name="Exports").click()
    await page.get_by_role("button", name="See how many").first.click()
    await sets_up_an_app(page)
    await expect(page.get_by_role("main")).to_contain_text("1 row would be in the list.")
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Take the list").click()
    with open(await (await download.value).path(), encoding="utf-8-sig", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["Ada Example"]


async def _somebody_signs(site: Site, arrive: Arrive, postbox: Postbox, statement: str) -> None:
    ada = await arrive()
    await ada.goto(statement)
    await ada.locator("#sign [name=name]").fill("Ada Example")
    await ada.locator("#sign [name=email]").fill("ada@example.org")
    await ada.get_by_role("button", name=re.compile("^Sign the ")).click()
    await ada.wait_for_url("**/check-your-email")
    await postbox.settle()
    await ada.goto(postbox.to("ada@example.org")[-1].link("/confirm/"))
    await postbox.settle()


async def test_a_moderator_holds_and_releases_by_keyboard_and_takes_nothing(
    chromium: Browser, site: Site, campaign: Any, client: Any, postbox: Postbox
) -> None:
    statement = await makers.statement(site, campaign)
    await makers.confirmed(client, postbox, statement, "Ada Example", "ada@example.org")
    page = await at_the_desk(chromium, site, campaign, "moderator")
    await page.goto(f"/organise/{campaign.slug}/{statement.slug}/signatures")
    await page.get_by_role("link", name="Ada Example").click()
    await page.get_by_role("link", name="Hold").click()
    await page.get_by_label("Reason").fill("Let us look at it.")
    await page.get_by_role("main").get_by_role("button").first.click()
    await page.goto(f"/organise/{campaign.slug}/{statement.slug}/signatures/held")
    await expect(page.locator("[data-row]")).to_have_count(1)
    async with page.expect_navigation():
        await page.keyboard.press("j")
        await page.keyboard.press("r")
    await expect(page.locator("[data-row]")).to_have_count(0)
    assert (await page.goto(f"/organise/{campaign.slug}/{statement.slug}/exports")).status == 403  # type: ignore[union-attr]
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await page.context.close()


async def test_a_reader_sees_numbers_and_nobody(
    chromium: Browser, site: Site, campaign: Any, client: Any, postbox: Postbox
) -> None:
    statement = await makers.statement(site, campaign)
    await makers.confirmed(client, postbox, statement, "Ada Example", "ada@example.org")
    page = await at_the_desk(chromium, site, campaign, "reader", java_script_enabled=False)
    await page.goto(f"/organise/{campaign.slug}")
    await page.get_by_role("link", name=statement.title).first.click()
    await page.get_by_role("link", name="Numbers").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Numbers")
    assert "Ada" not in await page.content()
    assert (await page.goto(f"/organise/{campaign.slug}/{statement.slug}/signatures")).status == 403  # type: ignore[union-attr]
    await page.context.close()


async def test_the_stall_is_in_and_has_nothing_to_look_at(
    chromium: Browser, site: Site, campaign: Any
) -> None:
    statement = await makers.statement(site, campaign)
    page = await at_the_desk(chromium, site, campaign, "stall", java_script_enabled=False)
    await page.goto(f"/organise/{campaign.slug}")
    menu = page.get_by_role("navigation", name="Campaign").get_by_role("link")
    assert await menu.all_inner_texts() == ["Overview"]
    for part in ("", "/signatures", "/numbers", "/exports", "/comments", "/endorsements"):
        answer = await page.goto(f"/organise/{campaign.slug}/{statement.slug}{part}")
        assert answer is not None
        assert answer.status == 403, part
    await page.context.close()
