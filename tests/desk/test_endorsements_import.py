"""Endorsements from a CSV file at the desk: shown first, done when the same file comes again."""

from __future__ import annotations

import pytest

from tests import makers
from tests.desk.people import sit

FILE = (
    b"name,kind,decided,minutes_seen\nExampleton Branch,union branch,committee,yes\nNo Kind,,committee,yes\n"
)
SAID = {"source": "paper list", "consent": "each wrote a letter"}


@pytest.fixture
async def campaign(site):
    return await makers.campaign(site)


@pytest.fixture
async def statement(site, campaign):
    return await makers.statement(site, campaign)


@pytest.fixture
async def org(site, campaign):
    async with await sit(site, campaign, "organiser") as client:
        yield client


async def send(client, statement, data: bytes | None = FILE, **said):
    path = f"/organise/{statement.campaign_slug}/{statement.slug}/endorsements/import"
    files = {} if data is None else {"file": ("list.csv", data)}
    body, kind = makers.multipart({**SAID, **said}, files)
    return await client.post(path, content=body, headers={"Content-Type": kind})


async def count(owner) -> int:
    return await owner.fetchval("select count(*) from endorsements")


async def test_first_it_is_shown_and_the_same_file_again_does_it(site, owner, campaign, statement, org):
    shown = await send(org, statement)
    said = makers.visible(shown.text)
    assert "nothing is done yet" in said
    assert "1 public, 0 hidden until confirmed, 0 known already, 1 refused." in said
    assert await count(owner) == 0
    seen = makers.hidden(shown.text)["seen"]
    for other in (
        {"data": FILE + b"Westfield,other,committee,yes\n"},
        {"source": "elsewhere"},
        {"mail": "yes"},
    ):
        assert "nothing is done yet" in makers.visible((await send(org, statement, seen=seen, **other)).text)
    other = await makers.statement(site, campaign)
    assert "nothing is done yet" in makers.visible((await send(org, other, seen=seen)).text)
    assert await count(owner) == 0
    done = await send(org, statement, seen=seen)
    assert "This is done" in makers.visible(done.text)
    assert await owner.fetchval("select name from public_endorsements") == "Exampleton Branch"
    actor = await owner.fetchval("select actor from audit where act = 'endorsements import'")
    assert actor.startswith("organiser:")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (None, "Choose a file"),
        (b"", "The file is empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"name,strange\nx,y\n", "The column “strange” is not known"),
        (b"name,kind,decided\n" + b"A Body,other,committee\n" * 501, "more than 500 rows"),
        (b'name,kind,decided\n"x,other,committee\n', "can’t be read"),
    ],
)
async def test_a_file_that_can_not_be_read_is_told_in_a_sentence(owner, statement, org, data, told):
    answer = await send(org, statement, data)
    assert (answer.status_code, await count(owner)) == (422, 0)
    assert told in makers.visible(answer.text)
    assert 'value="each wrote a letter"' in answer.text


async def test_moderators_and_other_campaigns_import_nothing(site, owner, statement, campaign):
    for of, role, status in ((campaign, "moderator", 403), (await makers.campaign(site), "owner", 404)):
        async with await sit(site, of, role) as client:
            assert (await send(client, statement)).status_code == status
    assert await count(owner) == 0
