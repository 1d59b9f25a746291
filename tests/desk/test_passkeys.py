"""Passkeys of organisers: made, shown, renamed, removed; and every answer that is not what was asked for."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from petitions.desk.door import cookie_name
from petitions.organisers import passkeys
from tests import makers
from tests.desk.authenticator import Authenticator
from tests.desk.people import organiser, seated

SECOND, FACTORS = "/organise/me/second", "/organise/me/factors"


async def boss(site: Any, **over: Any) -> Any:
    return await organiser(site, await makers.campaign(site), "owner", **over)


async def asked(client: httpx.AsyncClient, path: str = SECOND) -> dict[str, Any]:
    """What the page's script gets for the browser."""
    answer = await client.post(f"{path}/options", data={})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def add(client: httpx.AsyncClient, made: str, name: str = "blue key", **more: str) -> httpx.Response:
    return await client.post(f"{FACTORS}/passkey", data={"name": name, "credential": made, **more})


async def show(client: httpx.AsyncClient, shown: str, **more: str) -> httpx.Response:
    return await client.post(SECOND, data={"credential": shown, **more})


async def with_passkey(site: Any, one: Any, key: Authenticator | None = None) -> Authenticator:
    """The organiser has made this passkey."""
    key = key or Authenticator()
    async with await seated(site, one) as client:
        answer = await add(client, key.create(await asked(client, f"{FACTORS}/passkey")))
        assert answer.status_code in (200, 303), makers.visible(answer.text)
    return key


async def test_a_passkey_is_made_shown_renamed_and_removed(site, owner, postbox):
    one, key, other = await boss(site), Authenticator(), Authenticator()
    async with await seated(site, one, second=False) as client:
        options = await asked(client, f"{FACTORS}/passkey")
        assert options["authenticatorSelection"]["userVerification"] == "required"
        page = await add(client, key.create(options))
        assert "recovery codes" in page.text
        options = await asked(client, f"{FACTORS}/passkey")
        assert len(options["excludeCredentials"]) == 1
        assert (await add(client, other.create(options), "laptop")).headers[
            "location"
        ] == f"{FACTORS}?done=added"
    async with await seated(site, one, second=False) as client:
        options = await asked(client)
        assert len(options["allowCredentials"]) == 2
        before = client.cookies["session"]
        answer = await show(client, other.get(options), next=FACTORS)
        assert (answer.status_code, answer.headers["location"]) == (303, FACTORS)
        assert client.cookies["session"] != before
        assert "laptop" in (await client.get(FACTORS)).text
        id = await owner.fetchval("select id from passkeys where name = 'laptop'")
        await client.post(f"{FACTORS}/passkeys/{id}/name", data={"name": "old laptop"})
        assert "old laptop" in (await client.get(f"{FACTORS}/passkeys/{id}")).text
        assert (await client.post(f"{FACTORS}/passkeys/{id}/remove")).status_code == 303
        last = await owner.fetchval("select id from passkeys")
        refused = await client.post(f"{FACTORS}/passkeys/{last}/remove")
        assert refused.status_code == 409
        assert "set up another one first" in refused.text
    await postbox.settle()
    letters = [letter.text for letter in postbox.to(one.email)]
    assert sorted("A passkey was removed" in text for text in letters) == [False, False, True]
    assert sorted("A passkey was added" in text for text in letters) == [False, True, True]
    acts = [
        row["act"] for row in await owner.fetch("select act from audit where act like 'factor%' order by id")
    ]
    assert acts == ["factor added", "factor added", "factor renamed", "factor removed"]


@pytest.mark.parametrize(
    "wrong",
    [{"origin": "https://evil.example"}, {"host": "evil.example"}, {"verified": False}],
    ids=["another origin", "another host", "without finger, face or PIN"],
)
async def test_what_is_not_as_it_was_asked_for_makes_and_opens_nothing(site, owner, wrong):
    one = await boss(site)
    key = await with_passkey(site, one)
    async with await seated(site, one) as client:
        made = Authenticator().create(await asked(client, f"{FACTORS}/passkey"), **wrong)
        assert (await add(client, made)).status_code == 422
    assert await owner.fetchval("select count(*) from passkeys") == 1
    async with await seated(site, one, second=False) as client:
        assert (await show(client, key.get(await asked(client), **wrong))).status_code == 422
        assert (await client.get(FACTORS)).status_code == 303
        assert (await show(client, key.get(await asked(client)))).status_code == 303


async def test_a_challenge_is_good_once(site):
    one = await boss(site)
    key = await with_passkey(site, one, Authenticator(counts=False))
    async with await seated(site, one, second=False) as client:
        answer = key.get(await asked(client))
        got = await asyncio.gather(show(client, answer), show(client, answer))
        assert [each.status_code for each in got].count(
            303
        ) == 1  # the other: 422, or 401 as the cookie is new
        assert (await show(client, answer)).status_code == 422


async def test_a_challenge_is_spent_by_a_wrong_answer_too(site):
    one = await boss(site)
    key = await with_passkey(site, one)
    async with await seated(site, one, second=False) as client:
        options = await asked(client)
        assert (await show(client, "{}")).status_code == 422
        late = await show(client, key.get(options))
        assert "sent twice" in late.text


