"""Organisers at the desk, for tests: a browser with a session in a role."""

from __future__ import annotations

import itertools
from typing import Any

import httpx

from petitions.organisers import sessions, team
from petitions.site import Site
from tests.conftest import browser
from tests.makers import ACTOR

_number = itertools.count(1)


async def organiser(site: Site, campaign: Any, role: str = "owner", email: str = "", **over: Any) -> Any:
    """An organiser with a role in the campaign (none: no role anywhere)."""
    email = email or f"organiser-{next(_number)}@example.org"
    row = await team.add(site, email, over.pop("name", "Orla Example"), **over)
    if campaign is not None:
        await team.give(site, campaign, row, role, actor=ACTOR)
    return row


async def seated(site: Site, organiser: Any, *, second: bool = True, **over: Any) -> httpx.AsyncClient:
    """A browser in which the organiser is logged in. `second`: and has just shown the second factor. `over`: as for
    conftest.browser."""
    begun = await sessions.begin(site, organiser.id, way="letter", browser="Firefox on Linux", second=second)
    client = browser(site, **over)
    client.cookies.set("session", begun.token, domain="localhost.local")
    return client


async def sit(
    site: Site, campaign: Any, role: str = "owner", *, second: bool = True, **over: Any
) -> httpx.AsyncClient:
    """A new organiser of this role, logged in."""
    return await seated(site, await organiser(site, campaign, role), second=second, **over)
