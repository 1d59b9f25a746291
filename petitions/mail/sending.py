"""One letter's way out: in its turn, under a lease that lasts, and what becomes of it when it is not taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb

import structlog

from petitions.errors import DatabaseGone
from petitions.mail import hourly
from petitions.mail.kept import KeptLetters
from petitions.mail.letters import Letter, LetterKind
from petitions.mail.pacing import Pauses
from petitions.mail.smtp import UNCERTAIN, NotTaken, Transport
from petitions.site import Site
from petitions.storage.store import Row

MOST_TRIES = 15  # about three days of the letter's own back-off
RENEW = 60  # seconds after which the lease of a letter on its way is made whole again

log = structlog.get_logger("petitions.mail")


class Lost(Exception):
    """The letter is no longer ours: its lease ran out or it was taken back. Rolls a decision back."""


@dataclass
class _Lease:
    """A letter on its way: the row as it was renewed last."""

    row: Row


class Sender:
    """How one worker's letters leave. `pace`: that of MAIL_PER_HOUR, None without."""

    def __init__(
        self,
        site: Site,
        kinds: Mapping[str, LetterKind],
        way: Transport | KeptLetters,
        *,
        renew: float = RENEW,
    ) -> None:
        self.pace = hourly.pace(site.settings.mail_per_hour)
        self.pauses = Pauses(30, 600)
        self._site = site
        self._outbox = site.store.outbox
        self._kinds = kinds
        self._way = way
        self._tried: set[str] = set()  # doubted domains that a letter is on its way to
        self._renew = renew

    async def send(self, row: Row, letter: Letter) -> None:
        """All connections are for any domain, because they all lead to the one server that SMTP_URL names. But where
        a domain said "later", or nothing, one careful try at a time: the others don't wait here for its end, where
        they would be in the way of those for other domains."""
        domain = letter.to.rpartition("@")[2].lower()
        async with self._way.place():
            rest = max(self.pauses.left(domain), self.pauses.left(_from(letter)))
            if domain in self._tried:
                rest = max(rest, self.pauses.first)
            if rest:
                await self._give_back(row, rest)
                return
            careful = {domain} if self.pauses.doubted(domain) else set()
            self._tried |= careful
            try:
                await self._hand_over(row, letter, domain)
            finally:
                self._tried -= careful

    async def _hand_over(self, row: Row, letter: Letter, domain: str) -> None:
        """With a whole lease: it may have waited here for so long that it is another worker's by now."""
        mine = ours(await self._outbox.renew(id=row.id, claimed_until=row.claimed_until))
        if self.pace and not await hourly.take(self._site, self.pace, row.priority):
            await self._give_back(mine, 0)
            return
        lease = _Lease(mine)
        try:
            async with self._kept(lease):
                await self._way.send(letter, mine.id)
        except NotTaken as error:
            await self._not_taken(lease.row, letter, domain, error)
        except DatabaseGone:
            raise
        except Exception as error:
            await self.stumbled(lease.row, error)
        else:
            self.pauses.clear(domain)
            self.pauses.clear(_from(letter))
            await self._sent(lease.row)

    @asynccontextmanager
    async def _kept(self, lease: _Lease) -> AsyncIterator[None]:
        """A server may take ten minutes for its last answer: the letter stays ours for as long as we are here."""
        over = asyncio.Event()
        keeper = asyncio.create_task(self._keep(lease, over))
        try:
            yield
        finally:
            over.set()
            await keeper

    async def _keep(self, lease: _Lease, over: asyncio.Event) -> None:
        while not over.is_set():
            try:
                await asyncio.wait_for(over.wait(), self._renew)
            except TimeoutError:
                with suppress(Exception):  # the letter is on its way: nothing here may undo that
                    row = lease.row
                    renewed = await self._outbox.renew(id=row.id, claimed_until=row.claimed_until)
                    lease.row = renewed or row

    async def _not_taken(self, row: Row, letter: Letter, domain: str, error: NotTaken) -> None:
        if error.whose != "server":  # that is told once, not for each letter
            log.info("letter not taken", id=str(row.id), kind=row.kind, code=error.code, whose=error.whose)
        match error.whose:
            case "server":
                if self.pace:
                    await hourly.give_back(self._site, self.pace)
                await self._give_back(row, 0)
            case "sender":
                self.pauses.strike(_from(letter))
                await self._give_back(row, self.pauses.left(_from(letter)))
            case "for ever":
                await self._outbox.end(id=row.id, state="failed", decision=None, error=error.code)
            case "domain" | "letter":
                if error.whose == "domain":
                    self.pauses.strike(domain)
                if error.code == row.error == UNCERTAIN:  # it may have come twice by now: never a third time
                    await self._sent(row, UNCERTAIN)
                else:
                    await self._postpone(row, error.code)

    async def _sent(self, row: Row, error: str | None = None) -> None:
        """The server has it: whatever fails from here on must not send it again."""
        hook = self._kinds[row.kind].sent
        if hook is None:
            await self._outbox.end(id=row.id, state="sent", decision=None, error=error)
            return
        try:
            async with self._site.store.transaction():
                ended = await self._outbox.end(id=row.id, state="sent", decision=None, error=error)
                if ended:
                    await hook(self._site, row)
        except DatabaseGone:
            raise
        except Exception as mistake:
            log.error(
                "letter sent, but not noted by its room", id=str(row.id), kind=row.kind, **_told(mistake)
            )
            name = type(mistake).__name__
            await self._outbox.end(id=row.id, state="sent", decision=None, error=name)

    async def stumbled(self, row: Row, error: Exception) -> None:
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


def ours(row: Row | None) -> Row:
    """The row of a letter that is this worker's still. Raises Lost."""
    if not row:
        raise Lost
    return row


def _told(error: Exception) -> dict[str, str]:
    """What failed and where; its message and the values around it may be personal."""
    places = [f"{Path(one.filename).name}:{one.lineno}" for one in extract_tb(error.__traceback__)[-3:]]
    return {"error": type(error).__name__, "where": " > ".join(places)}


def _from(letter: Letter) -> tuple[str, str]:
    return ("from", letter.sender)
