"""Who gets the files of an endorsement: everybody its logo while it is public, organisers alone its minutes."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest

from petitions.endorsements import MINUTES
from petitions.endorsements.files import minutes_link
from petitions.files import actions as files
from petitions.proving.links import Key, make
from petitions.site import Site
from petitions.tokens import _Signer, pack
from tests import makers
from tests.conftest import SECRET, path_of
from tests.endorsements import rows
from tests.files.made import PDF, phone, picture

SANDBOX = "default-src 'none'; sandbox"


async def logo_of(site: Site) -> bytes:
    return (await files.put(site, io.BytesIO(picture("PNG", mode="RGBA")), "logo")).digest


async def minutes_of(site: Site, data: bytes = PDF) -> bytes:
    return (await files.put(site, io.BytesIO(data), "minutes")).digest


async def test_a_logo_is_anybodys_while_its_endorsement_is_public(
    site: Site, owner: Any, client: httpx.AsyncClient
) -> None:
    statement, logo = await makers.statement(site), await logo_of(site)
    path = f"/logo/{logo.hex()}.webp"
    row = await rows.confirmed(owner, statement, logo=logo, logo_consent=True)
    assert (await client.get(path)).status_code == 404
    row = await rows.accepted(owner, statement, logo=logo)
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert answer.headers["Content-Security-Policy"] == SANDBOX
    assert answer.headers["Cache-Control"] == "public, max-age=3600, immutable"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Disposition" not in answer.headers
    await rows.withdrawn(owner, row)
    assert (await client.get(path)).status_code == 404


async def test_without_permission_a_logo_is_not_shown(
    site: Site, owner: Any, client: httpx.AsyncClient
) -> None:
    statement, logo = await makers.statement(site), await logo_of(site)
    await rows.accepted(owner, statement, logo=logo, logo_consent=False)
    assert (await client.get(f"/logo/{logo.hex()}.webp")).status_code == 404


async def test_minutes_are_no_logo_whatever_the_address_says(
    site: Site, owner: Any, client: httpx.AsyncClient
) -> None:
    statement, digest = await makers.statement(site), await minutes_of(site)
    await rows.accepted(owner, statement, minutes=digest, logo=await logo_of(site))
    for ending in ("pdf", "webp", "png"):
        assert (await client.get(f"/logo/{digest.hex()}.{ending}")).status_code == 404


@pytest.mark.parametrize(
    "name", ["x.webp", "00.webp", ".webp", "é.webp", "zz" * 32 + ".webp", "0" * 2000 + ".png", "%00.webp"]
)
async def test_no_address_at_all_makes_it_fail(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/logo/{name}")).status_code in (400, 404)


async def test_the_ending_is_that_of_the_picture(site: Site, owner: Any, client: httpx.AsyncClient) -> None:
    statement, logo = await makers.statement(site), await logo_of(site)
    await rows.accepted(owner, statement, logo=logo)
    assert (await client.get(f"/logo/{logo.hex()}.png")).status_code == 404


@pytest.mark.parametrize(("data", "ending"), [(PDF, "pdf"), (phone(), "jpeg")])
async def test_an_organisers_link_gives_the_minutes_to_be_saved(
    site: Site, owner: Any, client: httpx.AsyncClient, data: bytes, ending: str
) -> None:
    statement = await makers.statement(site)
    row = await rows.confirmed(owner, statement, "Body <x>", minutes=await minutes_of(site, data))
    link = minutes_link(site, _attributes(row))
    assert link is not None
    assert link.startswith(site.settings.base_url)
    answer = await client.get(path_of(link))
    assert answer.status_code == 200
    name = f"minutes-{row['id'].hex[-8:]}.{ending}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["Content-Security-Policy"] == SANDBOX
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content == (await files.get(site, row["minutes"])).data  # type: ignore[union-attr]


async def test_where_no_minutes_came_there_is_no_link(
    site: Site, owner: Any, client: httpx.AsyncClient
) -> None:
    row = await rows.confirmed(owner, await makers.statement(site))
    assert minutes_link(site, _attributes(row)) is None
    token = make(site, MINUTES, Key(row["statement_id"], row["id"]))
    assert (await client.get(f"/endorsements/minutes/{token}")).status_code == 404


async def test_no_other_link_opens_minutes(site: Site, owner: Any, client: httpx.AsyncClient) -> None:
    row = await rows.confirmed(owner, await makers.statement(site), minutes=await minutes_of(site))
    key = Key(row["statement_id"], row["id"])
    for token in (make(site, "endorsement", key), site.tokens.make(MINUTES, pack(key.id)), "x", "x" * 600):
        assert (await client.get(f"/endorsements/minutes/{token}")).status_code == 400


class Earlier(_Signer):
    """A signer whose clock was some seconds before ours."""

    seconds = 0

    def get_timestamp(self) -> int:
        return super().get_timestamp() - self.seconds


async def test_the_link_is_good_for_ten_minutes(site: Site, owner: Any, client: httpx.AsyncClient) -> None:
    row = await rows.confirmed(owner, await makers.statement(site), minutes=await minutes_of(site))
    signer = Earlier([SECRET], salt=f"petitions.{MINUTES}")
    for seconds, status in ((590, 200), (610, 410)):
        signer.seconds = seconds
        token = signer.sign(pack(row["statement_id"], row["id"])).decode()
        assert (await client.get(f"/endorsements/minutes/{token}")).status_code == status


def _attributes(row: Any) -> Any:
    """A row of the owner's own connection as the store gives it."""
    from types import SimpleNamespace

    return SimpleNamespace(**dict(row))
