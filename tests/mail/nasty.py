"""A mail server that does, at each step of the conversation once, what a test tells it: hang, cut, babble."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

STEPS = ("banner", "ehlo", "mail", "rcpt", "data", "middle", "dot")
_GOOD = {
    "banner": "220 hello",
    "ehlo": "250 hello",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go on",
    "dot": "250 taken",
}


class Nasty:
    """`tricks`: step → what happens there, once: "hang", "drop", "endless", "slow" (0.5 s), or bytes to say.
    `letters`: the Message-IDs that were received whole; `drip`: seconds between the bytes of all answers."""

    def __init__(self, **tricks: str | bytes) -> None:
        self.tricks: dict[str, str | bytes] = dict(tricks)
        self.letters: list[str] = []
        self.commands: list[str] = []
        self.drip = 0.0
        self.port = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?tls=none"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Nasty]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(writer, "banner")
            while line := await reader.readline():
                word = line[:4].decode().strip().lower()
                self.commands.append(word)
                if word in ("quit", "rset"):
                    await self._say(writer, b"250 ok")
                    continue
                await self._answer(writer, word)
                if word == "data":
                    await self._take(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        if "middle" in self.tricks:
            await self._answer(writer, "middle")
        head = await reader.readuntil(b"\r\n.\r\n")
        found = re.search(rb"(?i)message-id: (\S+)", head)
        assert found
        if self.tricks.get("dot") in (None, "hang", "drop", "slow"):  # it has the letter
            self.letters.append(found[1].decode())
        await self._answer(writer, "dot")

    async def _answer(self, writer: asyncio.StreamWriter, step: str) -> None:
        trick = self.tricks.pop(step, None)
        if trick == "hang":
            await asyncio.sleep(3600)
        if trick == "drop":
            writer.transport.abort()
            raise ConnectionResetError
        if trick == "slow":
            await asyncio.sleep(0.5)
        if trick == "endless":
            while True:
                await self._say(writer, b"250-and another thing")
        if isinstance(trick, bytes):
            await self._say(writer, trick)
            if trick.startswith(b"421"):
                raise ConnectionResetError
            return
        await self._say(writer, _GOOD[step].encode())

    async def _say(self, writer: asyncio.StreamWriter, text: bytes) -> None:
        data = text + b"\r\n"
        if not self.drip:
            writer.write(data)
        else:
            for n in range(len(data)):
                writer.write(data[n : n + 1])
                await asyncio.sleep(self.drip)
        await writer.drain()
