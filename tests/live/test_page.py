"""What a statement's page gives to the script that follows the count."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from petitions.templating import plurals
from tests import makers


async def test_an_open_page_says_where_the_count_comes_from_and_how_each_plural_is_said(
    site: Any, client: Any, postbox: Any
) -> None:
    statement = await makers.statement(site, goal=10)
    await makers.confirmed(client, postbox, statement)
    text = ""
    async with asyncio.timeout(10):  # the page of before is dropped by NOTIFY
        while 'data-revision="1000000000001"' not in text:
            text = (await client.get(f"/{statement.slug}")).text
    assert f'data-live="/{statement.slug}/live" data-count="/{statement.slug}/count.json"' in text
    forms = dict(re.findall(r'<template data-form="(\w+ \w+)">(.*?)</template>', text))
    assert forms["people one"] == "<b>#</b> person has signed"
    assert forms["people other"] == "<b>#</b> people have signed"
    assert forms["bodies one"] == "<b># organisation</b>"
    said = {"people", "bar", "persons", "organisations", "bodies", "all", "goal"}
    assert {form.split()[0] for form in forms} == said
    assert all(words.count("#") == 1 for words in forms.values())
    assert re.search(r"<template data-closed>.*Signing is closed.*</template>", text)


async def test_a_closed_page_follows_nothing(site: Any, client: Any) -> None:
    statement = await makers.statement(site)
    await makers.close(site, statement)
    assert "data-live" not in (await client.get(f"/{statement.slug}")).text


@pytest.mark.parametrize(
    ("language", "forms"),
    [("en", {"one", "other"}), ("pl", {"one", "few", "many"}), ("fr", {"one", "many", "other"})],
)
def test_each_plural_form_of_a_language_has_a_number(language: str, forms: set[str]) -> None:
    assert set(plurals(language)) == forms
