"""The tour of what bodies do: they endorse, organisers answer, the list shows them; motions and what comes of them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from petitions.endorsements import csvfile, expiring, importing, judging, proof, review
from petitions.endorsements.files import minutes_link
from petitions.motions import submissions
from petitions.organisations import KINDS
from petitions.statements import actions as statements
from petitions.statements.files import parse
from tests import makers
from tests.conftest import browser, path_of
from tests.endorsements import rows
from tests.files.made import PDF, picture
from tests.motions import putting
from tests.tour import Tour, age, campaign

BODY = {
    "name": "示例分会",
    "kind": "union branch",
    "parent": "示例工会",
    "region": "北区",
    "code": "一二",
    "area": "示例镇",
    "web_address": "https://例子.测试/",
    "decided": "branch meeting",
    "met_on": "2026-02-15",
    "met_how": "both",
}
OFFICER = {"officer_name": "王例", "officer_role": "书记", "officer_email": "wang@example.org"}
MORE = {
    "officer_phone": "020 7946 0000",
    "present": "40",
    "quorum": "yes",
    "votes_for": "30",
    "votes_against": "4",
    "abstained": "6",
    "motion": "我们支持这个例子。",
    "members": "420",
    "members_on": "2026-01-01",
    "members_source": "年报",
    "second_name": "李例",
    "second_role": "主席",
    "second_email": "li@example.org",
    "wording": "示例分会（年会）",
    "wants_speaker": "yes",
    "wants_materials": "yes",
    "wants_coach": "yes",
    "note": "一个例子。",
    "consent_logo": "yes",
    "consent_mail": "yes",
}
WRONG = {
    **{
        "name": "http://",
        "kind": "x",
        "parent": "\u202e",
        "decided": "",
        "web_address": "x y",
        "met_on": "31.2.",
    },
    **{"officer_name": "", "officer_role": "", "officer_email": "wang", "officer_phone": "x"},
    **{"present": "1", "votes_for": "2", "votes_against": "-1", "abstained": "9" * 12, "quorum": "x"},
    **{"members_on": "2026-01-01", "second_name": "李例", "website": "x"},
}
FAR = {
    **{"name": "例" * 200, "kind": "", "met_on": "2199-01-01", "members": "0", "members_on": "2199-01-01"},
    **{"second_email": OFFICER["officer_email"], "web_address": "https://例子.测试/" + "x" * 200},
}
MOTION = """[[Body]] 同意 [[union: 工会 | party: 党 | other: 其他]]，[[从属: 属于某党 / 不属于任何党]]。

