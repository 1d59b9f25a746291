"""The tour of the desk and of what it brings to the public pages: comments, reports, the history, asking again.

Each act is done wrongly and rightly, then `follow` opens every page that a link of the desk leads to: a new page with a
link enters by itself.
"""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urlsplit

import pyotp

from petitions.desk import waiting
from petitions.organisers import log_in as log_ins
from petitions.organisers import team
from petitions.organisers.roles import ROLES
from petitions.signatures import invalidating, reconsent
from petitions.statements import actions as statements
from tests import makers
from tests.conftest import browser, path_of
from tests.desk.people import organiser, seated
from tests.desk.test_factors import now
from tests.desk.world import UUIDS
from tests.endorsements import rows
from tests.files.made import PDF, picture
from tests.motions import putting
from tests.reports import telling
from tests.tour import Tour, campaign, sign
from tests.tour_bodies import MOTION, OFFICER

OLU, NEW = "olu@example.org", "new@example.org"
NAME = {"name": "奥例"}
DRAFT = {
    **{
        "title": "示例草案",
        "slug": "2199",
        "kind": "petition",
        "addressed_to": "示例部",
        "body": "一个*例子*。",
    },
    **{"goal": "1000", "closes_on": "2199-05-31", "closes_at": "18:00", "ask_town": "optional"},
    **{
        "public_name": "yes",
        "handover_name": "yes",
        "export_name": "yes",
        "export_email": "yes",
        "do": "save",
    },
    **{"own_0_label": "班次", "own_0_kind": "choice", "own_0_choices": "早班\n夜班", "own_0_required": "yes"},
}
WRONG = {
    **{"title": "", "slug": "例 子", "body": "", "goal": "x", "closes_on": "x", "closes_at": "x"},
    **{"own_0_label": "", "own_0_kind": "choice", "own_0_choices": "早班"},
}


async def desk(tour: Tour) -> None:
    """The way of organisers, and of those who meet what they do."""
    host = await campaign(tour)
    boss = await organiser(tour.site, host, "owner", OLU, name="奥例", language=tour.language)
    await coming_in(tour)
    inside = await sit(tour, boss)
    here = f"/organise/{host.slug}"
    await own_factors(tour, inside)
    await teams(tour, inside, here)
    await drafting(inside, here)
    asks = ["town", "comment"]
    statement = await tour.statement(host, fields=asks, public=["name", "comment"], goal=9)
    here = f"{here}/{statement.slug}"
    await follow(inside, here)
    await said(tour, inside, statement, here)
    await judging(tour, inside, statement, here)
    await rules(tour, inside, statement, here)
    await bodies(tour, inside, host, statement, here)
    await lists(inside, here)
    await settings(inside, f"/organise/{host.slug}")
    await versions(tour, inside, statement, here)
    await follow(inside, "/organise/me")
    await roles(tour, host)
    await states(tour, inside, host, statement, here)


async def sit(tour: Tour, one: Any, **over: Any) -> Tour:
    """The same tour in a browser in which this organiser is logged in."""
    inside = tour.stranger()
    inside.client = await seated(tour.site, one, **over)
    return inside


async def follow(tour: Tour, start: str) -> None:
    """Every page of the desk that links lead to from here, each kind once."""
    wait, known = [start], set[str]()
    while wait:
        path = wait.pop()
        parts = urlsplit(path)
        kind = UUIDS.sub("-", parts.path) + "?" + re.sub(r"=[^&]*", "", parts.query)
        if kind in known or parts.path.endswith((".csv", "/calendar", "/minutes", "/logo")):
            continue
        known.add(kind)
        page = await tour.get(path)
        wait += [html.unescape(one) for one in re.findall(r'href="(/organise[^"#]*)"', page.text)]


async def multipart(tour: Tour, path: str, files: dict[str, tuple[str, bytes]], **typed: str) -> Any:
    await tour.rested()
    body, kind = makers.multipart(typed, files)
    answer = await tour.client.post(path, content=body, headers={"Content-Type": kind})
    tour.keep(f"POST {path}", answer)
    if "location" in answer.headers:
        await tour.get(answer.headers["location"])
    return answer


