"""A folder that cannot be written, as on a read-only disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def reading_only(folder: Path) -> Iterator[None]:
    """Let nobody write in a folder, nor in those in it. Skips the test where that cannot be done:
    root may write everything but a mount that is only read."""
    if sys.platform == "win32":
        pytest.skip("the attribute of a folder does not keep files from being made in it")
    elif os.geteuid() == 0:
        with _mounted(folder):
            yield
    else:
        with _without_permission(folder):
            yield


@contextmanager
def _mounted(folder: Path) -> Iterator[None]:
    where = str(folder)
    bound = subprocess.run(["mount", "--bind", where, where], capture_output=True, check=False)
    if bound.returncode:
        pytest.skip("root may write everywhere, and may not mount here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", where], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", where], check=True)


@contextmanager
def _without_permission(folder: Path) -> Iterator[None]:
    folders = [folder, *(it for it in folder.rglob("*") if it.is_dir())]
    for it in folders:
        it.chmod(0o555)
    try:
        yield
    finally:
        for it in folders:
            it.chmod(0o755)
