"""Reading a form: every field in order, as text. What can't be read is refused with a reason, never a 500."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from petitions.errors import BadRequest, TooLarge, WrongType

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

URLENCODED, MULTIPART = b"application/x-www-form-urlencoded", b"multipart/form-data"
MOST_FIELDS = 100
LONGEST_NAME = 200  # bytes
LONGEST_FIELD = 20 * 1024  # bytes


async def read_form(
    request: Request, longest: int = LONGEST_FIELD, most: int = MOST_FIELDS
) -> list[tuple[str, str]]:
    """The fields of a form in the order sent; a field may come twice. `longest`: bytes of a field; `most`: fields
    (multipart: never over 100).

    Raises WrongType (not a form), BadRequest (not readable: encoding, null bytes, files, a broken
    multipart), TooLarge (over 100 fields, 20 KB a field, or the body's limit), TooSlow.
    """
    kind, boundary = form_type(request)
    try:
        body = await request.body()
    except ClientDisconnect:
        raise BadRequest from None
    fields = read_fields(_parts(body, boundary) if kind == MULTIPART else _pairs(body), longest, most)
    await arrived(request, fields)
    return fields


def once_read(request: Request, check: Callable[[], Awaitable[object]]) -> None:
    """Whoever sends a form chooses when its last byte comes: what `check` raises then, reading the form raises."""
    request.state.once_read = check


async def arrived(request: Request, fields: list[tuple[str, str]]) -> None:
    """The form is here. A failure page gives its fields back: nothing typed is lost."""
    request.state.typed = fields
    check = getattr(request.state, "once_read", None)
    if check is not None:
        await check()


def form_type(request: Request) -> tuple[bytes, bytes]:
    """The type of a form's body, and the boundary of its parts. Raises WrongType."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind not in (URLENCODED, MULTIPART):
        raise WrongType
    return kind, options.get(b"boundary", b"")


def read_fields(
    pairs: Iterable[tuple[bytes, bytes]], longest: int, most: int = MOST_FIELDS
) -> list[tuple[str, str]]:
    """As text. Raises TooLarge, BadRequest."""
    fields: list[tuple[str, str]] = []
    for name, value in pairs:
        if len(fields) == most or len(name) > LONGEST_NAME or len(value) > longest:
            raise TooLarge
        fields.append((_text(name), _text(value)))
    return fields


def _text(data: bytes) -> str:
    """UTF-8 without null bytes, which no text of the database can hold; lines ended by a line feed."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise BadRequest from None
    if "\0" in text:
        raise BadRequest
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _pairs(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """As browsers have it: https://url.spec.whatwg.org/#urlencoded-parsing."""
    for piece in filter(None, body.split(b"&")):
        name, _, value = piece.replace(b"+", b" ").partition(b"=")
        yield (unquote_to_bytes(name), unquote_to_bytes(value)) if b"%" in piece else (name, value)


def _parts(body: bytes, boundary: bytes) -> list[tuple[bytes, bytes]]:
    """multipart/form-data (RFC 7578) of a form that sends no files."""
    collector = Collector()
    if not boundary:
        raise BadRequest
    try:
        parser = MultipartParser(boundary, collector.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise BadRequest from None
    if not collector.ended:
        raise BadRequest
    return collector.fields


class Collector:
    """What the multipart parser tells, piece by piece. `longest`: bytes of a field."""

    def __init__(self, longest: int = LONGEST_FIELD) -> None:
        self.fields: list[tuple[bytes, bytes]] = []
        self.ended = False
        self._longest = longest
        self._header = self._value = b""
        self._disposition = b""
        self._name: bytes | None = None
        self._data = bytearray()
        self._parts = 0

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def begin_part(self, name: bytes, filename: bytes | None) -> None:
        """Raises BadRequest for a file."""
        if filename is not None:
            raise BadRequest

    def take(self, data: bytes) -> None:
        """Raises TooLarge."""
        self._data += data
        if len(self._data) > self._longest:
            raise TooLarge

    def end_part(self, name: bytes) -> None:
        self.fields.append((name, bytes(self._data)))

    def _on_part_begin(self) -> None:
        self._parts += 1  # whatever comes of it: each costs time
        if self._parts > MOST_FIELDS:
            raise TooLarge
        self._disposition = b""
        self._name = None
        self._data = bytearray()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _on_headers_finished(self) -> None:
        kind, options = parse_options_header(self._disposition)
        if kind != b"form-data" or b"name" not in options:
            raise BadRequest
        self._name = options[b"name"]
        self.begin_part(self._name, options.get(b"filename"))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self.take(data[start:end])

    def _on_part_end(self) -> None:
        if self._name is None:
            raise BadRequest
        self.end_part(self._name)

    def _on_end(self) -> None:
        self.ended = True
