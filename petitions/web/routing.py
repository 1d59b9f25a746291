"""Which route a path leads to: the first of the list, as Starlette has it, found without asking every one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from starlette import routing
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send


class Found(NamedTuple):
    """A route, and what it adds to the scope. `match` is PARTIAL where the route takes other methods."""

    route: Route
    match: Match
    more: Scope


class Table:
    """Routes by what can be seen at a glance: how many parts a path has, its first part and its last.

    `routes` may change until the first path is looked up.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self.routes = list(routes)
        self._fitting: dict[tuple[int, str | None, str | None], list[Route]] = {}

    @cached_property
    def _patterns(self) -> list[Route]:
        return [route for route in self.routes if isinstance(route, Route)]

    @cached_property
    def _words(self) -> set[str]:
        return {word for route in self._patterns for word in _parts(route.path) if "{" not in word}

    @cached_property
    def _longest(self) -> int:
        return max((len(_parts(route.path)) for route in self._patterns), default=0)

    def match(self, scope: Scope) -> Found | None:
        """The first route of this path and method, else the first of this path."""
        partial = None
        for found in self._matches(scope):
            if found.match is Match.FULL:
                return found
            partial = partial or found
        return partial

    def methods(self, scope: Scope) -> set[str]:
        """All that the routes of this path take."""
        return {method for found in self._matches(scope) for method in found.route.methods or ()}

    def _matches(self, scope: Scope) -> Iterator[Found]:
        if scope["path"].endswith("\n"):  # which `$` of Starlette's patterns overlooks
            return
        for route in self._candidates(_parts(scope["path"])):
            match, more = route.matches(scope)
            if match is not Match.NONE:
                yield Found(route, match, more)

    def _candidates(self, parts: list[str]) -> list[Route]:
        """In the order of the list. What no route names is all the same, so there are only so many keys."""
        first, last = (part if part in self._words else None for part in (parts[0], parts[-1]))
        key = min(len(parts), self._longest + 1), first, last
        if key not in self._fitting:
            self._fitting[key] = [route for route in self._patterns if _fits(route.path, *key)]
        return self._fitting[key]


class Router(routing.Router):
    """Starlette's, with the table before it."""

    def __init__(self, table: Table, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.routes = table.routes
        self._table = table

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().app(scope, receive, send)
            return
        scope.setdefault("router", self)
        found = self._table.match(scope)
        if found is None:
            await self.default(scope, receive, send)
            return
        scope["route"] = found.route
        scope.update(found.more)
        if found.match is Match.PARTIAL:  # the route itself would name its own methods alone
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(self._table.methods(scope)))})
        await found.route.handle(scope, receive, send)


def _parts(path: str) -> list[str]:
    return path.removeprefix("/").split("/")


def _fits(pattern: str, count: int, first: str | None, last: str | None) -> bool:
    parts = _parts(pattern)
    if ":path}" not in pattern and len(parts) != count:
        return False
    return all("{" in part or part == text for part, text in ((parts[0], first), (parts[-1], last)))
