"""The models that the writers' tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.writer.tiny_gguf import make_tiny_gguf


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small GGUF that writes nonsense, at once."""
    return make_tiny_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture(scope="session")
def hasty_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, but it comes to an end as soon as it may."""
    return make_tiny_gguf(tmp_path_factory.mktemp("models") / "hasty.gguf", haste=8.0)


@pytest.fixture(scope="session")
def slow_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF that takes a second or more to read its prompt."""
    file = tmp_path_factory.mktemp("models") / "slow.gguf"
    return make_tiny_gguf(file, layers=6, width=256)
