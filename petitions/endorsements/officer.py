"""What an officer may do later with an endorsement: correct what it says, or renew it.

Before it is accepted, the row itself changes. Afterwards, what the public sees or the organisers judged goes into a
row that waits for them (`replaces_id`), at most one at a time; the officer's own facts, and what shows the public less,
change at once. The address can't be changed: it is what was proven. What ends an endorsement stands in `leaving`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from petitions import addresses
from petitions.endorsements import WAITING, actions, forms, ledger
from petitions.endorsements.asked import DECISION, EVIDENCE
from petitions.endorsements.forms import EndorseForm
from petitions.endorsements.ledger import Line
from petitions.errors import N_, Closed, NotFound
from petitions.files import actions as files
from petitions.files.actions import Kept
from petitions.forms import Unfit
from petitions.ids import new_id
from petitions.mail import outbox
from petitions.proving.links import Key
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements import stamp
from petitions.storage.store import Conflict, Row

NOT_STANDING = N_("This endorsement can’t be changed as it stands now.")
CLOSED = N_("This statement is closed: an endorsement can’t be renewed any more.")
AT_ONCE = ("officer_name", "officer_role", "officer_phone", "mail_consent", "wants", "note")
"""What changes at once, also after it was accepted."""
_PROVEN = ("officer_email", "address_key", "key_version")
_WHEN = N_("Enter the day of the new meeting.")
REFUSED = N_("This person did not know of the endorsement: name somebody else, or nobody.")
MEETING = tuple(one.name for one in (*DECISION, *EVIDENCE))
"""The questions about one decision: a renewal answers them anew."""


class Family(NamedTuple):
    """`mine`, of which the officer speaks; `standing`: the public one, or that to renew; `waiting`: in the queue."""

    mine: Row
    standing: Row | None
    waiting: Row | None


async def find(site: Site, address_key: bytes, key: Key) -> Row:
    """An endorsement of the officer with this address. Raises NotFound."""
    row: Row | None = await site.store.officers.find(
        statement_id=key.statement_id, id=key.id, address_key=address_key
    )
    if row is None:
        raise NotFound
    return row


async def form_of(site: Site, statement: Row, row: Row, *, renew: bool = False) -> EndorseForm:
    """The form with what the endorsement says today, or what waits to become so. `row`: of `find`."""
    if row.waiting_id is not None:
        row = await find(site, row.address_key, Key(row.statement_id, row.waiting_id))
    given = forms.values_of(row)
    if renew:
        given = {name: value for name, value in given.items() if name not in MEETING}
    texts = await statements.officers_consents(site, statement)
    form = forms.blank(statement, texts, "", given)
    form.stamp = stamp.make(site, statement, [text for text in texts.values() if text.id in form.text_ids])
    return await actions.keep(site, form, await _tickets(site, row, renew), {})


async def _tickets(site: Site, row: Row, renew: bool) -> dict[str, str]:
    """The files of a row as a form carries them. A renewal's minutes are new ones."""
    uses = {"logo": row.logo, "minutes": None if renew else row.minutes}
    wanted = [digest for digest in uses.values() if digest is not None]
    found = {one.digest: one for one in await site.store.officers.list_files(digests=wanted)}
    return {
        f"{use}_kept": files.ticket(site, Kept(**dict(found[digest])), use)
        for use, digest in uses.items()
        if digest in found
    }


def read(
    form: EndorseForm, row: Row, typed: Mapping[str, str], *, today: date, renew: bool = False
) -> EndorseForm:
    """The form as typed, with its problems; its address is the one that was proven."""
    form = forms.read(form, {**typed, "officer_email": row.officer_email or ""}, today=today)
    if renew and form.values.get("met_on") == "":
        form = wrong(form, "met_on", _WHEN)
    return form


async def heeding(site: Site, row: Row, form: EndorseForm) -> EndorseForm:
    """The form, where nobody is named again who once said that they know nothing of it. `row`: of `find`."""
    waits = row.waiting_id and await find(site, row.address_key, Key(row.statement_id, row.waiting_id))
    return wrong(form, "second_email", REFUSED) if _refused(site, form, [row, waits]) else form


def _heed(site: Site, family: Family, form: EndorseForm) -> None:
    """The same once nobody moves the rows any more. Raises Closed."""
    if _refused(site, form, family):
        raise Closed(REFUSED)


def _refused(site: Site, form: EndorseForm, rows: Iterable[Row | None]) -> bool:
    email = form.values.get("second_email")
    key = addresses.address_key(site.settings.address_key, email) if email else None
    return any(key in row.second_refused_keys for row in rows if row is not None)


def wrong(form: EndorseForm, name: str, sentence: str) -> EndorseForm:
    """The form with a sentence at one of its questions."""
    form = forms.refuse(form, name, Unfit(sentence))
    return replace(form, problems=[one.problem for one in form.fields if one.problem])


def shown(form: EndorseForm, without: Collection[str] = ("officer_email",)) -> EndorseForm:
    """As the page shows it: without the address, which can't be changed, or without more."""
    sections = [
        one._replace(fields=[field for field in one.fields if field.name not in without])
        for one in form.sections
    ]
    return replace(form, sections=[one for one in sections if one.fields or one.consents])


async def correct(site: Site, address_key: bytes, key: Key, form: EndorseForm, *, renew: bool = False) -> str:
    """Take over what a form without problems says: "changed" at once, "waits" for the organisers, "" nothing to do.

    Raises NotFound, Closed: nothing stands that could be corrected or renewed.
    """
    try:
        async with site.store.transaction():
            family = await _take(site, address_key, key, renew)
            _heed(site, family, form)
            return await _correct(site, family, form, renew)
    except Conflict as conflict:
        if conflict.constraint != "one_successor":
            raise
        raise Closed(NOT_STANDING) from conflict


