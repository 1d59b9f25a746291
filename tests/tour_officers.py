"""The tour of what officers may do later: correct, answer, renew, withdraw, erase."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from petitions.endorsements import review
from tests import makers
from tests.files.made import PDF, picture
from tests.motions import putting
from tests.tour import Tour, campaign
from tests.tour_bodies import BODY, MORE, OFFICER, confirm, endorse, found, submit

OFFICE = "office@example.org"
ANSWERS = {**BODY, **MORE, **{name: value for name, value in OFFICER.items() if name != "officer_email"}}


async def officers(tour: Tour) -> None:
    """Everything behind an officer's link, in every state of an endorsement."""
    host = await campaign(tour)
    statement = await tour.statement(host)
    link = await pending(tour, statement)
    await waiting(tour, statement, link)
    await asked(tour, statement, link)
    await standing(tour, statement, link)
    await second_officers(tour, statement)
    await putting_one(tour, statement)
    await closed(tour, host)


async def mine(tour: Tour, officer: str) -> str:
    """The officer's link, from a letter."""
    await tour.act("/my", email=officer)
    return str(tour.postbox.to(officer)[-1].link("/my/"))


async def keys(tour: Tour, link: str) -> list[str]:
    """What the officer's page names, as it stands there."""
    page = await tour.get(link)
    return list(dict.fromkeys(re.findall(r"/erase\?key=([^\"&]+)", page.text)))


async def send(tour: Tour, page: str, post: str, **typed: str) -> Any:
    """The form that is open at `page` sent to `post`, answered like in ANSWERS unless told otherwise."""
    await tour.rested()
    carried = makers.hidden((await tour.get(page)).text)
    body, kind = makers.multipart({**ANSWERS, **carried, **typed}, {})
    answer = await tour.client.post(post, content=body, headers={"Content-Type": kind})
    tour.keep(f"POST {post}", answer)
    if answer.status_code == 303:
        await tour.get(answer.headers["location"])
    return answer


async def pending(tour: Tour, statement: Any) -> str:
    """What nobody confirmed: seen, and erased; then one that is confirmed."""
    await endorse(tour, statement, 3)
    await tour.letters()
    link = await mine(tour, "wang3@example.org")
    (key,) = await keys(tour, link)
    await tour.get(f"{link}/endorsement?key={key}")
    for page in ("withdraw", "erase"):
        await tour.get(f"{link}/endorsement/{page}?key={key}")
    await tour.act(f"{link}/endorsement/erase", key=key)
    files = {"minutes": ("例.pdf", PDF), "logo": ("例.png", picture("PNG"))}
    answers = {**ANSWERS, "officer_email": OFFICE}
    answer = await makers.endorse(tour.client, statement, files=files, **answers)
    assert answer.status_code == 303, answer.text
    await confirm(tour, OFFICE)
    return await mine(tour, OFFICE)


async def waiting(tour: Tour, statement: Any, link: str) -> None:
    """Corrected before it is accepted: wrongly, too late, rightly, not at all."""
    (key,) = await keys(tour, link)
    here = f"{link}/endorsement"
    alone = {"second_name": "", "second_role": "", "second_email": ""}
    for typed in (
        {"name": "", "met_on": "x"},
        {"stamp": "old"},
        {"note": "另一个"},
        {"note": "另一个"},
        alone,
    ):
        await send(tour, f"{here}?key={key}", here, **typed)
    await tour.get(tour.postbox.to(MORE["second_email"])[-1].link("/endorsements/second/"))
    await tour.get(f"{here}/withdraw?key={key}")
    await tour.get(f"{here}/erase?key={key}")
    await tour.get(f"{here}?key={key}&renew=1")
    await tour.get(f"{here}?key=x")


async def asked(tour: Tour, statement: Any, link: str) -> None:
    """The organisers' question: seen, answered wrongly and rightly."""
    await review.ask(tour.site, await found(tour, 0), "一个问题？\n另一个？", actor=makers.ACTOR)
    await tour.letters()
    question = tour.postbox.to(OFFICE)[-1].link("/endorsements/answer/")
    (key,) = await keys(tour, link)
    await tour.get(f"{link}/endorsement?key={key}")
    same = {"note": ""}
    for typed in ({"name": ""}, {"stamp": "old"}, same, {"note": "一个回答。"}):
        await send(tour, question, question, **typed)
    await tour.get(link)
    soon = date.today() + timedelta(days=200)
    await review.accept(tour.site, await found(tour, 0), actor=makers.ACTOR, expires_on=soon)
    await tour.letters()
    await tour.get(question)
    await tour.get("/endorsements/answer/x")


