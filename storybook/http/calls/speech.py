"""Words that are spoken."""

from __future__ import annotations

from typing import Final

from storybook.http.calls.call import FORM, LIMITED, Call, answer
from storybook.stages.transcriber.spoken_field import SpokenField

SPEECH: Final = (
    Call(
        "transcribe_field",
        "speech",
        "POST",
        "/api/stt/field",
        "One of the four words, spoken",
        {200: answer("what was said, and the word that is meant", SpokenField, *LIMITED)},
        errors=(400, 403, 408, 413, 422, 429, 503),
        body=(FORM, "SpeechForm"),
    ),
)