async def coming_in(tour: Tour) -> None:
    """The letter, its link here and elsewhere, the code, a link of the command; each used up."""
    asking = tour.stranger()
    for path in (
        "/organise",
        "/organise/log-in",
        "/organise/log-in?done=left",
        "/organise/log-in?done=joined",
    ):
        await asking.get(path)
    await asking.act("/organise/log-in", email="olu")
    await asking.act("/organise/log-in", email=OLU)
    await asking.act("/organise/log-in/sent", code="000000")
    link = tour.postbox.to(OLU)[-1].link("/organise/log-in/")
    await tour.stranger().get(link)
    await tour.stranger().get("/organise/log-in/sent")
    await asking.get(link)
    await asking.get(link)
    await asking.get("/organise/me/second")
    command = path_of(await log_ins.link(tour.site, await found(tour, OLU), actor=makers.ACTOR))
    await asking.get(command)
    await asking.act(command)
    await asking.act("/organise/me/sessions/log-out")


async def found(tour: Tour, email: str) -> Any:
    return await team.add(tour.site, email, "奥例")


async def own_factors(tour: Tour, inside: Tour) -> None:
    """An app and recovery codes set up, shown, used, renewed; a name for a passkey."""
    here = "/organise/me/factors"
    await follow(inside, here)
    page = await inside.get(f"{here}/codes")
    secret = re.search(r'class="secret">([^<]*)<', page.text)
    assert secret
    app, form = pyotp.TOTP(secret[1].replace(" ", "")), makers.hidden(page.text)
    await inside.act(f"{here}/codes", **form, code="1")
    step = await now(tour.owner)
    await inside.act(f"{here}/codes", **form, code=app.generate_otp(step - 1))
    await inside.act(f"{here}/passkey", name="")
    await inside.act(f"{here}/passkey", name="钥匙", credential="{}")
    await tour.owner.execute(
        "insert into passkeys (id, organiser_id, credential, public_key, name)"
        " select gen_random_uuid(), id, 'c', 'k', '钥匙' from organisers where email = $1",
        OLU,
    )
    await follow(inside, here)
    key = await tour.owner.fetchval("select id from passkeys")
    await inside.act(f"{here}/passkeys/{key}/name", name="")
    await inside.act(f"{here}/passkeys/{key}/name", name="另一个")
    answer = await inside.post(f"{here}/recovery")
    await tour.letters()
    codes = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", answer.text)
    again = await sit(tour, await found(tour, OLU), second=False)
    await again.get("/organise")
    await again.get("/organise/me/second")
    await again.act("/organise/me/second", code="000000")
    await again.act("/organise/me/second", code=codes[0])
    await again.get("/organise/me")
    await inside.act(f"{here}/passkeys/{key}/remove")
    await inside.act("/organise/me", name="")
    await inside.act("/organise/me", name="奥例", language=tour.language)


async def teams(tour: Tour, inside: Tour, here: str) -> None:
    """Invited, joined, given another role, removed; an invitation taken back."""
    await inside.act(f"{here}/team/invite", email="x", role="x")
    await inside.act(f"{here}/team/invite", email=OLU, role="reader")
    await inside.act(f"{here}/team/invite", email=NEW, role="moderator")
    link = tour.postbox.to(NEW)[-1].link("/organise/invite/")
    joining = tour.stranger()
    await joining.get(link)
    await joining.post(link, name="")
    await joining.act(link, **NAME)
    await joining.get(link)
    await follow(inside, here)
    member = f"{here}/team/{(await found(tour, NEW)).id}"
    await inside.act(f"{member}/role", role="x")
    await inside.act(f"{member}/role", role="organiser")
    await inside.act(f"{member}/remove")
    await inside.act(f"{here}/team/invite", email=NEW, role="reader")
    await tour.stranger().get(tour.postbox.to(NEW)[-1].link("/organise/invite/"))
    await inside.get(f"{here}/team")
    waits = await tour.owner.fetchval("select id from invitations where ended_at is null")
    await inside.act(f"{here}/team/invitations/{waits}/take-back")
    await inside.act(f"{here}/leave")


