"""The queue of endorsements at the desk: what waits, one whole, and each thing that is done with it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from petitions.endorsements import review
from tests import makers
from tests.desk.bodies import campaign_of, page_of, queue_of, state, whole
from tests.desk.people import sit
from tests.endorsements import rows
from tests.endorsements.claims import OFFICER, accept, counted, public, waiting
from tests.files.made import PDF

TODAY = datetime.now(UTC).date()


@pytest.fixture
async def statement(site):
    return await makers.statement(site)


@pytest.fixture
async def mod(site, statement):
    async with await sit(site, await campaign_of(site, statement), "moderator") as client:
        yield client


@pytest.fixture
async def org(site, statement):
    async with await sit(site, await campaign_of(site, statement), "organiser") as client:
        yield client


async def test_the_queue_shows_what_decides_and_the_longest_waiting_first(site, owner, statement, mod):
    late = await waiting(site, owner, statement, "Westfield Council", kind="trades council")
    early = await waiting(
        site, owner, statement, "Exampleton Branch", confirmed_at=rows.BEFORE, parent="Example Union"
    )
    answer = await mod.get(queue_of(statement))
    assert answer.status_code == 200
    assert answer.text.index(str(early.id)) < answer.text.index(str(late.id))
    said = makers.visible(answer.text)
    for words in ("part of Example Union", "Olive Officer, Secretary", "one officer confirmed", "no minutes"):
        assert words in said
    assert OFFICER not in answer.text
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=accepted", {"Accepted Body"}),
        ("kind=trades+council", {"Waiting Council"}),
        ("proof=second", {"Waiting Branch"}),
        ("proof=none", {"Waiting Council"}),
        ("state=nonsense&kind=nonsense&proof=nonsense", {"Waiting Council", "Waiting Branch"}),
    ],
)
async def test_filters_stand_in_the_address(site, owner, statement, mod, query, names):
    await rows.accepted(owner, statement, "Accepted Body")
    await waiting(site, owner, statement, "Waiting Council", kind="trades council")
    await waiting(site, owner, statement, "Waiting Branch", second_confirmed_at=rows.BEFORE)
    found = await mod.get(f"{queue_of(statement)}?{query}")
    assert set(re.findall(r"<b>((?:Accepted|Waiting) \w+)</b>", found.text)) == names
    assert (await mod.get(f"{queue_of(statement)}?page=0")).status_code == 404


async def test_one_key_accepts_what_is_plain_and_comes_back_to_the_filter(
    site, owner, statement, mod, counting, postbox
):
    row = await waiting(site, owner, statement)
    here = f"{queue_of(statement)}?kind=union+branch"
    page = await mod.get(here)
    assert 'data-key="a"' in page.text
    answer = await mod.post(f"{page_of(statement, row)}/accept", data=makers.hidden(page.text))
    assert answer.status_code == 303
    assert "kind=union" in answer.headers["location"]
    assert "Accepted" in makers.visible((await mod.get(answer.headers["location"])).text)
    assert await public(owner) == ["Exampleton Branch"]
    assert await counted(site, owner, statement, counting) == 1
    assert [letter.to for letter in await postbox.settle()] == [OFFICER]
    actor = await owner.fetchval("select actor from audit where act = 'endorsement accept'")
    assert actor.startswith("organiser:")


async def test_what_is_only_alike_has_no_key_and_is_asked_about(site, owner, statement, mod):
    await accept(site, await waiting(site, owner, statement, "Exampleton Transport Branch"))
    row = await waiting(site, owner, statement, "Exampleton Transprot Branch")
    page = await mod.get(queue_of(statement))
    assert 'data-key="a"' not in page.text
    assert "endorses this statement already" in makers.visible(page.text)
    answer = await whole(mod, statement, row, wording="Exampleton, unanimously", featured="yes")
    assert answer.status_code == 422
    assert "may be in the list already" in makers.visible(answer.text)
    assert 'value="Exampleton, unanimously"' in answer.text
    assert "--" not in makers.visible(answer.text)
    new = await whole(mod, statement, row, body="new", name="Exampleton Transport (nights)", wording="Nights")
    assert new.status_code == 303
    assert await public(owner) == ["Exampleton Transport Branch", "Exampleton Transport (nights)"]


async def test_the_same_body_again_takes_the_place_of_what_it_gave(site, owner, statement, mod, counting):
    first = await accept(site, await waiting(site, owner, statement))
    row = await waiting(site, owner, statement, "the exampleton BRANCH")
    quick = await mod.post(f"{page_of(statement, row)}/accept", data={"seen": ""})
    assert "endorses this statement already" in makers.visible(quick.text)
    value = re.search(r'name="body" value="([0-9a-f-]+/renew)"', quick.text)[1]
    assert (await whole(mod, statement, row, body=value, name=row.name)).status_code == 303
    assert (await state(owner, first), await state(owner, row)) == ("replaced", "accepted")
    assert await counted(site, owner, statement, counting) == 1


async def test_the_parent_is_claimed_named_or_none(site, owner, statement, mod):
    union = await rows.organisation(owner, statement, "Example Union", kind="national union")
    for name, said, parent in (
        ("First Branch", {"parent": "none"}, None),
        ("Second Branch", {"parent": "named", "parent_named": "the EXAMPLE union"}, union["id"]),
        ("Third Branch", {"parent": str(union["id"])}, union["id"]),
    ):
        row = await waiting(site, owner, statement, name, parent="Somebody Else")
        assert (await whole(mod, statement, row, body="new", name=name, **said)).status_code == 303, name
        found = "select parent_id from organisations where name = $1"
        assert await owner.fetchval(found, name) == parent
    row = await waiting(site, owner, statement, "Fourth Branch")
    answer = await whole(mod, statement, row, name="Fourth Branch", parent="named", parent_named="Nobody")
    assert "No organisation in the list is called “Nobody”" in makers.visible(answer.text)


async def test_marks_are_said_with_the_acceptance_and_changed_later(site, owner, statement, org):
    row = await waiting(site, owner, statement, second_confirmed_at=rows.BEFORE, wording="Ours")
    said = {
        "two_officers": "yes",
        "featured": "yes",
        "place": "2",
        "expires_on": "2099-01-31",
        "wording": "Theirs",
    }
    assert (await whole(org, statement, row, name=row.name, **said)).status_code == 303
    now = await review.find_for_organisers(site, str(row.id))
    assert (now.two_officers, now.featured, now.place, now.wording) == (True, True, 2, "Theirs")
    assert now.expires_on == date(2099, 1, 31)
    changed = {"minutes_seen": "yes", "wording": ""}
    answer = await org.post(f"{page_of(statement, row)}/marks", data=changed)
    assert answer.headers["location"].endswith("?done=changed")
    now = await review.find_for_organisers(site, str(row.id))
    assert (now.two_officers, now.minutes_seen, now.featured, now.place) == (False, True, False, None)
    assert (now.wording, now.expires_on) == ("", None)
    wrong = await org.post(f"{page_of(statement, row)}/marks", data={"place": "3", "wording": "Kept?"})
    assert "Only featured organisations have a place" in makers.visible(wrong.text)
    assert 'value="Kept?"' in wrong.text


async def test_featured_ones_stand_in_the_order_of_their_places(site, owner, statement, client):
    for name, place in (("Third", None), ("Second", 2), ("First", 1)):
        row = await waiting(site, owner, statement, f"{name} Body")
        await accept(site, row, separate=True, featured=True, place=place)
    page = (await client.get(f"/{statement.slug}")).text
    assert page.index("First Body") < page.index("Second Body") < page.index("Third Body")


async def test_a_question_and_a_reason_leave_by_letter(site, owner, statement, mod, postbox):
    row = await waiting(site, owner, statement)
    empty = await mod.post(f"{page_of(statement, row)}/ask", data={"text": " "})
    assert empty.status_code == 422
    long = await mod.post(f"{page_of(statement, row)}/decline", data={"text": "x" * 2001})
    assert "x" * 2001 in long.text
    for act, text in (("ask", "On which day?"), ("decline", "Not decided yet.")):
        assert (await mod.get(f"{page_of(statement, row)}/{act}")).status_code == 200
        answer = await mod.post(f"{page_of(statement, row)}/{act}", data={"text": text})
        assert answer.status_code == 303
        assert [text in letter.text for letter in await postbox.settle()] == [True]
    page = makers.visible((await mod.get(page_of(statement, row))).text)
    assert "Declined, because: Not decided yet." in page
    assert "Orla Example" in page, "who did it"
    assert (await whole(mod, statement, row, name=row.name)).status_code == 303, "and taken back"
    assert "Not decided" not in str(await owner.fetch("select * from audit"))


async def test_one_that_stands_ends_on_a_day_and_that_can_be_taken_back(site, owner, statement, org):
    row = await accept(site, await waiting(site, owner, statement))
    assert "goes down by one" in makers.visible((await org.get(f"{page_of(statement, row)}/end")).text)
    assert (await org.post(f"{page_of(statement, row)}/end", data={"expires_on": "soon"})).status_code == 422
    answer = await org.post(f"{page_of(statement, row)}/end", data={"expires_on": TODAY.isoformat()})
    assert answer.status_code == 303
    assert (await review.find_for_organisers(site, str(row.id))).expires_on == TODAY
    await org.post(f"{page_of(statement, row)}/marks", data={"expires_on": ""})
    assert (await review.find_for_organisers(site, str(row.id))).expires_on is None
    waits = await waiting(site, owner, statement, "Westfield")
    assert (await org.get(f"{page_of(statement, waits)}/end")).status_code == 404


async def test_minutes_and_logo_come_as_files_for_this_campaign_alone(site, owner, statement, mod, client):
    await owner.execute(
        "insert into files (digest, type, size, data) values ($1, 'application/pdf', $2, $3)",
        bytes(32),
        len(PDF),
        PDF,
    )
    row = await waiting(site, owner, statement, minutes=bytes(32), logo=await rows.picture(owner))
    minutes = await mod.get(f"{page_of(statement, row)}/minutes")
    assert minutes.content == PDF
    assert minutes.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in minutes.headers["content-security-policy"]
    logo = await mod.get(f"{page_of(statement, row)}/logo")
    assert (logo.headers["content-type"], logo.headers["cache-control"]) == ("image/png", "no-store")
    assert await owner.fetchval("select count(*) from audit where act = 'endorsement minutes'") == 1
    bare = await waiting(site, owner, statement, "Westfield")
    assert (await mod.get(f"{page_of(statement, bare)}/minutes")).status_code == 404
    assert (await client.get(f"{page_of(statement, row)}/minutes")).status_code == 303


async def test_another_campaigns_statement_opens_nothing(site, owner, statement, mod):
    """Neither by its own address, nor by its id under ours."""
    other = await makers.statement(site)
    theirs = await waiting(site, owner, other)
    ours = await waiting(site, owner, statement, "Ours")
    body = await rows.organisation(owner, other, "Their Body")
    for act in ("accept", "ask", "decline"):
        for path in (page_of(other, theirs), page_of(statement, theirs)):
            assert (await mod.post(f"{path}/{act}", data={"seen": "", "text": "x"})).status_code == 404
    assert (await mod.get(page_of(statement, theirs))).status_code == 404
    for said in ({"body": str(body["id"])}, {"body": "new", "parent": str(body["id"])}):
        answer = await whole(mod, statement, ours, name="Ours", **said)
        assert "There is no organisation" in makers.visible(answer.text)
    assert [await state(owner, row) for row in (theirs, ours)] == ["confirmed", "confirmed"]


async def test_a_form_changes_nothing_that_it_does_not_ask(site, owner, statement, mod):
    row = await waiting(site, owner, statement)
    more = {
        "state": "withdrawn",
        "version": "9",
        "statement_id": str(row.id),
        "officer_email": "eve@example.org",
    }
    assert (await whole(mod, statement, row, name=row.name, actor="cli:eve", **more)).status_code == 303
    now = await review.find_for_organisers(site, str(row.id))
    assert (now.state, now.version, now.officer_email) == ("accepted", 1, OFFICER)


async def test_roles_that_only_read_or_collect_see_no_queue(site, owner, statement):
    row = await waiting(site, owner, statement)
    for role in ("stall", "reader"):
        async with await sit(site, await campaign_of(site, statement), role) as client:
            assert (await client.get(queue_of(statement))).status_code == 403
            assert (await client.post(f"{page_of(statement, row)}/accept", data={})).status_code == 403
    async with await sit(site, await campaign_of(site, statement), "moderator") as client:
        assert (await client.post(f"{page_of(statement, row)}/marks", data={})).status_code == 403


TEXTS = some.text(max_size=60) | some.sampled_from(
    ["", "%(x)s", "[[", "\x0b", "\u202e", "9" * 30, "2026-02-30", "new/renew"]
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=some.dictionaries(
        some.sampled_from(
            [
                "body",
                "parent",
                "name",
                "code",
                "parent_named",
                "place",
                "wording",
                "expires_on",
                "seen",
                "marks",
            ]
        ),
        TEXTS,
    ),
    text=TEXTS,
)
async def test_whatever_is_typed_is_taken_or_told(site, owner, statement, org, said, text):
    await owner.execute("delete from endorsements")
    row = await waiting(site, owner, statement, "Example Body")
    answer = await org.post(f"{page_of(statement, row)}/accept", data={"seen": "", **said})
    assert answer.status_code in (303, 400, 422), answer.text
    if answer.status_code != 303:
        assert await state(owner, row) == "confirmed"
    for act in ("marks", "end", "ask"):
        answer = await org.post(f"{page_of(statement, row)}/{act}", data={**said, "text": text})
        assert answer.status_code in (303, 400, 404, 422), (act, answer.status_code)
