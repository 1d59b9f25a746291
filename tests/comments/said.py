"""A statement that shows comments, and people who wrote some."""

from __future__ import annotations

import re
from typing import Any

import httpx

from petitions.site import Site
from tests import makers
from tests.conftest import browser

WORDS = "My street waits for this."


async def statement(site: Site, campaign: Any = None, **over: Any) -> Any:
    facts = {"fields": ["comment", "union"], "public": ["name", "comment", "union"], **over}
    return await makers.statement(site, campaign, **facts)


async def say(
    site: Site, postbox: Any, statement: Any, words: str = WORDS, name: str = "Ada Example", **fields: str
) -> str:
    """Somebody signs with a comment, agrees to show it, and confirms; their address. `consent_…=""`: not agreed."""
    email = f"{name.split()[0].lower()}@example.org"
    agreed = {"consent_name": "yes", "consent_comment": "yes", **fields}
    typed = {key: value for key, value in agreed.items() if value}
    async with browser(site) as client:
        await makers.confirmed(client, postbox, statement, name, email, comment=words, **typed)
    return email


async def queue(desk: httpx.AsyncClient, statement: Any, state: str = "") -> httpx.Response:
    query = f"?state={state}" if state else ""
    return await desk.get(f"/organise/{statement.campaign_slug}/{statement.slug}/comments{query}")


async def judge(
    desk: httpx.AsyncClient, statement: Any, verdict: str, *, page: str = "", state: str = "", words: str = ""
) -> httpx.Response:
    """Press a button of the row of these words (of the first row), on a page that was opened before or is now."""
    html = page or (await queue(desk, statement, state)).text
    row = next(one for one in html.split("<li data-row")[1:] if words in one)
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', row))
    path = f"/organise/{statement.campaign_slug}/{statement.slug}/comments"
    return await desk.post(path, data={**sent, "verdict": verdict})
