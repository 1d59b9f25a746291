"""The worker's loop: claim letters, decide once, render, send, forget. Any number of workers side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from petitions.errors import DatabaseGone
from petitions.ids import new_id
from petitions.mail import hourly
from petitions.mail.kept import KeptLetters
from petitions.mail.letters import Decision, Defer, Drop, Letter, LetterKind, Send
from petitions.mail.outbox import BULK, WAITED_FOR
from petitions.mail.sending import RENEW, Lost, Sender, ours
from petitions.mail.smtp import Transport, transport
from petitions.site import Site
from petitions.storage.store import Row

IDLE = 0.2  # seconds between two looks at an empty outbox
IN_HAND = 16  # letters claimed at a time
GRACE = 10  # seconds for letters on their way when the worker stops
KEPT_DAYS = 30  # a letter's row, without anything personal, after it has ended
MOST_ATTEMPTS = 500  # that a deferred letter remembers, besides the newest of each statement

log = structlog.get_logger("petitions.mail")


async def deliver(site: Site, kinds: Mapping[str, LetterKind], *, once: bool = False) -> None:
    """Send letters of these kinds until cancelled; `once`: until none is due (or the server is down).

    A cancelled worker finishes what is on its way, ten seconds at most; a killed one's letters are anybody's
    after five minutes and keep their Message-ID.
    """
    await Work(site, kinds, transport(site)).run(once=once)


async def purge(site: Site) -> str:
    """Forget letters that ended a month ago; says how many."""
    return f"{await site.store.outbox.purge(days=KEPT_DAYS)} letters forgotten"


class Work:
    """One worker."""

    def __init__(
        self,
        site: Site,
        kinds: Mapping[str, LetterKind],
        way: Transport | KeptLetters,
        *,
        renew: float = RENEW,
    ) -> None:
        self._site = site
        self._outbox = site.store.outbox
        self._kinds = kinds
        self._way = way
        self._hands: set[asyncio.Task[None]] = set()
        self._busy = False  # letters are leaving: claim several at a time
        self.sender = Sender(site, kinds, way, renew=renew)

    async def run(self, *, once: bool = False) -> None:
        """See `deliver`."""
        try:
            while True:
                for row in await self._claim():
                    hand = asyncio.create_task(self._letter(row))
                    self._hands.add(hand)
                    hand.add_done_callback(self._hands.discard)
                if once and not self._hands:
                    return
                await self._wait()
        finally:
            await self._stop()

    async def _claim(self) -> list[Row]:
        room = (1 if self._way.doubted else IN_HAND) - len(self._hands)
        if self._way.rest or room < 1 or (self._busy and room < IN_HAND // 2):
            return []
        try:
            most, worst = await self._allowed(room)
            if not most:
                return []
            rows: list[Row] = await self._outbox.claim(kinds=list(self._kinds), most=most, worst=worst)
        except DatabaseGone:
            log.warning("the database does not answer")
            await asyncio.sleep(1)
            return []
        return rows

    async def _allowed(self, room: int) -> tuple[int, int]:
        """How many letters to claim, and the worst priority of them, so that few have to be given back."""
        pace = self.sender.pace
        if pace is None:
            return room, BULK
        for_waiting, for_any = await hourly.free(self._site, pace)
        return (min(room, for_any), BULK) if for_any else (min(room, for_waiting), WAITED_FOR)

    async def _wait(self) -> None:
        """Until one letter is done; a few slow ones don't keep the others from being claimed."""
        self._busy = False
        if self._hands:
            done, _ = await asyncio.wait(self._hands, timeout=IDLE, return_when=asyncio.FIRST_COMPLETED)
            self._busy = bool(done) and len(self._hands) > 1
        else:
            await asyncio.sleep(IDLE)

    async def _stop(self) -> None:
        if self._hands:
            _, late = await asyncio.wait(self._hands, timeout=GRACE)
            for hand in late:
                hand.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._way.close()

    async def _letter(self, row: Row) -> None:
        try:
            letter: Letter | None = None
            async with self._site.store.held():
                decided = await self._decided(row)
                if decided:
                    letter = await self._rendered(decided)
            if decided and letter:
                await self.sender.send(decided, letter)
        except Lost:
            log.info("letter taken back", id=str(row.id), kind=row.kind)
        except DatabaseGone:
            log.warning("the database went away", id=str(row.id), kind=row.kind)
        except Exception as error:
            await self.sender.stumbled(row, error)

    async def _decided(self, row: Row) -> Row | None:
        """The row as decided, in one transaction with everything that the decision spends or changes."""
        if row.decision is not None and row.state == "waiting":
            return row
        async with self._site.store.transaction():
            if row.address_key is not None:
                await self._outbox.take_turn(address_key=row.address_key)
            if row.state == "deferred":  # others may have merged attempts into it since it was claimed
                row = ours(await self._outbox.hold(id=row.id, claimed_until=row.claimed_until))
            decision = await self._kinds[row.kind].decide(self._site, row)
            return await self._store(row, decision)

    async def _store(self, row: Row, decision: Decision) -> Row | None:
        mine = {"id": row.id, "claimed_until": row.claimed_until}
        match decision:
            case Send():
                details = dict(decision.details)
                return ours(await self._outbox.decide(**mine, decision=decision.decision, details=details))
            case Drop():
                ours(await self._outbox.end(id=row.id, state="dropped", decision=None, error=None))
            case Defer() if row.state == "deferred" or "attempts" not in decision.details:
                details = dict(decision.details)
                ours(await self._outbox.defer(**mine, until=decision.until, details=details))
            case Defer():
                attempts = list(decision.details["attempts"])
                merge = {"new_id": new_id(), "until": decision.until, "attempts": attempts}
                ours(await self._outbox.merge(**mine, **merge, most=MOST_ATTEMPTS))
                await self._outbox.end(id=row.id, state="dropped", decision="deferred", error=None)
        return None

    async def _rendered(self, row: Row) -> Letter | None:
        letter = await self._kinds[row.kind].render(self._site, row)
        if letter is None:
            await self._outbox.end(id=row.id, state="dropped", decision=None, error=None)
        return letter
