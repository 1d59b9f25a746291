"""Ada, who signed a statement that asks for much, and the page behind her link."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from petitions import addresses, tally
from petitions.site import Site
from petitions.tokens import pack
from petitions.work import givers
from tests.conftest import path_of

ADA = "ada@example.org"
FIELDS = [
    {"name": "town", "required": False},
    {"name": "postcode", "required": True},
    {"name": "union", "required": False},
    {"name": "shift", "label": "Which shift?", "kind": "choice", "choices": ["early", "late"]},
]
PUBLIC = ["name", "town", "union"]
ANSWERS = {"town": "Adaborough", "postcode": "EX7 7EX", "union": "Example Union", "own_shift": "late"}


@dataclass
class My:
    """The page behind Ada's link, as a browser uses it."""

    client: httpx.AsyncClient
    owner: Any
    site: Site
    path: str
    statement: Any

    async def get(self, part: str = "", key: str = "") -> httpx.Response:
        query = f"?signature={quote(key)}" if key else ""
        return await self.client.get(f"{self.path}{part}{query}")

    async def post(self, act: str, key: str = "", **fields: Any) -> httpx.Response:
        signature = key or await self.key()
        if act in ("change", "reconsent") and "stamp" not in fields:
            fields["stamp"] = await self.stamp(signature)
        return await self.client.post(f"{self.path}/{act}", data={"signature": signature, **fields})

    async def stamp(self, key: str) -> str:
        """The stamp of a signature's form on the page as it stands now."""
        found = re.search(
            rf'value="{key}">\s*<input type="hidden" name="stamp" value="([^"]+)"', (await self.get()).text
        )
        return found[1] if found else ""

    async def row(self) -> Any:
        """The one signature of the statement that is Ada's, or its tombstone."""
        return await self.owner.fetchrow(
            "select * from signatures where statement_id = $1 and state <> 'pending' order by id desc limit 1",
            self.statement.id,
        )

    async def key(self) -> str:
        row = await self.row()
        return pack(row["statement_id"], row["id"])

    async def people(self) -> int:
        """The public count, after the tally; it must be what a recount finds."""
        await tally.count(self.site, givers(self.site))
        row = await self.site.store.tally.recount(statement_id=self.statement.id, what="people")
        assert row.counted == row.found == row.hours == row.areas == row.sources == row.tallied
        assert not await self.owner.fetchval("select exists (select from count_areas where value < 0)")
        counted: int = row.counted
        return counted

    async def ledger(self) -> list[tuple[str, str, str]]:
        """(purpose, act, via) of every line, in order."""
        rows = await self.owner.fetch(
            "select t.purpose, c.act, c.via from consents c "
            "join consent_texts t on t.statement_id = c.statement_id and t.id = c.text_id "
            "where c.statement_id = $1 order by c.given_at, c.id",
            self.statement.id,
        )
        return [tuple(row) for row in rows]

    async def events(self) -> list[str]:
        rows = await self.owner.fetch("select act from signature_events order by happened_at, id")
        return [row["act"] for row in rows]


async def link_for(client: httpx.AsyncClient, postbox: Any, email: str = ADA) -> str:
    """Ask for the link and take it out of the letter."""
    answer = await client.post("/my", data={"email": email})
    assert answer.status_code == 303
    await postbox.settle()
    links = [link for letter in postbox.to(email) for link in letter.links if "/my/" in link]
    return path_of(links[-1])


def address_key(site: Site, email: str = ADA) -> bytes:
    return addresses.address_key(site.settings.address_key, email)
