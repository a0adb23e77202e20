"""What ffmpeg and ffprobe, Debian's, say of a film: other programs than the one that made it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

FFMPEG: Final = shutil.which("ffmpeg") if shutil.which("ffprobe") else None
_LOUDNESS: Final = re.compile(r"I:\s+(-?[\d.]+) LUFS")
_PEAK: Final = re.compile(r"Peak:\s+(-?[\d.]+|-inf) dBFS")


class Loudness(msgspec.Struct, frozen=True):
    """In LUFS, and the true peak in dBTP."""

    integrated: float
    peak: float


def loudness_of(sound: Path | bytes) -> Loudness:
    """What the meter of EBU R 128 says."""
    content, name = (sound, "-") if isinstance(sound, bytes) else (None, str(sound))
    told = subprocess.run(
        [
            "ffmpeg",
            "-nostats",
            "-i",
            name,
            "-filter_complex",
            "ebur128=peak=true",
            "-f",
            "null",
            "-",
        ],
        input=content,
        capture_output=True,
        check=True,
    ).stderr.decode()
    integrated, peak = _LOUDNESS.findall(told)[-1], _PEAK.findall(told)[-1]
    return Loudness(float(integrated), float(peak))


class Probed:
    """A film as ffprobe sees it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        told = _output(
            *("ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams"),
            *("-show_chapters", path),
        )
        found: dict[str, Any] = json.loads(told)
        self.format, self.chapters = found["format"], found["chapters"]
        self.streams = {kind: self._of(found, kind) for kind in ("video", "audio", "subtitle")}

    @staticmethod
    def _of(found: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        return [it for it in found["streams"] if it["codec_type"] == kind]

    @property
    def video(self) -> dict[str, Any]:
        (stream,) = self.streams["video"]
        return stream

    @property
    def seconds(self) -> float:
        return float(self.format["duration"])

    @property
    def chapter_names(self) -> list[str]:
        return [it["tags"]["title"] for it in self.chapters]

    def tag(self, name: str) -> str:
        tags = {key.lower(): value for key, value in self.format["tags"].items()}
        return str(tags.get(name, ""))

    def srt(self, track: int = 0) -> str:
        """A subtitle track, as ffmpeg takes it out."""
        return _output(
            "ffmpeg", "-v", "error", "-i", self.path, "-map", f"0:s:{track}", "-f", "srt", "-"
        ).decode()

    def frame_times(self) -> list[float]:
        told = _output(
            *("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts_time"),
            *("-of", "csv=p=0", self.path),
        )
        return sorted(float(it.strip(",")) for it in told.decode().split())

    def picture(self, second: float) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """The frame that is shown then: height × width × (red, green, blue)."""
        raw = _output(
            *("ffmpeg", "-v", "error", "-ss", f"{second:.3f}", "-i", self.path, "-frames:v", "1"),
            *("-vf", "scale=in_color_matrix=bt709", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"),
        )
        size = (self.video["height"], self.video["width"], 3)
        return np.frombuffer(raw, np.uint8).reshape(size)


def _output(*command: str | Path) -> bytes:
    return subprocess.run(command, capture_output=True, check=True).stdout
