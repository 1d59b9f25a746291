"""Passkeys in a real browser, with Chromium's virtual authenticator: made, and shown at the next log-in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from petitions.desk.door import COOKIE
from petitions.organisers import sessions
from petitions.site import Site
from tests import makers
from tests.browser import judge
from tests.desk.people import organiser

pytestmark = pytest.mark.browser
VIRTUAL = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest_asyncio.fixture
async def orla(site: Site) -> Any:
    return await organiser(site, await makers.campaign(site), "owner")


@pytest_asyncio.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context()
    yield await context.new_page()
    await context.close()


async def device(page: Page) -> tuple[Any, str]:
    """A virtual authenticator of this tab: Chromium's devtools, and its id there."""
    tools = await page.context.new_cdp_session(page)
    await tools.send("WebAuthn.enable")
    made = await tools.send("WebAuthn.addVirtualAuthenticator", {"options": VIRTUAL})
    return tools, made["authenticatorId"]


async def log_in(site: Site, context: BrowserContext, organiser: Any) -> None:
    """By the first factor alone, as a new session."""
    begun = await sessions.begin(site, organiser.id, way="letter", browser="Chromium")
    await context.add_cookies([{"name": COOKIE, "value": begun.token, "url": site.settings.base_url}])


async def make(page: Page, base: str) -> None:
    await page.goto(f"{base}/organise")
    await page.get_by_role("link", name="Make a passkey").click()
    await page.get_by_label("Name of this passkey").fill("laptop")
    await page.get_by_role("button", name="Make the passkey").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    await page.get_by_role("link", name="I have kept them, go on").click()


async def test_an_owner_makes_a_passkey_and_shows_it_at_the_next_log_in(
    site: Site, page: Page, orla: Any, owner: Any
) -> None:
    base = site.settings.base_url
    tools, id = await device(page)
    await log_in(site, page.context, orla)
    await make(page, base)
    assert "/organise/example-campaign" in page.url
    held = await tools.send("WebAuthn.getCredentials", {"authenticatorId": id})
    assert [one["rpId"] for one in held["credentials"]] == ["localhost"]

    await page.context.clear_cookies()
    await log_in(site, page.context, orla)
    await page.goto(f"{base}/organise")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your second factor")
    assert await judge.axe(page) == {}
    assert await judge.sideways(page) == {}
    async with page.expect_request(
        lambda request: request.method == "POST" and "credential=%7B" in (request.post_data or "")
    ) as sent:
        await page.get_by_role("button", name="Use a passkey").click()
    await page.wait_for_url("**/organise/example-campaign-*")

    # The same answer once more, in a session that shows nothing yet: its challenge is over.
    await owner.execute("update sessions set second_at = null")
    body = (await sent.value).post_data or ""
    again = await page.context.request.post(
        f"{base}/organise/me/second", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert again.status == 422
    assert await owner.fetchval("select count(*) from sessions where second_at is not null") == 0


async def test_a_passkey_that_the_device_does_not_have_leaves_the_page_with_a_sentence(
    site: Site, page: Page, orla: Any
) -> None:
    base = site.settings.base_url
    tools, id = await device(page)
    await log_in(site, page.context, orla)
    await make(page, base)
    await tools.send("WebAuthn.setUserVerified", {"authenticatorId": id, "isUserVerified": False})
    await log_in(site, page.context, orla)
    await page.goto(f"{base}/organise")
    await page.get_by_role("button", name="Use a passkey").click()
    await expect(page.get_by_role("alert")).to_contain_text("The browser did not use a passkey")
    await tools.send("WebAuthn.setUserVerified", {"authenticatorId": id, "isUserVerified": True})
    await page.get_by_role("button", name="Use a passkey").click()
    await page.wait_for_url("**/organise/example-campaign-*")


async def test_the_browser_makes_none_under_another_name(site: Site, page: Page, orla: Any) -> None:
    """The same machine by its number: no passkey of ours is asked for there."""
    base = site.settings.base_url.replace("localhost", "127.0.0.1")
    await device(page)
    begun = await sessions.begin(site, orla.id, way="letter", browser="Chromium")
    await page.context.add_cookies([{"name": COOKIE, "value": begun.token, "url": base}])
    await page.goto(f"{base}/organise/me/factors/passkey")
    await page.get_by_label("Name of this passkey").fill("laptop")
    await page.get_by_role("button", name="Make the passkey").click()
    await expect(page.get_by_role("alert")).to_contain_text("The browser did not use a passkey")


async def test_without_javascript_the_page_offers_the_code(
    site: Site, chromium: Browser, page: Page, orla: Any
) -> None:
    await device(page)
    await log_in(site, page.context, orla)
    await make(page, site.settings.base_url)
    bare = await chromium.new_context(java_script_enabled=False)
    await log_in(site, bare, orla)
    asked = await bare.new_page()
    await asked.goto(f"{site.settings.base_url}/organise")
    await expect(asked.get_by_role("button", name="Use a passkey")).to_be_hidden()
    await expect(asked.get_by_text("runs no JavaScript")).to_be_visible()
    await expect(asked.get_by_label("A recovery code")).to_be_visible()
    await bare.close()
