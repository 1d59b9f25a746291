"""LISTEN: a connection of its own that hears NOTIFY, and is made anew for as long as it is wanted."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress

import asyncpg
import structlog

log = structlog.get_logger()
Hear = Callable[[str], None]


class Listener:
    """`channels`: what to call with the payload. `switch` is called with True whenever it begins to hear and
    False whenever it no longer does: what was told in between is lost."""

    def __init__(self, url: str, channels: Mapping[str, Hear], switch: Callable[[bool], None]) -> None:
        self._url = url
        self._channels = channels
        self._switch = switch

    async def run(self) -> None:
        """Until cancelled. A dead database is dialled again, half a second doubling to ten, with jitter."""
        wait = 0.5
        while True:
            try:
                if await self._hear():
                    wait = 0.5
            except Exception as error:  # whatever asyncpg may raise: the ears must outlive it
                log.warning("not listening to the database", error=type(error).__name__)
            finally:
                self._switch(False)
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - jitter, no secret
            wait = min(wait * 2, 10)

    async def _hear(self) -> bool:
        """Listens until the connection ends; True: it was up."""
        connection = await asyncpg.connect(
            self._url,
            timeout=10,
            statement_cache_size=0,
            server_settings={"application_name": "petitions listens"},
        )
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            for channel, hear in self._channels.items():
                await connection.add_listener(channel, _payload(hear))
            self._switch(True)
            while not await _within(20, ended):  # a dead peer is noticed by asking
                await connection.execute("select 1", timeout=10)
            return True
        finally:
            connection.terminate()


def _payload(hear: Hear) -> Callable[..., None]:
    def heard(connection: object, pid: int, channel: str, payload: object) -> None:
        hear(str(payload))

    return heard


async def _within(seconds: float, event: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()
