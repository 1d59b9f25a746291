"""The browser of these tests: which one, how it is started, and what it is asked to look like."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from playwright.async_api import Browser, Page, async_playwright

# A container has little shared memory and no sandbox for root; nothing may phone home.
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")
Scheme = Literal["light", "dark"]
Look = tuple[int, Scheme]
LOOKS: tuple[Look, ...] = ((390, "light"), (390, "dark"), (1280, "light"), (1280, "dark"))
"""Width in CSS pixels and colour scheme: every page is looked at in each of these."""


def find() -> str | None:
    """The path of a Chromium: the one that PETITIONS_TEST_BROWSER names, else one on the PATH."""
    named = os.environ.get("PETITIONS_TEST_BROWSER")
    return next((path for name in ([named] if named else NAMES) if (path := shutil.which(name))), None)


@asynccontextmanager
async def launched(path: str) -> AsyncIterator[Browser]:
    """A running browser; contexts of it are as separate as two people's browsers."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def look(page: Page, width: int, scheme: Scheme = "light") -> None:
    """Show the page that is open at a width, in a colour scheme, without loading it again."""
    await page.set_viewport_size({"width": width, "height": 844 if width < 600 else 900})
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
