"""Clocks that are wrong: each process may be off by hours, the database's clock decides. Not one of them is the judge
of another: what is dated into the future by a machine that is ahead, is good."""

from __future__ import annotations

import asyncio
import glob
import json
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from tests.badday.place import Place, soon
from tests.badday.visitors import Crowd, Visitor
from tests.makers import stamp_of
from tests.sink import Received

FOUND = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
pytestmark = pytest.mark.skipif(not FOUND, reason="no faketime here (Debian's package of that name)")


def off(by: str) -> dict[str, str]:
    return {"LD_PRELOAD": FOUND[0], "FAKETIME": by, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@pytest_asyncio.fixture(scope="module")
async def wrong() -> AsyncIterator[Place]:
    """`webs`: ten minutes behind, three hours ahead, three hours behind. The work is ten minutes ahead."""
    place = Place()
    try:
        await place.open()
        for by in ("-10m", "+3h", "-3h"):
            place.web(**off(by))
        place.work(**off("+10m"))
        await place.ready(*place.webs)
        yield place
    finally:
        await place.close()


async def letter_to(place: Place, email: str, part: str) -> Received:
    def found() -> Received | None:
        return next((one for one in reversed(list(place.sink)) if one.to == email and part in one.text), None)

    await soon(30, lambda: found() is not None)
    letter = found()
    assert letter is not None
    return letter


@pytest.mark.parametrize(
    ("signs", "confirms", "way"), [(0, 0, "link"), (1, 2, "code"), (2, 1, "link"), (0, 2, "button")]
)
async def test_signing_on_one_machine_and_confirming_on_another(
    wrong: Place, signs: int, confirms: int, way: str
) -> None:
    crowd = Crowd(wrong)
    email, slug = f"ada-{signs}-{confirms}-{way}@example.org", wrong.statement.slug
    here, there = (f"{wrong.webs[n]}/{slug}" for n in (signs, confirms))
    visitor = Visitor(crowd, 1)
    form = {"name": "Ada Example", "email": email, "website": ""}
    answer = await visitor.post(f"{here}/sign", stamp=stamp_of((await visitor.get(here)).text), **form)
    assert answer.status == 303
    letter = await letter_to(wrong, email, "/confirm/")
    path = letter.link("/confirm/")
    if way == "code":
        answer = await visitor.post(f"{there}/confirm", code=letter.code)
    elif way == "link":
        answer = await visitor.get(wrong.webs[confirms] + path)
    else:
        answer = await Visitor(crowd, 2).post(wrong.webs[confirms] + path)
    assert (answer.status, answer.to) == (303, f"/{slug}/thanks")
    if way != "button":
        assert (await visitor.get(f"{there}/thanks")).status == 200
    row = await wrong.row("select now() - confirmed_at as ago from signatures where email = $1", email)
    assert row["ago"] < timedelta(minutes=2), "by the database's clock"
    await crowd.close()


async def test_a_form_of_a_machine_that_is_hours_ahead_comes_back_as_typed_at_the_worst(wrong: Place) -> None:
    crowd = Crowd(wrong)
    visitor, slug = Visitor(crowd, 3), wrong.statement.slug
    form = {"name": "Ada Example", "email": "far@example.org", "website": ""}
    made = stamp_of((await visitor.get(f"{wrong.webs[1]}/{slug}")).text)
    again = await visitor.post(f"{wrong.webs[2]}/{slug}/sign", stamp=made, **form)
    assert again.status == 422
    assert "far@example.org" in again.text
    answer = await visitor.post(f"{wrong.webs[2]}/{slug}/sign", stamp=stamp_of(again.text), **form)
    assert answer.status == 303
    await crowd.close()


async def test_my_link_works_on_a_machine_that_is_behind_and_ends_by_the_databases_clock(
    wrong: Place,
) -> None:
    crowd = Crowd(wrong)
    visitor = Visitor(crowd, 4)
    email = "ada-0-0-link@example.org"
    assert (await visitor.post(f"{wrong.webs[1]}/my", email=email)).status == 303
    path = (await letter_to(wrong, email, "/my/")).link("/my/")
    for web in wrong.webs:
        assert (await visitor.get(web + path)).status == 200
    await wrong.rows("update my_links set made_at = made_at - interval '61 minutes'")
    for web in wrong.webs:
        assert (await visitor.get(web + path)).status == 410
    await crowd.close()


async def test_the_check_says_that_a_clock_is_wrong(wrong: Place) -> None:
    environment = {**wrong.environment(), **off("+10m")}
    checking = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "petitions", "check", "--json", cwd=wrong.folder, env=environment, stdout=PIPE
    )
    said, _ = await asyncio.wait_for(checking.communicate(), 60)
    findings = {one["what"]: one for one in json.loads(said)}
    assert findings["clock"]["state"] == "wrong"
    assert re.search("(59|60). s", findings["clock"]["sentence"])
