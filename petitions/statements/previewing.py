"""What a draft will be once it is open: its text as everybody sees it, and the exact words of its consents."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from markupsafe import Markup

from petitions.markdown import to_html
from petitions.statements.consents import of_officers, purposes, wordings
from petitions.storage.store import Row

START: Mapping[str, Any] = {
    "kind": "petition",
    "addressed_to": "",
    "goal": None,
    "closes_at": None,
    "fields": [],
    "public_fields": ["name"],
    "handover_fields": ["name"],
    "export_fields": ["name", "email"],
}
"""The columns of a draft of which nothing is said yet, besides its language."""


class Preview(NamedTuple):
    """`signing`: the wording of the act itself; `consents`: those that are ticked or not; `officers`: of those who sign
    up an organisation."""

    kind: str
    title: str
    addressed_to: str
    language: str
    text: Markup
    signing: str
    consents: list[str]
    officers: list[str]


async def drawn(campaign: Row, statement: Row | None, facts: Mapping[str, Any]) -> Preview:
    """`preview` beside the event loop: a long text takes a second, a hostile one five."""
    return await asyncio.to_thread(preview, campaign, statement, facts)


def preview(campaign: Row, statement: Row | None, facts: Mapping[str, Any]) -> Preview:
    """Of a draft with these facts (as of texts.create); what is missing is as the statement has it."""
    names = ("language", "title", "body", *START)
    begun = {"language": campaign.language, "title": "", "body": "", **START}
    now = {name: statement[name] for name in names} if statement else begun
    about = {**now, **facts}
    seen = cast(
        Row,
        SimpleNamespace(
            **about, controller=campaign.controller, campaign_name=campaign.name, partners=campaign.partners
        ),
    )
    words = wordings(seen, seen.language)
    signing, *others = [words[purpose] for purpose in purposes(seen)]
    return Preview(
        seen.kind,
        seen.title,
        seen.addressed_to,
        seen.language,
        to_html(seen.body),
        signing,
        others,
        list(of_officers(seen, seen.language).values()),
    )
