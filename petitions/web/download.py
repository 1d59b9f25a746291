"""A file that is made while it is sent: of any size in flat memory, as slowly as its reader takes it, not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from petitions.web.headers import SANDBOXED
from petitions.web.page import NO_STORE

STALL = 60.0  # seconds for which the reader may take nothing


async def download(
    chunks: AsyncGenerator[bytes, None], *, filename: str, type: str, stall: float = STALL
) -> Response:
    """An attachment of these chunks. Its first one is awaited here: what is refused before it can still be a page.

    `filename`: ours, plain ASCII. The generator is closed whatever happens. Raises what it raises.
    """
    try:
        first = await anext(chunks, b"")
    except BaseException:
        await chunks.aclose()
        raise
    return _Download(first, chunks, filename, type, stall)


class _Download(Response):
    """What breaks in the midst cuts the connection, so that nobody takes half a list for a whole one."""

    def __init__(
        self, first: bytes, chunks: AsyncGenerator[bytes, None], filename: str, type: str, stall: float
    ) -> None:
        self.status_code, self.background = 200, None
        self.init_headers(
            {
                "Content-Type": type,
                "Content-Disposition": f'attachment; filename="{filename}"',
                "Content-Security-Policy": SANDBOXED,
                "X-Accel-Buffering": "no",  # nginx would fill its disk, and we would think it had arrived
                **NO_STORE,
            }
        )
        self._first, self._chunks, self._stall = first, chunks, stall

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._sent(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
            leaving.cancel()
            await asyncio.wait({sending, leaving})
        if sending.cancelled():
            raise ClientDisconnect
        try:
            sending.result()
        except TimeoutError:
            if line := scope.get("state", {}).get("line"):
                line.cut()
            raise ClientDisconnect from None

    async def _sent(self, send: Send) -> None:
        async with aclosing(self._chunks):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._give(send, self._first)
            async for chunk in self._chunks:
                await self._give(send, chunk)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _give(self, send: Send, chunk: bytes) -> None:
        """Raises TimeoutError: the reader takes nothing."""
        if chunk:
            async with asyncio.timeout(self._stall):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