- [[body]]，[[date]]"""


async def bodies(tour: Tour) -> None:
    """The way of organisations through the whole site."""
    host = await campaign(tour)
    statement = await tour.statement(host)
    await nobody_yet(tour, statement)
    await claiming(tour, statement)
    await second_officer(tour)
    await elsewhere(tour, statement)
    await waiting(tour, statement)
    await over(tour, statement)
    await reviewed(tour, statement)
    await imported(tour, statement)
    await makers.confirmed(tour.client, tour.postbox, statement, "王例", "person@example.org")
    await listed(tour, statement)
    motion = await putting.motion(tour.site, statement, title="示例动议", body=MOTION, notes="*请*。")
    await motions(tour, statement, motion)
    await submitting(tour, statement, motion)
    await submitted_elsewhere(tour, statement, motion)
    await outcomes(tour, statement, motion)
    await slow(tour, statement, motion)
    await closed(tour, host)


async def nobody_yet(tour: Tour, statement: Any) -> None:
    for path in ("", "/endorsements", "/endorse", "/motions"):
        await tour.get(f"/{statement.slug}{path}")
    for path in ("/endorse/check-your-email", "/endorse/thanks", "/no-motion"):
        await tour.stranger().get(f"/{statement.slug}{path}")


async def endorse(tour: Tour, statement: Any, number: int = 0, **fields: str) -> Any:
    """A claim of one more body, by an officer of its own."""
    one = {
        **BODY,
        **OFFICER,
        "name": f"{BODY['name']}{'例' * number}",
        "code": "零一二三四五六七八九"[number],
    }
    if number:
        one["officer_email"] = f"wang{number}@example.org"
    await tour.rested()
    answer = await makers.endorse(tour.client, statement, **{**one, **fields})
    assert answer.status_code == 303, answer.text
    return answer


async def claiming(tour: Tour, statement: Any) -> None:
    """What is typed and sent wrongly, then rightly, with files that survive; the letter; the thanks."""
    await refused(tour, statement, **WRONG)
    await refused(tour, statement, **FAR)
    await refused(tour, statement, second_email="li@example.org", met_on="2026-02-31")
    await refused(tour, statement, stamp="old")
    for odd in (b"x", b"", b"GIF89a", b"%PDF-1.4 /Encrypt"):
        await refused(
            tour, statement, officer_email="", files={"minutes": ("例.pdf", odd), "logo": ("例.png", odd)}
        )
    sent = {"minutes": ("例.pdf", PDF), "logo": ("例.png", picture("PNG"))}
    page = await refused(tour, statement, officer_name="", files=sent)
    kept = makers.hidden(page.text)
    await refused(tour, statement, minutes_kept="x", logo_kept="x")
    await endorse(
        tour, statement, **MORE, **{name: kept[name] for name in kept if name.endswith(("_kept", "_name"))}
    )
    await tour.get(f"/{statement.slug}/endorse/check-your-email")
    await tour.act(f"/{statement.slug}/endorse/confirm", code="x")
    await tour.post(f"/{statement.slug}/endorse/send-again")
    link = tour.postbox[-1].link("/endorsements/confirm/")
    await tour.stranger().get(link)
    await tour.get(link)
    await tour.get(f"/{statement.slug}/endorse/thanks")
    await tour.letters()
    await tour.get(link)
    await tour.get(f"{link}/not-me")
    await tour.post(f"/{statement.slug}/endorse/confirm", code="000000")


async def refused(tour: Tour, statement: Any, **fields: Any) -> Any:
    """A form that is shown once more."""
    await tour.rested()
    answer = await makers.endorse(tour.client, statement, **{**BODY, **OFFICER, **fields})
    assert answer.status_code == 422, answer.text
    return tour.keep("POST endorse", answer)


async def second_officer(tour: Tour) -> None:
    """The link, the button, and "I don't know of this", before and after."""
    link = tour.postbox.to("li@example.org")[-1].link("/endorsements/second/")
    officer = tour.stranger()
    await tour.owner.execute(
        "update endorsements set second_letter_at = second_letter_at - interval '15 days'"
    )
    await officer.get(link)
    await officer.act(f"{link}/new-letter")
    link = tour.postbox.to("li@example.org")[-1].link("/endorsements/second/")
    for path in (link, f"{link}/not-me"):
        await officer.get(path)
    await officer.post(link)
    for path in (link, f"{link}/not-me"):
        await officer.get(path)


async def elsewhere(tour: Tour, statement: Any) -> None:
    """Confirmed by the button, after a newer version came; a second officer who knows of nothing; a code."""
    await endorse(tour, statement, 1, second_name="赵例", second_email="zhao@example.org", consent_mail="yes")
    await tour.letters()
    link = tour.postbox[-1].link("/endorsements/confirm/")
    draft = parse(f"---\ntitle: 示例声明二\nslug: {statement.slug}\n---\n\n新的*例子*。")
    await statements.new_version(tour.site, statement, draft, actor=makers.ACTOR)
    stranger = tour.stranger()
    await stranger.get(link)
    await stranger.post(link)
    await tour.letters()
    link = tour.postbox.to("zhao@example.org")[-1].link("/endorsements/second/")
    await stranger.act(f"{link}/not-me")
    await stranger.get(link)
    await endorse(tour, statement, 2)
    await tour.letters()
    answer = await tour.post(f"/{statement.slug}/endorse/confirm", code=tour.postbox[-1].code)
    assert answer.status_code == 303, answer.text
    await tour.post(f"/{statement.slug}/endorse/someone-else")


async def waiting(tour: Tour, statement: Any) -> None:
    """A reminder, an old link, another letter, "this wasn't me", what is gone."""
    await endorse(tour, statement, 3)
    await tour.letters()
    await age(tour, "endorsements", "2 days")
    await proof.remind(tour.site)
    await tour.letters()
    link = tour.postbox[-1].link("/endorsements/confirm/")
    await age(tour, "endorsements", "15 days")
    await tour.get(link)
    await tour.act(f"{link}/new-letter")
    link = tour.postbox[-1].link("/endorsements/confirm/")
    await tour.get(f"{link}/not-me")
    await tour.act(f"{link}/not-me")
    for path in (
        link,
        f"{link}/not-me",
        "/endorsements/confirm/x",
        "/endorsements/second/x",
        "/motions/outcome/x",
    ):
        await tour.get(path)


async def over(tour: Tour, statement: Any) -> None:
    """A second officer asked too late; minutes that organisers get, and a link of theirs that is none."""
    await endorse(tour, statement, 4, second_name="钱例", second_email="qian@example.org")
    await confirm(tour, "wang4@example.org")
    link = tour.postbox.to("qian@example.org")[-1].link("/endorsements/second/")
    await review.decline(tour.site, await found(tour, 4), "一个理由。", actor=makers.ACTOR)
    await tour.letters()
    await tour.stranger().get(link)
    await tour.get(path_of(minutes_link(tour.site, await found(tour, 0)) or ""))
    await tour.get("/endorsements/minutes/x")


async def confirm(tour: Tour, officer: str) -> None:
    """By the button, anywhere."""
    await tour.letters()
    await tour.act(tour.postbox.to(officer)[-1].link("/endorsements/confirm/"))


async def found(tour: Tour, number: int) -> Any:
    """The newest endorsement of the body of this number, as organisers find it."""
    name = f"{BODY['name']}{'例' * number}"
    id = await tour.owner.fetchval(
        "select id from endorsements where name = $1 order by id desc limit 1", name
    )
    return await review.find_for_organisers(tour.site, str(id))


async def reviewed(tour: Tour, statement: Any) -> None:
    """The campaign is told, organisers ask and accept; one is about to end, one has ended."""
    await expiring.tell_waiting(tour.site)
    await review.ask(tour.site, await found(tour, 1), "一个问题？", actor=makers.ACTOR)
    await tour.letters()
    soon = date.today() + timedelta(days=20)
    first = {"two_officers": True, "minutes_seen": True, "expires_on": soon}
    await review.accept(tour.site, await found(tour, 0), actor=makers.ACTOR, separate=True, **first)
    await review.accept(tour.site, await found(tour, 2), actor=makers.ACTOR, separate=True)
    await tour.letters()
    await expiring.expire(tour.site)
    await endorse(tour, statement, officer_email="another@example.org")
    await confirm(tour, "another@example.org")
    await review.accept(tour.site, await found(tour, 0), actor=makers.ACTOR, renew=True)
    await tour.letters()
    await tour.get(f"/{statement.slug}")


async def imported(tour: Tour, statement: Any) -> None:
    """An officer who is named in the campaign's file: the letter, the button, the notices."""
    sheet = (
        "name,kind,parent,decided,officer_name,officer_role,officer_email\n"
        "导入分会,union branch,示例工会,committee,吴例,主席,wu@example.org\n"
        "导入小组,party group,,committee,周例,主席,zhou@example.org\n"
    )
    row = await statements.find(tour.site, statement.slug)
    lines = csvfile.parse(io.BytesIO(sheet.encode()), judging.columns(row), judging.REQUIRED)
    given = {"source": "示例", "consent": "示例"}
    await importing.run(tour.site, row, lines, actor=makers.ACTOR, given=given, mail=True)
    await tour.letters()
    link = tour.postbox.to("wu@example.org")[-1].link("/endorsements/confirm/")
    await tour.stranger().get(link)
    await age(tour, "endorsements", "2 days")
    await proof.remind(tour.site)
    await tour.letters()
    for officer in ("wu@example.org", "zhou@example.org"):
        await confirm(tour, officer)
    for name in ("导入分会", "导入小组"):
        id = await tour.owner.fetchval("select id from endorsements where name = $1", name)
        row = await review.find_for_organisers(tour.site, str(id))
        await review.ask(tour.site, row, "一个问题？", actor=makers.ACTOR)
        await tour.letters()
        if name == "导入小组":
            await review.decline(tour.site, row, "一个理由。", actor=makers.ACTOR)
        else:
            await review.accept(tour.site, row, actor=makers.ACTOR, separate=True)
        await tour.letters()


