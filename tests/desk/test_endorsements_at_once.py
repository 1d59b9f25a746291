"""Several who work in the queue of endorsements, and officers who correct meanwhile: nobody undoes the other."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

import pytest

from petitions.endorsements import queue, review
from petitions.errors import Refused
from tests import makers
from tests.desk.bodies import campaign_of, page_of, queue_of, state, whole
from tests.desk.people import sit
from tests.endorsements import rows
from tests.endorsements.claims import accept, correction, counted, waiting

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


async def test_nobody_accepts_what_its_officer_changed_since_the_queue_was_read(site, owner, statement, mod):
    row = await waiting(site, owner, statement)
    form = makers.hidden((await mod.get(queue_of(statement))).text)
    await owner.execute("update endorsements set changed_at = now(), name = 'Another Body'")
    answer = await mod.post(f"{page_of(statement, row)}/accept", data=form)
    assert answer.status_code == 422
    assert "has corrected “Another Body” since you read it" in makers.visible(answer.text)
    assert await state(owner, row) == "confirmed"


async def test_nobody_declines_what_its_officer_changed_since_the_reason_was_begun(
    site, owner, statement, mod, postbox
):
    row = await waiting(site, owner, statement)
    read = makers.hidden((await mod.get(f"{page_of(statement, row)}/decline")).text)
    await owner.execute("update endorsements set changed_at = now()")
    told = await mod.post(f"{page_of(statement, row)}/decline", data={**read, "text": "No minutes."})
    assert (told.status_code, "No minutes." in told.text) == (422, True)
    with pytest.raises(Refused, match="since you read it"):  # with the row as it was read
        await review.decline(site, row, "No minutes.", actor="cli:example")
    assert (await state(owner, row), await postbox.settle()) == ("confirmed", [])
    again = {**makers.hidden(told.text), "text": "No minutes."}
    assert (await mod.post(f"{page_of(statement, row)}/decline", data=again)).status_code == 303
    assert await state(owner, row) == "declined"


async def test_of_two_who_change_what_is_said_of_one_neither_undoes_the_other(site, owner, statement, org):
    row = await accept(site, await waiting(site, owner, statement))
    read = makers.hidden((await org.get(page_of(statement, row))).text)
    await org.post(f"{page_of(statement, row)}/end", data={"expires_on": TODAY.isoformat()})
    said = {"wording": "Mine", "featured": "", "expires_on": ""}
    assert (await org.post(f"{page_of(statement, row)}/marks", data={**read, **said})).status_code == 303
    now = await review.find_for_organisers(site, str(row.id))
    assert (now.wording, now.expires_on) == ("Mine", TODAY)


async def test_a_correction_is_accepted_with_what_others_said_of_the_old_one_meanwhile(
    site, owner, statement, mod
):
    old = await accept(site, await waiting(site, owner, statement))
    row = await correction(site, owner, statement, old, area="New Town")
    read = makers.hidden((await mod.get(page_of(statement, row))).text)
    await review.change(site, old, actor="cli:other", featured=True, place=4)
    answer = await mod.post(f"{page_of(statement, row)}/accept", data={**read, "wording": "", "place": ""})
    assert answer.status_code == 303
    now = await review.find_for_organisers(site, str(row.id))
    assert (now.state, now.featured, now.place) == ("accepted", True, 4)


async def test_after_the_last_one_of_a_page_the_first_page_comes(site, owner, statement, mod):
    for number in range(queue.PAGE_SIZE + 1):
        await rows.confirmed(owner, statement, f"{chr(65 + number) * 9} {number * 7919}", kind="other")
    last = (await mod.get(f"{queue_of(statement)}?page=2")).text
    row = re.search(r'id="row-([0-9a-f-]+)"', last)[1]
    done = await mod.post(f"{queue_of(statement)}/{row}/accept", data=makers.hidden(last))
    after = await mod.get(done.headers["location"])
    assert after.status_code == 200
    assert f"{queue.PAGE_SIZE} endorsements." in makers.visible(after.text)


async def test_a_correction_shows_what_is_other_and_takes_its_place(site, owner, statement, mod):
    old = await accept(site, await waiting(site, owner, statement, area="Old Town"))
    row = await correction(site, owner, statement, old, area="New Town")
    page = await mod.get(page_of(statement, row))
    for word in ("Old Town", "New Town", "It corrects what this organisation gave before"):
        assert word in makers.visible(page.text)
    assert 'name="body"' not in page.text
    assert 'data-key="a"' in (await mod.get(queue_of(statement))).text
    assert (await whole(mod, statement, row, name=row.name)).status_code == 303
    assert (await state(owner, old), await state(owner, row)) == ("replaced", "accepted")


async def test_two_organisers_accept_at_once_and_one_is_told(site, owner, statement, mod, org, counting):
    row = await waiting(site, owner, statement)
    both = await asyncio.gather(
        *(one.post(f"{page_of(statement, row)}/accept", data={"seen": ""}) for one in (mod, org))
    )
    assert sorted(answer.status_code for answer in both) == [303, 422]
    told = next(answer for answer in both if answer.status_code == 422)
    assert "can't be accepted: it is accepted" in makers.visible(told.text)
    assert await counted(site, owner, statement, counting) == 1
