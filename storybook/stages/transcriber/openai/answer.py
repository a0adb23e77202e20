"""What was heard, from the answer of a transcription: JSON of several shapes, or plain text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeGuard

from storybook.stages.openai_api.refusals import is_web_page, refusal_in, refusal_of
from storybook.stages.transcriber.confidence import UNKNOWN_LOGPROB, Heard

_TEXTS: Final = ("text", "transcription", "transcript", "result", "results", "data")
_TIMES: Final = re.compile(
    r"^\[[\d:.,]+ --> [\d:.,]+\]\s*|^(?:WEBVTT.*|\d+|[\d:.,]+ --> [\d:.,]+.*)$", re.MULTILINE
)
"""Lines of SRT and WebVTT, and what whisper.cpp puts before each line."""


class NoTranscription(Exception):
    """The answer is none; the text says what it is instead."""


def heard_in(content: bytes, content_type: str) -> list[Heard]:
    """What was heard, as it was written. Raises `Refusal` for an error that came as a success, and
    `NoTranscription`."""
    text = content.decode("utf-8-sig", errors="replace").strip()
    try:
        return list(_of_json(json.loads(text)))  # not msgspec: some servers write NaN
    except ValueError:
        pass
    if is_web_page(text):
        raise NoTranscription(refusal_in(content).text)
    if "json" in content_type and text:
        raise NoTranscription("what it calls JSON and is none")
    return [Heard(_TIMES.sub("", text) if "-->" in text else text)]


def _of_json(told: Any) -> Iterator[Heard]:
    if isinstance(told, str | None):
        yield Heard(told or "")
    elif isinstance(told, list):
        for it in told:
            yield from _of_json(it)
    elif isinstance(told, dict):
        yield from _of_object(told)
    else:
        raise NoTranscription(f"the JSON {told}")


def _of_object(told: Mapping[str, Any]) -> Iterator[Heard]:
    segments = told.get("segments")
    member = next((it for it in _TEXTS if it in told), None)
    if told.get("error"):
        raise refusal_of(told)
    if isinstance(segments, list) and segments:
        yield from _of_json(segments)
    elif member == "text":
        text = told["text"]
        doubt, noise = told.get("avg_logprob"), told.get("no_speech_prob")
        yield Heard(
            text if isinstance(text, str) else "",
            doubt if _is_number(doubt) else UNKNOWN_LOGPROB,
            noise if _is_number(noise) else 0.0,
        )
    elif member:
        yield from _of_json(told[member])
    elif "segments" not in told:
        raise refusal_of(told) if told else NoTranscription("an empty object")


def _is_number(said: Any) -> TypeGuard[float]:
    return isinstance(said, int | float) and math.isfinite(said)