async def drafting(tour: Tour, here: str) -> None:
    """A draft with everything wrong, then right; saved by two; opened."""
    await tour.act(f"{here}/statements/new", **WRONG, do="save")
    await tour.act(f"{here}/statements/new", **DRAFT)
    draft = f"{here}/2199"
    await follow(tour, draft)
    form = makers.hidden((await tour.get(f"{draft}/edit")).text)
    await tour.act(f"{draft}/edit", **{**form, **DRAFT, **WRONG})
    await tour.act(f"{draft}/edit", **{**DRAFT, "title": "另一个", "read": "1"})
    form = makers.hidden((await tour.get(f"{draft}/edit")).text)
    await tour.act(f"{draft}/edit", **{**DRAFT, **form})
    await tour.post(f"{draft}/preview", **DRAFT)
    await tour.post(f"{here}/statements/preview", **DRAFT)
    await tour.act(f"{draft}/open", **makers.hidden((await tour.get(f"{draft}/open")).text))
    await tour.act(f"{draft}/open", read="1")


async def said(tour: Tour, inside: Tour, statement: Any, here: str) -> None:
    """Comments judged both ways, and shown; everything reported, answered, dismissed."""
    agreed = {"consent_name": "yes", "consent_comment": "yes", "town": "示例镇"}
    for number in range(4):
        words = "例子。" * (number + 1)
        person = tour.stranger()
        await sign(
            person, statement, f"{'例' * (number + 1)}子", f"c{number}@example.org", comment=words, **agreed
        )
        await tour.letters()
        await person.get(tour.postbox[-1].link("/confirm/"))
        await tour.letters()
    await waiting.tell(tour.site)
    await tour.letters()
    for verdict in ("approved", "approved", "declined"):
        page = await inside.get(f"{here}/comments")
        row = page.text.split("<li data-row")[1]
        await inside.act(f"{here}/comments", **makers.hidden(row), verdict=verdict)
    await inside.act(f"{here}/comments", **{**makers.hidden(row), "verdict": "approved", "was": "waiting"})
    await rows.accepted(tour.owner, statement, "示例分会", **OFFICER)
    statements_page = f"/{statement.slug}"
    await tour.stranger().get(f"{statements_page}/report?what=name&id=x")
    for what in ("statement", "name", "comment", "endorsement"):
        await tour.rested()
        person = tour.stranger()
        link = await telling.link(person.client, statement, what)
        await person.get(link)
        typed = {**makers.hidden((await person.get(link)).text), "website": ""}
        await person.act(f"{statements_page}/report", **typed, reason="", words="", email="x")
        await person.act(
            f"{statements_page}/report",
            **typed,
            reason="spam",
            words=f"例{what[:0]}",
            email="rey@example.org",
        )
        await person.get(f"{statements_page}/comments")
    await waiting.tell(tour.site)
    await tour.letters()
    await follow(inside, f"{here}/reports")
    ids = [row["id"] for row in await tour.owner.fetch("select id from reports order by id")]
    await inside.act(f"{here}/reports/{ids[0]}/end", verdict="done", reply="例" * 3000)
    await inside.act(f"{here}/reports/{ids[0]}/end", verdict="done", reply="一个回答。")
    await inside.act(f"{here}/reports/{ids[0]}/back")
    await inside.act(f"{here}/reports/{ids[0]}/end", verdict="dismissed", reply="一个回答。")
    await inside.act(f"{here}/reports/{ids[0]}/end", verdict="done", reply="另一个。")
    await inside.act(f"{here}/reports/{ids[1]}/end", verdict="done", reply="")
    row = (await inside.get(f"{here}/reports")).text
    await inside.act(f"{here}/reports/{ids[2]}/decline-comment", **makers.hidden(row))
    await tour.owner.execute("update reports set ended_at = ended_at - interval '1 hour'")
    await tour.owner.execute("update outbox set not_before = now() where state in ('waiting', 'deferred')")
    await tour.letters()
    for state in ("approved", "declined"):
        await inside.get(f"{here}/comments?state={state}")
    await inside.get(f"{here}/reports?state=ended")
    await tour.get(f"{statements_page}/comments")
    await tour.get(statements_page)