async def listed(tour: Tour, statement: Any) -> None:
    """Every kind, several pages, what was asked for and what is not there."""
    union = await rows.organisation(tour.owner, statement, "大工会", kind="national union")
    region = await rows.organisation(tour.owner, statement, "大区", kind="union region", parent=union)
    logo = await rows.picture(tour.owner)
    told = {"members": 1, "members_on": date(2025, 12, 31), "members_source": "年报"}
    for kind, sign in zip(KINDS, "甲乙丙丁戊己庚辛壬癸子丑寅", strict=True):
        await rows.accepted(tour.owner, statement, f"{sign}组", kind=kind, logo=logo, area="例", **told)
    for number in range(101):
        await rows.accepted(tour.owner, statement, f"分会{number}", parent=region, met_on=date(2026, 2, 15))
    await tour.letters()
    for query in (
        "",
        "?page=2",
        "?kind=union+branch",
        "?kind=x",
        "?q=例",
        "?q=无",
        f"?of={union['id']}",
        "?of=x",
    ):
        await tour.get(f"/{statement.slug}/endorsements{query}")
    await tour.get(f"/{statement.slug}/endorsements?page=99")
    await tour.get(f"/{statement.slug}")
    await tour.get(f"/logo/{'00' * 32}.png")


async def motions(tour: Tour, statement: Any, motion: Any) -> None:
    """The list, the text for every kind of body, what can't be filled in."""
    here = f"/{statement.slug}/motions/{motion.slug}"
    for path in (f"/{statement.slug}", f"/{statement.slug}/motions", here):
        await tour.get(path)
    for kind in KINDS:
        await tour.get(here, params={"kind": kind, "meets_on": "2026-02-15"})
    await tour.get(here, params={"kind": "union branch", "name": "示例分会"})
    wrong = {"kind": "x", "name": "http://", "meets_on": "x"}
    await tour.get(here, params=wrong)
    await tour.get(f"{here}/text.docx", params=wrong)
    text = await tour.get(f"{here}/text.txt")
    tour.seen.append(("text.txt", f"<pre>{text.text}</pre>"))
    await tour.get(f"{here}/submit", params={"kind": "union branch"})


