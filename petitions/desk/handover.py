"""The hand-over document: statement, counts, organisations and the names of those who agreed, as PDF.

Everything in it is of one moment. Names wait on the disk; each volume of 20,000 is set by a process of its own, so that
memory stays bounded however many signed; several volumes come as one ZIP file (docs/decisions/0037).
"""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import structlog

from petitions.desk.handover_text import Facts, Json, Writer, line, named
from petitions.errors import N_, Refused
from petitions.folders import TEMPLATES
from petitions.organisations import KINDS
from petitions.organisers.exporting import PIECE, Taken, Taking, noted, waiting
from petitions.site import Site
from petitions.storage.store import Row
from petitions.typeset import Unfinished, Unshown, typeset, unshown

VOLUME = 20_000  # names
BATCH = 5_000  # names at a time out of the database
MOST_BODIES = 100_000
UNSHOWN = "[?]"
FORMATS = ("pdf", "zip")
TEMPLATE = TEMPLATES / "handover" / "document.typ"
_DRAFT = N_("“%(slug)s” is a draft: there is nothing to hand over yet.")
_FAILED = N_("The document could not be made. The reason stands in the log of the site; nothing was taken.")
log = structlog.get_logger()


class Gathered(NamedTuple):
    """`files`: of each version a file with a line of JSON for each name; `letters`: all that is written anywhere."""

    facts: Facts
    files: list[tuple[Row, Path]]
    names: int
    letters: set[str]


