"""The table of outcomes of signing.md §3, line by line, and that nothing in it depends on the address."""

from __future__ import annotations

import re

import pytest

from tests import makers


async def rows(owner, statement, columns="state"):
    return await owner.fetch(
        f"select {columns} from signatures where statement_id = $1 order by created_at", statement.id
    )


async def test_signing_keeps_an_attempt_and_a_letter_and_answers_303(site, client, owner):
    statement = await makers.statement(site)
    response = await makers.sign(client, statement, name="Example Person", email="first@example.org")
    assert response.status_code == 303
    assert response.headers["location"] == f"/{statement.slug}/check-your-email"
    assert [row["state"] for row in await rows(owner, statement)] == ["pending"]
    assert await owner.fetchval("select count(*) from outbox where kind = 'attempt'") == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "Buy at https://spam.example"}, "name"),
        ({"name": "=HYPERLINK"}, "name"),
        ({"email": ""}, "email"),
        ({"email": "not-an-address"}, "email"),
        ({"email": "a@b@c"}, "email"),
        ({"website": "filled by a program"}, "website"),
        ({"town": "x" * 200}, "town"),
    ],
)
async def test_a_malformed_field_shows_the_form_as_typed_with_a_sentence(site, client, owner, fields, field):
    statement = await makers.statement(site, fields=["town"])
    typed = {"name": "Example Person", "email": "first@example.org", "town": "Exampleton"} | fields
    response = await makers.sign(client, statement, **typed)
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    if field != "website":
        assert f'href="#field-{field}"' in response.text
    if field != "town":
        assert "Exampleton" in response.text
    assert await rows(owner, statement) == []
    assert await owner.fetchval("select count(*) from outbox") == 0


async def test_a_stale_stamp_shows_the_form_again_as_typed(site, client, owner):
    statement = await makers.statement(site)
    response = await makers.sign(
        client, statement, name="Example Person", email="first@example.org", stamp="1.abc"
    )
    assert response.status_code == 422
    assert "Example Person" in response.text
    assert re.search(r'name="stamp"[^>]*value="(?!1\.abc)', response.text)
    assert await rows(owner, statement) == []


async def test_a_stamp_of_an_earlier_version_is_stale(site, client, owner):
    statement = await makers.statement(site)
    page = await client.get(f"/{statement.slug}")
    stamp = makers.stamp_of(page.text)
    await makers.new_version(site, statement)
    response = await makers.sign(client, statement, email="first@example.org", stamp=stamp)
    assert response.status_code == 422
    assert await rows(owner, statement) == []


async def test_a_version_that_this_process_has_not_heard_of_shows_the_new_text_and_the_form_as_typed(
    site, client, owner
):
    statement = await makers.statement(site)
    site.shelf.switch(True)
    stamp = makers.stamp_of((await client.get(f"/{statement.slug}")).text)
    await makers.new_version(site, statement, "We ask for the *other* example.")
    typed = {"name": "Example Person", "email": "first@example.org"}
    response = await makers.sign(client, statement, **typed, stamp=stamp)
    assert response.status_code == 422
    assert "the statement has changed since" in response.text
    assert "<em>other</em>" in response.text
    assert all(f'value="{value}"' in response.text for value in typed.values())
    assert await rows(owner, statement) == []
    again = await makers.sign(client, statement, **typed, stamp=makers.stamp_of(response.text))
    assert again.status_code == 303
    assert len(await rows(owner, statement)) == 1


async def test_a_closing_that_this_process_has_not_heard_of_is_told_as_one(site, client, owner):
    statement = await makers.statement(site)
    site.shelf.switch(True)
    stamp = makers.stamp_of((await client.get(f"/{statement.slug}")).text)
    await makers.close(site, statement)
    response = await makers.sign(client, statement, email="first@example.org", stamp=stamp)
    assert response.status_code == 409
    assert await rows(owner, statement) == []


async def test_an_ip_over_its_limit_gets_429_the_time_to_wait_and_its_form_back(site, client, owner):
    statement = await makers.statement(site)
    for _ in range(site.settings.ip_burst * 4):
        response = await client.post(f"/{statement.slug}/sign", data={"name": "Kept Example", "email": "x"})
        if response.status_code == 429:
            break
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) >= 1
    assert "Kept Example" in response.text