async def submitting(tour: Tour, statement: Any, motion: Any) -> None:
    """ "We are putting it": wrongly, then rightly; the code, the letter, what is noted."""
    here = putting.path(statement, motion)
    late = {"meets_on": putting.day(30), "cut_off_on": putting.day(40)}
    past, far = {"meets_on": putting.day(-1)}, {"meets_on": putting.day(900)}
    empty = {"name": "", "kind": "", "officer_name": "", "officer_email": "", "meets_on": ""}
    for wrong in (empty, late, past, far, {"website": "x"}, {"stamp": "old"}):
        tour.keep("POST submit", await submit(tour, statement, motion, **wrong))
    await submit(tour, statement, motion)
    await tour.get(f"{here}/check-your-email")
    await tour.act(f"{here}/confirm", code="000000")
    await tour.post(f"{here}/send-again")
    link = tour.postbox[-1].link("/motions/confirm/")
    answer = await tour.get(link)
    await tour.get(answer.headers["location"])
    await tour.letters()
    for path in (link, f"{link}/not-me"):
        await tour.get(path)
    await tour.act(f"{here}/someone-else")


async def submit(tour: Tour, statement: Any, motion: Any, **over: str) -> Any:
    """A plan, by people and bodies in Han characters."""
    names = {
        "name": "示例分会",
        "parent": "示例工会",
        "area": "示例镇",
        "officer_name": "王例",
        "officer_role": "书记",
    }
    return await putting.submit(tour.client, statement, motion, **{**names, **over})


async def submitted_elsewhere(tour: Tour, statement: Any, motion: Any) -> None:
    """The button, an old link, another letter, "this wasn't me", what is gone."""
    every = {f"wants_{what}": "yes" for what in ("speaker", "materials", "coach")}
    await submit(tour, statement, motion, officer_email="sun@example.org", **every)
    await tour.letters()
    link = tour.postbox[-1].link("/motions/confirm/")
    stranger = tour.stranger()
    await stranger.get(link)
    await age(tour, "submissions", "15 days")
    await stranger.get(link)
    await stranger.post(f"{link}/new-letter")
    await tour.letters()
    link = tour.postbox[-1].link("/motions/confirm/")
    await stranger.get(f"{link}/not-me")
    await stranger.act(f"{link}/not-me")
    await stranger.get(link)


