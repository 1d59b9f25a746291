"""A worker that dies at the worst moment: the mail server has the letter, the database does not know it yet.

Run as a process of its own: python -m tests.mail.killed_worker DATABASE_URL SMTP_URL
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

from petitions.mail.delivery import deliver
from petitions.mail.letters import LetterKind
from petitions.settings import Settings
from petitions.site import Site, make_site
from tests.mail.conftest import plain, send


async def die(site: Site, row: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(database_url: str, smtp_url: str) -> None:
    site = make_site(
        Settings(
            database_url=database_url,
            secrets=("x" * 32,),
            address_key=b"x" * 32,
            base_url="http://localhost:8000",
            smtp_url=smtp_url,
        )
    )
    await site.store.open()
    await deliver(site, {"plain": LetterKind(decide=send, render=plain, sent=die)}, once=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
