"""The worker's loop: claim letters, decide once, render, hand over, forget. Any number of workers side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from traceback import extract_tb

import structlog

from petitions.errors import DatabaseGone
from petitions.ids import new_id
from petitions.mail.letters import Decision, Defer, Drop, Letter, LetterKind, Send
from petitions.mail.pacing import Pauses, Places
from petitions.mail.smtp import KeptLetters, NotTaken, Transport, transport
from petitions.site import Site
from petitions.storage.store import Row

IDLE = 0.2  # seconds between two looks at an empty outbox
IN_HAND = 16  # letters claimed at a time
PER_DOMAIN = 2  # of them on their way to one domain
GRACE = 10  # seconds for letters on their way when the worker stops
KEPT_DAYS = 30  # a letter's row, without anything personal, after it has ended
MOST_TRIES = 15  # about three days of the letter's own back-off
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


class _Lost(Exception):
    """The letter is no longer ours: its lease ran out or it was taken back. Rolls the decision back."""


class Work:
    """One worker."""

    def __init__(self, site: Site, kinds: Mapping[str, LetterKind], way: Transport | KeptLetters) -> None:
        self._site = site
        self._outbox = site.store.outbox
        self._kinds = kinds
        self._way = way
        self._hands: set[asyncio.Task[None]] = set()
        self._busy = False  # letters are leaving: claim several at a time
        self._places = Places(PER_DOMAIN)
        self._pauses = Pauses(30, 600)

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
            rows: list[Row] = await self._outbox.claim(kinds=list(self._kinds), most=room)
        except DatabaseGone:
            log.warning("the database does not answer")
            await asyncio.sleep(1)
            return []
        return rows

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
            decided = await self._decided(row)
            if decided:
                await self._render_and_send(decided)
        except _Lost:
            log.info("letter taken back", id=str(row.id), kind=row.kind)
        except DatabaseGone:
            log.warning("the database went away", id=str(row.id), kind=row.kind)
        except Exception as error:
            await self._stumbled(row, error)

    async def _decided(self, row: Row) -> Row | None:
        """The row as decided, in one transaction with everything that the decision spends or changes."""
        if row.decision is not None and row.state == "waiting":
            return row
        async with self._site.store.transaction():
            if row.address_key is not None:
                await self._outbox.take_turn(address_key=row.address_key)
            if row.state == "deferred":  # others may have merged attempts into it since it was claimed
                row = _ours(await self._outbox.hold(id=row.id, claimed_until=row.claimed_until))
            decision = await self._kinds[row.kind].decide(self._site, row)
            return await self._store(row, decision)

    async def _store(self, row: Row, decision: Decision) -> Row | None:
        ours = {"id": row.id, "claimed_until": row.claimed_until}
        match decision:
            case Send():
                details = dict(decision.details)
                return _ours(await self._outbox.decide(**ours, decision=decision.decision, details=details))
            case Drop():
                _ours(await self._outbox.end(id=row.id, state="dropped", decision=None, error=None))
            case Defer() if row.state == "deferred" or row.address_key is None:
                details = dict(decision.details)
                _ours(await self._outbox.defer(**ours, until=decision.until, details=details))
            case Defer():
                attempts = list(decision.details.get("attempts", []))
                merge = {"new_id": new_id(), "until": decision.until, "attempts": attempts}
                _ours(await self._outbox.merge(**ours, **merge, most=MOST_ATTEMPTS))
                await self._outbox.end(id=row.id, state="dropped", decision="deferred", error=None)
        return None

    async def _render_and_send(self, row: Row) -> None:
        letter = await self._kinds[row.kind].render(self._site, row)
        if letter is None:
            await self._outbox.end(id=row.id, state="dropped", decision=None, error=None)
            return
        domain = letter.to.rpartition("@")[2].lower()
        async with self._places.one(domain):
            rest = max(self._pauses.left(domain), self._pauses.left(_from(letter)))
            if rest:
                await self._give_back(row, rest)
            else:
                await self._hand_over(row, letter, domain)

    async def _hand_over(self, row: Row, letter: Letter, domain: str) -> None:
        """With a whole lease: it may have waited here for so long that it is another worker's by now."""
        async with self._way.place():
            ours = await self._outbox.renew(id=row.id, claimed_until=row.claimed_until)
            if ours is None:
                log.info("letter taken back", id=str(row.id), kind=row.kind)
                return
            taken = await self._taken(ours, letter, domain)
        if taken:
            self._pauses.clear(domain)
            self._pauses.clear(_from(letter))
            await self._sent(ours)

    async def _taken(self, row: Row, letter: Letter, domain: str) -> bool:
        """Whether the server has it now; where not, the letter waits or has ended."""
        try:
            await self._way.send(letter, row.id)
        except NotTaken as error:
            await self._not_taken(row, letter, domain, error)
        except DatabaseGone:
            raise
        except Exception as error:
            await self._stumbled(row, error)
        else:
            return True
        return False

    async def _not_taken(self, row: Row, letter: Letter, domain: str, error: NotTaken) -> None:
        if error.whose != "server":  # that is told once, not for each letter
            log.info("letter not taken", id=str(row.id), kind=row.kind, code=error.code, whose=error.whose)
        match error.whose:
            case "server":
                await self._give_back(row, 0)
            case "sender":
                self._pauses.strike(_from(letter))
                await self._give_back(row, self._pauses.left(_from(letter)))
            case "for ever":
                await self._outbox.end(id=row.id, state="failed", decision=None, error=error.code)
            case "domain":
                self._pauses.strike(domain)
                await self._postpone(row, error.code)
            case "letter":
                await self._postpone(row, error.code)

    async def _sent(self, row: Row) -> None:
        """The server has it: whatever fails from here on must not send it again."""
        hook = self._kinds[row.kind].sent
        if hook is None:
            await self._outbox.end(id=row.id, state="sent", decision=None, error=None)
            return
        try:
            async with self._site.store.transaction():
                ended = await self._outbox.end(id=row.id, state="sent", decision=None, error=None)
                if ended:
                    await hook(self._site, row)
        except DatabaseGone:
            raise
        except Exception as error:
            log.error("letter sent, but not noted by its room", id=str(row.id), kind=row.kind, **_told(error))
            name = type(error).__name__
            await self._outbox.end(id=row.id, state="sent", decision=None, error=name)

    async def _stumbled(self, row: Row, error: Exception) -> None:
        """A room's mistake, or ours: the other letters go on."""
        log.error("letter could not be made", id=str(row.id), kind=row.kind, **_told(error))
        await self._postpone(row, type(error).__name__)

    async def _postpone(self, row: Row, error: str) -> None:
        try:
            await self._outbox.postpone(
                id=row.id, claimed_until=row.claimed_until, error=error, most=MOST_TRIES
            )
        except DatabaseGone:
            log.warning("the database went away", id=str(row.id), kind=row.kind)

    async def _give_back(self, row: Row, seconds: float) -> None:
        await self._outbox.give_back(ids=[row.id], claimed_until=row.claimed_until, seconds=seconds)


def _told(error: Exception) -> dict[str, str]:
    """What failed and where; its message and the values around it may be personal."""
    places = [f"{Path(one.filename).name}:{one.lineno}" for one in extract_tb(error.__traceback__)[-3:]]
    return {"error": type(error).__name__, "where": " > ".join(places)}


def _from(letter: Letter) -> tuple[str, str]:
    return ("from", letter.sender)


def _ours(row: Row | None) -> Row:
    if not row:
        raise _Lost
    return row
