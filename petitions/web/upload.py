"""Reading a form that may bring files: streamed, so that a file never stands in memory as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser
from starlette.requests import ClientDisconnect, Request

from petitions.errors import BadRequest, TooLarge
from petitions.uploads import LARGEST_FILE, LOST, Upload
from petitions.web.body import MULTIPART, Collector, arrived, form_type, read_fields, read_form

LONGEST_FIELD = 100 * 1024  # bytes: the text of a motion has 20,000 characters at most
MOST_TEXT = 400 * 1024  # bytes of all answers
IN_MEMORY = 256 * 1024  # bytes of a file; what is more goes to the disk


async def read_upload(
    request: Request, names: Collection[str]
) -> tuple[list[tuple[str, str]], dict[str, Upload]]:
    """The answers in the order sent, and the files by the question's name; a question left empty has none. `names`: of
    the questions that take one.

    A failure page gives the answers back, with LOST for each file. Raises as `read_form`, and BadRequest for a file at
    a question that takes none, for a second one, or cut off.
    """
    kind, boundary = form_type(request)
    if kind != MULTIPART:
        return await read_form(request, LONGEST_FIELD), {}
    collector = _Uploads(names)
    try:
        await _feed(request, boundary, collector)
        fields = read_fields(collector.fields, LONGEST_FIELD)
        await arrived(request, with_lost(fields, collector.files))
    except BaseException:
        collector.close()
        raise
    return fields, collector.files


def with_lost(fields: Iterable[tuple[str, str]], files: Collection[str]) -> list[tuple[str, str]]:
    """What was typed, for a page that asks to send it again without these files, which can't be sent by it."""
    lost = {f"{name}_kept": LOST for name in files}
    return [*((name, value) for name, value in fields if name not in lost), *lost.items()]


async def _feed(request: Request, boundary: bytes, collector: Collector) -> None:
    if not boundary:
        raise BadRequest
    try:
        parser = MultipartParser(boundary, collector.callbacks())
        async for chunk in request.stream():
            parser.write(chunk)
        parser.finalize()
    except (FormParserError, ClientDisconnect):
        raise BadRequest from None
    if not collector.ended:
        raise BadRequest


class _Uploads(Collector):
    """Takes files as well, at the questions of these names."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(LONGEST_FIELD)
        self.files: dict[str, Upload] = {}
        self._names, self._seen = names, set[str]()
        self._open: Upload | None = None
        self._text = 0

    def close(self) -> None:
        for one in (*self.files.values(), *filter(None, [self._open])):
            one.file.close()

    def begin_part(self, name: bytes, filename: bytes | None) -> None:
        if filename is None:
            return
        question = name.decode(errors="replace")
        if question not in self._names or question in self._seen:
            raise BadRequest
        self._seen.add(question)
        shown = "".join(one if one.isprintable() else " " for one in filename.decode(errors="replace"))
        spooled = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        self._open = Upload(shown[:200], 0, cast(BinaryIO, spooled))

    def take(self, data: bytes) -> None:
        if self._open is None:
            self._text += len(data)
            if self._text > MOST_TEXT:
                raise TooLarge
            super().take(data)
            return
        room = LARGEST_FILE + 1 - self._open.size
        if room > 0:
            self._open.file.write(data[:room])
        self._open = self._open._replace(size=self._open.size + len(data))

    def end_part(self, name: bytes) -> None:
        if self._open is None:
            super().end_part(name)
            return
        done, self._open = self._open, None
        if done.filename or done.size:
            done.file.seek(0)
            self.files[name.decode()] = done
        else:  # what browsers send for a question left empty
            done.file.close()