async def judging(tour: Tour, inside: Tour, statement: Any, here: str) -> None:
    """Signatures looked for, held, released, off the list and on it again; what the person sees."""
    page = f"{here}/signatures"
    await inside.act(f"{page}/search", text="例")
    await inside.act(f"{page}/search", text="c0@example.org")
    await inside.act(f"{page}/search", text="无")
    await inside.get(f"{page}?from=x&to=y&state=x")
    one = await tour.owner.fetchval("select id from signatures where email = 'c0@example.org'")
    here = f"{page}/{one}"
    for act in ("hold", "unlist"):
        await inside.get(f"{here}/{act}")
        await inside.act(f"{here}/{act}", reason="")
    await inside.act(f"{here}/hold", reason="一个理由。")
    await inside.act(f"{here}/hold", reason="一个理由。")
    await my(tour, "c0@example.org")
    await sign(tour.stranger(), statement, "例子", "c0@example.org")
    await tour.letters()
    await follow(inside, page)
    await inside.act(f"{here}/release", queue="yes")
    await inside.act(f"{here}/unlist", reason="一个理由。")
    await my(tour, "c0@example.org")
    await inside.get(here)
    await inside.act(f"{here}/list")
    await inside.get(here)


async def my(tour: Tour, email: str) -> None:
    """What the signatory finds under "My signature"."""
    person = tour.stranger()
    await person.act("/my", email=email)
    await person.get(tour.postbox.to(email)[-1].link("/my/"))


async def rules(tour: Tour, inside: Tour, statement: Any, here: str) -> None:
    """A rule wrong, previewed, carried out, seen by everybody, undone."""
    page = f"{here}/invalidations"
    for path, typed in (
        ("/preview", {}),
        ("/preview", {"domain": "例 例", "network": "例", "from": "例", "to": "例"}),
        ("/preview", {"domain": "nobody.example"}),
        ("/preview", {"name": "例"}),
        ("/preview", {"name": "例", "edit": "yes", "reason": "一个理由。"}),
        ("", {"name": "例", "reason": ""}),
        ("", {"name": "例例", "reason": "一个理由。"}),
    ):
        await inside.act(f"{page}{path}", **typed)
    await inside.get(page)
    rule = await tour.owner.fetchval("select id from invalidations")
    await inside.get(f"{page}/{rule}")
    await invalidating.carry_out(tour.site)
    await tour.letters()
    for path in (page, f"{page}/{rule}"):
        await inside.get(path)
    out = await tour.owner.fetchval("select id from signatures where state = 'invalidated' limit 1")
    await inside.get(f"{here}/signatures/{out}")
    await my(tour, await tour.owner.fetchval("select email from signatures where id = $1", out))
    tour.site.shelf.drop(statement.id)
    await tour.get(f"/{statement.slug}")
    await tour.get(f"/{statement.slug}/history")
    await inside.act(f"{page}/{rule}/undo")
    await invalidating.carry_out(tour.site)
    await tour.letters()
    await inside.get(f"{page}/{rule}")


async def bodies(tour: Tour, inside: Tour, host: Any, statement: Any, here: str) -> None:
    """The queue and each decision; organisations; a file; motions and meetings."""
    queue = f"{here}/endorsements"
    ids = [(await rows.confirmed(tour.owner, statement, f"{one}分会", **OFFICER))["id"] for one in "一二三四"]
    await rows.accepted(tour.owner, statement, "一分会镇", **OFFICER)
    await follow(inside, queue)
    first = f"{queue}/{ids[0]}"
    typed = makers.hidden((await inside.get(first)).text)
    await inside.act(f"{first}/accept", **{**typed, "expires_on": "x", "place": "x"})
    await inside.act(f"{first}/accept", **{**typed, "seen": "old"})
    await inside.act(f"{first}/accept", **{**typed, "body": "new"})
    for act in ("ask", "decline"):
        await inside.act(f"{queue}/{ids[1]}/{act}", text="")
        await inside.act(f"{queue}/{ids[1]}/{act}", text="一个问题？")
    await inside.act(f"{first}/marks", featured_at="x", expires_on="x")
    await inside.act(f"{first}/marks", **typed)
    await inside.act(f"{first}/end", expires_on="")
    await inside.act(f"{first}/end", expires_on="2199-01-01")
    for state in ("accepted", "declined", "question"):
        await inside.get(f"{queue}?state={state}")
    for id in ids:
        await inside.get(f"{queue}/{id}")
    sheet = "name,kind,decided\n导入分会,union branch,committee\n无,,committee\n".encode()
    for files in ({}, {"file": ("例.csv", sheet)}):
        answer = await multipart(inside, f"{queue}/import", files, source="例", consent="例")
    await multipart(inside, f"{queue}/import", files, **makers.hidden(answer.text), source="例", consent="例")
    await organisations(tour, inside, f"/organise/{host.slug}/organisations")
    await motions(tour, inside, statement, here)


