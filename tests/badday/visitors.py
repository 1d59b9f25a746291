"""Visitors from many addresses, who notice what they were told: an answer, a refusal, or nothing at all."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from http.cookiejar import DefaultCookiePolicy
from http.cookies import SimpleCookie
from typing import Any

import httpx

from tests.badday.place import Place
from tests.conftest import FROM_OUR_PAGE

GONE = 503
NOTHING = 0
"""Instead of a status: the line was cut, or too slow. What came of it, nobody knows."""
REFUSED = -1
"""Nobody was there, so nothing came of it."""


class Crowd:
    """Everybody's connections; what was answered is counted by route and status."""

    def __init__(self, place: Place, *, patience: float = 30) -> None:
        self.place = place
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.seconds: list[float] = []
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=40)
        self._client = httpx.AsyncClient(timeout=patience, limits=limits, verify=False)
        self._client.cookies.jar.set_policy(
            DefaultCookiePolicy(allowed_domains=[])
        )  # each visitor has their own

    async def close(self) -> None:
        await self._client.aclose()

    async def send(
        self, method: str, url: str, headers: dict[str, str], data: dict[str, str] | None
    ) -> Answer:
        began = asyncio.get_running_loop().time()
        try:
            answer = Answer(await self._client.request(method, url, headers=headers, data=data))
            self.seconds.append(asyncio.get_running_loop().time() - began)
        except httpx.ConnectError:
            answer = Answer(None, REFUSED)
        except httpx.TransportError:
            answer = Answer(None)
        return answer


class Answer:
    """What somebody was told."""

    def __init__(self, response: httpx.Response | None, otherwise: int = NOTHING) -> None:
        self.status = response.status_code if response is not None else otherwise
        self.text = response.text if response is not None else ""
        self.headers = response.headers if response is not None else httpx.Headers()
        self.cookies = self.headers.get_list("set-cookie")
        self.route = ""

    @property
    def to(self) -> str:
        return str(self.headers.get("location", ""))


class Visitor:
    """One browser behind the proxy; `n` gives it an address of its own."""

    def __init__(self, crowd: Crowd, n: int) -> None:
        self.crowd, self.cookies = crowd, dict[str, str]()
        self._headers = {
            **FROM_OUR_PAGE,
            "Host": crowd.place.name,
            "X-Forwarded-For": f"10.{n & 255}.{n >> 8 & 255}.{n >> 16 & 255}",
        }

    async def get(self, url: str, *, route: str = "") -> Answer:
        return await self._send("GET", url, None, route)

    async def post(self, url: str, *, route: str = "", **typed: str) -> Answer:
        return await self._send("POST", url, typed, route)

    async def _send(self, method: str, url: str, typed: dict[str, str] | None, route: str) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {**self._headers, "Cookie": cookies} if cookies else self._headers
        answer = await self.crowd.send(method, url, headers, typed)
        for line in answer.cookies:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        answer.route = route or re.sub(r"^https?://[^/]+", "", url)
        self.crowd.statuses[answer.route, answer.status] += 1
        return answer


def typed_back(answer: Answer, *values: Any) -> bool:
    """Whether a page gives back what was typed."""
    return all(str(value) in answer.text for value in values)


class Signing:
    """People who sign, each under a name of their own: `told` are those who were thanked for it by a 303."""

    def __init__(self, crowd: Crowd, word: str) -> None:
        self.crowd, self.word = crowd, word
        self.told: set[str] = set()
        self.statuses: Counter[int] = Counter()
        self.slowest = 0.0
        self._n = int.from_bytes(word.encode()[:3]) % 60_000 * 100

    async def one(self, web: str, stamp: str, n: int) -> Answer:
        name = f"{self.word} {n}"
        form = {"name": name, "email": self.email(name), "website": "", "stamp": stamp}
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = await Visitor(self.crowd, self._n + n).post(f"{web}/{self.slug}/sign", route="sign", **form)
        self.slowest = max(self.slowest, loop.time() - began)
        self.statuses[answer.status] += 1
        if answer.status == 303:
            self.told.add(name)
        if answer.status == GONE:
            assert typed_back(answer, name, form["email"]), "the form is lost"
            assert answer.headers["retry-after"]
        return answer

    async def rows(self) -> list[Any]:
        """Of each name: how many attempts, origins and letters asked for."""
        return await self.crowd.place.rows(
            """select name, count(*) as attempts,
                count(*) filter (where exists (select from attempt_origins o where o.id = s.id)) as origins,
                count(*) filter (where exists (select from outbox b where b.subject_id = s.id)) as letters
            from signatures s where name like $1 || ' %' group by name""",
            self.word,
        )

    async def check(self) -> None:
        """Whoever was told so has a row, and no row stands half."""
        rows = {row["name"]: (row["attempts"], row["origins"], row["letters"]) for row in await self.rows()}
        assert self.told <= rows.keys(), f"told, but lost: {self.told - rows.keys()}"
        assert set(rows.values()) <= {(1, 1, 1)}, rows

    @property
    def slug(self) -> str:
        return str(self.crowd.place.statement.slug)

    @staticmethod
    def email(name: str) -> str:
        return f"{name.replace(' ', '-').lower()}@example.org"
