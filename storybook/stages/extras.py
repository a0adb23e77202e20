"""How an engine's packages are installed: the command, for the Python that runs."""

from __future__ import annotations

import sys
from pathlib import Path

import storybook
from storybook.system import to_type


def install_extra(name: str) -> str:
    """The command that installs what an engine needs, into this very environment: from the
    checkout that the program runs from, if it does."""
    folder = Path(storybook.__file__).parents[1]
    if (folder / "pyproject.toml").is_file():
        arguments = ["-e", f"{folder}[{name}]"]
    else:
        arguments = [f"storybook[{name}]"]
    command = [sys.executable, "-m", "pip", "install", *arguments]
    return to_type(command)
