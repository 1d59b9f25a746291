"""One line of the desk's table: an address, its view behind the door, its name, and who may."""

from __future__ import annotations

from collections.abc import Collection

from petitions.desk.door import View, admitted
from petitions.web.route import Line, get, post

SESSION = "an organiser who is logged in"


def ask(
    path: str,
    view: View,
    name: str,
    roles: Collection[str] | None,
    *,
    fresh: bool = False,
    early: bool = False,
) -> Line:
    """A page. `roles` None: any organiser; such an address names no campaign."""
    return _lined(
        get(path, admitted(view, roles, fresh=fresh, early=early), name, _rule(roles, fresh)), roles, fresh
    )


def act(
    path: str,
    view: View,
    name: str,
    roles: Collection[str] | None,
    *,
    fresh: bool = False,
    early: bool = False,
    files: bool = False,
    long: bool = False,
) -> Line:
    """A change. `files`: its form brings some. `long`: it brings a statement's text (web/guard.py)."""
    route = post(
        path, admitted(view, roles, fresh=fresh, early=early), name, _rule(roles, fresh), files=files
    )
    route.long = long
    return _lined(route, roles, fresh)


def _rule(roles: Collection[str] | None, fresh: bool) -> str:
    who = SESSION if roles is None else ", ".join(sorted(roles))
    return f"{who}; second factor within ten minutes" if fresh else who


def _lined(route: Line, roles: Collection[str] | None, fresh: bool) -> Line:
    route.roles, route.fresh = roles, fresh
    return route
