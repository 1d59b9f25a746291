"""The pages of organisations: the list, the form, the letters' links, what officers may do later, motions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path

from playwright.async_api import Browser

from tests.browser.tour import Settle, Stop, Visitor

Ask = Callable[[str, str], Awaitable[object]]
"""An organiser asks the officer of the body of this name a question."""
BODY = "Exampleton Post Office Branch"
OFFICER, SECOND, MOVER = "olive@example.org", "sam@example.org", "mo@example.org"


async def tour(
    browser: Browser, base: str, statement: str, motion: str, files: Path, settle: Settle, ask: Ask
) -> AsyncIterator[Stop]:
    """Every page of organisations. `statement`, `motion`: paths; `files`: where minutes.pdf and logo.png are."""
    officer = await Visitor.arrive(browser, base, settle)
    stranger = await Visitor.arrive(browser, base, settle)
    parts = (
        _listed(officer, statement),
        _endorsing(officer, statement, files),
        _confirming(officer, stranger, statement),
        _later(officer, statement, ask),
        _putting(officer, stranger, motion),
    )
    for part in parts:
        async for stop in part:
            yield stop
    await officer.context.close()
    await stranger.context.close()


async def _listed(officer: Visitor, statement: str) -> AsyncIterator[Stop]:
    here = f"{statement}/endorsements"
    page = await officer.go(here)
    await officer.unfold()
    yield Stop("organisations", page)
    yield Stop("no organisation found", await officer.go(f"{here}?q=nobody+is+called+so"))


async def _endorsing(officer: Visitor, statement: str, files: Path) -> AsyncIterator[Stop]:
    page = await officer.go(f"{statement}/endorse")
    await officer.unfold()
    yield Stop("endorse", page)
    await officer.answer(name=BODY, officer_email="olive", votes_for="-1", minutes=files / "minutes.pdf")
    await officer.press("Add our name")
    yield Stop("endorse with problems", page)
    await officer.answer(
        kind="union branch",
        decided="branch meeting",
        met_on="2026-02-15",
        officer_email=OFFICER,
        votes_for="31",
    )
    await officer.answer(officer_name="Olive Example", officer_role="Secretary", logo=files / "logo.png")
    await officer.answer(
        second_name="Sam Example", second_role="Chair", second_email=SECOND, consent_logo="yes"
    )
    await officer.press("Add our name")
    yield Stop("endorse, check your e-mail", page)
    await officer.answer(code="000000")
    await officer.press("Confirm the endorsement")
    yield Stop("endorse, wrong code", page)


async def _confirming(officer: Visitor, stranger: Visitor, statement: str) -> AsyncIterator[Stop]:
    link = await officer.letter(OFFICER, "/endorsements/confirm/")
    yield Stop("confirm the endorsement", await stranger.go(link))
    yield Stop("not my endorsement", await stranger.go(f"{link}/not-me"))
    yield Stop("endorse, thanks", await officer.go(link))
    await officer.settle()
    yield Stop("endorsement confirmed", await stranger.go(link))
    second = await officer.letter(SECOND, "/endorsements/second/")
    yield Stop("second officer", await stranger.go(second))
    yield Stop("not the second officer", await stranger.go(f"{second}/not-me"))
    page = await stranger.go(second)
    await stranger.press("Yes, this is true")
    yield Stop("second officer, done", page)


async def _later(officer: Visitor, statement: str, ask: Ask) -> AsyncIterator[Stop]:
    mine = await _mine(officer, OFFICER)
    page = await officer.go(mine)
    await officer.unfold()
    yield Stop("my endorsement", page)
    await page.get_by_role("link", name="Correct it").click()
    yield Stop("correct the endorsement", page)
    await officer.go(mine)
    await page.get_by_role("link", name="Withdraw it").click()
    yield Stop("withdraw the endorsement", page)
    await officer.go(mine)
    await page.get_by_role("link", name="Erase my details").click()
    yield Stop("erase an officer", page)
    await ask(BODY, "Was there a quorum?")
    await officer.settle()
    question = await officer.letter(OFFICER, "/endorsements/answer/")
    page = await officer.go(question)
    await officer.press("Send it to the organisers")
    yield Stop("a question with problems", page)
    await officer.answer(note="There was.")
    await officer.press("Send it to the organisers")
    yield Stop("a question, answered", page)


async def _putting(mover: Visitor, stranger: Visitor, motion: str) -> AsyncIterator[Stop]:
    yield Stop("motions", await mover.go(motion.rpartition("/")[0]))
    page = await mover.go(motion)
    await mover.answer(kind="trades council", meets_on=_day(30))
    await mover.press("Show this text")
    yield Stop("motion", page)
    await page.get_by_role("button", name="We are putting it").click()
    await mover.press("We are putting it")
    yield Stop("submit with problems", page)
    await mover.answer(name="Exampleton Trades Council", meets_on=_day(30), cut_off_on=_day(20))
    await mover.answer(officer_name="Mo Example", officer_email=MOVER, wants_speaker="yes")
    await mover.press("We are putting it")
    yield Stop("submit, check your e-mail", page)
    link = await mover.letter(MOVER, "/motions/confirm/")
    yield Stop("confirm the motion", await stranger.go(link))
    yield Stop("not my motion", await stranger.go(f"{link}/not-me"))
    yield Stop("submitted", await mover.go(link))
    await mover.settle()
    outcome = await mover.letter(MOVER, "/motions/outcome/")
    yield Stop("outcome", await mover.go(outcome))
    await mover.answer(outcome="amended", amended="We support an example.")
    await mover.press("Tell the organisers")
    yield Stop("endorse, filled in", page)
    await mover.go(outcome)
    await mover.unfold()
    yield Stop("outcome, answered", page)
    mine = await _mine(mover, MOVER)
    yield Stop("my motion", await mover.go(mine))
    await page.get_by_role("link", name="Erase my details").click()
    yield Stop("erase a mover", page)


async def _mine(visitor: Visitor, address: str) -> str:
    await visitor.go("/my")
    await visitor.answer(email=address)
    await visitor.press("Mail me the link")
    return await visitor.letter(address, '/my/[^"/]+')


def _day(ahead: int) -> str:
    return (date.today() + timedelta(days=ahead)).isoformat()
