"""Every page and every letter is drawn in the pseudo-locale, and in each language: no sentence is hard-coded."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from petitions.folders import TEMPLATES
from petitions.settings import Settings
from petitions.site import Site
from petitions.translations import LANGUAGES, PSEUDO, catalogue, template
from tests.conftest import Postbox
from tests.pseudo import hard_coded, pieces
from tests.tour import Tour, everywhere
from tests.tour_bodies import bodies
from tests.tour_desk import desk
from tests.tour_officers import officers

# The handbook is written in English, so its headings are named in English.
OF_THE_HANDBOOK = re.compile(r"docs/trouble\.md[^.]*\.")


@pytest.fixture(params=[PSEUDO, *sorted(set(LANGUAGES) - {"en"})])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(settings: Settings, language: str) -> Settings:
    return replace(settings, language=language)


@pytest_asyncio.fixture
async def tour(site: Site, client: httpx.AsyncClient, postbox: Postbox, owner: Any, language: str) -> Tour:
    return Tour(site, client, postbox, owner, language)


def english(language: str) -> list[str]:
    """Sentences long enough to be no name and no word of that language, as they come out."""
    ids = [
        message.id if isinstance(message.id, str) else message.id[1] for message in template() if message.id
    ]
    others = [one for one in ids if catalogue(language).gettext(one) != one or "%" in one]
    said = [piece.strip() for one in others for piece in re.split(r"%\(\w+\)[a-z]|<[^>]*>", one)]
    return [piece for piece in said if len(piece) > 12 and " " in piece]


async def test_every_sentence_of_every_page_and_letter_is_translated(tour: Tour) -> None:
    await everywhere(tour)
    await bodies(tour)
    await officers(tour)
    await desk(tour)
    if tour.language == PSEUDO:
        found = {what: hard_coded(page) for what, page in tour.seen}
    else:
        sentences = english(tour.language)
        plain = [
            (what, OF_THE_HANDBOOK.sub("", " ".join(" ".join(pieces(page)).split())))
            for what, page in tour.seen
        ]
        found = {what: [one for one in sentences if one in page] for what, page in plain}
    assert {what: some for what, some in found.items() if some} == {}
    assert unseen_templates(tour) == set()


def unseen_templates(tour: Tour) -> set[str]:
    """Templates that the tour never drew: a new page or letter must be visited above. The hand-over document is
    typst's (tests/desk/test_handover.py)."""
    drawn = {name for _, name in tour.site.templates.environment(tour.language).cache}  # type: ignore[union-attr]
    files = {str(file.relative_to(TEMPLATES)) for file in TEMPLATES.rglob("*.*") if file.suffix != ".typ"}
    return files - drawn
