"""Every address of the desk, and who may: one table of route × role × method. What has no line does not exist.

`ask` is a page, `act` a change. `fresh`: the second factor was shown within ten minutes. `early`: open to a session
that has not shown it at all yet.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.routing import Route

from petitions.desk import home, log_in, second
from petitions.desk.door import View, admitted
from petitions.organisers.roles import EVERYONE
from petitions.web.route import get, post

ANYONE = "anyone"
SESSION = "an organiser who is logged in"


def desk() -> list[Route]:
    """The desk's addresses, in the order in which they are matched."""
    return [*_coming_in(), *_campaign(), *_statements(), *_signatures(), *_bodies(), *_words(), *_lists()]


def _coming_in() -> list[Route]:
    """Log-in, the second factor, one's own sessions and factors."""
    return [
        ask("/organise", home.home, "desk_home", None),
        get("/organise/log-in", log_in.log_in_page, "desk_log_in", ANYONE),
        ask("/organise/me/second", second.second_page, "desk_second", None, early=True),
    ]


def _campaign() -> list[Route]:
    """The campaign: overview, team, settings, audit."""
    return [
        ask("/organise/{campaign}", home.overview, "desk_campaign", EVERYONE),
    ]


def _statements() -> list[Route]:
    """Texts: drafts, versions, notes, states."""
    return []


def _signatures() -> list[Route]:
    """Search, one signature's story, hold and release, invalidations."""
    return []


def _bodies() -> list[Route]:
    """Endorsements, organisations, motions and their submissions."""
    return []


def _words() -> list[Route]:
    """Comments and reports."""
    return []


def _lists() -> list[Route]:
    """Exports, the hand-over, numbers."""
    return []


def ask(
    path: str,
    view: View,
    name: str,
    roles: Collection[str] | None,
    *,
    fresh: bool = False,
    early: bool = False,
) -> Route:
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
) -> Route:
    """A change. `files`: its form brings some."""
    route = post(
        path, admitted(view, roles, fresh=fresh, early=early), name, _rule(roles, fresh), files=files
    )
    return _lined(route, roles, fresh)


def _rule(roles: Collection[str] | None, fresh: bool) -> str:
    who = SESSION if roles is None else ", ".join(sorted(roles))
    return f"{who}; second factor within ten minutes" if fresh else who


def _lined(route: Route, roles: Collection[str] | None, fresh: bool) -> Route:
    route.roles, route.fresh = roles, fresh  # type: ignore[attr-defined]
    return route
