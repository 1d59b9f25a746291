"""What the queues of words share: which list and page is asked for, and the way back to it after an act."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from petitions.desk.door import PRIVATE
from petitions.errors import NotFound
from petitions.web.page import redirect, url_maker

PAGE_SIZE = 50
PLACE = frozenset({"state", "page"})
"""Fields of the forms of a queue that say where in it they stand."""


def asked_state(place: Mapping[str, str], states: Mapping[str, str]) -> str:
    """Which list; the first one unless told. Raises NotFound."""
    state = place.get("state") or next(iter(states))
    if state not in states:
        raise NotFound
    return state


def asked_page(place: Mapping[str, str], rows: int) -> tuple[int, int]:
    """(page, pages); the last one where there are not so many (any more)."""
    pages = max(1, -(-rows // PAGE_SIZE))
    text = place.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1
    return min(max(number, 1), pages), pages


def back_to(request: Request, name: str, place: Mapping[str, str], done: str) -> Response:
    """303 to the list and page that a form stood in, which says what was `done`."""
    path = url_maker(request)(
        name, campaign=request.path_params["campaign"], statement=request.path_params["statement"]
    )
    told = {"state": place.get("state", ""), "page": place.get("page", ""), "done": done}
    return redirect(
        f"{path}?{urlencode({key: value for key, value in told.items() if value})}", headers=PRIVATE
    )
