"""The ears: whatever happens to their connection, they dial again."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from petitions.storage.listening import Listener

READY = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"


# asyncpg's own, of a connection that broke off while it was made
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_server_that_talks_nonsense_does_not_silence_them_for_ever() -> None:
    dialled, heard = asyncio.Queue[None](), []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dialled.put_nowait(None)
        await reader.read(1000)
        writer.write(b"N")  # no TLS
        await reader.read(1000)
        writer.write(READY)  # without a word about its version
        await reader.read(1000)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    listener = Listener(f"postgresql://petitions@127.0.0.1:{port}/petitions", {}, heard.append)
    running = asyncio.create_task(listener.run())
    try:
        for _ in range(2):
            await asyncio.wait_for(dialled.get(), 20)
        assert not running.done()
        assert set(heard) == {False}
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        server.close()
