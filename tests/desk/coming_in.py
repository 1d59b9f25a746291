"""Coming in, for tests: asking for the letter, and opening what is in it."""

from __future__ import annotations

from typing import Any

import httpx

OLU = "olu@example.org"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def ask(client: httpx.AsyncClient, email: str = OLU, **fields: str) -> httpx.Response:
    """Ask for a log-in letter, as the form does."""
    return await client.post("/organise/log-in", data={"email": email, **fields})


async def letter(client: httpx.AsyncClient, postbox: Any, email: str = OLU, **fields: str) -> Any:
    """Ask, and get the letter."""
    await ask(client, email, **fields)
    await postbox.settle()
    return postbox.to(email)[-1]


async def enter(client: httpx.AsyncClient, code: str, **fields: str) -> httpx.Response:
    """Type the code into the page that is open."""
    return await client.post("/organise/log-in/sent", data={"code": code, **fields})


async def is_in(client: httpx.AsyncClient) -> bool:
    """Whether this browser sits at the desk."""
    return "log-in" not in (await client.get("/organise/me")).headers.get("location", "")