async def organisations(tour: Tour, inside: Tour, here: str) -> None:
    await follow(inside, here)
    await inside.get(f"{here}?q=无")
    every = await tour.owner.fetch(
        "select id, campaign_id from organisations where name like '%分会%' order by name"
    )
    one, other = (f"{row['id']}" for row in every[:2])
    await inside.act(f"{here}/{one}", name="", kind="x", parent="无")
    await inside.act(f"{here}/{one}", name="新分会", kind="union branch", parent="", code="")
    for typed in ({}, {"into": "无"}, {"into": other}):
        query = "&".join(f"{key}={value}" for key, value in typed.items())
        await inside.get(f"{here}/{one}/merge?{query}")
    await inside.act(f"{here}/{one}/merge", into="无")
    form = makers.hidden((await inside.get(f"{here}/{one}/merge?into={other}")).text)
    await inside.act(f"{here}/{one}/merge", **{**form, "into": other})
    await inside.get(f"{here}/{other}/remove")
    await inside.act(f"{here}/{other}/remove")


async def motions(tour: Tour, inside: Tour, statement: Any, here: str) -> None:
    page = f"{here}/motions"
    for typed in (
        {"title": "例", "slug": "例"},
        {"title": "示例动议", "slug": "one", "body": MOTION, "notes": "*请*。"},
    ):
        await multipart(inside, page, {}, **typed)
        await multipart(inside, f"{page}/preview", {}, **typed)
    motion = await tour.owner.fetchrow("select * from motions where statement_id = $1", statement.id)
    one = f"{page}/{motion['id']}"
    await inside.get(one)
    await multipart(inside, one, {}, title="例", body="[[", notes="")
    await inside.act(f"{one}/publish")
    await follow(inside, page)
    row = await tour.site.store.motions.find(statement_id=statement.id, slug="one")
    outcome = await putting.announced(tour.stranger().client, tour.postbox, statement, row, **PUT)
    assert outcome
    await follow(inside, f"{here}/submissions?days=365")
    plan = await tour.owner.fetchval("select id from submissions where statement_id = $1", statement.id)
    for typed in ({}, {"outcome": "amended", "amended": "例。"}):
        await multipart(inside, f"{here}/submissions/{plan}", {}, **typed)
    await inside.get(f"{here}/submissions?days=365&state=amended")
    await inside.get(f"{one}/withdraw")
    await inside.act(f"{one}/withdraw")


PUT = {
    **{
        "name": "示例分会",
        "parent": "示例工会",
        "area": "示例镇",
        "officer_name": "何例",
        "officer_role": "书记",
    },
    "officer_email": "put@example.org",
}


async def lists(inside: Tour, here: str) -> None:
    """Each list chosen, counted and taken; what is to be mended since; the audit."""
    page = f"{here}/exports"
    for name in ("signatories", "endorsements", "handover"):
        await inside.get(f"{page}/{name}?chosen=yes&format=x&from=x")
        chosen = "chosen=yes&format=csv&take_name=yes&take_email=yes&take_town=yes"
        form = makers.hidden((await inside.get(f"{page}/{name}?{chosen}")).text)
        await inside.post(f"{page}/{name}", **form)
    await follow(inside, page)
    taken = await inside.owner.fetch("select id from exports order by started_at")
    await inside.post(f"{page}/{taken[0]['id']}/removals", format="csv")
    await follow(inside, page)
    campaign = here.rpartition("/")[0]
    await inside.get(f"{campaign}/audit?since=x&until=x")
    await inside.get(f"{campaign}/audit?noun=statement")
    for span in ("hours", "days", "all"):
        await inside.get(f"{here}/numbers?range={span}")


