"""Multipart forms, read into memory alone.

Litestar's own reader puts what is larger than a megabyte into a file on disk; a recording of a
child's voice is to be in no file at all. The body's size is bounded by the handler.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Request
from multipart import (  # type: ignore[import-untyped]  # it has no type information
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
)

from storybook.http.errors import BadRequest
from storybook.http.requests import reading_body

MOST_PARTS: Final = 16
"""A form here has three."""


class File(msgspec.Struct, frozen=True):
    """A file in a form. Its name and media type are not kept: the content says what it is."""

    content: bytes


Form = dict[str, str | File]
"""Each part by its name; of two with one name, the last."""


async def read_form(
    request: Request[Any, Any, Any], seconds: float, taking: Callable[[int], None]
) -> Form:
    """The form in a request; empty if the body is something else.

    `taking` is told of the bytes as they come, and may refuse more by raising. Raises `BadRequest`,
    or `TooSlow` if the form has not come in `seconds`.
    """
    kind, options = request.content_type
    boundary = options.get("boundary")
    if kind != "multipart/form-data" or not boundary:
        return {}
    reader = _Reader()
    try:
        with (
            reading_body(seconds),
            PushMultipartParser(boundary, max_segment_count=MOST_PARTS) as parser,
        ):
            async for chunk in request.stream():
                taking(len(chunk))
                for piece in parser.parse(chunk):
                    reader.take(piece)
    except MultipartError as error:
        raise BadRequest(f"the form cannot be read: {error}") from error
    return reader.form


class _Reader:
    """Puts the parser's pieces together: a segment's head, its content, and None at its end."""

    def __init__(self) -> None:
        self.form: Form = {}
        self._part: Any = None
        self._content = bytearray()

    def take(self, piece: Any) -> None:
        if isinstance(piece, MultipartSegment):
            self._part, self._content = piece, bytearray()
        elif piece:
            self._content += piece
        elif self._part.filename is not None:
            self.form[self._part.name] = File(bytes(self._content))
        else:
            self.form[self._part.name] = self._content.decode(errors="replace")