async def test_a_challenge_is_good_for_five_minutes(site, owner):
    one = await boss(site)
    key = await with_passkey(site, one)
    async with await seated(site, one, second=False) as client:
        options = await asked(client)
        await owner.execute("update sessions set challenge_at = challenge_at - interval '5 minutes'")
        assert (await show(client, key.get(options))).status_code == 422


async def test_a_challenge_belongs_to_its_session(site):
    one = await boss(site)
    key = await with_passkey(site, one)
    async with await seated(site, one, second=False) as a, await seated(site, one, second=False) as b:
        answer = key.get(await asked(a))
        await asked(b)
        assert (await show(b, answer)).status_code == 422
        assert (await show(a, answer)).status_code == 303


async def test_a_passkey_made_for_one_question_does_not_answer_the_other(site):
    one = await boss(site)
    key = await with_passkey(site, one)
    async with await seated(site, one, second=False) as client:
        options = await asked(client)
        assert (await show(client, key.create({**options, "rp": {"id": "localhost"}}))).status_code == 422


async def test_anothers_passkey_opens_nothing_and_is_no_ones_to_change(site, owner):
    one, eve = await boss(site), await boss(site)
    await with_passkey(site, one)
    evil = await with_passkey(site, eve)
    async with await seated(site, one, second=False) as client:
        refused = await show(client, evil.get(await asked(client)))
        assert "not one of yours" in refused.text
        assert (await client.get(FACTORS)).status_code == 303
    id = await owner.fetchval("select id from passkeys where organiser_id = $1", one.id)
    before = await makers.snapshot(owner, "passkeys", "audit")
    async with await seated(site, eve) as client:
        assert (await client.get(f"{FACTORS}/passkeys/{id}")).status_code == 404
        for verb, form in (("name", {"name": "mine"}), ("remove", {})):
            assert (await client.post(f"{FACTORS}/passkeys/{id}/{verb}", data=form)).status_code == 404
    assert await makers.snapshot(owner, "passkeys", "audit") == before


async def test_a_passkey_that_somebody_has_is_not_registered_again(site, owner):
    one, eve, key = await boss(site), await boss(site), Authenticator()
    await with_passkey(site, one, key)
    async with await seated(site, eve) as client:
        refused = await add(client, key.create(await asked(client, f"{FACTORS}/passkey")))
        assert refused.status_code == 422
        assert "registered already" in refused.text
    assert await owner.fetchval("select organiser_id from passkeys") == one.id


async def test_a_count_that_does_not_go_up_is_refused(site, owner):
    """A copy of the key was made (WebAuthn §6.1.1)."""
    one = await boss(site)
    key = await with_passkey(site, one)
    async with await seated(site, one, second=False) as client:
        assert (await show(client, key.get(await asked(client)))).status_code == 303
        assert (await show(client, key.get(await asked(client), counting=False))).status_code == 422
        assert (await show(client, key.get(await asked(client)))).status_code == 303
    assert await owner.fetchval("select sign_count from passkeys") == 3


async def test_a_changed_signature_opens_nothing(site):
    one = await boss(site)
    key = await with_passkey(site, one)
    async with await seated(site, one, second=False) as client:
        answer = json.loads(key.get(await asked(client)))
        answer["response"]["signature"] = answer["response"]["signature"][:-4] + "AAAA"
        assert (await show(client, json.dumps(answer))).status_code == 422


async def test_a_name_is_asked_for_and_cleaned(site, owner):
    async with await seated(site, await boss(site)) as client:
        made = Authenticator().create(await asked(client, f"{FACTORS}/passkey"))
        assert (await add(client, made, " ")).status_code == 422
        assert (await add(client, made, "see evil.com")).status_code == 422
        assert (await add(client, made, "x" * 101)).status_code == 422
        assert await owner.fetchval("select count(*) from passkeys") == 0
        await add(client, made, "  <b>blue</b>   key ", organiser_id=str(makers.nobody()))
        assert await owner.fetchval("select name from passkeys") == "<b>blue</b> key"
        assert "<b>blue" not in (await client.get(FACTORS)).text


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("https://petitions.example.org", "petitions.example.org"),
        ("http://localhost:8000", "localhost"),
        ("http://petitions.example.org", None),
        ("https://192.0.2.1", None),
        ("https://[2001:db8::1]:8443", None),
    ],
)
async def test_where_browsers_make_no_passkeys_the_page_says_so(site, base, host):
    elsewhere = replace(site, settings=replace(site.settings, base_url=base))
    assert passkeys.host(elsewhere) == host
    async with await seated(elsewhere, await boss(site)) as client:
        token = client.cookies["session"]
        client.cookies.clear()
        client.cookies.set(cookie_name(elsewhere), token)
        page = await client.get(FACTORS)
        assert page.status_code == 200
        assert ("only where this site has a name" in page.text) == (host is None)
        answer = await client.post(f"{FACTORS}/passkey/options", data={})
        assert answer.status_code == (200 if host else 409)
