"""One line of the table of addresses: path, view, name, and who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any

from starlette.routing import Route

View = Callable[..., Awaitable[Any]]


class Line(Route):
    """A route with what else its line says; what a line does not say, it has not."""

    rule: str
    kept: bool
    queried: Collection[str]
    files: bool
    long: bool
    roles: Collection[str] | None
    fresh: bool


def get(
    path: str, view: View, name: str, rule: str, *, kept: bool = False, queried: Collection[str] = ()
) -> Line:
    """A page: GET and HEAD, changes nothing but what signing.md §4 names. `kept`: it is the same for everybody
    and whatever the query, and `web/kept.py` keeps it ready. `queried`: what its view looks at in the query ("*":
    whatever is there); with that it is not kept."""
    route = _route(path, view, name, rule, ["GET"])
    route.kept, route.queried = kept, queried
    return route


def post(path: str, view: View, name: str, rule: str, *, files: bool = False) -> Line:
    """An act: POST alone. `files`: its form brings some, and may be longer (`web/guard.py`, `web/upload.py`)."""
    route = _route(path, view, name, rule, ["POST"])
    route.files = files
    return route


def _route(path: str, view: View, name: str, rule: str, methods: list[str]) -> Line:
    route = Line(path, view, name=name, methods=methods)
    route.rule = rule
    return route
