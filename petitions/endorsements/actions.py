"""What officers do at the form: send files, and claim that their organisation endorses."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from petitions import addresses
from petitions.endorsements import forms
from petitions.endorsements.asked import FILES
from petitions.endorsements.forms import EndorseForm, Sent
from petitions.errors import N_, Closed
from petitions.files import actions as files
from petitions.forms import Unfit
from petitions.ids import new_id
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.storage.store import Conflict, Row
from petitions.uploads import LOST, Upload

CLOSED = N_("This statement is closed and takes no more endorsements.")
_GONE = N_("The file that you sent before is not kept any more. Please choose it again.")
_LONGEST_NAME = 80  # characters of a file's name that are shown


class Claim(NamedTuple):
    """What endorsing made: the row, and the mark by which the browser knows it."""

    statement_id: UUID
    id: UUID
    mark: bytes


def today(site: Site) -> date:
    """The day it is where the site is."""
    return datetime.now(ZoneInfo(site.settings.timezone)).date()


async def keep(
    site: Site,
    form: EndorseForm,
    typed: MutableMapping[str, str],
    uploads: Mapping[str, Upload],
    *,
    ip: str | None = None,
) -> EndorseForm:
    """The form with its files: those that came just now, and those that an earlier try of it brought. `ip`: of whoever
    sends them.

    They are kept at once, so that none is lost where another answer is wrong; `typed` gets the ticket of each as soon
    as it is. One that is refused gets its sentence, and the one that it was to replace stays. Raises Busy, with LOST
    in `typed` for what did not come so far.
    """
    form, before = replace(form, kept={}), dict(typed)
    typed.update({f"{name}_kept": LOST for name in uploads})
    for name in FILES:
        sent = None
        try:
            sent = await (
                _put(site, name, uploads[name], ip) if name in uploads else _kept(site, name, before)
            )
        except Unfit as unfit:
            form = forms.refuse(form, name, unfit)
            with suppress(Unfit):
                sent = await _kept(site, name, before)
        form.kept |= {name: sent} if sent else {}
        typed.update(forms.tickets(form))
    return form


async def _put(site: Site, name: str, upload: Upload, ip: str | None) -> Sent:
    with upload.file:
        kept = await files.put(site, upload.file, name, ip=ip)
    return Sent(kept, files.ticket(site, kept, name), _shown(upload.filename))


async def _kept(site: Site, name: str, typed: Mapping[str, str]) -> Sent | None:
    """The file of an earlier try, by its ticket. Raises Unfit: it is not there any more."""
    ticket = typed.get(f"{name}_kept", "")
    if not ticket or typed.get(f"{name}_drop"):
        return None
    found = files.redeem(site, ticket, name)
    if found is None or not await site.store.endorsements.has_file(digest=found.digest):
        raise Unfit(_GONE)
    return Sent(found, ticket, _shown(typed.get(f"{name}_name", "")))


def _shown(filename: str) -> str:
    """A file's name as its sender may read it again."""
    return "".join(one for one in filename if one.isprintable())[-_LONGEST_NAME:]


async def endorse(
    site: Site, statement: Row, form: EndorseForm, *, ip: str, source: str | None = None
) -> Claim | None:
    """Keep a claim and the request for the officer's letter, durable together once this returns.

    Never asks whether the address is known: the worker answers by letter (signing.md §3). None: its text is another
    one by now, or a file of it went meanwhile. Raises Closed where the statement takes no endorsements any more.
    """
    claim = _claim(site, statement, form, source)
    try:
        row = await site.store.endorsements.endorse(
            statement_id=statement.id,
            version=statement.version,
            letter_id=new_id(),
            ip=ip,
            claim={name: plain(value) for name, value in claim.items()},
        )
    except Conflict:
        return None
    if row is not None:
        return Claim(row.statement_id, row.id, claim["fingerprint"])
    if statement.is_open and await _is_open_still(site, statement):
        return None
    raise Closed(CLOSED)


async def _is_open_still(site: Site, statement: Row) -> bool:
    """As it is now, of which this process may not have heard yet."""
    site.shelf.drop(statement.id)
    return bool((await statements.of(site, statement.id)).is_open)


def _claim(site: Site, statement: Row, form: EndorseForm, source: str | None) -> dict[str, Any]:
    facts = columns(site, form) | {"language": statement.language, "consent_ids": _agreed(form)}
    return facts | {"id": new_id(), "fingerprint": _fingerprint(site, statement, facts), "source": source}


def columns(site: Site, form: EndorseForm) -> dict[str, Any]:
    """The columns of `endorsements` that a form answers, the officers' address keys among them."""
    facts, secret = forms.facts(form), site.settings.address_key
    second = facts["second_email"]
    return facts | {
        "address_key": addresses.address_key(secret, facts["officer_email"]),
        "second_key": addresses.address_key(secret, second) if second else None,
        "key_version": addresses.KEY_VERSION,
    }


def _agreed(form: EndorseForm) -> list[UUID]:
    """The consent texts that go into the ledger once the officer has confirmed."""
    return [
        *([form.act.id] if form.act else []),
        *(one.text_id for one in form.consents if one.ticked),
    ]


def _fingerprint(site: Site, statement: Row, facts: Mapping[str, Any]) -> bytes:
    """Same statement, version, officer and answers, files included: the same claim."""
    text = json.dumps([statement.id, statement.version, facts], sort_keys=True, default=str)
    return hmac.digest(site.settings.address_key, b"endorsement\0" + text.encode(), "sha256")[:16]


def plain(value: object) -> object:
    """As JSON carries it to PostgreSQL."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, list):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, UUID | date) else value
