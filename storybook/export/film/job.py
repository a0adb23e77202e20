"""What the process that makes a film is given: a script with all its files, and names for codecs.

Nothing in here needs PyAV or skia, so that whoever asks for a film need not load them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

import msgspec

from storybook.export.film.script import Shot
from storybook.export.film.subtitles import Cue


class Shape(Enum):
    """How a film is held: as a television, or as a phone in the hand."""

    WIDE = "wide"
    TALL = "tall"

    def size(self, short_side: int) -> tuple[int, int]:
        """Width and height in pixels, both even: colours have half of them."""
        long_side = round(short_side * 8 / 9) * 2
        return (long_side, short_side) if self is Shape.WIDE else (short_side, long_side)


class Codec(Enum):
    """How pictures and sound are kept: what every device plays, or what is free of patents."""

    H264 = "mp4"
    VP9 = "webm"

    @property
    def ending(self) -> str:
        return self.value

    @property
    def media_type(self) -> str:
        return f"video/{self.value}"


class Track(msgspec.Struct, frozen=True):
    """Subtitles in a language, named as ISO 639-2 does."""

    language: str
    cues: tuple[Cue, ...]


class FilmJob(msgspec.Struct, frozen=True):
    """A film to be written to `path`. `files` has the bytes of all artifacts by name; `language` is
    that of the sound (ISO 639-2), `metadata` what stands in the file's head, `xmp` the same for
    machines, at the end of an MP4."""

    path: str
    size: tuple[int, int]
    codec: Codec
    shots: tuple[Shot, ...]
    files: Mapping[str, bytes]
    subtitles: tuple[Track, ...]
    language: str
    metadata: Mapping[str, str]
    xmp: bytes

    @property
    def ticks(self) -> int:
        return self.shots[-1].end

    @property
    def recordings(self) -> list[tuple[int, bytes]]:
        """The recording of each shot that has one, and the tick at which it begins."""
        found = []
        for shot in self.shots:
            if isinstance(shot.sound, bytes):
                found.append((shot.read_at, shot.sound))
            elif shot.sound is not None:
                found.append((shot.read_at, self.files[shot.sound.name]))
        return found


UNKNOWN_LANGUAGE: Final = "und"
_ISO_639: Final = "ko kor en eng ja jpn zh zho de deu fr fra es spa it ita pt por vi vie ru rus"
_LANGUAGES: Final = dict(zip(*[iter(_ISO_639.split())] * 2, strict=True))


def iso_639_2(tag: str) -> str:
    """The three letters that films name a language by."""
    primary = tag.split("-")[0].lower()
    return primary if len(primary) == 3 else _LANGUAGES.get(primary, UNKNOWN_LANGUAGE)
