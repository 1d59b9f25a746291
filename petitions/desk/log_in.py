"""How an organiser comes in: by a letter to their address, or by a link made on this machine."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions.web.page import page


async def log_in_page(request: Request) -> Response:
    """The form that takes an address."""
    return page(request, "desk/log_in.html")
