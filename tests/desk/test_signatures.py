"""Signatures at the desk: search, one's story, hold and release, off the list and on it again."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta

import pytest

from petitions.signatures import holding
from tests import makers
from tests.conftest import browser, path_of
from tests.desk.people import sit

FIELDS = [{"name": "town"}, {"name": "comment"}, {"name": "postcode"}]


def at(statement, campaign, rest=""):
    return f"/organise/{campaign.slug}/{statement.slug}/signatures{rest}"


async def pair(site, **over):
    campaign = await makers.campaign(site)
    return campaign, await makers.statement(site, campaign, fields=FIELDS, public=["name"], **over)


async def signed(site, postbox, statement, name, email, source="", **typed):
    async with browser(site) as client:
        client.headers["Referer"] = f"http://localhost:8000/{statement.slug}?from={source}"
        await makers.confirmed(client, postbox, statement, name, email, **typed)


async def id_of(owner, email):
    return await owner.fetchval("select id from signatures where email = $1", email)


async def people(site, postbox, statement):
    for name, email, source, typed in (
        ("Zoë Müller-Şahin", "zoe.one@example.org", "flyer", {"town": "Exampleton"}),
        ("Łukasz Example", "lukasz@mail.example.com", "", {"town": "Köln", "comment": "Because."}),
        ("Ann B. Sample", "ann@example.org", "flyer", {"postcode": "EX4 1AA"}),
        ("Joanna 100% Sample", "joann@example.org", "", {}),
        ("ΠΑΠΠΆΣ Παράδειγμα", "pappas@example.net", "", {}),
    ):
        await signed(site, postbox, statement, name, email, source, **typed)


def found(html):
    """The names in the list, as they stand there."""
    return [makers.visible(one) for one in re.findall(r'(?s)<th scope="row"><a [^>]*>(.*?)</a>', html)]


async def test_the_search_finds_parts_of_names_addresses_and_towns_and_narrows_by_filters(site, postbox):
    campaign, statement = await pair(site)
    await people(site, postbox, statement)
    wanted = {
        "muller": ["Zoë Müller-Şahin"],
        "ZOE": ["Zoë Müller-Şahin"],
        "sahin": ["Zoë Müller-Şahin"],
        "LUKASZ": ["Łukasz Example"],
        "koln": ["Łukasz Example"],
        "mail.example": ["Łukasz Example"],
        "sample ann": ["Joanna 100% Sample", "Ann B. Sample"],
        "b.": ["Ann B. Sample"],
        "100%": ["Joanna 100% Sample"],
        "παππας": ["ΠΑΠΠΆΣ Παράδειγμα"],
        "_": [],
        "ann@example.org": ["Ann B. Sample"],
        "nn@example.org": ["Joanna 100% Sample", "Ann B. Sample"],
        "nobody": [],
    }
    async with await sit(site, campaign, "moderator") as client:
        assert len(found((await client.get(at(statement, campaign))).text)) == 5
        for text, names in wanted.items():
            answer = await client.post(at(statement, campaign, "/search"), data={"text": text})
            if text != "_":  # nothing to go by: said so, beside the field
                assert found(answer.text) == names, text
            assert answer.status_code == (422 if text == "_" else 200)
        for query, names in {
            "source=flyer": ["Ann B. Sample", "Zoë Müller-Şahin"],
            "area=EX": ["Ann B. Sample"],
            "comment=yes": ["Łukasz Example"],
            "state=held": [],
            "source=flyer&area=EX&state=confirmed": ["Ann B. Sample"],
            f"from={date.today()}&to={date.today()}&comment=yes": ["Łukasz Example"],
            f"from={date.today() + timedelta(days=2)}": [],
        }.items():
            assert found((await client.get(at(statement, campaign, f"?{query}"))).text) == names, query
        answer = await client.post(
            at(statement, campaign, "/search"), data={"text": "sample", "source": "flyer"}
        )
        assert found(answer.text) == ["Ann B. Sample"]
        assert makers.hidden(answer.text)["source"] == "flyer"


async def test_what_is_looked_for_stands_in_no_address(site, postbox):
    campaign, statement = await pair(site)
    await people(site, postbox, statement)
    async with await sit(site, campaign, "organiser") as client:
        answer = await client.get(at(statement, campaign, "?text=muller&q=muller"))
        assert len(found(answer.text)) == 5
        answer = await client.post(at(statement, campaign, "/search"), data={"text": "muller"})
        assert not re.search(r'(href|action)="[^"]*muller', answer.text)


async def test_a_whole_address_finds_what_is_not_confirmed_too(site, client, postbox):
    campaign, statement = await pair(site)
    await makers.sign(client, statement, "Ada Example", "ada@example.org")
    async with await sit(site, campaign, "moderator") as desk:
        assert found((await desk.get(at(statement, campaign))).text) == []
        answer = await desk.post(at(statement, campaign, "/search"), data={"text": " ADA@example.org"})
        assert found(answer.text) == ["Ada Example"]
        assert found((await desk.get(at(statement, campaign, "?state=pending"))).text) == ["Ada Example"]


async def test_pages_go_back_in_time_and_miss_nobody(site, owner):
    campaign, statement = await pair(site)
    await owner.execute(MANY, statement.id, 120)
    async with await sit(site, campaign, "moderator") as client:
        names, page = [], await client.get(at(statement, campaign))
        while True:
            names += found(page.text)
            if not (before := makers.hidden(page.text).get("before")):
                break
            page = await client.get(at(statement, campaign, f"?before={before}"))
        assert names == [f"Ada Example {n}" for n in range(120, 0, -1)]
        page = await client.post(at(statement, campaign, "/search"), data={"text": "example"})
        carried = makers.hidden(page.text)
        page = await client.post(at(statement, campaign, "/search"), data=carried)
        assert found(page.text)[0] == "Ada Example 70"


MANY = """
insert into signatures (statement_id, id, version, state, confirmed_at, address_key, name, email, number)
select $1, ('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 1, 'confirmed', now(),
       substring(sha256(n::text::bytea) for 16), 'Ada Example ' || n, 'ada' || n || '@example.org', n
from generate_series(1, $2::integer) n"""


async def test_a_story_tells_everything_and_the_connection_to_organisers_alone(site, owner, postbox):
    campaign, statement = await pair(site)
    await signed(
        site, postbox, statement, "Ada Example", "ada@example.org", "flyer", town="Exampleton", comment="So."
    )
    path = at(statement, campaign, f"/{await id_of(owner, 'ada@example.org')}")
    async with await sit(site, campaign, "organiser") as client:
        text = makers.visible((await client.get(path)).text)
        for part in (
            *("Ada Example", "ada@example.org", "Exampleton", "So.", "flyer", "Signatory number 1"),
            *("127.0.0.1", "confirmed", "to confirm", "sent", "given"),
        ):
            assert part in text, part
    async with await sit(site, campaign, "moderator") as client:
        text = makers.visible((await client.get(path)).text)
        assert "ada@example.org" in text
        assert "127.0.0.1" not in text
        assert "Take the name off" not in text
        assert (await client.get(path + "/unlist")).status_code == 403


async def my_page(client, postbox, email):
    await client.post("/my", data={"email": email})
    await postbox.settle()
    return makers.visible((await client.get(path_of(postbox.to(email)[-1].link("/my/")))).text)


async def test_held_is_told_plainly_and_released_counts_again(site, owner, client, stranger, postbox):
    campaign, statement = await pair(site)
    await makers.confirmed(client, postbox, statement, consent_name="yes")
    id = await id_of(owner, "ada@example.org")
    async with await sit(site, campaign, "moderator") as desk:
        assert "goes down by one" in (await desk.get(at(statement, campaign, f"/{id}/hold"))).text
        empty = await desk.post(at(statement, campaign, f"/{id}/hold"), data={"reason": " "})
        assert empty.status_code == 422
        await desk.post(at(statement, campaign, f"/{id}/hold"), data={"reason": "Two of you?"})
        (letter,) = await postbox.settle()
        assert "held back" in letter.subject
        assert "Two of you?" in letter.text
        assert (await stranger.get(f"/{statement.slug}/count.json")).json()["people"] == 0
        assert "Ada Example" not in (await stranger.get(f"/{statement.slug}")).text
        page = await my_page(stranger, postbox, "ada@example.org")
        assert "hold it back" in page
        assert "Two of you?" in page
        link = path_of(postbox.to("ada@example.org")[-1].link("/my/"))
        (mine,) = (await stranger.get(f"{link}/download")).json()["signatures"]
        assert (mine["state"], mine["public"]) == ("held", [])
        assert [(event["act"], event["reason"]) for event in mine["history"]] == [("held", "Two of you?")]
        await makers.sign(stranger, statement, "Ada Again", "ada@example.org")
        await postbox.settle()
        assert "do not count that signature at the moment" in " ".join(
            postbox.to("ada@example.org")[-1].text.split()
        )
        queue = await desk.get(at(statement, campaign, "/held"))
        assert "Two of you?" in queue.text
        assert 'data-key="r"' in queue.text
        answer = await desk.post(at(statement, campaign, f"/{id}/release"), data={"queue": "yes"})
        assert answer.headers["location"].endswith("/held?done=released")
        (letter,) = await postbox.settle()
        assert "counts again" in letter.subject
        assert (await stranger.get(f"/{statement.slug}/count.json")).json()["people"] == 1
        assert "Ada Example" in (await stranger.get(f"/{statement.slug}")).text
        again = await desk.post(at(statement, campaign, f"/{id}/release"), data={"queue": ""})
        assert again.status_code == 409
    row = await site.store.tally.recount(statement_id=statement.id, what="people")
    assert row.counted == row.found == row.hours == row.areas == row.sources == 1
    acts = await owner.fetch("select act, details from audit where act like 'signature %'")
    assert [row["act"] for row in acts] == ["signature held", "signature released"]
    assert "Two" not in str(acts)


async def test_an_unlisted_name_is_on_no_page_and_counts_still(site, owner, client, stranger, postbox):
    campaign, statement = await pair(site)
    for name in ("Ada", "Bo", "Chi"):
        async with browser(site) as one:
            await makers.confirmed(
                one, postbox, statement, f"{name} Example", f"{name.lower()}@example.org", consent_name="yes"
            )
    id = await id_of(owner, "bo@example.org")
    async with await sit(site, campaign, "organiser") as desk:
        await desk.post(at(statement, campaign, f"/{id}/unlist"), data={"reason": "Not a name."})
        (letter,) = await postbox.settle()
        assert "off the list" in letter.subject
        assert "still counts" in letter.text
        for path in (f"/{statement.slug}", f"/{statement.slug}/signatories"):
            page = (await stranger.get(path)).text
            assert "Bo Example" not in page
            assert "Ada Example" in page
            assert "Chi Example" in page
        assert (await stranger.get(f"/{statement.slug}/count.json")).json()["people"] == 3
        page = await my_page(stranger, postbox, "bo@example.org")
        assert "taken your name off" in page
        assert "Not a name." in page
        assert "still counts" in page
        await desk.post(at(statement, campaign, f"/{id}/list"))
        assert "Bo Example" in (await stranger.get(f"/{statement.slug}/signatories")).text


async def test_of_many_who_hold_and_withdraw_at_once_one_is_first(site, owner, postbox, counting):
    from petitions.my import actions as my

    _, statement = await pair(site)
    for n in range(3):
        async with browser(site) as one:
            email = f"ada{n}@example.org"
            await makers.confirmed(one, postbox, statement, "Ada Example", email)
        row = await owner.fetchrow("select id, address_key from signatures where email = $1", email)
        key = (statement.id, row["id"])
        acts = [
            holding.hold(site, statement, row["id"], actor=makers.ACTOR, reason="?"),
            my.withdraw(site, row["address_key"], key),
            holding.hold(site, statement, row["id"], actor=makers.ACTOR, reason="?"),
            my.erase(site, row["address_key"], key),
        ]
        await asyncio.gather(*acts[n % 3 :], *acts[: n % 3], return_exceptions=True)
    await counting()
    row = await site.store.tally.recount(statement_id=statement.id, what="people")
    assert row.counted == row.found == row.tallied == row.hours == 0
    twice = (
        "select count(*) from signature_events where act = 'held' group by signature_id having count(*) > 1"
    )
    assert await owner.fetch(twice) == []


@pytest.mark.parametrize("rest", ["", "/hold", "/unlist"])
async def test_a_signature_of_another_campaign_is_not_found(site, owner, client, postbox, rest):
    campaign, statement = await pair(site)
    other, theirs = await pair(site)
    await makers.confirmed(client, postbox, theirs)
    id = await id_of(owner, "ada@example.org")
    async with await sit(site, campaign, "owner") as desk:
        assert (await desk.get(at(statement, campaign, f"/{id}{rest}"))).status_code == 404
        assert (await desk.get(at(theirs, campaign, f"/{id}{rest}"))).status_code == 404
        assert (await desk.get(at(theirs, other, f"/{id}{rest}"))).status_code == 404
        for act in ("hold", "release", "unlist", "list"):
            answer = await desk.post(at(statement, campaign, f"/{id}/{act}"), data={"reason": "x"})
            assert answer.status_code == 404
        answer = await desk.post(at(statement, campaign, "/search"), data={"text": "ada@example.org"})
        assert found(answer.text) == []
    assert await owner.fetchval("select state from signatures where id = $1", id) == "confirmed"
