"""Pictures of every page at both widths, light and dark, taken on the tour that the tests make.

With a fresh demonstration running (`PETITIONS_DATA=/tmp/pictures ./run`):

    .venv/bin/python -m tests.browser.screenshots FOLDER [http://localhost:8000] [/public-buses]
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from tests.browser import chromium
from tests.browser.tour import tour


async def main(folder: Path, base: str, statement: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = chromium.find()
    if path is None:
        sys.exit("No Chromium found: name one in PETITIONS_TEST_BROWSER.")
    async with chromium.launched(path) as browser:
        async for stop in tour(browser, base, statement, lambda: asyncio.sleep(0.5)):
            name = re.sub(r"\W+", "-", stop.name)
            for width, scheme in chromium.LOOKS:
                await chromium.look(stop.page, width, scheme)
                await stop.page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
            print(name)


if __name__ == "__main__":
    given = sys.argv[1:]
    if not given:
        sys.exit(__doc__)
    defaults = ["", "http://localhost:8000", "/public-buses"]
    folder, base, statement = [*given, *defaults[len(given) :]]
    asyncio.run(main(Path(folder), base, statement))
