"""The second factor: shown at the desk's door, and again for what needs it fresh."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import Desk, show


async def second_page(request: Request, desk: Desk) -> Response:
    """One question: the passkey, or the code."""
    return show(request, desk, "desk/second.html")
