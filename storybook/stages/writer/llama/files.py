"""Where a model file is looked for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from storybook.data_folder import DataFolder

OLDER_PLACE: Final = Path("llm_model/Qwen3-14B-Q8_0.gguf")
"""Where older set-ups keep their model, seen from the working folder or beside the data folder."""

_LATER_PART: Final = re.compile(r"-(?!00001)\d{5}-of-\d{5}$")


def find_model(data: Path, configured: Path | None = None) -> Path | None:
    """The GGUF file to write with.

    A configured one is taken as it is, there or not (a bare name is looked for in `data/models`
    too): what was named is not replaced in silence. Else it is the first file, by name, in
    `data/models`, else the one of an older set-up, else None.
    """
    models = DataFolder(data).models
    if configured is not None:
        inside = models / configured
        return inside if not configured.is_file() and inside.is_file() else configured
    in_models = sorted(models.glob("*.gguf"))
    candidates = [*filter(_is_model, in_models), OLDER_PLACE, data.parent / OLDER_PLACE]
    return next((file for file in candidates if file.is_file()), None)


def _is_model(file: Path) -> bool:
    """Whether it is a language model's file: no projector, no later part of one in parts."""
    return not file.name.startswith("mmproj") and not _LATER_PART.search(file.stem)