async def _take(site: Site, address_key: bytes, key: Key, renew: bool) -> Family:
    """The rows, which nobody else moves until the transaction ends."""
    which = {"statement_id": key.statement_id, "id": key.id}
    await site.store.officers.hold(**which)
    rows = await site.store.officers.list_family(**which, address_key=address_key)
    by_id = {row.id: row for row in rows}
    mine = by_id.get(key.id)
    if mine is None:
        raise NotFound
    if renew and not mine.is_open:
        raise Closed(CLOSED)
    if mine.state in WAITING and not renew:
        old = by_id.get(mine.replaces_id)
        return Family(mine, old if old is not None and old.state in ("accepted", "expired") else None, mine)
    if mine.state != "accepted" and not (renew and mine.state == "expired" and not mine.renewed):
        raise Closed(NOT_STANDING)
    waiting = next((row for row in rows if row.replaces_id == mine.id and row.state in WAITING), None)
    return Family(mine, mine, waiting)


async def _correct(site: Site, family: Family, form: EndorseForm, renew: bool) -> str:
    new = {name: value for name, value in actions.columns(site, form).items() if name not in _PROVEN}
    said = ""
    standing = family.standing
    if standing is not None and standing.state == "accepted" and await _at_once(site, standing, new, form):
        said = "changed"
    if family.waiting is not None:
        if await _change_waiting(site, family.waiting, new, form, renew):
            said = "changed" if standing is None else "waits"
    elif standing is not None and (renew or _judged(standing, new)):
        await _succeed(site, standing, new, form, renew)
        said = "waits"
    return said


async def _at_once(site: Site, row: Row, new: Mapping[str, Any], form: EndorseForm) -> bool:
    """The officer's own facts, and what shows the public less, of an accepted one."""
    facts = {name: new[name] for name in AT_ONCE}
    facts["logo"] = row.logo if new["logo"] is not None else None
    facts["logo_consent"] = row.logo_consent and new["logo_consent"]
    fields = _changed(row, facts)
    if fields:
        await site.store.officers.change(**_step(row), facts=_plain(facts), fields=fields)
        await _note(site, row, row.id, form, _agreed(row), _agreed(facts))
    return bool(fields)


def _judged(row: Row, new: Mapping[str, Any]) -> bool:
    """Whether something differs that the public sees or that the organisers judged."""
    facts = {name: value for name, value in new.items() if name not in AT_ONCE}
    if facts["logo"] is None:  # that was done at once
        del facts["logo"]
    if not facts["logo_consent"]:
        del facts["logo_consent"]
    return bool(_changed(row, facts))


async def _change_waiting(
    site: Site, row: Row, new: Mapping[str, Any], form: EndorseForm, renew: bool
) -> bool:
    """What waits says something else; `renew`: it becomes a renewal, by a new yes to the text of today."""
    fields = _changed(row, new)
    if fields or renew:
        act = "answered" if row.state == "questioned" else "changed"
        step = {**_step(row), "facts": _plain(new), "renews": renew}
        await site.store.officers.correct(**step, act=act, fields=fields)
        await _note(site, row, row.id, form, _agreed(row), form.agreed | ({"endorse"} if renew else set()))
        if new["second_key"] != row.second_key:
            await _ask_second(site, row, row.id, new["second_key"])
    return bool(fields) or renew


async def _succeed(site: Site, old: Row, new: Mapping[str, Any], form: EndorseForm, renew: bool) -> None:
    id = new_id()
    await site.store.officers.succeed(
        statement_id=old.statement_id,
        replaces_id=old.id,
        id=id,
        facts=_plain(new),
        renews=renew,
        event_id=new_id(),
    )
    await _note(site, old, id, form, set(), form.agreed | {"endorse"})
    if new["second_key"] != old.second_key:
        await _ask_second(site, old, id, new["second_key"])


async def _ask_second(site: Site, row: Row, id: Any, second_key: bytes | None) -> None:
    """The letter of a second officer who is newly named."""
    if second_key is not None:
        await outbox.post(
            site,
            kind="second officer",
            priority=2,
            campaign_id=row.campaign_id,
            statement_id=row.statement_id,
            subject_id=id,
            address_key=second_key,
            language=row.language,
        )


async def _note(site: Site, row: Row, id: Any, form: EndorseForm, before: set[str], after: set[str]) -> None:
    """The ledger's lines for the permissions that differ, in the words on the form."""
    texts = {one.purpose: one.text_id for one in form.consents}
    if form.act:
        texts["endorse"] = form.act.id
    subject = addresses.subject_key(site.settings.address_key, row.officer_email)
    lines = [
        Line(id, subject, texts[purpose], "given" if purpose in after else "withdrawn")
        for purpose in sorted(before ^ after)
        if purpose in texts
    ]
    await ledger.note(site, row.statement_id, lines)


def _agreed(facts: Row | Mapping[str, Any]) -> set[str]:
    ticks = {"logo": facts["logo_consent"], "officer mail": facts["mail_consent"]}
    return {purpose for purpose, given in ticks.items() if given}


def _changed(row: Row, facts: Mapping[str, Any]) -> list[str]:
    """Names of columns, never values: events stay for ever."""
    return sorted(name for name, value in facts.items() if row[name] != value and name != "second_key")


def _plain(facts: Mapping[str, Any]) -> dict[str, object]:
    return {name: actions.plain(value) for name, value in facts.items()}


def _step(row: Row) -> dict[str, Any]:
    return {"statement_id": row.statement_id, "id": row.id, "event_id": new_id()}
