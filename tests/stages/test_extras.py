"""The command that installs what an engine needs."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

import storybook
from storybook.stages.extras import install_extra

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="quoted otherwise there")


def test_a_checkout_stays_editable() -> None:
    """The command names this Python and this checkout, so that it works in any folder."""
    *command, editable, target = shlex.split(install_extra("whisper"))
    assert command == [sys.executable, "-m", "pip", "install"]
    assert (editable, target) == ("-e", f"{Path(__file__).parents[2]}[whisper]")


def test_an_installed_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no checkout is around the package."""
    monkeypatch.setattr(storybook, "__file__", str(tmp_path / "storybook" / "__init__.py"))
    assert shlex.split(install_extra("llama"))[-1] == "storybook[llama]"
