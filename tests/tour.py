"""A tour of the whole site: every page and every letter that a person can meet, in one language.

People and bodies on it are named in Han characters, so that every plain letter A–Z on a page is ours.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
from starlette.requests import Request
from starlette.routing import Route

from petitions import watch
from petitions.app import create_app
from petitions.errors import Refused
from petitions.mail.letters import Letter, compose_own
from petitions.signatures.actions import remind
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.statements.files import parse
from petitions.web.failures import FAILURES
from petitions.work import work_once
from tests import makers
from tests.conftest import Postbox, browser
from tests.sink import Received

FIELDS = ["town", "postcode", "country", "union", "branch", "job", "role", "comment"]
OWN = [
    {"name": "shift", "label": "班次", "kind": "choice", "choices": ["早班", "夜班"]},
    {"name": "floor", "label": "楼层", "kind": "choice", "choices": list("一二三四五六")},
    {"name": "tool", "label": "工具"},
    {"name": "stall", "label": "摊位", "kind": "tick"},
]
CONSENTS = ["own_stall", "consent_name", "consent_union", "consent_mail"]
ANSWERS = {
    **dict.fromkeys([*FIELDS, "own_tool"], "例"),
    **dict.fromkeys(CONSENTS, "yes"),
    "own_shift": "早班",
}


class Tour:
    """Visits pages like a person and keeps what it saw."""

    def __init__(
        self, site: Site, client: httpx.AsyncClient, postbox: Postbox, owner: Any, language: str
    ) -> None:
        self.site, self.client, self.postbox, self.owner = site, client, postbox, owner
        self.language = language
        self.seen: list[tuple[str, str]] = []

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return self.keep(f"GET {path}", await self.client.get(path, **options))

    async def post(self, path: str, **data: Any) -> httpx.Response:
        return self.keep(f"POST {path}", await self.client.post(path, data=data))

    async def act(self, path: str, **data: Any) -> None:
        """Send a form, look at the page that it leads to, read what letters come of it."""
        await self.rested()
        answer = await self.post(path, **data)
        if "location" in answer.headers:
            await self.get(answer.headers["location"])
        await self.letters()

    async def rested(self) -> None:
        """Nobody sends forms as fast as this tour does."""
        await self.owner.execute("delete from throttle")

    def stranger(self) -> Tour:
        """The same tour in another browser."""
        other = Tour(self.site, browser(self.site), self.postbox, self.owner, self.language)
        other.seen = self.seen
        return other

    async def letters(self) -> None:
        """Read the letters that came: subject, text and HTML."""
        for letter in await self.postbox.settle():
            self.read(letter)

    def read(self, letter: Received | Letter) -> None:
        words = html.escape(f"{letter.subject}\n{letter.text}")
        self.seen += [(f"text: {letter.subject}", words), (f"letter: {letter.subject}", letter.html)]

    async def statement(self, campaign: Any, **over: Any) -> Any:
        """An open statement in the language of the tour."""
        facts = {"title": "示例声明", "text": "我们要求一个*例子*。", "addressed_to": "示例部", **over}
        row = await makers.statement(self.site, campaign, open=False, **facts)
        await self.owner.execute("update statements set language = $2 where id = $1", row.id, self.language)
        row = await self.site.store.statements.find_by_id(id=row.id)
        await statements.open_(self.site, row, actor=makers.ACTOR)
        return await statements.find(self.site, row.slug)

    def keep(self, what: str, response: httpx.Response, *, failing: bool = False) -> httpx.Response:
        assert failing or response.status_code < 500, f"{what}: {response.status_code}"
        if response.headers.get("content-type", "").startswith(("text/html", "image/svg")):
            self.seen.append((what, response.text))
        return response


async def everywhere(tour: Tour) -> None:
    """The way through the whole site."""
    await tour.get("/")
    host = await campaign(tour)
    await tour.get("/")
    other = await campaign(tour)
    full = await tour.statement(host, fields=[*FIELDS, *OWN], goal=10, closes=date(2199, 5, 1))
    plain = await tour.statement(other, kind="petition")
    letter = await tour.statement(other, kind="open letter")
    await around(tour, full)
    await signing(tour, full)
    await waiting(tour, plain)
    await confirming_elsewhere(tour, letter)
    await merged(tour, host)
    await later_versions(tour, full)
    await my_signature(tour, full)
    await kept_letters(tour, letter)
    await slow_letters(tour, letter)
    await operating(tour)
    await failures(tour, plain)


async def campaign(tour: Tour) -> Any:
    row = await makers.campaign(
        tour.site,
        name="示例运动",
        controller="示例协会",
        postal_address="示例街一号",
        on_behalf_of="示例联盟",
        introduction="一个*例子*。",
        partners={"example": "示例伙伴"},
    )
    await tour.owner.execute("update campaigns set language = $2 where id = $1", row.id, tour.language)
    return row


async def around(tour: Tour, statement: Any) -> None:
    for path in ("", "/privacy", "/imprint", "/accessibility", "/terms"):
        await tour.get(f"/campaigns/{statement.campaign_slug}{path}")
    for path in ("", "/signatories", "/qr.svg"):
        await tour.get(f"/{statement.slug}{path}")
    for path in ("/", "/my", "/my/asked"):
        await tour.get(path)


async def signing(tour: Tour, statement: Any) -> None:
    """What is typed wrongly, then rightly; a double; the thanks."""
    wrong = {"name": "http://", "email": "ada", "town": "\u202e", "own_shift": "x"}
    await tour.post(f"/{statement.slug}/sign", **wrong, stamp=await stamp(tour, statement))
    await tour.post(f"/{statement.slug}/sign", name="例", email="ada@example.org", stamp="old")
    for number in range(3):
        await sign(tour, statement, f"{'例' * (number + 1)}子", f"ada{number}@example.org", **ANSWERS)
        await tour.get(f"/{statement.slug}/check-your-email")
        await tour.letters()
        link = tour.postbox[-1].link("/confirm/")
        await tour.get(link)
        await tour.get(f"/{statement.slug}/thanks")
        await tour.letters()
        await tour.get(f"/{statement.slug}/thanks")
        await tour.get(link)
    await sign(tour, statement, "另一个", "ada0@example.org")
    await tour.letters()
    await around(tour, statement)


async def waiting(tour: Tour, statement: Any) -> None:
    """Codes, late letters, a reminder, an old link, "this wasn't me", choosing letters."""
    await sign(tour, statement, "例子", "bob@example.org")
    await tour.post(f"/{statement.slug}/confirm", code="1")
    await tour.letters()
    await tour.post(f"/{statement.slug}/confirm", code="000000")
    await tour.post(f"/{statement.slug}/send-again")
    await tour.post(f"/{statement.slug}/someone-else")
    await tour.get(f"/{statement.slug}/check-your-email")
    link = tour.postbox[-1].link("/confirm/")
    await tour.get(link)
    await age(tour, "signatures", "2 days")
    await remind(tour.site)
    await tour.letters()
    await age(tour, "signatures", "15 days")
    await tour.get(link)
    await tour.post(f"{link}/new-letter")
    await tour.letters()
    link = tour.postbox[-1].link("/confirm/")
    await tour.get(f"{link}/not-me")
    answer = await tour.post(f"{link}/not-me")
    await tour.get(answer.headers["location"])
    await tour.post(answer.headers["location"], campaign="yes")
    await tour.get(answer.headers["location"])
    await tour.get(f"{link}/not-me")
    await tour.get(link)


async def confirming_elsewhere(tour: Tour, statement: Any) -> None:
    """The button in another browser, and a sibling that comes too late."""
    await sign(tour, statement, "例子", "cleo@example.org")
    await tour.letters()
    first = tour.postbox[-1].link("/confirm/")
    await sign(tour, statement, "例子二", "cleo@example.org")
    await tour.letters()
    second = tour.postbox[-1].link("/confirm/")
    stranger = tour.stranger()
    await stranger.get(first)
    await stranger.post(first)
    await tour.letters()
    await stranger.get(first)
    await stranger.get(second)
    await stranger.post(second)
    await sign(tour, statement, "例子三", "cleo@example.org")
    await tour.letters()


async def merged(tour: Tour, host: Any) -> None:
    """Over the cap: one letter for all that wait."""
    for _ in range(5):
        await sign(tour, await tour.statement(host), "例子", "dora@example.org")
        await tour.letters()
    await tour.owner.execute("update outbox set not_before = now() where state = 'deferred'")
    await tour.owner.execute(
        "update letter_caps set taken = array(select t - interval '40 days' from unnest(taken) as t)"
    )
    await tour.letters()


async def later_versions(tour: Tour, statement: Any) -> None:
    """A note, a new version, the old one."""
    await statements.add_note(tour.site, statement, "一个说明。", actor=makers.ACTOR)
    await sign(tour, statement, "例子", "eve@example.org")
    await tour.letters()
    draft = parse(f"---\ntitle: 示例声明二\nslug: {statement.slug}\n---\n\n新的*例子*。")
    await statements.new_version(tour.site, statement, draft, actor=makers.ACTOR)
    await tour.stranger().get(tour.postbox[-1].link("/confirm/"))
    for path in ("", "/versions/1", "/versions/2", "/signatories"):
        await tour.get(f"/{statement.slug}{path}")


async def my_signature(tour: Tour, statement: Any) -> None:
    await tour.post("/my", email="not an address")
    await tour.post("/my", email="ada0@example.org")
    await tour.letters()
    link = tour.postbox[-1].link("/my/")
    page = await tour.get(link)
    key = re.findall(r'name="signature" value="([^"]+)"', page.text)[0]
    stamp = makers.stamp_of((await tour.client.get(link)).text)
    await tour.post(f"{link}/change", signature=key, stamp=stamp, name="")
    changed = await tour.post(f"{link}/change", signature=key, stamp=stamp, name="新例", **ANSWERS)
    await tour.get(changed.headers["location"])
    await tour.post(f"{link}/reconsent", signature=key, version="2")
    stamp = makers.stamp_of((await tour.client.get(link)).text)
    await tour.post(f"{link}/reconsent", signature=key, stamp=stamp, version="2")
    await tour.get(f"{link}?done=moved")
    await tour.get(f"{link}/withdraw?signature={key}")
    for act, done in (("withdraw", "withdrawn"), ("restore", "restored"), ("withdraw", "withdrawn")):
        await tour.post(f"{link}/{act}", signature=key)
        await tour.get(f"{link}?done={done}")
        await tour.letters()
    await tour.get(f"{link}/erase?signature={key}")
    answer = await tour.post(f"{link}/erase", signature=key)
    await tour.get(answer.headers["location"])
    await tour.letters()
    await tour.get(link)


async def kept_letters(tour: Tour, statement: Any) -> None:
    """Without SMTP, the pages where letters are kept."""
    kept = replace(tour.site, settings=replace(tour.site.settings, smtp_url=""))
    local = tour.stranger()
    local.client = browser(kept)
    await local.get("/dev/letters")
    await sign(local, statement, "例子", "fred@example.org")
    await local.get(f"/{statement.slug}/check-your-email")
    await work_once(kept)
    page = await local.get("/dev/letters")
    await local.get(re.findall(r'href="(/dev/letters/[^"]+)"', page.text)[0])


async def slow_letters(tour: Tour, statement: Any) -> None:
    """What the page after the form says where MAIL_PER_HOUR holds letters up, and where they are late."""
    slow = replace(tour.site, settings=replace(tour.site.settings, mail_per_hour=1))
    for number in range(3):
        person = tour.stranger()
        person.client = browser(slow)
        await sign(person, statement, "例子", f"slow{number}@example.org")
        await person.get(f"/{statement.slug}/check-your-email")
    await tour.owner.execute(
        "update outbox set not_before = now() - interval '5 hours' where state = 'waiting'"
    )
    await person.get(f"/{statement.slug}/check-your-email")
    await tour.letters()


async def operating(tour: Tour) -> None:
    """The letter that `petitions setup` sends, and every trouble: it begins, it lasts, it is over."""
    tour.read(compose_own(tour.site, "mail/test", language=tour.language, to="operator@example.org"))
    site = replace(tour.site, settings=replace(tour.site.settings, operator_email="operator@example.org"))
    details = {"minutes": 1, "failed": 1, "ended": 1, "free": 1, "wanted": 1, "hours": 1, "most": 1}
    for name in watch.TROUBLES:
        for age in ("0 hours", "25 hours"):
            await tour.owner.execute(f"update troubles set told_at = told_at - interval '{age}'")
            await watch.seen(site, name, {**details, "statements": 1, "jobs": "例"})
            await tour.letters()
    await tour.owner.execute("update troubles set seen_at = seen_at - interval '1 hour'")
    await watch.look(site)
    await tour.letters()


async def failures(tour: Tour, statement: Any) -> None:
    await tour.get("/no-such-page")
    await every_failure(tour)
    await tour.get("/confirm/nonsense")
    await tour.get("/my/nonsense")
    foreign = browser(tour.site, headers={"Sec-Fetch-Site": "cross-site"})
    tour.keep("POST from elsewhere", await foreign.post("/my", data={"email": "a@example.org"}))
    tour.keep("POST too much", await tour.client.post("/my", data={"email": "a" * 100_000}))
    tour.keep("POST json", await tour.client.post("/my", json={}))
    await statements.close(tour.site, statement, actor=makers.ACTOR)
    form = await stamp(tour, statement)
    await tour.post(f"/{statement.slug}/sign", name="例", email="ada@example.org", stamp=form)
    await tour.get(f"/{statement.slug}")


async def sign(tour: Tour, statement: Any, name: str, email: str, **fields: Any) -> None:
    answer = await makers.sign(tour.client, statement, name, email, **fields)
    assert answer.status_code == 303, answer.text


async def stamp(tour: Tour, statement: Any) -> str:
    page = await tour.get(f"/{statement.slug}")
    found = re.search(r'name="stamp"[^>]*value="([^"]*)"', page.text)
    return found[1] if found else ""


async def age(tour: Tour, table: str, interval: str) -> None:
    for row in await tour.owner.fetch(f"select id from {table} where state = 'pending'"):
        await makers.age(tour.owner, table, row["id"], interval)


async def every_failure(tour: Tour) -> None:
    """Each kind of error, as its page; what nobody foresaw as well."""
    kinds: list[type[Exception]] = [*(kind for kind in FAILURES if kind is not Refused), RuntimeError]

    async def fail(request: Request) -> None:
        raise kinds[request.path_params["number"]]()

    app = create_app(tour.site)
    app.router.routes.insert(0, Route("/fail/{number:int}", fail))
    broken = browser(tour.site, app=app)
    for number, kind in enumerate(kinds):
        tour.keep(kind.__name__, await broken.get(f"/fail/{number}"), failing=True)