async def number(site: Site, statement: Row) -> Json:
    """`rows`: how many would be named; `people`, `bodies`: how many are counted; `volumes`."""
    counts = await site.store.export.handover_counts(statement_id=statement.id)
    public = await site.store.tally.public(statement_id=statement.id)
    names = sum(row.people - row.erased - row.unlisted for row in counts) if named(statement) else 0
    people = sum(row.people for row in counts)
    return {"rows": names, "people": people, "bodies": public.organisations, "volumes": -(-names // VOLUME)}


async def format_of(site: Site, statement: Row) -> str:
    """What the document comes as: one PDF, or volumes in a ZIP file. Raises Refused: a draft has none."""
    if statement.state == "draft":
        raise Refused(_DRAFT, slug=statement.slug)
    return "zip" if (await number(site, statement))["volumes"] > 1 else "pdf"


def document(
    site: Site,
    statement: Row,
    taken: Taken,
    *,
    actor: str,
    format: str,
    folder: Path | None = None,
    size: int = VOLUME,
) -> AsyncGenerator[bytes, None]:
    """The document in chunks, noted as an export. `format`: as `format_of` says it; `folder`: where it waits;
    `size`: names of a volume, where there are several.

    Errors and use: as of `exporting.noted`; Refused also where it can't be made."""
    taking = Taking("handover", format, list(statement.handover_fields) if named(statement) else [])
    file = _made(site, statement, taken, format, folder, size)
    return noted(site, statement, taking, taken, file, actor=actor, formats=FORMATS)


async def _made(
    site: Site, statement: Row, taken: Taken, format: str, folder: Path | None, size: int
) -> AsyncGenerator[bytes, None]:
    with waiting(folder) as place:
        writer = Writer(site, statement)
        gathered = await _gather(site, statement, writer, place, taken)
        gone = await unshown(gathered.letters, place)
        volumes = max(1, -(-gathered.names // size)) if format == "zip" else 1
        books = _volumes(writer, gathered, volumes, size, gone)
        out, volume = _Zip() if format == "zip" else None, 0
        while book := await asyncio.to_thread(next, books, None):
            volume += 1
            pdf = await _set(place, *book, gone)
            for piece in _pieces(pdf):
                yield out.add(f"{statement.slug}-{volume}.pdf", piece) if out else piece
            taken.so_far = min(volume * size, gathered.names)
        if out:
            yield out.end()
        taken.rows = gathered.names


async def _gather(site: Site, statement: Row, writer: Writer, place: Path, taken: Taken) -> Gathered:
    """All of it, as the database has it at one moment."""
    labels = {field["name"]: field for field in statement.fields}
    files, letters, names = [], set[str](), 0
    async with site.store.copy_out():
        facts = await _facts(site, statement)
        for row in facts.counts if named(statement) else ():
            path = place / f"names-{row.version}.jsonl"
            with path.open("w") as file:
                async for batch in _names(site, statement, row.version):
                    lines = [json.dumps(line(statement, one, labels), ensure_ascii=False) for one in batch]
                    text = "\n".join(lines) + "\n"
                    letters.update(text)
                    file.write(text)
                    names += len(lines)
                    taken.read += len(text)
            files.append((row, path))
    letters.update(json.dumps(writer.document(facts, 1, 1), ensure_ascii=False))
    return Gathered(facts, files, names, letters)


async def _facts(site: Site, statement: Row) -> Facts:
    store, where = site.store, {"statement_id": statement.id}
    bodies = await store.listing.list_page(
        **where,
        kinds=list(KINDS),
        kind=None,
        below=None,
        pattern=None,
        plain=None,
        code=None,
        most=MOST_BODIES,
        skip=0,
    )
    return Facts(
        moment=await store.export.now(),
        notes=await store.statements.list_notes(**where),
        counts=await store.export.handover_counts(**where),
        bodies=bodies,
        members=await store.listing.find_members(**where),
        invalidations=await store.export.handover_invalidations(**where),
    )


async def _names(site: Site, statement: Row, version: int) -> AsyncGenerator[Sequence[Row], None]:
    after = 0
    while True:
        rows = await site.store.export.handover_names(
            statement_id=statement.id, version=version, after=after, most=BATCH
        )
        if not rows:
            return
        yield rows
        after = rows[-1].number


def _volumes(
    writer: Writer, gathered: Gathered, volumes: int, size: int, gone: set[str]
) -> Iterator[tuple[Json, list[Json]]]:
    """Of each volume the document and its lists of names: all of them, or `size` where there are several."""
    lists: list[Json] = []
    filled, volume = 0, 1
    for row, name in _lines(gathered.files):
        if filled == size and volume < volumes:
            yield writer.document(gathered.facts, volume, volumes), _noted(writer, lists, gone)
            lists, filled, volume = [], 0, volume + 1
        heading = writer.heading(row)
        if not lists or lists[-1]["heading"] != heading:
            lists.append({"heading": heading, "columns": writer.columns, "names": []})
        lists[-1]["names"].append(name)
        filled += 1
    yield writer.document(gathered.facts, volume, volumes), _noted(writer, lists, gone)


def _lines(files: Iterable[tuple[Row, Path]]) -> Iterator[tuple[Row, list[Any]]]:
    for row, path in files:
        with path.open() as file:
            for text in file:
                yield row, json.loads(text)


def _noted(writer: Writer, lists: list[Json], gone: set[str]) -> list[Json]:
    """Each list with a note about the names that can't be printed."""
    for part in lists:
        numbers = [one[0] for one in part["names"] if not gone.isdisjoint("".join(one[1:]))] if gone else []
        part["note"] = writer.unshown(numbers) if numbers else ""
    return lists


async def _set(place: Path, data: Json, lists: list[Json], gone: set[str]) -> Path:
    """The PDF of a volume. Letters that turn out to be in no font only together are left out in a second try."""
    for _ in range(3):
        await asyncio.to_thread(_write, place, {"document": data, "names": lists}, gone)
        try:
            return await typeset(TEMPLATE, place)
        except Unshown as error:
            gone |= error.characters
        except Unfinished as error:
            log.error("the hand-over document failed", reason=str(error)[:200])
            raise Refused(_FAILED) from error
    raise Refused(_FAILED)


def _write(place: Path, files: Mapping[str, Any], gone: set[str]) -> None:
    for name, data in files.items():
        (place / f"{name}.json").write_text(json.dumps(fitted(data, gone), ensure_ascii=False))


def fitted(data: Any, gone: set[str]) -> Any:
    """The same data; what no font has is “[?]”, and never an empty box."""
    if not gone:
        return data
    if isinstance(data, str):
        if gone.isdisjoint(data):
            return data
        text = "".join("\0" if one in gone else one for one in data)
        while "\0\0" in text:
            text = text.replace("\0\0", "\0")
        return text.replace("\0", UNSHOWN)
    if isinstance(data, dict):
        return {name: fitted(one, gone) for name, one in data.items()}
    if isinstance(data, list | tuple):
        return [fitted(one, gone) for one in data]
    return data


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


class _Zip:
    """A ZIP file that grows: what was written since the last time is taken out of it."""

    def __init__(self) -> None:
        self._out = _Unseekable()
        self._zip = zipfile.ZipFile(self._out, "w", zipfile.ZIP_STORED)
        self._name = ""
        self._member: IO[bytes] | None = None

    def add(self, name: str, piece: bytes) -> bytes:
        """Some bytes more of this member."""
        if name != self._name:
            self._close()
            self._name, self._member = name, self._zip.open(name, "w", force_zip64=True)
        assert self._member is not None
        self._member.write(piece)
        return self._out.taken()

    def end(self) -> bytes:
        self._close()
        self._zip.close()
        return self._out.taken()

    def _close(self) -> None:
        if self._member is not None:
            self._member.close()


class _Unseekable(io.RawIOBase):
    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
