"""The form on the statement's page: what a person sees and hears of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from petitions.site import Site
from tests import makers
from tests.browser.tour import Visitor

pytestmark = pytest.mark.browser
SIGN = re.compile("^Sign the ")
LONG = "\n\n".join(["We ask for an example, and for nothing but an example."] * 40)


@pytest_asyncio.fixture
async def statement(site: Site) -> Any:
    return await makers.statement(
        site, fields=["town", {"name": "postcode", "required": True}, "union"], text=LONG
    )


async def test_no_consent_is_ticked_and_each_personal_field_says_what_it_is(
    ada: Visitor, statement: Any
) -> None:
    page = await ada.go(f"/{statement.slug}")
    assert await page.locator("#sign input[type=checkbox]").count() >= 2
    assert await page.locator("#sign input:checked").count() == 0
    wanted = {"name": "name", "email": "email", "town": "address-level2", "postcode": "postal-code"}
    for name, autocomplete in wanted.items():
        await expect(page.locator(f"#sign [name={name}]")).to_have_attribute("autocomplete", autocomplete)


async def test_problems_keep_what_was_typed_and_lead_to_their_fields(ada: Visitor, statement: Any) -> None:
    page = await ada.go(f"/{statement.slug}")
    await ada.fill("Ada Example", "ada.example.org", town="Exampleton")
    await page.get_by_label(re.compile("^Show my name")).check()
    await ada.press(SIGN)
    assert (await page.title()).startswith("Error: ")
    summary = page.get_by_role("alert")
    await expect(summary).to_be_focused()
    await expect(summary.get_by_role("link")).to_have_count(2)
    await expect(page.locator("#sign [name=town]")).to_have_value("Exampleton")
    await expect(page.get_by_label(re.compile("^Show my name"))).to_be_checked()
    email = page.locator("#sign [name=email]")
    await expect(email).to_have_value("ada.example.org")
    await expect(email).to_have_attribute("aria-invalid", "true")
    told = await page.locator(f"#{await email.get_attribute('aria-describedby')}").inner_text()
    await expect(summary).to_contain_text(told.splitlines()[-1])
    await summary.get_by_role("link").first.click()
    await expect(email).to_be_focused()


async def test_the_honeypot_is_out_of_sight_and_reach(ada: Visitor, statement: Any) -> None:
    page = await ada.go(f"/{statement.slug}")
    trap = page.locator("[name=website]")
    await expect(trap).to_have_attribute("tabindex", "-1")
    await expect(trap).to_have_attribute("autocomplete", "off")
    await expect(trap).not_to_be_in_viewport()
    assert await page.get_by_role("textbox", name="Leave this field empty").count() == 0


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_on_a_phone_the_sign_bar_stays_until_the_form_comes(
    scripts: bool, chromium: Browser, site: Site, postbox: Any, statement: Any
) -> None:
    phone = await Visitor.arrive(
        chromium,
        site.settings.base_url,
        postbox.settle,
        viewport={"width": 390, "height": 844},
        java_script_enabled=scripts,
    )
    page = await phone.go(f"/{statement.slug}")
    bar, form = page.locator(".stick"), page.locator("#sign")
    await expect(bar).to_be_in_viewport(ratio=1)
    await expect(form).not_to_be_in_viewport()
    box = await bar.bounding_box()
    assert box is not None
    assert abs(box["y"] + box["height"] - 844) <= 1
    await bar.get_by_role("link").click()
    await expect(form).to_be_in_viewport()
    field = await page.locator("#sign [name=name]").bounding_box()
    over = await bar.bounding_box() if await bar.is_visible() else None
    assert field is not None
    assert over is None or over["y"] + over["height"] <= field["y"]
    await phone.context.close()


async def test_beside_a_long_text_the_card_sticks_and_its_button_can_be_reached(
    ada: Visitor, statement: Any
) -> None:
    page = await ada.go(f"/{statement.slug}")
    await page.set_viewport_size({"width": 1280, "height": 600})
    await page.mouse.move(300, 300)
    await page.mouse.wheel(0, 1500)
    await expect(page.locator("#sign button")).to_be_in_viewport(ratio=1)


async def test_on_paper_there_are_the_text_the_count_and_the_address_but_no_form(
    ada: Visitor, statement: Any
) -> None:
    page = await ada.go(f"/{statement.slug}")
    await page.emulate_media(media="print")
    await expect(page.locator("#sign form")).to_be_hidden()
    await expect(page.locator("#sign .count")).to_be_visible()
    await expect(page.locator(".paper")).to_contain_text(f"{ada.base}/{statement.slug}")


async def test_a_closed_statement_says_so_where_the_form_was(
    ada: Visitor, site: Site, statement: Any
) -> None:
    await makers.close(site, statement)
    page = await ada.go(f"/{statement.slug}")
    await expect(page.locator("#sign")).to_contain_text("Signing is closed")
    assert await page.locator("#sign form").count() == 0
    assert await page.locator(".stick").count() == 0