async def test_a_closed_statement_answers_409_and_a_draft_or_unknown_one_404(site, client, owner):
    closed = await makers.statement(site)
    page = await client.get(f"/{closed.slug}")
    await makers.close(site, closed)
    response = await makers.sign(client, closed, email="a@example.org", stamp=makers.stamp_of(page.text))
    assert response.status_code == 409
    draft = await makers.statement(site, open=False)
    assert (await client.post(f"/{draft.slug}/sign", data={"name": "Example"})).status_code == 404
    assert (await client.post("/never-there/sign", data={"name": "Example"})).status_code == 404
    assert await rows(owner, closed) == []


async def test_the_answer_is_the_same_whatever_is_known_of_the_address(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.confirmed(client, postbox, statement, name="Known Example", email="known@example.org")
    await makers.suppressed(site, statement, "stopped@example.org")
    for number in range(4):
        await makers.sign(client, statement, name=f"Often Example {number}", email="often@example.org")
        await postbox.settle()
    answers = []
    for email in ("new@example.org", "known@example.org", "stopped@example.org", "often@example.org"):
        client.cookies.clear()
        response = await makers.sign(client, statement, name="Some Example", email=email)
        cookie = re.sub(r"=[^;]+", "=…", response.headers["set-cookie"], count=1)
        answers.append(
            (
                response.status_code,
                response.headers["location"],
                response.content,
                cookie,
                sorted(response.headers),
            )
        )
    assert len(set(map(str, answers))) == 1


async def test_the_page_after_signing_never_shows_the_address(site, client):
    statement = await makers.statement(site)
    await makers.sign(client, statement, email="first@example.org")
    page = await client.get(f"/{statement.slug}/check-your-email")
    assert page.status_code == 200
    assert "first@example.org" not in page.text


async def test_the_same_attempt_twice_is_one_row_and_one_letter(site, client, owner, postbox):
    statement = await makers.statement(site)
    for _ in range(3):
        await makers.sign(client, statement, name="Example Person", email="first@example.org")
    assert len(await rows(owner, statement)) == 1
    await postbox.settle()
    assert len(postbox) == 1


async def test_the_same_attempt_after_a_minute_brings_another_letter(site, client, owner, postbox):
    statement = await makers.statement(site)
    await makers.sign(client, statement, name="Example Person", email="first@example.org")
    await postbox.settle()
    await owner.execute("update signatures set asked_at = asked_at - interval '61 seconds'")
    await makers.sign(client, statement, name="Example Person", email="first@example.org")
    await postbox.settle()
    assert len(postbox) == 2
    assert len(await rows(owner, statement)) == 1


async def test_other_form_content_is_another_attempt(site, client, owner):
    statement = await makers.statement(site)
    await makers.sign(client, statement, name="Example Person", email="first@example.org")
    await makers.sign(client, statement, name="Example Persson", email="first@example.org")
    assert len(await rows(owner, statement)) == 2


async def test_the_source_code_comes_from_our_own_referer_alone(site, client, owner):
    statement = await makers.statement(site)
    own = f"http://localhost:8000/{statement.slug}?from=stall-7"
    await makers.sign(client, statement, email="a@example.org", headers={"Referer": own})
    foreign = "https://elsewhere.example/?from=spoofed"
    await makers.sign(client, statement, email="b@example.org", headers={"Referer": foreign})
    assert [row["source"] for row in await rows(owner, statement, "source")] == ["stall-7", None]


async def test_ip_addresses_stand_apart_from_the_signature(site, client, owner):
    statement = await makers.statement(site)
    await makers.sign(client, statement, email="a@example.org")
    assert await owner.fetchval("select count(*) from attempt_origins") == 1
    columns = await owner.fetch(
        "select column_name from information_schema.columns where table_name = 'signatures'"
    )
    assert not any(row["column_name"] == "ip" for row in columns)


async def test_a_post_without_browser_headers_arms_no_cookie(site, client):
    statement = await makers.statement(site)
    response = await makers.sign(client, statement, email="a@example.org", bare=True)
    assert response.status_code == 303
    assert "set-cookie" not in response.headers
