"""How an engine's packages are installed: the command, for the Python that runs."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import storybook


def install_extra(name: str) -> str:
    """The command that installs what an engine needs, into this very environment: from the
    checkout that the program runs from, if it does."""
    folder = Path(storybook.__file__).parents[1]
    if (folder / "pyproject.toml").is_file():
        arguments = ["-e", f"{folder}[{name}]"]
    else:
        arguments = [f"storybook[{name}]"]
    command = [sys.executable, "-m", "pip", "install", *arguments]
    return subprocess.list2cmdline(command) if sys.platform == "win32" else shlex.join(command)