async def outcomes(tour: Tour, statement: Any, motion: Any) -> None:
    """Reminders, the question, and each answer, corrected with the same link."""
    await submit(tour, statement, motion, officer_email="zheng@example.org", cut_off_on="")
    await tour.letters()
    await tour.act(tour.postbox[-1].link("/motions/confirm/"))
    link = tour.postbox.to("zheng@example.org")[-1].link("/motions/outcome/")
    await tour.get(link)
    for day in ({"meets_on": "x"}, {"meets_on": putting.day(-1)}, {"meets_on": putting.day(30)}):
        await tour.act(f"{link}/days", cut_off_on="", **day)
    for days in (-14, -13, -4):
        await putting.move(tour.owner, days)
        await submissions.remind(tour.site)
        await tour.letters()
    await tour.get(link)
    await tour.post(link)
    await tour.post(link, outcome="amended")
    for state in ("fell", "not reached", "amended", "passed"):
        answer = await tour.post(link, outcome=state, amended="另一个例子。")
        await tour.get(link)
    await tour.post(link)
    page = await tour.get(answer.headers["location"])
    assert "示例分会" in page.text
    await tour.post(link, outcome="withdrawn")
    await tour.get(link)
    await putting.move(tour.owner, -70)
    await tour.get(link)


async def slow(tour: Tour, statement: Any, motion: Any) -> None:
    """What the pages after the forms say where MAIL_PER_HOUR holds letters up, where they are late or kept here."""
    pages = (
        f"/{statement.slug}/endorse/check-your-email",
        f"{putting.path(statement, motion)}/check-your-email",
    )
    for hurried in ({"mail_per_hour": 1}, {"mail_per_hour": 40}, {"smtp_url": ""}):
        person = tour.stranger()
        person.client = browser(replace(tour.site, settings=replace(tour.site.settings, **hurried)))
        for number in range(4):
            await endorse(tour, statement, 5, officer_email=f"slow{number}-{len(tour.seen)}@example.org")
        for page in pages:
            await person.get(page)
    await tour.owner.execute(
        "update outbox set not_before = now() - interval '5 hours' where state = 'waiting'"
    )
    for page in pages:
        await tour.get(page)
    await tour.letters()


async def closed(tour: Tour, host: Any) -> None:
    """Forms, links and answers of a statement that has closed."""
    statement = await tour.statement(host)
    motion = await putting.motion(tour.site, statement, title="示例动议", body=MOTION)
    await rows.accepted(tour.owner, statement, "一个例子", members=10)
    await endorse(tour, statement, 6)
    await submit(tour, statement, motion, officer_email="feng@example.org")
    await tour.letters()
    claim = tour.postbox.to("wang6@example.org")[-1].link("/endorsements/confirm/")
    await tour.post(tour.postbox.to("feng@example.org")[-1].link("/motions/confirm/"))
    await submit(tour, statement, motion, officer_email="chen@example.org")
    await tour.letters()
    outcome = tour.postbox.to("feng@example.org")[-1].link("/motions/outcome/")
    plan = tour.postbox.to("chen@example.org")[-1].link("/motions/confirm/")
    stamp = makers.stamp_of((await tour.client.get(f"/{statement.slug}/endorse")).text)
    await makers.close(tour.site, statement)
    tour.keep("POST closed", await makers.endorse(tour.client, statement, stamp=stamp))
    tour.keep("POST closed plan", await submit(tour, statement, motion, stamp=stamp))
    await tour.owner.execute(
        "update statements set closed_at = closed_at - interval '2 days' where id = $1", statement.id
    )
    tour.site.shelf.drop(statement.id)
    here = f"/{statement.slug}"
    for path in (
        "",
        "/endorse",
        "/endorsements",
        "/motions",
        f"/motions/{motion.slug}",
        f"/motions/{motion.slug}/submit",
    ):
        await tour.get(f"{here}{path}")
    for path in (claim, plan, outcome):
        await tour.get(path)
    await tour.post(outcome, outcome="passed")
    await tour.get(outcome)
