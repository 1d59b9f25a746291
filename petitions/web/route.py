"""One line of the table of addresses: path, view, name, and who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any

from starlette.routing import Route

View = Callable[..., Awaitable[Any]]


def get(
    path: str, view: View, name: str, rule: str, *, kept: bool = False, queried: Collection[str] = ()
) -> Route:
    """A page: GET and HEAD, changes nothing but what signing.md §4 names. `kept`: it is the same for everybody
    and whatever the query, and `web/kept.py` keeps it ready. `queried`: what its view looks at in the query ("*":
    whatever is there); with that it is not kept."""
    route = _route(path, view, name, rule, ["GET"])
    route.kept, route.queried = kept, queried  # type: ignore[attr-defined]
    return route


def post(path: str, view: View, name: str, rule: str, *, files: bool = False) -> Route:
    """An act: POST alone. `files`: its form brings some, and may be longer (`web/guard.py`, `web/upload.py`)."""
    route = _route(path, view, name, rule, ["POST"])
    route.files = files  # type: ignore[attr-defined]
    return route


def _route(path: str, view: View, name: str, rule: str, methods: list[str]) -> Route:
    route = Route(path, view, name=name, methods=methods)
    route.rule = rule  # type: ignore[attr-defined]
    return route
