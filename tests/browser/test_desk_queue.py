"""The queue of endorsements by keyboard, in a real browser: fifty that wait are worked off in under a minute."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from petitions.organisers import sessions
from petitions.site import Site
from tests import makers
from tests.desk.people import organiser
from tests.endorsements import rows

pytestmark = pytest.mark.browser
MANY = 50
STREETS = (
    "Abbey Bridge Castle Dock Elm Ferry Garden Harbour Island Jubilee King Lime Mill North Orchard Priory Quay River "
    "Station Temple Union Victoria Water York Zion"
)


async def at_the_desk(chromium: Browser, site: Site, campaign: Any, role: str, **how: Any) -> Page:
    """A browser with a session of this role, on our site."""
    boss = await organiser(site, campaign, role)
    begun = await sessions.begin(site, boss.id, way="letter", browser="Chromium on Linux", second=True)
    context = await chromium.new_context(base_url=site.settings.base_url, **how)
    await context.add_cookies([{"name": "session", "value": begun.token, "url": site.settings.base_url}])
    return await context.new_page()


async def fifty(owner: Any, statement: Any) -> None:
    """Claims of bodies that nobody could take for one another."""
    for number in range(MANY):
        kind, street = ("trades council", "union branch")[number % 2], STREETS.split()[number // 2]
        name = (
            f"{street} Street Trades Council" if number % 2 == 0 else f"{street}worth Depot 7{number}{number}"
        )
        await rows.confirmed(owner, statement, name, kind=kind, decided="annual meeting")


async def test_fifty_endorsements_are_accepted_by_one_key_each_within_a_minute(
    chromium: Browser, site: Site, owner: Any
) -> None:
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign)
    await fifty(owner, statement)
    page = await at_the_desk(chromium, site, campaign, "moderator")
    await page.goto(f"/organise/{campaign.slug}/{statement.slug}/endorsements")
    began, pressed = time.monotonic(), 0
    while await page.locator("[data-row]").count():
        row = page.locator("[data-row]").first
        name = await row.get_attribute("id")
        if await row.locator("[data-key=a]").count():
            await expect(row).to_be_focused()
            async with page.expect_navigation():
                await page.keyboard.press("a")
        else:  # alike to one that was accepted: open it, say so, accept
            async with page.expect_navigation():
                await page.keyboard.press("o")
            await page.locator("input[name=body][value=new]").check()
            async with page.expect_navigation():
                await page.get_by_role("button", name="Accept: make it public").click()
        pressed += 1
        await expect(page.locator(f"#{name}")).to_have_count(0)
    took = time.monotonic() - began
    assert (
        await owner.fetchval("select count(*) from endorsements where state = 'accepted'") == MANY == pressed
    )
    assert took < 60, f"{took:.0f} seconds"
    print(f"{MANY} endorsements in {took:.1f} s")


async def test_the_keys_move_open_ask_and_decline(chromium: Browser, site: Site, owner: Any) -> None:
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign)
    for name in ("Abbey Trades Council", "Zion Depot 771"):
        await rows.confirmed(owner, statement, name)
    page = await at_the_desk(chromium, site, campaign, "moderator")
    queue = f"/organise/{campaign.slug}/{statement.slug}/endorsements"
    for key, heading in (
        ("o", "Zion Depot 771"),
        ("q", "Ask Zion Depot 771"),
        ("d", "Decline Zion Depot 771"),
    ):
        await page.goto(queue)
        await page.keyboard.press("j")
        async with page.expect_navigation():
            await page.keyboard.press(key)
        await expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    await page.get_by_label("The reason, as the officer reads it").fill("They have not decided yet.")
    await page.get_by_role("button", name="Decline it").click()
    await expect(page.get_by_role("status")).to_contain_text("Declined")
    await expect(page.locator("[data-row]")).to_have_count(1)


async def test_a_key_that_is_held_down_accepts_one_alone(chromium: Browser, site: Site, owner: Any) -> None:
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign)
    for name in ("Abbey Trades Council", "Zion Depot 771"):
        await rows.confirmed(owner, statement, name)
    page = await at_the_desk(chromium, site, campaign, "moderator")
    await page.goto(f"/organise/{campaign.slug}/{statement.slug}/endorsements")
    async with page.expect_navigation():
        await page.keyboard.down("a")
    await expect(page.locator("[data-row]")).to_be_focused()
    await page.keyboard.down("a")  # what the keyboard repeats
    await page.keyboard.up("a")
    async with page.expect_navigation():
        await page.keyboard.press("o")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Zion Depot 771 confirmed")
    assert await owner.fetchval("select count(*) from endorsements where state = 'accepted'") == 1


async def test_the_preview_of_a_motion_follows_what_is_typed(chromium: Browser, site: Site) -> None:
    campaign = await makers.campaign(site)
    statement = await makers.statement(site, campaign)
    page = await at_the_desk(chromium, site, campaign, "organiser")
    await page.goto(f"/organise/{campaign.slug}/{statement.slug}/motions/new")
    await page.get_by_label("The text").fill("[[union: Our members | other: People]] note this.")
    await expect(page.locator("#preview")).to_contain_text("Our members note this.")
    await page.get_by_label("Show it as read by").select_option(label="Student union")
    await expect(page.locator("#preview")).to_contain_text("People note this.")
