"""Somebody reports something: the page first, then its form."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests import makers


async def link(client: httpx.AsyncClient, statement: Any, what: str) -> str:
    """The address behind "Report" on a public page."""
    page = {"statement": "", "name": "/signatories", "comment": "/comments", "endorsement": "/endorsements"}[
        what
    ]
    html = (await client.get(f"/{statement.slug}{page}")).text
    wanted = rf'href="(/{statement.slug}/report\?what={what}&amp;id=[^"]+)"'
    found = re.search(rf'href="(/{statement.slug}/report)"' if what == "statement" else wanted, html)
    assert found, f"{page} has no link to report {what}"
    return found[1].replace("&amp;", "&")


async def report(
    client: httpx.AsyncClient, statement: Any, what: str = "statement", *, to: str = "", **typed: str
) -> httpx.Response:
    page = await client.get(to or await link(client, statement, what))
    assert page.status_code == 200, page.status_code
    form = {"reason": "spam", "words": "", "email": "", "website": "", **makers.hidden(page.text), **typed}
    return await client.post(f"/{statement.slug}/report", data=form)
