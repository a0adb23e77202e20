"""What the tests of OpenAI-compatible servers share."""

from __future__ import annotations

import pytest

from tests.transcriber.recordings import spoken


@pytest.fixture(scope="session")
def said_aloud() -> bytes:
    """A recording with a voice in it."""
    return spoken("옛날 조선시대요", "wav")
