"""Letters of no room: they say what the row says, so that only the delivery is on trial."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest_asyncio

from petitions.ids import new_id
from petitions.mail import outbox
from petitions.mail.letters import Decision, Letter, LetterKind, Send
from petitions.settings import Settings
from petitions.site import Site, make_site
from tests.mail.postmaster import Postmaster

CAMPAIGN = UUID("01900000-0000-7000-8000-000000000001")


@pytest_asyncio.fixture
async def postmaster() -> AsyncIterator[Postmaster]:
    async with Postmaster().open() as postmaster:
        yield postmaster


@pytest_asyncio.fixture
async def mailing(settings: Settings, postmaster: Postmaster) -> AsyncIterator[Site]:
    """The site whose letters go to the postmaster."""
    async with sending_to(settings, postmaster.url) as site:
        yield site


@asynccontextmanager
async def sending_to(settings: Settings, smtp_url: str) -> AsyncIterator[Site]:
    """Another process of the same site, with another mail server."""
    site = make_site(replace(settings, smtp_url=smtp_url))
    await site.store.open()
    try:
        yield site
    finally:
        await site.store.close()


async def post(site: Site, to: str = "ada@example.org", **over: Any) -> UUID:
    """Post a plain letter."""
    facts = {"kind": "plain", "campaign_id": CAMPAIGN, "language": "en", "recipient": to}
    return await outbox.post(site, **{**facts, **over})


async def send(site: Site, row: Any) -> Decision:
    return Send("plain")


async def plain(site: Site, row: Any) -> Letter | None:
    subject = row.details.get("subject", "An example")
    return Letter(
        to=row.recipient,
        subject=subject,
        text="An example.\n",
        html="<p>An example.</p>",
        sender=row.details.get("sender", "petitions@example.org"),
        sender_name="Example Campaign",
        reply_to="contact@example.org",
    )


PLAIN = LetterKind(decide=send, render=plain)
KINDS = {"plain": PLAIN}


def key(n: int = 1) -> bytes:
    """An address key."""
    return n.to_bytes(16, "big")


def attempts(*names: int) -> list[list[str]]:
    return [[str(UUID(int=name)), str(new_id())] for name in names]