async def standing(tour: Tour, statement: Any, link: str) -> None:
    """Public, corrected, declined, renewed, replaced, withdrawn and erased."""
    (key,) = await keys(tour, link)
    here = f"{link}/endorsement"
    await send(tour, f"{here}?key={key}", here, note="新的", officer_role="主席")
    await send(tour, f"{here}?key={key}", here, wording="示例分会（新）")
    await tour.get(f"{here}?key={key}")
    newest = max(await keys(tour, link))
    await tour.get(f"{here}/withdraw?key={newest}")
    await tour.get(f"{here}/erase?key={newest}")
    await review.decline(tour.site, await found(tour, 0), "一个理由。", actor=makers.ACTOR)
    await tour.letters()
    await tour.get(link)
    for typed in ({"met_on": ""}, {"met_on": "2026-03-01"}):
        await send(tour, f"{here}?key={key}&renew=1", here, **typed)
    await review.accept(tour.site, await found(tour, 0), actor=makers.ACTOR)
    await tour.letters()
    newest = max(await keys(tour, link))
    for page in ("withdraw", "erase"):
        await tour.get(f"{here}/{page}?key={newest}")
        await tour.get(f"{here}/{page}?key={key}")
    await tour.act(f"{here}/withdraw", key=newest)
    await tour.get(f"{here}/withdraw?key={newest}")
    await tour.post(f"{here}/withdraw", key=key)
    await ended(tour, link)


async def ended(tour: Tour, link: str) -> None:
    """One that ran out; then everything is erased."""
    await tour.owner.execute("update endorsements set state = 'expired' where state = 'withdrawn'")
    for key in await keys(tour, link):
        await tour.act(f"{link}/endorsement/erase", key=key)
    await tour.letters()
    await tour.get(link)


async def second_officers(tour: Tour, statement: Any) -> None:
    """What a second officer sees, before and after confirming."""
    await endorse(tour, statement, 7, second_name="孙例", second_email="sun2@example.org")
    await confirm(tour, "wang7@example.org")
    question = tour.postbox.to("sun2@example.org")[-1].link("/endorsements/second/")
    link = await mine(tour, "sun2@example.org")
    (key,) = await keys(tour, link)
    await tour.get(f"{link}/endorsement/erase?key={key}")
    await tour.post(question)
    await tour.get(link)
    await tour.get(f"{link}/endorsement/erase?key={key}")
    await tour.act(f"{link}/endorsement/erase", key=key)
    await keys(tour, await mine(tour, "wang1@example.org"))
    link = await mine(tour, "wang7@example.org")
    (key,) = await keys(tour, link)
    await tour.act(f"{link}/endorsement/withdraw", key=key)
    await tour.get(link)


async def putting_one(tour: Tour, statement: Any) -> None:
    """A plan, waiting and announced, and what came of it; then erased."""
    motion = await putting.motion(tour.site, statement, title="示例动议")
    officer = "he@example.org"
    await submit(tour, statement, motion, officer_email=officer)
    await tour.letters()
    link = await mine(tour, officer)
    (key,) = await keys(tour, link)
    await tour.get(f"{link}/submission/erase?key={key}")
    await tour.act(tour.postbox.to(officer)[0].link("/motions/confirm/"))
    await tour.get(link)
    outcome = tour.postbox.to(officer)[-1].link("/motions/outcome/")
    for state in ("passed", "amended", "fell", "not reached"):
        await tour.post(outcome, outcome=state, amended="另一个例子。")
        await tour.get(link)
    await tour.get(f"{link}/submission/erase?key={key}")
    await tour.act(f"{link}/submission/erase", key=key)
    await tour.get(outcome)


async def closed(tour: Tour, host: Any) -> None:
    """What is left where the statement has closed."""
    statement = await tour.statement(host)
    await endorse(tour, statement, 8)
    await confirm(tour, "wang8@example.org")
    await review.accept(tour.site, await found(tour, 8), actor=makers.ACTOR, separate=True)
    await tour.letters()
    await makers.close(tour.site, statement)
    link = await mine(tour, "wang8@example.org")
    (key,) = await keys(tour, link)
    here = f"{link}/endorsement"
    for page in (f"?key={key}", f"?key={key}&renew=1", f"/withdraw?key={key}", f"/erase?key={key}"):
        await tour.get(f"{here}{page}")
    await tour.post(f"{here}/withdraw", key=key)
