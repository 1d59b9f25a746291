"""A page knows its language, its accent and where it is; what differs from visitor to visitor is never stored."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from petitions.site import Site
from petitions.web.page import page
from tests.conftest import browser
from tests.web.conftest import application

WORDS: dict[str, Any] = {"title": "Hello", "sentence": "A sentence.", "hint": "", "retry_after": None}


async def shown(site: Site, path: str = "/shown", **given: Any) -> httpx.Response:
    async def view(request: Request) -> Response:
        return page(request, "failure.html", **{**WORDS, **given})

    app = application(site)
    app.router.routes.append(Route("/shown", view))
    async with browser(site, app=app) as client:
        return await client.get(path, headers={"Accept-Encoding": "gzip"})


@pytest.mark.parametrize(
    ("given", "language"),
    [
        ({}, "en"),
        ({"campaign": SimpleNamespace(language="de")}, "de"),
        (
            {"campaign": SimpleNamespace(language="de"), "statement": SimpleNamespace(language="en-XA")},
            "en-XA",
        ),
        ({"campaign": SimpleNamespace(language="de"), "language": "en"}, "en"),
    ],
)
async def test_a_pages_language_is_its_statements(
    quiet_site: Site, given: dict[str, Any], language: str
) -> None:
    for noun in given.values():
        if isinstance(noun, SimpleNamespace):
            vars(noun).update(_facts())
    answer = await shown(quiet_site, **given)
    assert f'<html lang="{language}"' in answer.text
    assert answer.headers["Content-Language"] == language


async def test_a_page_has_its_campaigns_accent(quiet_site: Site) -> None:
    campaign = SimpleNamespace(language="en", **{**_facts(), "accent": "#00557f"})
    assert "/accent/00557f.css" in (await shown(quiet_site, campaign=campaign)).text
    assert "/accent/b4232f.css" in (await shown(quiet_site)).text


async def test_only_pages_for_everybody_are_stored(quiet_site: Site) -> None:
    private = await shown(quiet_site)
    assert private.headers["Cache-Control"] == "no-store"
    assert "Content-Encoding" not in private.headers
    public = await shown(quiet_site, headers={"Cache-Control": "public, max-age=5"})
    assert public.headers["Cache-Control"] == "public, max-age=5"
    assert public.text == private.text


async def test_what_a_visitor_typed_is_shown_as_words(quiet_site: Site) -> None:
    answer = await shown(quiet_site, sentence="<script>alert(1)</script>")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert(1)" in answer.text


def _facts() -> dict[str, Any]:
    return {
        "slug": "example",
        "campaign_slug": "example",
        "name": "Example",
        "campaign_name": "Example",
        "controller": "",
        "accent": "#b4232f",
        "demonstration": False,
    }


def test_what_ends_at_midnight_holds_until_the_day_before() -> None:
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from petitions.templating import filters

    last_day = filters("en", ZoneInfo("Europe/London"))["last_day"]
    assert last_day(datetime(2027, 3, 31, 23, tzinfo=UTC)) == "31 March 2027"
    assert last_day(datetime(2027, 3, 31, 12, tzinfo=UTC)) == "31 March 2027"
