"""The letter that asks a signatory to sign a newer version of the text. It shows what changed; its link only asks."""

from __future__ import annotations

import asyncio
from typing import Any

from petitions.mail import suppression
from petitions.mail.letters import Decision, Drop, Letter, LetterKind, Send, compose, link
from petitions.proving.links import Key
from petitions.signatures import reconsent
from petitions.site import Site
from petitions.statements.differences import Passage, differences
from petitions.storage.store import Row

LONGEST = 6_000  # characters of changes in one letter; where there are more, it sends its reader to the page


async def _decide(site: Site, row: Row) -> Decision:
    """Nothing, where they have signed it meanwhile, it is not the newest any more, or they want no such letters."""
    if await _asked(site, row) is None:
        return Drop()
    for scope in ("campaign", "forms"):
        if await suppression.suppressed(site, row.address_key, scope, row.campaign_id):
            return Drop()
    return Send("reconsent")


async def _render(site: Site, row: Row) -> Letter | None:
    signature = await _asked(site, row)
    if signature is None:
        return None
    statement = await site.store.statements.find_by_id(id=row.statement_id)
    signed = await site.store.statements.find_version(statement_id=row.statement_id, number=signature.version)
    token = reconsent.make_token(site, Key(row.statement_id, row.subject_id), row.details["version"])
    return compose(
        site,
        "statements/reconsent",
        campaign=statement,
        language=row.language,
        to=signature.email,
        address_key=row.address_key,
        bulk=True,
        statement=statement,
        signed=signed,
        confirmed_at=signature.confirmed_at,
        **await _changes(signed.body, statement.body),
        link=link(site, f"/reconsent/{token}"),
        my=link(site, "/my"),
    )


async def _changes(old: str, new: str) -> dict[str, Any]:
    """The paragraphs that changed, as far as a letter holds them; and whether there are more."""
    changed = [one for one in await asyncio.to_thread(differences, old, new) if one.changed]
    shown: list[Passage] = []
    length = 0
    for one in changed:
        length += len(one.before) + len(one.after)
        if length > LONGEST:
            break
        shown.append(one)
    return {"changes": shown, "more": len(shown) < len(changed)}


async def _asked(site: Site, row: Row) -> Row | None:
    """The signature, where the letter still has something to ask of it."""
    version = row.details["version"]
    found: Row | None = await site.store.reconsent.find(
        statement_id=row.statement_id, id=row.subject_id, version=version
    )
    if found is None or found.state != "confirmed" or found.email is None:
        return None
    asks = found.is_open and found.newest == version and found.version < version
    return found if asks else None


async def _sent(site: Site, row: Row) -> None:
    await site.store.reconsent.sent(
        statement_id=row.statement_id, id=row.subject_id, version=row.details["version"]
    )


KINDS = {"reconsent": LetterKind(decide=_decide, render=_render, sent=_sent)}
