"""The live count of open statements: who watches which in this process, and one query for all of them.

docs/decisions/0016 says why like this.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import Response

from petitions.changes import Changes
from petitions.errors import DatabaseGone
from petitions.front.count import public_facts
from petitions.logs import describe
from petitions.site import Site
from petitions.statements import actions as statements
from petitions.throttle import networks_of
from petitions.web.events import HEADERS, Event, EventStream, event
from petitions.web.guard import client_ip
from petitions.web.page import NO_STORE
from petitions.web.protocol import PatientProtocol

PAUSE = 0.25  # seconds between two events of a statement
AGAIN = 5.0  # seconds until the next try where the database did not tell
log = structlog.get_logger()


async def live(request: Request) -> Response:
    """The count as events, the newest at once. 204, after which browsers ask no more, where there is nothing
    to wait for or no place left: `count.json` tells as well."""
    row = await statements.find(request.app.state.site, request.path_params["statement"])
    await request.body()  # had to arrive in time
    if request.method == "HEAD":
        return Response(headers=HEADERS)
    hub: Hub | None = getattr(request.app.state, "live", None)
    line: PatientProtocol | None = getattr(request.state, "line", None)
    if hub is None or line is None or not row.is_open:
        return Response(status_code=204, headers=NO_STORE)
    stream = hub.seat(row.id, networks_of(client_ip(request))[0], line)
    if stream is None:
        return Response(status_code=204, headers=NO_STORE)
    await hub.greet(row.id, stream, request.headers.get("last-event-id"))
    return stream


class _Audience:
    """The readers of one statement's count."""

    def __init__(self) -> None:
        self.streams: set[EventStream] = set()
        self.stale = False
        self.teller: asyncio.Task[None] | None = None


class Hub:
    """All the open streams of this process; `open` says how many."""

    def __init__(self, site: Site, changes: Changes) -> None:
        self._site = site
        self._audiences: dict[UUID, _Audience] = {}
        self._seats: Counter[str] = Counter()
        self.open = 0
        changes.tell(self.hear, lambda: set(self._audiences))

    def seat(self, statement_id: UUID, network: str, line: PatientProtocol) -> EventStream | None:
        """A stream for one reader of this network; None: as many as there may be are open."""
        settings = self._site.settings
        if self.open >= settings.live_streams or self._seats[network] >= settings.live_per_ip:
            return None
        stream = EventStream(line, lambda: self._leave(statement_id, network, stream))
        self.open += 1
        self._seats[network] += 1
        self._audiences.setdefault(statement_id, _Audience()).streams.add(stream)
        return stream

    async def greet(self, statement_id: UUID, stream: EventStream, last: str | None) -> None:
        """Tell the newest, unless it is the `last` that the reader had. Raises DatabaseGone; the seat is free
        again then."""
        try:
            newest = await self._newest(statement_id)
        except BaseException:
            stream.left()
            raise
        if newest is None:
            stream.end()
        else:
            stream.put(newest, known=last == str(newest.revision))

    def hear(self, statement_id: UUID | None) -> None:
        """The count of this statement may have changed; None: any may have."""
        for id in self._audiences.keys() if statement_id is None else {statement_id} & self._audiences.keys():
            audience = self._audiences[id]
            audience.stale = True
            audience.teller = audience.teller or asyncio.create_task(self._tell(id, audience))

    async def _tell(self, statement_id: UUID, audience: _Audience) -> None:
        """Until all of them have the newest, or are gone."""
        while audience.stale and audience.streams:
            audience.stale = False
            try:
                newest = await self._newest(statement_id)
            except Exception as error:  # readers keep what they have
                if not isinstance(error, DatabaseGone):
                    log.error("live count failed", **describe(error))
                audience.stale = True
                await asyncio.sleep(AGAIN)
                continue
            for stream in tuple(audience.streams):
                if newest is None:
                    stream.end()
                else:
                    stream.put(newest)
            await asyncio.sleep(PAUSE)
        audience.teller = None

    async def _newest(self, statement_id: UUID) -> Event | None:
        """The count as it is now; None: the statement is not open any more. Raises DatabaseGone."""

        async def make() -> tuple[UUID, Event | None]:
            row: Any = await self._site.store.front.find_live(statement_id=statement_id)
            return statement_id, row and event(row.revision, public_facts(row, row))

        newest: Event | None = await self._site.shelf.get(("live", statement_id), make)
        return newest

    def _leave(self, statement_id: UUID, network: str, stream: EventStream) -> None:
        self.open -= 1
        self._seats -= Counter([network])  # those at zero go
        audience = self._audiences[statement_id]
        audience.streams.discard(stream)
        if not audience.streams:
            del self._audiences[statement_id]
