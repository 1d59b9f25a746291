"""Pictures of every page at both widths, light and dark, taken on the tours that the tests make.

With a fresh demonstration running (`PETITIONS_DATA=/tmp/pictures ./run`), and the same setting:

    PETITIONS_DATA=/tmp/pictures .venv/bin/python -m tests.browser.screenshots FOLDER [http://localhost:8000]
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser

from tests.browser import chromium, tour_bodies, tour_desk
from tests.browser.tour import Stop, tour
from tests.files.made import PDF, picture

STATEMENT = "/public-buses"
MOTION = f"{STATEMENT}/motions/public-buses"


async def main(folder: Path, base: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = chromium.find()
    if path is None:
        sys.exit("No Chromium found: name one in PETITIONS_TEST_BROWSER.")
    async with chromium.launched(path) as browser:
        async for stop in _stops(browser, base):
            name = re.sub(r"\W+", "-", stop.name)
            for width, scheme in chromium.LOOKS:
                await chromium.look(stop.page, width, scheme)
                await stop.page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
            print(name)


async def _stops(browser: Browser, base: str) -> AsyncIterator[Stop]:
    async for stop in tour(browser, base, STATEMENT, _settle):
        yield stop
    with tempfile.TemporaryDirectory() as name:
        files = Path(name)
        (files / "minutes.pdf").write_bytes(PDF)
        (files / "logo.png").write_bytes(picture("PNG"))
        async for stop in tour_bodies.tour(browser, base, STATEMENT, MOTION, files, _settle, _ask):
            yield stop
    way_in = urlsplit(re.findall(r"http\S+", _petitions("organiser", "link", tour_desk.OWNER))[0]).path
    async for stop in tour_desk.tour(browser, base, STATEMENT, way_in, _settle):
        yield stop


async def _settle() -> None:
    await asyncio.sleep(0.5)


async def _ask(body: str, question: str) -> None:
    """What an organiser types."""
    row = next(row for row in json.loads(_petitions("endorsements", "list", "--json")) if row["name"] == body)
    _petitions("endorsements", "ask", row["id"], question)


def _petitions(*words: str) -> str:
    command = [sys.executable, "-m", "petitions", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    given = sys.argv[1:]
    if not given:
        sys.exit(__doc__)
    asyncio.run(main(Path(given[0]), given[1] if len(given) > 1 else "http://localhost:8000"))
