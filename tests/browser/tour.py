"""Every page of the site, reached as people reach it: by links, forms and letters.

The tests judge each stop and the screenshots show it, so a new page enters both by one line here. It needs
a local site that keeps its letters (no SMTP): they are read at /dev/letters like by any newcomer.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page

Settle = Callable[[], Awaitable[object]]
"""Lets the background work catch up: runs it in tests, waits beside a running site."""


class Stop(NamedTuple):
    """One page, open and ready to be judged."""

    name: str
    page: Page


class Visitor:
    """A person with a browser of their own."""

    def __init__(self, context: BrowserContext, base: str, settle: Settle) -> None:
        self.context, self.base, self.settle = context, base, settle

    @classmethod
    async def arrive(cls, browser: Browser, base: str, settle: Settle, **options: object) -> Visitor:
        context = await browser.new_context(locale="en-GB", **options)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        visitor = cls(context, base, settle)
        await context.new_page()
        return visitor

    @property
    def page(self) -> Page:
        return self.context.pages[0]

    async def go(self, path: str) -> Page:
        await self.page.goto(self.base + path)
        return self.page

    async def fill(self, name: str, email: str, **fields: str) -> None:
        """Fill in the form of the statement that is open."""
        form = self.page.locator("#sign form")
        for field, value in {"name": name, "email": email, **fields}.items():
            await form.locator(f"[name={field}]").fill(value)

    async def answer(self, **answers: str | Path) -> None:
        """Answer questions of the form that is open, folded ones too: text, a choice, a tick ("yes"), a file."""
        for name, answer in answers.items():
            field = self.page.locator(f"main form [name={name}]:not([type=hidden])").first
            await field.evaluate("one => one.closest('details')?.setAttribute('open', '')")
            if isinstance(answer, Path):
                await field.set_input_files(answer)
            elif await field.evaluate("one => one.tagName") == "SELECT":
                await field.select_option(answer)
            elif await field.get_attribute("type") in ("radio", "checkbox"):
                await self.page.locator(f"main form [name={name}][value='{answer}']").check()
            else:
                await field.fill(answer)

    async def unfold(self) -> None:
        """Everything that the page hides."""
        await self.page.evaluate(
            "() => document.querySelectorAll('main details').forEach(one => one.open = true)"
        )

    async def press(self, words: str | re.Pattern[str]) -> None:
        """Press a button, and let the letters that it causes leave."""
        await self.page.get_by_role("button", name=words).first.click()
        await self.page.wait_for_load_state()
        await self.settle()

    async def sign(self, statement: str, name: str, email: str, **fields: str) -> None:
        await self.go(statement)
        await self.fill(name, email, **fields)
        await self.press(re.compile("^Sign the "))

    async def letter(self, address: str, part: str, but: str = "") -> str:
        """The path of a link in the newest kept letter to an address; waits for one other than `but`."""
        for _ in range(60):
            for letter in re.findall(r'href="(/dev/letters/[^"]+)"', await self._html("/dev/letters")):
                html = unescape(await self._html(letter))
                found = re.search(rf'href="([^"]*{part}[^"]*)"', html)
                if address in html and found and (path := urlsplit(found[1]).path) != but:
                    return path
            await asyncio.sleep(0.25)
        raise AssertionError(f"no letter to {address} with a link to {part}")

    async def _html(self, path: str) -> str:
        return await (await self.context.request.get(self.base + path)).text()


async def tour(browser: Browser, base: str, statement: str, settle: Settle) -> AsyncIterator[Stop]:
    """Every page that a visitor can meet, on a site where `statement` (a path) is open."""
    ada = await Visitor.arrive(browser, base, settle)
    stranger = await Visitor.arrive(browser, base, settle)
    for part in (_reading, _signing, _confirming, _mine):
        async for stop in part(ada, stranger, statement):
            yield stop
    await ada.context.close()
    await stranger.context.close()


async def _reading(ada: Visitor, stranger: Visitor, statement: str) -> AsyncIterator[Stop]:
    yield Stop("home", await ada.go("/"))
    page = await ada.go(statement)
    yield Stop("statement", page)
    campaign = await page.get_attribute(".mast .home", "href")
    yield Stop("campaign", await ada.go(f"{campaign}"))
    for name in ("privacy", "imprint", "accessibility", "terms"):
        yield Stop(name, await ada.go(f"{campaign}/{name}"))
    yield Stop("signatories", await ada.go(f"{statement}/signatories"))
    yield Stop("version", await ada.go(f"{statement}/versions/1"))
    yield Stop("not found", await ada.go("/there-is-no-such-page"))
    yield Stop("wrong link", await ada.go("/confirm/this-is-no-token"))
    yield Stop("no letters yet", await ada.go("/dev/letters"))


async def _signing(ada: Visitor, stranger: Visitor, statement: str) -> AsyncIterator[Stop]:
    await ada.go(statement)
    await ada.fill("", "ada.example.org")
    await ada.press(re.compile("^Sign the "))
    yield Stop("statement with problems", ada.page)
    await ada.sign(statement, "Ada Example", "ada@example.org")
    yield Stop("check your e-mail", ada.page)
    await ada.page.locator("[name=code]").fill("000000")
    await ada.press("Confirm my signature")
    yield Stop("wrong code", ada.page)
    await ada.letter("ada@example.org", "/confirm/")
    yield Stop("letters", await ada.go("/dev/letters"))
    await ada.page.locator("main li a").first.click()
    yield Stop("letter", ada.page)


_STAND_STILL = "() => { for (let timer = 0; timer < 99; timer++) clearTimeout(timer) }"


async def _confirming(ada: Visitor, stranger: Visitor, statement: str) -> AsyncIterator[Stop]:
    first = await ada.letter("ada@example.org", "/confirm/")
    yield Stop("confirm", await stranger.go(first))
    yield Stop("not me", await stranger.go(f"{first}/not-me"))
    await ada.sign(statement, "Ada E. Example", "ada@example.org")
    other = await ada.letter("ada@example.org", "/confirm/", but=first)
    page = await ada.go(first)
    await page.evaluate(_STAND_STILL)
    yield Stop("thanks, being counted", page)
    await ada.settle()
    await page.reload()
    yield Stop("thanks", page)
    yield Stop("confirmed", await stranger.go(first))
    yield Stop("already", await stranger.go(other))
    await ada.sign(statement, "Bob Example", "bob@example.org")
    second = await ada.letter("bob@example.org", "/confirm/")
    await stranger.go(f"{second}/not-me")
    await stranger.press("Delete it")
    yield Stop("letters from us", stranger.page)
    await stranger.press("Save")
    yield Stop("letters from us, saved", stranger.page)
    yield Stop("deleted link", await stranger.go(second))


async def _mine(ada: Visitor, stranger: Visitor, statement: str) -> AsyncIterator[Stop]:
    yield Stop("my", await ada.go("/my"))
    await ada.press("Mail me the link")
    yield Stop("my with problems", ada.page)
    await ada.page.locator("[name=email]").fill("ada@example.org")
    await ada.press("Mail me the link")
    yield Stop("my asked", ada.page)
    link = await ada.letter("ada@example.org", "/my/")
    page = await ada.go(link)
    await ada.unfold()
    yield Stop("my signature", page)
    await page.get_by_label("Your name").fill("=Ada")
    await ada.press("Save the changes")
    yield Stop("my signature with problems", page)
    await ada.go(link)
    await page.get_by_role("link", name="Withdraw my signature").click()
    yield Stop("withdraw", page)
    await ada.press("Withdraw my signature")
    yield Stop("my signature withdrawn", page)
    while page.url.endswith(link) or "?done=" in page.url:
        await page.get_by_role("link", name="Erase everything about it").first.click()
        yield Stop("erase", page)
        await ada.press("Erase it for good")
        yield Stop("erased", page)
    yield Stop("my link over", await ada.go(link))
