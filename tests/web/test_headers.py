"""Every response carries the security headers, whoever made it."""

from __future__ import annotations

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from petitions.site import Site
from petitions.web.application import build
from petitions.web.headers import SANDBOXED
from tests.conftest import browser
from tests.web.conftest import application

KINDS = [
    ("GET", "/", 200),
    ("HEAD", "/", 200),
    ("GET", "/no-such-page", 404),
    ("DELETE", "/my", 405),
    ("POST", "/away", 303),
    ("GET", "/wrong/surprise", 500),
    ("GET", "/wrong/DatabaseGone", 503),
    ("GET", "/static/favicon.svg", 200),
    ("GET", "/accent/b4232f.css", 200),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/seen", 200),
]


@pytest.mark.parametrize(("method", "path", "status"), KINDS)
async def test_every_kind_of_response_is_guarded(
    web: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await web.request(method, path)
    assert answer.status_code == status
    policy = answer.headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
        "form-action 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in answer.headers
    assert "Set-Cookie" not in answer.headers


async def test_a_site_on_https_says_so_for_two_years(quiet_site: Site) -> None:
    app = application(quiet_site, base_url="https://petitions.example.org")
    async with browser(quiet_site, app=app, base_url="https://petitions.example.org") as client:
        answer = await client.get("/")
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"


async def test_head_is_answered_without_a_body(web: httpx.AsyncClient) -> None:
    for path in ("/", "/no-such-page", "/wrong/surprise", "/static/site.css"):
        answer = await web.head(path)
        assert answer.headers["content-length"] != "0"


async def test_static_files_are_kept_for_ever_under_the_address_of_their_content(
    web: httpx.AsyncClient,
) -> None:
    from petitions.web.assets import static_path

    path = static_path("site.css")
    answer = await web.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Type"].startswith("text/css")
    plain = await web.get(path, headers={"Accept-Encoding": "identity"})
    assert plain.text == answer.text
    assert "Content-Encoding" not in plain.headers
    again = await web.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await web.get("/static/site.css?v=old")).headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize(
    "path", ["../assets.py", "%2e%2e/assets.py", "..%2fassets.py", "", ".hidden", "/etc/passwd"]
)
async def test_only_static_files_are_static_files(web: httpx.AsyncClient, path: str) -> None:
    assert (await web.get(f"/static/{path}")).status_code == 404


async def test_a_view_may_set_one_other_policy_which_is_stricter(quiet_site: Site) -> None:
    ours = (await _answered(quiet_site, "")).headers["Content-Security-Policy"]
    for looser in (
        "default-src *",
        "sandbox",
        "default-src 'none'; sandbox allow-scripts",
        SANDBOXED + "; x",
    ):
        assert (await _answered(quiet_site, looser)).headers.get_list("Content-Security-Policy") == [ours]
    strict = await _answered(quiet_site, SANDBOXED)
    assert strict.headers.get_list("Content-Security-Policy") == [SANDBOXED]
    assert strict.headers["X-Content-Type-Options"] == "nosniff"


async def test_two_policies_of_a_view_are_as_none(quiet_site: Site) -> None:
    for pair in ((SANDBOXED, "default-src *"), ("default-src *", SANDBOXED)):
        found = (await _answered(quiet_site, *pair)).headers.get_list("Content-Security-Policy")
        assert len(found) == 1
        assert "*" not in found[0]


async def _answered(site: Site, *policies: str) -> httpx.Response:
    """A view's answer that brings policies of its own."""

    async def view(request: Request) -> Response:
        answer = Response("a page")
        answer.raw_headers += [(b"content-security-policy", one.encode()) for one in policies]
        return answer

    async with browser(site, app=build(site, [Route("/", view)])) as client:
        return await client.get("/")
