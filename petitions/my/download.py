"""Everything held, for machines: the right to take one's data along (UK/EU GDPR art. 15, 20)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from petitions.my.held import Held, agreed
from petitions.site import Site
from petitions.storage.store import Row


async def portable(site: Site, address_key: bytes, found: list[Held]) -> dict[str, Any]:
    """JSON values; every time is UTC in ISO 8601, null where there is none.

    `made_at`; `unwanted` (which letters the address does not want); `letters` (when some went there lately, by
    the cap that counted them); for each of `signatures`: `statement` (what was signed, who is the controller), `state`,
    `number` (of the signatory), the times, `name`, `email`, `answers`, `public` (the fields that everybody
    sees), `permissions` (purposes allowed now), `consents` (the ledger), `history` (what happened since),
    `source` (the code of the link that led here), `internet_addresses` (whole for 30 days, then the network).
    """
    unwanted = await site.store.my.list_unwanted(address_key=address_key)
    letters = await site.store.my.list_letters(address_key=address_key)
    return {
        "made_at": _plain(datetime.now(UTC)),
        "signatures": [_signature(site, item) for item in found],
        "unwanted": [_facts(row, ("scope", "campaign", "created_at")) for row in unwanted],
        "letters": [_facts(row, ("purpose", "sent_at")) for row in letters],
    }


def _signature(site: Site, item: Held) -> dict[str, Any]:
    row = item.signature
    times = ("created_at", "asked_at", "letter_at", "opened_at", "confirmed_at", "withdrawn_at")
    plain = ("state", "number", "confirmed_by", "name", "email", "source", "language")
    return {
        "statement": _statement(site, item),
        **{name: row[name] for name in plain},
        **{name: _plain(row[name]) for name in times},
        "answers": row.answers or {},
        "public": [one.name for one in item.shown if one.public],
        "permissions": sorted(agreed(row)),
        "consents": [_facts(line, _CONSENT) for line in item.consents],
        "history": [_facts(event, _EVENT) for event in item.events],
        "internet_addresses": [_facts(origin, ("day", "origin")) for origin in item.origins],
    }


_CONSENT = ("purpose", "wording", "version", "language", "act", "via", "when", "confirmed_at")
_EVENT = ("act", "fields", "from_version", "to_version", "happened_at")


def _statement(site: Site, item: Held) -> dict[str, Any]:
    statement = item.statement
    return {
        "title": item.signature.signed_title,
        "address": f"{site.settings.base_url}/{statement.slug}",
        "kind": statement.kind,
        "version_signed": item.signature.version,
        "version_now": statement.version,
        "campaign": statement.campaign_name,
        "controller": statement.controller,
        "postal_address": statement.postal_address,
    }


def _facts(row: Row, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(row[name]) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value
