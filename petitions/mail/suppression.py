"""Which letters an address does not want: keyed hashes with scopes, undone by the same link."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from petitions.errors import TokenInvalid
from petitions.ids import new_id
from petitions.site import Site
from petitions.storage.store import Row
from petitions.tokens import pack, unpack

# This campaign's bulk letters · all bulk letters · letters that somebody causes by filling in a form.
SCOPES = ("campaign", "bulk", "forms")
LINK_AGE = 10 * 365 * 86400  # seconds: old letters are dug out


async def suppressed(site: Site, address_key: bytes, scope: str, campaign_id: UUID) -> bool:
    """Whether letters of this scope may not go to the address; `campaign`: this campaign's bulk or all bulk."""
    scopes = await in_force(site, address_key, campaign_id)
    return scopes[scope] or (scope == "campaign" and scopes["bulk"])


async def in_force(site: Site, address_key: bytes, campaign_id: UUID) -> dict[str, bool]:
    """Scope → whether it is suppressed now, as the page shows it."""
    rows = await site.store.mail.list_scopes(address_key=address_key, campaign_id=campaign_id)
    found = {row.scope for row in rows}
    return {scope: scope in found for scope in SCOPES}


async def suppress(site: Site, address_key: bytes, scope: str, campaign_id: UUID) -> None:
    """From now on; saying it twice changes nothing."""
    await site.store.mail.suppress(
        id=new_id(), address_key=address_key, scope=scope, campaign_id=_only_for(scope, campaign_id)
    )


async def lift(site: Site, address_key: bytes, scope: str, campaign_id: UUID) -> None:
    """Undo `suppress`."""
    await site.store.mail.lift(
        address_key=address_key, scope=scope, campaign_id=_only_for(scope, campaign_id)
    )


async def lift_all(site: Site, address_key: bytes) -> list[Row]:
    """Undo every `suppress` of an address, for all campaigns; what was lifted (scope, campaign_id)."""
    rows: list[Row] = await site.store.mail.lift_all(address_key=address_key)
    return rows


async def choose(site: Site, address_key: bytes, campaign_id: UUID, scopes: Collection[str]) -> None:
    """Exactly these scopes from now on; the others are lifted."""
    async with site.store.transaction():
        for scope in SCOPES:
            change = suppress if scope in scopes else lift
            await change(site, address_key, scope, campaign_id)


def token(site: Site, address_key: bytes, campaign_id: UUID) -> str:
    """What an unsubscribe link carries: the address's keyed hash and the campaign."""
    return site.tokens.make("unsubscribe", pack(UUID(bytes=address_key), campaign_id))


def read_token(site: Site, text: str) -> tuple[bytes, UUID]:
    """The address key and campaign id of `token`. Raises TokenInvalid, TokenExpired (after ten years)."""
    ids = unpack(site.tokens.read("unsubscribe", text, max_age=LINK_AGE))
    if len(ids) != 2:
        raise TokenInvalid
    return ids[0].bytes, ids[1]


def _only_for(scope: str, campaign_id: UUID) -> UUID | None:
    return campaign_id if scope == "campaign" else None
