"""Makers: what tests need to exist, made the way people make it. Everybody and everything is an example."""

from __future__ import annotations

import itertools
import re
from html import unescape
from typing import Any

import httpx

from petitions import addresses
from petitions.campaigns import actions as campaigns
from petitions.mail import suppression
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements.files import parse

_number = itertools.count(1)
ACTOR = "cli:example"


async def campaign(site: Site, **over: Any) -> Any:
    """A campaign with everything that a statement needs to open."""
    n = next(_number)
    facts = {
        "slug": f"example-campaign-{n}",
        "name": f"Example Campaign {n}",
        "controller": "Example Campaign e.V.",
        "postal_address": "1 Example Street, Exampleton EX1 1EX",
        "contact_email": "contact@example.org",
    }
    return await campaigns.add(site, **{**facts, **over}, actor=ACTOR)


async def statement(site: Site, campaign: Any = None, *, open: bool = True, **over: Any) -> Any:
    """A statement, open unless told otherwise. `over`: front matter; `text`: the Markdown body."""
    if campaign is None:
        campaign = await globals()["campaign"](site)
    n = next(_number)
    text = over.pop("text", "We, the undersigned, ask for an *example*.")
    front = {"title": f"Example statement {n}", "slug": f"example-{n}", **over}
    draft = parse(_front_matter(front) + text)
    row = await statements.add(site, campaign, draft, actor=ACTOR)
    if open:
        await statements.open_(site, row, actor=ACTOR)
    return await statements.find_for_organisers(site, row.slug)


def _front_matter(front: dict[str, Any]) -> str:
    import yaml

    return f"---\n{yaml.safe_dump(front, allow_unicode=True, sort_keys=False)}---\n\n"


async def sign(
    client: httpx.AsyncClient,
    statement: Any,
    name: str = "Ada Example",
    email: str = "ada@example.org",
    *,
    stamp: str | None = None,
    headers: dict[str, str] | None = None,
    bare: bool = False,
    **fields: Any,
) -> httpx.Response:
    """Fill in the statement's form and send it: the page first, for its stamp.

    `bare`: without the headers by which a browser says where a request comes from.
    """
    if stamp is None:
        stamp = stamp_of((await client.get(f"/{statement.slug}")).text)
    form = {"name": name, "email": email, "website": "", "stamp": stamp, **fields}
    request = client.build_request("POST", f"/{statement.slug}/sign", data=form, headers=headers)
    if bare:
        for header in [one for one in request.headers if one.startswith("sec-") or one == "origin"]:
            del request.headers[header]
    return await client.send(request)


async def endorse(
    client: httpx.AsyncClient,
    statement: Any,
    *,
    stamp: str | None = None,
    headers: dict[str, str] | None = None,
    files: dict[str, tuple[str, bytes]] | None = None,
    **fields: str,
) -> httpx.Response:
    """Fill in the form by which an organisation endorses and send it, as a browser does: the page first, for its
    stamp. Without `fields` the six answers that are required. `files`: question → (name, content)."""
    page = f"/{statement.slug}/endorse"
    if stamp is None:
        stamp = stamp_of((await client.get(page)).text)
    form = {
        "name": "Exampleton Branch",
        "kind": "union branch",
        "decided": "branch meeting",
        "officer_name": "Olive Example",
        "officer_role": "Secretary",
        "officer_email": "olive@example.org",
        "website": "",
        "stamp": stamp,
        **fields,
    }
    body, kind = multipart(form, {"minutes": ("", b""), "logo": ("", b""), **(files or {})})
    return await client.post(page, content=body, headers={**(headers or {}), "Content-Type": kind})


def multipart(fields: dict[str, str], files: dict[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    """A form's body as browsers write it (a question for a file that was left empty too), and its type."""
    edge = "----example"
    parts = [f'name="{name}"\r\n\r\n'.encode() + value.encode() for name, value in fields.items()]
    for name, (filename, content) in files.items():
        about = f'name="{name}"; filename="{filename}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        parts.append(about.encode() + content)
    opened = f"--{edge}\r\nContent-Disposition: form-data; ".encode()
    body = b"".join(opened + part + b"\r\n" for part in parts) + f"--{edge}--\r\n".encode()
    return body, f"multipart/form-data; boundary={edge}"


def hidden(html: str) -> dict[str, str]:
    """What a page's forms carry along unseen."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)
    return {name: unescape(value) for name, value in found}


def stamp_of(html: str) -> str:
    """The stamp of a page's form; "" where there is no form."""
    found = re.search(r'name="stamp"[^>]*value="([^"]*)"', html)
    return found[1] if found else ""


async def confirmed(
    client: httpx.AsyncClient,
    postbox: Any,
    statement: Any,
    name: str = "Ada Example",
    email: str = "ada@example.org",
    **fields: Any,
) -> httpx.Response:
    """Sign, get the letter, follow its link in the same browser, and have it counted."""
    await sign(client, statement, name, email, **fields)
    await postbox.settle()
    answer = await client.get(postbox.to(email)[-1].link("/confirm/"))
    await postbox.settle()
    return answer


async def age(owner: Any, table: str, id: Any, interval: str) -> None:
    """Make a row older: every time of it moves back, such as by '15 days'."""
    columns = await owner.fetch(
        "select column_name from information_schema.columns "
        "where table_name = $1 and data_type = 'timestamp with time zone'",
        table,
    )
    moves = ", ".join(f"{name} = {name} - $2::text::interval" for (name,) in columns)
    await owner.execute(f"update {table} set {moves} where id = $1", id, interval)


async def new_version(site: Site, statement: Any, text: str = "We ask for a *better* example.") -> Any:
    """Another text for an open statement."""
    front = _front_matter({"title": f"{statement.title}, again", "slug": statement.slug})
    row = await statements.find_for_organisers(site, statement.slug)
    return await statements.new_version(site, row, parse(front + text), actor=ACTOR)


async def close(site: Site, statement: Any) -> None:
    """No more signatures."""
    await statements.close(site, await statements.find_for_organisers(site, statement.slug), actor=ACTOR)


async def suppressed(site: Site, statement: Any, email: str, scope: str = "forms") -> None:
    """No letters of a scope to this address."""
    key = addresses.address_key(site.settings.address_key, email)
    await suppression.suppress(site, key, scope, statement.campaign_id)


async def snapshot(owner: Any, *tables: str, without: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """Every row of some tables, to be compared; `without` some columns."""
    found = {}
    for table in tables:
        rows = [dict(row) for row in await owner.fetch(f"select * from {table}")]
        found[table] = sorted(str({k: v for k, v in row.items() if k not in without}) for row in rows)
    return found


def visible(html: str) -> str:
    """What a page says, as one line of words."""
    body = re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


async def form(site: Site, statement: Any, name: str, email: str, **typed: str) -> Any:
    """A form as read from a visitor, for tests that drive the actions."""
    from petitions.signatures import forms

    texts = await statements.consents(site, statement, statement.language)
    return forms.read(forms.blank(statement, texts, ""), {"name": name, "email": email, **typed})


def nobody() -> Any:
    """An id that nothing has."""
    from petitions.ids import new_id

    return new_id()
