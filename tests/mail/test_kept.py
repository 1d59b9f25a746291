"""Without SMTP: letters stay here, and only the person at this machine can read them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from petitions.mail import kept
from petitions.mail.delivery import deliver
from petitions.settings import Settings
from petitions.site import Site, make_site
from tests.conftest import browser
from tests.mail.conftest import KINDS, post, sending_to


@pytest.fixture
async def workshop(settings: Settings) -> AsyncIterator[Site]:
    async with sending_to(settings, "") as site:
        yield site


async def newest(client: httpx.AsyncClient) -> str:
    import re

    found = re.search(r'href="(/dev/letters/[0-9a-f-]{36})"', (await client.get("/dev/letters")).text)
    assert found
    return found[1]


async def test_a_letter_can_be_read_and_its_row_is_sent_like_a_real_one(workshop: Site, owner: Any) -> None:
    await post(workshop, details={"subject": "Hello <there>"})
    await deliver(workshop, KINDS, once=True)
    assert await owner.fetchval("select (state, recipient is null)::text from outbox") == "(sent,t)"
    async with browser(workshop) as client:
        page = await client.get(await newest(client))
    assert page.status_code == 200
    assert "Hello &lt;there&gt;" in page.text
    assert "ada@example.org" in page.text
    assert "An example." in page.text


async def test_a_letter_sent_again_is_kept_once(workshop: Site, owner: Any) -> None:
    await post(workshop)
    await deliver(workshop, KINDS, once=True)
    await owner.execute(
        "update outbox set state = 'waiting', recipient = 'ada@example.org', decision = 'plain'"
    )
    await deliver(workshop, KINDS, once=True)
    assert await owner.fetchval("select count(*) from kept_letters") == 1


async def test_the_newest_two_hundred_are_kept(workshop: Site, owner: Any) -> None:
    await owner.execute(
        "insert into kept_letters (id, to_address, subject, text, html, created_at) "
        "select gen_random_uuid(), 'ada@example.org', n::text, '', '', "
        "now() - n * interval '1 second' from generate_series(1, 250) n"
    )
    await post(workshop)
    await deliver(workshop, KINDS, once=True)
    assert await owner.fetchval("select count(*) from kept_letters") == kept.LETTERS_KEPT == 200
    assert (
        await owner.fetchval("select max(subject::int) from kept_letters where subject ~ '^[0-9]+$'") == 199
    )


async def test_there_is_no_such_page_where_letters_leave(client: httpx.AsyncClient) -> None:
    assert (await client.get("/dev/letters")).status_code == 404


@pytest.mark.parametrize(
    ("over", "headers"),
    [
        ({"peer": "192.0.2.7"}, {}),
        ({}, {"X-Forwarded-For": "127.0.0.1"}),
        ({}, {"X-Forwarded-Host": "localhost"}),
        ({}, {"X-Forwarded-Proto": "http"}),
        ({}, {"X-Forwarded-Port": "8000"}),
        ({}, {"Forwarded": "for=127.0.0.1"}),
        ({}, {"Host": "petitions.example.org"}),
        ({}, {"Host": "localhost.example.org"}),
    ],
)
async def test_nobody_else_can_read_them(
    workshop: Site, owner: Any, over: dict[str, Any], headers: dict[str, str]
) -> None:
    await post(workshop)
    await deliver(workshop, KINDS, once=True)
    id = await owner.fetchval("select id from kept_letters")
    async with browser(workshop, **over) as client:
        for path in ("/dev/letters", f"/dev/letters/{id}"):
            assert (await client.get(path, headers=headers)).status_code in (403, 404, 421)


@pytest.mark.parametrize("over", [{"base_url": "https://petitions.example.org"}, {"host": "0.0.0.0"}])
async def test_a_site_that_others_can_reach_has_no_such_page(
    settings: Settings, over: dict[str, str]
) -> None:
    site = make_site(replace(settings, smtp_url="", **over))  # type: ignore[arg-type]
    await site.store.open()
    async with browser(site) as client:
        assert (await client.get("/dev/letters")).status_code == 404
    await site.store.close()


async def test_a_letter_that_is_not_there_is_not_found(workshop: Site) -> None:
    async with browser(workshop) as client:
        assert (await client.get("/dev/letters/00000000-0000-0000-0000-000000000000")).status_code == 404
        assert (await client.get("/dev/letters/nonsense")).status_code == 404
