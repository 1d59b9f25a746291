"""What is found wrong with a page: by axe-core, by its width, by what it says on the console, by whom it asks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request

from tests.browser import chromium
from tests.browser.chromium import LOOKS, Look

# axe-core 4.14.1 as npm has it (Mozilla Public License 2.0: axe.LICENSE.txt).
AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# In the dark only colours differ; at another width other things are shown.
_RUN = """async (scheme) => {
  const all = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const colours = { type: "rule", values: ["color-contrast", "link-in-text-block"] };
  const result = await axe.run({ runOnly: scheme === "dark" ? colours : all, resultTypes: ["violations"] });
  return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).slice(0, 3).join(" · ")}`);
}"""
_FACTS = """() => ({
  title: document.title, lang: document.documentElement.lang, dir: document.documentElement.dir,
  headings: document.querySelectorAll("h1").length,
  // The card is moved by site.js, which the policy allows.
  inline: document.querySelectorAll("[style]:not(.card), style, [onclick], [onload]").length,
  robots: document.querySelector("meta[name=robots]")?.content ?? "",
  alerts: document.querySelectorAll("[role=alert]").length,
})"""


async def axe(page: Page, looks: Sequence[Look] = LOOKS) -> dict[str, list[str]]:
    """What axe-core finds, in each look."""
    await page.evaluate(AXE)
    found = {}
    for width, scheme in looks:
        await chromium.look(page, width, scheme)
        if violations := await page.evaluate(_RUN, scheme):
            found[f"{width} {scheme}"] = violations
    return found


async def sideways(page: Page) -> dict[str, int]:
    """By how many pixels a page is too wide: 320 pixels wide, and with text twice as large."""
    found = {}
    for width, size in ((320, "100%"), (640, "200%")):
        await chromium.look(page, width)
        await page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        over = await page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        await page.evaluate("() => document.documentElement.removeAttribute('style')")
        if over > 0:
            found[f"{width} at {size}"] = over
    return found


async def facts(page: Page) -> dict[str, object]:
    """What every page must say of itself."""
    return dict(await page.evaluate(_FACTS))


class Watch:
    """Collects what a visitor's browser complains about, and every address that it asks elsewhere."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.base = base
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        """A page that is itself an answer of 4xx is no complaint; what it loads in vain is."""
        at = message.location.get("url", "")
        loads = at.startswith((f"{self.base}/static/", f"{self.base}/accent/"))
        if message.text.startswith("Failed to load resource") and not loads:
            return
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({at})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" != self.base:
            self.elsewhere.append(request.url)
