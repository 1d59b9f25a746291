"""Whole journeys, as people make them: with and without JavaScript, from another device, by code, by keyboard."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from petitions.site import Site
from tests import makers
from tests.browser.tour import Visitor

pytestmark = pytest.mark.browser
SIGN = re.compile("^Sign the ")
FIELDS = [
    "town",
    "union",
    {"name": "shift", "label": "Which shift?", "kind": "choice", "choices": ["Early", "Late"]},
]


@pytest_asyncio.fixture
async def statement(site: Site) -> Any:
    return await makers.statement(site, fields=FIELDS, public=["name", "town", "union"], goal=100)


@pytest_asyncio.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
async def visitor(
    request: Any, chromium: Browser, site: Site, postbox: Any, statement: Any
) -> AsyncIterator[Visitor]:
    visitor = await Visitor.arrive(
        chromium, site.settings.base_url, postbox.settle, java_script_enabled=request.param
    )
    yield visitor
    await visitor.context.close()


async def test_read_sign_confirm_change_withdraw_undo_and_erase(
    visitor: Visitor, statement: Any, postbox: Any
) -> None:
    page = await visitor.go(f"/{statement.slug}")
    await expect(page.get_by_role("heading", level=1)).to_have_text(statement.title)
    await expect(page.locator("#sign .count")).to_have_text("0 people have signed")
    await visitor.fill("Ada Example", "ada@example.org", town="Exampleton", union="Example Union")
    await page.get_by_label("Late").check()
    await page.get_by_label(re.compile("^Show my name")).check()
    await visitor.press(SIGN)
    await expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")

    await visitor.go(postbox.to("ada@example.org")[-1].link("/confirm/"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for signing")
    await postbox.settle()
    await page.reload()
    await expect(page.locator(".number")).to_have_text("1")
    await page.get_by_role("link", name="See who has signed").click()
    await expect(page.get_by_role("listitem").filter(has_text="Ada Example")).to_contain_text("Exampleton")
    await expect(page.locator(".names")).not_to_contain_text("Example Union")

    await _open_mine(visitor, postbox)
    await page.get_by_text("Change what it says and what is shown").click()
    await page.get_by_label(re.compile("^Show my name")).uncheck()
    await visitor.press("Save the changes")
    await expect(page.get_by_role("status")).to_have_text("Your changes are saved.")
    mine = page.url
    await visitor.go(f"/{statement.slug}/signatories")
    await expect(page.locator("main")).to_contain_text("Nobody is named here yet.")

    await page.goto(mine)
    await page.get_by_role("link", name="Withdraw my signature").click()
    await visitor.press("Withdraw my signature")
    await expect(page.locator("main")).to_contain_text("It does not count.")
    assert await _people(visitor, statement) == 0
    await page.goto(mine)
    await visitor.press("Undo the withdrawal")
    assert await _people(visitor, statement) == 1

    await page.goto(mine)
    await page.get_by_role("link", name="Erase everything about it").click()
    await visitor.press("Erase it for good")
    assert await _people(visitor, statement) == 0
    await page.goto(mine)
    await expect(page.get_by_role("heading", level=1)).to_have_text("This link has expired")


async def _open_mine(visitor: Visitor, postbox: Any) -> None:
    page = await visitor.go("/my")
    await page.locator("[name=email]").fill("ada@example.org")
    await visitor.press("Mail me the link")
    await page.goto(visitor.base + postbox.to("ada@example.org")[-1].link("/my/"))
    await expect(page.locator("main")).to_contain_text("ada@example.org")


async def _people(visitor: Visitor, statement: Any) -> int:
    answer = await visitor.context.request.get(f"{visitor.base}/{statement.slug}/count.json")
    return int((await answer.json())["people"])


async def test_a_letter_opened_on_another_device_asks_before_it_confirms(
    ada: Visitor, chromium: Browser, statement: Any, postbox: Any
) -> None:
    await ada.sign(f"/{statement.slug}", "Ada Example", "ada@example.org", town="Exampleton")
    phone = await Visitor.arrive(chromium, ada.base, postbox.settle)
    page = await phone.go(postbox.to("ada@example.org")[-1].link("/confirm/"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your signature")
    for held in ("Ada Example", "ada@example.org", "Exampleton"):
        await expect(page.locator(".facts")).to_contain_text(held)
    assert await _people(ada, statement) == 0
    await phone.press("Confirm my signature")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for signing")
    assert await _people(ada, statement) == 1
    await phone.context.close()


async def test_the_code_of_the_letter_confirms_on_the_page_that_is_still_open(
    visitor: Visitor, statement: Any, postbox: Any
) -> None:
    await visitor.sign(f"/{statement.slug}", "Ada Example", "ada@example.org")
    page, code = visitor.page, postbox.to("ada@example.org")[-1].code
    field = page.get_by_label("Or type the code from the letter")
    await field.fill("000000" if code != "000000" else "111111")
    await visitor.press("Confirm my signature")
    await expect(page.get_by_role("alert")).to_contain_text("This code can't be used")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await field.fill(code)
    await visitor.press("Confirm my signature")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for signing")


async def test_somebody_signs_with_the_keyboard_alone(ada: Visitor, statement: Any, postbox: Any) -> None:
    page = await ada.go(f"/{statement.slug}")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    for name, words in (("name", "Ada Example"), ("email", "ada@example.org"), ("town", "Exampleton")):
        await _tab_to(page, f"#sign [name={name}]")
        await page.keyboard.type(words)
    await _tab_to(page, "#sign [name=consent_name]")
    await page.keyboard.press("Space")
    await _tab_to(page, "#sign button")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/check-your-email")
    await postbox.settle()
    await _tab_to(page, "[name=code]")
    await page.keyboard.type(postbox.to("ada@example.org")[-1].code)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/thanks")
    await postbox.settle()
    await ada.go(f"/{statement.slug}/signatories")
    await expect(page.locator(".names")).to_contain_text("Ada Example")


async def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until it is there; whatever has the focus on the way can be seen to have it."""
    for _ in range(40):
        await page.keyboard.press("Tab")
        focus = await page.evaluate(_FOCUS, selector)
        assert focus["ring"], focus
        assert focus["name"] != "website", focus
        if focus["there"]:
            return
    raise AssertionError(f"Tab never comes to {selector}")


_FOCUS = """selector => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  return { name: at.getAttribute("name"), what: at.outerHTML.slice(0, 120), there: at.matches(selector),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 };
}"""
