"""The folder of a Supertonic model: where it is, which model it holds, what is missing in it.

A folder is what https://huggingface.co/Supertone/supertonic-3 holds: four networks and two tables
under `onnx/`, ten voices under `voice_styles/`. Models 2 and 3 have the same files; which one it is
stands in `onnx/tts.json` as `tts_version` (1.5 is model 1, 1.6 is 2, 1.7 is 3).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from storybook.book import VOICES
from storybook.data_folder import DataFolder
from storybook.engines import Readiness

CONFIGURATION: Final = "onnx/tts.json"
NETWORKS: Final = ("duration_predictor", "text_encoder", "vector_estimator", "vocoder")
FILES: Final = (
    CONFIGURATION,
    "onnx/unicode_indexer.json",
    *(f"onnx/{network}.onnx" for network in NETWORKS),
    *(f"voice_styles/{voice}.json" for voice in VOICES),
)

ENGLISH_ONLY: Final = "supertonic"
LANGUAGES: Final = {
    "supertonic-2": ("ko", "en", "es", "fr", "pt"),
    "supertonic-3": (
        *("ko", "ar", "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hi", "hr"),
        *("hu", "id", "it", "ja", "lt", "lv", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv"),
        *("tr", "uk", "vi"),
    ),
}
"""What each model reads. The package itself checks only against the longest list."""

_GET: Final = (
    "Run `storybook models pull supertonic-3`, or put the files of "
    "https://huggingface.co/Supertone/supertonic-3 into"
)
_LFS_POINTER: Final = b"version https://git-lfs"
"""How a file begins that Git has cloned without its content."""


def find_model(data: Path, configured: Path | None) -> Path | None:
    """The model's folder: the one configured and no other, else `supertonic/` in the working
    folder, else `models/supertonic`, `-3` or `-2` in the data folder; None if there is none."""
    usual = usual_place(data)
    by_version = (usual.with_name(f"supertonic-{number}") for number in (3, 2))
    places = (configured,) if configured else (Path("supertonic"), usual, *by_version)
    return next((place for place in places if place.is_dir()), None)


def usual_place(data: Path) -> Path:
    """Where a model is put if nothing else is configured."""
    return DataFolder(data).models / "supertonic"


def no_model(data: Path, configured: Path | None) -> Readiness:
    """What to say where no folder is found."""
    if configured:
        return Readiness(False, f"there is no folder {configured}", f"{_GET} {configured}")
    place = usual_place(data)
    return Readiness(False, f"there is no model in supertonic/ or {place}", f"{_GET} {place}")


def examine(folder: Path) -> Readiness:
    """Whether a folder holds a whole model that reads Korean. Quick: no file is read through."""
    mend = f"{_GET} {folder}"
    missing = [file for file in FILES if not _is_there(folder / file)]
    if missing:
        return Readiness(False, f"{folder} lacks {_some(missing)}", mend)
    pointers = [file for file in FILES if _begins(folder / file, _LFS_POINTER)]
    if pointers:
        why = f"{_some(pointers)} in {folder} is a Git LFS pointer, not the file itself"
        return Readiness(False, why, f"Run `git lfs pull` in {folder}")
    if not _configuration(folder):
        return Readiness(False, f"{folder / CONFIGURATION} cannot be read", mend)
    if model_name(folder) == ENGLISH_ONLY:
        return Readiness(False, f"the model in {folder} reads English only", mend)
    return Readiness(True)


def model_name(folder: Path) -> str:
    """`supertonic-3`, `supertonic-2`, or `supertonic` for the first, which reads English only. A
    version that is not known is taken for the newest."""
    configuration = _configuration(folder)
    version = re.match(r"v?(\d+)\.(\d+)", str(configuration.get("tts_version", "")))
    number = (int(version[1]), int(version[2])) if version else (1, 7)
    if configuration.get("split") == "opensource-en" or number < (1, 6):
        return ENGLISH_ONLY
    return "supertonic-2" if number < (1, 7) else "supertonic-3"


def _configuration(folder: Path) -> dict[str, Any]:
    try:
        configuration = json.loads((folder / CONFIGURATION).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return configuration if isinstance(configuration, dict) else {}


def _is_there(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def _begins(file: Path, mark: bytes) -> bool:
    with file.open("rb") as content:
        return content.read(len(mark)) == mark


def _some(files: list[str]) -> str:
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"
