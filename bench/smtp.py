"""Both ends of SMTP at their barest: a loop that sends prepared bytes, and a sink for machines without postfix."""

import asyncio
import signal
import sys
import time
from typing import Any

import uvloop
from aiosmtplib import SMTP

from petitions.mail.smtp import CONNECTIONS


def send(port: int, content: bytes, count: int) -> float:
    """So many letters over as many connections as ours; how many a second."""
    return uvloop.run(_send(port, content, count))


async def _send(port: int, content: bytes, count: int) -> float:
    numbers = iter(range(count))
    clients = [SMTP(hostname="127.0.0.1", port=port, start_tls=False) for _ in range(CONNECTIONS)]
    for client in clients:
        await client.connect()

    async def hand(client: SMTP) -> None:
        for _ in numbers:
            await client.sendmail("petitions@example.org", ["ada@example.org"], content)

    began = time.perf_counter()
    await asyncio.gather(*(hand(client) for client in clients))
    took = time.perf_counter() - began
    await asyncio.gather(*(client.quit() for client in clients))
    return count / took


class Sunk(asyncio.Protocol):
    """One connection of the sink."""

    letters = 0

    def connection_made(self, transport: Any) -> None:
        self.transport, self.received, self.in_data = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self.received += data
        while True:
            part, found, rest = self.received.partition(b"\r\n.\r\n" if self.in_data else b"\r\n")
            if not found:
                return
            self.received = rest
            self.answer(part)

    def answer(self, part: bytes) -> None:
        if self.in_data:
            Sunk.letters += 1
            self.in_data = False
        else:
            self.in_data = part.upper() == b"DATA"
        quits = part.upper() == b"QUIT"
        self.transport.write(
            b"354 go on\r\n" if self.in_data else b"221 bye\r\n" if quits else b"250 sink\r\n"
        )
        if quits:
            self.transport.close()


async def main(port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(Sunk, "127.0.0.1", port)
    await stop.wait()
    server.close()
    print(f"mesg={Sunk.letters}", flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
