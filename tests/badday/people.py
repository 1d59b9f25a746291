"""People of the random run: each signs, confirms, changes their mind, and remembers what the site told them.

Of what was answered they are sure; where no answer came, either may be true. `standing` holds what may be.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from typing import Any

from petitions.proving import links
from petitions.proving.links import Key
from petitions.signatures import PURPOSE
from tests.badday.visitors import GONE, NOTHING, REFUSED, Answer, Crowd, Visitor, typed_back
from tests.makers import stamp_of
from tests.sink import Received, Sink

DOMAINS = 40  # one that says "later" is paused for half a minute


class Letters(Sink):
    """A mail server with moods, which also remembers what it took by address and by Message-ID."""

    def __init__(self, rng: random.Random, port: int = 0) -> None:
        super().__init__(port)
        self.rng, self.moody = rng, False
        self.by: dict[str, list[Received]] = {}

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mood = self.rng.random()
        if self.moody and mood < 0.06:
            answer = 421 if mood < 0.015 else 450 if mood < 0.03 else "drop"
            if mood > 0.05:  # after a long silence
                await asyncio.sleep(4)
            self.answers.append(answer)
        told = await super().handle_DATA(server, session, envelope)
        if told.startswith("250"):
            self.by.setdefault(self[-1].to, []).append(self[-1])
        return told


class Person:
    """`webs`: where they may go. `sure`: names under which they signed and were told so."""

    def __init__(self, crowd: Crowd, webs: list[str], letters: Letters, n: int, seed: str) -> None:
        self.rng = random.Random(f"{seed}/{n}")
        self.here = Visitor(crowd, n)
        self.elsewhere = Visitor(crowd, n + 5_000_000)
        self.n, self.email = n, f"ada-{n}@example-{n % DOMAINS}.org"
        self._place, self._webs, self._letters = crowd.place, webs, letters
        self.slug = crowd.place.statement.slug
        self.standing = {False}
        self.names: list[str] = []
        self.sure: set[str] = set()
        self.confirmed: set[Key] = set()
        self.erasing = False
        self.lies: list[str] = []
        self._stamp = ""
        self._links_asked = 0

    async def step(self) -> None:
        """One thing that this person could do now, by chance."""
        doable: list[tuple[float, Callable[[], Awaitable[None]]]] = [(1, self.look)]
        if not self.names or self.rng.random() < 0.05:
            doable = [(8, self.sign), (2, self.sign_twice)]
        elif self._link("/confirm/") and True not in self.standing:
            doable = [(4, self.confirm_by_link), (2, self.confirm_by_button), (2, self.confirm_by_code)]
            doable += [(1, self.sign), (0.3, self.ask_again), (1, self.look)]
        elif self._link("/my/"):
            doable += [(3, self.withdraw), (3, self.restore), (1.5, self.erase), (0.5, self.sign)]
        elif True in self.standing and self._links_asked < 3:
            doable += [(2, self.ask_for_link)]
        weights = [weight for weight, _ in doable]
        await self.rng.choices([act for _, act in doable], weights)[0]()

    # --- what they do ---

    async def look(self) -> None:
        part = self.rng.choice(["", "", "/count.json", "/check-your-email"])
        self._sane(await self.here.get(f"{self._web()}/{self.slug}{part}"), 200)

    async def sign(self) -> None:
        typed = await self._form()
        if typed is None:
            return
        if await self._send_form(typed) not in (303, 422) and self.rng.random() < 0.7:
            await asyncio.sleep(self.rng.uniform(0, 1))
            await self._send_form(typed)  # the same form again is the same attempt

    async def sign_twice(self) -> None:
        """A double click that two web processes get."""
        if (typed := await self._form()) is not None:
            await asyncio.gather(self._send_form(typed), self._send_form(typed))

    async def _form(self) -> dict[str, str] | None:
        if not self._stamp:
            page = await self.here.get(f"{self._web()}/{self.slug}", route="page")
            self._sane(page, 200)
            self._stamp = stamp_of(page.text)
        if not self._stamp:
            return None
        self.names.append(f"Ada {self.n} the {len(self.names)}th")
        return {"name": self.names[-1], "email": self.email, "website": "", "stamp": self._stamp}

    async def _send_form(self, typed: dict[str, str]) -> int:
        answer = await self.here.post(f"{self._web()}/{self.slug}/sign", route="sign", **typed)
        self._sane(answer, 303)
        if answer.status == 303:
            self.sure.add(typed["name"])
        elif answer.status == GONE and not typed_back(answer, typed["name"], self.email):
            self.lies.append("a 503 that lost the form")
        return answer.status

    async def confirm_by_link(self) -> None:
        """In the browser that signed, and now and then the button elsewhere at the same moment."""
        path = self._link("/confirm/")
        if self.rng.random() < 0.2:
            await asyncio.gather(
                self._confirm(self.here, path, "GET"), self._confirm(self.elsewhere, path, "POST")
            )
        else:
            await self._confirm(self.here, path, "GET")

    async def confirm_by_button(self) -> None:
        path = self._link("/confirm/")
        self._sane(await self.elsewhere.get(self._web() + path, route="link"), 200, 410)
        await self._confirm(self.elsewhere, path, "POST")

    async def confirm_by_code(self) -> None:
        code = self._newest("/confirm/").code
        if not code:  # a letter that lists several has none
            return
        answer = await self.here.post(f"{self._web()}/{self.slug}/confirm", route="code", code=code)
        self._sane(answer, 303, 200, 422)
        self._told(answer, None)

    async def _confirm(self, who: Visitor, path: str, method: str) -> None:
        send = who.get if method == "GET" else who.post
        answer = await send(self._web() + path, route="button" if method == "POST" else "link")
        self._sane(answer, 303, 200, 410)
        self._told(answer, links.read(self._place.site, PURPOSE, path.split("/")[-1]))

    def _told(self, answer: Answer, key: Key | None) -> None:
        if answer.status == 303 and answer.to.endswith("/thanks"):
            self.standing = {True}
            if key is not None:
                self.confirmed.add(key)
        elif answer.status in (GONE, NOTHING):
            self.standing.add(True)

    async def ask_again(self) -> None:
        self._sane(await self.here.post(f"{self._web()}/{self.slug}/send-again", route="send again"), 303)

    async def ask_for_link(self) -> None:
        self._links_asked += 1
        self._sane(await self.elsewhere.post(f"{self._web()}/my", route="my", email=self.email), 303)

    async def withdraw(self) -> None:
        await self._act("withdraw", {False})

    async def restore(self) -> None:
        await self._act("restore", {True})

    async def erase(self) -> None:
        if len(self.standing) == 1:
            self.erasing = True
            await self._act("erase", {False})

    async def _act(self, act: str, standing: set[bool]) -> None:
        """On the one signature that the page behind the letter's link shows."""
        path = self._link("/my/")
        page = await self.elsewhere.get(self._web() + path, route="my page")
        self._sane(page, 200, 410)
        keys = set(re.findall(rf'/{act}\?signature=([\w-]+)"', page.text))
        if act == "restore":
            keys = set(
                re.findall(r'/restore"><input type="hidden" name="signature" value="([\w-]+)"', page.text)
            )
        if page.status != 200 or len(keys) != 1 or page.text.count('id="held-') != 1:
            return
        answer = await self.elsewhere.post(f"{self._web()}{path}/{act}", route=act, signature=keys.pop())
        self._sane(answer, 303, 404, 409, 410)
        if answer.status == 303:
            self.standing = standing
        elif answer.status in (GONE, NOTHING):
            self.standing |= standing

    # --- what they have ---

    def _web(self) -> str:
        return self.rng.choice(self._webs)

    def _newest(self, part: str) -> Received:
        return next(
            letter for letter in reversed(self._letters.by.get(self.email, [])) if part in letter.text
        )

    def _link(self, part: str) -> str:
        """The newest letter's path, "" without one."""
        try:
            return self._newest(part).link(part)
        except StopIteration:
            return ""

    def _sane(self, answer: Answer, *expected: int) -> None:
        if answer.status not in (*expected, GONE, NOTHING, REFUSED):
            self.lies.append(f"{answer.route} was answered {answer.status} {answer.to}")
