"""The program that speaks with eSpeak NG: a job on standard input, sound on standard output.

eSpeak NG is one global in C, and it carries the phase of its oscillators from one call to the
next, through every way of resetting it: the same sentence comes out in other bytes each time. So
each narration gets a process of its own, which starts in some 20 ms, and in it the noise of breath
and consonants is seeded: the library takes the second of the clock. The same job then gives the
same bytes, cancelling is ending a process, a fault in C harms nobody else, and the library (GPL)
is never loaded into the service.

Run with `python -I -S speak.py`: only the standard library is imported, which keeps the start
quick. The job is a JSON object:

    {"library": PATH, "data": PATH, "languages": ["ko-kr", "ko"],
     "pieces": [{"text", "variant", "rate", "pitch", "range"}]}

The answer is a JSON line `{"rate": 22050, "language": "ko"}`, then for each piece a JSON line
`{"bytes": N}` and N bytes of 16-bit mono samples. If something is wrong the next line is
`{"fault": KIND, "message"}` and the answer ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO

# From eSpeak NG's speak_lib.h, version 1.52.
SYNCHRONOUS = 2
DONT_EXIT = 0x8000
CHARS_UTF8 = 1
POSITION_CHARACTER = 1
RATE, VOLUME, PITCH, RANGE = 1, 2, 3, 4
SUCCESS = 0
NOISE_SEED = 1
"""Any number will do, as long as it is always the same."""
FULL_VOLUME = 60
"""Of 100. Louder, some voices clip inside the library; the service sets the loudness later."""

Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class EspeakVoice(ctypes.Structure):
    """The beginning of espeak_VOICE."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
    )


class EspeakError(Exception):
    """What went wrong: a short stable word and a message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


class Speaker:
    """The library, loaded and initialised."""

    def __init__(self, library: str, data: str) -> None:
        try:
            self._espeak = ctypes.CDLL(library)
        except OSError as error:
            raise EspeakError("library", f"{library} cannot be loaded: {error}") from error
        self._declare()
        # The library keeps its data's path in a short buffer, and on Windows opens it in the code
        # page of the system. A relative path is short and plain, wherever the data are.
        os.chdir(Path(data).parent)
        self.rate = self._espeak.espeak_Initialize(SYNCHRONOUS, 0, b".", DONT_EXIT)
        if self.rate <= 0:
            raise EspeakError("library", f"eSpeak NG finds no usable data in {data}")
        self._espeak.espeak_ng_SetRandSeed(NOISE_SEED)
        self._heard = bytearray()
        self._callback = Callback(self._hear)
        self._espeak.espeak_SetSynthCallback(self._callback)

    def language(self, wanted: list[str]) -> str:
        """The first of the wanted languages that the library knows."""
        for language in wanted:
            if self._set_voice(language):
                return language
        known = ", ".join(self._languages())
        raise EspeakError(
            "unsupported_language", f"no voice speaks {wanted[0]!r}; known are {known}"
        )

    def speak(self, language: str, piece: dict[str, Any]) -> bytes:
        """The samples of one piece of text, 16-bit mono."""
        self._set_voice(f"{language}+{piece['variant']}")
        for parameter, value in (
            (RATE, piece["rate"]),
            (VOLUME, FULL_VOLUME),
            (PITCH, piece["pitch"]),
            (RANGE, piece["range"]),
        ):
            self._espeak.espeak_SetParameter(parameter, value, 0)
        text = piece["text"].replace("\0", " ").encode() + b"\0"
        self._heard.clear()
        status = self._espeak.espeak_Synth(
            text, len(text), 0, POSITION_CHARACTER, 0, CHARS_UTF8, None, None
        )
        if status != SUCCESS:
            raise EspeakError("synthesis", f"eSpeak NG answers {status} to {piece['text']!r}")
        return bytes(self._heard)

    def _declare(self) -> None:
        """Say what the functions take: pointers and sizes are wider than ctypes' default int."""
        self._espeak.espeak_ng_SetRandSeed.argtypes = [ctypes.c_long]
        self._espeak.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        self._espeak.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(EspeakVoice))

    def _set_voice(self, name: str) -> bool:
        return bool(self._espeak.espeak_SetVoiceByName(name.encode()) == SUCCESS)

    def _languages(self) -> list[str]:
        voices = self._espeak.espeak_ListVoices(None)
        known = set()
        for voice in voices:
            if not voice:
                break
            # `languages` is a priority byte and the language's name.
            known.add((voice.contents.languages or b"\0")[1:].decode())
        return sorted(known - {"", "variant"})

    def _hear(self, samples: Any, count: int, _events: int) -> int:
        if samples and count > 0:
            self._heard += ctypes.string_at(samples, count * 2)
        return 0


def perform(job: dict[str, Any], answer: BinaryIO) -> None:
    """Speak the pieces of a job, each answered as soon as it is spoken."""
    speaker = Speaker(job["library"], job["data"])
    language = speaker.language(job["languages"])
    _say(answer, {"rate": speaker.rate, "language": language})
    for piece in job["pieces"]:
        samples = speaker.speak(language, piece)
        _say(answer, {"bytes": len(samples)})
        answer.write(samples)
        answer.flush()


def _say(answer: BinaryIO, line: dict[str, Any]) -> None:
    answer.write(json.dumps(line).encode() + b"\n")
    answer.flush()


if __name__ == "__main__":
    try:
        perform(json.load(sys.stdin.buffer), sys.stdout.buffer)
    except EspeakError as fault:
        _say(sys.stdout.buffer, {"fault": fault.kind, "message": fault.message})
