"""The second factor of organisers: codes from an app, recovery codes, and when the desk asks for them."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pyotp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse

from petitions.app import create_app
from petitions.desk import door
from petitions.desk.table import act, ask
from petitions.organisers import sessions
from tests import makers
from tests.conftest import browser
from tests.desk.people import organiser, seated

SECOND, FACTORS = "/organise/me/second", "/organise/me/factors"
CODES = f"{FACTORS}/codes"


async def boss(site: Any) -> Any:
    """An owner of a campaign, without any factor."""
    return await organiser(site, await makers.campaign(site), "owner")


async def begun(client: httpx.AsyncClient) -> tuple[pyotp.TOTP, dict[str, str]]:
    """The page that sets up an app: what the app makes of it, and the form."""
    html = (await client.get(CODES)).text
    found = re.search(r'class="secret">([^<]*)<', html)
    assert found
    return pyotp.TOTP(found[1].replace(" ", "")), makers.hidden(html)


async def now(owner: Any) -> int:
    return int(await owner.fetchval("select floor(extract(epoch from now()) / 30)::bigint"))


async def set_up(client: httpx.AsyncClient, owner: Any) -> tuple[pyotp.TOTP, list[str]]:
    """An app, proven by the code of the step before this one; and the recovery codes that came with it."""
    app, form = await begun(client)
    answer = await client.post(CODES, data={**form, "code": app.generate_otp(await now(owner) - 1)})
    assert answer.status_code in (200, 303), makers.visible(answer.text)
    return app, re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", answer.text)


async def show(client: httpx.AsyncClient, code: str, **more: str) -> httpx.Response:
    return await client.post(SECOND, data={"code": code, **more})


async def test_an_owner_sets_up_an_app_and_goes_on_to_where_they_wanted(site, owner, postbox):
    campaign = await makers.campaign(site)
    one = await organiser(site, campaign, "owner")
    async with await seated(site, one, second=False) as client:
        page = await client.get(f"/organise/{campaign.slug}", follow_redirects=True)
        assert page.url.path == FACTORS
        assert "You have none yet" in page.text
        assert f"{CODES}?next=/organise/{campaign.slug}" in page.text
        app, form = await begun(client)
        assert await owner.fetchval("select totp_nonce from organisers where id = $1", one.id) is None
        before = client.cookies["session"]
        answer = await client.post(
            CODES, data={**form, "code": app.now(), "next": f"/organise/{campaign.slug}"}
        )
        assert len(re.findall(r"<code>\w{5}-\w{5}</code>", answer.text)) == 10
        assert f'href="/organise/{campaign.slug}"' in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert client.cookies["session"] != before
        assert (await client.get(f"/organise/{campaign.slug}")).status_code == 200
    await postbox.settle()
    (letter,) = postbox.to(one.email)
    assert "An app for one-time codes was set up" in letter.text
    row = await owner.fetchrow("select * from audit where act = 'factor added'")
    assert row["actor"] == f"organiser:{one.id}"


async def test_a_mistyped_code_sets_up_nothing_and_keeps_the_picture(site, owner):
    async with await seated(site, await boss(site), second=False) as client:
        app, form = await begun(client)
        wrong = f"{(int(app.now()) + 1) % 1_000_000:06d}"
        answer = await client.post(CODES, data={**form, "code": wrong})
        assert answer.status_code == 422
        assert makers.hidden(answer.text)["begun"] == form["begun"]
        assert app.secret[:4] in answer.text
        assert await owner.fetchval("select count(*) from organisers where totp_since is not null") == 0


async def test_what_another_session_began_sets_up_nothing(site):
    one = await boss(site)
    async with await seated(site, one, second=False) as a, await seated(site, one, second=False) as b:
        app, form = await begun(a)
        answer = await b.post(CODES, data={**form, "code": app.now()})
        assert answer.status_code == 422
        assert "Scan the new picture" in answer.text


async def test_the_database_holds_no_secret(site, owner):
    async with await seated(site, await boss(site), second=False) as client:
        app, codes = await set_up(client, owner)
        rows = str(
            await makers.snapshot(owner, "organisers", "recovery_codes", "audit", "outbox", "sessions")
        )
        assert app.secret not in rows
        assert all(code not in rows and code.replace("-", "") not in rows for code in codes)


async def test_each_code_opens_the_desk_once(site, owner):
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        app, _ = await set_up(client, owner)
    code = app.generate_otp(await now(owner))
    async with await seated(site, one, second=False) as a, await seated(site, one, second=False) as b:
        answers = await asyncio.gather(show(a, code), show(b, code))
        assert sorted(one.status_code for one in answers) == [303, 422]
        assert (await show(b, app.generate_otp(await now(owner) - 1))).status_code == 422
        assert (await show(b, app.generate_otp(await now(owner) + 1))).status_code == 303
        assert (await show(b, app.generate_otp(await now(owner) + 3))).status_code == 422


async def test_the_code_that_proved_the_app_is_used_up(site, owner):
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        app, form = await begun(client)
        code = app.generate_otp(await now(owner))
        await client.post(CODES, data={**form, "code": code})
        again = await client.post(CODES, data={**form, "code": code})
        assert "set up already" in again.text
        assert (await show(client, code)).status_code == 422


async def test_five_wrong_codes_in_a_row_end_the_session(site, owner):
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        app, _ = await set_up(client, owner)
    async with await seated(site, one, second=False) as client:
        for _ in range(4):
            assert (await show(client, "not-a-code")).status_code == 422
        fifth = await show(client, "not-a-code", next="/organise/x")
        assert fifth.status_code == 401
        assert 'href="/organise/log-in?next=/organise/x"' in fifth.text
        assert "not-a-code" not in fifth.text
        assert (await show(client, app.generate_otp(await now(owner)))).status_code == 401
    assert await owner.fetchval("select count(*) from audit where act = 'factor refused'") == 1


async def test_many_guesses_at_once_are_five(site, owner):
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        await set_up(client, owner)
    async with await seated(site, one, second=False) as client:
        answers = await asyncio.gather(*(show(client, f"{n:06d}") for n in range(12)))
        assert sum(answer.status_code == 422 for answer in answers) <= 4
    assert await owner.fetchval("select tries from code_tries where address_key = $1", one.id.bytes) == 5


async def test_ten_wrong_codes_a_day_are_looked_at_and_right_ones_do_not_count(site, owner):
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        app, codes = await set_up(client, owner)
        assert (await show(client, codes[0])).status_code == 303
    for _ in range(2):
        async with await seated(site, one, second=False) as client:
            for _ in range(5):
                await show(client, "123")
    async with await seated(site, one, second=False) as client:
        refused = await show(client, app.generate_otp(await now(owner)))
        assert refused.status_code == 422
        assert "until tomorrow" in refused.text
        await owner.execute("update code_tries set day = day - 1")
        assert (await show(client, app.generate_otp(await now(owner)))).status_code == 303


async def test_wrong_codes_of_a_signature_do_not_lock_the_desk(site, owner):
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        app, _ = await set_up(client, owner)
    await owner.execute("insert into code_tries (address_key, tries) values ($1, 10)", one.address_key)
    async with await seated(site, one, second=False) as client:
        assert (await show(client, app.generate_otp(await now(owner)))).status_code == 303


async def test_nothing_typed_costs_no_try(site, owner):
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        await set_up(client, owner)
        assert "Type the code." in (await show(client, " ")).text
    assert await owner.fetchval("select coalesce(sum(tries), 0) from code_tries") == 0


async def test_a_recovery_code_works_once_and_is_told_by_letter(site, owner, postbox):
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        _, codes = await set_up(client, owner)
    typed = codes[3].upper().replace("-", " ")
    async with await seated(site, one, second=False) as a, await seated(site, one, second=False) as b:
        answers = await asyncio.gather(show(a, typed), show(b, codes[3]))
        assert sorted(answer.status_code for answer in answers) == [303, 422]
    await postbox.settle()
    assert any("9 of them are left" in letter.text for letter in postbox.to(one.email))
    assert await owner.fetchval("select details->>'left' from audit where act = 'factor used'") == "9"


async def test_new_recovery_codes_make_the_old_ones_void(site, owner, postbox):
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        _, old = await set_up(client, owner)
        page = await client.post(f"{FACTORS}/recovery")
        new = re.findall(r"<code>(\w{5}-\w{5})</code>", page.text)
        assert len(new) == 10
        assert not set(new) & set(old)
        assert (await show(client, old[0])).status_code == 422
        assert (await show(client, new[0])).status_code == 303
    await postbox.settle()
    assert any("New recovery codes were made" in letter.text for letter in postbox.to(one.email))


async def test_recovery_codes_need_a_factor_first(site, owner):
    async with await seated(site, await boss(site), second=False) as client:
        assert (await client.post(f"{FACTORS}/recovery")).status_code == 409
    assert await owner.fetchval("select count(*) from recovery_codes") == 0


async def test_an_owner_keeps_the_last_factor_others_need_not(site, owner, postbox):
    campaign = await makers.campaign(site)
    for role, status in (("owner", 409), ("reader", 303)):
        one = await organiser(site, campaign, role)
        async with await seated(site, one, second=False) as client, await seated(site, one) as other:
            await set_up(client, owner)
            assert (await other.get(FACTORS)).status_code == 303, "another browser is logged out"
            assert (await client.post(f"{CODES}/remove")).status_code == status
            left = await owner.fetchval("select count(*) from recovery_codes where organiser_id = $1", one.id)
            assert left == (10 if role == "owner" else 0)
    await postbox.settle()
    assert any("was removed" in letter.text for letter in postbox.to(one.email))


async def test_another_app_replaces_the_first_once_it_is_proven(site, owner):
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        first, _ = await set_up(client, owner)
        second, form = await begun(client)
        answer = await client.post(CODES, data={**form, "code": second.generate_otp(await now(owner) - 1)})
        assert answer.headers["location"] == f"{FACTORS}?done=added"
        assert (await show(client, first.generate_otp(await now(owner)))).status_code == 422
        assert (await show(client, second.generate_otp(await now(owner)))).status_code == 303


async def test_who_has_a_factor_changes_none_before_it_is_shown(site, owner):
    """A letter alone must not add a factor of its own."""
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        await set_up(client, owner)
        _, form = await begun(client)
    before = await makers.snapshot(owner, "organisers", "passkeys", "recovery_codes", "audit")
    async with await seated(site, one, second=False) as client:
        for path in (FACTORS, CODES, f"{FACTORS}/passkey", f"{FACTORS}/passkeys/{makers.nobody()}"):
            assert (await client.get(path)).headers["location"] == f"{SECOND}?next={path}"
        for path in ("codes", "codes/remove", "recovery", "passkey", "passkey/options"):
            assert (await client.post(f"{FACTORS}/{path}", data=form)).status_code == 403
    assert await makers.snapshot(owner, "organisers", "passkeys", "recovery_codes", "audit") == before


async def test_the_action_itself_refuses_a_session_that_has_not_shown_it(site, owner):
    from petitions.errors import SecondFactor
    from petitions.organisers import factors

    one = await boss(site)
    begun_early = await sessions.begin(site, one.id, way="letter")
    early = await sessions.find(site, begun_early.token)  # as it was before the first factor stood
    async with await seated(site, one, second=False) as client:
        await set_up(client, owner)
    await owner.execute("update sessions set ended_at = null where id = $1", begun_early.id)
    with pytest.raises(SecondFactor):
        await factors.renew_recovery(site, early)


async def test_fresh_means_within_ten_minutes_and_what_was_typed_is_kept(site, owner):
    async def view(request: Any, desk: door.Desk) -> PlainTextResponse:
        return PlainTextResponse("the list")

    app = create_app(site)
    path = "/organise/me/example"
    app.router.routes[:0] = [
        ask(path, view, "example", None, fresh=True),
        act(path, view, "example_act", None, fresh=True),
    ]
    one = await boss(site)
    async with await seated(site, one, second=False) as own:
        _, codes = await set_up(own, owner)
        async with browser(site, app=app) as client:
            client.cookies = own.cookies
            assert (await client.get(path)).text == "the list"
            await owner.execute("update sessions set second_at = second_at - interval '10 minutes'")
            assert (await client.get("/organise/me/example?a=b")).status_code == 303
            stopped = await client.post(path, data={"reason": "what I typed"})
            assert stopped.status_code == 403
            assert 'value="what I typed"' in stopped.text
            assert f'href="{SECOND}"' in stopped.text
            asked = await client.get(path)
            assert asked.headers["location"] == f"{SECOND}?next={path}"
            page = await client.get(asked.headers["location"])
            answer = await show(client, codes[0], **makers.hidden(page.text))
            assert answer.headers["location"] == path
            assert (await client.get(path)).text == "the list"


async def test_a_link_made_on_this_machine_sets_up_a_factor_at_once(site, owner):
    one = await boss(site)
    token = (await sessions.begin(site, one.id, way="command", second=True)).token
    async with browser(site) as client:
        client.cookies.set("session", token, domain="localhost.local")
        _, codes = await set_up(client, owner)
        assert len(codes) == 10


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/organise//evil"]
)
async def test_the_way_on_stays_at_the_desk(site, owner, elsewhere):
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        _, codes = await set_up(client, owner)
        assert (await show(client, codes[0], next=elsewhere)).headers["location"] == "/organise"
        page = await client.get(SECOND, params={"next": elsewhere})
        assert "evil" not in page.text


async def test_another_sites_form_shows_and_changes_nothing(site, owner):
    one = await boss(site)
    async with await seated(site, one, second=False) as client:
        _, codes = await set_up(client, owner)
        before = await makers.snapshot(owner, "organisers", "recovery_codes", "audit", "code_tries")
        for foreign in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            for path in (SECOND, CODES, f"{CODES}/remove", f"{FACTORS}/recovery", f"{FACTORS}/passkey"):
                answer = await client.post(path, data={"code": codes[0]}, headers=foreign)
                assert answer.status_code == 403
        assert await makers.snapshot(owner, "organisers", "recovery_codes", "audit", "code_tries") == before


async def test_forms_take_their_own_fields_alone(site, owner):
    one, other = await boss(site), await boss(site)
    async with await seated(site, one, second=False) as client:
        app, form = await begun(client)
        extra = {
            "organiser_id": str(other.id),
            "id": str(other.id),
            "totp_step": "0",
            "email": "eve@example.org",
        }
        await client.post(CODES, data={**form, **extra, "code": app.now()})
    rows = {row["id"]: row for row in await owner.fetch("select * from organisers")}
    assert rows[one.id]["totp_since"]
    assert rows[other.id]["totp_since"] is None
    assert rows[one.id]["email"] == one.email


TYPED = st.one_of(st.text(max_size=60), st.from_regex(r"\d{6}", fullmatch=True), st.binary(max_size=40))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(code=TYPED, credential=TYPED, begun=TYPED, then=TYPED)
async def test_whatever_is_typed_gets_a_page(site, owner, code, credential, begun, then):
    form = {"code": code, "credential": credential, "begun": begun, "next": then, "name": "key"}
    async with await seated(site, await boss(site), second=False) as client:
        for path in (SECOND, CODES, f"{FACTORS}/passkey"):
            assert (await client.post(path, data=form)).status_code in (400, 422)
    assert await owner.fetchval("select count(*) from audit where act like 'factor%'") == 0
