"""Documents for paper: typst makes a PDF of a template and of data in JSON, in a process of its own.

The one place that knows typst. What people typed reaches it as data alone, never as a part of its source. Every PDF is
PDF/UA-1 (tagged, with title, language and headings), and that standard refuses letters for which there is no font:
nothing is ever shown as an empty box unnoticed. Fonts: typst's own, then whatever this machine has.

Run as a program it is that process: by its path, so that it loads no more than it needs.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
import unicodedata
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

MEMORY = 3 << 30  # bytes of address space, of which 20,000 names take a sixth
SECONDS = 300
OUTPUT = "document.pdf"
_UNSHOWN = re.compile(r'the text `"((?:[^"\\]|\\.)+)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")
UNSEEN = ("Cc", "Cf", "Cs")
"""Categories of characters that never have a shape of their own."""
_PROBE = """#set document(title: "-")
#for one in json("letters.json") { par(one) }
"""


_one_by_one = asyncio.Semaphore(1)
"""Of this process: one needs half a gigabyte at most, four would need two."""


class Unshown(Exception):
    """No font has these characters."""

    def __init__(self, characters: set[str]) -> None:
        super().__init__(f"{len(characters)} characters")
        self.characters = characters


class Unfinished(Exception):
    """The document could not be made; the text says why, for the log."""


async def unshown(characters: Iterable[str], folder: Path) -> set[str]:
    """Which of these no font has. `folder`: an empty place of its own."""
    asked = sorted(
        one for one in set(characters) if ord(one) > 126 and unicodedata.category(one) not in UNSEEN
    )
    if not asked:
        return set()
    (folder / "letters.json").write_text(json.dumps(asked))
    (folder / "probe.typ").write_text(_PROBE)
    try:
        await _run(folder, "probe.typ")
    except Unshown as error:
        return error.characters
    return set()


async def typeset(template: Path, folder: Path) -> Path:
    """The PDF of a template and of the JSON files that it reads from `folder`, in that folder.

    One process of the lowest priority, with bounds for memory and time; it ends with whoever waits for it.
    Raises Unshown, Unfinished.
    """
    shutil.copyfile(template, folder / template.name)
    await _run(folder, template.name)
    return folder / OUTPUT


async def _run(folder: Path, name: str) -> None:
    line = (sys.executable, "-I", __file__, name)
    async with _one_by_one:
        await _finish(line, folder)


async def _finish(line: tuple[str, ...], folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *line, cwd=folder, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(SECONDS):
            told, _ = await process.communicate()
    except TimeoutError:
        raise Unfinished(f"more than {SECONDS} seconds") from None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode == 0:
        return
    reason = told.decode(errors="replace")
    found = {_plain(text) for text in _UNSHOWN.findall(reason)}
    if found:
        raise Unshown({one for text in found for one in text if not " " <= one <= "~"})
    raise Unfinished(reason[:500] or f"typst ended with {process.returncode}")


def _plain(text: str) -> str:
    """As it was before Rust wrote it for programmers."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)


def _main(name: str) -> None:
    """In the process: make it of what lies here."""
    import os
    import resource
    import signal

    import typst

    os.nice(10)
    signal.alarm(SECONDS)  # whoever waits may have been killed, and ends nobody then
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        typst.compile(name, output=OUTPUT, root=".", pdf_standards="ua-1")
    except typst.TypstError as error:
        sys.stdout.write(error.diagnostic or str(error))
        sys.exit(1)


if __name__ == "__main__":
    _main(sys.argv[1])
