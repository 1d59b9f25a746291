"""Everything held, for machines: the right to take one's data along (UK/EU GDPR art. 15, 20)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from petitions.endorsements.asked import ALL
from petitions.endorsements.shown import PUBLIC
from petitions.my.held import Held, agreed
from petitions.my.officer import HeldEndorsement, HeldSubmission, Offices
from petitions.site import Site
from petitions.storage.store import Row


async def portable(site: Site, address_key: bytes, found: list[Held], offices: Offices) -> dict[str, Any]:
    """JSON values; every time is UTC in ISO 8601, null where there is none.

    `made_at`; `unwanted` (which letters the address does not want); `letters` (when some went there lately, by
    the cap that counted them); for each of `signatures`: `statement` (what was signed, who is the controller), `state`,
    `number` (of the signatory), the times, `name`, `email`, `answers`, `public` (the fields that everybody
    sees), `permissions` (purposes allowed now), `consents` (the ledger), `history` (what happened since),
    `source` (the code of the link that led here), `internet_addresses` (whole for 30 days, then the network).
    `endorsements`: where the address is the officer's (`as` "officer") all that was filled in, what organisers asked
    and decided, and the same besides; "second officer": what they were asked about. `submissions`: plans to put a
    motion.
    """
    unwanted = await site.store.my.list_unwanted(address_key=address_key)
    letters = await site.store.my.list_letters(address_key=address_key)
    return {
        "made_at": _plain(datetime.now(UTC)),
        "signatures": [_signature(site, item) for item in found],
        "endorsements": [_endorsement(site, item) for item in offices.endorsements],
        "submissions": [_submission(site, item) for item in offices.submissions],
        "unwanted": [_facts(row, ("scope", "campaign", "created_at")) for row in unwanted],
        "letters": [_facts(row, ("purpose", "sent_at")) for row in letters],
    }


def _signature(site: Site, item: Held) -> dict[str, Any]:
    row = item.signature
    times = ("created_at", "asked_at", "letter_at", "opened_at", "confirmed_at", "withdrawn_at")
    plain = (
        "state",
        "unlisted",
        "number",
        "confirmed_by",
        "name",
        "email",
        "source",
        "language",
        "comment_state",
    )
    return {
        "statement": _statement(site, item.statement, row),
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
_EVENT = ("act", "reason", "fields", "from_version", "to_version", "happened_at")


def _endorsement(site: Site, item: HeldEndorsement) -> dict[str, Any]:
    row = item.row
    about = {"statement": _statement(site, item.statement, row), "state": row.state}
    if not item.own:
        return {**about, "as": "second officer", **_facts(row, _SECOND)}
    return {
        **about,
        "as": "officer",
        **_facts(row, _ENDORSED),
        "organisation": row.organisation,
        "files": [name for name in ("minutes", "logo") if row[name] is not None],
        "public": [name for name in _ENDORSED if name in PUBLIC and row[name] not in (None, "")],
        "consents": [_facts(line, _CONSENT) for line in item.consents],
        "history": [_facts(event, ("act", "fields", "happened_at")) for event in item.events],
        "internet_addresses": [_facts(origin, ("day", "origin")) for origin in item.origins],
    }


def _submission(site: Site, item: HeldSubmission) -> dict[str, Any]:
    statement = _statement(site, item.statement)
    return {
        "statement": statement,
        "motion": item.row.motion_title,
        **_facts(item.row, _SUBMITTED),
        "consents": [_facts(line, _CONSENT) for line in item.consents],
        "internet_addresses": [_facts(origin, ("day", "origin")) for origin in item.origins],
    }


_SECOND = (
    *("name", "kind", "parent", "region", "decided", "met_on", "officer_name", "officer_role"),
    *("second_name", "second_role", "second_email", "second_confirmed_at"),
)
_ENDORSED = (
    *(
        "created_at",
        "asked_at",
        "letter_at",
        "confirmed_at",
        "confirmed_by",
        "via",
        "changed_at",
        "reviewed_at",
    ),
    *("accepted_at", "ended_at", "told_at", "second_confirmed_at", "second_refused_at", "language", "source"),
    *(one.name for one in ALL if one.kind not in ("tick", "file")),
    *(
        "wants",
        "logo_consent",
        "mail_consent",
        "two_officers",
        "minutes_seen",
        "featured",
        "place",
        "expires_on",
    ),
    *("question", "reason", "import_source", "import_consent"),
)
_SUBMITTED = (
    *("state", "created_at", "asked_at", "letter_at", "confirmed_at", "reminded_at", "questioned_at"),
    *("answered_at", "language", "name", "kind", "parent", "area", "meets_on", "cut_off_on"),
    *("text", "amended", "wants", "officer_name", "officer_role", "officer_email"),
)


def _statement(site: Site, statement: Row, row: Row | None = None) -> dict[str, Any]:
    """The statement that `row` signs or endorses, in which version; None: the statement alone."""
    return {
        "title": row.signed_title if row else statement.title,
        "address": f"{site.settings.base_url}/{statement.slug}",
        "kind": statement.kind,
        "version_signed": row.version if row else None,
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
