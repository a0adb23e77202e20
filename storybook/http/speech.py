"""`POST /api/stt/field`: one of the four words, spoken.

The recording is in memory from its arrival to its transcript, and nowhere else. A client that
leaves meanwhile ends the work on it: whoever waits after it moves up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import anyio
from litestar import Request, post
from litestar.handlers import HTTPRouteHandler

from storybook.application import Application
from storybook.engines import Transcriber, WorkFailed
from storybook.http.client_limits import ClientLimits
from storybook.http.errors import BadRequest, HttpError, Invalid
from storybook.http.forms import File, Form, read_form
from storybook.http.responses import RawResponse, json_response
from storybook.languages.field import Field
from storybook.request import RequestFault
from storybook.stages.transcriber.audio import MAX_BYTES
from storybook.stages.transcriber.spoken_field import SpokenField, hear_field

MAX_UPLOAD_BYTES: Final = MAX_BYTES + 64 * 1024
"""The largest recording, and the form around it."""
MOST_AT_ONCE: Final = 32
"""Recordings that are heard or wait for it: a class in front of one server."""
MOST_BYTES: Final = MOST_AT_ONCE * MAX_UPLOAD_BYTES
"""Of all recordings that are heard, wait or are still coming: 800 MB."""
RETRY_AFTER_SECONDS: Final = 5
DEFAULT_LANGUAGE: Final = "ko-KR"
FIELD_TYPES: Final = tuple(field.value for field in Field)


class TooManySpeak(HttpError):
    status = 429

    def __init__(self) -> None:
        super().__init__(
            f"too many recordings wait already; try again in {RETRY_AFTER_SECONDS} s",
            {"Retry-After": str(RETRY_AFTER_SECONDS)},
        )


class Speech:
    """The handlers, over a running service."""

    def __init__(self, application: Application, limits: ClientLimits) -> None:
        self._application, self._limits = application, limits
        self._at_once = 0
        self._bytes = 0

    def routes(self) -> list[HTTPRouteHandler]:
        return [
            post("/api/stt/field", status_code=200, request_max_body_size=MAX_UPLOAD_BYTES)(
                self.transcribe
            ),
        ]

    async def transcribe(self, request: Request[Any, Any, Any]) -> RawResponse:
        """Turn a recording into one of the four words."""
        self._limits.take("speech", request.scope)  # before its body: that is what is dear
        transcriber = await self._application.engines.transcriber.ready()
        with self._memory() as taking:
            seconds = self._application.settings.limits.request_seconds
            audio, field, language = _asked(await read_form(request, seconds, taking))
            with self._place():
                return json_response(
                    await _while_there(
                        request, lambda: self._hear(transcriber, audio, field, language)
                    )
                )

    @contextmanager
    def _memory(self) -> Iterator[Callable[[int], None]]:
        """What one recording has of the memory for all. One that is still coming has what has come,
        and none of the places: slow clients keep nobody else waiting."""
        taken = 0

        def taking(count: int) -> None:
            nonlocal taken
            if self._bytes + count > MOST_BYTES:
                raise TooManySpeak
            taken, self._bytes = taken + count, self._bytes + count

        try:
            yield taking
        finally:
            self._bytes -= taken

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._at_once >= MOST_AT_ONCE:
            raise TooManySpeak
        self._at_once += 1
        try:
            yield
        finally:
            self._at_once -= 1

    async def _hear(
        self, transcriber: Transcriber, audio: bytes, field: Field, language: str
    ) -> SpokenField:
        try:
            return await hear_field(transcriber, audio, field, language)
        except WorkFailed as failure:
            if failure.kind == "unsupported_language":
                raise BadRequest(failure.message) from failure
            raise


def _asked(form: Form) -> tuple[bytes, Field, str]:
    """The recording, what it is for, and its language. Raises `Invalid` or `BadRequest`."""
    audio, field = form.get("audio_file"), form.get("field_type")
    faults = [
        RequestFault(("body", name), "this field is required", "missing")
        for name, value in (("audio_file", audio), ("field_type", field))
        if value is None
    ]
    if isinstance(audio, str):
        faults.append(RequestFault(("body", "audio_file"), "expected a file", "file_type"))
    faults += [
        RequestFault(("body", name), "expected text, found a file", "string_type")
        for name in ("field_type", "language")
        if isinstance(form.get(name), File)
    ]
    if faults:
        raise Invalid(faults)
    if field not in FIELD_TYPES:
        raise BadRequest(
            f"field_type is to be one of {', '.join(FIELD_TYPES)}; found {str(field)[:40]!r}"
        )
    assert isinstance(audio, File)
    if not audio.content:
        raise BadRequest("the audio file is empty")
    return audio.content, Field(str(field)), str(form.get("language") or DEFAULT_LANGUAGE)


async def _while_there(
    request: Request[Any, Any, Any], work: Callable[[], Awaitable[SpokenField]]
) -> SpokenField:
    """Do the work while the client is there. Raises `BadRequest`, for nobody, if it leaves."""
    outcome: list[SpokenField] = []
    failure: Exception = BadRequest("the client left before the answer")

    async def leave_with_client() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(leave_with_client)
        try:
            outcome.append(await work())
        except Exception as error:  # raised below, outside of the group that would wrap it
            failure = error
        tasks.cancel_scope.cancel()
    if not outcome:
        raise failure
    return outcome[0]
