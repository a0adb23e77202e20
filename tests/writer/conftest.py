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
def slow_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF that takes seconds for a book, and most of a second to read its prompt."""
    file = tmp_path_factory.mktemp("models") / "slow.gguf"
    return make_tiny_gguf(file, layers=6, width=256)
