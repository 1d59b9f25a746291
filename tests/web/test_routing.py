"""The table finds what Starlette would find by asking one route after the other."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match

from petitions.routes import routes
from petitions.web.routing import Found, Table

ROUTES = routes()
TABLE = Table(ROUTES)
WORDS = sorted({word for route in ROUTES for word in route.path.split("/") if "{" not in word})
PARTS = st.one_of(
    st.sampled_from([*WORDS, "a.json", "b4232f.css", "7", str(UUID(int=7)), "save-our-library"]),
    st.text(alphabet="ab./%{}:é\n", max_size=5),
)
PATHS = st.lists(PARTS, max_size=6).map(lambda parts: "/" + "/".join(parts))


def asked_one_by_one(scope: dict[str, str]) -> Found | None:
    if scope["path"].endswith("\n"):  # which `$` of Starlette's patterns overlooks
        return None
    partial = None
    for route in ROUTES:
        match, more = route.matches(scope)
        if match is Match.FULL:
            return Found(route, match, more)
        if match is Match.PARTIAL and partial is None:
            partial = Found(route, match, more)
    return partial


@given(PATHS, st.sampled_from(["GET", "HEAD", "POST", "PUT"]))
def test_any_path_leads_where_the_list_says(path: str, method: str) -> None:
    scope = {"type": "http", "path": path, "method": method}
    assert TABLE.match(scope) == asked_one_by_one(scope)


@given(PATHS)
def test_a_path_names_each_method_that_is_taken_there_and_no_other(path: str) -> None:
    told = TABLE.methods({"type": "http", "path": path, "method": "PUT"})
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        found = TABLE.match({"type": "http", "path": path, "method": method})
        assert (method in told) == (found is not None and found.match is Match.FULL)


@pytest.mark.parametrize(
    ("path", "allow"),
    [("/my", "GET, HEAD, POST"), ("/confirm/x", "GET, HEAD, POST"), ("/x/sign", "POST"), ("/", "GET, HEAD")],
)
async def test_a_method_that_is_not_taken_is_told_which_are(
    client: httpx.AsyncClient, path: str, allow: str
) -> None:
    answer = await client.put(path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allow)


@pytest.mark.parametrize(
    "path", ["/x.json", "/x/versions/1", "/accent/ff0000.css", "/my", "/static/site.css"]
)
async def test_a_line_feed_at_the_end_is_another_path(client: httpx.AsyncClient, path: str) -> None:
    assert TABLE.match({"type": "http", "path": f"{path}\n", "method": "GET"}) is None
    assert (await client.get(f"{path}%0A")).status_code == 404


def test_each_route_is_found_by_its_own_path() -> None:
    given = {"uuid": UUID(int=7), "integer": 7, "path": "fonts/a.css"}
    for route in ROUTES:
        kinds = {
            name: type(kind).__name__.removesuffix("Convertor")
            for name, kind in route.param_convertors.items()
        }
        values = {name: given.get(kind.lower(), "x-1") for name, kind in kinds.items()}
        path = str(route.url_path_for(route.name, **values))
        for method in route.methods or ():
            found = TABLE.match({"type": "http", "path": path, "method": method})
            assert found is not None
            assert (found.match, found.route.name) == (Match.FULL, route.name)


def test_strange_paths_leave_nothing_behind() -> None:
    table = Table(ROUTES)
    for number in range(300):
        table.match({"type": "http", "path": f"/{number}" * (number % 50), "method": "GET"})
    assert len(table._fitting) < 100