async def settings(inside: Tour, here: str) -> None:
    """Everything wrong, then a colour that can't be read, a logo, a partner, a shorter time."""
    page = f"{here}/settings"
    form = makers.hidden((await inside.get(page)).text)
    wrong = {"name": "", "slug": "例 子", "accent": "x", "contact_email": "x", "retention_months": "99"}
    await multipart(inside, page, {}, **form, **wrong, controller="", postal_address="", sender="x")
    kept = {"name": "示例运动", "controller": "示例协会", "postal_address": "示例街一号"}
    whole = {**form, **kept, "slug": here.rpartition("/")[2], "contact_email": "a@example.org"}
    more = {"accent": "#ffff00", "retention_months": "1", "partner_new_0": "新伙伴", "imprint_extra": "例。"}
    await multipart(inside, f"{page}/preview", {}, **whole, **more)
    await multipart(inside, page, {}, **whole, **more)
    for files in ({}, {"logo": ("例.png", PDF)}, {"logo": ("例.png", picture("PNG"))}):
        await multipart(inside, f"{page}/logo", files)
    await inside.act(f"{page}/logo/remove")


async def versions(tour: Tour, inside: Tour, statement: Any, here: str) -> None:
    """A note, a new version seen and published, everybody asked, the answer; goal, dates, another address."""
    for typed in (
        {"body": "", "do": "save"},
        {"body": "一个说明。", "do": "x"},
        {"body": "一个说明。", "do": "save"},
    ):
        await inside.act(f"{here}/notes", **typed)
    await inside.post(f"{here}/version/preview", title="例", body="例。")
    form = makers.hidden((await inside.get(f"{here}/version")).text)
    text = {"title": "示例声明二", "body": "我们要求另一个*例子*。\n\n新的。", "ask": "yes"}
    await inside.act(f"{here}/version", **{**form, "title": "", "body": ""})
    seen = await inside.post(f"{here}/version", **{**form, **text, "do": "preview"})
    form = makers.hidden(seen.text)
    await inside.act(f"{here}/version", **{**form, **text, "seen": "x", "do": "publish"})
    await inside.act(f"{here}/version", **{**form, **text, "do": "publish"})
    await reconsent.ask_some(tour.site)
    await tour.letters()
    await inside.get(f"{here}/reconsent")
    asked = next(one for one in tour.postbox if "/reconsent/" in one.text)
    link = asked.link("/reconsent/")
    person = tour.stranger()
    page = await person.get(link)
    await person.act(link)
    await person.act(link, **makers.hidden(page.text))
    await person.get(link)
    await person.get("/reconsent/x")
    await tour.get(f"/{statement.slug}/history")
    for path, typed in (
        ("dates/goal", {"goal": "x"}),
        ("dates/goal", {"goal": "99"}),
        ("dates/closing", {"closes_on": "x"}),
        ("dates/closing", {"closes_on": "2199-01-01", "closes_at": "12:00"}),
        ("address", {"slug": "例 子"}),
    ):
        await inside.act(f"{here}/{path}", **typed)
    await follow(inside, here)


async def roles(tour: Tour, host: Any) -> None:
    """What each role is shown, and a page that is not theirs; somebody in two campaigns."""
    for role in ROLES:
        one = await organiser(tour.site, host, role, name="奥例", language=tour.language)
        other = await sit(tour, one)
        await other.get(f"/organise/{host.slug}")
        await other.get(f"/organise/{host.slug}/team")
        await other.get(f"/organise/{host.slug}/leave")
    nobody = await organiser(tour.site, None, name="奥例", language=tour.language)
    await (await sit(tour, nobody)).get("/organise")
    await team.give(tour.site, host, nobody, "reader", actor=makers.ACTOR)
    await team.give(tour.site, await campaign(tour), nobody, "owner", actor=makers.ACTOR)
    twice = await sit(tour, nobody)
    await twice.get("/organise")
    await twice.act(f"/organise/{host.slug}/leave")
    tour.keep("POST logged out", await browser(tour.site).post("/organise/me", data={"name": "例"}))


async def states(tour: Tour, inside: Tour, host: Any, statement: Any, here: str) -> None:
    """Closed, open again, closed for good."""
    for step in ("close", "reopen", "close", "archive"):
        await inside.get(f"{here}/{step}")
        await inside.act(f"{here}/{step}")
        await inside.get(f"/organise/{host.slug}")
    await inside.act(f"{here}/close")
    await follow(inside, here)
    row = await statements.find(tour.site, statement.slug)
    for path in ("", "/history", "/comments", "/report"):
        await tour.get(f"/{row.slug}{path}")
