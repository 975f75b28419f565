"""A form with a file, from the wire to the disk: no more of it is in memory than a piece, and no more is taken than may
be. The file is gone when the request is answered."""

import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

from msgspec import Struct
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from streaming.wire.openai.faults import Wrong

FIELD: Final = 1 << 16
"""Bytes of a member that is no file,"""
FIELDS: Final = 512
"""and so many members; of a part's head a line,"""
HEADER: Final = 8_192
HEADERS: Final = 16
"""and so many lines."""


class Upload(Struct, frozen=True):
    """What was sent: `file` on this disk by the `name` that the client gave it, and the form's other members."""

    file: Path
    name: str
    fields: list[tuple[str, str]]


class _Form:
    """Takes the parser's news. `most`: bytes of the file."""

    def __init__(self, to: IO[bytes], most: int) -> None:
        self._to = to
        self._most = most
        self._header = b""
        self._headers: dict[bytes, bytes] = {}
        self._name, self._text, self._is_file = "", bytearray(), False
        self.file = ""
        self.size = 0
        self.fields: list[tuple[str, str]] = []

    def callbacks(self) -> Any:
        """For the parser."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._value,
            "on_headers_finished": self._started,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._headers, self._header, self._text = {}, b"", bytearray()

    def _field(self, data: bytes, begin: int, end: int) -> None:
        if self._header in self._headers:
            self._header = b""
        self._header += data[begin:end].lower()

    def _value(self, data: bytes, begin: int, end: int) -> None:
        value = self._headers.get(self._header, b"") + data[begin:end]
        if len(value) + len(self._header) > HEADER or len(self._headers) > HEADERS:
            raise Wrong("a part of the form has too long a head", code="too_large")
        self._headers[self._header] = value

    def _started(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = self._name == "file"
        if self._is_file:
            if self.file:
                raise Wrong("the form has more than one file: send one", "file")
            self.file = options.get(b"filename", b"").decode("utf-8", "replace") or "file"
        if len(self.fields) >= FIELDS:
            raise Wrong(f"the form has more than {FIELDS} members", code="too_large")

    def _data(self, data: bytes, begin: int, end: int) -> None:
        if not self._is_file:
            self._text += data[begin:end]
            if len(self._text) > FIELD:
                raise Wrong(f"{self._name} has more than {FIELD} bytes", self._name or None, "too_large")
            return
        self.size += end - begin
        if self.size > self._most:
            raise Wrong(f"the file has more than {self._most} bytes: send it in parts", "file", "too_large")
        self._to.write(data[begin:end])

    def _end(self) -> None:
        if not self._is_file:
            self.fields.append((self._name, self._text.decode("utf-8", "replace")))


@asynccontextmanager
async def uploaded(request: Request, most: int) -> AsyncGenerator[Upload]:
    """The form of a request, whose file has at most so many bytes. Raises Wrong."""
    kind, options = parse_options_header(request.headers.get("content-type", "").encode())
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise Wrong("send a form (multipart/form-data) with a `file`", code="bad_content_type")
    with tempfile.NamedTemporaryFile(prefix="vivavoce-") as to:
        form = _Form(cast(IO[bytes], to), most)
        parser = MultipartParser(boundary, form.callbacks())
        try:
            async for part in cast(AsyncIterator[bytes], request.stream()):
                parser.write(part)
            parser.finalize()
        except MultipartParseError as wrong:
            raise Wrong(f"the form cannot be read: {wrong}", code="bad_form") from None
        if not form.size:
            raise Wrong("the form has no `file`, or nothing is in it", "file", "missing_required_parameter")
        to.flush()
        yield Upload(Path(to.name), form.file, form.fields)
