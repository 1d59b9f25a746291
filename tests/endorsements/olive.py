"""Olive, an officer, and the page behind her link: forms are filled in as a browser has them, and sent back changed."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import httpx

from petitions import addresses
from petitions.site import Site
from petitions.storage.store import Row
from petitions.tokens import pack
from tests import makers
from tests.endorsements import claims
from tests.endorsements.claims import OFFICER
from tests.my.ada import link_for

OTTO = "otto@example.org"


class _Form(HTMLParser):
    """What a browser would send of a page's form that brings files, if nothing in it was touched."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.files: list[str] = []
        self._action, self._inside, self._open = action, False, ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = told.get("action", "").endswith(self._action)
        if not self._inside:
            return
        name, kind = told.get("name", ""), told.get("type", "")
        if tag == "input" and kind == "file":
            self.files.append(name)
        elif tag == "input" and (kind not in ("checkbox", "radio") or "checked" in told):
            self.values[name] = told.get("value", "")
        elif tag == "select":
            self._open = name
            self.values[name] = ""
        elif tag == "option" and "selected" in told:
            self.values[self._open] = told.get("value", "")
        elif tag == "textarea":
            self._open, self._text = name, []

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        if self._inside and tag == "textarea":
            self.values[self._open] = "".join(self._text).removeprefix("\n")


def filled_in(html: str, action: str) -> _Form:
    form = _Form(action)
    form.feed(html)
    return form


async def send(client: httpx.AsyncClient, page: str, path: str, changes: dict[str, Any]) -> httpx.Response:
    """The form on `page`, sent to `path` with `changes`: answers by name (None: left out), and `files`."""
    files = changes.pop("files", {})
    form = filled_in(page, path.rpartition("/")[2])
    assert form.values.get("stamp"), "no form on this page"
    fields = {name: value for name, value in {**form.values, **changes}.items() if value is not None}
    body, kind = makers.multipart(fields, {**dict.fromkeys(form.files, ("", b"")), **files})
    return await client.post(path, content=body, headers={"Content-Type": kind})


@dataclass
class Olive:
    client: httpx.AsyncClient
    site: Site
    owner: Any
    path: str

    async def get(self, part: str = "", **query: Any) -> httpx.Response:
        return await self.client.get(f"{self.path}{part}" + (f"?{urlencode(query)}" if query else ""))

    async def text(self) -> str:
        return makers.visible((await self.get()).text)

    async def correct(self, row: Any, *, renew: bool = False, **changes: Any) -> httpx.Response:
        """Open the form of an endorsement, change some answers, send it."""
        query = {"key": key(row), **({"renew": "1"} if renew else {})}
        page = await self.get("/endorsement", **query)
        assert page.status_code == 200, page.status_code
        return await send(self.client, page.text, f"{self.path}/endorsement", changes)

    async def press(self, act: str, row: Any) -> httpx.Response:
        """One button, on its own page: endorsement/withdraw, endorsement/erase, submission/erase."""
        page = await self.get(f"/{act}", key=key(row))
        assert page.status_code == 200, page.status_code
        return await self.client.post(f"{self.path}/{act}", data={"key": key(row)})


def key(row: Any) -> str:
    return pack(row["statement_id"], row["id"])


def address_key(site: Site, email: str = OFFICER) -> bytes:
    return addresses.address_key(site.settings.address_key, email)


async def behind_her_link(client: Any, postbox: Any, site: Site, owner: Any, email: str = OFFICER) -> Olive:
    await postbox.settle()
    return Olive(client, site, owner, await link_for(client, postbox, email))


async def waiting(site: Site, owner: Any, statement: Any, **columns: Any) -> Row:
    """A claim of Olive's in the queue, with a second officer where `second_email` is given."""
    if "second_email" in columns:
        columns = {"second_name": "Otto Example", "second_role": "Chair", **columns}
        columns["second_key"] = address_key(site, columns["second_email"])
    columns = {"officer_name": "Olive Example", **columns}
    return await claims.waiting(site, owner, statement, **columns)


async def accepted(site: Site, owner: Any, statement: Any, **columns: Any) -> Row:
    """The same, accepted: in the list, and for the tally."""
    said = {name: columns.pop(name) for name in ("expires_on", "minutes_seen") if name in columns}
    return await claims.accept(site, await waiting(site, owner, statement, **columns), **said)


async def all_rows(owner: Any) -> list[Any]:
    return await owner.fetch("select * from endorsements order by created_at, id")


async def acts(owner: Any, row: Any) -> list[str]:
    found = await owner.fetch(
        "select act from endorsement_events where endorsement_id = $1 order by happened_at, id", row["id"]
    )
    return [one["act"] for one in found]


async def ledger(owner: Any, row: Any) -> list[tuple[str, str, str]]:
    """(purpose, act, via) of every line of one endorsement or submission, in order."""
    found = await owner.fetch(
        "select t.purpose, c.act, c.via from consents c "
        "join consent_texts t on t.statement_id = c.statement_id and t.id = c.text_id "
        "where c.subject_id = $1 order by c.given_at, t.purpose",
        row["id"],
    )
    return [tuple(one) for one in found]
